import { SymbolTable } from "../elf-image.ts";
import { EM_AARCH64, EM_RISCV } from "../machines.ts";
import { type Context, dataAt, offsetOfAddress, plural } from "./context.ts";
import { fullHex, prefixHex, sharpHex, stringIn } from "./print.ts";

// -d: the dynamic section. It is read whether it is shown or not, because it
// says where versions, hash tables and dynamic relocations are.

export const DT = {
  NEEDED: 1,
  PLTRELSZ: 2,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  STRSZ: 10,
  SYMENT: 11,
  SONAME: 14,
  RPATH: 15,
  REL: 17,
  RELSZ: 18,
  PLTREL: 20,
  JMPREL: 23,
  RUNPATH: 29,
  RELRSZ: 35,
  RELR: 36,
  GNU_HASH: 0x6ffffef5,
  VERSYM: 0x6ffffff0,
  FLAGS_1: 0x6ffffffb,
  VERDEF: 0x6ffffffc,
  VERNEED: 0x6ffffffe,
} as const;

/** Tags from 0 on; "-" for a number without a name. */
const lowTags =
  "NULL NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI SONAME RPATH SYMBOLIC REL RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH FLAGS - PREINIT_ARRAY PREINIT_ARRAYSZ SYMTAB_SHNDX RELRSZ RELR RELRENT".split(
    " ",
  );

const highTags: ReadonlyMap<number, string> = new Map([
  ...numbered(
    0x6ffffdf4,
    "GNU_FLAGS_1 GNU_PRELINKED GNU_CONFLICTSZ GNU_LIBLISTSZ CHECKSUM PLTPADSZ MOVEENT MOVESZ FEATURE POSFLAG_1 SYMINSZ SYMINENT ADDRRNGLO",
  ),
  ...numbered(
    0x6ffffef5,
    "GNU_HASH TLSDESC_PLT TLSDESC_GOT GNU_CONFLICT GNU_LIBLIST CONFIG DEPAUDIT AUDIT PLTPAD MOVETAB SYMINFO",
  ),
  ...numbered(0x6ffffff0, "VERSYM"),
  ...numbered(0x6ffffff9, "RELACOUNT RELCOUNT FLAGS_1 VERDEF VERDEFNUM VERNEED VERNEEDNUM"),
  ...numbered(0x7ffffffd, "AUXILIARY USED FILTER"),
]);

function numbered(start: number, names: string): [number, string][] {
  return names.split(" ").map((name, i) => [start + i, name]);
}

const BYTES = new Set(
  "PLTRELSZ RELASZ STRSZ RELSZ RELAENT RELRENT RELRSZ SYMENT RELENT PLTPADSZ MOVEENT MOVESZ PREINIT_ARRAYSZ INIT_ARRAYSZ FINI_ARRAYSZ GNU_CONFLICTSZ GNU_LIBLISTSZ".split(
    " ",
  ),
);
const COUNTS = new Set(["VERDEFNUM", "VERNEEDNUM", "RELACOUNT", "RELCOUNT"]);

const flagNames = ["ORIGIN", "SYMBOLIC", "TEXTREL", "BIND_NOW", "STATIC_TLS"];
const flags1Names =
  "NOW GLOBAL GROUP NODELETE LOADFLTR INITFIRST NOOPEN ORIGIN DIRECT TRANS INTERPOSE NODEFLIB NODUMP CONFALT ENDFILTEE DISPRELDNE DISPRELPND NODIRECT IGNMULDEF NOKSYMS NOHDR EDITED NORELOC SYMINTPOSE GLOBAUDIT SINGLETON STUB PIE KMOD WEAKFILTER NOCOMMON".split(
    " ",
  );
const libraryWords: Readonly<Record<string, string>> = {
  AUXILIARY: "Auxiliary library",
  FILTER: "Filter library",
  CONFIG: "Configuration file",
  DEPAUDIT: "Dependency audit library",
  AUDIT: "Audit library",
};

