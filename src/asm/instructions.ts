import { R_RISCV_HI20, R_RISCV_PCREL_HI20, R_RISCV_TPREL_ADD, R_RISCV_TPREL_HI20 } from "../elf/index.ts";
import { csrInSpec, csrNamed, macroSupported } from "../riscv/index.ts";
import type { Assembler } from "./assembler.ts";
import { emitExpression, fixupFor } from "./emit-data.ts";
import { CONSTANT, type Expression, SYMBOL } from "./expression.ts";
import {
  CLASS_TARGET,
  CLASS_UPPER,
  type CompiledForm,
  insertValue,
  type Mnemonic,
  mnemonicNamed,
} from "./form-table.ts";
import { reportUnmatched } from "./instruction-errors.ts";
import { type Attempt, matchForm } from "./match-form.ts";
import type { NameId } from "./names.ts";
import { parseSlots, SLOT_NAME, type Slots } from "./operand-slots.ts";
import { expandPseudo } from "./pseudo.ts";
import { BRANCH, BRANCH_COMPRESSED, BRANCH_UNCONDITIONAL, FIXUP_RELAX } from "./sections.ts";

/** What a mnemonic has for the current extensions. */
export interface Usable {
  readonly mnemonic: Mnemonic;
  version: number;
  forms: readonly CompiledForm[];
}

/** One instruction: `name` has been read, it began at `start`. */
export function assembleInstruction(assembler: Assembler, name: NameId, start: number): void {
  const { reader, attributes, slots } = assembler;
  if (!attributes.started) {
    attributes.started = true;
    assembler.target.checkAbi();
  }
  let usable = assembler.mnemonics[name];
  if (usable === undefined) usable = assembler.mnemonics[name] = findMnemonic(assembler, name);
  assembler.mapping.code();
  if (usable === null) {
    reader.skipStatement();
    reportUnmatched(assembler, undefined, start, reader.at);
    return;
  }
  const parsed = parseSlots(assembler, slots);
  if (parsed && assembleSlots(assembler, usable, slots)) return;
  reader.skipStatement();
  reportUnmatched(assembler, usable.mnemonic, start, reader.at);
}

function findMnemonic(assembler: Assembler, name: NameId): Usable | null {
  const text = assembler.names.text(name);
  const mnemonic = mnemonicNamed(text) ?? mnemonicNamed(text.toLowerCase());
  return mnemonic ? { mnemonic, version: -1, forms: [] } : null;
}

export function usableNamed(assembler: Assembler, text: string): Usable {
  const name = assembler.names.internText(text);
  const usable = (assembler.mnemonics[name] ??= findMnemonic(assembler, name));
  if (!usable) throw new Error(`no instruction ${text}`);
  return usable;
}

/** Tries the forms of a mnemonic on the slots; false if none fits. */
export function assembleSlots(assembler: Assembler, usable: Usable, slots: Slots): boolean {
  const { target, attempt } = assembler;
  if (usable.version !== target.version) refresh(assembler, usable);
  const { forms } = usable;
  attempt.furthest = 0;
  attempt.complaint = attempt.hint = undefined;
  for (let i = 0; i < forms.length; i++) {
    const form = forms[i];
    if (matchForm(assembler, form, slots, attempt)) {
      emitForm(assembler, form, slots, attempt);
      return true;
    }
  }
  const { macros } = usable.mnemonic;
  for (let i = 0; i < macros.length; i++) {
    if (macroSupported(macros[i], target.machine) && expandPseudo(assembler, macros[i], slots)) return true;
  }
  return false;
}

function refresh(assembler: Assembler, usable: Usable): void {
  const { target } = assembler;
  usable.version = target.version;
  usable.forms = usable.mnemonic.forms.filter(
    (form) => target.supports(form.form!) && (form.size !== 2 || target.compressed),
  );
}

/** The word of a form with the values of an attempt. */
export function formWord(form: CompiledForm, values: Int32Array): number {
  let word = form.match;
  const { operands, copies } = form;
  for (let i = 0; i < operands.length; i++) word |= insertValue(operands[i], values[i]);
  for (let i = 0; i < copies.length; i++) word |= insertValue(copies[i][1], values[copies[i][0]]);
  return word;
}

const PRIVILEGED = new Set(["sret", "mret", "sfence.vma", "wfi", "sfence.vm"]);

