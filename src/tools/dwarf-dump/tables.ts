import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, formName, hexDigits, sharp } from "./context.ts";
import { formText, readForm } from "./forms.ts";
import { loadUnits } from "./info.ts";

// The sections that are plain tables: strings, address ranges of units, names,
// addresses and string offsets by index, macros, links to other files.

/** .debug_str and .debug_line_str, as bytes. */
export function showStrings(dump: DwarfDump, section: DebugSection): void {
  const { out } = dump;
  const { bytes } = section;
  dump.introduce(section);
  for (let at = 0; at < bytes.length; at += 16) {
    const end = Math.min(at + 16, bytes.length);
    out.text(`  0x${(section.address + BigInt(at)).toString(16).padStart(8, "0")} `);
    for (let i = at; i < at + 16; i++) {
      if (i < end) out.hex2(bytes[i]);
      else out.text("  ");
      if ((i & 3) === 3) out.byte(32);
    }
    for (let i = at; i < end; i++) out.byte(bytes[i] >= 32 && bytes[i] < 128 ? bytes[i] : 46);
    out.byte(10);
  }
  out.byte(10);
}

/** Whether a header's reference to .debug_info means a unit; complains if not. */
function checkUnit(dump: DwarfDump, section: DebugSection, offset: number): void {
  const units = loadUnits(dump);
  if (units && !units.some((unit) => unit.unitOffset === offset))
    dump.warn(
      `.debug_info offset of ${sharp(offset)} in ${section.name} section does not point to a CU header.`,
    );
}

export function showAddressRanges(dump: DwarfDump, section: DebugSection): void {
  const { out } = dump;
  dump.introduce(section);
  loadUnits(dump);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    const start = whole.at;
    const { length, offsetSize } = whole.unitLength();
    if (length > whole.left) {
      dump.warn(
        `Debug info is corrupted, ${section.name} header at ${sharp(start)} has length ${sharp(length)}`,
      );
      break;
    }
    const reader = whole.from(whole.at, whole.at + length);
    const version = reader.u16();
    const offset = reader.offset(offsetSize);
    checkUnit(dump, section, offset);
    const addressSize = reader.u8();
    const segmentSize = reader.u8();
    if (version !== 2 && version !== 3) {
      if (version !== 0) dump.warn("Only DWARF 2 and 3 aranges are currently supported.");
      break;
    }
    out.text(`  Length:                   ${length}\n  Version:                  ${version}\n`);
    out.text(`  Offset into .debug_info:  ${sharp(offset)}\n`);
    out.text(`  Pointer Size:             ${addressSize}\n  Segment Size:             ${segmentSize}\n`);
    const size = addressSize + segmentSize;
    if (size === 0 || size > 8) {
      dump.error(`Invalid address size in ${section.name} section!`);
      break;
    }
    if (size & (size - 1)) {
      dump.warn("Pointer size + Segment size is not a power of two.");
      break;
    }
    out.text(size > 4 ? "\n    Address            Length\n" : "\n    Address    Length\n");
    reader.skip(2 * size - 1 - ((reader.at - start - 1) % (2 * size)));
    while (reader.left >= 2 * size) {
      const address = reader.uint(size);
      out.text(`    ${dump.hex(address, size)}${hexDigits(reader.uint(size), size)}\n`);
    }
    whole.at = reader.end;
  }
  out.byte(10);
}

const symbolKinds = ["no info", "type", "variable", "function", "other", "unused5", "unused6", "unused7"];

