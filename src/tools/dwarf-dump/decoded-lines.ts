import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, sharp } from "./context.ts";
import { FORM, readForm } from "./forms.ts";
import {
  advance,
  fixRange,
  isFragment,
  type LineHeader,
  newState,
  readFormats,
  readHeader,
  type State,
} from "./line-program.ts";

// .debug_line as the rows that its programs make (DWARF 5, section 6.2).

interface FileEntry {
  readonly name: string | undefined;
  readonly directory: number;
}

export function showDecodedLines(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    let header: LineHeader | undefined;
    let directories: (string | undefined)[] = [];
    let files: FileEntry[] = [];
    const lengths: number[] = [0];
    if (isFragment(section.name)) {
      header = dump.lineHeader && { ...dump.lineHeader, end: whole.end };
      if (!header) {
        dump.warn("Partial .debug_line. section encountered without a prior full .debug_line section");
        return false;
      }
    } else {
      header = readHeader(dump, section, whole);
      if (!header) return false;
      fixRange(dump, header);
      for (let i = 1; i < header.opcodeBase; i++) lengths.push(whole.u8());
      if (whole.atEnd) {
        dump.warn(`opcode base of ${header.opcodeBase} extends beyond end of section`);
        return false;
      }
      const tables = header.version >= 5 ? readFormatted(dump, whole, header) : readTables(whole);
      if (typeof tables === "string") {
        dump.warn(tables);
        break;
      }
      ({ directories, files } = tables);
      printUnit(dump, header, directories, files);
      dump.lineHeader = header;
    }
    const program = whole.from(whole.at, header.end);
    decodeProgram(dump, program, header, directories, files, lengths);
    whole.at = program.at;
    out.byte(10);
  }
  return true;
}

type Tables = { readonly directories: (string | undefined)[]; readonly files: FileEntry[] };

function readTables(reader: Reader): Tables | string {
  const directories: string[] = [];
  const files: FileEntry[] = [];
  while (!reader.atEnd && reader.bytes[reader.at] !== 0) directories.push(reader.string());
  if (reader.atEnd && directories.length > 0) return "directory table ends unexpectedly";
  reader.skip(1);
  while (!reader.atEnd && reader.bytes[reader.at] !== 0) {
    const name = reader.string();
    files.push({ name, directory: reader.ulebNumber() });
    reader.uleb();
    reader.uleb();
  }
  if (reader.atEnd && files.length > 0) return "file table ends unexpectedly";
  reader.skip(1);
  return { directories, files };
}

function readFormatted(dump: DwarfDump, reader: Reader, header: LineHeader): Tables | string {
  const unit = { unitOffset: 0, addressSize: 0, offsetSize: header.offsetSize, version: header.version };
  const nameOf = (form: number, text: string, value: bigint) => {
    if (form === FORM.string) return text;
    return form === FORM.line_strp ? dump.stringAt(".debug_line_str", value) : undefined;
  };
  const rows = (): FileEntry[] | undefined => {
    const formats = readFormats(reader);
    const count = reader.ulebNumber();
    const entries: FileEntry[] = [];
    for (let i = 0; i < count; i++) {
      if (reader.atEnd) return undefined;
      let name: string | undefined;
      let directory = 0;
      for (const [content, form] of formats) {
        const read = readForm(reader, form, unit, 0n);
        if (content === 1) name = nameOf(form, read.text, read.value);
        else if (content === 2) directory = Number(read.value);
      }
      entries.push({ name, directory });
    }
    return entries;
  };
  const directories = rows();
  if (!directories) return "Corrupt directories list";
  const files = rows();
  if (!files) return "Corrupt file name list";
  return { directories: directories.map(({ name }) => name), files };
}

const named = (name: string | undefined) => name ?? "unknown";

function printUnit(
  dump: DwarfDump,
  { version }: LineHeader,
  directories: readonly (string | undefined)[],
  files: readonly FileEntry[],
): void {
  const { out } = dump;
  if (files.length === 0) out.text("CU: No directory table\n");
  else if (directories.length === 0) out.text(`CU: ${named(files[0].name)}:\n`);
  else {
    let index = files[0].directory;
    let directory: string;
    if (index === 0 && version < 5) directory = ".";
    else {
      if (version < 5) index--;
      if (index >= directories.length) {
        dump.warn(`directory index ${index} >= number of directories ${directories.length}`);
        directory = "<corrupt>";
      } else directory = named(directories[index]);
    }
    out.text(
      dump.options.wide ? `CU: ${directory}/${named(files[0].name)}:\n` : `${named(files[0].name)}:\n`,
    );
  }
  out.text(
    files.length > 0
      ? "File name                            Line number    Starting address    View    Stmt\n"
      : "CU: Empty file name table\n",
  );
}

const MAX_NAME = 35;

