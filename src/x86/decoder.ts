import { evexMaps } from "./evex.ts";
import { floatRow } from "./float.ts";
import { KeptTexts } from "./kept-texts.ts";
import { D, memory, NONE, Q, TEN, W } from "./memory.ts";
import { mnemonicPieces } from "./mnemonics.ts";
import { hasModrm, oneByte } from "./one-byte.ts";
import {
  ADDR,
  AS_BND,
  AS_NOTRACK,
  AS_REP,
  AS_XACQUIRE,
  AS_XRELEASE,
  CS,
  DATA,
  DS,
  ES,
  FS,
  GS,
  LOCK,
  REPNZ,
  REPZ,
  REX_B,
  REX_R,
  REX_W,
  SS,
  State,
  WAIT,
} from "./state.ts";
import { badRow, type Choice, type Entry, type Row, rowOf } from "./tables.ts";
import { hasModrm0f, threeBytes3a, threeBytes38, twoBytes } from "./two-bytes.ts";
import { roundingBad } from "./vector-operands.ts";
import { vexMaps, xopMaps } from "./vex.ts";

// x86 code as text, as GNU objdump prints it in both syntaxes, for 16, 32 and
// 64 bits.
//
// An instruction is read in the order of its bytes: prefixes, opcode, ModRM,
// operands. The maps are the Intel manual's; what makes objdump's text its own
// is what becomes of prefixes. Each part of an instruction that heeds a prefix
// marks it as used. In the end the others are printed in front (`data16`,
// `rex.W`, `cs`), so nothing in the bytes is hidden; where a prefix is part of
// an opcode and no row wants it, the instruction is `(bad)`. What cannot be an
// instruction costs its prefixes and a byte, or the whole opcode, after which
// decoding goes on: in tables that lie among code, every rule of this shows.

/** The longest instruction that a processor takes. */
const LONGEST = 15;

const REX_NAMES = (() => {
  const list: string[] = [];
  for (let bits = 0; bits < 16; bits++) {
    const letters = ["W", "R", "X", "B"].filter((_, i) => bits & (8 >> i)).join("");
    list.push(letters === "" ? "rex" : `rex.${letters}`);
  }
  return list;
})();

const floatSizes: Readonly<Record<string, number>> = { w: W, d: D, q: Q, t: TEN };

export class X86Decoder {
  readonly state: State;
  text = "";
  private readonly kept = new KeptTexts();
  /** The text has an address in it. */
  private isPlaced = false;
  /** The text is an instruction's, unless there is a `(bad)` in it. */
  private isWhole = false;

  constructor(bits: 16 | 32 | 64, intel: boolean, address: (address: number) => string) {
    this.state = new State(bits, intel, (at) => {
      this.isPlaced = true;
      return address(at);
    });
  }

  /** The width of operands and addresses that -M asks for. */
  operandsWide: boolean | undefined;
  addressesWide: boolean | undefined;

  /** Puts the instruction at `offset` into `text`; the result is its size. */
  decode(bytes: Uint8Array, offset: number, end: number, address: number): number {
    if (offset + LONGEST >= end) return this.decodeAnew(bytes, offset, end, address);
    const { kept } = this;
    const found = kept.find(bytes, offset);
    if (found !== 0) {
      this.text = kept.text;
      return found;
    }
    this.isPlaced = false;
    const size = this.decodeAnew(bytes, offset, end, address);
    // What is bad, or a prefix alone, is so because of bytes that follow it.
    if (!this.isPlaced && this.isWhole && !this.text.includes("(bad)"))
      kept.keep(bytes, offset, size, this.text);
    return size;
  }

  private decodeAnew(bytes: Uint8Array, offset: number, end: number, address: number): number {
    const s = this.state;
    this.isWhole = false;
    s.reset(bytes, offset, end, address);
    if (this.operandsWide !== undefined) s.isWide = this.operandsWide;
    if (this.addressesWide !== undefined) s.isFar = this.addressesWide;
    const wide = s.isWide;
    const far = s.isFar;
    const size = this.instruction(s);
    if (!s.isShort) return size;
    // The bytes end within the instruction: only the first one is shown.
    const first = bytes[offset];
    const isPrefix = s.prefixes !== 0 || s.rex !== 0;
    const name = isPrefix ? prefixName(s, first, wide, far) : undefined;
    this.text = name ?? `.byte 0x${first.toString(16)}`;
    return 1;
  }

