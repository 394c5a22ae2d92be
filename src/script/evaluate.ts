import type { Span } from "../diagnostics/index.ts";
import {
  absolute,
  addressOf,
  alignUp,
  compute,
  convertOperands,
  lldBinary,
  log2Ceil,
  wrap,
} from "./arithmetic.ts";
import { codes } from "./codes.ts";
import {
  absoluteSection,
  type EvaluateOptions,
  type Evaluation,
  type ExpressionContext,
  type SectionInfo,
  type Value,
} from "./context.ts";
import type {
  Binary,
  BinaryOperator,
  Call,
  Expression,
  Name,
  RegionQuery,
  SectionQuery,
  SegmentStart,
  Unary,
} from "./syntax.ts";

// Evaluating an expression, with GNU ld's notion of what a value is.
//
// A linker evaluates the same expression many times: while nothing is known
// but constants, while addresses are being handed out, after each round of
// relaxation, and once at the end. So there are three outcomes: a value, "not
// known yet", and an error that has been reported. Which of the last two an
// undefined symbol is depends on the phase alone.
//
// A value is relative to a section (manual: "The Section of an Expression"):
// - `.` is relative to the output section whose statement holds the
//   expression, and absolute outside of any.
// - a number inside an output section is a plain number, which takes the
//   section of what it meets; outside it is absolute, unless
//   LD_FEATURE("SANE_EXPR") asks for plain numbers everywhere.
// - arithmetic between a relative value and a plain number stays relative;
//   between two values of one section gives a number; between different
//   sections first makes both absolute. Comparisons give plain numbers.
// - && and || evaluate both sides; only ?: leaves one out.

/** Evaluates an expression in a context. Never throws for what a script says. */
export function evaluate(
  expression: Expression,
  context: ExpressionContext,
  options: EvaluateOptions = {},
): Evaluation {
  const evaluator = new Evaluator(context, options);
  const value = evaluator.fold(expression);
  if (evaluator.failed) return { state: "error" };
  const { refersToSelf } = evaluator;
  if (!value) return { state: "unknown", refersToSelf };
  return {
    state: "known",
    value: value.value,
    section: value.section,
    fromAddress: evaluator.fromAddress,
    refersToSelf,
    onlySymbol: typeof evaluator.source === "string" ? evaluator.source : undefined,
    digits: stripParentheses(expression).kind === "number" ? digitsOf(expression) : undefined,
  };
}

/** The expression inside any parentheses. */
export function stripParentheses(expression: Expression): Expression {
  while (expression.kind === "parenthesized") expression = expression.inner;
  return expression;
}

function digitsOf(expression: Expression): string | undefined {
  const inner = stripParentheses(expression);
  return inner.kind === "number" ? inner.digits : undefined;
}

/**
 * The value of an expression made of numbers and operators alone, or undefined:
 * for tools that read a script without linking.
 *
 * GNU ld computes such an expression while it reads it, and then treats it as
 * if its value had been written. That matters: outside of output sections a
 * comparison gives a plain number, but `1 < 2` gives the absolute number 1.
 */
export function constantValue(expression: Expression): bigint | undefined {
  if (expression.kind === "number") return expression.value;
  let value = constants.get(expression);
  if (value === undefined) {
    value = computeConstant(expression) ?? null;
    constants.set(expression, value);
  }
  return value ?? undefined;
}

/** Expressions are evaluated over and over; null for those that are not constant. */
const constants = new WeakMap<Expression, bigint | null>();

function computeConstant(expression: Expression): bigint | undefined {
  switch (expression.kind) {
    case "parenthesized":
      return constantValue(expression.inner);
    case "unary": {
      const operand = constantValue(expression.operand);
      return operand === undefined ? undefined : computeUnary(expression.operator, operand);
    }
    case "binary": {
      const left = constantValue(expression.left);
      const right = constantValue(expression.right);
      if (left === undefined || right === undefined) return undefined;
      return compute(expression.operator, left, right, true);
    }
    case "conditional": {
      const condition = constantValue(expression.condition);
      const then = constantValue(expression.then);
      const otherwise = constantValue(expression.otherwise);
      if (condition === undefined || then === undefined || otherwise === undefined) return undefined;
      return condition !== 0n ? then : otherwise;
    }
    case "call": {
      if (expression.callee === "LOG2CEIL") {
        const value = constantValue(expression.arguments[0]);
        return value === undefined ? undefined : log2Ceil(value);
      }
      if (expression.callee !== "MAX" && expression.callee !== "MIN") return undefined;
      const [left, right] = expression.arguments.map(constantValue);
      if (left === undefined || right === undefined) return undefined;
      return (expression.callee === "MAX") === left > right ? left : right;
    }
    default:
      return undefined;
  }
}

