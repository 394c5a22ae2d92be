import type { Assembler } from "./assembler.ts";
import { DIGIT, kinds, MINUS, NAME_START, QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { stringOperand } from "./directives-data.ts";
import { BIG } from "./expression.ts";
import { LineFiles } from "./lines-files.ts";
import { finishLines } from "./lines-output.ts";
import { LineViews } from "./lines-views.ts";
import { parseExpression } from "./parse-expression.ts";
import { isCode, isNoBits } from "./section-kinds.ts";
import type { Chain, Section } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * Which source line an instruction comes from: `.file` and `.loc` as compilers
 * write them, or with -g the lines of the assembly source itself. Rows are
 * collected here and written by lines-output.ts as .debug_line.
 *
 * A `.loc` waits for the next instruction, or for the next `.loc`.
 */

export const IS_STATEMENT = 1;
export const BASIC_BLOCK = 2;
export const PROLOGUE_END = 4;
export const EPILOGUE_BEGIN = 8;

export interface LineRow {
  readonly label: SymbolId;
  /** Number of the file; -1 while it is only known by `name`. */
  file: number;
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly flags: number;
  readonly isa: number;
  readonly discriminator: number;
  /** The symbol that numbers this row among those of one address, or -1. */
  view: SymbolId;
}

/** Rows of a section, by subsection. */
export interface LineSection {
  readonly section: Section;
  readonly parts: { readonly subsection: number; rows: LineRow[] }[];
}

export class Lines {
  readonly files: LineFiles;
  readonly sections: LineSection[] = [];
  readonly views: LineViews;
  /** Of the whole of the debugging information: 2 to 5. */
  version: number;
  /** The lines are those of the assembly source. */
  generated: boolean;
  locSeen = false;
  private pending = false;
  private markLabels = false;
  private readonly assembler: Assembler;
  /** The last generated row: a line makes one. */
  private lastLine = -1;
  private lastName = "";
  private readonly byChain: Map<Chain, LineRow[]> = new Map();
  // What the last .loc said.
  private file = 1;
  private line = 1;
  private column = 0;
  private flags = IS_STATEMENT;
  private isa = 0;
  private discriminator = 0;
  private view: SymbolId = -1;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
    const { options } = assembler;
    this.generated = options.debug ?? false;
    this.version = options.dwarf ?? (options.debug ? 2 : 3);
    this.files = new LineFiles(options.currentDirectory ?? "");
    this.views = new LineViews(assembler);
    if (this.generated) assembler.onInstruction = () => this.instruction();
  }

  /** Of .debug_line, which has no version 2 here. */
  get lineVersion(): number {
    return Math.max(this.version, 3);
  }

  /** An instruction begins at the current place. */
  instruction(): void {
    const { assembler } = this;
    if (this.generated) {
      const { file, line } = assembler.reader.origin(assembler.reader.place, "macros");
      if (line !== this.lastLine || file !== this.lastName) {
        this.lastLine = line;
        this.lastName = file;
        if (line !== 0) this.add(assembler.temporaryLabel(), this.flagsNow(0));
      }
    } else {
      if (!this.pending) return;
      if (this.line !== 0) {
        if (this.file === 0 && this.version < 5) this.version = 5;
        this.add(assembler.temporaryLabel(), this.flagsNow(0));
      }
    }
    this.consume();
  }

  private label(symbol: SymbolId): void {
    const { sections } = this.assembler;
    if (!this.markLabels || !isCode(sections.current) || sections.absolute) return;
    if (!this.files.count && !this.generated) return;
    this.add(symbol, this.flagsNow(BASIC_BLOCK));
    this.consume();
  }

  private flagsNow(more: number): number {
    return (this.generated ? IS_STATEMENT : this.flags) | more;
  }

  private add(label: SymbolId, flags: number): void {
    const { assembler, generated } = this;
    const { sections } = assembler;
    const { current, chain } = sections;
    const SHF_ALLOC = 2;
    if (!isCode(current) || isNoBits(current) || (current.flags & SHF_ALLOC) === 0) {
      if (!generated)
        assembler.warning("AS0951", `dwarf line number information for ${current.name} ignored`);
      return;
    }
    const place = generated ? assembler.reader.origin(assembler.reader.place, "macros") : undefined;
    const row: LineRow = {
      label,
      file: place ? -1 : this.file,
      name: place?.file ?? "",
      line: place?.line ?? this.line,
      column: place ? 0 : this.column,
      flags,
      isa: this.isa,
      discriminator: this.discriminator,
      view: place ? -1 : this.view,
    };
    const rows = this.rowsOf(chain);
    const last = rows.at(-1);
    if (row.view >= 0 && last) this.views.follow(row, last);
    rows.push(row);
  }

  private rowsOf(chain: Chain): LineRow[] {
    const known = this.byChain.get(chain);
    if (known) return known;
    const rows: LineRow[] = [];
    this.byChain.set(chain, rows);
    let entry = this.sections.find((each) => each.section === chain.section);
    if (!entry) {
      entry = { section: chain.section, parts: [] };
      this.sections.push(entry);
    }
    entry.parts.push({ subsection: chain.subsection, rows });
    entry.parts.sort((a, b) => a.subsection - b.subsection);
    return rows;
  }

  private consume(): void {
    this.pending = false;
    if (!this.generated) this.assembler.onInstruction = undefined;
    this.flags &= IS_STATEMENT;
    this.discriminator = 0;
    this.view = -1;
  }

  /** The source has lines of its own: those of the assembly are not wanted. */
  private stopGenerating(): void {
    if (!this.generated) return;
    this.generated = false;
    this.assembler.onInstruction = undefined;
    for (const { parts } of this.sections) for (const part of parts) part.rows.length = 0;
  }

  /** `.file number ["folder"] "file" [md5 number]` */
  fileDirective(): void {
    const { assembler } = this;
    const number = assembler.absoluteNumber();
    if (number < 1) {
      if (number === 0 && this.version < 5) this.version = 5;
      if (number < 0) {
        assembler.error("AS0952", "file number less than one");
        assembler.ignoreRest();
        return;
      }
    }
    let name = stringOperand(assembler);
    if (name === undefined) return;
    let folder: string | undefined;
    let digest: bigint | undefined;
    if (this.lineVersion > 4) {
      const { reader } = assembler;
      reader.skipSpace();
      if (reader.bytes[reader.at] === QUOTE) {
        folder = name;
        name = stringOperand(assembler);
        if (name === undefined) return;
        reader.skipSpace();
      }
      if (reader.text(reader.at, reader.at + 3) === "md5") {
        reader.at += 3;
        const { expression } = assembler;
        parseExpression(assembler, expression, "evaluate");
        if (expression.op !== BIG) assembler.error("AS0953", "md5 value too small or not a constant");
        else digest = BigInt.asUintN(128, expression.big ?? 0n);
      }
    }
    assembler.endOfLine();
    this.stopGenerating();
    const MOST = 0x0400_0000;
    if (number > MOST) {
      assembler.error("AS0952", `file number ${number} is too big`);
      return;
    }
    const problem = this.files.assign(number, folder, name, digest, this.version);
    if (problem) assembler.error("AS0954", problem);
  }

  /** `.loc file line [column] [option]…` */
  locDirective(): void {
    const { assembler } = this;
    const { reader } = assembler;
    if (this.pending) this.instruction();
    const file = assembler.absoluteNumber();
    reader.skipSpace();
    const line = assembler.absoluteNumber();
    if (file === 0 && this.version < 5) this.version = 5;
    if (!this.files.isAssigned(file)) {
      const message = file < 0 ? "file number less than one" : `unassigned file number ${file}`;
      assembler.error(file < 0 ? "AS0952" : "AS0955", message);
      assembler.ignoreRest();
      return;
    }
    this.file = file;
    this.line = line;
    this.discriminator = 0;
    assembler.listing?.source(this.files.path(file), line);
    reader.skipSpace();
    if ((kinds[reader.bytes[reader.at]] & DIGIT) !== 0) {
      this.column = assembler.absoluteNumber();
      reader.skipSpace();
    }
    while (isLetter(reader.bytes[reader.at])) {
      const start = reader.at;
      const name = reader.text(start, wordEnd(reader.bytes, start));
      reader.at = start + name.length;
      const problem = this.option(name);
      if (problem) {
        assembler.error("AS0956", problem);
        assembler.ignoreRest();
        return;
      }
      reader.skipSpace();
    }
    assembler.endOfLine();
    this.locSeen = true;
    this.pending = true;
    if (!this.generated) assembler.onInstruction = () => this.instruction();
    if (this.view >= 0) this.instruction();
  }

  /** One option of .loc; the result is what is wrong. */
  private option(name: string): string | undefined {
    const { assembler } = this;
    switch (name) {
      case "basic_block":
        this.flags |= BASIC_BLOCK;
        return undefined;
      case "prologue_end":
        this.flags |= PROLOGUE_END;
        return undefined;
      case "epilogue_begin":
        this.flags |= EPILOGUE_BEGIN;
        return undefined;
      case "is_stmt": {
        const value = assembler.absoluteNumber();
        if (value !== 0 && value !== 1) return "is_stmt value not 0 or 1";
        this.flags = value ? this.flags | IS_STATEMENT : this.flags & ~IS_STATEMENT;
        return undefined;
      }
      case "isa": {
        const value = assembler.absoluteNumber();
        if (value < 0) return "isa number less than zero";
        this.isa = value;
        return undefined;
      }
      case "discriminator": {
        const value = assembler.absoluteNumber();
        if (value < 0) return "discriminator less than zero";
        this.discriminator = value;
        return undefined;
      }
      case "view":
        return this.viewOption();
      default:
        return `unknown .loc sub-directive \`${name}'`;
    }
  }

  private viewOption(): string | undefined {
    const { assembler } = this;
    const { reader } = assembler;
    reader.skipSpace();
    const byte = reader.bytes[reader.at];
    if ((kinds[byte] & DIGIT) !== 0 || byte === MINUS) {
      if (assembler.absoluteNumber() !== 0) return "numeric view can only be asserted to zero";
      this.view = byte === MINUS ? this.views.reset() : this.views.zero();
      return undefined;
    }
    const name = reader.name();
    if (name < 0) return "expected symbol name";
    const view = this.views.named(name);
    if (typeof view === "string") return view;
    this.view = view;
    return undefined;
  }

  markLabelsDirective(): void {
    const { assembler } = this;
    const value = assembler.absoluteNumber();
    if (value !== 0 && value !== 1) {
      assembler.error("AS0957", "expected 0 or 1");
      assembler.ignoreRest();
      return;
    }
    this.markLabels = value === 1;
    assembler.onLabel = this.markLabels ? (symbol) => this.label(symbol) : undefined;
    assembler.endOfLine();
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function wordEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((kinds[bytes[at]] & (NAME_START | DIGIT)) !== 0) at++;
  return at;
}

/** `.file "name"` names the source in the symbol table; with a number in front it is a file of the line table. */
function fileDirective(assembler: Assembler): void {
  const { reader } = assembler;
  reader.skipSpace();
  if (reader.bytes[reader.at] !== QUOTE) {
    assembler.lines.fileDirective();
    return;
  }
  const name = stringOperand(assembler);
  if (name === undefined) return;
  assembler.fileSymbol(name);
  assembler.endOfLine();
}

export const lineDirectives: DirectiveTable = {
  file: fileDirective,
  loc: (assembler) => assembler.lines.locDirective(),
  loc_mark_labels: (assembler) => assembler.lines.markLabelsDirective(),
};

/** Makes the line table a part of an assembler. */
export function installLines(assembler: Assembler): void {
  assembler.onFinish.push(() => finishLines(assembler));
}
