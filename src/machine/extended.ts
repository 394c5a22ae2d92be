// Which registers of RV64 hold 32-bit values, sign-extended.
//
// Most values of C programs are 32 bits wide, and instructions keep them
// sign-extended: results of the W instructions and of most loads are so, and
// and, or, xor and copies of such values. Where that is known, comparisons and
// logic are done on 32 bits, so that the extension of an intermediate value need
// never be computed.
import type { Expression } from "../riscv/index.ts";
import { type Operation, operandValue } from "./operation.ts";
import type { Block, Placed, Region } from "./region.ts";

const comparisons = new Set(["==", "!=", "<s", "<u", ">s", ">u", "<=s", "<=u", ">=s", ">=u", "&&", "||"]);
const extending = new Set(["sext8", "sext16", "sext32", "zext8", "zext16"]);

/** Whether a value is its low 32 bits, sign-extended; `register` says it of registers. */
export function isExtended(value: Expression, register: (name: string) => boolean): boolean {
  switch (value.kind) {
    case "number":
      return value.value === (value.value | 0);
    case "register":
      return value.file === "x" && register(value.name);
    case "operand":
      return true;
    case "memory":
      return value.width < 32;
    case "unary":
      return value.operator === "!" || (value.operator === "~" && isExtended(value.operand, register));
    case "choose":
      return isExtended(value.then, register) && isExtended(value.otherwise, register);
    case "call":
      return extending.has(value.name);
    case "binary":
      if (comparisons.has(value.operator)) return true;
      if (value.operator === ">>s") return isExtended(value.left, register);
      return (
        (value.operator === "&" || value.operator === "|" || value.operator === "^") &&
        isExtended(value.left, register) &&
        isExtended(value.right, register)
      );
  }
  return false;
}

/** Whether what an operation assigns to rd is extended: always, if what it reads is, or by no rule. */
type Rule = "always" | "inputs" | "never";

const rules = new WeakMap<Operation, Rule>();

function ruleOf(operation: Operation): Rule {
  const known = rules.get(operation);
  if (known) return known;
  const assignments = operation.meaning.statements.filter(
    (s) => s.kind === "assign" && s.target.kind === "register" && s.target.name === "rd",
  );
  const [first] = assignments;
  let rule: Rule = "never";
  if (assignments.length === 1 && first.kind === "assign") {
    if (isExtended(first.value, () => false)) rule = "always";
    else if (isExtended(first.value, () => true)) rule = "inputs";
  }
  rules.set(operation, rule);
  return rule;
}

function operandOf(placed: Placed, name: string): number {
  for (const source of placed.operation.operands)
    if (source.name === name) return operandValue(source, placed.word);
  return 0;
}

/** The registers (a set of bits) that are extended after an instruction, from those before it. */
export function extendedAfter(placed: Placed, before: number): number {
  const { operation } = placed;
  let after = before;
  const { writes, reads } = operation.traits;
  if (writes.length === 0) return before;
  const holds = (register: number): boolean => register === 0 || (before & (1 << register)) !== 0;
  for (const source of operation.operands) {
    if (!writes.includes(source.name) || source.name.startsWith("f")) continue;
    const rd = operandValue(source, placed.word);
    let is = false;
    if (source.name === "rd") {
      const { mnemonic } = operation.instruction;
      const rule = ruleOf(operation);
      if (mnemonic === "addi") {
        const from = operandOf(placed, "rs1");
        is = from === 0 || (operandOf(placed, "imm") === 0 && holds(from));
      } else if (mnemonic === "add") {
        const [a, b] = [operandOf(placed, "rs1"), operandOf(placed, "rs2")];
        is = (a === 0 && holds(b)) || (b === 0 && holds(a));
      } else if (rule === "always") is = true;
      else if (rule === "inputs") is = reads.every((name) => holds(operandOf(placed, name)));
    }
    after = is ? after | (1 << rd) : after & ~(1 << rd);
  }
  return after;
}

/** The registers that are extended at the start of each block. */
export function extendedRegisters(region: Region): Map<Block, number> {
  const before = new Map<Block, number>();
  const ends = new Map<Block, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of region.blocks) {
      let mask = block.order === 0 ? 0 : -1;
      for (const earlier of block.predecessors) mask &= ends.get(earlier) ?? -1;
      before.set(block, mask);
      for (const placed of block.body) mask = extendedAfter(placed, mask);
      // Nothing is known of what a called function leaves.
      if (block.ending.kind === "call") mask = 0;
      else if (block.last) mask = extendedAfter(block.last, mask);
      if (ends.get(block) === mask) continue;
      ends.set(block, mask);
      changed = true;
    }
  }
  return before;
}
