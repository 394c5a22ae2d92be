// One x86 instruction on its way to text: the prefixes that were met, which of
// them something has used, the fields of VEX and EVEX, and where reading is.
// Operands (operands.ts) and mnemonics (mnemonics.ts) read and mark it; what no
// one has marked is shown in front of the mnemonic in the end, as GNU objdump
// does. A class with plain fields: it is filled anew for every instruction.

export const REPZ = 1;
export const REPNZ = 2;
export const LOCK = 4;
export const CS = 8;
export const SS = 16;
export const DS = 32;
export const ES = 64;
export const FS = 128;
export const GS = 256;
export const DATA = 512;
export const ADDR = 1024;
export const WAIT = 2048;

export const REX_W = 8;
export const REX_R = 4;
export const REX_X = 2;
export const REX_B = 1;

/** What a slot of `shown` says instead of the prefix's own name. */
export const AS_REP = 0x100;
export const AS_XACQUIRE = 0x101;
export const AS_XRELEASE = 0x102;
export const AS_BND = 0x103;
export const AS_NOTRACK = 0x104;

export interface Names {
  readonly byte: readonly string[];
  /** Of bytes when there is a REX prefix. */
  readonly rexByte: readonly string[];
  readonly word: readonly string[];
  readonly long: readonly string[];
  readonly quad: readonly string[];
  readonly segment: readonly string[];
  readonly mmx: readonly string[];
  readonly xmm: readonly string[];
  readonly ymm: readonly string[];
  readonly zmm: readonly string[];
  readonly mask: readonly string[];
  readonly bound: readonly string[];
  readonly tile: readonly string[];
  readonly sign: string;
}

function names(sign: string): Names {
  const list = (text: string) => text.split(" ").map((name) => sign + name);
  const counted = (stem: string, count: number, tail = "") =>
    Array.from({ length: count }, (_, i) => `${sign}${stem}${i}${tail}`);
  const more = (tail: string) => counted("r", 16, tail).slice(8);
  return {
    byte: list("al cl dl bl ah ch dh bh"),
    rexByte: [...list("al cl dl bl spl bpl sil dil"), ...more("b")],
    word: [...list("ax cx dx bx sp bp si di"), ...more("w")],
    long: [...list("eax ecx edx ebx esp ebp esi edi"), ...more("d")],
    quad: [...list("rax rcx rdx rbx rsp rbp rsi rdi"), ...more("")],
    segment: [...list("es cs ss ds fs gs"), `${sign}?`, `${sign}?`],
    mmx: counted("mm", 8),
    xmm: counted("xmm", 32),
    ymm: counted("ymm", 32),
    zmm: counted("zmm", 32),
    mask: counted("k", 8),
    bound: counted("bnd", 4),
    tile: counted("tmm", 8),
    sign,
  };
}

const attNames = names("%");
const intelNames = names("");

export class State {
  bits: 16 | 32 | 64;
  readonly intel: boolean;
  readonly names: Names;
  /** An address as text, with the symbol that it belongs to. */
  readonly address: (address: number) => string;

  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  start = 0;
  /** The address of `start`. */
  pc = 0;
  /** Reading went beyond the end. */
  isShort = false;
  /** The first byte of the opcode. */
  opcodeAt = 0;

  prefixes = 0;
  used = 0;
  rex = 0;
  rexUsed = 0;
  /** The segment that is in force, one of the bits above. */
  segment = 0;
  /** The prefixes in their order: their bytes, 0 where one has been used, or one of AS_. */
  readonly shown = new Int16Array(16);
  count = 0;
  /** The slot in front of which `fwait` stood. */
  waitAt = -1;
  lastRepz = -1;
  lastRepnz = -1;
  lastLock = -1;
  lastData = -1;
  lastAddr = -1;
  lastRex = -1;
  lastSegment = -1;

  /** Operands are of 32 bits, not 16; addresses are of 32 bits (64 in 64-bit mode). */
  isWide = true;
  isFar = true;
  hasModrm = false;
  mod = 0;
  reg = 0;
  rm = 0;
  hasSib = false;
  sib = 0;

