// Disassembly as GNU objdump 2.40 prints it.
//
// A word is decoded once; the forms in which its instruction may be printed
// (`forms.ts`) are then tried in order of preference, and the first that fits
// is filled in. For each instruction the forms that the machine has are
// prepared once, as short lists of steps.
//
// objdump also follows addresses that are made of two instructions: lui and
// auipc leave a register's value, and a following load, store, addi or jalr
// with that register as its base shows the sum after a `#`. The value is
// forgotten when it was used, and not before: objdump does not notice other
// writes to the register, labels or the ends of functions, and neither do we.
//
// Addresses are pairs of 32-bit halves, low and high, and results are left in
// fields: a dump of megabytes makes no object per instruction.
import { type Csr, csrNumbered, type PrivilegedSpec } from "./csrs.ts";
import { type Decoder, decoderOf, instructionLength } from "./decode.ts";
import { type Form, formMatches, formSupported, printedForms } from "./forms.ts";
import type { Isa } from "./isa.ts";
import { extractOperand, type OperandKind } from "./operands.ts";
import {
  fenceSet,
  fliConstants,
  floatNames,
  floatNumericNames,
  integerNames,
  integerNumericNames,
  registerListSize,
  registerListText,
  roundingModes,
} from "./registers.ts";
import { instructions } from "./table.ts";

/** How to print. */
export interface DisassemblyOptions {
  /** Print pseudo-instructions where they fit. Default true; `-M no-aliases` is false. */
  readonly aliases?: boolean;
  /** Register names x10 and f10 instead of a0 and fa0: `-M numeric`. */
  readonly numeric?: boolean;
  /** Which version's names control and status registers have: `-M priv-spec=`. Default 1.12. */
  readonly privilegedSpec?: PrivilegedSpec;
  /** An address as text, for jump targets: objdump's is `1234 <main+0x10>`. Default: hexadecimal. */
  readonly address?: (low: number, high: number) => string;
  /** The value of `__global_pointer$`, if the file has one: low and high half. */
  readonly gp?: readonly [low: number, high: number];
}

/** What a step of a prepared form prints. */
const step = {
  text: 0,
  x: 1,
  f: 2,
  decimal: 3,
  hex: 4,
  imm12: 5,
  offset12: 6,
  offset12s: 7,
  cimm6: 8,
  target: 9,
  upper: 10,
  csr: 11,
  rm: 12,
  optionalRm: 13,
  fence: 14,
  list: 15,
  adjustment: 16,
  constant: 17,
  rd: 18,
  rs1: 19,
  fixed: 20,
} as const;

interface Step {
  readonly code: number;
  readonly text: string;
  readonly operand: OperandKind | undefined;
  /** A fixed register. */
  readonly number: number;
}

interface Prepared {
  readonly form: Form;
  readonly steps: readonly Step[];
  /** Its rounding mode is always 0; other values are not printed as this. */
  readonly exact: boolean;
}

const jalrMask = 0x707f;
const noForms: readonly Prepared[] = [];

/** Prints instructions one after the other. */
export class Disassembler {
  /** The instruction's name, or a directive like .4byte. */
  mnemonic = "";
  /** Its operands; "" where it has none. */
  operands = "";
  /** Bytes that were printed. */
  size = 0;
  /** Whether a `#` and an address follow. */
  hasComment = false;
  commentLow = 0;
  commentHigh = 0;
  /** Whether it jumps to an address that is known. */
  hasTarget = false;
  targetLow = 0;
  targetHigh = 0;
  /** The index of the instruction in the table; -1 where there is none. */
  index = -1;

  #isa: Isa;
  readonly #aliases: boolean;
  readonly #spec: PrivilegedSpec;
  #decoder: Decoder;
  readonly #x: readonly string[];
  #f: readonly string[];
  readonly #numeric: boolean;
  readonly #address: (low: number, high: number) => string;
  readonly #gp: readonly [number, number] | undefined;
  #prepared: (readonly Prepared[] | undefined)[] = [];
  readonly #preparedFor = new Map<Decoder, (readonly Prepared[] | undefined)[]>();
  /** The value that lui or auipc left in a register. */
  readonly #known = new Uint8Array(32);
  readonly #low = new Int32Array(32);
  readonly #high = new Int32Array(32);