function decodeProgram(
  dump: DwarfDump,
  reader: Reader,
  header: LineHeader,
  directories: readonly (string | undefined)[],
  files: FileEntry[],
  lengths: readonly number[],
): void {
  const { out } = dump;
  let state = newState(header.isStatement !== 0);
  while (!reader.atEnd) {
    let isRow = false;
    let isEnd = false;
    const opcode = reader.u8();
    if (opcode >= header.opcodeBase) {
      const special = opcode - header.opcodeBase;
      advance(state, header, BigInt(Math.floor(special / header.lineRange)));
      state.line = (state.line + (special % header.lineRange) + header.lineBase) >>> 0;
      isRow = true;
    } else if (opcode === 0) {
      const length = reader.ulebNumber();
      const end = reader.at + length;
      if (length === 0 || end > reader.end) {
        dump.warn("Badly formed extended line op encountered!");
        continue;
      }
      const inner = reader.u8();
      if (inner === 1) isRow = isEnd = true;
      else if (inner === 2) {
        state.address = reader.uint(Math.min(length - 1, 8));
        state.index = 0;
        state.view = 0;
      } else if (inner === 3) {
        const name = reader.string();
        files.push({ name, directory: reader.ulebNumber() });
      } else if (inner !== 4 && inner !== 0x16)
        out.text(`UNKNOWN (${inner}): length ${length - (length - 1) + lengthOfLength(length)}\n`);
      reader.at = end;
    } else if (opcode === 1) isRow = true;
    else if (opcode === 2) advance(state, header, reader.uleb());
    else if (opcode === 3) state.line = Number(BigInt.asUintN(32, BigInt(state.line) + reader.sleb()));
    else if (opcode === 4) {
      state.file = reader.ulebNumber();
      printFileChange(dump, state.file, header, directories, files);
    } else if (opcode === 5) reader.uleb();
    else if (opcode === 6) state.isStatement = !state.isStatement;
    else if (opcode === 8)
      advance(state, header, BigInt(Math.floor((255 - header.opcodeBase) / header.lineRange)));
    else if (opcode === 9) {
      state.address = BigInt.asUintN(64, state.address + BigInt(reader.u16()));
      state.index = 0;
    } else if (opcode === 12) out.text(`  Set ISA to ${reader.uleb()}\n`);
    else if (opcode !== 7 && opcode !== 10 && opcode !== 11) {
      const values = Array.from({ length: lengths[opcode] ?? 0 }, () => sharp(reader.uleb()));
      out.text(`  Unknown opcode ${opcode} with operands: ${values.join(", ")}\n`);
    }
    if (!isRow) continue;
    printRow(dump, state, header, files, isEnd);
    state.view++;
    if (isEnd) {
      state = newState(header.isStatement !== 0);
      out.byte(10);
    }
  }
}

const lengthOfLength = (length: number): number => (length < 128 ? 1 : length < 16384 ? 2 : 3);

function printFileChange(
  dump: DwarfDump,
  number: number,
  { version }: LineHeader,
  directories: readonly (string | undefined)[],
  files: readonly FileEntry[],
): void {
  const { out } = dump;
  const index = version < 5 ? number - 1 : number;
  if (files.length === 0) {
    out.text(`\n [Use file table entry ${index}]\n`);
    return;
  }
  const file = files[index];
  if (!file) {
    dump.warn(`file index ${index >>> 0} >= number of files ${files.length}`);
    out.text(`\n <over large file table index ${index >>> 0}>`);
    return;
  }
  let { directory } = file;
  if (directory === 0 && version < 5) {
    out.text(`\n./${named(file.name)}:[++]\n`);
    return;
  }
  if (directories.length === 0) {
    out.text(`\n [Use file ${named(file.name)} in directory table entry ${directory}]\n`);
    return;
  }
  if (version < 5) directory--;
  if (directory >= directories.length) {
    dump.warn(`directory index ${directory} >= number of directories ${directories.length}`);
    out.text(`\n <over large directory table entry ${directory}>\n`);
  } else out.text(`\n${named(directories[directory])}/${named(file.name)}:\n`);
}

function printRow(
  dump: DwarfDump,
  state: State,
  header: LineHeader,
  files: readonly FileEntry[],
  isEnd: boolean,
): void {
  const { out, options } = dump;
  let name: string | undefined;
  if (files.length > 0) {
    const index = header.version < 5 ? state.file - 1 : state.file;
    if (index < 0 || index >= files.length) {
      dump.warn(`file index ${index >>> 0} >= number of files ${files.length}`);
      name = "<corrupt>";
    } else name = files[index].name;
  }
  name ??= "<unknown>";
  const shown = name.length > MAX_NAME && !options.wide ? name.slice(-MAX_NAME) : name;
  const line = isEnd ? "-" : `${state.line | 0}`;
  out.text(`${shown.padEnd(MAX_NAME)}  ${line.padStart(11)}  ${sharp(state.address).padStart(18)}`);
  if (header.operations !== 1) out.text(`[${state.index}]`);
  if (!isEnd) {
    out.text(state.view ? `  ${`${state.view}`.padStart(6)}` : "        ");
    if (state.isStatement) out.text("       x");
  }
  out.byte(10);
}