/** Puts the instruction, with the fixup that its attempt asks for. */
export function emitForm(assembler: Assembler, form: CompiledForm, slots: Slots, attempt: Attempt): void {
  const { sections } = assembler;
  const word = formWord(form, attempt.values);
  if (attempt.csr) checkCsr(assembler, form, word, slots);
  else if (form.form && PRIVILEGED.has(form.form.instruction.mnemonic))
    assembler.attributes.privileged = true;
  assembler.onInstruction?.();
  if (sections.absolute) {
    absoluteInstruction(assembler, form.size);
    return;
  }
  if (attempt.target >= 0) {
    emitBranch(assembler, form, word, slots.expressions[attempt.target]);
    return;
  }
  if (attempt.slot < 0 && attempt.marker < 0) {
    if (form.size === 4) sections.emit32(word);
    else sections.emit16(word);
    // GNU as makes a fixup of lui's number, too, and what follows such a fixup is a fragment of its own.
    if (form.size === 4 && isUpperNumber(form)) sections.newFragment();
    return;
  }
  const type = attempt.slot < 0 ? R_RISCV_TPREL_ADD : attempt.relocation;
  const expression = slots.expressions[attempt.slot < 0 ? attempt.marker : attempt.slot];
  emitRelocated(assembler, word, type, expression);
}

function isUpperNumber(form: CompiledForm): boolean {
  const { operands } = form;
  for (let i = 0; i < operands.length; i++) if (operands[i].class === CLASS_UPPER) return true;
  return false;
}

function absoluteInstruction(assembler: Assembler, size: number): void {
  const { expression } = assembler;
  expression.op = CONSTANT;
  expression.number = 1;
  emitExpression(assembler, expression, size);
}

/** A 32-bit instruction with a relocation on it. */
export function emitRelocated(
  assembler: Assembler,
  word: number,
  type: number,
  expression: Expression,
): void {
  const { sections, target } = assembler;
  sections.emit32(word);
  const at = sections.chain.used - 4;
  const i = fixupFor(assembler, expression, at, 4, type);
  if (i >= 0 && target.relax) sections.chain.fixups.flags[i] = FIXUP_RELAX;
  // The linker may take this instruction away, so nothing across it is a constant.
  if (
    type === R_RISCV_HI20 ||
    type === R_RISCV_PCREL_HI20 ||
    type === R_RISCV_TPREL_HI20 ||
    type === R_RISCV_TPREL_ADD
  )
    sections.newFragment();
}

/** The longest sequence that a branch can become. */
const LONGEST_BRANCH = 8;

/** A branch or a jump: its length is decided when its target's place is known. */
function emitBranch(assembler: Assembler, form: CompiledForm, word: number, expression: Expression): void {
  const { sections } = assembler;
  let symbol = -1;
  let offset = 0;
  if (expression.op === CONSTANT) offset = Number(expression.number);
  else if (expression.op === SYMBOL) {
    symbol = expression.symbol;
    offset = Number(expression.number);
  } else {
    // Only the first symbol counts, as in GNU as.
    symbol = expression.symbol;
    offset = Number(expression.number);
  }
  const operand = form.operands.find((each) => each.class === CLASS_TARGET)!;
  const jump = operand.kind.key === "target20" || operand.kind.key === "ctarget11";
  const flags = (jump ? BRANCH_UNCONDITIONAL : 0) | (form.size === 2 ? BRANCH_COMPRESSED : 0);
  const at = sections.variable(BRANCH, LONGEST_BRANCH, form.size, flags, symbol, offset);
  const { bytes } = sections.chain;
  bytes[at] = word;
  bytes[at + 1] = word >> 8;
  bytes[at + 2] = form.size === 4 ? word >> 16 : 0;
  bytes[at + 3] = form.size === 4 ? word >> 24 : 0;
}

function checkCsr(assembler: Assembler, form: CompiledForm, word: number, slots: Slots): void {
  const { target } = assembler;
  assembler.attributes.privileged = true;
  if (!target.csrCheck) return;
  for (let i = 0; i < slots.count; i++) {
    const csr = slots.name[i] >= 0 ? csrNamed(assembler.names.text(slots.name[i])) : undefined;
    if (!csr || slots.kind[i] !== SLOT_NAME) continue;
    if (csr.rv32 && target.xlen !== 32)
      assembler.warning("AS0120", `invalid CSR \`${csr.name}', needs rv32i extension`);
    const needs = csr.needs.toLowerCase();
    if (needs !== "zicsr" && !needs.split("&").every((each) => target.has(each)))
      assembler.warning("AS0120", `invalid CSR \`${csr.name}', needs \`${needs}' extension`);
    if (!csrInSpec(csr, target.privilegedSpec))
      assembler.warning(
        "AS0121",
        `invalid CSR \`${csr.name}' for the privileged spec \`${target.privilegedSpec}'`,
      );
  }
  const readOnly = ((word >>> 30) & 3) === 3;
  const writes = (word & 0x3000) === 0x1000 || ((word >>> 15) & 31) !== 0;
  if (readOnly && writes && form.form)
    assembler.warning("AS0122", `read-only CSR is written \`${assembler.statementText()}'`);
}
