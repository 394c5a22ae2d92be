import type { AssembledObject, ListingEdict, ListingRow } from "./result.ts";
import { scrub } from "./scrub.ts";

/**
 * The text of a listing (-a), as GNU as prints it: each line of the source with
 * the address and the bytes that came of it; with the lines of the compiled
 * source between them if `.loc` names one; and a table of symbols.
 *
 * A listing goes through the source's lines in order. What a macro makes
 * belongs to the line that calls it, or (-am) is shown line by line.
 */
export interface ListingRequest {
  /** Letters of -a: c, d, g, h, l, m, n, s. */
  readonly letters: string;
  readonly lhsWidth?: number;
  readonly lhsWidth2?: number;
  readonly rhsWidth?: number;
  readonly contLines?: number;
  /** The command line, for -ag. */
  readonly args: readonly string[];
  readonly input: string;
  readonly output: string;
  readonly date: Date;
  /** The text of a file, or undefined. */
  readonly readFile: (name: string) => string | undefined;
  /** Messages about lines: `Warning: …`. */
  readonly messages: readonly { readonly file: string; readonly line: number; readonly text: string }[];
}

/** Bytes of a group on the left, and lines of a page. */
const WORD = 4;
const PAGE_LINES = 60;
const PAGE_WIDTH = 200;

/** A line of the source, or of an expansion, with what it made. */
interface Entry {
  readonly file: string;
  readonly line: number;
  /** Of an expansion. */
  readonly contents: string | undefined;
  section: number;
  address: number;
  length: number;
  source?: { readonly file: string; readonly line: number };
  edict?: ListingEdict;
  debugging: boolean;
}

/** A file as far as it has been shown. */
interface Shown {
  readonly name: string;
  readonly lines: readonly string[] | undefined;
  count: number;
}

export function listingText(object: AssembledObject, request: ListingRequest): string {
  return new Lister(object, request).text();
}

class Lister {
  private readonly object: AssembledObject;
  private readonly request: ListingRequest;
  private readonly entries: Entry[] = [];
  /** The entry that a row is part of. */
  private readonly entryOfRow: number[] = [];
  private readonly files: Map<string, Shown> = new Map();
  private out = "";
  private page = 0;
  private onPage = 0;
  private eject = false;
  private inDebug = false;
  private title = "";
  private subtitle = "";

  constructor(object: AssembledObject, request: ListingRequest) {
    this.object = object;
    this.request = request;
  }

  private has(letter: string): boolean {
    return this.request.letters.includes(letter);
  }

  text(): string {
    this.makeEntries();
    if (this.has("g")) this.general();
    if (this.has("l") || this.has("h") || this.has("m")) this.listing();
    if (this.has("s")) this.symbolTable();
    return this.out;
  }

  // Entries -----------------------------------------------------------------

  private makeEntries(): void {
    const { listing, sections } = this.object;
    let lastText: ListingRow | undefined;
    for (const row of listing) {
      const { origin } = row;
      const logical = this.has("h");
      const file = logical ? origin.logicalFile : origin.file;
      const line = logical ? origin.logicalLine : origin.line;
      const last = this.entries.at(-1);
      const expansion = this.has("m") && row.nesting > 0;
      let entry: Entry;
      const sameText = expansion && lastText?.place === row.place;
      if (
        last &&
        (expansion ? sameText && last.contents !== undefined : last.file === file && last.line === line)
      )
        entry = last;
      else {
        const contents = expansion ? `${">".repeat(row.nesting)}  ${scrub(row.text)}` : undefined;
        const name = sections[row.section]?.name ?? "";
        const debugging = name.startsWith(".debug") || name.startsWith(".line");
        entry = { file, line, contents, section: row.section, address: row.address, length: 0, debugging };
        // What enters a section of debugging information is a part of it.
        if (debugging && last) last.debugging = true;
        this.entries.push(entry);
      }
      lastText = row;
      this.entryOfRow.push(this.entries.length - 1);
      if (row.source) entry.source = row.source;
      if (row.edict) entry.edict = row.edict;
      if (row.length === 0) continue;
      if (entry.length === 0) {
        entry.section = row.section;
        entry.address = row.address;
      }
      if (entry.section === row.section) entry.length = row.address + row.length - entry.address;
    }
    // What fills up a section belongs to the last line that was read in it.
    const filled = new Set<number>();
    for (const entry of [...this.entries].reverse()) {
      const section = sections[entry.section];
      if (!section || filled.has(entry.section)) continue;
      filled.add(entry.section);
      if (entry.address + entry.length < section.contents.length)
        entry.length = section.contents.length - entry.address;
    }
  }

  // Pages -------------------------------------------------------------------

