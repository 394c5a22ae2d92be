import { complain, type ToolHost } from "./host.ts";

/**
 * The end of a run for a reason that has been, or is to be, told to the user.
 * It is thrown from deep inside an operation and caught where the tool starts:
 * GNU's tools, too, stop at the first of these mistakes, wherever they are.
 */
export class Fatal extends Error {
  readonly code: number;

  /** `message` is byte text, without the program's name; empty where everything has been said. */
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** Runs a tool; a Fatal becomes its message and exit code. */
export function guarded(host: ToolHost, run: () => number): number {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Fatal)) throw error;
    if (error.message !== "") complain(host, error.message);
    return error.code;
  }
}
