import type { CompileUnit, DebugSections } from "./compile-units.ts";
import { Cursor } from "./cursor.ts";
import { type FileEntry, readEntries, readOldDirectories, readOldFiles } from "./line-files.ts";
import { readUnitLength } from "./unit-header.ts";

// The line program of one unit, as sequences of rows that can be searched:
// which file, line and discriminator an address belongs to. Where several rows
// have one address the last counts, as in BFD.

export interface LineRows {
  /** Rows of all sequences, in the order of their addresses within each. */
  readonly address: readonly number[];
  readonly file: readonly number[];
  readonly line: readonly number[];
  readonly discriminator: readonly number[];
  /** Sorted by address and not overlapping: first row, last row (the end), lowest address. */
  readonly sequences: readonly LineSequence[];
  /** The full path of a file number. */
  path(file: number): string;
}

export interface LineSequence {
  readonly first: number;
  /** The row that ends the sequence. */
  readonly last: number;
  low: number;
}

/** More rows than this are not kept: no unit is that large. */
const MAX_ROWS = 20_000_000;

/** Reads the program of a unit; undefined where it has none or it makes no sense. */
export function readLineSequences(sections: DebugSections, unit: CompileUnit): LineRows | undefined {
  const { line, littleEndian } = sections;
  if (!line || unit.lineProgram < 0 || unit.lineProgram >= line.length) return undefined;
  const head = new Cursor(line, unit.lineProgram, line.length, littleEndian);
  const { length, offsetSize } = readUnitLength(head);
  const end = head.offset + length;
  if (head.ended || end > line.length) return undefined;
  const cursor = new Cursor(line, head.offset, end, littleEndian);
  const version = cursor.u16();
  if (version < 2 || version > 5) return undefined;
  if (version >= 5) cursor.skip(2);
  const headerLength = cursor.unsigned(offsetSize);
  const program = cursor.offset + headerLength;
  const minimumLength = cursor.u8();
  if (version >= 4) cursor.u8();
  cursor.u8();
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  const operandCounts = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operandCounts.push(cursor.u8());
  if (lineRange === 0 || program > end) return undefined;
  const isNew = version >= 5;
  const table = () => readEntries(cursor, offsetSize, unit.addressSize, sections);
  const directories = isNew ? table().map(({ name }) => name) : readOldDirectories(cursor);
  const files = isNew ? table() : readOldFiles(cursor);
  cursor.offset = program;
  const rows = new Rows();
  const path = (file: number) => fullPath(file, version, directories, files, unit.directory);
  // BFD starts with the unit's own file, which DWARF 5 numbers 0 (the standard says 1).
  const firstFile = version >= 5 ? 0 : 1;
  run(cursor, rows, { minimumLength, lineBase, lineRange, opcodeBase, operandCounts, firstFile });
  return { ...rows, sequences: withoutOverlaps(rows.sequences, rows.address), path };
}

/** The unit's folder, the folder of the table and the name, as far as each is relative. */
function fullPath(
  file: number,
  version: number,
  directories: readonly string[],
  files: readonly FileEntry[],
  unitDirectory: string,
): string {
  // DWARF 5 counts files and folders from 0, which are the unit's own.
  const entry = files[version >= 5 ? file : file - 1];
  if (!entry) return "<unknown>";
  if (entry.name.startsWith("/")) return entry.name;
  const folder = directories[version >= 5 ? entry.directory : entry.directory - 1];
  const parts: string[] = [];
  if (unitDirectory !== "" && !folder?.startsWith("/")) parts.push(unitDirectory);
  if (folder !== undefined && folder !== "") parts.push(folder);
  return [...parts, entry.name].join("/");
}

class Rows {
  readonly address: number[] = [];
  readonly file: number[] = [];
  readonly line: number[] = [];
  readonly discriminator: number[] = [];
  readonly sequences: LineSequence[] = [];
  private first = 0;

  get count(): number {
    return this.address.length;
  }

