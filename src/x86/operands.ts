import * as size from "./memory.ts";
import {
  accumulator,
  branch,
  branchV,
  destination,
  E,
  elided,
  farPointer,
  G,
  immediate64,
  immediateSigned,
  immediateV,
  lowRegister,
  mmx,
  mmxOrMemory,
  monitored,
  nop,
  type Operand,
  offset,
  onlyMemory,
  opcodeRegister,
  port,
  portAccumulator,
  released,
  repeated,
  source,
  special3dnow,
  waiting,
} from "./operand-text.ts";
import {
  AS_BND,
  AS_NOTRACK,
  AS_XACQUIRE,
  AS_XRELEASE,
  DS,
  LOCK,
  REPNZ,
  REPZ,
  REX_B,
  REX_R,
  REX_W,
  REX_X,
  type State,
} from "./state.ts";
import {
  comparison,
  comparisons,
  immediateRegister,
  roundingText,
  typeTail,
  vectorE,
  vectorG,
  vectorH,
  vexComparisons,
} from "./vector-operands.ts";

// What each code of the opcode maps is written as.

const { B, W, D, Q, V, Y, M, STACK, X } = size;

const plain = (of: number) => ({
  E: (s: State) => E(s, of),
  G: (s: State) => G(s, of),
  M: (s: State) => onlyMemory(s, of),
});

const v = plain(V);
const b = plain(B);

