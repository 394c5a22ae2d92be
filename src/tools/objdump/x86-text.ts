import { addressOfBig } from "./addresses.ts";

// Capstone's text of x86 instructions in GNU objdump's spelling. Capstone
// prints as LLVM does; the two assemblers accept each other's text, but where
// objdump's output is compared, every blank counts. What differs:
//
//   - a mnemonic is filled up to six characters; blanks after commas go;
//   - numbers are hexadecimal, and negative immediates are shown as the
//     operand's width makes them;
//   - in AT&T syntax a suffix stands only where no register tells the width;
//   - a displacement that is encoded is shown though it is zero, a scale of
//     one is shown, and `%rip` addresses get a comment;
//   - prefixes that do nothing are named (`cs nopw`, `data16`, `bnd`);
//   - string instructions name their segments.
//
// docs/tools.md says how many lines are equal after this.

/** Instructions that AT&T syntax gives a suffix of width. */
const suffixed = new Set(
  (
    "mov movabs add sub and or xor cmp test lea push pop call jmp ret inc dec neg not shl shr sar sal rol ror rcl rcr " +
    "shld shrd imul mul div idiv xchg cmpxchg xadd bt bts btr btc bsf bsr bswap adc sbb nop lret enter popcnt lzcnt " +
    "tzcnt andn bextr blsi blsr blsmsk bzhi mulx pdep pext rorx sarx shlx shrx adcx adox movbe cvtsi2sd cvtsi2ss " +
    "cmovo cmovno cmovb cmovae cmove cmovne cmovbe cmova cmovs cmovns cmovp cmovnp cmovl cmovge cmovle cmovg in out " +
    "crc32 sldt str smsw lsl lar vcvtsi2sd vcvtsi2ss rdrand rdseed iret leave"
  ).split(" "),
);

/** Those that never show it, because their width is that of the mode. */
const widthless = new Set(["call", "jmp", "push", "pop", "ret", "leave", "enter"]);

const widths: Readonly<Record<string, bigint>> = { b: 8n, w: 16n, l: 32n, q: 64n };

/** General registers by width, as AT&T syntax writes them. */
const general =
  /^%(?:[abcd][lhx]|[sd]il?|[sb]pl?|e[abcd]x|e[sd]i|e[sb]p|r[abcd]x|r[sd]i|r[sb]p|r(?:8|9|1[0-5])[bwd]?)$/;

const branches = /^(?:j[a-z]+|call|loop(?:e|ne)?|xbegin)$/;

/** Where the ModRM byte of an instruction is; -1 where it has none that matters. */
interface Shape {
  readonly modrm: number;
  readonly prefixes: string;
  readonly rex: number;
  readonly opcode: number;
  /** 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A. */
  readonly map: number;
}

function shapeOf(bytes: Uint8Array, start: number, end: number, is64: boolean): Shape {
  let at = start;
  let prefixes = "";
  const names: Readonly<Record<number, string>> = {
    102: "6",
    103: "7",
    242: "2",
    243: "3",
    240: "0",
    46: "c",
    54: "s",
    62: "d",
    38: "e",
    100: "f",
    101: "g",
  };
  while (at < end && names[bytes[at]] !== undefined) prefixes += names[bytes[at++]];
  let rex = 0;
  if (is64 && (bytes[at] & 0xf0) === 0x40) rex = bytes[at++];
  let opcode = bytes[at];
  let map = 0;
  const isVex = (byte: number) => is64 || (byte & 0xc0) === 0xc0;
  if (opcode === 0xc5 && isVex(bytes[at + 1]))
    return { modrm: at + 3, prefixes, rex, opcode: bytes[at + 2], map: 1 };
  if (opcode === 0xc4 && isVex(bytes[at + 1]))
    return { modrm: at + 4, prefixes, rex, opcode: bytes[at + 3], map: 2 };
  if (opcode === 0x62 && isVex(bytes[at + 1]))
    return { modrm: at + 5, prefixes, rex, opcode: bytes[at + 4], map: 2 };
  if (opcode === 0x0f) {
    opcode = bytes[++at];
    map = 1;
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? 2 : 3;
      opcode = bytes[++at];
    }
  }
  return { modrm: at + 1, prefixes, rex, opcode, map };
}