  add(address: number, file: number, line: number, discriminator: number): void {
    let at = this.count;
    // Rows mostly come in the order of their addresses.
    while (at > this.first && this.address[at - 1] > address) at--;
    if (at > this.first && this.address[at - 1] === address) {
      this.file[at - 1] = file;
      this.line[at - 1] = line;
      this.discriminator[at - 1] = discriminator;
      return;
    }
    if (at === this.count) {
      this.address.push(address);
      this.file.push(file);
      this.line.push(line);
      this.discriminator.push(discriminator);
      return;
    }
    this.address.splice(at, 0, address);
    this.file.splice(at, 0, file);
    this.line.splice(at, 0, line);
    this.discriminator.splice(at, 0, discriminator);
  }

  endSequence(address: number): void {
    this.address.push(address);
    this.file.push(0);
    this.line.push(0);
    this.discriminator.push(0);
    const last = this.count - 1;
    if (last > this.first) this.sequences.push({ first: this.first, last, low: this.address[this.first] });
    this.first = this.count;
  }
}

interface Machine {
  readonly minimumLength: number;
  readonly firstFile: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operandCounts: readonly number[];
}

function run(cursor: Cursor, rows: Rows, machine: Machine): void {
  const { minimumLength, lineBase, lineRange, opcodeBase, operandCounts, firstFile } = machine;
  let address = 0;
  let file = firstFile;
  let line = 1;
  let discriminator = 0;
  while (!cursor.atEnd && rows.count < MAX_ROWS) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minimumLength;
      line += lineBase + (adjusted % lineRange);
      rows.add(address, file, line, discriminator);
      discriminator = 0;
      continue;
    }
    switch (opcode) {
      case 0: {
        const size = cursor.uleb();
        const next = cursor.offset + size;
        const extended = size > 0 ? cursor.u8() : 0;
        if (extended === 1) {
          rows.endSequence(address);
          address = discriminator = 0;
          file = firstFile;
          line = 1;
        } else if (extended === 2) address = cursor.unsigned(size - 1);
        else if (extended === 4) discriminator = cursor.uleb();
        cursor.offset = Math.min(next, cursor.end);
        break;
      }
      case 1:
        rows.add(address, file, line, discriminator);
        discriminator = 0;
        break;
      case 2:
        address += cursor.uleb() * minimumLength;
        break;
      case 3:
        line += cursor.sleb();
        break;
      case 4:
        file = cursor.uleb();
        break;
      case 8:
        address += Math.floor((255 - opcodeBase) / lineRange) * minimumLength;
        break;
      case 9:
        address += cursor.u16();
        break;
      default:
        for (let i = 0; i < (operandCounts[opcode] ?? 0); i++) cursor.uleb();
    }
  }
}

/** Sequences by address; one within another is dropped, the start of an overlapping one is cut. */
function withoutOverlaps(sequences: readonly LineSequence[], address: readonly number[]): LineSequence[] {
  const sorted = [...sequences].sort((a, b) => a.low - b.low || address[b.last] - address[a.last]);
  const kept: LineSequence[] = [];
  let high = -1;
  for (const sequence of sorted) {
    const end = address[sequence.last];
    if (sequence.low < high) {
      if (end <= high) continue;
      sequence.low = high;
    }
    kept.push(sequence);
    high = end;
  }
  return kept;
}

/** The row that covers an address; -1 where none does. */
export function findRow(rows: LineRows, address: number): number {
  let low = 0;
  let high = rows.sequences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const sequence = rows.sequences[middle];
    if (address < sequence.low) high = middle;
    else if (address >= rows.address[sequence.last]) low = middle + 1;
    else return rowIn(rows, sequence, address);
  }
  return -1;
}

function rowIn(rows: LineRows, { first, last }: LineSequence, address: number): number {
  let low = first;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows.address[middle] <= address) low = middle;
    else high = middle - 1;
  }
  return low < last && rows.address[low] <= address ? low : -1;
}
