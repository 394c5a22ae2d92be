import { Cursor } from "./cursor.ts";
import type { StringSections } from "./forms.ts";
import { readEntries, readOldDirectories, readOldFiles } from "./line-files.ts";
import { readUnitLength } from "./unit-header.ts";

// The line number information of DWARF 2 to 5 (section 6.2): for each
// compilation unit a program for a small machine, whose registers (address,
// file, line …) at certain moments are the rows of a table. In a relocatable
// object addresses are not numbers yet: a sequence starts at a relocated field,
// so rows belong to a section, which the caller tells by the field's offset.

/** What the reader needs beside the bytes of .debug_line, which have their relocations applied. */
export interface LineInput extends StringSections {
  readonly line: Uint8Array;
  readonly littleEndian?: boolean;
  /** The section whose address is kept at an offset of .debug_line: any number; 0 where there is none. */
  sectionAt(offset: number): number;
  /** The one section whose rows are wanted; without it those of all. Whatever else a program says is passed over. */
  readonly only?: number;
  /** An address in that section: nothing is read behind the row that covers it, as `findLine` would find it. */
  readonly until?: number;
  /** The directory of the compilation unit whose program starts at an offset: for DWARF 4 and older. */
  directoryOf?(program: number): string | undefined;
}

/** Rows of all programs, in columns; `file` indexes `files`. A row with line -1 ends a sequence. */
export interface LineTable {
  readonly section: readonly number[];
  readonly address: readonly number[];
  readonly file: readonly number[];
  readonly line: readonly number[];
  /** Full paths where the directories are known. */
  readonly files: readonly string[];
  /** The same as the tables of files spell them, without directories. */
  readonly plainFiles: readonly string[];
  /** Offset of a program in .debug_line to the index in `files` of its file number 0. */
  readonly programs: ReadonlyMap<number, number>;
}

const DW_LNS = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;

const DW_LNE = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

/** More rows than this are not kept: an object cannot be that large. */
const MAX_ROWS = 50_000_000;

/** Reads every line program of .debug_line. */
export function readLineTable(input: LineInput): LineTable {
  const table: Rows = {
    section: [],
    address: [],
    file: [],
    line: [],
    files: [],
    plainFiles: [],
    programs: new Map(),
    found: false,
  };
  let at = 0;
  while (at < input.line.length) {
    const next = readProgram(input, at, table);
    if (next <= at || table.found) break;
    at = next;
  }
  return table;
}

interface Rows {
  section: number[];
  address: number[];
  file: number[];
  line: number[];
  files: string[];
  plainFiles: string[];
  programs: Map<number, number>;
  /** Whether the row that covers `until` is there. */
  found: boolean;
}

/** Runs the program at an offset; where the next one starts. */
function readProgram(input: LineInput, start: number, rows: Rows): number {
  const { littleEndian = true, line: bytes, only, until } = input;
  const head = new Cursor(bytes, start, bytes.length, littleEndian);
  const { length, offsetSize } = readUnitLength(head);
  const end = head.offset + length;
  if (head.ended || length === 0 || end > bytes.length) return start;
  const cursor = new Cursor(bytes, head.offset, end, littleEndian);
  const version = cursor.u16();
  if (version < 2 || version > 5) return end;
  let addressSize = 8;
  if (version >= 5) {
    addressSize = cursor.u8();
    cursor.u8();
  }
  const headerLength = cursor.unsigned(offsetSize);
  const program = cursor.offset + headerLength;
  const minimumLength = cursor.u8();
  if (version >= 4) cursor.u8();
  cursor.u8();
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  const operandCounts: number[] = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operandCounts.push(cursor.u8());
  if (lineRange === 0 || program > end) return end;
  const fileBase = rows.files.length;
  rows.programs.set(start, fileBase);
  if (version >= 5) readFilesV5(input, cursor, offsetSize, addressSize, rows);
  else readFiles(input, cursor, start, rows);
  const fileCount = rows.files.length - fileBase;
  cursor.offset = program;

  let section = 0;
  let address = 0;
  let file = 1;
  let line = 1;
  const emit = (lineNumber: number) => {
    // A row ends where the next one begins, so one of another section has to stand behind the wanted ones.
    if (only !== undefined && section !== only && rows.section.at(-1) !== only) return;
    if (rows.line.length > MAX_ROWS) cursor.ended = true;
    const last = rows.line.length - 1;
    if (until !== undefined && last >= 0 && rows.section[last] === section && rows.line[last] >= 0)
      if (rows.address[last] <= until && until < address) rows.found = cursor.ended = true;
    rows.section.push(section);
    rows.address.push(address);
    rows.file.push(file >= 0 && file < fileCount ? fileBase + file : -1);
    rows.line.push(lineNumber);
  };
  while (!cursor.atEnd) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minimumLength;
      line += lineBase + (adjusted % lineRange);
      emit(line);
      continue;
    }
    switch (opcode) {
      case 0: {
        const size = cursor.uleb();
        const next = cursor.offset + size;
        if (size > 0) {
          const extended = cursor.u8();
          if (extended === DW_LNE.endSequence) {
            emit(-1);
            section = address = 0;
            file = line = 1;
          } else if (extended === DW_LNE.setAddress) {
            section = input.sectionAt(cursor.offset);
            address = cursor.unsigned(size - 1);
            const behind =
              only === undefined || section === only ? -1 : skipSequence(bytes, next, end, operandCounts);
            if (behind >= 0) {
              emit(-1);
              section = address = 0;
              file = line = 1;
              cursor.offset = behind;
              break;
            }
          } else if (extended === DW_LNE.defineFile) addFile(rows, "", cursor.string());
        }
        cursor.offset = Math.min(next, end);
        break;
      }
      case DW_LNS.copy:
        emit(line);
        break;
      case DW_LNS.advancePc:
        address += cursor.uleb() * minimumLength;
        break;
      case DW_LNS.advanceLine:
        line += cursor.sleb();
        break;
      case DW_LNS.setFile:
        file = cursor.uleb();
        break;
      case DW_LNS.constAddPc:
        address += Math.floor((255 - opcodeBase) / lineRange) * minimumLength;
        break;
      case DW_LNS.fixedAdvancePc:
        address += cursor.u16();
        break;
      default:
        for (let i = 0; i < operandCounts[opcode]; i++) cursor.uleb();
    }
  }
  return end;
}

