import type { Report, Span } from "../../diagnostics/index.ts";
import {
  absoluteSection,
  constantValue,
  type Expression,
  evaluate,
  type KnownValue,
  type SectionRef,
  stripParentheses,
  type Value,
} from "../../script/index.ts";
import { type AssignmentStatement, type OutputStatement, SectionFlag } from "../place/placement.ts";
import type { LayoutContext } from "./layout-context.ts";

// What the two walks of layout share: assignments, and expressions that
// sections are described with.

/**
 * The section of symbols that are assigned in an output section which ONLY_IF dropped: GNU ld computes them, uses their
 * values, and writes them as undefined, which means not at all.
 */
export const nowhere: SectionRef = { name: "*UND*", address: 0n };

/** A value as an address. */
export function addressOf(value: Value): bigint {
  return value.section ? BigInt.asUintN(64, value.value + value.section.address) : value.value;
}

/** How far a section moves the location counter: for GNU ld attributes are merged only when they are written. */
export function extentOf({ model }: LayoutContext, output: OutputStatement): number {
  const { attributes, sections } = model;
  if (!attributes || output.firstInput !== attributes.section) return output.size;
  return output.size - sections.size[attributes.section] + attributes.together;
}

export function isDotAssignment(statement: AssignmentStatement): boolean {
  const { target } = statement.node;
  return target.text === "." && !target.quoted;
}

/**
 * Carries out an assignment at `dot`, in an output section or outside of any,
 * and returns the location counter after it.
 */
export function assign(
  context: LayoutContext,
  statement: AssignmentStatement,
  output: OutputStatement | undefined,
  dot: bigint,
): bigint {
  const section = output?.dropped ? nowhere : (output?.ref ?? absoluteSection);
  if (isDotAssignment(statement)) return assignDot(context, statement, output, dot);
  const { node } = statement;
  const name = node.target.text;
  if (node.provide && !statement.provided) {
    if (!context.isWanted(name)) return dot;
  }
  const result = evaluate(statement.expression, context.at(dot, section), { assigningTo: name });
  if (result.state === "error") return dot;
  const settled = context.phase === "final" || context.phase === "fixed";
  if (result.refersToSelf && !settled) return dot;
  if (node.provide) statement.provided = true;
  const known = result.state === "known" ? result : undefined;
  statement.value = known;
  context.assign(name, known, node.hidden);
  if (output) output.keepsPlace = true;
  const isAddress = known?.fromAddress === true && !output;
  statement.fromAddress = isAddress && (known?.section ?? absoluteSection) === absoluteSection;
  return dot;
}

function assignDot(
  context: LayoutContext,
  statement: AssignmentStatement,
  output: OutputStatement | undefined,
  dot: bigint,
): bigint {
  const { node, expression } = statement;
  const { report, phase } = context;
  if (node.provide) {
    if (phase === "final")
      report.error("LD0520", node.span, "can not PROVIDE assignment to location counter", { runsOn: true });
    return dot;
  }
  if (phase === "first") return dot;
  const section = output?.ref ?? absoluteSection;
  const result = evaluate(expression, context.at(dot, section), { assigningToDot: true });
  statement.value = result.state === "known" ? result : undefined;
  if (phase === "mark" && output && !isVoidMove(expression, result.state === "known" ? result : undefined))
    output.flags |= SectionFlag.keep;
  if (result.state !== "known" || output?.dropped) {
    if (phase !== "mark" && result.state !== "error")
      report.error("LD0521", node.span, "invalid assignment to location counter", { runsOn: true });
    return dot;
  }
  // Once sizes are known, the padding that the assignment left in its section stands for it.
  if ((phase === "assigning" || phase === "final") && output) return dot;
  const next = BigInt.asUintN(64, result.value + (result.section ?? section).address);
  if (next < dot && output) {
    const from = context.formatAddress(dot);
    const to = context.formatAddress(next);
    const message = `cannot move location counter backwards (from ${from} to ${to})`;
    if (context.movedBack.has(statement)) return dot;
    if (phase === "mark") context.movedBack.add(statement);
    report.error("LD0522", node.span, message, {
      runsOn: true,
      lld: `unable to move location counter (0x${dot.toString(16)}) backward to 0x${next.toString(16)} for section '${output.name}'`,
    });
    return dot;
  }
  return next;
}