  isVex = false;
  isEvex = false;
  w = false;
  /** 0, 1, 2: 128, 256, 512 bits. */
  length = 0;
  /** The embedded prefix: 0, 1 (F3), 2 (66), 3 (F2). */
  pp = 0;
  vvvv = 0;
  /** EVEX.R' and EVEX.V' as they are encoded: set for the lower registers. */
  lowR = true;
  lowV = true;
  broadcast = false;
  noBroadcast = false;
  mask = 0;
  zeroing = false;
  rounding = 0;
  usedB = false;
  usedLength = false;

  mnemonic = "";
  readonly operands: string[] = ["", "", "", "", ""];
  /** Which operand is being made. */
  operand = 0;
  /** "rip" where ripDisplacement is to be shown as an address. */
  comment = "";
  ripDisplacement = 0;
  twoSources = false;

  constructor(bits: 16 | 32 | 64, intel: boolean, address: (address: number) => string) {
    this.bits = bits;
    this.intel = intel;
    this.names = intel ? intelNames : attNames;
    this.address = address;
  }

  reset(bytes: Uint8Array, offset: number, end: number, pc: number): void {
    this.bytes = bytes;
    this.at = this.start = this.opcodeAt = offset;
    this.end = end;
    this.pc = pc;
    this.isShort = false;
    this.prefixes = this.used = this.rex = this.rexUsed = this.segment = 0;
    this.count = 0;
    this.lastRepz = this.lastRepnz = this.lastLock = this.lastData = -1;
    this.lastAddr = this.lastRex = this.lastSegment = this.waitAt = -1;
    this.isWide = this.isFar = this.bits !== 16;
    this.hasModrm = this.hasSib = false;
    this.mod = this.reg = this.rm = this.sib = 0;
    this.isVex = this.isEvex = this.w = false;
    this.length = this.pp = this.vvvv = 0;
    this.lowR = this.lowV = true;
    this.broadcast = this.noBroadcast = this.zeroing = this.usedB = this.usedLength = false;
    this.mask = this.rounding = 0;
    this.mnemonic = this.comment = "";
    this.twoSources = false;
    for (let i = 0; i < 5; i++) this.operands[i] = "";
  }

  /** The byte at an offset; beyond the end the instruction is short. */
  peek(at: number): number {
    if (at < this.end) return this.bytes[at];
    this.isShort = true;
    return 0;
  }

  byte(): number {
    return this.peek(this.at++);
  }

  signedByte(): number {
    return (this.byte() << 24) >> 24;
  }

  u16(): number {
    return this.byte() | (this.byte() << 8);
  }

  i32(): number {
    return this.u16() | (this.u16() << 16);
  }

  /** Notes that the bits of REX were looked at; with 0, that its presence mattered. */
  useRex(bits: number): void {
    if (bits === 0) this.rexUsed |= 0x40;
    else if (this.rex & bits) this.rexUsed |= (this.rex & bits) | 0x40;
  }

  useData(): void {
    this.used |= this.prefixes & DATA;
  }

  /** The address behind the instruction as far as it has been read. */
  get next(): number {
    return this.pc + (this.at - this.start);
  }

  /** Gives up the instruction: prefixes and one byte of opcode are all of it. */
  bad(): string {
    this.at = this.opcodeAt + 1;
    return "(bad)";
  }

  /** A number as unsigned hexadecimal of the mode's width; negative ones are sign-extended. */
  hex(value: number): string {
    if (value >= 0) return `0x${value.toString(16)}`;
    const low = (value >>> 0).toString(16).padStart(8, "0");
    return this.bits === 64 ? `0xffffffff${low}` : `0x${(value >>> 0).toString(16)}`;
  }

  immediate(value: number): string {
    return this.intel ? this.hex(value) : `$${this.hex(value)}`;
  }
}

/** A displacement: signed. */
export function signedHex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
