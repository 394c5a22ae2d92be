import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, sharp } from "./context.ts";
import { FORM, formText, readForm } from "./forms.ts";

// .debug_line: as the programs that it consists of, and as the rows that these
// make (DWARF 5, section 6.2).

interface Header {
  readonly start: number;
  readonly length: number;
  readonly offsetSize: 4 | 8;
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly segmentSize: number;
  readonly prologueLength: number;
  readonly minimumLength: number;
  readonly operations: number;
  readonly isStatement: number;
  readonly lineBase: number;
  lineRange: number;
  readonly opcodeBase: number;
}

interface State {
  address: bigint;
  view: number;
  index: number;
  file: number;
  line: number;
  isStatement: boolean;
  lastFile: number;
}

const newState = (isStatement: boolean): State => ({
  address: 0n,
  view: 0,
  index: 0,
  file: 1,
  line: 1,
  isStatement,
  lastFile: 0,
});

/** The last full header: sections named `.debug_line.x` have only statements. */
let savedHeader: Header | undefined;

const isFragment = (name: string) => name.startsWith(".debug_line.") && name !== ".debug_line.dwo";

function readHeader(dump: DwarfDump, section: DebugSection, reader: Reader): Header | undefined {
  const start = reader.at;
  const { length: stated, offsetSize } = reader.unitLength();
  let length = stated;
  if (length > reader.left) {
    if (section.relocated.has(reader.at - offsetSize)) length = reader.left;
    else {
      dump.warn(
        `The length field (${sharp(length)}) in the debug_line header is wrong - the section is too small`,
      );
      return undefined;
    }
  }
  const end = reader.at + length;
  const version = reader.u16();
  if (version < 2 || version > 5) {
    dump.warn("Only DWARF version 2, 3, 4 and 5 line info is currently supported.");
    return undefined;
  }
  const addressSize = version >= 5 ? reader.u8() : 0;
  const segmentSize = version >= 5 ? reader.u8() : 0;
  if (segmentSize !== 0) {
    dump.warn(`The ${section.name} section contains unsupported segment selector size: ${segmentSize}.`);
    return undefined;
  }
  const prologueLength = reader.offset(offsetSize);
  const minimumLength = reader.u8();
  const operations = version >= 4 ? reader.u8() : 1;
  if (operations === 0) {
    dump.warn("Invalid maximum operations per insn.");
    return undefined;
  }
  const isStatement = reader.u8();
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  return {
    start,
    length,
    offsetSize,
    end,
    version,
    addressSize,
    segmentSize,
    prologueLength,
    minimumLength,
    operations,
    isStatement,
    lineBase,
    lineRange,
    opcodeBase,
  };
}

function fixRange(dump: DwarfDump, header: Header): void {
  if (header.lineRange !== 0) return;
  dump.warn("Line range of 0 is invalid, using 1 instead");
  header.lineRange = 1;
}

/** Moves the address on by operations; how far it went. */
function advance(state: State, header: Header, operations: bigint): bigint {
  let delta: bigint;
  if (header.operations === 1) delta = operations * BigInt(header.minimumLength);
  else {
    const sum = BigInt(state.index) + operations;
    delta = (sum / BigInt(header.operations)) * BigInt(header.minimumLength);
    state.index = Number(sum % BigInt(header.operations));
  }
  state.address = BigInt.asUintN(64, state.address + delta);
  if (delta !== 0n) state.view = 0;
  return delta;
}

export function showRawLines(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section, true);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    let header: Header | undefined;
    let lengths: number[] | undefined;
    let state: State;
    if (isFragment(section.name)) {
      header = savedHeader && { ...savedHeader, end: whole.end };
      if (!header) {
        dump.warn("Partial .debug_line. section encountered without a prior full .debug_line section");
        return false;
      }
      state = newState(header.isStatement !== 0);
    } else {
      header = readHeader(dump, section, whole);
      if (!header) return false;
      printHeader(dump, header);
      fixRange(dump, header);
      state = newState(header.isStatement !== 0);
      if (whole.at + header.opcodeBase >= whole.end) {
        dump.warn("Line Base extends beyond end of section");
        return false;
      }
      lengths = [0];
      out.text("\n Opcodes:\n");
      for (let i = 1; i < header.opcodeBase; i++) {
        const count = whole.u8();
        lengths.push(count);
        out.text(`  Opcode ${i} has ${count} ${count === 1 ? "arg" : "args"}\n`);
      }
      if (header.version >= 5) {
        printFormatted(dump, section, whole, header, true);
        printFormatted(dump, section, whole, header, false);
      } else if (!printTables(dump, whole, state)) return false;
      out.byte(10);
      savedHeader = header;
    }
    if (whole.at >= header.end) out.text(" No Line Number Statements.\n");
    else {
      out.text(" Line Number Statements:\n");
      const program = whole.from(whole.at, header.end);
      while (!program.atEnd) state = rawStatement(dump, program, header, state, lengths);
      whole.at = program.at;
      out.byte(10);
    }
  }
  return true;
}

