import { demangleName } from "../demangled.ts";
import { type ImageSection, SymbolTable } from "../elf-image.ts";
import { EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64 } from "../machines.ts";
import type { TextOut } from "../text-out.ts";
import { textAt } from "../text-out.ts";
import { type Context, plural } from "./context.ts";
import { DT } from "./dynamic.ts";
import { printableName, printName } from "./print.ts";
import { type VersionOfSymbol, VersionTables } from "./version-tables.ts";

// -s and --dyn-syms. Hot: once for each symbol of each table, so fields go
// from the file's bytes to the output's; only a name that is too long, is to
// be demangled or has unusual characters becomes a string.

const typeNames = ["NOTYPE", "OBJECT", "FUNC", "SECTION", "FILE", "COMMON", "TLS", "", "RELC", "SRELC"];
const bindingNames = ["LOCAL", "GLOBAL", "WEAK"];
const visibilityNames = ["DEFAULT", "INTERNAL", "HIDDEN", "PROTECTED"];

function typeName(type: number, machine: number, osabi: number): string {
  if (typeNames[type]) return typeNames[type];
  if (type >= 13) {
    if (machine === EM_ARM && type === 13) return "THUMB_FUNC";
    return `<processor specific>: ${type}`;
  }
  if (type >= 10) return type === 10 && (osabi === 3 || osabi === 9) ? "IFUNC" : `<OS specific>: ${type}`;
  return `<unknown>: ${type}`;
}

/** For messages about a symbol's type. */
export const symbolTypeName = (context: Context, type: number): string =>
  typeName(type, context.image.header.machine, context.image.bytes[7]);

function bindingName(binding: number, osabi: number): string {
  if (bindingNames[binding]) return bindingNames[binding];
  if (binding >= 13) return `<processor specific>: ${binding}`;
  if (binding >= 10) return binding === 10 && osabi === 3 ? "UNIQUE" : `<OS specific>: ${binding}`;
  return `<unknown>: ${binding}`;
}

function otherText(other: number, machine: number): string {
  if (machine === EM_RISCV) {
    const rest = other & ~0x80;
    return rest !== 0 ? rest.toString(16) : "VARIANT_CC";
  }
  if (machine === EM_AARCH64 && other & 0x80) {
    const rest = other & ~0x80;
    return rest === 0 ? "VARIANT_PCS" : `VARIANT_PCS | ${rest.toString(16)}`;
  }
  return `<other>: ${other.toString(16)}`;
}

function indexName(context: Context, index: number): string {
  const { machine } = context.image.header;
  if (index === 0) return "UND";
  if (index === 0xfff1) return "ABS";
  if (index === 0xfff2) return "COM";
  if (index >= 0xff00 && index <= 0xffff) {
    const hex = index.toString(16).padStart(4, "0");
    if (machine === EM_X86_64 && index === 0xff02) return "LARGE_COM";
    if (index <= 0xff1f) return `PRC[0x${hex}]`;
    if (index >= 0xff20 && index <= 0xff3f) return `OS [0x${hex}]`;
    return `RSV[0x${hex}]`;
  }
  const text = `${index}`.padStart(3);
  const { length } = context.image.sections;
  return length !== 0 && index >= length ? `bad section index[${text}]` : text;
}

/** Prints st_size in the base of --sym-base, five characters wide at least. */
function printSize(out: TextOut, base: number, low: number, high: number): void {
  if (base === 16 || (base === 0 && (high !== 0 || low > 99999))) {
    out.text("0x");
    out.hexPadded(low, high, base === 16 ? 5 : 1, 48);
  } else if (high >= 0x200000) {
    const value = (BigInt(high) << 32n) | BigInt(low);
    out.text(value.toString(base === 8 ? 8 : 10).padStart(5));
  } else if (base === 8) out.text((high * 0x1_0000_0000 + low).toString(8).padStart(5));
  else out.decimal(high * 0x1_0000_0000 + low, 5);
}

/** True where all the bytes of a terminated string can be printed as they are. */
function plainEnd(table: Uint8Array, offset: number): number {
  let end = offset;
  while (end < table.length) {
    const byte = table[end];
    if (byte === 0) return end;
    if (byte < 32 || byte > 126) return -1;
    end++;
  }
  return end;
}

/** Prints the symbol tables that -s, --dyn-syms and -D -s ask for. */
export function printSymbols(context: Context): void {
  const { image, out, options, dynamic } = context;
  const hashed = dynamic.info.has(DT.HASH) || dynamic.info.has(DT.GNU_HASH);
  if (hashed && options.symbols && options.useDynamic && dynamic.strings && dynamic.symbols) {
    const { section, count } = dynamic.symbols;
    out.text(`\nSymbol table for image contains ${count} ${plural(count, "entry", "entries")}:\n`);
    heading(context);
    const table = new SymbolTable(image, section);
    printTable(context, table, count, dynamic.strings, true, false);
  } else if (
    (options.dynamicSymbols || (options.symbols && !options.useDynamic)) &&
    image.sections.length > 0
  ) {
    for (const section of image.sections) {
      if (section.type !== 11 && !(section.type === 2 && options.symbols)) continue;
      printSection(context, section);
    }
  } else if (options.symbols)
    out.text("\nDynamic symbol information is not available for displaying symbols.\n");
}