  private instruction(s: State): number {
    const wide = s.isWide;
    const far = s.isFar;
    const complete = readPrefixes(s);
    if (s.isShort) return 1;
    if (!complete || s.rexUsed !== 0) {
      let text = "";
      let i = 0;
      for (; i < s.count && s.shown[i] !== 0; i++)
        text += (i === 0 ? "" : " ") + prefixName(s, s.shown[i], wide, far);
      this.text = text;
      return i;
    }
    s.opcodeAt = s.at;
    let opcode = s.peek(s.at);
    if (s.isShort) return 1;
    s.twoSources = opcode === 0x62 || opcode === 0xc8;
    if (s.prefixes & WAIT && (opcode < 0xd8 || opcode > 0xdf)) {
      let text = "";
      let i = 0;
      for (; i < s.waitAt && s.shown[i] !== 0; i++) text += `${prefixName(s, s.shown[i], wide, far)} `;
      this.text = `${text}fwait`;
      return i + 1;
    }
    s.at++;
    let entry: Entry;
    if (opcode === 0x0f) {
      opcode = s.byte();
      if (s.isShort) return 1;
      entry = twoBytes[opcode];
      s.hasModrm = hasModrm0f(opcode);
    } else {
      entry = oneByte[opcode];
      s.hasModrm = hasModrm(opcode);
    }
    if (s.prefixes & ADDR) s.isFar = !s.isFar;
    if (s.prefixes & DATA) s.isWide = !s.isWide;
    if (s.hasModrm) {
      readModrm(s);
      if (s.isShort) return 1;
    }
    let row: Row;
    let opcodeEnd = s.at;
    if (typeof entry === "object" && entry !== null && entry.escape === "float") {
      readSib(s);
      floating(s, opcode);
      row = badRow;
    } else {
      row = choose(s, entry);
      if (s.isShort) return 1;
      opcodeEnd = s.at;
      s.mnemonic = spelled(s, row);
      readSib(s);
      if (s.isShort) return 1;
      readOperands(s, row);
    }
    if (s.isShort) return 1;
    // VEX.vvvv must be all ones where nothing reads it, and zeroing wants a mask.
    if ((s.isVex && s.vvvv !== 0) || (s.zeroing && s.mask === 0) || !prefixesFit(s, row)) {
      this.text = "(bad)";
      return opcodeEnd - s.start;
    }
    return this.print(s, row, wide, far);
  }

  private print(s: State, row: Row, wide: boolean, far: boolean): number {
    const { shown } = s;
    if (row.requirement === "~") {
      s.used &= ~(REPZ | REPNZ | DATA);
      if (s.lastData >= 0) shown[s.lastData] = 0x66;
      if (s.lastRepz >= 0) shown[s.lastRepz] = 0xf3;
      if (s.lastRepnz >= 0) shown[s.lastRepnz] = 0xf2;
    }
    if (s.rex === s.rexUsed && !s.isVex && s.lastRex >= 0) shown[s.lastRex] = 0;
    if (s.prefixes & (CS | SS | DS | ES | FS | GS) && s.used & s.segment) shown[s.lastSegment] = 0;
    if (s.prefixes & ADDR && s.used & ADDR) shown[s.lastAddr] = 0;
    if (s.prefixes & DATA && s.used & DATA && !s.isVex) shown[s.lastData] = 0;
    let text = "";
    for (let i = 0; i < s.count; i++) if (shown[i] !== 0) text += `${prefixName(s, shown[i], wide, far)} `;
    if (s.at - s.start > LONGEST) {
      this.text = `${text}(bad)`;
      return LONGEST;
    }
    this.isWhole = true;
    const list = s.operands;
    text += s.mnemonic;
    if (list[0] !== "" || list[1] !== "" || list[2] !== "" || list[3] !== "" || list[4] !== "")
      text = text.length < 6 ? `${text.padEnd(6)} ` : `${text} `;
    this.text = text + this.joined(s, row);
    if (s.comment !== "") this.text += `        # ${s.address(s.next + s.ripDisplacement)}`;
    return s.at - s.start;
  }

