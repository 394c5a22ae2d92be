export { lineAndColumn, sourceLine } from "./position.ts";
export { type RenderOptions, renderDiagnostic } from "./render.ts";
export {
  type Diagnostic,
  type Extra,
  type Fix,
  type Note,
  Report,
  type Severity,
  type Source,
  type Span,
  type Where,
} from "./report.ts";
