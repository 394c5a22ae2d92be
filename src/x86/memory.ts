import { ADDR, CS, DS, ES, FS, GS, REX_B, REX_R, REX_W, REX_X, SS, type State, signedHex } from "./state.ts";

// Operands in memory: what Intel syntax calls their size, by how much EVEX
// shifts a short displacement, and the address itself.

/** The size of what an operand names; the Intel manual's letter where it has one. */
export const NONE = 0;
export const B = 1;
export const W = 2;
export const D = 3;
export const Q = 4;
/** 16, 32 or 64 bits. */
export const V = 5;
/** 32 or 64 bits. */
export const Y = 6;
/** The width of addresses. */
export const M = 7;
/** As V, but 64 bits by default in 64-bit mode. */
export const STACK = 8;
/** 16 or 32 bits, of ports. */
export const Z = 9;
/** Two words or doublewords, of BOUND. */
export const PAIR = 10;
/** A far pointer. */
export const FAR = 11;
export const TEN = 12;
/** The vector's length, with broadcast; the same of halves of words (FP16). */
export const X = 13;
export const XH = 14;
/** The vector's length without broadcast; an element that is scattered. */
export const X_PLAIN = 15;
export const ELEMENT = 16;
export const XMM = 17;
export const YMM = 18;
/** Half, a quarter and an eighth of the vector; with broadcast of doublewords, words. */
export const HALF = 19;
export const HALF_BROADCAST = 20;
export const HALF_BROADCAST_H = 21;
export const QUARTER = 22;
export const QUARTER_BROADCAST_H = 23;
export const EIGHTH = 24;
/** As MOVDDUP: 64 bits, then the vector. */
export const DUPLICATED = 25;
export const OCTA = 26;
/** Vectors of indices. */
export const INDEX_D = 27;
export const INDEX_Q = 28;
export const MASK_BD = 29;
export const MASK_WQ = 30;
export const BOUND_MEMORY = 31;
export const BOUND_MAKE = 32;
export const BOUND = 33;
/** AMX wants an index byte. */
export const TILE_MEMORY = 34;
export const TILE = 35;
export const SCALAR = 36;
export const MOVSXD = 37;
/** Bytes or words, by W. */
export const BW = 38;
/** A word or byte in memory, but a 32-bit register. */
export const DW = 39;
export const DB = 40;
/** A quadword that is stored. */
export const Q_STORED = 42;
/** The register of addresses, with the address prefix. */
export const VA = 41;

const byLength = {
  full: ["XMMWORD PTR ", "YMMWORD PTR ", "ZMMWORD PTR "],
  half: ["QWORD PTR ", "XMMWORD PTR ", "YMMWORD PTR "],
  quarter: ["DWORD PTR ", "QWORD PTR ", "XMMWORD PTR "],
  eighth: ["WORD PTR ", "DWORD PTR ", "QWORD PTR "],
  duplicated: ["QWORD PTR ", "YMMWORD PTR ", "ZMMWORD PTR "],
};

/** What Intel syntax says before the address. */
export function sizeText(s: State, size: number): string {
  if (s.broadcast) {
    if (s.noBroadcast) return "";
    switch (size) {
      case X:
      case HALF_BROADCAST:
        return s.w ? "QWORD BCST " : "DWORD BCST ";
      case XH:
      case HALF_BROADCAST_H:
      case QUARTER_BROADCAST_H:
        return "WORD BCST ";
      default:
        s.noBroadcast = true;
        return "";
    }
  }
  switch (size) {
    case B:
    case DB:
      return "BYTE PTR ";
    case W:
    case DW:
      return "WORD PTR ";
    case STACK:
      if (s.bits === 64 && (s.isWide || s.rex & REX_W)) return "QWORD PTR ";
      return general(s, V);
    case V:
    case Y:
      return general(s, size);
    case Z:
      if (s.rex & REX_W) return "DWORD PTR ";
      s.useData();
      return s.isWide ? "DWORD PTR " : "WORD PTR ";
    case PAIR:
      s.useData();
      return s.isWide ? "QWORD PTR " : "DWORD PTR ";
    case MOVSXD:
      s.useData();
      return "DWORD PTR ";
    case D:
      return "DWORD PTR ";
    case Q:
    case Q_STORED:
      return "QWORD PTR ";
    case M:
      return s.bits === 64 ? "QWORD PTR " : "DWORD PTR ";
    case FAR:
      s.useData();
      return s.isWide ? "FWORD PTR " : "DWORD PTR ";
    case TEN:
      return "TBYTE PTR ";
    case X:
    case XH:
    case X_PLAIN:
    case ELEMENT:
    case BW:
      return s.isVex ? byLength.full[s.length] : "XMMWORD PTR ";
    case XMM:
      return "XMMWORD PTR ";
    case YMM:
      return "YMMWORD PTR ";
    case HALF:
    case HALF_BROADCAST:
    case HALF_BROADCAST_H:
      return byLength.half[s.length];
    case QUARTER:
    case QUARTER_BROADCAST_H:
      return byLength.quarter[s.length];
    case EIGHTH:
      return byLength.eighth[s.length];
    case DUPLICATED:
      return byLength.duplicated[s.length];
    case OCTA:
      return "OWORD PTR ";
    case INDEX_D:
    case INDEX_Q:
      return s.w ? "QWORD PTR " : "DWORD PTR ";
    case MASK_BD:
      return s.w ? "DWORD PTR " : "BYTE PTR ";
    case MASK_WQ:
      return s.w ? "QWORD PTR " : "WORD PTR ";
    default:
      return "";
  }
}

