export * from "./context.ts";
export type * from "./syntax.ts";
