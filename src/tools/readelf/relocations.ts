import { type ImageSection, SymbolTable } from "../elf-image.ts";
import { EM_X86_64 } from "../machines.ts";
import { relocationNames } from "../relocation-names.ts";
import { textAt } from "../text-out.ts";
import { type Context, dataAt, offsetOfAddress, plural } from "./context.ts";
import { DT } from "./dynamic.ts";
import { printableName, printName, sharpHex } from "./print.ts";
import { VersionTables } from "./version-tables.ts";

// -r: the relocation sections, or with -D the ranges that the dynamic section
// names. Hot: once for each relocation.

const SHT_RELA = 4;
const SHT_REL = 9;
const SHT_RELR = 19;

/** The ranges of the dynamic section: name, tag of the address, tag of the size, type. */
const dynamicRanges: readonly (readonly [string, number, number, number])[] = [
  ["REL", DT.REL, DT.RELSZ, SHT_REL],
  ["RELA", DT.RELA, DT.RELASZ, SHT_RELA],
  ["RELR", DT.RELR, DT.RELRSZ, SHT_RELR],
  ["PLT", DT.JMPREL, DT.PLTRELSZ, 0],
];

export function printRelocations(context: Context): void {
  if (context.options.useDynamic) printDynamicRelocations(context);
  else printSectionRelocations(context);
}

function printDynamicRelocations(context: Context): void {
  const { image, out, dynamic } = context;
  let found = false;
  for (const [name, addressTag, sizeTag, kind] of dynamicRanges) {
    const size = Number(dynamic.info.get(sizeTag) ?? 0n);
    if (size === 0) continue;
    found = true;
    const address = dynamic.info.get(addressTag) ?? 0n;
    let type = kind;
    if (type === 0) type = dynamic.info.get(DT.PLTREL) === BigInt(DT.REL) ? SHT_REL : SHT_RELA;
    out.text(`\n'${name}' relocation section at offset ${sharpHex(address)} contains ${size} bytes:\n`);
    const offset = offsetOfAddress(context, address, size);
    const symbols = dynamic.symbols ? new SymbolTable(image, dynamic.symbols.section) : undefined;
    printTable(context, offset, size, type, symbols, dynamic.strings, true);
  }
  if (!found) out.text("\nThere are no dynamic relocations in this file.\n");
}

function printSectionRelocations(context: Context): void {
  const { image, out, dynamic } = context;
  let found = false;
  for (const section of image.sections) {
    const { type, size, entsize } = section;
    if ((type !== SHT_RELA && type !== SHT_REL && type !== SHT_RELR) || size === 0) continue;
    out.text("\nRelocation section ");
    out.text(image.sectionNames ? `'${printableName(section)}'` : `${section.nameOffset}`);
    const count = entsize === 0 ? 0 : Math.floor(size / entsize);
    out.text(
      ` at offset ${sharpHex(section.offset)} contains ${count} ${plural(count, "entry", "entries")}:\n`,
    );
    const linked = section.link === 0 ? undefined : image.sections[section.link];
    if (!linked) printTable(context, section.offset, size, type, undefined, undefined, false);
    else {
      if (linked.type !== 2 && linked.type !== 11) continue;
      if (!dataAt(context, linked.offset, linked.size, "symbols") && linked.size > 0) continue;
      const symbols = new SymbolTable(image, linked);
      printTable(context, section.offset, size, type, symbols, symbols.strings, linked.type === 11);
    }
    found = true;
  }
  if (found) return;
  if (dynamicRanges.some(([, , sizeTag]) => (dynamic.info.get(sizeTag) ?? 0n) !== 0n))
    out.text(
      "\nThere are no static relocations in this file.\nTo see the dynamic relocations add --use-dynamic to the command line.\n",
    );
  else out.text("\nThere are no relocations in this file.\n");
}

function heading(context: Context, type: number): string {
  const addend = type === SHT_RELA ? " + Addend\n" : "\n";
  const { is64 } = context.image;
  if (context.options.wide)
    return is64
      ? `    Offset             Info             Type               Symbol's Value  Symbol's Name${addend}`
      : ` Offset     Info    Type                Sym. Value  Symbol's Name${addend}`;
  return is64
    ? `  Offset          Info           Type           Sym. Value    Sym. Name${addend}`
    : ` Offset     Info    Type            Sym.Value  Sym. Name${addend}`;
}

