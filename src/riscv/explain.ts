// Explanations: what every bit of an instruction is, what the instruction does
// and to what, as plain data. `explain-text.ts` makes a text of it; a page can
// show it as it likes. All of it is read out of the instruction table.
import { aliasWords } from "./aliases.ts";
import { csrNumbered } from "./csrs.ts";
import { decode, encode, instructionLength, operandValues } from "./decode.ts";
import { Disassembler } from "./disassemble.ts";
import { expand, formMatches, formSupported, printedForms } from "./forms.ts";
import type { Instruction } from "./instruction.ts";
import { intrinsics } from "./intrinsics.ts";
import type { Isa } from "./isa.ts";
import type { OperandKind } from "./operands.ts";
import {
  fenceSet,
  fliConstants,
  floatRegisters,
  integerRegisters,
  type Register,
  registerListSize,
  registerListText,
  roundingModes,
  roundingModeWords,
} from "./registers.ts";
import { type RelocationHint, relocationsOn } from "./relocations.ts";

/** A run of bits of an instruction word. Each bit is in exactly one. */
export interface ExplainedField {
  /** The manual's name: opcode, funct3, rd, imm[11:5]. */
  readonly name: string;
  readonly high: number;
  readonly low: number;
  /** The bits, the highest first. */
  readonly bits: string;
  readonly value: number;
  /** The operand that they belong to, by its name in `operands`; undefined for bits that say which instruction it is. */
  readonly operand: string | undefined;
}

/** An operand of an instruction. */
export interface ExplainedOperand {
  /** As in the pseudo-code: rd, rs1, imm. */
  readonly name: string;
  /** As it is written: a0, -16. */
  readonly text: string;
  readonly value: number;
  readonly register: Register | undefined;
  /** What it is, in words. */
  readonly words: string;
  /** It is an address that the linker fills in, by its distance. */
  readonly target?: boolean;
}

/** What an instruction is. */
export interface Explanation {
  readonly word: number;
  readonly size: 2 | 4;
  readonly pc: bigint;
  /** As objdump prints it. */
  readonly text: string;
  /** As objdump prints it without aliases. */
  readonly exact: string;
  readonly mnemonic: string;
  readonly format: string;
  /** Extensions that have it. */
  readonly needs: string;
  /** Chapter and heading of the manual. */
  readonly section: string;
  /** What it does in a sentence without its subject. */
  readonly words: string;
  readonly fields: readonly ExplainedField[];
  readonly operands: readonly ExplainedOperand[];
  /** The pseudo-code of the table, and with the operands' values filled in. */
  readonly pseudoCode: string;
  readonly filled: string;
  /** The functions that the pseudo-code calls, and what they do. */
  readonly functions: readonly { readonly name: string; readonly words: string }[];
  /** Where a pseudo-instruction is printed: it, and the instruction that it stands for. */
  readonly pseudo: { readonly text: string; readonly standsFor: string } | undefined;
  /** What it does, said of the pseudo-instruction where there is one, with the registers' names. */
  readonly shortly: string;
  /** For a compressed instruction, the one of 32 bits that it stands for. */
  readonly expansion: { readonly text: string; readonly word: number } | undefined;
  /** The address that it names by its distance. */
  readonly target: bigint | undefined;
  readonly relocations: readonly RelocationHint[];
}

