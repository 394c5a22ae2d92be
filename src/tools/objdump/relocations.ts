import type { BfdSection } from "../bfd/section.ts";
import { ABSOLUTE, SEC_RELOC, UNDEFINED } from "../bfd/section.ts";
import type { BfdSymbol } from "../bfd/symbols.ts";
import type { ImageSection } from "../elf-image.ts";
import { relocationNames } from "../relocation-names.ts";
import type { Dump } from "./context.ts";

// -r and -R, and the relocations between instructions of -dr.

/** Relocations of a section, or all dynamic ones, in columns. */
export interface Relocations {
  readonly count: number;
  /** Addresses: from the start of the section, or of the program for dynamic ones; signed (see addresses.ts). */
  readonly address: Float64Array;
  readonly type: Int32Array;
  /** Index of the symbol; 0 for none. */
  readonly symbol: Int32Array;
  readonly addend: BigInt64Array;
  readonly isDynamic: boolean;
}

const NONE: Relocations = {
  count: 0,
  address: new Float64Array(0),
  type: new Int32Array(0),
  symbol: new Int32Array(0),
  addend: new BigInt64Array(0),
  isDynamic: false,
};

export function sectionRelocations(dump: Dump, section: BfdSection): Relocations {
  const { object } = dump;
  const base = object.isExecutable || object.isDynamic ? section.vma : 0n;
  return readTables(dump, section.relocations, base, false);
}

/** All relocations that go with the dynamic symbols, in the order of their sections. */
export function dynamicRelocations(dump: Dump): Relocations {
  const { image, dynsym } = dump.object;
  if (!dynsym) return NONE;
  const tables = image.sections.filter(
    ({ type, link }) => (type === 4 || type === 9) && link === dynsym.index,
  );
  return readTables(dump, tables, 0n, true);
}

function readTables(
  dump: Dump,
  tables: readonly ImageSection[],
  base: bigint,
  isDynamic: boolean,
): Relocations {
  const { image } = dump.object;
  const { is64, littleEndian, view } = image;
  let total = 0;
  const readable = tables.filter((table) => image.range(table.offset, table.size));
  const stepOf = (table: ImageSection) => (is64 ? 8 : 4) * (table.type === 4 ? 3 : 2);
  for (const table of readable) total += Math.floor(table.size / stepOf(table));
  const address = new Float64Array(total);
  const type = new Int32Array(total);
  const symbol = new Int32Array(total);
  const addend = new BigInt64Array(total);
  let count = 0;
  for (const table of readable) {
    const step = stepOf(table);
    const isRela = table.type === 4;
    for (let at = table.offset; at + step <= table.offset + table.size; at += step) {
      if (is64) {
        const offset = view.getBigInt64(at, littleEndian);
        address[count] = Number(base === 0n ? offset : offset - base);
        type[count] = view.getUint32(littleEndian ? at + 8 : at + 12, littleEndian);
        symbol[count] = view.getUint32(littleEndian ? at + 12 : at + 8, littleEndian);
        if (isRela) addend[count] = view.getBigInt64(at + 16, littleEndian);
      } else {
        address[count] = view.getUint32(at, littleEndian) - Number(base);
        const info = view.getUint32(at + 4, littleEndian);
        type[count] = info & 255;
        symbol[count] = info >>> 8;
        if (isRela) addend[count] = BigInt(view.getInt32(at + 8, littleEndian));
      }
      count++;
    }
  }
  return { count, address, type, symbol, addend, isDynamic };
}

/** The symbol of a relocation; BFD has the absolute section's where there is none. */
export function relocationSymbol(dump: Dump, table: Relocations, index: number): BfdSymbol | undefined {
  const symbols = table.isDynamic ? dump.dynsyms : dump.symbols;
  return symbols[table.symbol[index] - 1];
}

/** `main+0x10`, `*ABS*`; the version of a dynamic symbol is part of its name. */
export function relocationTarget(dump: Dump, table: Relocations, index: number, full: boolean): string {
  const symbol = relocationSymbol(dump, table, index);
  let text: string;
  if (!symbol) text = ABSOLUTE.name;
  else if (symbol.name === "") text = full ? "" : symbol.section.name;
  else text = symbolText(dump, symbol, table.isDynamic);
  const addend = table.addend[index];
  if (addend === 0n) return text;
  const value = addend < 0n ? -addend : addend;
  const sign = addend < 0n ? "-" : "+";
  return `${text}${sign}0x${full ? dump.address(value) : value.toString(16)}`;
}

/** A symbol's name with its version, as in `<free@GLIBC_2.2.5>`. */
export function symbolText(dump: Dump, symbol: BfdSymbol, isDynamic: boolean): string {
  const name = dump.shown(dump.demangled(symbol.name));
  if (symbol.flags & 0x200100) return name;
  const version = dump.version(symbol, isDynamic);
  if (!version || version.text === "") return name;
  return `${name}${version.hidden || symbol.section === UNDEFINED ? "@" : "@@"}${version.text}`;
}

export function printSectionRelocations(dump: Dump): void {
  const { out } = dump;
  for (const section of dump.object.sections) {
    if (!dump.wants(section.name) || (section.flags & SEC_RELOC) === 0) continue;
    out.text(`RELOCATION RECORDS FOR [${dump.shown(section.name)}]:`);
    const table = sectionRelocations(dump, section);
    if (table.count === 0) out.text(" (none)\n\n");
    else {
      out.byte(10);
      printTable(dump, table);
      out.text("\n\n");
    }
  }
}

export function printDynamicRelocations(dump: Dump): void {
  const { out } = dump;
  const table = dynamicRelocations(dump);
  out.text("DYNAMIC RELOCATION RECORDS");
  if (table.count === 0) out.text(" (none)\n\n");
  else {
    out.byte(10);
    printTable(dump, table);
    out.text("\n\n");
  }
}

function printTable(dump: Dump, table: Relocations): void {
  const { out, options, digits } = dump;
  const names = relocationNames(dump.object.image.header.machine);
  out.text(`OFFSET ${" ".repeat(digits - 7)} TYPE ${" ".repeat(12)} VALUE\n`);
  const start = options.startAddress;
  const stop = options.stopAddress;
  for (let i = 0; i < table.count; i++) {
    const address = table.address[i];
    if (start !== undefined || stop !== undefined) {
      const exact = BigInt.asUintN(64, BigInt(address));
      if ((start !== undefined && exact < start) || (stop !== undefined && exact > stop)) continue;
    }
    if (digits === 16) out.hex8(Math.floor(address / 0x1_0000_0000));
    out.hex8(address);
    out.text(` ${typeName(names, table.type[i]).padEnd(16)}  ${relocationTarget(dump, table, i, true)}\n`);
  }
}

export function typeName(names: ReadonlyMap<number, string>, type: number): string {
  return names.get(type) ?? "*unknown*";
}

/** The indices of relocations by address; equal ones keep their order. */
export function byAddress(table: Relocations): Int32Array {
  const order = new Int32Array(table.count);
  let sorted = true;
  for (let i = 0; i < table.count; i++) {
    order[i] = i;
    if (i > 0 && table.address[i] < table.address[i - 1]) sorted = false;
  }
  return sorted ? order : order.sort((a, b) => table.address[a] - table.address[b] || a - b);
}
