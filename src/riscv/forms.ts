// Forms: every way to write an instruction, with the match and mask that follow
// from it. The instruction itself is one form; aliases and compressions are
// others, derived from the rows of `aliases.ts`; so are the .aq and .rl
// suffixes of atomic instructions.
import { aliasRows } from "./aliases.ts";
import { csrNamed } from "./csrs.ts";
import { excludedWords, type Instruction, parseSyntax, type SyntaxToken } from "./instruction.ts";
import { type Isa, supports } from "./isa.ts";
import { extractOperand, insertOperand, type OperandKind, operandMask } from "./operands.ts";
import { fenceBits, registerNamed, roundingModes } from "./registers.ts";
import { instructions, instructionsNamed } from "./table.ts";

/** A way to write an instruction. */
export interface Form {
  readonly mnemonic: string;
  readonly instruction: Instruction;
  /** The instruction's match and mask with what the form fixes. */
  readonly match: number;
  readonly mask: number;
  readonly except: readonly (readonly [mask: number, match: number])[];
  readonly syntax: string;
  readonly tokens: readonly SyntaxToken[];
  /** What is written, in the order of the syntax. */
  readonly operands: readonly OperandKind[];
  /** Operands that are also the value of another field: fneg.s's fs1 is fs2 too. */
  readonly copies: readonly (readonly [operand: number, to: OperandKind])[];
  /** Extensions: "M", "D&C"; the instruction's where the alias asks for no others. */
  readonly needs: string;
  readonly xlen: 0 | 32 | 64;
  /** How objdump uses it. */
  readonly use: "self" | "alias" | "written" | "always";
  /** For an alias the instruction that it stands for, in its operands' keys: "addi rd, rs1, 0". */
  readonly target: string | undefined;
}

/** Whether a machine has what a form needs. */
export function formSupported(form: Form, machine: Isa): boolean {
  return (form.xlen === 0 || form.xlen === machine.xlen) && supports(machine, form.needs);
}

/** Whether a word can be written in a form. */
export function formMatches(form: Form, word: number): boolean {
  if (((word ^ form.match) & form.mask) !== 0) return false;
  const except = form.except;
  for (let i = 0; i < except.length; i++) if (((word ^ except[i][1]) & except[i][0]) === 0) return false;
  for (const [operand, to] of form.copies) {
    if (extractOperand(form.operands[operand], word) !== extractOperand(to, word)) return false;
  }
  return true;
}

/** The word of a form with operand values that `operandAccepts`. */
export function encodeForm(form: Form, values: readonly number[]): number {
  let word = form.match;
  for (let i = 0; i < values.length; i++) word |= insertOperand(form.operands[i], values[i]);
  for (const [operand, to] of form.copies) word |= insertOperand(to, values[operand]);
  return word >>> 0;
}