const larger = (a: bigint, b: bigint) => (a < b ? b : a);

function computeUnary(operator: Unary["operator"], value: bigint): bigint {
  switch (operator) {
    case "+":
      return value;
    case "-":
      return wrap(-value);
    case "~":
      return wrap(~value);
    case "!":
      return value === 0n ? 1n : 0n;
  }
}

/** One evaluation. `undefined` stands for "not known" throughout; `failed` tells an error from it. */
class Evaluator {
  failed = false;
  fromAddress = false;
  refersToSelf = false;
  /** The symbols met: none, one by name, or more. */
  source: undefined | string | { readonly several: true };
  private readonly context: ExpressionContext;
  private readonly options: EvaluateOptions;
  private readonly lld: boolean;

  constructor(context: ExpressionContext, options: EvaluateOptions) {
    this.context = context;
    this.options = options;
    this.lld = context.dialect === "lld";
  }

  fold(expression: Expression): Value | undefined {
    const constant = this.lld ? undefined : constantValue(expression);
    const value = constant === undefined ? this.foldNode(expression) : this.literal(constant);
    if (value && this.context.trace) this.context.trace(expression, value);
    return value;
  }

  private foldNode(expression: Expression): Value | undefined {
    switch (expression.kind) {
      case "number":
        return this.literal(expression.value);
      case "dot":
        if (this.lld && this.context.dot === undefined && this.context.phase === "final") {
          const message = "unable to get location counter value";
          return this.error(codes.notAvailable, expression.span, message, message);
        }
        return this.fromDot(this.context.dot ?? 0n);
      case "symbol":
        return this.foldSymbol(expression.name);
      case "parenthesized":
        return this.fold(expression.inner);
      case "unary":
        return this.foldUnary(expression);
      case "binary":
        return this.foldBinary(expression);
      case "conditional": {
        const { source } = this;
        const condition = this.fold(expression.condition);
        // The type of an alias comes from the branch, not from what was tested.
        this.source = source;
        if (!condition) return undefined;
        const holds = this.lld ? addressOf(condition) !== 0n : condition.value !== 0n;
        return this.fold(holds ? expression.then : expression.otherwise);
      }
      case "call":
        return this.foldCall(expression);
      case "section-query":
        return this.foldSectionQuery(expression);
      case "region-query":
        return this.foldRegionQuery(expression);
      case "defined":
        return this.number(this.context.isDefined(expression.symbol.text) ? 1n : 0n);
      case "constant":
        return this.foldConstant(expression.name);
      case "segment-start":
        return this.foldSegmentStart(expression);
      case "sizeof-headers": {
        if (this.context.phase === "first") return undefined;
        const size = this.context.sizeofHeaders();
        return size === undefined ? undefined : this.number(size);
      }
      case "assert-expression":
        return this.foldAssert(expression.condition, expression.message, expression.span);
      case "error":
        this.failed = true;
        return undefined;
    }
  }

  /** Checks an assertion, and reports it in the final phase. */
  foldAssert(condition: Expression, message: Name, span: Span): Value | undefined {
    const value = this.fold(condition);
    if (!value || this.context.phase !== "final") return value;
    const holds = this.lld ? addressOf(value) !== 0n : value.value !== 0n;
    if (!holds) {
      this.failed = true;
      this.context.report.error(codes.assertionFailed, undefined, message.text, {
        notes: [{ message: "this assertion does not hold", where: span }],
      });
    }
    return value;
  }

  // Making values

  private error(code: string, span: Span, message: string, lld = message): undefined {
    this.failed = true;
    this.context.report.error(code, span, message, { lld, runsOn: code === codes.divisionByZero });
    return undefined;
  }