/** Whether the memory operand has a displacement in its encoding. */
function hasDisplacement(bytes: Uint8Array, shape: Shape, end: number): boolean {
  const modrm = bytes[shape.modrm];
  if (shape.modrm >= end) return false;
  const mod = modrm >> 6;
  if (mod === 1 || mod === 2) return true;
  if (mod === 3) return false;
  if ((modrm & 7) === 5) return true;
  return (modrm & 7) === 4 && (bytes[shape.modrm + 1] & 7) === 5;
}

/** A number as Capstone writes it. */
const number = /^-?(?:0x[0-9a-f]+|\d+)$/;

const hex = (value: bigint) => `0x${value.toString(16)}`;

function parse(text: string): bigint {
  const negative = text.startsWith("-");
  const value = BigInt(negative ? text.slice(1) : text);
  return negative ? -value : value;
}

/** Splits at the commas that are not in parentheses or brackets. */
function split(operands: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < operands.length; i++) {
    const char = operands.charCodeAt(i);
    if (char === 40 || char === 91 || char === 123) depth++;
    else if (char === 41 || char === 93 || char === 125) depth--;
    else if (char === 44 && depth === 0) {
      parts.push(operands.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = operands.slice(start).trim();
  if (last !== "") parts.push(last);
  return parts;
}

export class X86Text {
  private readonly bits: 16 | 32 | 64;
  private readonly intel: boolean;
  private readonly address: (address: number) => string;
  private comment = "";

  constructor(bits: 16 | 32 | 64, intel: boolean, address: (address: number) => string) {
    this.bits = bits;
    this.intel = intel;
    this.address = address;
  }

  rewrite(
    mnemonic: string,
    operands: string,
    bytes: Uint8Array,
    offset: number,
    size: number,
    address: number,
  ): string {
    const end = offset + size;
    const shape = shapeOf(bytes, offset, end, this.bits === 64);
    const words = mnemonic.trim().split(/\s+/);
    const name = words.pop() ?? "";
    this.comment = "";
    const string = stringInstruction(shape, this.bits, this.intel);
    if (string) return this.finish(prefixWords(words, shape, name), string[0], string[1]);
    if (shape.map === 0 && shape.opcode === 0x90 && shape.prefixes.includes("6") && shape.rex === 0)
      return this.finish(
        shape.prefixes.length > 1 ? ["data16"].slice(0, 0) : [],
        "xchg",
        this.intel ? ["ax", "ax"] : ["%ax", "%ax"],
      );
    const parts = split(operands);
    const width = this.intel ? 0n : (widths[name.at(-1) ?? ""] ?? 0n);
    const plain = this.plainName(name, parts);
    const isBranch = branches.test(plain) && parts.length === 1 && number.test(parts[0]);
    if (name === "wait") return this.finish(words, "fwait", []);
    const floating = floatingRegister(bytes, shape, this.intel);
    if (floating)
      return this.finish(prefixWords(words, shape, plain), floatingNames[plain] ?? plain, floating);
    // A shift by one has its own opcodes.
    const isByOne = shape.map === 0 && (shape.opcode & 0xfc) === 0xd0 && parts.length === 2;
    if (!this.intel && isByOne && parts[0] === "$1") parts.shift();
    const shown: string[] = [];
    for (const part of parts) {
      if (isBranch) shown.push(this.branchTarget(part));
      else if (this.intel) shown.push(this.intelOperand(part, plain, bytes, shape, end, address + size));
      else shown.push(this.operand(part, plain, width, bytes, shape, end, address + size));
    }
    if (this.intel) {
      const last = shown.length - 1;
      if (isByOne && parts[1] === "1") shown[1] = "1";
      else if (last > 0 && number.test(parts[last]) && parts[last].startsWith("-"))
        shown[last] = hex(BigInt.asUintN(intelWidth(parts[0], this.bits), parse(parts[last])));
    }
    return this.finish(
      prefixWords(words, shape, plain),
      this.intel ? (intelNames[plain] ?? plain) : plain,
      shown,
    );
  }

  private finish(prefixes: readonly string[], name: string, operands: readonly string[]): string {
    const whole = [...prefixes, name].join(" ");
    if (operands.length === 0) return whole;
    return `${whole.padEnd(6)} ${operands.join(",")}${this.comment}`;
  }

  /** The mnemonic without a suffix that a register makes needless. */
  private plainName(name: string, parts: readonly string[]): string {
    if (this.intel || parts.length === 0) {
      const bare = name.slice(0, -1);
      return !this.intel && widthless.has(bare) ? bare : name;
    }
    const bare = name.slice(0, -1);
    if (!suffixed.has(bare) || widths[name.at(-1) ?? ""] === undefined || suffixed.has(name)) return name;
    if (widthless.has(bare))
      return name.endsWith("w") && bare !== "ret" ? (general.test(parts[0]) ? bare : name) : bare;
    const isShift = /^(?:sh[lr]|sa[lr]|ro[lr]|rc[lr])$/.test(bare);
    const telling = isShift ? parts.slice(-1) : parts;
    if (bare === "movabs") return bare;
    if (bare === "crc32" || (bare === "mov" && parts.some((part) => /^%x?mm/.test(part)))) return name;
    return telling.some((part) => general.test(part)) ? bare : name;
  }

  private branchTarget(part: string): string {
    const value = parse(part);
    const target = this.bits === 64 ? addressOfBig(value) : Number(BigInt.asUintN(32, value));
    return this.address(target);
  }

  /** An operand of AT&T syntax. */
  private operand(
    part: string,
    name: string,
    width: bigint,
    bytes: Uint8Array,
    shape: Shape,
    end: number,
    next: number,
  ): string {
    if (part.startsWith("$")) {
      const value = parse(part.slice(1));
      const bits = width !== 0n ? width : BigInt(this.bits);
      if (value >= 0n) return `$${hex(value)}`;
      return `$${hex(BigInt.asUintN(Number(name === "push" ? BigInt(this.bits) : name === "xabort" ? 8n : bits), value))}`;
    }
    const match = /^(\*?)(%[a-z]s:)?(-?(?:0x[0-9a-f]+|\d+))?(\(.*\))?(\{.*\})?$/.exec(part);
    if (!match || part === "") return part.replaceAll(" ", "");
    const [, star, segment = "", displacement, inner, mask = ""] = match;
    let text = "";
    const given = displacement === undefined ? undefined : parse(displacement);
    const value = given === undefined || inner === undefined ? given : BigInt.asIntN(32, given);
    if (inner === undefined) {
      const absolute = BigInt.asUintN(this.bits === 64 ? 64 : 32, value ?? 0n);
      return `${star}${segment}${hex(absolute)}${mask}`;
    }
    let base = inner.replaceAll(" ", "");
    if (/^\([^,]*,[^,]+\)$/.test(base)) base = `${base.slice(0, -1)},1)`;
    const isRip = base === "(%rip)" || base === "(%eip)";
    if (value !== undefined && value !== 0n) text = value < 0n ? `-${hex(-value)}` : hex(value);
    else if (hasDisplacement(bytes, shape, end) || isRip) text = "0x0";
    if (isRip) this.noteAddress(next, value ?? 0n);
    const shownSegment = name.startsWith("nop") && segment === "%cs:" ? "" : segment;
    return `${star}${shownSegment}${text}${base}${mask}`;
  }

  private noteAddress(next: number, displacement: bigint): void {
    this.comment = `        # ${this.address(next + Number(displacement))}`;
  }

  /** An operand of Intel syntax. */
  private intelOperand(
    part: string,
    name: string,
    bytes: Uint8Array,
    shape: Shape,
    end: number,
    next: number,
  ): string {
    const match = /^(?:([a-z]+) ptr )?(?:([a-z]s):)?\[(.*)\] ?(\{.*\})?$/.exec(part);
    if (!match) {
      if (number.test(part)) {
        const value = parse(part);
        return hex(value < 0n ? BigInt.asUintN(this.bits, value) : value);
      }
      return part.replaceAll(" ", "");
    }
    const [, size, segment, inner, mask = ""] = match;
    const terms = [...inner.matchAll(/([-+])?\s*([^-+\s]+(?:\s*\*\s*\d)?)/g)];
    let registers = "";
    let displacement: bigint | undefined;
    for (const [i, [, sign, term]] of terms.entries()) {
      if (/^(?:0x[0-9a-f]+|\d+)$/.test(term)) {
        const value = parse(term);
        displacement = sign === "-" ? -value : value;
      } else {
        const plain = term.replaceAll(" ", "");
        const isIndex = i > 0 && !plain.includes("*") && registers !== "";
        registers += `${registers === "" ? "" : "+"}${plain}${isIndex ? "*1" : ""}`;
      }
    }
    const prefix = size ? `${pointerWord(size, name)} PTR ` : "";
    const place = segment && !(name === "nop" && segment === "cs") ? `${segment}:` : "";
    if (registers === "") {
      const value = BigInt.asUintN(this.bits, displacement ?? 0n);
      return `${prefix}${place === "" ? "ds:" : place}${hex(value)}${mask}`;
    }
    let tail = "";
    if (displacement !== undefined && displacement !== 0n)
      tail = displacement < 0n ? `-${hex(-displacement)}` : `+${hex(displacement)}`;
    else if (hasDisplacement(bytes, shape, end)) tail = "+0x0";
    if (registers === "rip" || registers === "eip") {
      tail = `+${hex(BigInt.asUintN(64, displacement ?? 0n))}`;
      this.noteAddress(next, displacement ?? 0n);
    }
    return `${prefix}${place}[${registers}${tail}]${mask}`;
  }
}

/** Mnemonics that objdump has another word for. */
const intelNames: Readonly<Record<string, string>> = {
  wait: "fwait",
  popfq: "popf",
  pushfq: "pushf",
  popfd: "popf",
  pushfd: "pushf",
  iretd: "iret",
};

/** What stands before `PTR`. */
function pointerWord(size: string, name: string): string {
  if (size === "xword") return "TBYTE";
  if (size === "xmmword" && /^v?u?comis[sd]$/.test(name)) return name.endsWith("d") ? "QWORD" : "DWORD";
  return size.toUpperCase();
}

/** The width of what an immediate goes with. */
function intelWidth(part: string, bits: number): number {
  if (/^(?:byte ptr|[abcd][lh]$|r\d+b$|[sd]il$|[sb]pl$)/.test(part)) return 8;
  if (/^(?:word ptr|[abcd]x$|r\d+w$|[sd]i$|[sb]p$)/.test(part)) return 16;
  if (/^(?:dword ptr|e|r\d+d$)/.test(part)) return 32;
  return bits;
}

const floatingNames: Readonly<Record<string, string>> = { fucompi: "fucomip", fcompi: "fcomip" };

/** The operands of x87 instructions between registers, of which Capstone leaves out the top of the stack. */
function floatingRegister(bytes: Uint8Array, shape: Shape, intel: boolean): string[] | undefined {
  const { opcode, map, modrm } = shape;
  const byte = bytes[modrm];
  if (map !== 0 || opcode < 0xd8 || opcode > 0xdf || byte < 0xc0) return undefined;
  const group = (byte >> 3) & 7;
  const other = `${intel ? "" : "%"}st(${byte & 7})`;
  const top = intel ? "st" : "%st";
  const toTop =
    (opcode === 0xd8 && group !== 2 && group !== 3) ||
    (opcode === 0xda && group < 4) ||
    (opcode === 0xdb && group !== 4 && group !== 7) ||
    (opcode === 0xdf && (group === 5 || group === 6));
  const fromTop =
    (opcode === 0xdc && group !== 2 && group !== 3) || (opcode === 0xde && group !== 2 && group !== 3);
  if (toTop || fromTop) return toTop === intel ? [top, other] : [other, top];
  return undefined;
}

/** The prefixes that are shown in front of the mnemonic. */
function prefixWords(words: readonly string[], shape: Shape, name: string): string[] {
  const shown: string[] = [];
  const { prefixes } = shape;
  if (/^nop[wlq]?$/.test(name) || name === "nop") {
    // Compilers fill with long no-ops made of prefixes.
    for (let i = 1; i < prefixes.split("6").length - 1; i++) shown.push("data16");
    if (prefixes.includes("c")) shown.push("cs");
    return shown;
  }
  for (const word of words) {
    if (word === "repne" && (name === "call" || name === "jmp" || name === "ret" || name.startsWith("j")))
      shown.push("bnd");
    else if (word === "repe" || word === "rep")
      shown.push(name === "ret" ? "repz" : word === "repe" ? "repz" : "rep");
    else if (word === "repne") shown.push("repnz");
    else shown.push(word);
  }
  if (prefixes.includes("2") && words.length === 0 && /^(?:call|jmp|ret|j[a-z]+)$/.test(name))
    shown.push("bnd");
  if (prefixes.includes("3") && words.length === 0 && name === "ret") shown.push("repz");
  if (
    prefixes.includes("d") &&
    words.length === 0 &&
    (name === "jmp" || name === "call") &&
    shape.opcode === 0xff
  )
    shown.push("notrack");
  return shown;
}

/** String instructions: their operands are fixed, but objdump writes them out. */
function stringInstruction(shape: Shape, bits: number, intel: boolean): [string, string[]] | undefined {
  if (shape.map !== 0) return undefined;
  const { opcode } = shape;
  const base = opcode & 0xfe;
  const names: Readonly<Record<number, string>> = {
    108: "ins",
    110: "outs",
    164: "movs",
    166: "cmps",
    170: "stos",
    172: "lods",
    174: "scas",
  };
  const name = names[base];
  if (name === undefined) return undefined;
  const wide = (shape.rex & 8) !== 0;
  const isPort = base === 0x6c || base === 0x6e;
  const size =
    opcode & 1 ? (wide && !isPort ? 3 : shape.prefixes.includes("6") !== (bits === 16) ? 1 : 2) : 0;
  const short = shape.prefixes.includes("7");
  const letter = bits === 64 ? (short ? "e" : "r") : bits === 32 ? (short ? "" : "e") : short ? "e" : "";
  const segment = { c: "cs", s: "ss", e: "es", f: "fs", g: "gs" }[
    [...shape.prefixes].find((p) => "csefg".includes(p)) ?? ""
  ] as string | undefined;
  const accumulator = ["al", "ax", "eax", "rax"][size];
  if (intel) {
    const pointer = ["BYTE", "WORD", "DWORD", "QWORD"][size];
    const to = `${pointer} PTR es:[${letter}di]`;
    const from = `${pointer} PTR ${segment ?? "ds"}:[${letter}si]`;
    if (base === 0x6c) return [name, [to, "dx"]];
    if (base === 0x6e) return [name, ["dx", from]];
    if (base === 0xa4) return [name, [to, from]];
    if (base === 0xa6) return [name, [from, to]];
    if (base === 0xaa) return [name, [to, accumulator]];
    if (base === 0xac) return [name, [accumulator, from]];
    return [name, [accumulator, to]];
  }
  const suffix = "bwlq"[size];
  const to = `%es:(%${letter}di)`;
  const from = `%${segment ?? "ds"}:(%${letter}si)`;
  if (base === 0x6c) return [`ins${suffix}`, ["(%dx)", to]];
  if (base === 0x6e) return [`outs${suffix}`, [from, "(%dx)"]];
  if (base === 0xa4) return [`movs${suffix}`, [from, to]];
  if (base === 0xa6) return [`cmps${suffix}`, [to, from]];
  if (base === 0xaa) return [name, [`%${accumulator}`, to]];
  if (base === 0xac) return [name, [from, `%${accumulator}`]];
  return [name, [to, `%${accumulator}`]];
}
