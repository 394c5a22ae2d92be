import {
  DW_CFA_advance_loc,
  DW_CFA_def_cfa,
  DW_CFA_def_cfa_offset,
  DW_CFA_def_cfa_register,
  DW_CFA_GNU_window_save,
  DW_CFA_offset,
  DW_CFA_register,
  DW_CFA_remember_state,
  DW_CFA_restore,
  DW_CFA_restore_state,
  DW_CFA_same_value,
  DW_CFA_undefined,
  DW_CFA_val_offset,
} from "../dwarf/index.ts";
import type { Assembler } from "./assembler.ts";
import { finishFrames } from "./cfi-output.ts";
import { COMMA, kinds, NAME_START, PERCENT, QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { dwarfRegister, SP } from "./dwarf-registers.ts";
import { CONSTANT, type Expression, newExpression, REGISTER_OP, SYMBOL } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";
import type { Chain } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * `.cfi_…` directives: how to find the caller's registers at each instruction.
 *
 * Between `.cfi_startproc` and `.cfi_endproc` they collect rules of one
 * function. At the end of the input cfi-output.ts writes them as entries of
 * .eh_frame or .debug_frame. A rule that applies from a later address than the
 * one before is preceded by an advance from label to label.
 */

// Rules have their DWARF number (DW_CFA_…) where they have one. These are made of others, or of bytes.
export const RULE_ESCAPE = 0x100;
export const RULE_LABEL = 0x101;
export const RULE_ENCODED_ADDRESS = 0x102;
const ADJUST_CFA_OFFSET = 0x103;
const RELATIVE_OFFSET = 0x104;
const RETURN_COLUMN = 0x105;
const SIGNAL_FRAME = 0x106;

export interface FrameRule {
  readonly kind: number;
  /** A register, or the first of two. */
  readonly register: number;
  /** An offset, or the second register. */
  readonly offset: number;
  /** Of an advance: the labels it goes between. */
  readonly from?: SymbolId;
  readonly to?: SymbolId;
  readonly bytes?: readonly Expression[];
  readonly label?: string;
  readonly encoding?: number;
  readonly address?: Expression;
}

export const DW_EH_PE_omit = 0xff;
export const DW_EH_PE_pcrel = 0x10;

export interface Frame {
  readonly start: SymbolId;
  end: SymbolId | undefined;
  readonly rules: FrameRule[];
  returnColumn: number;
  signal: boolean;
  /** DW_EH_PE_… of the personality routine and of the handler data; 0xff is none. */
  personalityEncoding: number;
  personality: Expression | undefined;
  handlerEncoding: number;
  handler: Expression | undefined;
  /** Which sections get it: EH_FRAME, DEBUG_FRAME. */
  sections: number;
}

export const EH_FRAME = 1;
export const DEBUG_FRAME = 2;
const OFFSET_UNIT = 4;

/** A function whose `.cfi_endproc` has not come yet. */
interface OpenFrame {
  readonly frame: Frame;
  /** Where the last rule applies from. */
  last: SymbolId;
  cfaOffset: number;
  readonly saved: number[];
}

export class CallFrames {
  readonly frames: Frame[] = [];
  /** One function can be open in each subsection. */
  private readonly open: Map<Chain, OpenFrame> = new Map();
  sections: number = EH_FRAME;
  sectionsUsed = false;
  /** Of all frames. */
  allSections = 0;
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  get current(): OpenFrame | undefined {
    return this.open.get(this.assembler.sections.chain);
  }

  start(simple: boolean): void {
    const { sections } = this.assembler;
    const start = this.assembler.temporaryLabel();
    const frame: Frame = {
      start,
      end: undefined,
      rules: [],
      returnColumn: 1,
      signal: false,
      personalityEncoding: DW_EH_PE_omit,
      personality: undefined,
      handlerEncoding: DW_EH_PE_omit,
      handler: undefined,
      sections: this.sections,
    };
    this.frames.push(frame);
    this.sectionsUsed = true;
    this.allSections |= this.sections;
    this.open.set(sections.chain, { frame, last: start, cfaOffset: 0, saved: [] });
    // On entry the caller's stack pointer is the stack pointer.
    if (!simple) this.rule(DW_CFA_def_cfa_register, SP, 0);
  }

  end(): void {
    const open = this.current;
    if (!open) return;
    open.frame.end = this.assembler.temporaryLabel();
    this.open.delete(this.assembler.sections.chain);
  }

  /** The rules that follow apply from here on. */
  advance(): void {
    const open = this.current;
    if (!open) return;
    const { symbols, sections } = this.assembler;
    if (symbols.fragment[open.last] === sections.fragment && symbols.valueOf(open.last) === sections.offset)
      return;
    const to = this.assembler.temporaryLabel();
    this.add({ kind: DW_CFA_advance_loc, register: 0, offset: 0, from: open.last, to });
    open.last = to;
  }

  add(rule: FrameRule): void {
    this.current?.frame.rules.push(rule);
  }

  rule(kind: number, register: number, offset: number): void {
    this.add({ kind, register, offset });
  }
}

/** The open function; a message, and the statement is dropped, if there is none. */
function openFrame(assembler: Assembler): OpenFrame | undefined {
  const open = assembler.callFrames.current;
  if (open) return open;
  assembler.error("AS0901", "CFI instruction used without previous .cfi_startproc");
  assembler.ignoreRest();
  return undefined;
}

function separator(assembler: Assembler): void {
  if (!assembler.reader.take(COMMA)) assembler.error("AS0902", "missing separator");
}

/** A register by name or number. */
function register(assembler: Assembler): number {
  const { reader } = assembler;
  reader.skipSpace();
  const start = reader.at;
  if (reader.bytes[reader.at] === PERCENT && (kinds[reader.bytes[reader.at + 1]] & NAME_START) !== 0)
    reader.at++;
  let number = -1;
  if ((kinds[reader.bytes[reader.at]] & NAME_START) !== 0 || reader.bytes[reader.at] === QUOTE) {
    const name = assembler.names.text(reader.name());
    number = dwarfRegister(name);
    if (number < 0) assembler.error("AS0903", `unknown register \`${name}'`);
  } else {
    const { expression } = assembler;
    parseExpression(assembler, expression, "evaluate");
    if (expression.op === CONSTANT || expression.op === REGISTER_OP) number = Number(expression.number);
  }
  if (number >= 0) return number;
  if (reader.at === start) assembler.ignoreRest();
  assembler.error("AS0904", "bad register expression");
  return 0;
}

function rule(assembler: Assembler, kind: number): void {
  const open = openFrame(assembler);
  if (!open) return;
  const { callFrames, reader } = assembler;
  callFrames.advance();
  switch (kind) {
    case DW_CFA_offset:
    case DW_CFA_val_offset:
    case RELATIVE_OFFSET: {
      const saved = register(assembler);
      separator(assembler);
      let offset = assembler.absoluteNumber();
      if (kind === RELATIVE_OFFSET) offset -= open.cfaOffset;
      callFrames.rule(kind === DW_CFA_val_offset ? kind : DW_CFA_offset, saved, offset);
      if (offset % OFFSET_UNIT !== 0)
        assembler.error("AS0905", `register save offset not a multiple of ${OFFSET_UNIT}`);
      break;
    }
    case DW_CFA_def_cfa: {
      const base = register(assembler);
      separator(assembler);
      open.cfaOffset = assembler.absoluteNumber();
      callFrames.rule(kind, base, open.cfaOffset);
      break;
    }
    case DW_CFA_register: {
      const first = register(assembler);
      separator(assembler);
      callFrames.rule(kind, first, register(assembler));
      break;
    }
    case DW_CFA_def_cfa_register:
    case DW_CFA_same_value:
      callFrames.rule(kind, register(assembler), 0);
      break;
    case DW_CFA_def_cfa_offset:
    case ADJUST_CFA_OFFSET:
      open.cfaOffset = assembler.absoluteNumber() + (kind === ADJUST_CFA_OFFSET ? open.cfaOffset : 0);
      callFrames.rule(DW_CFA_def_cfa_offset, 0, open.cfaOffset);
      break;
    case DW_CFA_restore:
    case DW_CFA_undefined:
      do callFrames.rule(kind, register(assembler), 0);
      while (reader.take(COMMA));
      break;
    case RETURN_COLUMN:
      open.frame.returnColumn = register(assembler);
      break;
    case DW_CFA_remember_state:
      open.saved.push(open.cfaOffset);
      callFrames.rule(kind, 0, 0);
      break;
    case DW_CFA_restore_state: {
      callFrames.rule(kind, 0, 0);
      const saved = open.saved.pop();
      if (saved === undefined) assembler.error("AS0906", "CFI state restore without previous remember");
      else open.cfaOffset = saved;
      break;
    }
    case SIGNAL_FRAME:
      open.frame.signal = true;
      break;
    default:
      callFrames.rule(kind, 0, 0);
  }
  assembler.endOfLine();
}

function escapeBytes(assembler: Assembler): void {
  if (!openFrame(assembler)) return;
  const { callFrames, reader } = assembler;
  callFrames.advance();
  const bytes: Expression[] = [];
  do {
    const expression = newExpression();
    parseExpression(assembler, expression, "normal");
    bytes.push(expression);
  } while (reader.take(COMMA));
  callFrames.add({ kind: RULE_ESCAPE, register: 0, offset: 0, bytes });
  assembler.endOfLine();
}

/** Encodings that can be written: of 2, 4 or 8 bytes or a pointer, absolute or relative to their place. */
function isUsable(encoding: number): boolean {
  if ((encoding & 0xff) !== encoding) return false;
  const application = encoding & 0x70;
  if (application !== 0 && application !== DW_EH_PE_pcrel) return false;
  return (encoding & 7) !== 1 && (encoding & 7) <= 4;
}

/** .cfi_personality and .cfi_lsda: an encoding and, unless it is "none", an address. */
function pointer(assembler: Assembler, which: number): void {
  const open = openFrame(assembler);
  if (!open) return;
  const directive = which === 0 ? ".cfi_personality" : ".cfi_lsda";
  const { frame } = open;
  const set = (encoding: number, address?: Expression) => {
    if (which === 0) {
      frame.personalityEncoding = encoding;
      frame.personality = address;
    } else {
      frame.handlerEncoding = encoding;
      frame.handler = address;
    }
  };
  const encoding = assembler.absoluteNumber();
  if (encoding === DW_EH_PE_omit) {
    set(encoding);
    assembler.endOfLine();
    return;
  }
  if (!isUsable(encoding)) {
    assembler.error("AS0907", `invalid or unsupported encoding in ${directive}`);
    assembler.ignoreRest();
    return;
  }
  if (!assembler.reader.take(COMMA)) {
    assembler.error("AS0907", `${directive} requires encoding and symbol arguments`);
    assembler.ignoreRest();
    return;
  }
  const address = newExpression();
  parseExpression(assembler, address, "evaluate");
  if (address.op !== SYMBOL && !(address.op === CONSTANT && (encoding & 0x70) !== DW_EH_PE_pcrel)) {
    set(DW_EH_PE_omit);
    assembler.error("AS0907", `wrong second argument to ${directive}`);
    assembler.ignoreRest();
    return;
  }
  set(encoding, address);
  assembler.endOfLine();
}

function encodedAddress(assembler: Assembler): void {
  if (!openFrame(assembler)) return;
  const { callFrames } = assembler;
  callFrames.advance();
  const target = register(assembler);
  separator(assembler);
  const encoding = assembler.absoluteNumber();
  if (!isUsable(encoding))
    assembler.error("AS0907", "invalid or unsupported encoding in .cfi_val_encoded_addr");
  separator(assembler);
  const address = newExpression();
  parseExpression(assembler, address, "evaluate");
  if (address.op !== SYMBOL && !(address.op === CONSTANT && (encoding & 0x70) !== DW_EH_PE_pcrel)) {
    assembler.error("AS0907", "wrong third argument to .cfi_val_encoded_addr");
    assembler.ignoreRest();
    return;
  }
  if (isUsable(encoding))
    callFrames.add({ kind: RULE_ENCODED_ADDRESS, register: target, offset: 0, encoding, address });
  assembler.endOfLine();
}

function label(assembler: Assembler): void {
  if (!openFrame(assembler)) return;
  const { callFrames, reader, names } = assembler;
  const name = reader.name();
  if (name < 0) {
    assembler.error("AS0908", "expected symbol name");
    assembler.ignoreRest();
    return;
  }
  callFrames.advance();
  callFrames.add({ kind: RULE_LABEL, register: 0, offset: 0, label: names.text(name) });
  assembler.endOfLine();
}

function sectionsDirective(assembler: Assembler): void {
  const { callFrames, reader, names } = assembler;
  let chosen = 0;
  reader.skipSpace();
  for (;;) {
    const start = reader.at;
    const name = reader.name();
    if (name < 0) break;
    const text = names.text(name);
    if (text.startsWith(".eh_frame") && text[9] !== "_") chosen |= EH_FRAME;
    else if (text.startsWith(".debug_frame")) chosen |= DEBUG_FRAME;
    else {
      reader.at = start;
      break;
    }
    if (!reader.takeComma()) break;
  }
  assembler.endOfLine();
  if (callFrames.sectionsUsed && (chosen & EH_FRAME) !== 0 && (callFrames.sections & EH_FRAME) === 0)
    assembler.error("AS0909", "inconsistent uses of .cfi_sections");
  callFrames.sections = chosen;
}

function startProcedure(assembler: Assembler): void {
  const { callFrames, reader, names } = assembler;
  if (callFrames.current) {
    assembler.error("AS0910", "previous CFI entry not closed (missing .cfi_endproc)");
    assembler.ignoreRest();
    return;
  }
  reader.skipSpace();
  const start = reader.at;
  const name = reader.name();
  const simple = name >= 0 && names.text(name) === "simple";
  if (!simple) reader.at = start;
  callFrames.start(simple);
  assembler.endOfLine();
}

function endProcedure(assembler: Assembler): void {
  if (!assembler.callFrames.current) {
    assembler.error("AS0910", ".cfi_endproc without corresponding .cfi_startproc");
    assembler.ignoreRest();
    return;
  }
  assembler.callFrames.end();
  assembler.endOfLine();
}

const UNSUPPORTED = [".cfi_fde_data", ".cfi_personality_id", ".cfi_inline_lsda"];

function unsupported(assembler: Assembler, which: number): void {
  assembler.error("AS0911", `${UNSUPPORTED[which]} is not supported for this target`);
  assembler.ignoreRest();
}

export const cfiDirectives: DirectiveTable = {
  cfi_sections: sectionsDirective,
  cfi_startproc: startProcedure,
  cfi_endproc: endProcedure,
  cfi_def_cfa: [rule, DW_CFA_def_cfa],
  cfi_def_cfa_register: [rule, DW_CFA_def_cfa_register],
  cfi_def_cfa_offset: [rule, DW_CFA_def_cfa_offset],
  cfi_adjust_cfa_offset: [rule, ADJUST_CFA_OFFSET],
  cfi_offset: [rule, DW_CFA_offset],
  cfi_rel_offset: [rule, RELATIVE_OFFSET],
  cfi_val_offset: [rule, DW_CFA_val_offset],
  cfi_register: [rule, DW_CFA_register],
  cfi_return_column: [rule, RETURN_COLUMN],
  cfi_restore: [rule, DW_CFA_restore],
  cfi_undefined: [rule, DW_CFA_undefined],
  cfi_same_value: [rule, DW_CFA_same_value],
  cfi_remember_state: [rule, DW_CFA_remember_state],
  cfi_restore_state: [rule, DW_CFA_restore_state],
  cfi_window_save: [rule, DW_CFA_GNU_window_save],
  cfi_negate_ra_state: [rule, DW_CFA_GNU_window_save],
  cfi_signal_frame: [rule, SIGNAL_FRAME],
  cfi_escape: escapeBytes,
  cfi_personality: [pointer, 0],
  cfi_lsda: [pointer, 1],
  cfi_val_encoded_addr: encodedAddress,
  cfi_label: label,
  cfi_fde_data: [unsupported, 0],
  cfi_personality_id: [unsupported, 1],
  cfi_inline_lsda: [unsupported, 2],
};

/** Makes the tables of frames a part of an assembler. */
export function installFrames(assembler: Assembler): void {
  assembler.onFinish.push(() => finishFrames(assembler));
}
