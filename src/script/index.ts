export * from "./context.ts";
export { checkAssert, constantValue, evaluate, stripParentheses } from "./evaluate.ts";
export type * from "./syntax.ts";