/** Where the formats' fields are, for the bits that say which instruction it is: name, high, low. */
const layouts: Readonly<Record<string, string>> = {
  R: "funct7:31:25 rs2:24:20 rs1:19:15 funct3:14:12 rd:11:7 opcode:6:0",
  R4: "rs3:31:27 fmt:26:25 rs2:24:20 rs1:19:15 funct3:14:12 rd:11:7 opcode:6:0",
  I: "funct12:31:20 rs1:19:15 funct3:14:12 rd:11:7 opcode:6:0",
  S: "funct7:31:25 rs2:24:20 rs1:19:15 funct3:14:12 imm[4:0]:11:7 opcode:6:0",
  B: "imm:31:25 rs2:24:20 rs1:19:15 funct3:14:12 imm:11:7 opcode:6:0",
  U: "imm:31:12 rd:11:7 opcode:6:0",
  J: "imm:31:12 rd:11:7 opcode:6:0",
  CR: "funct4:15:12 rs1:11:7 rs2:6:2 op:1:0",
  CI: "funct3:15:13 imm:12:12 rd:11:7 imm:6:2 op:1:0",
  CSS: "funct3:15:13 imm:12:7 rs2:6:2 op:1:0",
  CIW: "funct3:15:13 imm:12:5 rd':4:2 op:1:0",
  CL: "funct3:15:13 imm:12:10 rs1':9:7 imm:6:5 rd':4:2 op:1:0",
  CS: "funct3:15:13 imm:12:10 rs1':9:7 imm:6:5 rs2':4:2 op:1:0",
  CA: "funct6:15:10 rd':9:7 funct2:6:5 rs2':4:2 op:1:0",
  CB: "funct3:15:13 imm:12:12 funct2:11:10 rd':9:7 imm:6:2 op:1:0",
  CJ: "funct3:15:13 imm:12:2 op:1:0",
  CLB: "funct6:15:10 rs1':9:7 uimm:6:5 rd':4:2 op:1:0",
  CSB: "funct6:15:10 rs1':9:7 uimm:6:5 rs2':4:2 op:1:0",
  CLH: "funct6:15:10 rs1':9:7 funct1:6:6 uimm:5:5 rd':4:2 op:1:0",
  CSH: "funct6:15:10 rs1':9:7 funct1:6:6 uimm:5:5 rs2':4:2 op:1:0",
  CU: "funct6:15:10 rd':9:7 funct5:6:2 op:1:0",
  CMMV: "funct6:15:10 r1s':9:7 funct2:6:5 r2s':4:2 op:1:0",
  CMJT: "funct6:15:10 index:9:2 op:1:0",
  CMPP: "funct6:15:10 funct2:9:8 rlist:7:4 spimm:3:2 op:1:0",
};

function bitsOf(word: number, high: number, low: number): { bits: string; value: number } {
  const width = high - low + 1;
  const value = (word >>> low) & (2 ** width - 1);
  return { bits: (value >>> 0).toString(2).padStart(width, "0"), value: value >>> 0 };
}

/** Splits a word into the fields of its format. */
export function explainFields(instruction: Instruction, word: number): ExplainedField[] {
  // Each bit's owner; neighbours of one owner become a field.
  const names: string[] = new Array(instruction.size * 8).fill("");
  const owners: (string | undefined)[] = new Array(instruction.size * 8).fill(undefined);
  for (const item of layouts[instruction.format].split(" ")) {
    const [, name, high, low] = /^(.*):(\d+):(\d+)$/.exec(item)!;
    for (let bit = Number(low); bit <= Number(high); bit++) names[bit] = name;
  }
  for (const operand of instruction.operands) {
    for (const [bit, valueBit, width] of operand.fields) {
      for (let i = 0; i < width; i++) {
        owners[bit + i] = operand.name;
        names[bit + i] = fieldName(operand, valueBit, width, i);
      }
    }
  }
  const fields: ExplainedField[] = [];
  for (let high = names.length - 1; high >= 0; ) {
    let low = high;
    while (low > 0 && names[low - 1] === names[high] && owners[low - 1] === owners[high]) low--;
    // What an operand leaves of a function code is a shorter one: funct6 beside a shift amount of 6 bits.
    const code = owners[high] === undefined && names[high].startsWith("funct");
    const name = code ? `funct${high - low + 1}` : names[high];
    fields.push({ name, high, low, ...bitsOf(word, high, low), operand: owners[high] });
    high = low - 1;
  }
  return fields;
}

