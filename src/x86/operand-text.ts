import * as size from "./memory.ts";
import { memory, segmentText, sizeText } from "./memory.ts";
import {
  ADDR,
  AS_REP,
  AS_XACQUIRE,
  AS_XRELEASE,
  DATA,
  DS,
  LOCK,
  REPNZ,
  REPZ,
  REX_B,
  REX_R,
  REX_W,
  type State,
} from "./state.ts";

// The operands of instructions, by the codes of the opcode maps in the Intel
// manual: E is a register or memory, G the other register of ModRM, V and W
// the same of vectors, H the register of VEX, I an immediate, J a branch.

export type Operand = (s: State) => string;

const { B, W, D, Q, V, Y, M, STACK, X } = size;

function register(s: State, number: number, rexBit: number, of: number): string {
  s.useRex(rexBit);
  const at = s.rex & rexBit ? number + 8 : number;
  const { names } = s;
  switch (of) {
    case B:
      if (at & 4) s.useRex(0);
      return (s.rex ? names.rexByte : names.byte)[at];
    case W:
      return names.word[at];
    case D:
    case size.DW:
    case size.DB:
      return names.long[at];
    case Q:
      return names.quad[at];
    case M:
    case size.BOUND_MEMORY:
      return (s.bits === 64 ? names.quad : names.long)[at];
    case size.BOUND:
      return at > 3 ? "(bad)" : names.bound[at];
    case STACK:
      if (s.bits === 64 && (s.isWide || s.rex & REX_W)) return names.quad[at];
      return sized(s, at);
    case V:
      return sized(s, at);
    case Y:
      s.useRex(REX_W);
      return (s.rex & REX_W ? names.quad : names.long)[at];
    case size.MOVSXD:
      s.useData();
      return names.long[at];
    case size.VA:
      if (!(s.prefixes & ADDR))
        return (s.bits === 64 ? names.quad : s.bits === 32 ? names.long : names.word)[at];
      s.shown[s.lastAddr] = 0;
      s.used |= ADDR;
      return (s.bits === 32 ? names.word : names.long)[at];
    case size.MASK_BD:
    case size.MASK_WQ:
      return at > 7 ? "(bad)" : names.mask[at];
    default:
      return "";
  }
}

/** A register of 16, 32 or 64 bits. */
function sized(s: State, at: number): string {
  s.useRex(REX_W);
  if (s.rex & REX_W) return s.names.quad[at];
  s.useData();
  return (s.isWide ? s.names.long : s.names.word)[at];
}

export function E(s: State, of: number): string {
  s.byte();
  return s.mod === 3 ? register(s, s.rm, REX_B, of) : memory(s, of);
}

export function G(s: State, of: number): string {
  if (s.isEvex && !s.lowR && s.bits === 64) return "(bad)";
  return register(s, s.reg, REX_R, of);
}

/** Memory only. */
export const onlyMemory = (s: State, of: number): string => (s.mod === 3 ? s.bad() : E(s, of));

/** The prefixes of hardware lock elision. */
export function elided(s: State, needsLock: boolean): void {
  if (s.mod === 3 || (needsLock && !(s.prefixes & LOCK))) return;
  if (s.prefixes & REPZ) s.shown[s.lastRepz] = AS_XRELEASE;
  if (s.prefixes & REPNZ) s.shown[s.lastRepnz] = AS_XACQUIRE;
}

/** A register in the low bits of the opcode. */
export function opcodeRegister(s: State, of: "byte" | "v" | "stack"): string {
  const number = s.bytes[s.at - 1] & 7;
  return lowRegister(s, number, of);
}

export function lowRegister(s: State, number: number, of: "byte" | "v" | "stack"): string {
  s.useRex(REX_B);
  const at = number + (s.rex & REX_B ? 8 : 0);
  if (of === "byte") {
    if (number >= 4) s.useRex(0);
    return s.rex ? s.names.rexByte[at] : s.names.byte[number];
  }
  if (of === "stack" && s.bits === 64 && (s.isWide || s.rex & REX_W)) return s.names.quad[at];
  return sized(s, at);
}

/** The width of what a string instruction handles, in Intel syntax. */
function stringSize(s: State): string {
  if (!s.intel) return "";
  const opcode = s.bytes[s.at - 1];
  if (opcode === 0x6d || opcode === 0x6f) return sizeText(s, size.Z);
  return sizeText(s, opcode & 1 && opcode >= 0xa5 && opcode <= 0xaf ? V : B);
}

function pointer(s: State, number: number): string {
  s.used |= s.prefixes & ADDR;
  const { names } = s;
  const list = s.bits === 64 ? (s.isFar ? names.quad : names.long) : s.isFar ? names.long : names.word;
  return s.intel ? `[${list[number]}]` : `(${list[number]})`;
}

export const destination = (s: State): string => `${stringSize(s)}${s.names.segment[0]}:${pointer(s, 7)}`;

export function source(s: State, number: number): string {
  const text = stringSize(s);
  if (s.segment === 0) s.segment = DS;
  return text + segmentText(s) + pointer(s, number);
}

export function repeated(s: State): void {
  if (s.prefixes & REPZ) s.shown[s.lastRepz] = AS_REP;
}

export function accumulator(s: State): string {
  s.useRex(REX_W);
  if (s.rex & REX_W) return s.names.quad[0];
  s.useData();
  return (s.isWide ? s.names.long : s.names.word)[0];
}