  /** The operands in the syntax's order. */
  private joined(s: State, { names }: Row): string {
    const list = s.operands;
    let text = "";
    if (!s.intel && !s.twoSources) {
      for (let i = 4; i >= 0; i--) if (list[i] !== "") text += text === "" ? list[i] : `,${list[i]}`;
      return text;
    }
    // Rounding stands behind a register without a comma in Intel syntax.
    const isRounding = (name: string | undefined) => name === "er" || name === "er64" || name === "sae";
    const swaps = s.intel && isRounding(names[2]) && names[3] === "Ey" && names.length === 4;
    for (let i = 0; i < 5; i++) {
      const operand = list[swaps && i === 2 ? 3 : swaps && i === 3 ? 2 : i];
      if (operand === "") continue;
      const joins =
        s.intel &&
        ((i === 2 && isRounding(names[2]) && !swaps) || (i === 3 && (isRounding(names[3]) || swaps)));
      text += text === "" || joins ? operand : `,${operand}`;
    }
    return text;
  }
}

/** False where there are too many of them. */
function readPrefixes(s: State): boolean {
  for (let length = 0; length < LONGEST - 1; length++) {
    const byte = s.peek(s.at);
    let rex = 0;
    const slot = s.count;
    switch (byte) {
      case 0xf3:
        s.prefixes |= REPZ;
        s.lastRepz = slot;
        break;
      case 0xf2:
        s.prefixes |= REPNZ;
        s.lastRepnz = slot;
        break;
      case 0xf0:
        s.prefixes |= LOCK;
        s.lastLock = slot;
        break;
      case 0x2e:
        segmentPrefix(s, CS, true);
        break;
      case 0x36:
        segmentPrefix(s, SS, true);
        break;
      case 0x3e:
        segmentPrefix(s, DS, true);
        break;
      case 0x26:
        segmentPrefix(s, ES, true);
        break;
      case 0x64:
        segmentPrefix(s, FS, false);
        break;
      case 0x65:
        segmentPrefix(s, GS, false);
        break;
      case 0x66:
        s.prefixes |= DATA;
        s.lastData = slot;
        break;
      case 0x67:
        s.prefixes |= ADDR;
        s.lastAddr = slot;
        break;
      case 0x9b:
        // It is an instruction; prefixes before it are its own.
        s.waitAt = slot;
        if (s.prefixes !== 0 || s.rex !== 0) {
          s.prefixes |= WAIT;
          s.at++;
          s.rexUsed = s.rex;
          return true;
        }
        s.prefixes = WAIT;
        break;
      default:
        if ((byte & 0xf0) !== 0x40 || s.bits !== 64) return true;
        rex = byte;
        s.lastRex = slot;
    }
    // REX counts only directly in front of the opcode.
    if (s.rex !== 0) {
      s.rexUsed = s.rex;
      return true;
    }
    if (byte !== 0x9b) s.shown[s.count++] = byte;
    s.rex = rex;
    s.at++;
  }
  return false;
}

function segmentPrefix(s: State, bit: number, isOld: boolean): void {
  s.prefixes |= bit;
  s.lastSegment = s.count;
  // In 64-bit mode these four have no effect.
  if (!isOld || s.bits !== 64) s.segment = bit;
}

function prefixName(s: State, prefix: number, wide: boolean, far: boolean): string | undefined {
  if (prefix >= 0x40 && prefix < 0x50) return REX_NAMES[prefix & 15];
  switch (prefix) {
    case 0xf3:
      return "repz";
    case 0xf2:
      return "repnz";
    case 0xf0:
      return "lock";
    case 0x2e:
      return "cs";
    case 0x36:
      return "ss";
    case 0x3e:
      return "ds";
    case 0x26:
      return "es";
    case 0x64:
      return "fs";
    case 0x65:
      return "gs";
    case 0x66:
      return wide ? "data16" : "data32";
    case 0x67:
      if (s.bits === 64) return far ? "addr32" : "addr64";
      return far ? "addr16" : "addr32";
    case 0x9b:
      return "fwait";
    case AS_REP:
      return "rep";
    case AS_XACQUIRE:
      return "xacquire";
    case AS_XRELEASE:
      return "xrelease";
    case AS_BND:
      return "bnd";
    case AS_NOTRACK:
      return "notrack";
    default:
      return undefined;
  }
}

function readModrm(s: State): void {
  const modrm = s.peek(s.at);
  s.mod = modrm >> 6;
  s.reg = (modrm >> 3) & 7;
  s.rm = modrm & 7;
}

