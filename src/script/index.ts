export * from "./context.ts";
export { checkAssert, constantValue, evaluate, stripParentheses } from "./evaluate.ts";
export { formatDynamicList, formatScript, formatVersionScript } from "./format.ts";
export { formatExpression } from "./format-expression.ts";
export {
  compileExcludePattern,
  compileFilePattern,
  compileGlob,
  type GlobShape,
  globShape,
  hasWildcard,
  isValidGlob,
} from "./glob.ts";
export {
  parseDefsym,
  parseDynamicList,
  parseExpression,
  parseScript,
  parseSectionOrdering,
  parseVersionScript,
} from "./parse.ts";
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