  constructor(machine: Isa, options: DisassemblyOptions = {}) {
    this.#aliases = options.aliases ?? true;
    this.#spec = options.privilegedSpec ?? "1.12";
    this.#numeric = options.numeric ?? false;
    this.#x = this.#numeric ? integerNumericNames : integerNames;
    this.#isa = machine;
    this.#decoder = decoderOf(machine, true);
    this.#preparedFor.set(this.#decoder, this.#prepared);
    this.#f = this.#floatNames();
    this.#address = options.address ?? hexAddress;
    this.#gp = options.gp;
  }

  /** Goes on for another machine, as mapping symbols ask for; what is known of registers stays. */
  useMachine(machine: Isa): void {
    this.#isa = machine;
    this.#decoder = decoderOf(machine, true);
    this.#f = this.#floatNames();
    // Files change between the same few machines at every function.
    this.#prepared = this.#preparedFor.get(this.#decoder) ?? [];
    this.#preparedFor.set(this.#decoder, this.#prepared);
  }

  #floatNames(): readonly string[] {
    if (this.#isa.extensions.has("zfinx")) return this.#x;
    return this.#numeric ? floatNumericNames : floatNames;
  }

  /**
   * Prints the instruction at `offset` of some bytes, whose address is given.
   * False where the bytes end within it: `size` is then what it would have.
   */
  print(bytes: Uint8Array, offset: number, end: number, pcLow: number, pcHigh: number): boolean {
    this.hasComment = false;
    this.hasTarget = false;
    this.index = -1;
    if (end - offset < 2) {
      this.size = 2;
      return false;
    }
    const half = bytes[offset] | (bytes[offset + 1] << 8);
    const size = instructionLength(half);
    this.size = size;
    if (end - offset < size) return false;
    if (size > 4) {
      this.#printLong(bytes, offset, size);
      return true;
    }
    const word = size === 2 ? half : (half | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0;
    this.#printWord(word, size, pcLow | 0, pcHigh | 0);
    return true;
  }

  /** Prints an instruction given as a word of 16 or 32 bits. */
  printWord(word: number, pcLow: number, pcHigh: number): void {
    this.hasComment = false;
    this.hasTarget = false;
    this.index = -1;
    const size = (word & 3) === 3 ? 4 : 2;
    this.size = size;
    this.#printWord(size === 2 ? word & 0xffff : word >>> 0, size, pcLow | 0, pcHigh | 0);
  }

  #printWord(word: number, size: number, pcLow: number, pcHigh: number): void {
    const index = this.#decoder.index(word);
    if (index >= 0) {
      const forms = this.#prepared[index] ?? this.#prepare(index);
      for (let i = 0; i < forms.length; i++) {
        const prepared = forms[i];
        if (!formMatches(prepared.form, word)) continue;
        if (prepared.exact && ((word >>> 12) & 7) !== 0) continue;
        this.index = index;
        this.mnemonic = prepared.form.mnemonic;
        this.operands = this.#fill(prepared.steps, word, pcLow, pcHigh);
        return;
      }
    }
    this.mnemonic = size === 2 ? ".2byte" : ".4byte";
    this.operands = `0x${word.toString(16)}`;
  }