function readSib(s: State): void {
  if (!s.hasModrm || s.mod === 3 || s.rm !== 4 || !(s.isFar || s.bits === 64)) return;
  s.hasSib = true;
  s.sib = s.peek(s.at + 1);
}

function spelled(s: State, { pieces }: Row): string {
  let text = "";
  for (const piece of pieces) text += typeof piece === "string" ? piece : piece(s);
  return text;
}

function readOperands(s: State, { operands, names }: Row): void {
  const list = s.operands;
  for (let i = 0; i < operands.length; i++) {
    s.operand = i;
    const text = operands[i](s);
    // Some put text of their own into places behind.
    if (text !== "" || i === 0) list[i] = text;
    if (i === 0 && s.isEvex) {
      if (s.mask !== 0) list[0] += `{${s.names.mask[s.mask]}}`;
      if (s.zeroing) list[0] += "{z}";
      // Scatters and gathers want a mask.
      if (
        /^[MV]v?[dq]$/.test(names[0]) &&
        names[0] !== "Md" &&
        names[0] !== "Mq" &&
        (s.mask === 0 || s.zeroing)
      )
        list[0] += "/(bad)";
    }
  }
  if (s.isEvex && operands.length === 0) {
    if (s.mask !== 0) list[0] += `{${s.names.mask[s.mask]}}`;
    if (s.zeroing) list[0] += "{z}";
  }
  if (s.mod === 3 && s.broadcast && !s.usedB) {
    const free = list.indexOf("");
    if (free >= 0) list[free] = roundingBad(s);
  }
}

function floating(s: State, opcode: number): void {
  const row = floatRow(opcode, s.mod, s.reg, s.rm);
  s.mnemonic = "";
  for (const piece of mnemonicPieces(row.name)) s.mnemonic += typeof piece === "string" ? piece : piece(s);
  s.operand = 0;
  if (s.mod !== 3) {
    s.at++;
    s.operands[0] = memory(s, floatSizes[row.operands] ?? NONE);
    return;
  }
  s.at++;
  const top = `${s.names.sign}st`;
  const other = `${s.names.sign}st(${s.rm})`;
  if (row.operands === "0i") {
    s.operands[0] = top;
    s.operands[1] = other;
  } else if (row.operands === "i0") {
    s.operands[0] = other;
    s.operands[1] = top;
  } else if (row.operands === "i") s.operands[0] = other;
  else if (opcode === 0xdf && s.reg === 4 && s.rm === 0) s.operands[0] = s.names.word[0];
}

/** Whether the prefixes that are part of opcodes have found their use. */
function prefixesFit(s: State, { requirement }: Row): boolean {
  if (requirement !== "@" && requirement !== "!") return true;
  if (requirement === "@") {
    if (s.isVex ? s.pp === 0 : !(s.prefixes & DATA)) return false;
    s.used |= DATA;
  }
  const repeats = s.isVex ? (s.pp & 1) !== 0 : (s.prefixes & (REPZ | REPNZ)) !== 0;
  if (repeats && !(s.used & (REPZ | REPNZ))) return false;
  const data = s.isVex ? s.pp === 2 : (s.prefixes & (REPZ | REPNZ | DATA)) === DATA;
  if (data && !(s.used & DATA)) return false;
  return !(s.isEvex && requirement === "!" && s.w !== ((s.used & DATA) !== 0));
}

/** Follows the choices to a row. */
function choose(s: State, first: Entry): Row {
  let entry: Entry = first;
  for (;;) {
    if (typeof entry === "string") return rowOf(entry);
    if (!entry) return badRow;
    const next = step(s, entry);
    if (next === undefined || s.isShort) return badRow;
    entry = next;
  }
}

function step(s: State, choice: Choice): Entry {
  if (choice.reg) return choice.reg[s.reg];
  if (choice.mod) return choice.mod[s.mod === 3 ? 1 : 0];
  if (choice.pp) return byPrefix(s, choice.pp);
  if (choice.rm) return choice.rm[s.rm];
  if (choice.bits) return choice.bits[s.bits === 64 ? 1 : 0];
  if (choice.w) return choice.w[s.w ? 1 : 0];
  if (choice.l) return choice.l[s.length];
  switch (choice.escape) {
    case "38":
    case "3a": {
      const opcode = s.byte();
      readModrm(s);
      return (choice.escape === "38" ? threeBytes38 : threeBytes3a)[opcode];
    }
    case "vex2":
      return vex2(s);
    case "vex3":
      return vex3(s);
    case "evex":
      return evex(s);
    case "xop":
      return xop(s);
    default:
      return undefined;
  }
}