function general(s: State, size: number): string {
  s.useRex(REX_W);
  if (s.rex & REX_W) return "QWORD PTR ";
  if (size === Y) return "DWORD PTR ";
  s.useData();
  return s.isWide ? "DWORD PTR " : "WORD PTR ";
}

/** By how many bits EVEX shifts a displacement of one byte. */
function displacementShift(s: State, size: number): number {
  switch (size) {
    case W:
    case DW:
      return 1;
    case B:
    case DB:
      return 0;
    case D:
      return 2;
    case Y:
      return s.bits !== 64 ? 2 : s.w ? 3 : 2;
    case INDEX_D:
    case INDEX_Q:
    case ELEMENT:
      return s.w ? 3 : 2;
    case XH:
    case HALF_BROADCAST_H:
    case QUARTER_BROADCAST_H:
      if (s.broadcast) return s.w ? 2 : 1;
      break;
    case X:
    case HALF_BROADCAST:
      if (s.broadcast) return s.w ? 3 : 2;
      break;
    case YMM:
      return 5;
    case XMM:
      return 4;
    case Q:
    case Q_STORED:
      return 3;
    case BW:
      return s.w ? 1 : 0;
    default:
      break;
  }
  const full = 4 + s.length;
  if (size === HALF || size === HALF_BROADCAST || size === HALF_BROADCAST_H) return full - 1;
  if (size === DUPLICATED) return s.length === 0 ? 3 : full;
  if (size === QUARTER || size === QUARTER_BROADCAST_H) return full - 2;
  if (size === EIGHTH) return full - 3;
  return full;
}

const segments: Readonly<Record<number, number>> = { [ES]: 0, [CS]: 1, [SS]: 2, [DS]: 3, [FS]: 4, [GS]: 5 };

/** `%fs:` where a prefix says so. */
export function segmentText(s: State): string {
  if (s.segment === 0) return "";
  s.used |= s.segment;
  return `${s.names.segment[segments[s.segment]]}:`;
}

/** In Intel syntax an address without registers always has its segment. */
const defaultSegment = (s: State): string => (s.segment === 0 ? `${s.names.segment[3]}:` : "");

const words16 = ["bx,si", "bx,di", "bp,si", "bp,di", "si", "di", "bp", "bx"];

/** The operand in memory that ModRM names. */
export function memory(s: State, size: number): string {
  const shift = s.isEvex ? displacementShift(s, size) : 0;
  s.useRex(REX_B);
  let text = s.intel ? sizeText(s, size) : "";
  text += segmentText(s);
  const isBound = size === BOUND_MEMORY || size === BOUND_MAKE || size === BOUND;
  if (s.isFar || s.bits === 64) text = address32(s, size, shift, isBound, text);
  else if (isBound || size === INDEX_D || size === INDEX_Q) return `${text}(bad)`;
  else text = address16(s, shift, text);
  return s.broadcast && !text.endsWith("(bad)") ? broadcastText(s, size, text) : text;
}