function printHeader({ out }: DwarfDump, header: Header): void {
  const line = (label: string, value: number | string) => out.text(`  ${`${label}:`.padEnd(29)}${value}\n`);
  line("Offset", sharp(header.start));
  line("Length", header.length);
  line("DWARF Version", header.version);
  if (header.version >= 5) {
    line("Address size (bytes)", header.addressSize);
    line("Segment selector (bytes)", header.segmentSize);
  }
  line("Prologue Length", header.prologueLength | 0);
  line("Minimum Instruction Length", header.minimumLength);
  if (header.version >= 4) line("Maximum Ops per Instruction", header.operations);
  line("Initial value of 'is_stmt'", header.isStatement);
  line("Line Base", header.lineBase);
  line("Line Range", header.lineRange);
  line("Opcode Base", header.opcodeBase);
}

/** The tables of DWARF 2 to 4; false where they do not end. */
function printTables({ out, warn }: DwarfDump, reader: Reader, state: State): boolean {
  if (reader.bytes[reader.at] === 0) out.text("\n The Directory Table is empty.\n");
  else {
    out.text(`\n The Directory Table (offset ${sharp(reader.at)}):\n`);
    for (let i = 1; !reader.atEnd && reader.bytes[reader.at] !== 0; i++)
      out.text(`  ${i}\t${reader.string()}\n`);
    if (reader.at >= reader.end - 1) return false;
  }
  reader.skip(1);
  if (reader.atEnd || reader.bytes[reader.at] === 0) out.text("\n The File Name Table is empty.\n");
  else {
    out.text(`\n The File Name Table (offset ${sharp(reader.at)}):\n  Entry\tDir\tTime\tSize\tName\n`);
    while (!reader.atEnd && reader.bytes[reader.at] !== 0) {
      const name = reader.string();
      out.text(`  ${++state.lastFile}\t${reader.uleb()}\t${reader.uleb()}\t${reader.uleb()}\t${name}\n`);
      if (reader.atEnd) {
        warn("Corrupt file name table entry");
        break;
      }
    }
  }
  reader.skip(1);
  return true;
}

const columnNames: Readonly<Record<number, string>> = {
  1: "\tName",
  2: "\tDir",
  3: "\tTime",
  4: "\tSize",
  5: "\tMD5\t\t\t",
};

/** A table of DWARF 5: columns are described, the name is shown last. */
function printFormatted(
  dump: DwarfDump,
  section: DebugSection,
  reader: Reader,
  header: Header,
  isDirectories: boolean,
): void {
  const { out } = dump;
  const name = isDirectories ? "Directory Table" : "File Name Table";
  const formats = readFormats(reader);
  if (reader.atEnd) {
    dump.warn(`${name}: Corrupt format description entry`);
    return;
  }
  const count = reader.ulebNumber();
  if (count === 0) {
    out.text(`\n The ${name} is empty.\n`);
    return;
  }
  if (reader.atEnd) {
    dump.warn(`${name}: Corrupt entry count - expected ${sharp(count)} but none found`);
    return;
  }
  if (formats.length === 0) {
    dump.warn(`${name}: format count is zero, but the table is not empty`);
    reader.at = reader.end;
    return;
  }
  out.text(
    `\n The ${name} (offset ${sharp(reader.at)}, lines ${count}, columns ${formats.length}):\n  Entry`,
  );
  const isName = ([content]: readonly [number, number]) => content === 1;
  const ordered = [...formats.filter((f) => !isName(f)), ...formats.filter(isName)];
  for (const [content] of ordered)
    out.text(columnNames[content] ?? `\t(Unknown format content type ${content})`);
  out.byte(10);
  const unit = { unitOffset: 0, addressSize: 0, offsetSize: header.offsetSize, version: header.version };
  for (let i = 0; i < count; i++) {
    out.text(`  ${i}`);
    const texts = formats.map(([content, form]) => {
      const read = readForm(reader, form, unit, 0n);
      const text = formText(dump, reader, read, form, unit, section.name, undefined, "\t");
      return [content, text] as const;
    });
    for (const [content, text] of texts) if (content !== 1) out.text(text);
    for (const [content, text] of texts) if (content === 1) out.text(text);
    if (reader.atEnd && i < count - 1) {
      dump.warn(`\n${name}: Corrupt entries list`);
      return;
    }
    out.byte(10);
  }
}

function readFormats(reader: Reader): (readonly [number, number])[] {
  const formats: (readonly [number, number])[] = [];
  for (let count = reader.u8(); count > 0 && !reader.atEnd; count--)
    formats.push([reader.ulebNumber(), reader.ulebNumber()]);
  return formats;
}