  private newPage(entry?: number): void {
    const height = this.object.listingPage.lines ?? PAGE_LINES;
    if (height === 0 || this.has("n") || !(this.eject || this.onPage >= height)) return;
    this.page++;
    // A heading that comes within ten lines is the new page's already.
    let [titled, subtitled] = [false, false];
    for (let i = entry ?? this.entries.length; i < Math.min((entry ?? 0) + 10, this.entries.length); i++) {
      const { edict } = this.entries[i];
      if (edict?.kind === "title" && !titled) {
        this.title = edict.text;
        titled = true;
      }
      if (edict?.kind === "subtitle" && !subtitled) {
        this.subtitle = edict.text;
        subtitled = true;
      }
    }
    if (this.page > 1) this.out += "\f";
    this.out += `GAS LISTING ${this.request.input} \t\t\tpage ${this.page}\n${this.title}\n${this.subtitle}\n`;
    this.onPage = 3;
    this.eject = false;
  }

  private emit(text: string, entry?: number): void {
    this.out += text;
    this.onPage++;
    this.newPage(entry);
  }

  // Lines -------------------------------------------------------------------

  private shown(name: string): Shown {
    let file = this.files.get(name);
    if (!file) {
      const lines = this.request.readFile(name)?.split(/\r\n|\n/);
      if (lines?.at(-1) === "") lines.pop();
      file = { name, lines, count: 0 };
      this.files.set(name, file);
    }
    return file;
  }

  /** The next line of a file as wide as it may be; undefined behind the end. */
  private nextLine(file: Shown): string | undefined {
    if (!file.lines || file.count >= file.lines.length) return undefined;
    const width = Math.min(this.request.rhsWidth ?? 100, this.object.listingPage.columns ?? PAGE_WIDTH);
    const line = file.lines[file.count++];
    if (line.length * 3 < width) return line;
    // The width counts bytes.
    return new TextDecoder().decode(new TextEncoder().encode(line).subarray(0, width - 1));
  }

  private isSkipped(file: string, line: number): boolean {
    const logical = this.has("h");
    return this.object.listingSkips.some(({ from, to }) => {
      if ((logical ? from.logicalFile : from.file) !== file) return false;
      const first = logical ? from.logicalLine : from.line;
      const last = to === undefined ? Infinity : logical ? to.logicalLine : to.line;
      return line > first && line < last;
    });
  }

  private listing(): void {
    this.eject = true;
    let source: Shown | undefined;
    let shown = 1;
    this.entries.forEach((entry, i) => {
      const { edict } = entry;
      const file = this.shown(entry.file);
      if (edict?.kind === "title") this.title = edict.text;
      if (edict?.kind === "subtitle") this.subtitle = edict.text;
      if (edict?.kind === "nolist") shown--;
      // The line that turns the listing on is shown.
      const last = edict?.kind === "list" ? entry.line - 1 : entry.line;
      if (shown <= 0) while (file.count < last && this.nextLine(file) !== undefined);
      if (edict?.kind === "list") shown++;
      if (shown <= 0) return;
      if (entry.source) {
        source = this.shown(entry.source.file);
        if (this.has("h")) this.sourceLines(source, entry.source.line);
      }
      while (file.count < entry.line) {
        const text = this.nextLine(file);
        if (text === undefined) break;
        const own = file.count === entry.line;
        if (this.has("c") && this.isSkipped(entry.file, file.count)) continue;
        if (!this.has("d") || !this.isDebugging(entry, this.entries[i + 1], text))
          this.line(i, file.count, text, own);
      }
      const { contents } = entry;
      if (
        contents !== undefined &&
        !(this.has("d") && this.isDebugging(entry, this.entries[i + 1], contents))
      )
        this.line(i, entry.line, contents, true);
      if (edict?.kind === "eject") this.eject = true;
    });
  }

  /** Lines of the compiled source up to `wanted`; one that has been shown already is shown by itself. */
  private sourceLines(file: Shown, wanted: number): void {
    const show = (line: number, text: string) =>
      this.emit(`${String(line).padStart(4)}:${file.name.padEnd(13)} **** ${text}\n`);
    if (file.count > wanted && wanted > 0 && file.lines) {
      show(wanted, file.lines?.[wanted - 1] ?? "");
      return;
    }
    // Of a file that is not there one empty line is shown.
    if (!file.lines && file.count === 0) show(++file.count, "");
    while (file.count < wanted) {
      const text = this.nextLine(file);
      if (text === undefined) break;
      show(file.count, text);
    }
  }

  /** Whether a line holds only debugging information. */
  private isDebugging(entry: Entry, next: Entry | undefined, line: string): boolean {
    if (entry.debugging) {
      this.inDebug = true;
      return true;
    }
    const before = this.inDebug;
    this.inDebug = false;
    const text = line.trimStart();
    if (!text.startsWith(".")) {
      if (!before || text !== "" || !next?.debugging) return false;
      this.inDebug = true;
      return true;
    }
    return /^\.(?:def|val|scl|line|endef|ln|type|size|dim|tag|stabs|stabn)/.test(text);
  }