export function showNames(dump: DwarfDump, section: DebugSection, isGnu: boolean): void {
  const { out } = dump;
  loadUnits(dump);
  dump.introduce(section);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    const start = whole.at;
    const { length, offsetSize } = whole.unitLength();
    if (length > whole.left) {
      dump.warn(
        `Debug info is corrupted, ${section.name} header at ${sharp(start)} has length ${sharp(length)}`,
      );
      break;
    }
    const reader = whole.from(whole.at, whole.at + length);
    whole.at = reader.end;
    const version = reader.u16();
    const offset = reader.offset(offsetSize);
    checkUnit(dump, section, offset);
    const size = reader.uint(offsetSize);
    out.text(`  Length:                              ${length}\n`);
    out.text(`  Version:                             ${version}\n`);
    out.text(`  Offset into .debug_info section:     ${sharp(offset)}\n`);
    out.text(`  Size of area in .debug_info section: ${size}\n`);
    if (version !== 2 && version !== 3) {
      dump.warn("Only DWARF 2 and 3 pubnames are currently supported");
      continue;
    }
    out.text(isGnu ? "\n    Offset  Kind          Name\n" : "\n    Offset\tName\n");
    while (!reader.atEnd) {
      const place = reader.uint(offsetSize);
      if (place === 0n || reader.atEnd) break;
      out.text(`    ${place.toString(16).padEnd(6)}`);
      if (isGnu) {
        const kind = reader.u8();
        out.text(
          `  ${kind & 0x80 ? "s" : "g"},${symbolKinds[(kind >> 4) & 7].padEnd(10)}  ${reader.string()}\n`,
        );
      } else out.text(`\t${reader.string()}\n`);
    }
  }
  out.byte(10);
}

export function showAddresses(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  const units = loadUnits(dump);
  if (!units) {
    dump.warn(
      `Unable to load/parse the .debug_info section, so cannot interpret the ${section.name} section.`,
    );
    return false;
  }
  dump.introduce(section);
  const size = section.bytes.length;
  const users = units.filter((unit, i) => {
    if (unit.addressBase === -1n) return false;
    if (unit.addressBase < BigInt(size)) return true;
    dump.warn(`Corrupt address base (${sharp(unit.addressBase)}) found in debug section ${i}`);
    return false;
  });
  users.sort((a, b) => Number(a.addressBase - b.addressBase));
  let header = 0;
  for (const [i, unit] of users.entries()) {
    out.text(`  For compilation unit at offset ${sharp(unit.unitOffset)}:\n\tIndex\tAddress\n`);
    const entry = Number(unit.addressBase);
    let end = i + 1 < users.length ? Number(users[i + 1].addressBase) : size;
    let addressSize = unit.addressSize;
    if (unit.version >= 5) {
      const headerSize = entry - header;
      if (headerSize !== 8 && headerSize !== 16) {
        dump.warn(
          `Corrupt ${section.name} section: expecting header size of 8 or 16, but found ${headerSize} instead`,
        );
        return false;
      }
      const reader = dump.reader(section, header, entry);
      const { length } = reader.unitLength();
      if (length > size - reader.at || length < entry - reader.at) {
        dump.warn(`Corrupt ${section.name} section: unit_length field of ${sharp(length)} is invalid`);
        return false;
      }
      end = reader.at + length;
      const version = reader.u16();
      if (version !== 5)
        dump.warn(
          `Corrupt ${section.name} section: expecting version number 5 in header but found ${version} instead`,
        );
      addressSize = reader.u8() + reader.u8();
    }
    header = end;
    if (addressSize < 1 || addressSize > 8) {
      dump.warn(`Corrupt ${section.name} section: address size (${addressSize.toString(16)}) is wrong`);
      return false;
    }
    const reader = dump.reader(section, entry, end);
    for (let index = 0; reader.left >= addressSize; index++)
      out.text(`\t${index}:\t${hexDigits(reader.uint(addressSize), addressSize)}\n`);
  }
  out.byte(10);
  return true;
}

export function showStringOffsets(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  const isSplit = section.name.endsWith(".dwo");
  dump.introduce(section);
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    const { length: stated, offsetSize } = whole.unitLength();
    let length = stated;
    let end: number;
    if (length === 0) {
      length = section.bytes.length;
      whole.at = 0;
      end = whole.end;
      out.text(`    Length: ${sharp(length)}\n`);
    } else {
      end = whole.at + length;
      if (length > whole.left) {
        dump.warn(`Section ${section.name} is too small ${sharp(section.bytes.length)}`);
        end = whole.end;
      }
      const version = whole.u16();
      if (version !== 5) dump.warn(`Unexpected version number in str_offset header: ${sharp(version)}`);
      const padding = whole.u16();
      if (padding !== 0)
        dump.warn(`Unexpected value in str_offset header's padding field: ${sharp(padding)}`);
      out.text(`    Length: ${sharp(length)}\n    Version: ${sharp(version)}\n`);
    }
    out.text("       Index   Offset [String]\n");
    for (let index = 0; whole.at < end; index++) {
      if (end - whole.at < offsetSize) return false;
      const offset = whole.uint(offsetSize);
      const text = isSplit
        ? dump.indexedString(BigInt(index), offsetSize, true, offsetSize === 8 ? 16n : 8n)
        : dump.stringAt(".debug_str", offset);
      out.text(`    ${`${index}`.padStart(8)} ${dump.hex(offset, offsetSize)} ${text}\n`);
    }
  }
  return true;
}