  /** A plain number. LLD knows only addresses. */
  private number(value: bigint): Value {
    return { value: wrap(value), section: this.lld ? absoluteSection : undefined };
  }

  /** A number in the text of an expression. */
  private literal(value: bigint): Value {
    const outside = this.context.section === absoluteSection && !this.context.saneExpressions;
    return outside ? { value, section: absoluteSection } : this.number(value);
  }

  /** An address, made relative to the output section around the expression. */
  private fromDot(address: bigint): Value {
    this.fromAddress = true;
    const { section } = this.context;
    return { value: wrap(address - section.address), section };
  }

  private toAbsolute(value: Value): Value {
    this.fromAddress = false;
    return absolute(value);
  }

  // Operators

  private foldUnary(expression: Unary): Value | undefined {
    const operand = this.fold(expression.operand);
    if (!operand) return undefined;
    if (!this.lld) return { ...operand, value: computeUnary(expression.operator, operand.value) };
    if (expression.operator === "+") return operand;
    return this.number(computeUnary(expression.operator, addressOf(operand)));
  }

  private foldBinary(expression: Binary): Value | undefined {
    const { operator } = expression;
    const left = this.fold(expression.left);
    if (this.lld && left && (operator === "&&" || operator === "||")) {
      const decided = (addressOf(left) !== 0n) === (operator === "||");
      if (decided) return this.number(operator === "||" ? 1n : 0n);
    }
    const right = this.fold(expression.right);
    if (!left || !right) return undefined;
    return this.lld
      ? this.lldOperator(expression, left, right)
      : this.gnuOperator(operator, left, right, expression.right.span);
  }

  private gnuOperator(operator: BinaryOperator, a: Value, b: Value, span: Span): Value | undefined {
    const { left, right, section, same, madeAbsolute } = convertOperands(a, b);
    if (madeAbsolute) this.fromAddress = false;
    let value = compute(operator, left, right, true);
    if (value === undefined) {
      if (this.context.phase !== "mark") return this.error(codes.divisionByZero, span, `${operator} by zero`);
      value = 0n;
    }
    switch (operator) {
      case "==":
      case "!=":
      case "<":
      case ">":
      case "<=":
      case ">=":
      case "&&":
      case "||":
        return { value, section: undefined };
      default:
        return same ? this.literal(value) : { value, section };
    }
  }

  private lldOperator(expression: Binary, left: Value, right: Value): Value | undefined {
    const { operator, span } = expression;
    if ((operator === "/" || operator === "%") && addressOf(right) === 0n) {
      if (this.context.phase === "mark") return this.number(0n);
      const words = operator === "/" ? "division by zero" : "modulo by zero";
      return this.error(codes.divisionByZero, span, `${operator} by zero`, words);
    }
    const value = lldBinary(operator, left, right);
    if (value) return value;
    return this.error(codes.bothRelative, span, "at least one side of the expression must be absolute");
  }

  // Functions

  private foldCall(expression: Call): Value | undefined {
    const values = expression.arguments.map((argument) => this.fold(argument));
    const [a, b] = values;
    if (!a || (values.length > 1 && !b)) return undefined;
    if (this.lld) return this.lldCall(expression, a, b ?? a);
    const { dot = 0n, phase } = this.context;
    switch (expression.callee) {
      case "ABSOLUTE":
        return this.toAbsolute(a);
      case "ALIGN":
      case "BLOCK": {
        if (b) {
          const { left, right, section, madeAbsolute } = convertOperands(a, b);
          if (madeAbsolute) this.fromAddress = false;
          return { value: alignUp(left, right), section };
        }
        return phase === "first" ? undefined : this.fromDot(alignUp(dot, a.value));
      }
      case "NEXT":
        if (phase === "first") return undefined;
        return { value: alignUp(dot, this.toAbsolute(a).value), section: absoluteSection };
      case "LOG2CEIL":
        return { value: log2Ceil(a.value), section: undefined };
      case "MAX":
      case "MIN": {
        const { left, right, section, madeAbsolute } = convertOperands(a, b ?? a);
        if (madeAbsolute) this.fromAddress = false;
        const takeLeft = expression.callee === "MAX" ? left > right : left < right;
        return { value: takeLeft ? left : right, section };
      }
      case "DATA_SEGMENT_ALIGN":
        return this.dataSegmentAlign(a, b ?? a);
      case "DATA_SEGMENT_RELRO_END":
        return this.dataSegmentRelroEnd(a, b ?? a);
      case "DATA_SEGMENT_END":
        return this.dataSegmentEnd(a);
    }
  }