function tagName(tag: bigint, machine: number): string {
  // GNU readelf looks at as many bits as the host's long has.
  const number = tag < 0x1_0000_0000n ? Number(tag) : -1;
  if (number >= 0 && number < lowTags.length && lowTags[number] !== "-") return lowTags[number];
  const known = highTags.get(number);
  if (known) return known;
  if (number >= 0x70000000 && number <= 0x7fffffff) {
    if (machine === EM_AARCH64 && number === 0x70000001) return "AARCH64_BTI_PLT";
    if (machine === EM_AARCH64 && number === 0x70000003) return "AARCH64_PAC_PLT";
    if (machine === EM_AARCH64 && number === 0x70000005) return "AARCH64_VARIANT_PCS";
    if (machine === EM_RISCV && number === 0x70000001) return "RISCV_VARIANT_CC";
    return `Processor Specific: ${number.toString(16)}`;
  }
  if (number >= 0x6000000d && number <= 0x6ffff000)
    return `Operating System specific: ${number.toString(16)}`;
  return `<unknown>: ${tag.toString(16)}`;
}

/** Whether DT_FLAGS_1 says that a shared object is a program. */
export function isPie(context: Context): boolean {
  readDynamicPlace(context);
  for (const { tag, value } of readEntries(context, false) ?? [])
    if (tag === BigInt(DT.FLAGS_1)) return (value & 0x8000000n) !== 0n;
  return false;
}

/** -h alone has to find the dynamic section before the program headers are looked at. */
function readDynamicPlace({ image, dynamic }: Context): void {
  if (dynamic.size !== 0) return;
  for (const segment of image.segments()) {
    if (segment.type !== 2) continue;
    dynamic.address = segment.offset;
    dynamic.size = segment.fileSize;
    const section = image.sections.length > 1 ? image.find(".dynamic") : undefined;
    if (section && section.size > 0 && section.type !== 8) {
      dynamic.address = section.offset;
      dynamic.size = section.size;
    }
    if (dynamic.address + dynamic.size > image.bytes.length) {
      dynamic.address = 0;
      dynamic.size = 0;
    }
    return;
  }
}

function readEntries(context: Context, complain: boolean): { tag: bigint; value: bigint }[] | undefined {
  const { image, dynamic } = context;
  if (dynamic.size <= 1) return undefined;
  if (!dataAt(context, dynamic.address, dynamic.size, complain ? "dynamic section" : undefined))
    return undefined;
  const step = image.is64 ? 16 : 8;
  const entries: { tag: bigint; value: bigint }[] = [];
  const end = dynamic.address + dynamic.size;
  for (let at = dynamic.address; at + step <= end; at += step) {
    const tag = image.address(at);
    entries.push({ tag, value: image.address(at + step / 2) });
    if (tag === 0n) break;
  }
  return entries;
}

/** Reads the dynamic section, and prints it for -d. False where it cannot be read. */
export function processDynamic(context: Context): boolean {
  const { image, out, options, dynamic, complaints } = context;
  if (dynamic.size <= 1) {
    if (options.dynamic) out.text("\nThere is no dynamic section in this file.\n");
    return true;
  }
  const entries = readEntries(context, true);
  if (!entries) return false;
  dynamic.entries = entries;
  const find = (tag: number) => entries.find((entry) => entry.tag === BigInt(tag))?.value;
  locateSymbols(context, find);
  const table = image.sections.find((section) => section.type === 3 && section.name === ".dynstr");
  if (table) dynamic.strings = dataAt(context, table.offset, table.size, "dynamic strings");
  const address = find(DT.STRTAB);
  const size = find(DT.STRSZ);
  if (!dynamic.strings && address && size) {
    const offset = offsetOfAddress(context, address, Number(size));
    dynamic.strings = dataAt(context, offset, Number(size), "dynamic string table");
    if (!dynamic.strings) complaints.error("Corrupt DT_STRTAB dynamic entry");
  }
  if (options.dynamic) {
    if (dynamic.address !== 0)
      out.text(
        `\nDynamic section at offset ${sharpHex(dynamic.address)} contains ${entries.length} ${plural(entries.length, "entry", "entries")}:\n`,
      );
    out.text("  Tag        Type                         Name/Value\n");
  }
  for (const entry of entries) {
    dynamic.info.set(Number(entry.tag), entry.value);
    if (options.dynamic) printEntry(context, entry.tag, entry.value);
  }
  return true;
}