/** The operands of a form as a reader is told them: `rd, imm12(rs1)`. */
export function syntaxText(form: { readonly syntax: string }): string {
  return form.syntax
    .replace(/!\d+/g, "")
    .replace(/\boffset12s?\b/g, "imm12")
    .replace(/\bc?target\d+\b/g, "target")
    .replace(/\bc(rs1|rs2|fs2|imm6)\b/g, "$1")
    .replace(/\b(r[ds]2?)pair\b/g, "$1")
    .replace(/\b(c[ls][bhwd](sp)?(?=\()|cupper|cliupper|caddi4spn|caddi16sp)/g, "imm")
    .replace(/\bcshamt\b/g, "shamt")
    .replace(/\brsd\b/g, "rd")
    .replace("aqrl ", "")
    .replace("spimm-", "-size")
    .replace("spimm", "size");
}

/** The form that is the instruction itself. */
function selfForm(instruction: Instruction): Form {
  return {
    mnemonic: instruction.mnemonic,
    instruction,
    match: instruction.match,
    mask: instruction.mask,
    except: instruction.except,
    syntax: instruction.syntax,
    tokens: instruction.tokens,
    operands: instruction.operands,
    copies: [],
    needs: instruction.needs,
    xlen: instruction.xlen,
    use: "self",
    target: undefined,
  };
}

/** What stands at each operand of a target: an operand's key, a register, a number or a name. */
function targetArguments(text: string): { mnemonic: string; arguments: readonly string[] } {
  const space = text.indexOf(" ");
  if (space < 0) return { mnemonic: text, arguments: [] };
  return {
    mnemonic: text.slice(0, space),
    arguments: Array.from(text.slice(space + 1).matchAll(/[^\s,()]+/g), ([argument]) => argument),
  };
}

/** The number that a literal of a target stands for. */
function literalValue(kind: OperandKind, text: string): number | undefined {
  const register = registerNamed(text);
  if (register && (kind.class === "x" || kind.class === "f")) return register.number;
  if (kind.class === "csr") return csrNamed(text)?.number;
  if (kind.class === "fence") return fenceBits(text);
  if (kind.class === "rm") {
    const mode = roundingModes.indexOf(text);
    return mode < 0 ? undefined : mode;
  }
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

function baseKey(key: string): string {
  return key.split("!")[0];
}

function aliasForm(
  mnemonic: string,
  syntax: string,
  target: string,
  use: Form["use"],
  needs: string | undefined,
  instruction: Instruction,
): Form {
  const { tokens, operands } = parseSyntax(syntax);
  const given = targetArguments(target).arguments;
  let match = instruction.match;
  let mask = instruction.mask;
  const copies: (readonly [number, OperandKind])[] = [];
  let at = 0;
  for (const token of instruction.tokens) {
    if (token.kind === "punctuation") continue;
    const text = given[at++];
    if (token.kind !== "operand") continue;
    const kind = instruction.operands[token.index];
    if (text === undefined) throw new Error(`alias ${mnemonic}: ${target} lacks an operand`);
    const source = operands.findIndex((operand) => baseKey(operand.key) === baseKey(text));
    if (source >= 0) {
      if (operandMask(operands[source]) !== operandMask(kind)) copies.push([source, kind]);
      continue;
    }
    const value = literalValue(kind, text);
    if (value === undefined) throw new Error(`alias ${mnemonic}: what is ${text} in ${target}`);
    match |= insertOperand(kind, value);
    mask |= operandMask(kind);
  }
  // A copied operand that has a place of its own there is written only once: fs1 in fsgnj.s fd, fs1, fs1.
  return {
    mnemonic,
    instruction,
    match: match >>> 0,
    mask: mask >>> 0,
    except: [...instruction.except, ...excludedWords(operands)],
    syntax,
    tokens,
    operands,
    copies,
    needs: needs ? combined(needs) : instruction.needs,
    xlen: needs?.includes("rv32") ? 32 : instruction.xlen,
    use,
    target,
  };
}

function combined(needs: string): string {
  return needs.replace("&rv32", "");
}

/** Suffixes of atomic instructions by the value of their ordering bits. */
export const orderingSuffixes: readonly string[] = ["", ".rl", ".aq", ".aqrl"];

let places: Map<string, number[]> | undefined;
let byTarget: Map<string, number[]> | undefined;

function indexRows(): void {
  places = new Map();
  byTarget = new Map();
  for (let i = 0; i < aliasRows.length; i++) {
    const [mnemonic, , target, use] = aliasRows[i];
    const list = places.get(mnemonic);
    if (list) list.push(i);
    else places.set(mnemonic, [i]);
    if (use === "self") continue;
    const space = target.indexOf(" ");
    const name = space < 0 ? target : target.slice(0, space);
    const others = byTarget.get(name);
    if (others) others.push(i);
    else byTarget.set(name, [i]);
  }
}

const aliasForms = new Map<number, readonly Form[]>();

/** The forms of an alias row: one for each instruction of the target's name (they differ in width). */
function formsOfRow(row: number): readonly Form[] {
  let forms = aliasForms.get(row);
  if (!forms) {
    const [mnemonic, syntax, target, use, needs] = aliasRows[row];
    const name = targetArguments(target).mnemonic;
    forms = instructionsNamed(name)
      .filter((instruction) => !instruction.hidden)
      .map((instruction) =>
        aliasForm(
          mnemonic,
          syntax,
          target,
          use === undefined || use === "self" ? "alias" : use,
          needs,
          instruction,
        ),
      );
    aliasForms.set(row, forms);
  }
  return forms;
}

/** An atomic instruction with its suffix: the ordering bits are fixed. */
function orderedForm(instruction: Instruction, ordering: number): Form {
  const form = selfForm(instruction);
  const operands = instruction.operands;
  const kind = operands.find((operand) => operand.class === "ordering")!;
  return {
    ...form,
    mnemonic: instruction.mnemonic + orderingSuffixes[ordering],
    match: (form.match | insertOperand(kind, ordering)) >>> 0,
    mask: (form.mask | operandMask(kind)) >>> 0,
    tokens: form.tokens.map((token) =>
      token.kind === "operand" ? { ...token, index: token.index - 1 } : token,
    ),
    operands: operands.filter((operand) => operand !== kind),
  };
}

function selfForms(mnemonic: string): Form[] {
  const forms: Form[] = [];
  for (const instruction of instructionsNamed(mnemonic)) {
    if (instruction.hidden || instruction.unwritten) continue;
    const ordered = instruction.operands[0]?.class === "ordering";
    forms.push(ordered ? orderedForm(instruction, 0) : selfForm(instruction));
  }
  if (forms.length > 0) return forms;
  const suffix = /^(.*?)(\.aqrl|\.aq|\.rl)$/.exec(mnemonic);
  if (!suffix) return forms;
  for (const instruction of instructionsNamed(suffix[1])) {
    if (instruction.operands[0]?.class === "ordering") {
      forms.push(orderedForm(instruction, orderingSuffixes.indexOf(suffix[2])));
    }
  }
  return forms;
}

const found = new Map<string, readonly Form[]>();

/**
 * The forms of a mnemonic in the order in which an assembler tries them, those
 * of all extensions and widths; macros of more than one instruction are in
 * `macros.ts`.
 */
export function lookup(mnemonic: string): readonly Form[] {
  let forms = found.get(mnemonic);
  if (forms) return forms;
  if (!places) indexRows();
  const list: Form[] = [];
  let placed = false;
  for (const row of places!.get(mnemonic) ?? []) {
    if (aliasRows[row][3] === "self") {
      list.push(...selfForms(mnemonic));
      placed = true;
    } else list.push(...formsOfRow(row).filter((form) => !form.instruction.unwritten));
  }
  if (!placed) list.push(...selfForms(mnemonic));
  forms = list;
  if (list.length > 0) found.set(mnemonic, forms);
  return forms;
}

const printed: (readonly Form[] | undefined)[] = [];
const ownForms: (readonly Form[] | undefined)[] = [];

/** The forms in which objdump may print an instruction, best first; the last is the instruction itself. */
export function printedForms(instruction: Instruction): readonly Form[] {
  const known = printed[instruction.index];
  if (known) return known;
  if (!byTarget) indexRows();
  const list: Form[] = [];
  for (const row of byTarget!.get(instruction.mnemonic) ?? []) {
    if (aliasRows[row][3] === "written") continue;
    for (const form of formsOfRow(row)) if (form.instruction === instruction) list.push(form);
  }
  list.push(...ownFormsOf(instruction));
  printed[instruction.index] = list;
  return list;
}

function ownFormsOf(instruction: Instruction): readonly Form[] {
  let forms = ownForms[instruction.index];
  if (!forms) {
    const ordered = instruction.operands[0]?.class === "ordering";
    forms = ordered ? [0, 1, 2, 3].map((bits) => orderedForm(instruction, bits)) : [selfForm(instruction)];
    ownForms[instruction.index] = forms;
  }
  return forms;
}

/** An instruction with the values of its operands. */
export interface Expanded {
  readonly instruction: Instruction;
  readonly values: readonly number[];
}

/**
 * The instruction that a compressed one stands for, with its operands' values;
 * undefined where it has a meaning of its own. `xlen` chooses among
 * instructions of one name.
 */
export function expand(
  instruction: Instruction,
  values: readonly number[],
  xlen: 32 | 64,
): Expanded | undefined {
  if (instruction.expansion === undefined) return undefined;
  const { mnemonic, arguments: given } = targetArguments(instruction.expansion);
  const target = instructionsNamed(mnemonic).find(
    (candidate) => !candidate.hidden && (candidate.xlen === 0 || candidate.xlen === xlen),
  );
  if (!target) throw new Error(`${instruction.mnemonic} expands to unknown ${instruction.expansion}`);
  const expanded: number[] = new Array(target.operands.length).fill(0);
  let at = 0;
  for (const token of target.tokens) {
    if (token.kind === "punctuation") continue;
    const text = given[at++];
    if (token.kind !== "operand") continue;
    const kind = target.operands[token.index];
    const source = instruction.operands.findIndex((operand) => baseKey(operand.key) === baseKey(text));
    const value = source >= 0 ? values[source] : literalValue(kind, text);
    if (value === undefined) throw new Error(`${instruction.mnemonic}: what is ${text}`);
    // c.lui's number is signed, lui's is not.
    expanded[token.index] = kind.class === "upper" ? value & 0xfffff : value;
  }
  return { instruction: target, values: expanded };
}

/** Every mnemonic that has a form: instructions, aliases, ordering suffixes. */
export function mnemonics(): string[] {
  if (!places) indexRows();
  const names = new Set<string>(places!.keys());
  for (const instruction of instructions()) {
    names.add(instruction.mnemonic);
    if (instruction.operands[0]?.class !== "ordering") continue;
    for (const suffix of orderingSuffixes) names.add(instruction.mnemonic + suffix);
  }
  return [...names];
}