  private lldCall(expression: Call, a: Value, b: Value): Value | undefined {
    const { dot = 0n, phase } = this.context;
    const first = addressOf(a);
    const second = addressOf(b);
    if (phase === "first" && !["ABSOLUTE", "LOG2CEIL", "MAX", "MIN"].includes(expression.callee))
      return undefined;
    switch (expression.callee) {
      case "ABSOLUTE":
        return this.toAbsolute(a);
      case "ALIGN":
      case "BLOCK":
      case "NEXT": {
        const alignment = expression.arguments.length > 1 ? second : first;
        if (alignment !== 0n && (alignment & (alignment - 1n)) !== 0n) {
          if (phase === "mark") return this.number(0n);
          const words = "alignment must be power of 2";
          return this.error(codes.badAlignment, expression.span, words);
        }
        if (expression.arguments.length < 2) return this.number(alignUp(dot, first));
        const { section } = a;
        return { value: wrap(alignUp(first, second) - (section?.address ?? 0n)), section };
      }
      case "LOG2CEIL":
        return this.number(log2Ceil(first));
      case "MAX":
        return this.number(larger(first, second));
      case "MIN":
        return this.number(larger(first, second) === first ? second : first);
      // LLD has no adjustment of the data segment: these only align.
      case "DATA_SEGMENT_ALIGN":
        return this.number(alignUp(dot, first));
      case "DATA_SEGMENT_RELRO_END":
        return this.number(alignUp(dot, this.context.maxPageSize));
      case "DATA_SEGMENT_END":
        return this.number(dot);
    }
  }

  private dataSegmentAlign(a: Value, b: Value): Value | undefined {
    const { dataSegment: segment, dot = 0n, phase, relro } = this.context;
    const { left: maxPage, right: commonPage, section } = convertOperands(a, b);
    segment.relro = "start";
    if (phase === "first" || this.context.section !== absoluteSection) return undefined;
    let value = alignUp(dot, maxPage);
    if (segment.state === "relro-adjust") {
      value = segment.base;
    } else if (segment.state === "adjust") {
      // Two pages share file bytes when the segments do not start at the same page offset.
      if (commonPage < maxPage) value += (dot + commonPage - 1n) & (maxPage - commonPage);
    } else {
      if (!relro) value += dot & wrap(maxPage - 1n);
      if (segment.state === "none") {
        segment.state = "align-seen";
        segment.base = wrap(value);
        segment.commonPageSize = commonPage;
        segment.maxPageSize = maxPage;
        segment.relroPageSize = maxPage;
        segment.relroEnd = 0n;
      } else if (segment.state !== "done") {
        return undefined;
      }
    }
    return { value: wrap(value), section };
  }

  private dataSegmentRelroEnd(offset: Value, end: Value): Value | undefined {
    const { dataSegment: segment, phase } = this.context;
    // GNU ld holds the operands the other way round, which shows in what they are converted to.
    const { left: to, right: by, section } = convertOperands(end, offset);
    segment.relro = "end";
    segment.relroOffset = by;
    if (phase === "first" || this.context.section !== absoluteSection) return undefined;
    const { state } = segment;
    if (state !== "align-seen" && state !== "adjust" && state !== "relro-adjust" && state !== "done") {
      return undefined;
    }
    if (state === "align-seen" || state === "relro-adjust") segment.relroEnd = wrap(to + by);
    let value = to;
    if (state === "relro-adjust" && (segment.relroEnd & (segment.relroPageSize - 1n)) !== 0n) {
      segment.relroEnd = alignUp(segment.relroEnd, segment.relroPageSize);
      value = wrap(segment.relroEnd - by);
    }
    if (state === "align-seen") segment.state = "relro-seen";
    return { value, section };
  }