  #printLong(bytes: Uint8Array, offset: number, size: number): void {
    if (size === 8) {
      let text = "";
      for (let i = 7; i >= 0; i--) text += bytes[offset + i].toString(16).padStart(2, "0");
      this.mnemonic = ".8byte";
      this.operands = `0x${text.replace(/^0+(?=.)/, "")}`;
      return;
    }
    const list: string[] = [];
    for (let i = 0; i < size; i++) list.push(`0x${bytes[offset + i].toString(16).padStart(2, "0")}`);
    this.mnemonic = ".byte";
    this.operands = list.join(", ");
  }

  #prepare(index: number): readonly Prepared[] {
    const instruction = instructions()[index];
    if (instruction.hidden) {
      this.#prepared[index] = noForms;
      return noForms;
    }
    const list: Prepared[] = [];
    for (const form of printedForms(instruction)) {
      if (form.use === "alias" && !this.#aliases) continue;
      if (!formSupported(form, this.#isa)) continue;
      list.push({
        form,
        steps: stepsOf(form),
        exact: form.operands.some((operand) => operand.key === "rm0"),
      });
    }
    this.#prepared[index] = list;
    return list;
  }

  #fill(steps: readonly Step[], word: number, pcLow: number, pcHigh: number): string {
    let text = "";
    for (let i = 0; i < steps.length; i++) {
      const item = steps[i];
      const operand = item.operand!;
      switch (item.code) {
        case step.text:
          text += item.text;
          break;
        case step.fixed:
          text += this.#x[item.number];
          break;
        case step.x:
          text += this.#x[extractOperand(operand, word)];
          break;
        case step.f:
          text += this.#f[extractOperand(operand, word)];
          break;
        case step.rd:
          this.#setHigh(word, pcLow, pcHigh);
          text += this.#x[(word >>> 7) & 31];
          break;
        case step.rs1:
          if ((word & jalrMask) === 0x67) this.#noteAddress((word >>> 15) & 31, word >> 20, false);
          text += this.#x[(word >>> 15) & 31];
          break;
        case step.decimal:
          text += extractOperand(operand, word);
          break;
        case step.hex:
          text += `0x${extractOperand(operand, word).toString(16)}`;
          break;
        case step.offset12:
          this.#noteAddress((word >>> 15) & 31, word >> 20, false);
          this.#noteImmediate(word);
          text += word >> 20;
          break;
        case step.imm12:
          this.#noteImmediate(word);
          text += word >> 20;
          break;
        case step.offset12s: {
          const value = extractOperand(operand, word);
          this.#noteAddress((word >>> 15) & 31, value, false);
          text += value;
          break;
        }
        case step.cimm6: {
          const value = extractOperand(operand, word);
          const rd = (word >>> 7) & 31;
          if ((word & 0xe003) === 0x0001 && rd !== 0) this.#noteAddress(rd, value, false);
          if (this.#isa.xlen === 64 && (word & 0xe003) === 0x2001 && rd !== 0) {
            this.#noteAddress(rd, value, true);
          }
          text += value;
          break;
        }
        case step.target:
          this.#setTarget(extractOperand(operand, word), pcLow, pcHigh);
          text += this.#address(this.targetLow, this.targetHigh);
          break;
        case step.upper:
          text += `0x${(extractOperand(operand, word) & 0xfffff).toString(16)}`;
          break;
        case step.csr:
          text += this.#csr((word >>> 20) & 0xfff);
          break;
        case step.rm:
          text += roundingModes[(word >>> 12) & 7] ?? "unknown";
          break;
        case step.optionalRm: {
          const mode = (word >>> 12) & 7;
          if (mode !== operand.optional) text += `,${roundingModes[mode] ?? "unknown"}`;
          break;
        }
        case step.fence:
          text += fenceSet(extractOperand(operand, word)) ?? "unknown";
          break;
        case step.list:
          text += registerListText(extractOperand(operand, word), this.#numeric) ?? "unknown";
          break;
        case step.adjustment: {
          const size = registerListSize((word >>> 4) & 15, this.#isa.xlen) + extractOperand(operand, word);
          text += operand.negative ? -size : size;
          break;
        }
        case step.constant:
          text += fliConstants[extractOperand(operand, word)];
          break;
      }
    }
    return text;
  }

  #csr(number: number): string {
    const csr: Csr | undefined = csrNumbered(number, this.#spec);
    // The one register that GNU binutils 2.40 does not know.
    const known = csr && (csr.needs !== "Zcmt" || this.#isa.extensions.has("zcmt"));
    return known ? csr.name : `0x${number.toString(16)}`;
  }

  #setTarget(offset: number, pcLow: number, pcHigh: number): void {
    const low = (pcLow >>> 0) + offset;
    this.hasTarget = true;
    this.targetLow = low | 0;
    this.targetHigh = this.#isa.xlen === 32 ? 0 : (pcHigh + Math.floor(low / 0x100000000)) | 0;
  }

  /** lui, auipc and c.lui leave the upper part of an address in a register. */
  #setHigh(word: number, pcLow: number, pcHigh: number): void {
    let low: number;
    let high: number;
    if ((word & 0x7f) === 0x17) {
      const upper = (word & 0xfffff000) | 0;
      const sum = (pcLow >>> 0) + upper;
      low = sum | 0;
      high = (pcHigh + Math.floor(sum / 0x100000000)) | 0;
    } else if ((word & 0x7f) === 0x37) {
      low = (word & 0xfffff000) | 0;
      high = low >> 31;
    } else if ((word & 0xe003) === 0x6001) {
      low = (((word << 19) >> 31) << 17) | ((word & 0x7c) << 10);
      high = low >> 31;
    } else return;
    const rd = (word >>> 7) & 31;
    this.#known[rd] = 1;
    this.#low[rd] = low;
    this.#high[rd] = high;
  }

  #noteImmediate(word: number): void {
    const opcode = word & jalrMask;
    const rs1 = (word >>> 15) & 31;
    if ((opcode === 0x13 && rs1 !== 0) || opcode === 0x67) this.#noteAddress(rs1, word >> 20, false);
    if (this.#isa.xlen === 64 && opcode === 0x1b && rs1 !== 0) this.#noteAddress(rs1, word >> 20, true);
  }

  /** Base plus offset is an address if the base is known. */
  #noteAddress(base: number, offset: number, wide: boolean): void {
    let low: number;
    let high: number;
    if (this.#known[base]) {
      const sum = (base === 0 ? 0 : this.#low[base] >>> 0) + offset;
      low = sum | 0;
      high = ((base === 0 ? 0 : this.#high[base]) + Math.floor(sum / 0x100000000)) | 0;
      this.#known[base] = 0;
    } else if (base === 3 && this.#gp) {
      const sum = (this.#gp[0] >>> 0) + offset;
      low = sum | 0;
      high = (this.#gp[1] + Math.floor(sum / 0x100000000)) | 0;
    } else if (base === 4 || base === 0) {
      low = offset;
      high = offset >> 31;
    } else return;
    if (wide) high = low >> 31;
    if (this.#isa.xlen === 32) high = 0;
    this.hasComment = true;
    this.commentLow = low;
    this.commentHigh = high;
  }
}

/** An address in hexadecimal without leading zeros. */
function hexAddress(low: number, high: number): string {
  if (high === 0) return (low >>> 0).toString(16);
  return (high >>> 0).toString(16) + (low >>> 0).toString(16).padStart(8, "0");
}

function stepsOf(form: Form): readonly Step[] {
  const steps: Step[] = [];
  const text = (value: string) => {
    const last = steps[steps.length - 1];
    if (last?.code === step.text) steps[steps.length - 1] = { ...last, text: last.text + value };
    else steps.push({ code: step.text, text: value, operand: undefined, number: 0 });
  };
  const tokens = form.tokens;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token.kind === "punctuation") {
      const next = tokens[i + 1];
      const operand = next?.kind === "operand" ? form.operands[next.index] : undefined;
      // The comma before a rounding mode goes when the mode is left out.
      if (operand?.optional === undefined) text(token.text);
      continue;
    }
    if (token.kind === "literal") {
      // The 0 before a base register goes; a 0 of its own stays.
      const next = tokens[i + 1];
      if (token.text !== "0" || next?.kind !== "punctuation" || next.text !== "(") text(token.text);
      continue;
    }
    if (token.kind === "register") {
      steps.push({ code: step.fixed, text: "", operand: undefined, number: token.number });
      continue;
    }
    const operand = form.operands[token.index];
    steps.push({ code: stepCode(operand), text: "", operand, number: 0 });
  }
  return steps;
}

function stepCode(operand: OperandKind): number {
  const key = operand.key.split("!")[0];
  switch (operand.class) {
    case "x":
      return key === "rd" ? step.rd : key === "rs1" ? step.rs1 : step.x;
    case "f":
      return step.f;
    case "offset":
      return key === "offset12" ? step.offset12 : key === "offset12s" ? step.offset12s : step.decimal;
    case "immediate":
      if (key === "imm12") return step.imm12;
      if (key === "cimm6") return step.cimm6;
      return key === "bs" || key === "rnum" ? step.hex : step.decimal;
    case "target":
      return step.target;
    case "upper":
      return step.upper;
    case "shift":
      return step.hex;
    case "csr":
      return step.csr;
    case "rm":
      return operand.optional === undefined ? step.rm : step.optionalRm;
    case "fence":
      return step.fence;
    case "register-list":
      return step.list;
    case "stack-adjustment":
      return step.adjustment;
    case "constant":
      return step.constant;
    case "ordering":
    case "relocation":
    case "register":
    case "symbol":
    case "wide":
      return step.text;
  }
}
