// What the machine runs: an instruction that has a meaning, and where in the
// instruction word its operands are. Compressed instructions become the ones
// they stand for here, so nothing after this knows them but by their length.
import {
  type Decoder,
  decoderOf,
  type Expression,
  extractOperand,
  type Instruction,
  type Isa,
  instructions,
  instructionsNamed,
  intrinsics,
  type Meaning,
  type OperandKind,
  operandKind,
  type Statement,
  supports,
} from "../riscv/index.ts";
import { assert } from "./assert.ts";
import { floatNumber } from "./float.ts";

/** An operand: its name in meanings, and its value or how to get it from the word. */
export interface OperandSource {
  readonly name: string;
  readonly kind: OperandKind | undefined;
  readonly value: number;
}

/** What a row of the instruction table does. */
export interface Operation {
  /** The row whose meaning this is: of a compressed one its expansion. */
  readonly instruction: Instruction;
  readonly meaning: Meaning;
  readonly operands: readonly OperandSource[];
  /** Bytes in memory. */
  readonly size: 2 | 4;
  readonly traits: Traits;
}

/** What engines ask about a meaning before they compile it. */
export interface Traits {
  /** It touches floating-point state, and is illegal while that is off. */
  readonly float: boolean;
  /** It writes an f register or raises flags. */
  readonly dirtiesFloat: boolean;
  /** It may only be done by the evaluator. */
  readonly system: boolean;
  /** It assigns pc. */
  readonly jumps: boolean;
  /** It reads or writes memory. */
  readonly memory: boolean;
  /** The functions that it calls. */
  readonly calls: readonly string[];
  /** Operands that are registers it reads and writes, by their names in meanings. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const fixedRegisters: Readonly<Record<string, number>> = { zero: 0, ra: 1, sp: 2, t0: 5 };

/** Intrinsics with an effect that compiled code has itself, or that has none here. */
const harmless = new Set([
  "fence",
  "fence_tso",
  "pause",
  "prefetch",
  "load_reserved32",
  "load_reserved64",
  "store_conditional32",
  "store_conditional64",
]);

const touchesMemory = new Set([
  "load_reserved32",
  "load_reserved64",
  "store_conditional32",
  "store_conditional64",
]);

function traitsOf(meaning: Meaning): Traits {
  let float = false;
  let dirtiesFloat = false;
  let system = false;
  let jumps = false;
  let memory = false;
  const calls: string[] = [];
  const reads: string[] = [];
  const writes: string[] = [];
  const expression = (e: Expression): void => {
    switch (e.kind) {
      case "register":
        if (e.file === "f") float = true;
        reads.push(e.name);
        return;
      case "memory":
        memory = true;
        expression(e.address);
        return;
      case "unary":
        expression(e.operand);
        return;
      case "binary":
        expression(e.left);
        expression(e.right);
        return;
      case "choose":
        expression(e.condition);
        expression(e.then);
        expression(e.otherwise);
        return;
      case "call":
        calls.push(e.name);
        if (floatNumber.has(e.name)) float = dirtiesFloat = true;
        else if (touchesMemory.has(e.name)) memory = true;
        else if (intrinsics[e.name].effect && !harmless.has(e.name)) system = true;
        for (const argument of e.arguments) expression(argument);
        return;
    }
  };
  const statement = (s: Statement): void => {
    switch (s.kind) {
      case "do":
        expression(s.call);
        return;
      case "if":
        expression(s.condition);
        s.then.forEach(statement);
        s.otherwise.forEach(statement);
        return;
      case "assign":
        expression(s.value);
        if (s.target.kind === "pc") jumps = true;
        else if (s.target.kind === "memory") expression(s.target);
        else if (s.target.kind === "register") {
          writes.push(s.target.name);
          if (s.target.file === "f") float = dirtiesFloat = true;
        }
        return;
    }
  };
  meaning.statements.forEach(statement);
  return { float, dirtiesFloat, system, jumps, memory, calls, reads, writes };
}

/** By the machine's name: it is the same for all of a kind, and a start-up snapshot brings the usual ones along. */
const known = new Map<string, Operations>();

/** The operations of a machine; made once for each set of extensions. */
export function operationsOf(isa: Isa): Operations {
  const name = [isa.xlen, ...[...isa.extensions].sort()].join();
  let operations = known.get(name);
  if (!operations) {
    operations = new Operations(isa);
    known.set(name, operations);
  }
  return operations;
}

/** The operations of one machine, by the index of the row in the instruction table; made when first met. */
export class Operations {
  readonly isa: Isa;
  readonly decoder: Decoder;
  readonly #made: (Operation | undefined)[] = [];
  readonly #traits = new Map<Instruction, Traits>();

