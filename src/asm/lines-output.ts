import type { Assembler } from "./assembler.ts";
import { writeDebugInfo } from "./debug-info.ts";
import { emitExpression, leb128Bytes } from "./emit-data.ts";
import { difference, symbolExpression } from "./expression.ts";
import { FIX_DATA } from "./fixup-types.ts";
import { type Distance, LabelDistances } from "./label-distances.ts";
import {
  BASIC_BLOCK,
  EPILOGUE_BEGIN,
  IS_STATEMENT,
  type LineRow,
  type LineSection,
  PROLOGUE_END,
} from "./lines.ts";
import { type FragmentId, LINE, type Section } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * Writes .debug_line: the tables of folders and files, and for each section a
 * program that makes a row per instruction.
 *
 * The usual compact instructions of such programs hold the distance of two
 * addresses. The linker may shorten code, and cannot change them; so every
 * distance is the 16-bit operand of DW_LNS_fixed_advance_pc, with relocations.
 * Where it might get too long, the address is set anew.
 */

const SHT_PROGBITS = 1;
const SHF_MERGE = 0x10;
const SHF_STRINGS = 0x20;

const DW_LNS_extended_op = 0;
const DW_LNS_copy = 1;
const DW_LNS_advance_line = 3;
const DW_LNS_set_file = 4;
const DW_LNS_set_column = 5;
const DW_LNS_negate_stmt = 6;
const DW_LNS_set_basic_block = 7;
const DW_LNS_fixed_advance_pc = 9;
const DW_LNS_set_prologue_end = 10;
const DW_LNS_set_epilogue_begin = 11;
const DW_LNS_set_isa = 12;
const DW_LNE_end_sequence = 1;
const DW_LNE_set_address = 2;
const DW_LNE_set_discriminator = 4;
const DW_LNCT_path = 1;
const DW_LNCT_directory_index = 2;
const DW_LNCT_MD5 = 5;
const DW_FORM_udata = 0x0f;
const DW_FORM_data16 = 0x1e;
const DW_FORM_line_strp = 0x1f;

const LINE_BASE = -5;
const LINE_RANGE = 14;
/** How many operands each standard instruction has. */
const OPERAND_COUNTS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
const OPCODE_BASE = OPERAND_COUNTS.length + 1;
/** From here on 16 bits might not do, once the linker has aligned anew. */
const LONGEST_ADVANCE = 50_000;

export function finishLines(assembler: Assembler): void {
  const { lines, sections } = assembler;
  const info = sections.byName(".debug_info");
  const old = sections.byName(".debug_line");
  const needsInfo = !info || isEmpty(info);
  const needsLines = !old || isEmpty(old);
  if (lines.sections.length && !needsLines && lines.locSeen) {
    assembler.error("AS0959", "duplicate .debug_line sections");
    return;
  }
  if (lines.sections.length ? !needsInfo && !needsLines : needsInfo || !needsLines) return;
  for (const { parts } of lines.sections)
    for (const { rows } of parts)
      for (const row of rows) if (row.file < 0) row.file = lines.files.find(row.name, lines.version);
  for (const { parts } of lines.sections) {
    let last: LineRow | undefined;
    for (const { rows } of parts) {
      const [first] = rows;
      if (first && first.view >= 0) {
        if (last) lines.views.follow(first, last);
        else lines.views.first(first);
      }
      last = rows.at(-1) ?? last;
    }
  }
  assembler.variable.set(LINE, new Advances(assembler));
  const section = old ?? sections.add(".debug_line", SHT_PROGBITS, 0);
  if (needsLines) new LineWriter(assembler, section).write();
  if (needsInfo) writeDebugInfo(assembler, section);
}

/** Whether nothing has been put into a section. */
function isEmpty(section: Section): boolean {
  return section.chains.every((chain) => chain.used === 0 && chain.first === chain.last);
}

/** The name for a folder or file as -fdebug-prefix-map wants it. */
export function mapped(assembler: Assembler, path: string): string {
  for (const { from, to } of assembler.options.prefixMap ?? [])
    if (path.startsWith(from)) return to + path.slice(from.length);
  return path;
}

