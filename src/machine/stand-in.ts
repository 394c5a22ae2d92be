import { GIVE_UP, HOT, NO_PAGE, UNDECODED } from "./interpreter.ts";
import * as at from "./layout.ts";

/**
 * Stands in for the host's WebAssembly where there is none: its interpreter
 * leaves every instruction to the evaluator. That is slow, but runs programs,
 * and so what is made of a run can be kept in a start-up snapshot, which cannot
 * hold WebAssembly: the code around the interpreter, and the interpreter's
 * bytes. Pages and records are asked for as the interpreter asks for them, and
 * code that is met often is called hot, so that all of that code is run too;
 * translated functions do nothing, which leaves everything as it was.
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
    readonly exports: Readonly<Record<string, (base: number) => number>>;
    constructor(_module: unknown, imports: { readonly e: { readonly m: { readonly buffer: ArrayBuffer } } }) {
      const view = new DataView(imports.e.m.buffer);
      const nothing = () => 0;
      this.exports = new Proxy(
        { run: (base: number) => interpret(view, base) },
        { get: (own, name) => (name === "run" ? own.run : nothing) },
      );
    }
  },
};

/** What the interpreter would come back for first, were it to run the instruction at pc. */
function interpret(view: DataView, base: number): number {
  const pc = view.getUint32(base + at.PC, true);
  const entry = base + at.ITLB + (((pc >>> 12) & (at.ITLB_ENTRIES - 1)) << 4);
  const high = view.getUint32(entry + 4, true);
  if (view.getUint32(entry, true) !== (pc & ~0xfff) >>> 0 || high !== view.getUint32(base + at.PC + 4, true))
    return NO_PAGE;
  const record = view.getUint32(entry + 8, true) + (pc & 0xfff) * (at.RECORD / 2);
  if (view.getUint16(record + at.R_OP, true) === 0) {
    view.setUint32(base + at.RECORD_AT, record, true);
    return UNDECODED;
  }
  const count = view.getUint16(record + at.R_COUNT, true);
  if (count === 0xffff) return GIVE_UP;
  view.setUint16(record + at.R_COUNT, count + 1, true);
  if (count + 1 !== view.getUint32(base + at.HOT_LIMIT, true)) return GIVE_UP;
  view.setUint32(base + at.HOT_KIND, count & 1, true);
  return HOT;
}