function byPrefix(s: State, list: readonly Entry[]): Entry {
  if (s.isVex) {
    return list[s.pp];
  }
  let at = 0;
  let last = -1;
  let bit = 0;
  if (s.prefixes & (REPZ | REPNZ)) {
    const isRepz = s.lastRepz > s.lastRepnz;
    at = isRepz ? 1 : 3;
    bit = isRepz ? REPZ : REPNZ;
    last = isRepz ? s.lastRepz : s.lastRepnz;
    if (list[at] === null) at = 0;
  }
  if (at === 0 && s.prefixes & DATA) {
    at = 2;
    bit = DATA;
    last = s.lastData;
  }
  if (at !== 0) {
    s.used |= bit;
    s.shown[last] = 0;
  }
  return list[at];
}

function unread(s: State): undefined {
  s.at--;
  return undefined;
}

/** The prefix that two bits of VEX stand for, in the order of choices. */
const embedded = [0, 2, 1, 3];

function vex2(s: State): Entry {
  s.peek(s.at + 1);
  const byte = s.byte();
  s.rex = byte & 0x80 ? 0 : REX_R;
  return vexOpcode(s, byte, 1);
}

function vex3(s: State): Entry {
  s.peek(s.at + 2);
  const first = s.byte();
  s.rex = (~first >> 5) & 7;
  const map = first & 0x1f;
  // What is no VEX prefix is one byte that is bad.
  if (map < 1 || map > 3) return unread(s);
  const second = s.byte();
  s.w = (second & 0x80) !== 0;
  if (s.bits !== 64) s.rex = 0;
  else if (s.w) s.rex |= REX_W;
  return vexOpcode(s, second, map);
}

function vexOpcode(s: State, byte: number, map: number): Entry {
  s.vvvv = (~byte >> 3) & 15;
  s.length = (byte >> 2) & 1;
  s.pp = embedded[byte & 3];
  s.isVex = true;
  const opcode = s.byte();
  if (map !== 1 || opcode !== 0x77) readModrm(s);
  return vexMaps[map][opcode];
}

function xop(s: State): Entry {
  s.peek(s.at + 2);
  const first = s.byte();
  s.rex = (~first >> 5) & 7;
  const map = xopMaps[first & 0x1f];
  if (!map) return unread(s);
  const second = s.byte();
  s.w = (second & 0x80) !== 0;
  if (s.w && s.bits === 64) s.rex |= REX_W;
  s.vvvv = (~second >> 3) & 15;
  if (s.bits !== 64) s.rex &= ~REX_B;
  s.length = (second >> 2) & 1;
  s.pp = embedded[second & 3];
  s.isVex = true;
  const opcode = s.byte();
  readModrm(s);
  return s.pp !== 0 ? undefined : map[opcode];
}

function evex(s: State): Entry {
  s.twoSources = false;
  s.isEvex = true;
  // The whole prefix must be there before any of it is looked at.
  s.peek(s.at + 3);
  const first = s.byte();
  s.rex = (~first >> 5) & 7;
  s.lowR = (first & 0x10) !== 0;
  const map = evexMaps[first & 15];
  if (!map) return unread(s);
  const second = s.byte();
  s.w = (second & 0x80) !== 0;
  if (s.w && s.bits === 64) s.rex |= REX_W;
  s.vvvv = (~second >> 3) & 15;
  if (!(second & 4)) return unread(s);
  s.pp = embedded[second & 3];
  const third = s.byte();
  s.rounding = (third >> 5) & 3;
  s.broadcast = (third & 0x10) !== 0;
  s.lowV = (third & 8) !== 0;
  s.mask = third & 7;
  s.zeroing = (third & 0x80) !== 0;
  if (s.bits !== 64) {
    s.rex &= ~REX_B;
    s.lowR = true;
  }
  s.isVex = true;
  const opcode = s.byte();
  readModrm(s);
  if (s.mod === 3 && s.broadcast) s.length = 2;
  else if (s.rounding === 3) return undefined;
  else s.length = s.rounding;
  return map[opcode];
}
