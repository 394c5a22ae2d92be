import { ADDR, CS, DATA, DS, REX_W, REX_X, type State, WAIT } from "./state.ts";

// Mnemonics with the letters that depend on the instruction. In the tables a
// name has such letters in braces, `add{v}`; `{a|b}` is a in AT&T syntax and b
// in Intel's. Most letters tell the width of an operand in AT&T syntax where
// no register does.

export type Piece = string | ((s: State) => string);

/** w, l or q by the prefixes, noting that they were used. */
function width(s: State): string {
  s.useRex(REX_W);
  if (s.rex & REX_W) return "q";
  s.useData();
  return s.isWide ? (s.intel ? "d" : "l") : "w";
}

/** A width that only the operand-size prefix makes appear. */
function ofPrefix(s: State): string {
  if (s.rex & REX_W || !(s.prefixes & DATA)) return "";
  s.useData();
  return s.isWide ? (s.intel ? "d" : "l") : "w";
}

const inMemory = (s: State): boolean => s.hasModrm && s.mod !== 3;

const bad = "{bad}";

const letters: Readonly<Record<string, (s: State) => string>> = {
  // General instructions.
  b: (s) => (!s.intel && inMemory(s) ? "b" : ""),
  v: (s) => {
    if (s.intel) return "";
    s.useRex(REX_W);
    return inMemory(s) ? width(s) : "";
  },
  /** Also in Intel syntax. */
  V: (s) => {
    s.useRex(REX_W);
    return inMemory(s) ? width(s) : "";
  },
  r: (s) => {
    if (s.intel) return "";
    const text = width(s);
    return text;
  },
  t: ofPrefix,
  p: (s) => (s.mod === 3 ? "" : ofPrefix(s)),
  P: (s) => (s.intel || s.mod === 3 ? "" : ofPrefix(s)),
  /** Near branches and returns, whose width is 64 bits in 64-bit mode whatever the prefix says, unless it is alone. */
  n: (s) => {
    if (s.bits === 64 && (s.rex & REX_W || !(s.prefixes & DATA))) return "";
    return s.mod === 3 ? "" : ofPrefix(s);
  },
  N: (s) => (s.intel ? "" : letters.n(s)),
  far: (s) => {
    if (s.intel || !(s.prefixes & DATA)) return "";
    s.useData();
    return s.isWide ? "l" : "w";
  },
  lp: (s) => (s.prefixes & DATA || s.rex & REX_W ? width(s) : ""),
  port: (s) => {
    if (s.intel) return "";
    if (s.rex & REX_W) return "l";
    s.useData();
    return s.isWide ? "l" : "w";
  },
  loop: (s) => {
    if (s.intel || !(s.prefixes & ADDR)) return "";
    s.used |= ADDR;
    return s.isFar ? (s.bits === 64 ? "q" : "l") : s.bits === 64 ? "l" : "w";
  },
  cx: (s) => {
    s.used |= s.prefixes & ADDR;
    if (s.bits === 64) return s.isFar ? "r" : "e";
    return s.isFar ? "e" : "";
  },
  /** A hint at whether a branch is taken. */
  hint: (s) => {
    const hint = s.prefixes & (CS | DS);
    if (s.intel || (hint !== CS && hint !== DS)) return "";
    s.used |= hint;
    s.segment = hint;
    return hint === DS ? ",pt" : ",pn";
  },
  abs: (s) => (s.bits === 64 && !(s.prefixes & ADDR) ? "abs" : ""),
  abs64: (s) => (s.rex & REX_W ? "abs" : ""),
  cbw: (s) => {
    s.useRex(REX_W);
    if (!(s.rex & REX_W)) s.useData();
    if (s.intel) return s.rex & REX_W ? "dqe" : s.isWide ? "wde" : "bw";
    return s.rex & REX_W ? "ltq" : s.isWide ? "wtl" : "btw";
  },
  cwd: (s) => {
    s.useRex(REX_W);
    if (!(s.rex & REX_W)) s.useData();
    if (s.intel) return s.rex & REX_W ? "qo" : s.isWide ? "dq" : "wd";
    return s.rex & REX_W ? "qto" : s.isWide ? "ltd" : "wtd";
  },
  /** d or q, by REX.W. */
  k: (s) => {
    s.useRex(REX_W);
    return s.rex & REX_W ? "q" : "d";
  },
  lq: (s) => {
    if (s.mod === 3) return "";
    if (s.rex & REX_W) {
      s.useRex(REX_W);
      return "q";
    }
    return s.bits === 64 ? (s.intel ? "d" : "l") : "";
  },
  LQ: (s) => (s.intel ? "" : letters.lq(s)),
  /** q only, in 64-bit mode, where registers are meant by no operand. */
  q: (s) => {
    if (s.bits !== 64 || !(s.rex & REX_W)) return "";
    s.useRex(REX_W);
    return "q";
  },
  /** The environment of the floating-point unit. */
  env: (s) => {
    if (!(s.prefixes & DATA)) return "";
    s.useData();
    return s.isWide ? (s.intel ? "d" : "l") : s.intel ? "w" : "s";
  },
  /** Moves of control registers look at no mode of ModRM. */
  reg: (s) => {
    s.mod = 3;
    return "";
  },
  wait: (s) => {
    if (!(s.prefixes & WAIT)) return "n";
    s.used |= WAIT;
    return "";
  },
  // Vectors.
  x: (s) => {
    if (s.isVex ? s.pp !== 2 : !(s.prefixes & DATA)) return "s";
    s.used |= DATA;
    return "d";
  },
  dq: (s) => (s.w ? "q" : "d"),
  sd: (s) => (s.w ? "d" : "s"),
  bw: (s) => (s.w ? "w" : "b"),
  xs: (s) => (!s.isEvex || !s.w ? "s" : bad),
  xd: (s) => (!s.isEvex || s.w ? "d" : bad),
  xh: (s) => (s.w ? bad : "h"),
  xy: (s) => (s.intel || s.mod === 3 || s.broadcast ? "" : (["x", "y"][s.length] ?? "")),
  xyz: (s) => (s.intel || s.mod === 3 || s.broadcast ? "" : "xyz"[s.length]),
  /** Said of instructions that EVEX encodes although VEX could. */
  evex: (s) => (isPlain(s) ? "{evex} " : ""),
  /** The same of those that EVEX.W gives another element. */
  evexw: (s) => (isPlain(s) && !s.w ? "{evex} " : ""),
  vex: (s) => (s.isEvex ? "" : "{vex} "),
};

function isPlain(s: State): boolean {
  return !(
    !s.isEvex ||
    s.broadcast ||
    s.rounding >= 2 ||
    !s.lowR ||
    (s.mod === 3 && s.rex & REX_X) ||
    !s.lowV ||
    s.mask !== 0
  );
}

/** `add{v}` in pieces. */
export function mnemonicPieces(name: string): Piece[] {
  const pieces: Piece[] = [];
  for (const part of name.split(/(\{[^}]*\})/)) {
    if (part === "") continue;
    if (!part.startsWith("{")) {
      pieces.push(part);
      continue;
    }
    const inner = part.slice(1, -1);
    const bar = inner.indexOf("|");
    if (bar >= 0) {
      const [att, intel] = [inner.slice(0, bar), inner.slice(bar + 1)];
      pieces.push((s) => (s.intel ? intel : att));
      continue;
    }
    const letter = letters[inner];
    if (!letter) throw new Error(`no letter {${inner}} in ${name}`);
    pieces.push(letter);
  }
  return pieces;
}