function heading({ image, out }: Context): void {
  out.text(
    image.is64
      ? "   Num:    Value          Size Type    Bind   Vis      Ndx Name\n"
      : "   Num:    Value  Size Type    Bind   Vis      Ndx Name\n",
  );
}

function printSection(context: Context, section: ImageSection): void {
  const { image, out, complaints } = context;
  const name = printableName(section);
  if (section.entsize === 0) {
    out.text(`\nSymbol table '${name}' has a sh_entsize of zero!\n`);
    return;
  }
  const stated = Math.floor(section.size / section.entsize);
  out.text(`\nSymbol table '${name}' contains ${stated} ${plural(stated, "entry", "entries")}:\n`);
  heading(context);
  if (section.size === 0) return;
  if (section.entsize > section.size) {
    complaints.error(`Section ${name} has an invalid sh_entsize of 0x${section.entsize.toString(16)}`);
    return;
  }
  if (section.size > image.bytes.length) {
    complaints.error(`Section ${name} has an invalid sh_size of 0x${section.size.toString(16)}`);
    return;
  }
  if (!image.range(section.offset, section.size)) {
    complaints.error(`Reading ${section.size} bytes extends past end of file for symbols`);
    return;
  }
  const table = new SymbolTable(image, section);
  printTable(context, table, table.count, table.strings, section.type === 11, true);
}

function printTable(
  context: Context,
  table: SymbolTable,
  count: number,
  strings: Uint8Array | undefined,
  isDynamic: boolean,
  isSection: boolean,
): void {
  const { image, out, options } = context;
  const { machine } = image.header;
  const osabi = image.bytes[7];
  const types = Array.from({ length: 16 }, (_, type) => ` ${typeName(type, machine, osabi).padEnd(7)}`);
  const bindings = Array.from({ length: 16 }, (_, b) => ` ${bindingName(b, osabi).padEnd(6)}`);
  const visibilities = visibilityNames.map((name) => ` ${name.padEnd(7)}`);
  const indices = new Map<number, string>();
  const versions = isDynamic ? VersionTables.read(context) : undefined;
  const { is64 } = image;
  const total = Math.min(count, table.count);
  for (let i = 0; i < total; i++) {
    out.decimal(i, 6);
    out.text(": ");
    if (is64) out.hex8(table.valueHigh(i));
    out.hex8(table.valueLow(i));
    out.byte(32);
    printSize(out, options.symbolBase, table.sizeLow(i), table.sizeHigh(i));
    const info = table.info(i);
    const other = table.other(i);
    out.text(types[info & 15]);
    out.text(bindings[info >> 4]);
    out.text(visibilities[other & 3]);
    if (other > 3) out.text(` [${otherText(other & ~3, machine)}] `);
    const index = table.sectionIndex(i);
    let indexText = indices.get(index);
    if (indexText === undefined) {
      indexText = ` ${indexName(context, index).padStart(4)} `;
      indices.set(index, indexText);
    }
    out.text(indexText);
    printSymbolName(context, table, i, strings, versions);
    if (isSection && info >> 4 === 0 && i >= table.section.info && machine !== 8 && osabi !== 6)
      context.complaints.warning(
        `local symbol ${i} found at index >= ${printableName(table.section)}'s sh_info value of ${table.section.info}`,
      );
  }
}

function printSymbolName(
  context: Context,
  table: SymbolTable,
  i: number,
  strings: Uint8Array | undefined,
  versions: VersionTables | undefined,
): void {
  const { image, out, options } = context;
  const offset = table.nameOffset(i);
  const section = table.sectionIndex(i);
  const isSectionName = offset === 0 && (table.info(i) & 15) === 3 && section < image.sections.length;
  const version = versions?.ofSymbol(i, table.shndx(i) !== 0, offset, strings);
  if (!isSectionName && !version && strings && offset < strings.length) {
    const end = plainEnd(strings, offset);
    const mangled = options.demangle && strings[offset] === 0x5f;
    if (end >= 0 && !mangled && (options.wide || end - offset <= 21)) {
      out.bytes(strings, offset, end);
      out.byte(10);
      return;
    }
  }
  let name: string;
  if (isSectionName) name = image.sections[section].name;
  else name = strings && offset < strings.length ? textAt(strings, offset) : "<corrupt>";
  let room = 21;
  if (version && !options.wide) {
    room -= 1 + version.name.length;
    if (version.kind === "needed") room -= ` (${version.index})`.length;
    else if (version.kind !== "hidden") room -= 1;
  }
  printName(context, room, name);
  if (version) out.text(versionSuffix(version));
  out.byte(10);
}

function versionSuffix({ kind, name, index }: VersionOfSymbol): string {
  if (kind === "needed") return `@${name} (${index})`;
  return kind === "hidden" ? `@${name}` : `@@${name}`;
}

/** A name as it is shown where there is no limit. */
export const shownName = (context: Context, name: string): string =>
  context.options.demangle ? demangleName(name) : name;
