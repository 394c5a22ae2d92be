import type { Assembler } from "./assembler.ts";

/**
 * How a directive is registered.
 *
 * Each subject has a file `directives-….ts` that exports a table: the name
 * without its dot, the handler, and a number for the handler if several names
 * share one. `directive-tables.ts` joins the tables. A handler finds the reader
 * behind the name and the blanks after it; it takes its operands and ends with
 * `assembler.endOfLine()`, which complains about what is left. After an error
 * it calls `assembler.ignoreRest()` instead.
 */
export type DirectiveHandler = (assembler: Assembler, argument: number) => void;

export type DirectiveTable = Readonly<Record<string, DirectiveHandler | readonly [DirectiveHandler, number]>>;

export interface Directive {
  readonly handler: DirectiveHandler;
  readonly argument: number;
}