  private line(index: number, number: number, text: string, own: boolean): void {
    const entry = this.entries[index];
    this.newPage(index);
    const { lhsWidth = 1, contLines = 4 } = this.request;
    const lhsWidth2 = Math.max(this.request.lhsWidth2 ?? 1, lhsWidth);
    // A number of four digits is set off by a blank, too.
    const shownNumber = number < 1000 ? String(number).padStart(4) : ` ${number}`;
    const width = (WORD * 2 + 1) * lhsWidth;
    if (!own || entry.length === 0) {
      this.emit(`${shownNumber}     ${" ".repeat(width)}\t${text}\n`);
      return;
    }
    const most = (WORD * 2 + 1) * (lhsWidth + lhsWidth2 * contLines) + 20 - 3;
    const bytes = this.bytesOf(entry, Math.ceil(most / 2));
    let at = 0;
    let inWord = 0;
    /** As many bytes as fit, in words. */
    const take = (columns: number): string => {
      let line = "";
      let used = 0;
      while (at < bytes.length && used < columns) {
        line += bytes[at++].toString(16).toUpperCase().padStart(2, "0");
        used += 2;
        if (++inWord === WORD) {
          line += " ";
          used++;
          inWord = 0;
        }
      }
      return line;
    };
    const address = entry.address.toString(16).padStart(4, "0");
    this.emit(`${shownNumber} ${address} ${take(width).padEnd(width)}\t${text}\n`, index);
    for (const message of this.request.messages)
      if (message.file === entry.file && message.line === number) this.emit(`****  ${message.text}\n`);
    for (let i = 0; i < contLines && at < bytes.length; i++)
      this.emit(`${shownNumber}      ${take((WORD * 2 + 1) * lhsWidth2 - 1)}\n`);
  }

  private bytesOf({ section, address, length }: Entry, most: number): Uint8Array {
    const found = this.object.sections[section];
    if (!found) return new Uint8Array(0);
    const count = Math.min(length, most);
    if (found.contents.length === 0) return new Uint8Array(count);
    return found.contents.subarray(address, address + count);
  }

  // The other parts ---------------------------------------------------------

  private general(): void {
    const { args, input, output, date } = this.request;
    this.eject = true;
    this.newPage();
    this.out += " GNU assembler version 2.40 (riscv64-unknown-elf)\n\t using BFD version (premain) 2.40.";
    this.out += "\n options passed\t: ";
    let column = "\n options passed\t: ".length;
    for (let i = 0; i < args.length; i++) {
      if (!args[i].startsWith("-") || args[i] === "-v") continue;
      if (args[i] === "-o") {
        i++;
        continue;
      }
      if (column + args[i].length < PAGE_WIDTH) {
        this.out += `${args[i]} `;
        column += args[i].length;
      } else {
        this.out += `\n\t${args[i]} `;
        column = args[i].length;
      }
    }
    const stamp = date.toISOString().replace(/\.\d+Z$/, ".000+0000");
    this.out += `\n input file    \t: ${input}\n output file   \t: ${output}\n target        \t: riscv64-unknown-elf`;
    this.out += `\n time stamp    \t: ${stamp}\n\n`;
  }

  private symbolTable(): void {
    this.eject = true;
    this.newPage();
    const { listingSymbols, xlen } = this.object;
    const put = (text: string) => {
      this.out += text;
      this.onPage++;
      this.newPage();
    };
    let defined = false;
    for (const { name, section, value, row } of listingSymbols) {
      if (section === "*UND*") continue;
      if (!defined) {
        this.out += "DEFINED SYMBOLS\n";
        this.onPage++;
        defined = true;
      }
      const shown = BigInt.asUintN(xlen, value)
        .toString(16)
        .padStart(xlen / 4, "0");
      const entry = row < 0 ? undefined : this.entries[this.entryOfRow[row]];
      if (entry)
        put(`${entry.file.padStart(20)}:${String(entry.line).padEnd(5)}  ${section}:${shown} ${name}\n`);
      else put(`${section.padStart(33)}:${shown} ${name}\n`);
    }
    if (!defined) {
      this.out += "NO DEFINED SYMBOLS\n";
      this.onPage++;
    }
    this.emit("\n");
    const undefinedNames = listingSymbols
      .filter((s) => s.section === "*UND*" && s.name !== "")
      .map((s) => s.name);
    if (!undefinedNames.length) this.emit("NO UNDEFINED SYMBOLS\n");
    else this.emit("UNDEFINED SYMBOLS\n");
    for (const name of undefinedNames) this.emit(`${name}\n`);
  }
}