function printEntry(context: Context, tag: bigint, value: bigint): void {
  const { image, out, dynamic } = context;
  const name = tagName(tag, image.header.machine);
  const pad = Math.max((image.is64 ? 19 : 27) - name.length, 1);
  out.text(` ${fullHex(context, tag)} (${name})${" ".repeat(pad)}`);
  out.text(`${valueText(context, name, value, stringIn(dynamic.strings, Number(value)))}\n`);
}

function valueText(context: Context, name: string, value: bigint, text: string | undefined): string {
  const { dynamic } = context;
  switch (name) {
    case "FLAGS": {
      const words: string[] = [];
      for (let bit = 0; bit < 64; bit++)
        if ((value >> BigInt(bit)) & 1n) words.push(flagNames[bit] ?? "unknown");
      return words.join(" ");
    }
    case "FLAGS_1":
      return flagList(value, flags1Names);
    case "POSFLAG_1":
      return flagList(value, ["LAZYLOAD", "GROUPPERM"]);
    case "FEATURE":
      return flagList(value, ["PARINIT", "CONFEXP"]);
    case "GNU_FLAGS_1":
      return flagList(value, ["UNIQUE"]);
    case "AUXILIARY":
    case "FILTER":
    case "CONFIG":
    case "DEPAUDIT":
    case "AUDIT":
      return `${libraryWords[name]}: ${text === undefined ? prefixHex(value) : `[${text}]`}`;
    case "PLTREL":
      return tagName(value, context.image.header.machine);
    case "NEEDED":
      if (text === undefined) break;
      return `Shared library: [${text}]${text === dynamic.interpreter ? " program interpreter" : ""}`;
    case "SONAME":
      if (text !== undefined) return `Library soname: [${text}]`;
      break;
    case "RPATH":
      if (text !== undefined) return `Library rpath: [${text}]`;
      break;
    case "RUNPATH":
      if (text !== undefined) return `Library runpath: [${text}]`;
      break;
    case "USED":
      if (text) return `Not needed object: [${text}]`;
      break;
    case "BIND_NOW":
      return "";
    case "AARCH64_BTI_PLT":
    case "AARCH64_PAC_PLT":
      return "";
    case "GNU_PRELINKED": {
      const date = new Date(Number(value) * 1000);
      if (Number.isNaN(date.getTime())) return `<corrupt time val: ${value.toString(16)}`;
      return date.toISOString().slice(0, 19);
    }
  }
  if (BYTES.has(name)) return `${value} (bytes)`;
  if (COUNTS.has(name)) return `${value}`;
  return prefixHex(value);
}

function flagList(value: bigint, names: readonly string[]): string {
  if (value === 0n) return "Flags: None";
  let text = "Flags:";
  let rest = value;
  for (const [bit, name] of names.entries()) {
    if (((value >> BigInt(bit)) & 1n) === 0n) continue;
    text += ` ${name}`;
    rest &= ~(1n << BigInt(bit));
  }
  return rest === 0n ? text : `${text} ${rest.toString(16)}`;
}

