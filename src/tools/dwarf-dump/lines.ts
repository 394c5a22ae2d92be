import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, sharp } from "./context.ts";
import { formText, readForm } from "./forms.ts";
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

// .debug_line as the programs that it consists of (DWARF 5, section 6.2).

export function showRawLines(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section, true);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    let header: LineHeader | undefined;
    let lengths: number[] | undefined;
    let state: State;
    if (isFragment(section.name)) {
      header = dump.lineHeader && { ...dump.lineHeader, end: whole.end };
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
      dump.lineHeader = header;
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

function printHeader({ out }: DwarfDump, header: LineHeader): void {
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
  header: LineHeader,
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

function rawStatement(
  dump: DwarfDump,
  reader: Reader,
  header: LineHeader,
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

function extended(dump: DwarfDump, reader: Reader, header: LineHeader, before: State): State {
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