function printTable(
  context: Context,
  start: number,
  size: number,
  type: number,
  symbols: SymbolTable | undefined,
  strings: Uint8Array | undefined,
  isDynamic: boolean,
): void {
  const { image, out, options, complaints } = context;
  const { is64, littleEndian, view } = image;
  const bits = is64 ? "64" : "32";
  if (!dataAt(context, start, size, `${bits}-bit relocation data`)) {
    complaints.fail();
    return;
  }
  if (type === SHT_RELR) {
    printRelative(context, start, size);
    return;
  }
  out.text(heading(context, type));
  const isRela = type === SHT_RELA;
  const step = (is64 ? 8 : 4) * (isRela ? 3 : 2);
  const names = relocationNames(image.header.machine);
  const shown = new Map<number, string>();
  const versions = isDynamic && symbols ? VersionTables.read(context) : undefined;
  const count = symbols ? symbols.count : 0;
  const low = littleEndian ? 0 : 4;
  const high = 4 - low;
  for (let at = start, end = start + size; at + step <= end; at += step) {
    let symbol: number;
    let kind: number;
    if (is64) {
      const width = options.wide ? 16 : 12;
      out.hexPadded(
        view.getUint32(at + low, littleEndian),
        view.getUint32(at + high, littleEndian),
        width,
        48,
      );
      out.text("  ");
      symbol = view.getUint32(at + 8 + high, littleEndian);
      kind = view.getUint32(at + 8 + low, littleEndian);
      out.hexPadded(kind, symbol, width, 48);
    } else {
      out.hex8(view.getUint32(at, littleEndian));
      out.text("  ");
      const info = view.getUint32(at + 4, littleEndian);
      out.hex8(info);
      symbol = info >>> 8;
      kind = info & 255;
    }
    out.byte(32);
    let name = shown.get(kind);
    if (name === undefined) {
      const known = names.get(kind);
      if (!known) name = `unrecognized: ${kind.toString(16).padEnd(7)}`;
      else name = options.wide ? known.padEnd(22) : known.slice(0, 17).padEnd(17);
      shown.set(kind, name);
    }
    out.text(name);
    if (symbol !== 0) {
      if (!symbols || symbol >= count) {
        complaints.error(` bad symbol index: ${symbol.toString(16).padStart(8, "0")} in reloc`);
        complaints.fail();
      } else {
        printSymbol(context, symbols, symbol, strings, versions);
        if (isRela) printAddend(context, at + step, true);
      }
    } else if (isRela) {
      out.spaces(is64 ? 20 : 12);
      printAddend(context, at + step, false);
    }
    out.byte(10);
  }
}

/** The signed addend that ends at an offset: " + 10", or alone. */
function printAddend({ image, out }: Context, end: number, joined: boolean): void {
  const { is64, littleEndian, view } = image;
  let low: number;
  let high: number;
  if (is64) {
    low = view.getUint32(littleEndian ? end - 8 : end - 4, littleEndian);
    high = view.getInt32(littleEndian ? end - 4 : end - 8, littleEndian);
  } else {
    low = view.getUint32(end - 4, littleEndian);
    high = low >= 0x80000000 ? -1 : 0;
  }
  if (high < 0) {
    out.text(joined ? " - " : "-");
    const negated = -low >>> 0;
    out.hex(negated, (~high + (negated === 0 ? 1 : 0)) >>> 0);
  } else {
    if (joined) out.text(" + ");
    out.hex(low, high);
  }
}

function printSymbol(
  context: Context,
  symbols: SymbolTable,
  symbol: number,
  strings: Uint8Array | undefined,
  versions: VersionTables | undefined,
): void {
  const { image, out, complaints } = context;
  const offset = symbols.nameOffset(symbol);
  const version = versions?.ofSymbol(symbol, symbols.shndx(symbol) !== 0, offset, strings);
  const versionText = version ? `${version.kind === "public" ? "@@" : "@"}${version.name}` : "";
  const type = symbols.info(symbol) & 15;
  out.byte(32);
  if (type === 10) {
    // The value of an IFUNC symbol is not what the relocation gets: its name stands there, called.
    const width = image.is64 ? 14 : 8;
    const known = strings && offset !== 0 && offset < strings.length;
    const length = printName(context, width, known ? textAt(strings, offset) : "??");
    out.text(`${versionText}()`);
    out.spaces(length <= width ? width + 1 - length : 1);
  } else {
    if (image.is64) out.hex8(symbols.valueHigh(symbol));
    out.hex8(symbols.valueLow(symbol));
    out.text(image.is64 ? " " : "   ");
  }
  if (offset === 0) {
    printName(context, 22, type === 3 ? sectionSymbolName(context, symbols, symbol) : "<null>");
  } else if (!strings) out.text(`<string table index: ${`${offset}`.padStart(3)}>`);
  else if (offset >= strings.length) {
    complaints.error(`<corrupt string table index: ${`${offset}`.padStart(3)}>`);
    complaints.fail();
  } else {
    printName(context, 22, textAt(strings, offset));
    out.text(versionText);
  }
}

function sectionSymbolName(context: Context, symbols: SymbolTable, symbol: number): string {
  const index = symbols.sectionIndex(symbol);
  const section = context.image.sections[index];
  if (section) return section.name;
  if (index === 0xfff1) return "ABS";
  if (index === 0xfff2) return "COMMON";
  if (index === 0xff02 && context.image.header.machine === EM_X86_64) return "LARGE_COMMON";
  return `<section 0x${index.toString(16)}>`;
}

/** SHT_RELR: addresses, each followed by bitmaps of the words after it. */
function printRelative(context: Context, start: number, size: number): void {
  const { image, out } = context;
  const step = image.is64 ? 8 : 4;
  const addresses: bigint[] = [];
  let next = 0n;
  for (let at = start; at + step <= start + size; at += step) {
    const entry = image.address(at);
    if ((entry & 1n) === 0n) {
      addresses.push(entry);
      next = entry + BigInt(step);
    } else {
      for (let bits = entry >> 1n, address = next; bits !== 0n; bits >>= 1n, address += BigInt(step))
        if (bits & 1n) addresses.push(address);
      next += BigInt(step * (step * 8 - 1));
    }
  }
  out.text(`  ${addresses.length} ${plural(addresses.length, "offset", "offsets")}\n`);
  for (const address of addresses) out.text(`${address.toString(16).padStart(step * 2, "0")}\n`);
}

/** The section that holds the relocations of another. */
export const relocationsOf = (context: Context, target: ImageSection): ImageSection | undefined =>
  context.image.sections.find(
    (section) =>
      (section.type === SHT_RELA || section.type === SHT_REL) &&
      section.info === target.index &&
      section.size > 0 &&
      section.link < context.image.sections.length,
  );
