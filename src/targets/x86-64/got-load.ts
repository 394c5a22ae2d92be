import { SHF_X86_64_LARGE, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, type SymbolId, SymbolSection } from "../../model/index.ts";
import { isDefinedHere, isWeakLocal, isWeakUndefined } from "../dynamic-facts.ts";
import { R_X86_64_GOTPCREL, R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX } from "./types.ts";

// Compilers load the address of what may be elsewhere from the GOT. In a
// static link it rarely is elsewhere, and the load can be computed instead
// (psABI, "Optimize GOTPCRELX Relocations"). Whether it is must be known when
// the GOT is sized, before there are addresses; so a conversion that then does
// not fit is an error, as in GNU ld. LLD converts less: it keeps memory
// operands of `mov` PC-relative, and leaves plain GOTPCREL alone.

/** What becomes of an instruction that refers to a word of the GOT. */
export const GotLoad = {
  keep: 0,
  /** call *foo@GOTPCREL(%rip) → addr32 call foo */
  call: 1,
  /** jmp *foo@GOTPCREL(%rip) → jmp foo; nop */
  jump: 2,
  /** mov foo@GOTPCREL(%rip), %reg → lea foo(%rip), %reg */
  lea: 3,
  /** mov foo@GOTPCREL(%rip), %reg → mov $foo, %reg */
  move: 4,
  /** test %reg, foo@GOTPCREL(%rip) → test $foo, %reg */
  test: 5,
  /** add (adc, and, cmp, or, sbb, sub, xor) foo@GOTPCREL(%rip), %reg → add $foo, %reg */
  binary: 6,
} as const;

const REX_W = 8;
const REX_R = 4;
const REX_B = 1;

/** Decides; `bytes` has the instruction's displacement at `at`, which has `before` bytes of its section before it. */
export function chooseGotLoad(
  model: LinkModel,
  symbol: SymbolId,
  type: number,
  addendIsMinus4: boolean,
  bytes: Uint8Array,
  at: number,
  before: number,
): number {
  const isRex = type === R_X86_64_REX_GOTPCRELX;
  if (!addendIsMinus4 || before < (isRex ? 3 : 2)) return GotLoad.keep;
  const { symbols, sections, options, needs } = model;
  if ((symbols.info[symbol] & 15) === STT_GNU_IFUNC || needs.iplt.of(symbol) >= 0) return GotLoad.keep;
  const opcode = bytes[at - 2];
  const modrm = bytes[at - 1];
  let home = symbols.section[symbol];
  if (home === SymbolSection.undefined && needs.definedLater.has(symbol)) home = SymbolSection.script;
  if (options.compat === "lld") return chooseAsLld(model, home, type, opcode, modrm);
  if (model.dynamic !== undefined && symbol !== 0) {
    if (symbol === model.dynamic.dynamicSymbol) return GotLoad.keep;
    if (!isDefinedHere(model, model.dynamic, symbol)) {
      if (!isWeakUndefined(model, symbol) || !isWeakLocal(model, symbol)) return GotLoad.keep;
      home = SymbolSection.undefined;
    }
  }

  const relaxable = isRex || type === R_X86_64_GOTPCRELX;
  if (opcode !== 0x8b && !relaxable) return GotLoad.keep;
  const pic = options.kind !== "executable";
  let pcRelative = opcode === 0xff || !relaxable || !options.relax || pic;
  if (home === SymbolSection.undefined) {
    // A weak one is the constant 0; a strong one is an error, reported elsewhere.
    if (symbol === 0 || symbols.info[symbol] >> 4 !== 2) return GotLoad.keep;
    if (opcode === 0xff) {
      if (!options.relax) return GotLoad.keep;
    } else if (relaxable) pcRelative = false;
    if (pcRelative && pic) return GotLoad.keep;
  } else {
    if (!options.relax) return GotLoad.keep;
    if (home > 0 && sections.flags[home] & SHF_X86_64_LARGE) return GotLoad.keep;
  }
  if (opcode === 0xff) return modrm === 0x25 ? GotLoad.jump : GotLoad.call;
  if (opcode === 0x8b) {
    if (home === SymbolSection.absolute && relaxable) pcRelative = false;
    if (pcRelative) return GotLoad.lea;
  } else if (pcRelative) return GotLoad.keep;
  if (
    home === SymbolSection.absolute &&
    !fitsImmediate(model, symbol, isRex && (bytes[at - 3] & REX_W) !== 0)
  )
    return GotLoad.keep;
  if (opcode === 0x8b) return GotLoad.move;
  return opcode === 0x85 ? GotLoad.test : GotLoad.binary;
}

/** Whether an absolute symbol fits a sign-extended (64-bit operand) or zero-extended immediate. */
function fitsImmediate(model: LinkModel, symbol: SymbolId, wide: boolean): boolean {
  const { symbols } = model;
  const high = symbols.valueHigh[symbol];
  return wide ? high === symbols.valueLow[symbol] >> 31 : high === 0;
}

function chooseAsLld(model: LinkModel, home: number, type: number, opcode: number, modrm: number): number {
  const { options } = model;
  const absolute = home === SymbolSection.undefined || home === SymbolSection.absolute;
  if (!options.relax || type === R_X86_64_GOTPCREL || absolute) return GotLoad.keep;
  if (opcode === 0x8b) return GotLoad.lea;
  if (opcode === 0xff && modrm === 0x15) return GotLoad.call;
  if (opcode === 0xff && modrm === 0x25) return GotLoad.jump;
  if (type === R_X86_64_GOTPCRELX || options.kind !== "executable") return GotLoad.keep;
  return opcode === 0x85 ? GotLoad.test : GotLoad.binary;
}

/** Rewrites the instruction around the displacement at `at`. */
export function rewriteGotLoad(load: number, type: number, out: Uint8Array, at: number): void {
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
  }
  const isRex = type === R_X86_64_REX_GOTPCRELX;
  const opcode = out[at - 2];
  const register = (out[at - 1] & 0x38) >> 3;
  if (load === GotLoad.move) {
    out[at - 2] = 0xc7;
    out[at - 1] = 0xc0 | register;
  } else if (load === GotLoad.test) {
    out[at - 2] = 0xf7;
    out[at - 1] = 0xc0 | register;
  } else {
    out[at - 2] = 0x81;
    out[at - 1] = 0xc0 | register | (opcode & 0x3c);
  }
  // The register moves from the ModRM byte's reg field to rm, its high bit from R to B.
  if (isRex) {
    const rex = out[at - 3];
    out[at - 3] = (rex & ~REX_R) | (rex & REX_R ? REX_B : 0);
  }
}

/** Whether the immediate of a rewritten instruction is sign-extended to 64 bits. */
export function hasWideOperand(type: number, out: Uint8Array, at: number): boolean {
  return type === R_X86_64_REX_GOTPCRELX && (out[at - 3] & REX_W) !== 0;
}