export function showMacroInfo(dump: DwarfDump, section: DebugSection): void {
  const { out } = dump;
  dump.introduce(section);
  const reader = dump.reader(section);
  while (!reader.atEnd) {
    const code = reader.u8();
    if (code === 3) out.text(` DW_MACINFO_start_file - lineno: ${reader.uleb()} filenum: ${reader.uleb()}\n`);
    else if (code === 4) out.text(" DW_MACINFO_end_file\n");
    else if (code === 1 || code === 2) {
      const line = reader.uleb();
      out.text(
        ` DW_MACINFO_${code === 1 ? "define" : "undef"} - lineno : ${line} macro : ${reader.string()}\n`,
      );
    } else if (code === 0xff)
      out.text(` DW_MACINFO_vendor_ext - constant : ${reader.uleb()} string : ${reader.string()}\n`);
  }
}

export function showMacros(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section);
  const reader = dump.reader(section);
  while (!reader.atEnd) {
    const start = reader.at;
    const version = reader.u16();
    if (version !== 4 && version !== 5) {
      dump.error(
        `Expected to find a version number of 4 or 5 in section ${section.name} but found ${version} instead`,
      );
      return false;
    }
    const flags = reader.u8();
    const offsetSize = flags & 1 ? 8 : 4;
    out.text(`  Offset:                      ${sharp(start)}\n`);
    out.text(`  Version:                     ${version}\n`);
    out.text(`  Offset size:                 ${offsetSize}\n`);
    let lines: number | undefined;
    if (flags & 2) {
      lines = reader.offset(offsetSize);
      out.text(`  Offset into .debug_line:     ${sharp(lines)}\n`);
    }
    const extensions = new Map<number, number[]>();
    if (flags & 4 && !readExtensions(dump, reader, extensions)) return false;
    out.byte(10);
    if (!showMacroList(dump, section, reader, { version, offsetSize, lines, extensions })) return false;
    out.byte(10);
  }
  return true;
}

/** What the opcodes of vendors are followed by; false for a form that cannot be. */
function readExtensions(dump: DwarfDump, reader: Reader, extensions: Map<number, number[]>): boolean {
  const { out } = dump;
  const count = reader.u8();
  if (count > 0) out.text("  Extension opcode arguments:\n");
  for (let i = 0; i < count; i++) {
    const code = reader.u8();
    const shown = code.toString(16).padStart(2, "0");
    const forms: number[] = [];
    const total = reader.ulebNumber();
    out.text(total === 0 ? `    DW_MACRO_${shown} has no arguments\n` : `    DW_MACRO_${shown} arguments: `);
    for (let n = 0; n < total && !reader.atEnd; n++) {
      const form = reader.u8();
      forms.push(form);
      out.text(`${formName(form)}${n === total - 1 ? "\n" : ", "}`);
      if (form < 3 || form > 0x17 || (form >= 0x10 && form < 0x17)) {
        dump.error(`Invalid extension opcode form ${formName(form)}`);
        return false;
      }
    }
    extensions.set(code, forms);
  }
  return true;
}

interface MacroUnit {
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly lines: number | undefined;
  readonly extensions: ReadonlyMap<number, readonly number[]>;
}