/** Finds the dynamic symbols: by their section, else by DT_SYMTAB and the hash tables; keeps the tables for -I. */
function locateSymbols(context: Context, find: (tag: number) => bigint | undefined): void {
  const { image, options, dynamic, complaints } = context;
  const section = image.sections.find((s) => s.type === 11);
  if (section) dynamic.symbols = { section, count: new SymbolTable(image, section).count };
  if (section && !options.histogram) return;
  if (!options.histogram && (!options.useDynamic || options.dynamicSymbols)) return;
  let count = 0;
  const hash = find(DT.HASH);
  if (hash) count = Math.max(count, readHash(context, hash));
  const gnuHash = find(DT.GNU_HASH);
  if (gnuHash) count = Math.max(count, readGnuHash(context, gnuHash));
  const address = find(DT.SYMTAB);
  const entry = Number(find(DT.SYMENT) ?? 0n);
  if (dynamic.symbols || count === 0 || !address || entry === 0) return;
  const load = image
    .segments()
    .find(
      (s) => s.type === 1 && address >= (s.address & -s.align) && address < s.address + BigInt(s.fileSize),
    );
  if (!load) return;
  const offset = Number(address - load.address) + load.offset;
  if (!image.range(offset, count * (image.is64 ? 24 : 16))) {
    complaints.error("Corrupt DT_SYMTAB dynamic entry");
    return;
  }
  const made = {
    index: -1,
    nameOffset: 0,
    name: "",
    type: 11,
    flags: 0n,
    address,
    offset,
    size: count * (image.is64 ? 24 : 16),
    link: -1,
    info: 0,
    align: 8,
    entsize: entry,
  };
  dynamic.symbols = { section: made, count };
}

function words(context: Context, offset: number, count: number): Uint32Array | undefined {
  const { image, complaints } = context;
  if (count * 4 > image.bytes.length) {
    complaints.error(`Invalid number of dynamic entries: ${count}`);
    return undefined;
  }
  if (!image.range(offset, count * 4)) {
    complaints.error(`Unable to read in ${count * 4} bytes of dynamic data`);
    return undefined;
  }
  const values = new Uint32Array(count);
  for (let i = 0; i < count; i++) values[i] = image.u32(offset + i * 4);
  return values;
}

/** DT_HASH: the number of symbols is the number of chains. */
function readHash(context: Context, address: bigint): number {
  const { image, dynamic, complaints } = context;
  const offset = offsetOfAddress(context, address, 16);
  if (!image.range(offset, 8)) {
    complaints.error("Failed to read in number of buckets");
    return 0;
  }
  const bucketCount = image.u32(offset);
  const chainCount = image.u32(offset + 4);
  if (bucketCount === 0 || chainCount === 0) return 0;
  const buckets = words(context, offset + 8, bucketCount);
  const chains = words(context, offset + 8 + bucketCount * 4, chainCount);
  if (!buckets || !chains) return 0;
  dynamic.hash = { buckets, chains };
  return chainCount;
}

/** DT_GNU_HASH: the last symbol is the end of the longest chain. */
function readGnuHash(context: Context, address: bigint): number {
  const { image, dynamic, complaints } = context;
  const offset = offsetOfAddress(context, address, 16);
  if (!image.range(offset, 16)) {
    complaints.error("Failed to read in number of buckets");
    return 0;
  }
  const bucketCount = image.u32(offset);
  const first = image.u32(offset + 4);
  const bloom = image.u32(offset + 8) * (image.is64 ? 8 : 4);
  const bucketsAt = offsetOfAddress(context, address + 16n + BigInt(bloom), 4);
  const buckets = words(context, bucketsAt, bucketCount);
  if (!buckets) return 0;
  let last = -1;
  for (const bucket of buckets) {
    if (bucket === 0) continue;
    if (bucket < first) return 0;
    last = Math.max(last, bucket);
  }
  if (last < 0) return 0;
  const chainsAt = bucketsAt + bucketCount * 4;
  let chainCount = last - first;
  for (;;) {
    if (!image.range(chainsAt + chainCount * 4, 4)) {
      complaints.error("Failed to determine last chain length");
      return 0;
    }
    if (image.u32(chainsAt + chainCount++ * 4) & 1) break;
  }
  const chains = words(context, chainsAt, chainCount);
  if (!chains) return 0;
  dynamic.gnuHash = { buckets, chains, first };
  return first + chainCount;
}
