import * as size from "./memory.ts";
import { memory } from "./memory.ts";
import { REX_B, REX_R, REX_W, REX_X, type State } from "./state.ts";

// Operands of vector instructions: registers as long as the prefix says, mask
// registers, tiles, and the immediates that become part of mnemonics.

const { B, W, D, Q, Y } = size;

/** A vector register as long as its role says. */
export function vector(s: State, number: number, of: number): string {
  const { names } = s;
  switch (of) {
    case size.HALF:
    case size.HALF_BROADCAST:
    case size.HALF_BROADCAST_H:
      if (s.length < 2) return names.xmm[number];
      s.usedLength = true;
      return names.ymm[number];
    case size.YMM:
      return names.ymm[number];
    case size.TILE:
      return number >= 8 ? "(bad)" : names.tile[number];
    case size.XMM:
    case size.SCALAR:
    case size.EIGHTH:
    case size.QUARTER:
    case size.QUARTER_BROADCAST_H:
    case B:
    case W:
    case D:
    case Q:
      return names.xmm[number];
    default: {
      if (!s.isVex) return names.xmm[number];
      s.usedLength = true;
      const level = of === size.INDEX_Q && !s.w && s.length > 0 ? s.length - 1 : s.length;
      return [names.xmm, names.ymm, names.zmm][level][number];
    }
  }
}

/** The vector register in ModRM's middle. */
export function vectorG(s: State, of: number): string {
  s.useRex(REX_R);
  const number = s.reg + (s.rex & REX_R ? 8 : 0) + (s.isEvex && !s.lowR ? 16 : 0);
  if (of === size.TILE) s.reg = number;
  else if (of === size.SCALAR) s.noBroadcast = true;
  return vector(s, number, of);
}

export function vectorE(s: State, given: number): string {
  s.byte();
  const of = given === Y ? (s.w ? Q : D) : given;
  if (s.mod !== 3) return memory(s, of);
  s.useRex(REX_B);
  let number = s.rm + (s.rex & REX_B ? 8 : 0);
  if (s.isEvex) {
    s.useRex(REX_X);
    if (s.rex & REX_X) number += 16;
  }
  if (of === size.TILE) s.rm = number;
  return vector(s, number, of);
}

/** The register that VEX names. */
export function vectorH(s: State, of: number): string {
  let number = s.vvvv;
  s.vvvv = 0;
  const { names } = s;
  if (s.bits !== 64) {
    if (s.isEvex && !s.lowV) return "(bad)";
    number &= 7;
  } else if (s.isEvex && !s.lowV) number += 16;
  switch (of) {
    case size.SCALAR:
      return names.xmm[number];
    case size.INDEX_D:
    case size.INDEX_Q:
      return gathered(s, number, of);
    case size.TILE:
      return tiles(s, number);
    case Y:
      if (s.length !== 0) return "(bad)";
      return (s.rex & REX_W ? names.quad : names.long)[number];
    case size.MASK_WQ:
      return number > 7 ? "(bad)" : names.mask[number];
    default:
      s.usedLength = true;
      return [names.xmm, names.ymm, names.zmm][s.length][number];
  }
}

/** The mask of AVX2's gathers; the three registers must differ. */
export function gathered(s: State, number: number, of: number): string {
  const isShort = s.length === 0 || (of === size.INDEX_Q && !s.w);
  let text = (isShort ? s.names.xmm : s.names.ymm)[number];
  const destinationNumber = s.reg + (s.rex & REX_R ? 8 : 0);
  const index = s.hasSib && s.rm === 4 ? ((s.sib >> 3) & 7) + (s.rex & REX_X ? 8 : 0) : -1;
  if (number === destinationNumber || number === index) text += "/(bad)";
  if (destinationNumber === index || destinationNumber === number) s.operands[0] += "/(bad)";
  if (index === destinationNumber || index === number) s.operands[1] += "/(bad)";
  return text;
}

export function tiles(s: State, number: number): string {
  const { reg, rm } = s;
  let text = "(bad)";
  if (number < 8) {
    text = s.names.tile[number];
    if (number === reg || number === rm) text += "/(bad)";
  }
  if (reg <= 8 && (reg === rm || reg === number)) s.operands[0] += "/(bad)";
  if (rm <= 8 && (rm === reg || rm === number)) s.operands[1] += "/(bad)";
  return text;
}

/** A register in the upper half of an immediate; W exchanges it with the operand before. */
export function immediateRegister(s: State, isScalar: boolean): string {
  let number = s.byte() >> 4;
  if (s.bits !== 64) number &= 7;
  const text = (!isScalar && s.length === 1 ? s.names.ymm : s.names.xmm)[number];
  if (!s.w) return text;
  const before = s.operands[s.operand - 1];
  s.operands[s.operand - 1] = text;
  return before;
}

export const comparisons = "eq lt le unord neq nlt nle ord".split(" ");
export const vexComparisons = (
  "eq_uq nge ngt false neq_oq ge gt true eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq " +
  "false_os neq_os ge_oq gt_oq true_us"
).split(" ");

/** Puts the name of a comparison in front of the last `tail` letters of the mnemonic. */
export function comparison(s: State, name: string | undefined, value: number, tail: number): string {
  if (name === undefined) return s.immediate(value);
  const at = s.mnemonic.length - tail;
  s.mnemonic = s.mnemonic.slice(0, at) + name + s.mnemonic.slice(at);
  return "";
}

export const typeTail = (s: State, stem: string): number => (s.mnemonic.at(-2) === stem ? 1 : 2);

export const rounding = ["{rn-", "{rd-", "{ru-", "{rz-"];

export function roundingText(s: State): string {
  s.usedB = true;
  return `${rounding[s.rounding]}sae}`;
}

export const roundingBad = (s: State): string => `${rounding[s.rounding]}bad}`;