function rawStatement(
  dump: DwarfDump,
  reader: Reader,
  header: Header,
  state: State,
  lengths: readonly number[] | undefined,
): State {
  const { out } = dump;
  out.text(`  [0x${reader.at.toString(16).padStart(8, "0")}]`);
  const opcode = reader.u8();
  const index = () => (header.operations === 1 ? "" : `[${state.index}]`);
  const view = () => (state.view ? ` (view ${state.view})\n` : "\n");
  if (opcode >= header.opcodeBase) {
    const special = opcode - header.opcodeBase;
    const steps = BigInt(Math.floor(special / header.lineRange));
    const delta = advance(state, header, steps);
    const shown = header.operations === 1 ? delta : steps;
    const lines = (special % header.lineRange) + header.lineBase;
    state.line = (state.line + lines) >>> 0;
    out.text(`  Special opcode ${special}: advance Address by ${shown} to ${sharp(state.address)}${index()}`);
    out.text(` and Line by ${lines} to ${state.line | 0}${view()}`);
    state.view++;
    return state;
  }
  switch (opcode) {
    case 0:
      return extended(dump, reader, header, state);
    case 1:
      out.text(`  Copy${view()}`);
      state.view++;
      break;
    case 2: {
      const steps = reader.uleb();
      const delta = advance(state, header, steps);
      const shown = header.operations === 1 ? delta : steps;
      out.text(`  Advance PC by ${shown} to ${sharp(state.address)}${index()}\n`);
      break;
    }
    case 3: {
      const lines = reader.sleb();
      state.line = Number(BigInt.asUintN(32, BigInt(state.line) + lines));
      out.text(`  Advance Line by ${lines} to ${state.line | 0}\n`);
      break;
    }
    case 4:
      state.file = reader.ulebNumber();
      out.text(`  Set File Name to entry ${state.file} in the File Name Table\n`);
      break;
    case 5:
      out.text(`  Set column to ${reader.uleb()}\n`);
      break;
    case 6:
      state.isStatement = !state.isStatement;
      out.text(`  Set is_stmt to ${state.isStatement ? 1 : 0}\n`);
      break;
    case 7:
      out.text("  Set basic block\n");
      break;
    case 8: {
      const steps = BigInt(Math.floor((255 - header.opcodeBase) / header.lineRange));
      const delta = steps * BigInt(header.minimumLength);
      state.address = BigInt.asUintN(64, state.address + delta);
      if (delta !== 0n) state.view = 0;
      out.text(`  Advance PC by constant ${delta} to ${sharp(state.address)}\n`);
      break;
    }
    case 9: {
      const delta = BigInt(reader.u16());
      state.address = BigInt.asUintN(64, state.address + delta);
      state.index = 0;
      out.text(`  Advance PC by fixed size amount ${delta} to ${sharp(state.address)}\n`);
      break;
    }
    case 10:
      out.text("  Set prologue_end to true\n");
      break;
    case 11:
      out.text("  Set epilogue_begin to true\n");
      break;
    case 12:
      out.text(`  Set ISA to ${reader.uleb()}\n`);
      break;
    default: {
      out.text(`  Unknown opcode ${opcode} with operands: `);
      const count = lengths?.[opcode] ?? 0;
      const values = Array.from({ length: count }, () => sharp(reader.uleb()));
      out.text(`${values.join(", ")}\n`);
    }
  }
  return state;
}

function extended(dump: DwarfDump, reader: Reader, header: Header, before: State): State {
  const { out } = dump;
  const length = reader.ulebNumber();
  if (length === 0 || reader.atEnd || length > reader.left) {
    dump.warn("Badly formed extended line op encountered!");
    return before;
  }
  const end = reader.at + length;
  const opcode = reader.u8();
  out.text(`  Extended opcode ${opcode}: `);
  let state = before;
  if (opcode === 1) {
    out.text("End of Sequence\n\n");
    state = newState(header.isStatement !== 0);
  } else if (opcode === 2) {
    if (length - 1 > 8) {
      dump.warn(`Length (${length - 1}) of DW_LNE_set_address op is too long`);
      state.address = 0n;
    } else state.address = reader.uint(length - 1);
    out.text(`set Address to ${sharp(state.address)}\n`);
    state.view = 0;
    state.index = 0;
  } else if (opcode === 3) {
    out.text(`define new File Table entry\n  Entry\tDir\tTime\tSize\tName\n   ${++state.lastFile}\t`);
    const name = reader.string();
    out.text(`${reader.uleb()}\t${reader.uleb()}\t${reader.uleb()}\t${name}\n\n`);
  } else if (opcode === 4) out.text(`set Discriminator to ${reader.uleb()}\n`);
  else {
    out.text(`${opcode >= 0x80 ? "user defined" : "UNKNOWN"}: length ${length - 1} [`);
    while (reader.at < end) out.text(` ${reader.u8().toString(16).padStart(2, "0")}`);
    out.text("]\n");
  }
  reader.at = end;
  return state;
}

interface FileEntry {
  readonly name: string | undefined;
  readonly directory: number;
}

export function showDecodedLines(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    let header: Header | undefined;
    let directories: (string | undefined)[] = [];
    let files: FileEntry[] = [];
    const lengths: number[] = [0];
    if (isFragment(section.name)) {
      header = savedHeader && { ...savedHeader, end: whole.end };
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
      savedHeader = header;
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

function readFormatted(dump: DwarfDump, reader: Reader, header: Header): Tables | string {
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
  { version }: Header,
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
  header: Header,
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
  { version }: Header,
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
  header: Header,
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
