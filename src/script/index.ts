export * from "./context.ts";
export { checkAssert, constantValue, evaluate, stripParentheses } from "./evaluate.ts";
export { parseDefsym, parseDynamicList, parseExpression, parseScript, parseVersionScript } from "./parse.ts";
export type { ParseOptions } from "./parser.ts";
export type * from "./syntax.ts";
export {
  type MemoryAttributes,
  memoryAttributes,
  phdrTypeOf,
  sectionFlagOf,
  sectionTypeOf,
  stringBytes,
} from "./tables.ts";
