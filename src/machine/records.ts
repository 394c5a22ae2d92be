// Pre-decoded records (layout.ts) of instruction words. A program that starts
// and stops quickly runs little more than it decodes, so what can be known of
// an operation beforehand is a recipe: which handler, and which field of the
// record each operand goes to.
import { extractOperand, instructions, type OperandKind } from "../riscv/index.ts";
import { FIRST_OPERATION, interpreterModule, isCompilable } from "./interpreter.ts";
import * as at from "./layout.ts";
import type { Operation, Operations } from "./operation.ts";

// What becomes of an operand
const RD = 0;
const RS1 = 1;
const RS2 = 2;
const RS3 = 3;
const FD = 4;
const FS1 = 5;
const FS2 = 6;
const FS3 = 7;
const RM = 8;
const CONSTANT = 9;

const fieldOf: Readonly<Record<string, number>> = {
  rd: RD,
  rs1: RS1,
  rs2: RS2,
  rs3: RS3,
  fd: FD,
  fs1: FS1,
  fs2: FS2,
  fs3: FS3,
  rm: RM,
};

/** Operands that records have no place for, and need none. */
const unused = new Set(["sp", "aqrl", "pred", "succ"]);

/** How records of an operation are made. */
export interface Recipe {
  readonly handler: number;
  /** Bytes of the instruction. */
  readonly size: number;
  readonly operands: readonly {
    readonly field: number;
    /** Where in the word it is; undefined: it is `value`. */
    readonly kind: OperandKind | undefined;
    readonly value: number;
  }[];
  /** It reads rd: the place where writes to x0 go would not give 0. */
  readonly readsRd: boolean;
}

/** The interpreter of a machine: its module, and what its records are made by. */
export interface MadeInterpreter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By row of the instruction table. */
  readonly handlers: ReadonlyMap<object, number>;
  readonly recipes: Map<Operation, Recipe>;
}

/** By machine: programs of a kind follow one another, and a start-up snapshot brings the usual ones along. */
const interpreters = new Map<Operations, MadeInterpreter>();

export function interpreterOf(operations: Operations): MadeInterpreter {
  const known = interpreters.get(operations);
  if (known) return known;
  const { isa } = operations;
  const handlers = new Map<object, number>();
  const list: Operation[] = [];
  for (const row of instructions()) {
    if (row.meaning === undefined || handlers.has(row)) continue;
    const own = operations.ofRow(row);
    if (!own || !isCompilable(own)) continue;
    handlers.set(row, FIRST_OPERATION + list.length);
    list.push(own);
  }
  const bytes = interpreterModule(isa.xlen, list, isa.extensions.has("c"));
  const made = { bytes, handlers, recipes: new Map() };
  interpreters.set(operations, made);
  return made;
}

/** The recipe of an operation; undefined where the evaluator must do it. */
export function recipeOf(interpreter: MadeInterpreter, operation: Operation): Recipe | undefined {
  const known = interpreter.recipes.get(operation);
  if (known) return known;
  const handler = interpreter.handlers.get(operation.instruction);
  if (handler === undefined) return undefined;
  const operands: Recipe["operands"][number][] = [];
  for (const { name, kind, value } of operation.operands)
    if (!unused.has(name)) operands.push({ field: fieldOf[name] ?? CONSTANT, kind, value });
  const { size, traits } = operation;
  const recipe = { handler, size, operands, readsRd: traits.reads.includes("rd") };
  interpreter.recipes.set(operation, recipe);
  return recipe;
}

/** Makes all that is otherwise made when an instruction is first met: the decoder's tables, operations and recipes. */
export function prepareRecords(operations: Operations): void {
  const interpreter = interpreterOf(operations);
  for (const row of instructions()) {
    const own = operations.ofRow(row);
    if (own) recipeOf(interpreter, own);
    // The decoder has a table for each value of these bits, which belong to a constant or a rounding mode here.
    const free = row.size === 4 && (row.mask & 0x7000) === 0 ? 8 : 1;
    for (let bits = 0; bits < free; bits++) operations.of(row.match | (bits << 12));
  }
}

/** Makes the record of a word; writes nothing where the evaluator must do it. */
export function writeRecord(view: DataView, record: number, recipe: Recipe, word: number): void {
  const { operands } = recipe;
  let rd = 0;
  let rs1 = 0;
  let rs2 = 0;
  let rs3 = 0;
  let mode = 0;
  let constant = 0;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    const value = operand.kind ? extractOperand(operand.kind, word) : operand.value;
    switch (operand.field) {
      case RD:
        if (value === 0 && recipe.readsRd) return;
        rd = value === 0 ? at.SINK : 8 * value;
        break;
      case RS1:
        rs1 = 8 * value;
        break;
      case RS2:
        rs2 = 8 * value;
        break;
      case RS3:
        rs3 = value;
        break;
      case FD:
        rd = at.F + 8 * value;
        break;
      case FS1:
        rs1 = at.F + 8 * value;
        break;
      case FS2:
        rs2 = at.F + 8 * value;
        break;
      case FS3:
        rs3 = at.F / 8 + value;
        break;
      case RM:
        // A reserved rounding mode is an illegal instruction.
        if (value === 5 || value === 6) return;
        mode = value;
        break;
      default:
        constant = value;
    }
  }
  view.setInt32(record + at.R_RS1, rs1 | (rs2 << 16), true);
  view.setInt32(record + at.R_IMM, constant, true);
  view.setUint16(record + at.R_RS3, rs3 | (((recipe.size << 3) | mode) << 8), true);
  view.setInt32(record + at.R_OP, recipe.handler | (rd << 16), true);
}