/** `. = 0`, `. = . + 0` and `. = ALIGN(. != 0 ? x : 1)` alone do not make an empty section worth keeping. */
function isVoidMove(expression: Expression, value: KnownValue | undefined): boolean {
  if (value?.value !== 0n) return false;
  const inner = stripParentheses(expression);
  if (isZero(inner) || inner.kind === "symbol") return true;
  if (inner.kind === "binary" && inner.operator === "+") {
    const left = stripParentheses(inner.left);
    const right = stripParentheses(inner.right);
    return left.kind === "dot" && (isZero(right) || right.kind === "symbol");
  }
  if (inner.kind !== "call" || inner.callee !== "ALIGN" || inner.arguments.length !== 1) return false;
  const argument = stripParentheses(inner.arguments[0]);
  if (argument.kind !== "conditional") return false;
  const condition = stripParentheses(argument.condition);
  const otherwise = stripParentheses(argument.otherwise);
  return (
    condition.kind === "binary" &&
    condition.operator === "!=" &&
    stripParentheses(condition.left).kind === "dot" &&
    isZero(stripParentheses(condition.right)) &&
    otherwise.kind === "number" &&
    otherwise.value === 1n
  );
}

function isZero(expression: Expression): boolean {
  return constantValue(expression) === 0n;
}

/** The bare value of an expression that stands for itself, such as an alignment; undefined if there is none. */
export function plainValue(
  context: LayoutContext,
  expression: Expression | undefined,
  what: string,
): bigint | undefined {
  if (!expression) return undefined;
  const result = evaluate(expression, context.at(undefined));
  if (result.state === "known") return result.value;
  if (result.state === "unknown") reportNotConstant(context, context.report, expression.span, what);
  return undefined;
}

/** As `plainValue`, as an address. */
export function absoluteValue(
  context: LayoutContext,
  expression: Expression,
  what: string,
): bigint | undefined {
  const result = evaluate(expression, context.at(undefined));
  if (result.state === "known") return addressOf(result);
  if (result.state === "unknown") reportNotConstant(context, context.report, expression.span, what);
  return undefined;
}

function reportNotConstant(context: LayoutContext, report: Report, span: Span, what: string): void {
  if (context.phase !== "mark") report.error("LD0523", span, `nonconstant expression for ${what}`);
}

/** The exponent of the smallest power of two not below the value; -1 without one. */
export function powerValue(context: LayoutContext, expression: Expression | undefined, what: string): number {
  const value = plainValue(context, expression, what);
  if (value === undefined || value === 0xffffffffffffffffn) return -1;
  let power = 0;
  while (power < 63 && 1n << BigInt(power) < value) power++;
  return power;
}

/** A fill expression's pattern: the digits of a hexadecimal literal, else four bytes, most significant first. */
export function fillPattern(
  context: LayoutContext,
  expression: Expression,
  report = context.report,
): Uint8Array {
  const result = evaluate(expression, context.at(undefined));
  if (result.state !== "known") {
    if (result.state === "unknown") reportNotConstant(context, report, expression.span, "fill value");
    return new Uint8Array(0);
  }
  const { digits } = result;
  if (digits) {
    const padded = digits.length % 2 === 1 ? `0${digits}` : digits;
    return Uint8Array.from({ length: padded.length / 2 }, (_, i) =>
      Number.parseInt(padded.slice(2 * i, 2 * i + 2), 16),
    );
  }
  const word = Number(BigInt.asUintN(32, result.value));
  return Uint8Array.of(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff);
}