/** Writes into a debugging section: numbers, strings, the lengths of what follows. */
export class DebugWriter {
  readonly assembler: Assembler;
  readonly section: Section;

  constructor(assembler: Assembler, section: Section) {
    this.assembler = assembler;
    this.section = section;
    this.resume();
  }

  /** Back to this section. */
  resume(): void {
    this.assembler.sections.switchTo(this.section);
  }

  get addressSize(): number {
    return this.assembler.target.xlen / 8;
  }

  byte(value: number): void {
    this.assembler.sections.emitByte(value);
  }

  half(value: number): void {
    this.assembler.sections.emit16(value);
  }

  word(value: number): void {
    this.assembler.sections.emit32(value);
  }

  unsigned(value: number): void {
    for (const each of leb128Bytes(BigInt(value), false)) this.byte(each);
  }

  signed(value: number): void {
    for (const each of leb128Bytes(BigInt(value), true)) this.byte(each);
  }

  text(text: string): void {
    for (const each of new TextEncoder().encode(text)) this.byte(each);
    this.byte(0);
  }

  /** The value of a symbol: an address, or an offset in a debugging section. */
  symbol(symbol: SymbolId, size: number): void {
    emitExpression(this.assembler, symbolExpression(symbol), size);
  }

  difference(symbol: SymbolId, subtracted: SymbolId, size: number): void {
    emitExpression(this.assembler, difference(symbol, subtracted), size);
  }

  /** The 4 bytes of a unit's length; the label is to be placed at its end. */
  length(): SymbolId {
    const { assembler } = this;
    const start = assembler.temporaryLabel();
    const end = assembler.futureLabel();
    emitExpression(assembler, difference(end, start, -4), 4);
    return end;
  }
}

class LineWriter extends DebugWriter {
  private strings: Section | undefined;

  write(): void {
    const { assembler } = this;
    const version = assembler.lines.lineVersion;
    const end = this.length();
    this.half(version);
    if (version >= 5) {
      this.byte(this.addressSize);
      this.byte(0);
    }
    const headerStart = assembler.futureLabel();
    const headerEnd = assembler.futureLabel();
    this.difference(headerEnd, headerStart, 4);
    assembler.placeLabel(headerStart);
    this.byte(1);
    if (version >= 4) this.byte(1);
    this.byte(IS_STATEMENT);
    this.byte(LINE_BASE);
    this.byte(LINE_RANGE);
    this.byte(OPCODE_BASE);
    for (const count of OPERAND_COUNTS) this.byte(count);
    if (version >= 5) this.tables();
    else this.oldTables();
    assembler.placeLabel(headerEnd);
    for (const section of assembler.lines.sections) this.program(section);
    assembler.placeLabel(end);
  }

  private oldTables(): void {
    const { assembler } = this;
    const { files, folders } = assembler.lines.files;
    for (let i = 1; i < folders.length; i++) this.text(mapped(assembler, folders[i] ?? ""));
    this.byte(0);
    for (let i = 1; i < files.length; i++) {
      const file = files[i];
      if (!file) {
        assembler.error("AS0955", `unassigned file number ${i}`);
        continue;
      }
      this.text(file.name);
      this.unsigned(file.folder);
      // Neither time nor size.
      this.byte(0);
      this.byte(0);
    }
    this.byte(0);
  }