export function portAccumulator(s: State): string {
  if (s.rex & REX_W) return s.names.long[0];
  s.useData();
  return (s.isWide ? s.names.long : s.names.word)[0];
}

export const port: Operand = (s) => (s.intel ? "dx" : "(%dx)");

export function immediateV(s: State): string {
  s.useRex(REX_W);
  if (s.rex & REX_W) return s.immediate(s.i32());
  s.useData();
  return s.immediate(s.isWide ? s.i32() >>> 0 : s.u16());
}

export function immediate64(s: State): string {
  if (s.bits !== 64 || !(s.rex & REX_W)) return immediateV(s);
  s.useRex(REX_W);
  const low = s.i32() >>> 0;
  const high = s.i32() >>> 0;
  const text = high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0");
  return s.intel ? `0x${text}` : `$0x${text}`;
}

/** A byte that is extended to the operand's width. */
export function immediateSigned(s: State): string {
  const value = s.signedByte();
  if (s.rex & REX_W) return s.immediate(value);
  return s.immediate(s.isWide ? value >>> 0 : value & 0xffff);
}

export function branch(s: State, displacement: number, mask: boolean, segment: number): string {
  let target = s.next + displacement;
  if (mask) target = (target & 0xffff) + segment;
  else if (s.bits !== 64) target = target >>> 0;
  return s.address(target);
}

export function branchV(s: State, isXbegin: boolean): string {
  const isLong = s.isWide || (s.bits === 64 && (s.rex & REX_W) !== 0);
  let text: string;
  if (isLong) text = branch(s, s.i32(), false, 0);
  else {
    const displacement = (s.u16() << 16) >> 16;
    const segment = s.prefixes & DATA ? 0 : Math.floor(s.next / 65536) * 65536;
    text = branch(s, displacement, true, segment);
  }
  if (isXbegin || s.bits !== 64 || !(s.rex & REX_W)) s.useData();
  return text;
}

export function farPointer(s: State): string {
  const offset = s.isWide ? s.i32() >>> 0 : s.u16();
  const segment = s.u16();
  s.useData();
  const [a, b] = [`0x${segment.toString(16)}`, `0x${offset.toString(16)}`];
  return s.intel ? `${a}:${b}` : `$${a},$${b}`;
}

/** The operand of `mov` with an address of its own. */
export function offset(s: State): string {
  const segment = segmentText(s) || (s.intel ? `${s.names.segment[3]}:` : "");
  if (s.bits === 64 && !(s.prefixes & ADDR)) {
    const low = s.i32() >>> 0;
    const high = s.i32() >>> 0;
    return `${segment}0x${high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0")}`;
  }
  const value = s.isFar || s.bits === 64 ? s.i32() >>> 0 : s.u16();
  return `${segment}0x${value.toString(16)}`;
}

/** MMX registers, or XMM with the operand-size prefix. */
export function mmx(s: State, number: number, rexBit: number): string {
  s.useData();
  if (!(s.prefixes & DATA)) return s.names.mmx[number];
  s.useRex(rexBit);
  return s.names.xmm[number + (s.rex & rexBit ? 8 : 0)];
}

export function mmxOrMemory(s: State, of: number): string {
  if (s.mod !== 3) {
    if (s.intel && of === V) {
      s.useData();
      return E(s, s.prefixes & DATA ? X : Q);
    }
    return E(s, of);
  }
  s.byte();
  return mmx(s, s.rm, REX_B);
}

export const special3dnow: Readonly<Record<number, string>> = {
  12: "pi2fw",
  13: "pi2fd",
  28: "pf2iw",
  29: "pf2id",
  138: "pfnacc",
  142: "pfpnacc",
  144: "pfcmpge",
  148: "pfmin",
  150: "pfrcp",
  151: "pfrsqrt",
  154: "pfsub",
  158: "pfadd",
  160: "pfcmpgt",
  164: "pfmax",
  166: "pfrcpit1",
  167: "pfrsqit1",
  170: "pfsubr",
  174: "pfacc",
  176: "pfcmpeq",
  180: "pfmul",
  182: "pfrcpit2",
  183: "pmulhrw",
  187: "pswapd",
  191: "pavgusb",
};

export function waiting(s: State, hasThird: boolean): string {
  s.byte();
  if (s.intel) return "";
  s.twoSources = true;
  s.operands[1] = s.names.long[1];
  if (hasThird) s.operands[2] = s.names.long[3];
  return s.names.long[0];
}

export function monitored(s: State): string {
  s.byte();
  if (s.intel) return "";
  const { names } = s;
  let list = s.bits === 64 ? names.quad : s.bits === 32 ? names.long : names.word;
  if (s.prefixes & ADDR) {
    s.shown[s.lastAddr] = 0;
    list = s.bits === 32 ? names.word : names.long;
    s.used |= ADDR;
  }
  s.twoSources = true;
  s.operands[1] = names.long[1];
  s.operands[2] = names.long[2];
  return list[0];
}

/** `nop`, which is an exchange of the accumulator with itself unless a prefix says otherwise. */
export function nop(s: State, text: (s: State) => string): string {
  if (!(s.prefixes & DATA) && !(s.rex & REX_B)) {
    s.mnemonic = "nop";
    return "";
  }
  return text(s);
}
export function released(s: State, of: number): string {
  if (s.mod !== 3 && s.lastRepz > s.lastRepnz && s.prefixes & REPZ) s.shown[s.lastRepz] = AS_XRELEASE;
  return E(s, of);
}
