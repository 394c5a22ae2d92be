import { GIVE_UP } from "./interpreter.ts";

/**
 * Stands in for the host's WebAssembly where there is none: its interpreter
 * leaves every instruction to the evaluator. That is slow, but runs programs,
 * and so what is made of a run can be kept in a start-up snapshot, which cannot
 * hold WebAssembly: the code around the interpreter, and the interpreter's bytes.
 */
export const webAssemblyStandIn = {
  Memory: class {
    readonly buffer: ArrayBuffer;
    constructor({ initial }: { readonly initial: number }) {
      this.buffer = new ArrayBuffer(initial << 16);
    }
  },
  Module: class {},
  Instance: class {
    readonly exports = { run: () => GIVE_UP };
  },
};