  private dataSegmentEnd(end: Value): Value | undefined {
    const { dataSegment: segment, phase } = this.context;
    if (phase === "first" || this.context.section !== absoluteSection) return undefined;
    switch (segment.state) {
      case "align-seen":
      case "relro-seen":
        segment.state = "end-seen";
        segment.end = end.value;
        return end;
      case "done":
      case "adjust":
      case "relro-adjust":
        return end;
      default:
        return undefined;
    }
  }

  // Names

  private foldSymbol(name: Name): Value | undefined {
    const { phase } = this.context;
    const found = this.context.symbol(name.text);
    this.source = this.source === undefined ? name.text : { several: true };
    if (name.text === this.options.assigningTo) {
      const settled =
        found.kind === "defined" && found.section === absoluteSection && found.assignedInThisPass === true;
      if (!settled) this.refersToSelf = true;
    }
    switch (found.kind) {
      case "defined": {
        const isNumber =
          found.section === absoluteSection &&
          (this.context.section !== absoluteSection || this.context.saneExpressions);
        return isNumber ? this.number(found.value) : { value: found.value, section: found.section };
      }
      case "unplaced":
        if (phase === "first" || phase === "mark") return { value: found.value, section: found.section };
        return this.error(
          codes.unresolvableSymbol,
          name.span,
          `unresolvable symbol \`${name.text}' referenced in expression`,
          `symbol not found: ${name.text}`,
        );
      case "undefined":
        if (phase !== "final" && (phase === "mark" || !this.options.assigningToDot)) return undefined;
        return this.error(
          codes.undefinedSymbol,
          name.span,
          `undefined symbol \`${name.text}' referenced in expression`,
          `symbol not found: ${name.text}`,
        );
    }
  }

  private foldSectionQuery(expression: SectionQuery): Value | undefined {
    const { phase } = this.context;
    const { query, section: name } = expression;
    if (phase === "first") return undefined;
    const section: SectionInfo | undefined = this.context.outputSection(name.text);
    if (!section) {
      if (this.lld && query === "SIZEOF") return this.number(0n);
      if (phase === "final") {
        return this.error(
          codes.undefinedSection,
          name.span,
          `undefined section \`${name.text}' referenced in expression`,
          `undefined section ${name.text}`,
        );
      }
      return query === "SIZEOF" || query === "ALIGNOF" ? this.number(0n) : undefined;
    }
    switch (query) {
      case "ADDR":
        return section.hasAddress ? { value: 0n, section: section.ref } : undefined;
      case "LOADADDR":
        if (section.loadAddress === undefined) return undefined;
        return { value: section.loadAddress, section: absoluteSection };
      case "SIZEOF":
        return this.number(section.size);
      case "ALIGNOF":
        return this.number(section.alignment);
    }
  }

  private foldRegionQuery(expression: RegionQuery): Value | undefined {
    const { query, region: name } = expression;
    const region = this.context.region(name.text, name.span);
    if (!region) {
      return this.error(
        codes.undefinedRegion,
        name.span,
        `undefined MEMORY region \`${name.text}' referenced in expression`,
        `memory region not defined: ${name.text}`,
      );
    }
    if (query === "LENGTH") return this.number(region.length);
    return this.lld ? this.number(region.origin) : this.fromDot(region.origin);
  }

  private foldConstant(name: Name): Value | undefined {
    if (name.text === "MAXPAGESIZE") return this.number(this.context.maxPageSize);
    if (name.text === "COMMONPAGESIZE") return this.number(this.context.commonPageSize);
    return this.error(
      codes.unknownConstant,
      name.span,
      `unknown constant \`${name.text}' referenced in expression`,
      `unknown constant: ${name.text}`,
    );
  }

  private foldSegmentStart(expression: SegmentStart): Value | undefined {
    const otherwise = this.fold(expression.otherwise);
    if (!otherwise || this.lld) return otherwise;
    return this.fromDot(this.context.segmentStart(expression.segment.text) ?? otherwise.value);
  }
}

/** Checks an `ASSERT` statement; in the final phase a failed one is reported, with its message. */
export function checkAssert(
  assert: { readonly condition: Expression; readonly message: Name; readonly span: Span },
  context: ExpressionContext,
): void {
  new Evaluator(context, {}).foldAssert(assert.condition, assert.message, assert.span);
}