  constructor(isa: Isa) {
    this.isa = isa;
    this.decoder = decoderOf(isa);
  }

  /** The operation of an instruction word; undefined where the machine has none. */
  of(word: number): Operation | undefined {
    const index = this.decoder.index(word);
    if (index < 0) return undefined;
    this.#made[index] ??= this.#make(instructions()[index]);
    return this.#made[index];
  }

  /** The operation of a row of the table that has a meaning, if the machine has it. */
  ofRow(row: Instruction): Operation | undefined {
    if ((row.xlen !== 0 && row.xlen !== this.isa.xlen) || !supports(this.isa, row.needs)) return undefined;
    this.#made[row.index] ??= this.#make(row);
    return this.#made[row.index];
  }

  #make(row: Instruction): Operation {
    if (row.meaning !== undefined) {
      const operands: OperandSource[] = row.operands.map((kind) => ({ name: kind.name, kind, value: 0 }));
      for (const token of row.tokens) {
        if (token.kind === "register" && !operands.some(({ name }) => name === "sp")) {
          operands.push({ name: "sp", kind: undefined, value: token.number });
        }
      }
      return {
        instruction: row,
        meaning: row.meaning,
        operands,
        size: row.size,
        traits: this.#traitsOf(row),
      };
    }
    const [mnemonic = "", ...texts] = row.expansion?.match(/[\w.'!-]+/g) ?? [];
    const base = instructionsNamed(mnemonic).find(
      (candidate) =>
        candidate.meaning !== undefined && (candidate.xlen === 0 || candidate.xlen === this.isa.xlen),
    );
    assert(base?.meaning !== undefined, `${row.mnemonic} stands for ${mnemonic}, which has no meaning`);
    const slots = base.tokens.filter(({ kind }) => kind !== "punctuation");
    const operands: OperandSource[] = [];
    slots.forEach((slot, i) => {
      if (slot.kind !== "operand") return;
      const { name, optional } = base.operands[slot.index];
      const text = texts[i];
      if (text === undefined) {
        assert(optional !== undefined, `${row.mnemonic} leaves out ${name} of ${mnemonic}`);
        operands.push({ name, kind: undefined, value: optional });
      } else if (text in fixedRegisters) {
        operands.push({ name, kind: undefined, value: fixedRegisters[text] });
      } else if (/^-?[0-9]/.test(text)) operands.push({ name, kind: undefined, value: Number(text) });
      else {
        const kind = operandKind(text);
        assert(kind !== undefined, `${row.mnemonic}: no operand ${text}`);
        operands.push({ name, kind, value: 0 });
      }
    });
    return {
      instruction: base,
      meaning: base.meaning,
      operands,
      size: row.size,
      traits: this.#traitsOf(base),
    };
  }

  #traitsOf(row: Instruction): Traits {
    let traits = this.#traits.get(row);
    if (!traits) {
      assert(row.meaning !== undefined, `${row.mnemonic} has no meaning`);
      traits = traitsOf(row.meaning);
      this.#traits.set(row, traits);
    }
    return traits;
  }
}

/** An operand's value in a word. */
export function operandValue(source: OperandSource, word: number): number {
  return source.kind ? extractOperand(source.kind, word) : source.value;
}