/** By their codes in the tables. */
export const operands: Readonly<Record<string, Operand>> = {
  Eb: b.E,
  Eb1: (s) => {
    elided(s, true);
    return E(s, B);
  },
  Eb2: (s) => {
    elided(s, false);
    return E(s, B);
  },
  Eb3: (s) => released(s, B),
  Ew: (s) => E(s, W),
  Ed: (s) => E(s, D),
  Eq: (s) => E(s, Q),
  Ev: v.E,
  Ev1: (s) => {
    elided(s, true);
    return E(s, V);
  },
  Ev2: (s) => {
    elided(s, false);
    return E(s, V);
  },
  Ev3: (s) => released(s, V),
  Ey: (s) => E(s, Y),
  Edw: (s) => E(s, size.DW),
  Edb: (s) => E(s, size.DB),
  Emovsxd: (s) => {
    if (!s.intel) {
      s.useRex(REX_W);
      s.mnemonic += s.rex & REX_W ? "lq" : "xd";
    } else s.mnemonic += "xd";
    return E(s, size.MOVSXD);
  },
  Estack: (s) => E(s, STACK),
  // Of control registers: ModRM's upper bits do not matter.
  Rm: (s) => E(s, M),
  "*Ev": (s) => (s.intel ? "" : "*") + E(s, STACK),
  "*Ep": (s) => (s.intel ? "" : "*") + E(s, size.FAR),
  Ebnd: (s) => E(s, size.BOUND_MEMORY),
  Ubnd: (s) => E(s, size.BOUND),
  Gbnd: (s) => G(s, size.BOUND),
  Mbnd: (s) => onlyMemory(s, size.BOUND_MAKE),
  Gb: b.G,
  Gw: (s) => G(s, W),
  Gd: (s) => G(s, D),
  Gv: v.G,
  Gy: (s) => G(s, Y),
  Gm: (s) => G(s, M),
  Eva: (s) => E(s, size.VA),
  Gva: (s) => G(s, size.VA),
  M: (s) => onlyMemory(s, size.NONE),
  Ma: (s) => onlyMemory(s, size.PAIR),
  Mb: b.M,
  Mw: (s) => onlyMemory(s, W),
  Md: (s) => onlyMemory(s, D),
  Mq: (s) => onlyMemory(s, Q),
  My: (s) => onlyMemory(s, Y),
  Mv: (s) => onlyMemory(s, V),
  Mo: (s) => onlyMemory(s, size.OCTA),
  Mp: (s) => onlyMemory(s, size.FAR),
  Mx: (s) => onlyMemory(s, X),
  Mxmm: (s) => onlyMemory(s, size.XMM),
  Msib: (s) => onlyMemory(s, size.TILE_MEMORY),
  Mvd: (s) => onlyMemory(s, size.INDEX_D),
  Mvq: (s) => onlyMemory(s, size.INDEX_Q),
  Mxsave: (s) => {
    s.useRex(REX_W);
    if (s.rex & REX_W) s.mnemonic += "64";
    return onlyMemory(s, size.NONE);
  },
  Mcmpxchg: (s) => {
    s.useRex(REX_W);
    if (s.rex & REX_W) {
      s.mnemonic = s.mnemonic.replace("8b", "16b");
      return onlyMemory(s, size.OCTA);
    }
    if (s.prefixes & LOCK) {
      if (s.prefixes & REPZ) s.shown[s.lastRepz] = AS_XRELEASE;
      if (s.prefixes & REPNZ) s.shown[s.lastRepnz] = AS_XACQUIRE;
    }
    return onlyMemory(s, Q);
  },
  Mcode: (s) => {
    if (s.mod === 0 && s.rm === 5) return onlyMemory(s, B);
    s.mnemonic = "nop";
    if (!s.intel) {
      s.useRex(REX_W);
      if (!(s.rex & REX_W)) s.useData();
      s.mnemonic += s.rex & REX_W ? "q" : s.isWide ? "l" : "w";
    }
    return onlyMemory(s, V);
  },
  M0: (s) => (s.mod !== 3 || s.rm !== 0 ? s.bad() : E(s, size.NONE)),
  Ib: (s) => s.immediate(s.byte()),
  sIb: immediateSigned,
  sIbt: (s) => {
    const value = s.signedByte();
    if (s.bits === 64 && (s.isWide || s.rex & REX_W)) return s.immediate(value);
    return s.immediate(s.isWide || s.rex & REX_W ? value >>> 0 : value & 0xffff);
  },
  Iw: (s) => s.immediate(s.u16()),
  Id: (s) => s.immediate(s.i32() >>> 0),
  Iv: immediateV,
  Iv64: immediate64,
  sIv: (s) => {
    if (s.isWide || s.rex & REX_W) {
      const value = s.i32();
      return s.immediate(s.bits === 64 ? value : value >>> 0);
    }
    return s.immediate(s.u16());
  },
  I1: (s) => (s.intel ? "1" : ""),
  Jb: (s) => branch(s, s.signedByte(), false, 0),
  Jv: (s) => branchV(s, false),
  Jx: (s) => branchV(s, true),
  bnd: (s) => {
    if (s.prefixes & REPNZ) s.shown[s.lastRepnz] = AS_BND;
    return "";
  },
  notrack: (s) => {
    if (s.prefixes & DS && (s.bits !== 64 || s.lastData < 0)) {
      s.segment = 0;
      s.shown[s.lastSegment] = AS_NOTRACK;
    }
    return "";
  },
  Ap: farPointer,
  Ob: offset,
  Ov: offset,
  Sw: (s) => s.names.segment[s.reg],
  Sv: (s) => E(s, s.mod === 3 ? V : W),
  Cd: (s) => {
    let number = s.reg;
    if (s.rex & REX_R) {
      s.useRex(REX_R);
      number += 8;
    } else if (s.bits !== 64 && s.prefixes & LOCK) {
      s.shown[s.lastLock] = 0;
      s.used |= LOCK;
      number += 8;
    }
    return `${s.names.sign}cr${number}`;
  },
  Dd: (s) => {
    s.useRex(REX_R);
    return `${s.intel ? "dr" : "%db"}${s.reg + (s.rex & REX_R ? 8 : 0)}`;
  },
  Td: (s) => `${s.names.sign}tr${s.reg}`,
  skip: (s) => {
    s.byte();
    return "";
  },
  zb: (s) => opcodeRegister(s, "byte"),
  zv: (s) => opcodeRegister(s, "v"),
  zstack: (s) => opcodeRegister(s, "stack"),
  nop0: (s) => nop(s, (state) => lowRegister(state, 0, "v")),
  nop1: (s) => nop(s, accumulator),
  AL: (s) => s.names.byte[0],
  CL: (s) => s.names.byte[1],
  eAX: accumulator,
  zAX: portAccumulator,
  DX: port,
  es: (s) => s.names.segment[0],
  cs: (s) => s.names.segment[1],
  ss: (s) => s.names.segment[2],
  ds: (s) => s.names.segment[3],
  fs: (s) => s.names.segment[4],
  gs: (s) => s.names.segment[5],
  X: (s) => source(s, 6),
  BX: (s) => source(s, 3),
  Y: destination,
  // With a repeat prefix in front.
  Xr: (s) => {
    repeated(s);
    return source(s, 6);
  },
  Yr: (s) => {
    repeated(s);
    return destination(s);
  },
  ALr: (s) => {
    repeated(s);
    return s.names.byte[0];
  },
  eAXr: (s) => {
    repeated(s);
    return accumulator(s);
  },
  DXr: (s) => {
    repeated(s);
    return port(s);
  },
  monitor: monitored,
  mwait: (s) => waiting(s, false),
  mwaitx: (s) => waiting(s, true),
  // MMX and SSE.
  Pq: (s) => mmx(s, s.reg, REX_R),
  Qq: (s) => mmxOrMemory(s, V),
  Qd: (s) => mmxOrMemory(s, D),
  Qx: (s) => mmxOrMemory(s, X),
  Nq: (s) => (s.mod === 3 ? mmxOrMemory(s, V) : s.bad()),
  Pmmx: (s) => {
    s.useData();
    return s.names.mmx[s.reg];
  },
  Qmmx: (s) => {
    if (s.mod !== 3) return E(s, Q);
    s.byte();
    s.useData();
    return s.names.mmx[s.rm];
  },
  "3dnow": (s) => {
    const name = special3dnow[s.byte()];
    if (name !== undefined) {
      s.mnemonic = name;
      return "";
    }
    s.operands[0] = s.operands[1] = "";
    s.mnemonic = s.bad();
    return "";
  },
  Ux: (s) => (s.mod === 3 ? vectorE(s, V) : s.bad()),
  V: (s) => vectorG(s, size.NONE),
  Vs: (s) => vectorG(s, size.SCALAR),
  Vxmm: (s) => vectorG(s, size.XMM),
  Vhalf: (s) => vectorG(s, size.HALF),
  Vd: (s) => vectorG(s, size.INDEX_D),
  Vq: (s) => vectorG(s, size.INDEX_Q),
  Wb: (s) => vectorE(s, B),
  Ww: (s) => vectorE(s, W),
  Wd: (s) => vectorE(s, D),
  Wq: (s) => vectorE(s, Q),
  // The destinations of scalar stores are named by the vector's length.
  Wds: (s) => vectorE(s, s.mod === 3 ? X : D),
  Wqs: (s) => vectorE(s, s.mod === 3 ? X : size.Q_STORED),
  Wy: (s) => vectorE(s, Y),
  Wx: (s) => vectorE(s, X),
  Wxh: (s) => vectorE(s, size.XH),
  Wxmm: (s) => vectorE(s, size.XMM),
  Wymm: (s) => vectorE(s, size.YMM),
  Whalf: (s) => vectorE(s, size.HALF),
  Whalfb: (s) => vectorE(s, size.HALF_BROADCAST),
  Whalfh: (s) => vectorE(s, size.HALF_BROADCAST_H),
  Wquarter: (s) => vectorE(s, size.QUARTER),
  Wquarterh: (s) => vectorE(s, size.QUARTER_BROADCAST_H),
  Weighth: (s) => vectorE(s, size.EIGHTH),
  Wdup: (s) => vectorE(s, size.DUPLICATED),
  Wplain: (s) => vectorE(s, size.X_PLAIN),
  Welement: (s) => vectorE(s, size.ELEMENT),
  Wbw: (s) => vectorE(s, size.BW),
  xmm0: (s) => (s.isVex && s.length === 1 ? s.names.ymm : s.names.xmm)[0],
  H: (s) => vectorH(s, X),
  Hs: (s) => vectorH(s, size.SCALAR),
  /** Only where the other operands are registers. */
  Hsr: (s) => (s.mod === 3 ? vectorH(s, size.SCALAR) : ""),
  Hd: (s) => vectorH(s, size.INDEX_D),
  Hq: (s) => vectorH(s, size.INDEX_Q),
  Hy: (s) => vectorH(s, Y),
  Hk: (s) => vectorH(s, size.MASK_WQ),
  /** As XOP: W exchanges it with the operand before. */
  Hw: (s) => {
    const text = vectorH(s, X);
    if (!s.w) return text;
    const before = s.operands[s.operand - 1];
    s.operands[s.operand - 1] = text;
    return before;
  },
  L: (s) => immediateRegister(s, false),
  Ls: (s) => immediateRegister(s, true),
  I4: (s) => s.immediate(s.bytes[s.at - 1] & 15),
  Gk: (s) => G(s, size.MASK_WQ),
  Ek: (s) => E(s, size.MASK_WQ),
  Ekbd: (s) => E(s, size.MASK_BD),
  Vt: (s) => vectorG(s, size.TILE),
  Wt: (s) => vectorE(s, size.TILE),
  Ht: (s) => vectorH(s, size.TILE),
  cmp: (s) => {
    const value = s.byte();
    const name = value < 8 ? comparisons[value] : s.isVex ? vexComparisons[value - 8] : undefined;
    return comparison(s, name, value, 2);
  },
  vpcmp: (s) => {
    const value = s.byte();
    return comparison(
      s,
      value === 3 || value === 7 ? undefined : comparisons[value],
      value,
      typeTail(s, "p"),
    );
  },
  vpcom: (s) => {
    const value = s.byte();
    const name = "lt le gt ge eq neq false true".split(" ")[value];
    return comparison(s, name, value, typeTail(s, "m"));
  },
  pclmul: (s) => {
    const value = s.byte();
    const names: Readonly<Record<number, string>> = { 0: "lql", 1: "hql", 16: "lqh", 17: "hqh" };
    // What has a name by another encoding is not said in full.
    return comparison(s, names[value] ?? (value === 2 ? "lqh" : value === 3 ? "hqh" : undefined), value, 3);
  },
  distinct: (s) => {
    const own = s.reg + (s.rex & REX_R ? 8 : 0) + (s.lowR ? 0 : 16);
    const first = s.bits !== 64 ? s.vvvv & 7 : s.vvvv + (s.isEvex && !s.lowV ? 16 : 0);
    const second = s.mod === 3 ? s.rm + (s.rex & REX_B ? 8 : 0) + (s.rex & REX_X ? 16 : 0) : -1;
    return own === first || own === second ? "(bad)" : vectorG(s, size.NONE);
  },
  distincts: (s) => {
    const text = operands.distinct(s);
    return text === "(bad)" ? text : vectorG(s, size.SCALAR);
  },
  // Rounding and exceptions, of EVEX between registers.
  er: (s) => (s.mod !== 3 || !s.broadcast ? "" : roundingText(s)),
  er64: (s) => (s.mod !== 3 || !s.broadcast || s.bits !== 64 || !s.w ? "" : roundingText(s)),
  sae: (s) => {
    if (s.mod !== 3 || !s.broadcast) return "";
    s.usedB = true;
    return "{sae}";
  },
};