/**
 * Where the sequence ends in whose middle `at` is; -1 where it does more than
 * add rows. A large object has the sequences of thousands of functions, and
 * only one of them is asked for.
 */
function skipSequence(bytes: Uint8Array, at: number, end: number, operandCounts: readonly number[]): number {
  const opcodeBase = operandCounts.length;
  while (at < end) {
    const opcode = bytes[at++];
    if (opcode >= opcodeBase) continue;
    if (opcode === DW_LNS.fixedAdvancePc) at += 2;
    else if (opcode > 0) {
      for (let left = operandCounts[opcode]; left > 0; left--) while (at < end && bytes[at++] > 127);
    } else {
      const size = bytes[at++];
      if (at >= end || size === 0 || size > 127) return -1;
      const extended = bytes[at];
      at += size;
      if (extended === DW_LNE.endSequence) return at;
      if (extended === DW_LNE.setAddress || extended === DW_LNE.defineFile) return -1;
    }
  }
  return -1;
}

/** DWARF 2 to 4: directory 0 is the unit's own, file 0 is nothing. */
function readFiles(input: LineInput, cursor: Cursor, start: number, rows: Rows): void {
  const directories = [input.directoryOf?.(start) ?? ""];
  for (const name of readOldDirectories(cursor)) directories.push(join(directories[0], name));
  addFile(rows, "", "");
  for (const { name, directory } of readOldFiles(cursor)) addFile(rows, directories[directory] ?? "", name);
}

function readFilesV5(
  input: LineInput,
  cursor: Cursor,
  offsetSize: 4 | 8,
  addressSize: number,
  rows: Rows,
): void {
  const directories: string[] = [];
  for (const { name } of readEntries(cursor, offsetSize, addressSize, input))
    directories.push(directories.length === 0 ? name : join(directories[0], name));
  for (const { name, directory } of readEntries(cursor, offsetSize, addressSize, input))
    addFile(rows, directories[directory] ?? "", name);
}

function addFile(rows: Rows, directory: string, name: string): void {
  rows.files.push(join(directory, name));
  rows.plainFiles.push(name);
}

function join(directory: string, name: string): string {
  return directory === "" || name.startsWith("/") ? name : `${directory}/${name}`;
}

/** The row that covers an address of a section; undefined if none does. */
export function findLine(
  table: LineTable,
  section: number,
  address: number,
): { readonly file: string; readonly line: number } | undefined {
  const { section: sections, address: addresses, line: lines, file: files } = table;
  for (let row = 0; row + 1 < lines.length; row++) {
    if (sections[row] !== section || lines[row] < 0) continue;
    if (addresses[row] > address || addresses[row + 1] <= address || sections[row + 1] !== section) continue;
    return { file: files[row] < 0 ? "" : table.files[files[row]], line: lines[row] };
  }
  return undefined;
}