function address32(s: State, size: number, shift: number, isBound: boolean, before: string): string {
  const is64 = s.bits === 64;
  const isShort = !(s.isFar || isBound);
  const registers = is64 && !isShort ? s.names.quad : s.names.long;
  const isIndexed = size === INDEX_D || size === INDEX_Q;
  let text = before;
  let base = s.rm;
  let index = -1;
  let indices: readonly string[] | undefined;
  let scale = 0;
  let checksGather = false;
  if (base === 4) {
    index = (s.sib >> 3) & 7;
    s.useRex(REX_X);
    if (s.rex & REX_X) index += 8;
    if (isIndexed) {
      if (s.isEvex) {
        if (!s.lowV) index += 16;
        checksGather = s.operand === 1 && before === "";
      }
      const isWhole = !s.w || size === INDEX_Q;
      const level = s.length === 0 ? 0 : isWhole ? s.length : s.length - 1;
      indices = [s.names.xmm, s.names.ymm, s.names.zmm][level];
    } else if (index !== 4) indices = registers;
    scale = s.sib >> 6;
    base = s.sib & 7;
    s.at++;
  } else if (isIndexed || size === TILE_MEMORY) return `${text}(bad)`;

  let hasBase = true;
  let isRip = false;
  let displacement = 0;
  if (s.mod === 0) {
    if (base === 5) {
      hasBase = false;
      isRip = is64 && !s.hasSib;
      displacement = s.i32();
      if (isRip && size === BOUND_MAKE) return `${text}(bad)`;
    }
  } else if (s.mod === 1) displacement = s.signedByte() * 2 ** shift;
  else displacement = s.i32();

  let needsIndex = false;
  let needsAddress = false;
  if (s.hasSib && !hasBase && !indices && s.bits !== 16) {
    if (is64) {
      if (isShort) {
        displacement >>>= 0;
        needsIndex = true;
      }
      needsAddress = true;
    } else needsIndex = true;
  }
  const hasParts = hasBase || needsIndex || (s.hasSib && (indices !== undefined || scale !== 0));
  const isShown = s.mod !== 0 || base === 5;
  if (!s.intel && isShown) {
    text += hasParts || isRip ? signedHex(displacement) : s.hex(displacement);
    if (isRip) {
      note(s, displacement);
      text += isShort ? "(%eip)" : "(%rip)";
    }
  }
  if ((hasBase || indices || needsIndex || needsAddress || isRip) && (!is64 || !isBound)) s.used |= ADDR;
  if (hasParts || (s.intel && isRip)) {
    text += s.intel ? "[" : "(";
    if (s.intel && isRip) {
      note(s, displacement);
      text += isShort ? "eip" : "rip";
    }
    if (hasBase) text += registers[base + (s.rex & REX_B ? 8 : 0)];
    if (s.hasSib && (scale !== 0 || needsIndex || indices || (hasBase && base !== 4))) {
      if (!s.intel || hasBase) text += s.intel ? "+" : ",";
      if (indices) text += is64 || index < 16 ? indices[index] : "(bad)";
      else text += `${s.names.sign}${is64 && !isShort ? "riz" : "eiz"}`;
      text += `${s.intel ? "*" : ","}${1 << scale}`;
    }
    if (s.intel && (displacement !== 0 || isShown)) {
      if (!hasParts) text += `+${s.hex(displacement)}`;
      else if (displacement >= 0) text += `+${signedHex(displacement)}`;
      else text += signedHex(displacement);
    }
    text += s.intel ? "]" : ")";
    if (checksGather) {
      const own = s.reg + (s.rex & REX_R ? 8 : 0) + (s.lowR ? 0 : 16);
      if (index === own) text += "/(bad)";
    }
  } else if (s.intel && isShown) text += defaultSegment(s) + s.hex(displacement);
  return text;
}

function address16(s: State, shift: number, before: string): string {
  let text = before;
  s.used |= s.prefixes & ADDR;
  let displacement = 0;
  const isAbsolute = s.mod === 0 && s.rm === 6;
  if (isAbsolute || s.mod === 2) displacement = (s.u16() << 16) >> 16;
  else if (s.mod === 1) displacement = s.signedByte() * 2 ** shift;
  const isShown = s.mod !== 0 || s.rm === 6;
  if (!s.intel && isShown) text += signedHex(displacement);
  if (!isAbsolute) {
    const parts = words16[s.rm].split(",").map((name) => s.names.sign + name);
    text += s.intel ? `[${parts.join("+")}` : `(${parts.join(",")}`;
    if (s.intel && (displacement !== 0 || isShown))
      text += displacement >= 0 ? `+${signedHex(displacement)}` : signedHex(displacement);
    text += s.intel ? "]" : ")";
  } else if (s.intel) text += defaultSegment(s) + s.hex(displacement & 0xffff);
  return text;
}

/** The address that `%rip` and a displacement make goes behind the instruction, once its end is known. */
function note(s: State, displacement: number): void {
  s.comment = "rip";
  s.ripDisplacement = displacement;
}

/** `{1to8}`: one element for all. */
function broadcastText(s: State, size: number, before: string): string {
  s.usedB = true;
  let text = before;
  if (!s.noBroadcast && (!s.intel || !s.usedLength)) {
    if (size === XH) text += `{1to${8 << s.length}}`;
    else if (size === Q || size === DUPLICATED) s.noBroadcast = true;
    else if (s.w || size === QUARTER_BROADCAST_H || size === HALF_BROADCAST) text += `{1to${2 << s.length}}`;
    else if (size === X || size === HALF_BROADCAST_H) text += `{1to${4 << s.length}}`;
    else s.noBroadcast = true;
  }
  return s.noBroadcast ? `${text}{bad}` : text;
}
