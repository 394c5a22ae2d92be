import { STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, type SymbolId, SymbolSection } from "../../model/index.ts";

// As in x86-64/got-load.ts: what becomes of an instruction with an operand
// foo@GOT (R_386_GOT32X). LLD leaves these alone.

export const GotLoad = {
  keep: 0,
  /** call *foo@GOT(%reg) → addr32 call foo */
  call: 1,
  /** jmp *foo@GOT(%reg) → jmp foo; nop */
  jump: 2,
  /** mov foo@GOT(%reg1), %reg2 → lea foo@GOTOFF(%reg1), %reg2 */
  lea: 3,
  /** mov foo@GOT(%reg1), %reg2 → mov $foo, %reg2 */
  move: 4,
  /** test %reg1, foo@GOT(%reg2) → test $foo, %reg1 */
  test: 5,
  /** add (adc, and, cmp, or, sbb, sub, xor) foo@GOT(%reg1), %reg2 → add $foo, %reg2 */
  binary: 6,
} as const;

/** Whether the operand names an address without a base register. */
export function isBaseless(modrm: number): boolean {
  return (modrm & 0xc7) === 5;
}

/** Decides; `bytes` has the instruction's displacement, which is the addend, at `at`. */
export function chooseGotLoad(
  model: LinkModel,
  symbol: SymbolId,
  bytes: Uint8Array,
  at: number,
  before: number,
): number {
  if (before < 2 || (bytes[at] | bytes[at + 1] | bytes[at + 2] | bytes[at + 3]) !== 0) return GotLoad.keep;
  const { symbols, options, needs } = model;
  if (options.compat === "lld") return GotLoad.keep;
  if ((symbols.info[symbol] & 15) === STT_GNU_IFUNC || needs.iplt.of(symbol) >= 0) return GotLoad.keep;
  const opcode = bytes[at - 2];
  const modrm = bytes[at - 1];
  let home = symbols.section[symbol];
  if (home === SymbolSection.undefined && needs.definedLater.has(symbol)) home = SymbolSection.script;
  const pic = options.kind !== "executable";
  let absolute = !pic || isBaseless(modrm);
  if (home === SymbolSection.undefined) {
    // A weak one is the constant 0; a strong one is an error, reported elsewhere.
    if (symbol === 0 || symbols.info[symbol] >> 4 !== 2) return GotLoad.keep;
    if (opcode === 0xff && pic) return GotLoad.keep;
    absolute = true;
  }
  if (opcode === 0xff) return modrm === 0x15 || (modrm & 0xf8) === 0x90 ? GotLoad.call : GotLoad.jump;
  if (home === SymbolSection.absolute && opcode === 0x8b) absolute = true;
  if (opcode === 0x8b) return absolute ? GotLoad.move : GotLoad.lea;
  if (!absolute) return GotLoad.keep;
  return opcode === 0x85 ? GotLoad.test : GotLoad.binary;
}

/** Rewrites the instruction around the displacement at `at`. */
export function rewriteGotLoad(load: number, out: Uint8Array, at: number): void {
  const opcode = out[at - 2];
  const register = (out[at - 1] & 0x38) >> 3;
  switch (load) {
    case GotLoad.call:
      out[at - 2] = 0x67;
      out[at - 1] = 0xe8;
      return;
    case GotLoad.jump:
      // The displacement moves to `at - 1`, and a nop fills up.
      out[at - 2] = 0xe9;
      out[at + 3] = 0x90;
      return;
    case GotLoad.lea:
      out[at - 2] = 0x8d;
      return;
    case GotLoad.move:
      out[at - 2] = 0xc7;
      out[at - 1] = 0xc0 | register;
      return;
    case GotLoad.test:
      out[at - 2] = 0xf7;
      out[at - 1] = 0xc0 | register;
      return;
    default:
      out[at - 2] = 0x81;
      out[at - 1] = 0xc0 | register | (opcode & 0x3c);
  }
}