  private tables(): void {
    const { assembler } = this;
    const { files, folders } = assembler.lines.files;
    this.byte(1);
    this.unsigned(DW_LNCT_path);
    this.unsigned(DW_FORM_line_strp);
    this.unsigned(folders.length === 0 && files.length > 0 ? 1 : folders.length);
    if (folders.length || files.length) {
      this.strings =
        assembler.sections.byName(".debug_line_str") ??
        assembler.sections.add(".debug_line_str", SHT_PROGBITS, 0);
      this.strings.flags = SHF_MERGE | SHF_STRINGS;
      this.strings.entrySize = 1;
      this.string(mapped(assembler, folders[0] ?? assembler.options.currentDirectory ?? ""));
    }
    for (let i = 1; i < folders.length; i++) this.string(mapped(assembler, folders[i] ?? ""));
    const digests = files.some((file) => file && file.digest[0] !== 0);
    this.byte(digests ? 3 : 2);
    this.unsigned(DW_LNCT_path);
    this.unsigned(DW_FORM_line_strp);
    this.unsigned(DW_LNCT_directory_index);
    this.unsigned(DW_FORM_udata);
    if (digests) {
      this.unsigned(DW_LNCT_MD5);
      this.unsigned(DW_FORM_data16);
    }
    this.unsigned(files.length);
    const none = { name: "", folder: 0, digest: new Uint8Array(16) };
    let shared: SymbolId = -1;
    for (let i = 0; i < files.length; i++) {
      let file = files[i];
      const borrowed = i === 0 && !file && files[1] !== undefined;
      if (!file && i > 0) {
        assembler.error("AS0955", `unassigned file number ${i}`);
        continue;
      }
      file ??= files[1] ?? none;
      const at: SymbolId = shared >= 0 ? this.reference(shared) : this.string(file.name);
      shared = borrowed ? at : -1;
      this.unsigned(file.folder);
      if (digests) for (const each of file.digest) this.byte(each);
    }
    if (files.length && !files[0]) files[0] = files[1] ?? none;
  }

  private reference(symbol: SymbolId): SymbolId {
    this.symbol(symbol, 4);
    return symbol;
  }

  /** A reference to a string, which is put into .debug_line_str. */
  private string(text: string): SymbolId {
    const { assembler } = this;
    const at = this.strings ? new DebugWriter(assembler, this.strings) : this;
    const label = assembler.temporaryLabel();
    at.text(text);
    this.resume();
    return this.reference(label);
  }

  private program({ section, parts }: LineSection): void {
    const rows = parts.flatMap((part) => part.rows);
    if (!parts[0]?.rows.length) return;
    let file = 1;
    let line = 1;
    let column = 0;
    let isa = 0;
    let flags = IS_STATEMENT;
    let last: SymbolId = -1;
    for (const row of rows) {
      if (row.file !== file) {
        file = row.file;
        this.byte(DW_LNS_set_file);
        this.unsigned(file);
      }
      if (row.column !== column) {
        column = row.column;
        this.byte(DW_LNS_set_column);
        this.unsigned(column);
      }
      if (row.discriminator !== 0) {
        this.byte(DW_LNS_extended_op);
        this.signed(1 + leb128Bytes(BigInt(row.discriminator), false).length);
        this.byte(DW_LNE_set_discriminator);
        this.unsigned(row.discriminator);
      }
      if (row.isa !== isa) {
        isa = row.isa;
        this.byte(DW_LNS_set_isa);
        this.unsigned(isa);
      }
      if ((row.flags ^ flags) & IS_STATEMENT) {
        flags = row.flags;
        this.byte(DW_LNS_negate_stmt);
      }
      if (row.flags & BASIC_BLOCK) this.byte(DW_LNS_set_basic_block);
      if (row.flags & PROLOGUE_END) this.byte(DW_LNS_set_prologue_end);
      if (row.flags & EPILOGUE_BEGIN) this.byte(DW_LNS_set_epilogue_begin);
      const lines = (row.line - line) | 0;
      if (last < 0 || this.mustReset(row, last)) this.setAddress(row.label, lines);
      else this.advance(lines, row.label, last);
      line = row.line;
      last = row.label;
    }
    this.advance(undefined, this.endOf(section), last);
  }

  /** A row whose view starts anew at the address of the row before it. */
  private mustReset(row: LineRow, last: SymbolId): boolean {
    const { lines, symbols, sections } = this.assembler;
    if (!lines.views.isReset(row.view)) return false;
    const [to, from] = [symbols.fragment[row.label], symbols.fragment[last]];
    const [toOffset, fromOffset] = [Number(symbols.valueOf(row.label)), Number(symbols.valueOf(last))];
    if (to === from) return toOffset === fromOffset;
    return toOffset === 0 && fromOffset >= fixedLength(sections.fragments, from);
  }