function showMacroList(dump: DwarfDump, section: DebugSection, reader: Reader, unit: MacroUnit): boolean {
  const { out } = dump;
  const { version, offsetSize } = unit;
  const isSplit = section.name.endsWith(".dwo");
  for (;;) {
    if (reader.atEnd) {
      dump.error(".debug_macro section not zero terminated");
      return false;
    }
    const code = reader.u8();
    if (code === 0) return true;
    const offset = () => (version === 4 && isSplit ? reader.uleb() : reader.uint(offsetSize));
    switch (code) {
      case 1:
      case 2: {
        const line = reader.uleb();
        out.text(
          ` DW_MACRO_${code === 1 ? "define" : "undef"} - lineno : ${line} macro : ${reader.string()}\n`,
        );
        break;
      }
      case 3: {
        const line = reader.uleb();
        const number = reader.ulebNumber();
        if (unit.lines === undefined)
          dump.error("DW_MACRO_start_file used, but no .debug_line offset provided.");
        const name = unit.lines === undefined ? undefined : fileName(dump, unit.lines, number);
        out.text(` DW_MACRO_start_file - lineno: ${line} filenum: ${number}`);
        out.text(name === undefined ? "\n" : ` filename: ${name}\n`);
        break;
      }
      case 4:
        out.text(" DW_MACRO_end_file\n");
        break;
      case 5:
      case 6: {
        const line = reader.uleb();
        const text = dump.stringAt(".debug_str", offset());
        out.text(` DW_MACRO_${code === 5 ? "define" : "undef"}_strp - lineno : ${line} macro : ${text}\n`);
        break;
      }
      case 7:
        out.text(` DW_MACRO_import - offset : ${sharp(reader.uint(offsetSize))}\n`);
        break;
      case 8:
      case 9: {
        const line = reader.uleb();
        const place = sharp(reader.uint(offsetSize));
        out.text(
          ` DW_MACRO_${code === 8 ? "define" : "undef"}_sup - lineno : ${line} macro offset : ${place}\n`,
        );
        break;
      }
      case 10:
        out.text(` DW_MACRO_import_sup - offset : ${sharp(reader.uint(offsetSize))}\n`);
        break;
      case 11:
      case 12: {
        const line = reader.uleb();
        const index = reader.uleb();
        const text = dump.indexedString(index, offsetSize, false, 0n);
        const word = dump.options.wide ? `(with offset ${sharp(index)}) ` : "";
        out.text(
          ` DW_MACRO_${code === 11 ? "define" : "undef"}_strx ${word}lineno : ${line} macro : ${text}\n`,
        );
        break;
      }
      default:
        if (!showExtension(dump, section, reader, unit, code)) return false;
    }
  }
}

function showExtension(
  dump: DwarfDump,
  section: DebugSection,
  reader: Reader,
  { extensions, offsetSize, version }: MacroUnit,
  code: number,
): boolean {
  const { out } = dump;
  const shown = code.toString(16).padStart(2, "0");
  if (code >= 0xe0) {
    out.text(` <Target Specific macro op: ${sharp(code)} - UNHANDLED`);
    return true;
  }
  const forms = extensions.get(code);
  if (!forms) {
    dump.error(` Unknown macro opcode ${shown} seen`);
    return false;
  }
  const unit = { unitOffset: 0, addressSize: 0, offsetSize, version };
  out.text(forms.length === 0 ? ` DW_MACRO_${shown}` : ` DW_MACRO_${shown} -`);
  for (const [i, form] of forms.entries()) {
    const read = readForm(reader, form, unit, 0n);
    out.text(formText(dump, reader, read, form, unit, section.name, undefined));
    if (i < forms.length - 1) out.text(",");
  }
  out.byte(10);
  return true;
}

/** The name of a file by its number in the tables of a line program of DWARF 2 to 4. */
function fileName(dump: DwarfDump, offset: number, wanted: number): string | undefined {
  const section = dump.section(".debug_line");
  if (!section || offset >= section.bytes.length || wanted === 0) return undefined;
  const whole = dump.reader(section, offset);
  const { length, offsetSize } = whole.unitLength();
  if (length > whole.left) return undefined;
  const reader = whole.from(whole.at, whole.at + length);
  const version = reader.u16();
  if (version < 2 || version > 4) return undefined;
  reader.skip(offsetSize + 1 + (version >= 4 ? 1 : 0) + 3);
  const opcodeBase = reader.u8();
  if (opcodeBase === 0) return undefined;
  reader.skip(opcodeBase - 1);
  const directories: string[] = [];
  while (!reader.atEnd && reader.bytes[reader.at] !== 0) directories.push(reader.string());
  reader.skip(1);
  for (let number = 1; !reader.atEnd && reader.bytes[reader.at] !== 0; number++) {
    const name = reader.string();
    const directory = reader.ulebNumber();
    reader.uleb();
    reader.uleb();
    if (number < wanted) continue;
    if (directory === 0) return name;
    const folder = directories[directory - 1];
    return folder === undefined ? undefined : `${folder}/${name}`;
  }
  return undefined;
}