function fieldName(operand: OperandKind, valueBit: number, width: number, i: number): string {
  if (operand.class === "ordering") return i === 0 ? "rl" : "aq";
  const key = operand.key.split("!")[0];
  if (operand.class === "x" || operand.class === "f")
    return key.endsWith("'") ? `${operand.name}'` : operand.name;
  if (operand.class === "upper" && operand.fields.length === 1) return "imm[31:12]";
  const shift = operand.class === "upper" ? 12 : 0;
  if (operand.fields.length === 1 && valueBit === 0 && operand.class !== "offset" && key !== "imm12") {
    return operand.name;
  }
  const high = valueBit + width - 1 + shift;
  const low = valueBit + shift;
  return high === low ? `${operand.name}[${low}]` : `${operand.name}[${high}:${low}]`;
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** An immediate in words: in hexadecimal where that says more. */
function number(value: number): string {
  return Math.abs(value) > 9
    ? `${value} (${value < 0 ? "-" : ""}0x${Math.abs(value).toString(16)})`
    : `${value}`;
}

const fenceWords: Readonly<Record<string, string>> = {
  i: "device input",
  o: "device output",
  r: "memory reads",
  w: "memory writes",
};

/** What is known of the program around an instruction. */
export interface ExplanationContext {
  /** The name of an address, such as main or main+0x10. */
  readonly symbol?: (address: bigint) => string | undefined;
  /** What the linker will fill in for the immediate, as it was written: %lo(x). */
  readonly immediate?: string;
}

const byLinker = "filled in by the linker";

/** Operands that a linker fills in. */
const relocatable = new Set<OperandKind["class"]>(["immediate", "offset", "target", "upper"]);

function explainOperand(
  operand: OperandKind,
  value: number,
  pc: bigint,
  machine: Isa,
  listValue: number,
  context: ExplanationContext,
): ExplainedOperand {
  const { name } = operand;
  const make = (text: string, words: string, register?: Register): ExplainedOperand => ({
    name,
    text,
    value,
    register,
    words,
  });
  if (context.immediate !== undefined && relocatable.has(operand.class)) {
    return { ...make(context.immediate, byLinker), target: operand.class === "target" };
  }
  switch (operand.class) {
    case "x": {
      const register = integerRegisters[value];
      return make(register.abiName, `${register.name}, ${register.role}`, register);
    }
    case "f": {
      const register = floatRegisters[value];
      return make(register.abiName, `${register.name}, ${register.role}`, register);
    }
    case "target": {
      const target = BigInt.asUintN(machine.xlen, pc + BigInt(value));
      const way = value < 0 ? "back" : "on";
      const name = context.symbol?.(target);
      const place = `${Math.abs(value)} bytes ${way} from this instruction`;
      return make(hexOf(target), name === undefined ? place : `${name}, ${place}`);
    }
    case "upper":
      return make(
        `0x${(value & 0xfffff).toString(16)}`,
        `stands for 0x${((value << 12) >>> 0).toString(16)}`,
      );
    case "offset":
      return make(`${value}`, `${number(value)} ${value === 1 ? "byte" : "bytes"} from the base register`);
    case "shift":
      return make(`${value}`, `shift by ${value}`);
    case "csr": {
      const csr = csrNumbered(value);
      if (!csr)
        return make(`0x${value.toString(16)}`, "a control and status register without a standard name");
      return make(csr.name, `control and status register 0x${value.toString(16)}: ${csr.words}`);
    }
    case "rm": {
      const mode = roundingModes[value];
      return mode
        ? make(mode, `rounds ${roundingModeWords[mode]}`)
        : make(`${value}`, "reserved rounding mode");
    }
    case "fence": {
      const set = fenceSet(value);
      const words = [...(set ?? "")].map((letter) => fenceWords[letter]).join(", ");
      return make(set ?? "0", `${words || "nothing"} ${name === "pred" ? "before" : "after"} the fence`);
    }
    case "register-list":
      return make(registerListText(value) ?? `${value}`, "the registers that are stored or loaded");
    case "stack-adjustment": {
      const size = registerListSize(listValue, machine.xlen) + value;
      return make(
        `${operand.negative ? -size : size}`,
        `bytes by which sp moves: ${size - value} for the list and ${value} more`,
      );
    }
    case "constant":
      return make(fliConstants[value], "a constant of Zfa's table");
    case "ordering": {
      const parts = [
        value & 2 ? "acquire: later accesses stay behind it" : "",
        value & 1 ? "release: earlier accesses stay before it" : "",
      ];
      return make(
        ["", "rl", "aq", "aqrl"][value],
        parts.filter(Boolean).join("; ") || "no ordering of other accesses",
      );
    }
    default:
      return make(`${value}`, number(value));
  }
}

/** Pseudo-code with the operands' texts in the place of their names. */
function fill(text: string, operands: readonly ExplainedOperand[]): string {
  const texts = new Map(operands.map((operand) => [operand.name, operand]));
  // A target that the linker knows is the whole address.
  const target = operands.find((operand) => operand.name === "imm" && operand.words === byLinker);
  const known = target?.target ? text.replace("pc + imm", "imm") : text;
  const filled = known.replace(/[A-Za-z_]\w*/g, (name) => {
    const operand = texts.get(name);
    if (!operand) return name;
    if (operand.register || operand.name === "csr" || operand.name === "rm") return operand.text;
    if (operand.words === byLinker) return operand.text;
    if (operand.name === "pred" || operand.name === "succ") return operand.text;
    return String(operand.value);
  });
  return filled.replace(/\+ -/g, "- ");
}

/** A sentence with the names of registers in the place of rd, rs1 and the like. */
function withRegisters(words: string, operands: readonly ExplainedOperand[]): string {
  const names = new Map(operands.map((operand) => [operand.name, operand.register?.abiName]));
  return words.replace(/\b[rf](?:d|s[1-3])\b/g, (name) => names.get(name) ?? name);
}

/** A form's text: objdump's, with blanks. */
function printed(word: number, pc: bigint, machine: Isa, aliases: boolean): string {
  const printer = new Disassembler(machine, {
    aliases,
    address: (low, high) => hexOf((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)),
  });
  printer.printWord(word, Number(BigInt.asIntN(32, pc)), Number(BigInt.asIntN(32, pc >> 32n)));
  return printer.operands === ""
    ? printer.mnemonic
    : `${printer.mnemonic} ${printer.operands.replace(/,(?! )/g, ", ")}`;
}

/**
 * Explains an instruction word at an address; undefined where the machine has
 * no such instruction. Of a word whose lowest two bits are not both ones only
 * the lower 16 bits are looked at.
 */
export function explain(
  word: number,
  pc: bigint,
  machine: Isa,
  context: ExplanationContext = {},
): Explanation | undefined {
  if (instructionLength(word & 0xffff) === 2) word &= 0xffff;
  word >>>= 0;
  const decoded = decode(word, machine);
  if (!decoded) return undefined;
  const { instruction } = decoded;
  const list = instruction.operands.findIndex((operand) => operand.class === "register-list");
  const listValue = list < 0 ? 4 : decoded.values[list];
  const operands = instruction.operands.map((operand, i) =>
    explainOperand(operand, decoded.values[i], pc, machine, listValue, context),
  );
  const form = printedForms(instruction).find(
    (candidate) =>
      formSupported(candidate, machine) &&
      formMatches(candidate, word) &&
      // What the linker fills in is no 0 that makes addi a mv.
      (context.immediate === undefined ||
        candidate.operands.some((operand) => relocatable.has(operand.class))),
  );
  const text = printed(word, pc, machine, true);
  const exact = printed(word, pc, machine, false);

  // A compressed instruction does what its expansion does, with its operands.
  const expanded = expand(instruction, decoded.values, machine.xlen);
  let meaning = instruction.meaningText ?? "";
  let filledOperands = operands;
  let expansion: Explanation["expansion"];
  if (expanded) {
    meaning = expanded.instruction.meaningText ?? "";
    filledOperands = expanded.instruction.operands.map((operand, i) =>
      explainOperand(operand, expanded.values[i], pc, machine, 4, context),
    );
    const expandedWord = encode(expanded.instruction, expanded.values);
    expansion = { text: printed(expandedWord, pc, machine, false), word: expandedWord };
  }
  // Of a compressed instruction the words of its expansion say more; it is named by its printed form anyway.
  const words = expanded ? expanded.instruction.words : instruction.words;
  const registers = expanded ? filledOperands : operands;
  const targetIndex = instruction.operands.findIndex((operand) => operand.class === "target");
  return {
    word,
    size: instruction.size,
    pc,
    text,
    exact,
    mnemonic: instruction.mnemonic,
    format: instruction.format,
    needs: instruction.needs,
    section: instruction.section,
    words: instruction.words,
    shortly: withRegisters((form?.use === "alias" && aliasWords[form.mnemonic]) || words, registers),
    fields: explainFields(instruction, word),
    operands,
    pseudoCode: meaning,
    filled: fill(meaning, filledOperands),
    functions: Array.from(new Set(meaning.match(/\w+(?=\()/g)))
      .filter((name) => name in intrinsics)
      .map((name) => ({ name, words: intrinsics[name].words })),
    pseudo: form?.use === "alias" && text !== exact ? { text, standsFor: exact } : undefined,
    expansion,
    target:
      targetIndex < 0 ? undefined : BigInt.asUintN(machine.xlen, pc + BigInt(decoded.values[targetIndex])),
    relocations: relocationsOn(instruction, operandValues(instruction, word)),
  };
}