  private setAddress(label: SymbolId, lines: number): void {
    this.byte(DW_LNS_extended_op);
    this.unsigned(this.addressSize + 1);
    this.byte(DW_LNE_set_address);
    this.symbol(label, this.addressSize);
    const special = lines - LINE_BASE;
    if (special < 0 || special >= LINE_RANGE) {
      this.byte(DW_LNS_advance_line);
      this.signed(lines);
      this.byte(DW_LNS_copy);
    } else this.byte(lines === 0 ? DW_LNS_copy : special + OPCODE_BASE);
  }

  /** `lines` undefined: the end of the sequence. */
  private advance(lines: number | undefined, to: SymbolId, from: SymbolId): void {
    const { sections, variable } = this.assembler;
    const owner = variable.get(LINE);
    if (!(owner instanceof Advances)) return;
    const most = owner.most(lines);
    sections.reserve(most);
    const { fragment } = sections;
    sections.variable(LINE, most, 0, 0, -1, 0);
    owner.add(fragment, lines, to, from);
  }

  private endOf(section: Section): SymbolId {
    return labelAt(this.assembler, section, "end");
  }
}

/** A label at the start or the end of a section's contents so far. */
export function labelAt(assembler: Assembler, section: Section, where: "start" | "end"): SymbolId {
  const { sections, symbols, fakeName } = assembler;
  const { fragments } = sections;
  const fragment =
    where === "start" ? section.chains[0].first : section.chains[section.chains.length - 1].last;
  const id = symbols.create(
    fakeName,
    section.id,
    fragment,
    where === "start" ? 0 : fixedLength(fragments, fragment),
  );
  symbols.enlist(id);
  return id;
}

/** The fixed bytes of a fragment, which may still be growing. */
function fixedLength(fragments: Assembler["sections"]["fragments"], fragment: FragmentId): number {
  const chain = fragments.chainOf(fragment);
  return chain.last === fragment ? chain.used - fragments.start[fragment] : fragments.fixed[fragment];
}

interface Advance extends Distance {
  readonly lines: number | undefined;
  far: boolean;
}

/** Rows whose distance from the row before is not known until the code is laid out. */
class Advances extends LabelDistances<Advance> {
  add(fragment: FragmentId, lines: number | undefined, to: SymbolId, from: SymbolId): void {
    this.parts.set(fragment, { lines, to, from, length: 0, far: false });
  }

  /** Bytes for the longest form. */
  most(lines: number | undefined): number {
    return this.size(lines, true);
  }

  private size(lines: number | undefined, far: boolean): number {
    const counted = lines === undefined ? 0 : 1 + leb128Bytes(BigInt(lines), true).length;
    return counted + (far ? 3 + this.assembler.target.xlen / 8 : 3) + (lines === undefined ? 3 : 1);
  }

  protected measure(advance: Advance, distance: number): number {
    advance.far = distance > LONGEST_ADVANCE;
    return this.size(advance.lines, advance.far);
  }

  convert(fragment: FragmentId): void {
    const advance = this.parts.get(fragment);
    if (!advance) return;
    const { sections, target } = this.assembler;
    const { fragments } = sections;
    const { bytes, section } = fragments.chainOf(fragment);
    const { lines, to, from } = advance;
    const start = fragments.start[fragment];
    let at = start + fragments.fixed[fragment];
    if (lines !== undefined) {
      bytes[at++] = DW_LNS_advance_line;
      for (const each of leb128Bytes(BigInt(lines), true)) bytes[at++] = each;
    }
    if (advance.far) {
      const size = target.xlen / 8;
      bytes[at++] = DW_LNS_extended_op;
      bytes[at++] = size + 1;
      bytes[at++] = DW_LNE_set_address;
      section.fixups.add(fragment, at - start, size, FIX_DATA, to, -1);
      at += size;
    } else {
      bytes[at++] = DW_LNS_fixed_advance_pc;
      section.fixups.add(fragment, at - start, 2, FIX_DATA, to, from);
      at += 2;
    }
    if (lines === undefined) {
      bytes[at++] = DW_LNS_extended_op;
      bytes[at++] = 1;
      bytes[at++] = DW_LNE_end_sequence;
    } else bytes[at++] = DW_LNS_copy;
    fragments.fixed[fragment] = at - start;
  }
}
