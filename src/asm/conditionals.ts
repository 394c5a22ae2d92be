import type { Assembler } from "./assembler.ts";
import { COMMA, NEWLINE, QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { stringOperand } from "./directives-data.ts";
import { CONSTANT } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";
import { REGISTER, UNDEFINED } from "./sections.ts";
import { HAS_EXPRESSION } from "./symbols.ts";

/** An open .if. */
export interface Conditional {
  /** Lines are skipped in the current branch. */
  skipping: boolean;
  /** No further branch can be taken: one was, or all around is skipped. */
  done: boolean;
  elseSeen: boolean;
  readonly place: number;
}

function open(assembler: Assembler, condition: () => boolean): void {
  const { conditionals, reader } = assembler;
  const outer = assembler.skipping;
  if (conditionals.length > 10_000) {
    assembler.error("AS0301", "conditionals are nested too deeply");
    assembler.ignoreRest();
    return;
  }
  const skipping = outer || !condition();
  conditionals.push({ skipping, done: outer || !skipping, elseSeen: false, place: reader.place });
  assembler.skipping = skipping;
  if (skipping && !outer) assembler.listing?.skipping(true);
  if (outer) assembler.ignoreRest();
  else assembler.endOfLine();
}

type Test = (value: number | bigint) => boolean;

function constantValue(assembler: Assembler, name: string): number | bigint {
  const { expression } = assembler;
  parseExpression(assembler, expression, "evaluate");
  if (expression.op === CONSTANT) return expression.number;
  assembler.error("AS0302", `non-constant expression in "${name}" statement`);
  return 0;
}

function compare(test: Test): (assembler: Assembler) => void {
  return (assembler) => open(assembler, () => test(constantValue(assembler, ".if")));
}

function ifDefined(assembler: Assembler, negated: number): void {
  open(assembler, () => {
    const { reader, symbols } = assembler;
    reader.skipSpace();
    const name = reader.name();
    if (name < 0) {
      assembler.error("AS0303", 'invalid identifier for ".ifdef"');
      assembler.ignoreRest();
      return false;
    }
    const symbol = symbols.find(name);
    const section = symbol < 0 ? UNDEFINED : symbols.section[symbol];
    const defined =
      symbol >= 0 && section !== REGISTER && (section !== UNDEFINED || symbols.has(symbol, HAS_EXPRESSION));
    return defined === (negated === 0);
  });
}

/** .ifb, .ifnb: whether anything follows. */
function ifBlank(assembler: Assembler, blank: number): void {
  open(assembler, () => {
    assembler.reader.skipSpace();
    const empty = assembler.reader.atEnd;
    assembler.ignoreRest();
    return empty === (blank === 1);
  });
}

/** .ifc a,b: texts, in apostrophes or bare. */
function ifSame(assembler: Assembler, negated: number): void {
  open(assembler, () => {
    const first = bareText(assembler, true);
    if (!assembler.reader.takeComma()) assembler.error("AS0304", "bad format for ifc or ifnc");
    const second = bareText(assembler, false);
    return (first === second) === (negated === 0);
  });
}

function bareText(assembler: Assembler, toComma: boolean): string {
  const { reader } = assembler;
  reader.skipSpace();
  const { bytes } = reader;
  const start = reader.at;
  if (bytes[start] === 39) {
    let text = "";
    reader.at++;
    for (; bytes[reader.at] !== NEWLINE && reader.at < bytes.length - 1; reader.at++) {
      if (bytes[reader.at] === 39) {
        reader.at++;
        if (bytes[reader.at] !== 39) break;
      }
      text += String.fromCharCode(bytes[reader.at]);
    }
    return text;
  }
  if (toComma) while (!reader.atEnd && bytes[reader.at] !== COMMA) reader.at++;
  else reader.skipStatement();
  return reader.text(start, reader.at).trim();
}

function ifEqualStrings(assembler: Assembler, negated: number): void {
  open(assembler, () => {
    const first = stringOperand(assembler);
    if (first !== undefined && !assembler.reader.takeComma()) {
      assembler.error("AS0305", ".ifeqs syntax error: expected a comma");
      assembler.ignoreRest();
      return false;
    }
    assembler.reader.skipSpace();
    const second =
      assembler.reader.bytes[assembler.reader.at] === QUOTE ? stringOperand(assembler) : undefined;
    return (first === second) === (negated === 0);
  });
}

function innermost(assembler: Assembler, name: string): Conditional | undefined {
  const { conditionals, reader } = assembler;
  const outside = reader.frame.kind !== "file" && conditionals.length <= reader.frame.conditionals;
  const found = outside ? undefined : conditionals.at(-1);
  if (!found) assembler.error("AS0306", `"${name}" without ".if"`);
  return found;
}

function elseIf(assembler: Assembler): void {
  const current = innermost(assembler, ".elseif");
  if (!current) {
    assembler.ignoreRest();
    return;
  }
  if (current.elseSeen) {
    assembler.error("AS0307", '".elseif" after ".else"');
    assembler.ignoreRest();
    return;
  }
  if (current.done) {
    if (!assembler.skipping) assembler.listing?.skipping(true);
    current.skipping = assembler.skipping = true;
    assembler.ignoreRest();
    return;
  }
  const taken = constantValue(assembler, ".elseif") !== 0;
  if (taken) assembler.listing?.skipping(false);
  current.skipping = assembler.skipping = !taken;
  current.done = taken;
  assembler.endOfLine();
}

function elseDirective(assembler: Assembler): void {
  const current = innermost(assembler, ".else");
  if (current?.elseSeen) assembler.error("AS0308", 'duplicate ".else"');
  else if (current) {
    current.elseSeen = true;
    if (assembler.skipping !== current.done) assembler.listing?.skipping(current.done);
    current.skipping = assembler.skipping = current.done;
    current.done = true;
  }
  assembler.endOfLine();
}

function endIf(assembler: Assembler): void {
  const current = innermost(assembler, ".endif");
  if (current) {
    assembler.conditionals.pop();
    if (assembler.skipping) assembler.listing?.skipping(false);
    assembler.skipping = assembler.conditionals.at(-1)?.skipping ?? false;
  }
  assembler.endOfLine();
}

/** Complains about conditionals opened since there were `depth`, and closes them. */
export function closeConditionals(assembler: Assembler, depth: number, where: "file" | "macro"): void {
  const { conditionals } = assembler;
  if (conditionals.length <= depth) return;
  const message = `end of ${where} inside conditional`;
  if (where === "macro") assembler.error("AS0309", message);
  else assembler.report.error("AS0309", assembler.lastFile(), message);
  const open = conditionals[conditionals.length - 1];
  assembler.errorAt(open.place, "AS0309", "here is the start of the unterminated conditional");
  conditionals.length = depth;
  assembler.skipping = conditionals.at(-1)?.skipping ?? false;
}

/** Directives that are read while lines are skipped, too. */
export const conditionalDirectives: DirectiveTable = {
  if: compare((value) => value !== 0),
  ifne: compare((value) => value !== 0),
  ifeq: compare((value) => value === 0),
  ifge: compare((value) => value >= 0),
  ifgt: compare((value) => value > 0),
  ifle: compare((value) => value <= 0),
  iflt: compare((value) => value < 0),
  ifdef: [ifDefined, 0],
  ifndef: [ifDefined, 1],
  ifnotdef: [ifDefined, 1],
  ifb: [ifBlank, 1],
  ifnb: [ifBlank, 0],
  ifc: [ifSame, 0],
  ifnc: [ifSame, 1],
  ifeqs: [ifEqualStrings, 0],
  ifnes: [ifEqualStrings, 1],
  elseif: elseIf,
  else: elseDirective,
  elsec: elseDirective,
  endif: endIf,
  endc: endIf,
};
