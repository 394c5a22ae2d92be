import {
  deflate,
  EM_RISCV,
  ET_REL,
  type ObjectSection,
  type ObjectSymbol,
  type RelocationColumns,
  SHF_COMPRESSED,
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_PREINIT_ARRAY,
  writeObject,
} from "../elf/index.ts";
import type { Assembler } from "./assembler.ts";
import { UNIQUE_OBJECT } from "./directives-symbols.ts";
import { isNoBits } from "./section-kinds.ts";
import type { Fixups, Section } from "./sections.ts";
import { ABSOLUTE, COMMON, FIRST_SECTION, UNDEFINED } from "./sections.ts";
import { FILE, GLOBAL, REMOVED, SECTION_SYMBOL, type SymbolId, THREAD_LOCAL, WEAK } from "./symbols.ts";

const SHN_ABS = 0xfff1;
const SHN_COMMON = 0xfff2;
const STT_FILE = 4;
const STT_SECTION = 3;
const STT_TLS = 6;
const STT_OBJECT = 1;
const STT_COMMON = 5;
const SHF_TLS = 0x400;
const GRP_COMDAT = 1;

/** The object in the order of the file: sections, symbols (local ones first), relocations sorted by address. */
export interface FinishedObject {
  readonly sections: readonly Section[];
  readonly contents: readonly Uint8Array[];
  readonly symbols: readonly ObjectSymbol[];
  readonly localCount: number;
  readonly relocations: readonly (RelocationColumns | undefined)[];
  readonly flags: number;
  /** SymbolId to index in the symbol table; 0 is none. */
  readonly indexOf: Int32Array;
}

export function finishObject(assembler: Assembler): FinishedObject {
  const sections = assembler.sections.list();
  const contents = sections.map((section) => sectionContents(assembler, section));
  const { symbols, localCount, indexOf } = symbolTable(assembler, sections);
  const relocations = sections.map((section) => relocationColumns(assembler, section.fixups, indexOf));
  return { sections, contents, symbols, localCount, relocations, flags: assembler.target.flags, indexOf };
}

/** Their entries are pointers, whatever the source says. */
const POINTER_ARRAYS: readonly number[] = [SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY];

const DEBUG_NAMES = /^\.(?:debug_|gnu\.debuglto_\.debug_|gnu\.linkonce\.wi\.)/;
const ELFCOMPRESS_ZLIB = 1;
/** Smaller sections are not worth the header. */
const WORTH_COMPRESSING = 32;

/** What --compress-debug-sections makes of a section, where that is smaller. */
function compressed(assembler: Assembler, section: Section, bytes: Uint8Array): Partial<ObjectSection> {
  const { compressDebug: kind, deflate: own = deflate } = assembler.options;
  if (!kind || section.type === SHT_NOBITS || bytes.length < WORTH_COMPRESSING) return {};
  if (!DEBUG_NAMES.test(section.name)) return {};
  const is64 = assembler.target.fileWidth === 64;
  const headerSize = kind === "gnu" ? 12 : is64 ? 24 : 12;
  const stream = own(bytes);
  if (headerSize + stream.length >= bytes.length) return {};
  const contents = new Uint8Array(headerSize + stream.length);
  const view = new DataView(contents.buffer);
  contents.set(stream, headerSize);
  if (kind === "gnu") {
    contents.set([0x5a, 0x4c, 0x49, 0x42]);
    view.setBigUint64(4, BigInt(bytes.length));
    const name = section.name.startsWith(".d") ? `.z${section.name.slice(1)}` : section.name;
    return { name, contents, size: contents.length };
  }
  view.setUint32(0, ELFCOMPRESS_ZLIB, true);
  if (is64) {
    view.setBigUint64(8, BigInt(bytes.length), true);
    view.setBigUint64(16, BigInt(2 ** section.alignment), true);
  } else {
    view.setUint32(4, bytes.length, true);
    view.setUint32(8, 2 ** section.alignment, true);
  }
  return {
    contents,
    size: contents.length,
    flags: (section.flags | SHF_COMPRESSED) >>> 0,
    align: is64 ? 8 : 4,
  };
}

/** The bytes of the ELF file. */
export function objectBytes(assembler: Assembler, object: FinishedObject): Uint8Array {
  const parts: ObjectSection[] = object.sections.map((section, i) => ({
    name: section.name,
    type: section.type,
    flags: section.flags >>> 0,
    contents: section.type === SHT_NOBITS ? undefined : object.contents[i],
    size: section.size,
    align: 2 ** section.alignment,
    ...compressed(assembler, section, object.contents[i]),
    entsize: POINTER_ARRAYS.includes(section.type) ? assembler.target.fileWidth / 8 : section.entrySize,
    relocations: object.relocations[i],
    relocationsInGroup: section.group !== undefined,
    link: linkOf(assembler, object, section),
    group: groupOf(object, section),
  }));
  return writeObject({
    is64: assembler.target.fileWidth === 64,
    littleEndian: true,
    osabi: assembler.gnuExtensions ? ELFOSABI_GNU : 0,
    type: ET_REL,
    machine: EM_RISCV,
    flags: object.flags,
    sections: parts,
    symbols: object.symbols,
    localCount: object.localCount,
    names: "bytes",
  });
}

function groupOf(object: FinishedObject, section: Section): ObjectSection["group"] {
  if (!section.describes) return undefined;
  const { group, signature } = section.describes;
  return {
    flags: group.comdat ? GRP_COMDAT : 0,
    signature: object.indexOf[signature],
    members: group.members.map((member) => object.sections.indexOf(member)),
  };
}

const ELFOSABI_GNU = 3;
const STB_GNU_UNIQUE = 10;

function linkOf(assembler: Assembler, object: FinishedObject, section: Section): ObjectSection["link"] {
  if (section.linkedTo === undefined) return undefined;
  if (/^\d+$/.test(section.linkedTo)) return Number(section.linkedTo);
  const { symbols, names } = assembler;
  const id = symbols.find(names.internText(section.linkedTo));
  const position = id < 0 ? -1 : object.sections.findIndex((each) => each.id === symbols.section[id]);
  if (position >= 0) return { section: position };
  assembler.report.error(
    "AS0850",
    assembler.lastFile(),
    `undefined linked-to symbol \`${section.linkedTo}' on section \`${section.name}'`,
  );
  return undefined;
}

/** The bytes of a section: fixed parts as they are, patterns repeated. */
function sectionContents(assembler: Assembler, section: Section): Uint8Array {
  const { fragments } = assembler.sections;
  const first = section.chains[0]?.first;
  if (isNoBits(section) || first === undefined) return new Uint8Array(0);
  const out = new Uint8Array(section.size);
  let to = 0;
  for (let id = first; id !== 0; id = fragments.next[id]) {
    const { bytes } = fragments.chainOf(id);
    const start = fragments.start[id];
    const fixed = fragments.fixed[id];
    if (fixed > 64) out.set(bytes.subarray(start, start + fixed), to);
    else for (let i = 0; i < fixed; i++) out[to + i] = bytes[start + i];
    to += fixed;
    const width = fragments.width[id];
    const length = width * fragments.amount[id];
    if (length === 0) continue;
    const pattern = start + fixed;
    if (width === 1) out.fill(bytes[pattern], to, to + length);
    else for (let i = 0; i < length; i++) out[to + i] = bytes[pattern + (i % width)];
    to += length;
  }
  return out;
}

interface SymbolTable {
  readonly symbols: ObjectSymbol[];
  readonly localCount: number;
  /** SymbolId to index in the table; 0 is none. */
  readonly indexOf: Int32Array;
}

function symbolTable(assembler: Assembler, sections: readonly Section[]): SymbolTable {
  const { symbols } = assembler;
  const position = new Int32Array(assembler.sections.all.length + 1).fill(-1);
  sections.forEach((section, i) => {
    position[section.id] = i;
  });
  const indexOf = new Int32Array(symbols.count);
  const local: ObjectSymbol[] = [];
  const global: ObjectSymbol[] = [];
  const globalIds: SymbolId[] = [];
  const add = (id: SymbolId) => {
    const symbol = objectSymbol(assembler, id, position);
    const section = symbols.section[id];
    const isGlobal = symbols.has(id, GLOBAL | WEAK) || section === UNDEFINED || section === COMMON;
    if (isGlobal || symbols.types.get(id) === UNIQUE_OBJECT) {
      global.push(symbol);
      globalIds.push(id);
    } else indexOf[id] = local.push(symbol);
  };
  for (const id of assembler.frontSymbols) add(id);
  for (const id of symbols.list) if (!symbols.has(id, REMOVED)) add(id);
  // Sections that got no symbol while the source was read get one now.
  sections.forEach((section, i) => {
    if (section.symbol < 0)
      local.push({ name: "", value: 0, size: 0, info: STT_SECTION, other: 0, section: i });
  });
  globalIds.forEach((id, i) => {
    indexOf[id] = local.length + i + 1;
  });
  return { symbols: [...local, ...global], localCount: local.length, indexOf };
}

function objectSymbol(assembler: Assembler, id: SymbolId, position: Int32Array): ObjectSymbol {
  const { symbols, options } = assembler;
  const flags = symbols.flags[id];
  const home = symbols.section[id];
  if ((flags & SECTION_SYMBOL) !== 0)
    return { name: "", value: 0, size: 0, info: STT_SECTION, other: 0, section: position[home] };
  if ((flags & FILE) !== 0)
    return {
      name: symbols.text(id),
      value: 0,
      size: 0,
      info: STT_FILE,
      other: 0,
      section: -1,
      shndx: SHN_ABS,
    };
  const declared = symbols.types.get(id) ?? 0;
  const section = assembler.sections.all[home];
  const inThread = section !== undefined && (section.flags & SHF_TLS) !== 0;
  let type = declared === UNIQUE_OBJECT ? STT_OBJECT : declared;
  if ((flags & THREAD_LOCAL) !== 0 || inThread) type = STT_TLS;
  else if (home === COMMON) type = options.sttCommon ? STT_COMMON : STT_OBJECT;
  let binding = 0;
  if (declared === UNIQUE_OBJECT) binding = STB_GNU_UNIQUE;
  else if ((flags & WEAK) !== 0) binding = 2;
  else if ((flags & GLOBAL) !== 0 || home === UNDEFINED || home === COMMON) binding = 1;
  const value = symbols.valueOf(id);
  const size = symbols.sizes.get(id);
  const bytes = typeof size === "object" ? 0 : (size ?? 0);
  return {
    name: symbols.byteText(id),
    value: home === UNDEFINED ? 0 : home === COMMON ? Math.max(symbols.alignments.get(id) ?? 0, 1) : value,
    size: home === COMMON ? value : bytes,
    info: (binding << 4) | (type & 15),
    other: symbols.other.get(id) ?? 0,
    section: home >= FIRST_SECTION ? position[home] : -1,
    shndx: home === ABSOLUTE ? SHN_ABS : home === COMMON ? SHN_COMMON : 0,
  };
}

/** Relocations by address; those of one address in the order of their making. */
function relocationColumns(
  assembler: Assembler,
  fixups: Fixups,
  indexOf: Int32Array,
): RelocationColumns | undefined {
  const { count } = fixups;
  if (count === 0) return undefined;
  const { address } = assembler.sections.fragments;
  const offsets = new Float64Array(count);
  let sorted = true;
  for (let i = 0; i < count; i++) {
    offsets[i] = address[fixups.fragment[i]] + fixups.where[i];
    if (i > 0 && offsets[i] < offsets[i - 1]) sorted = false;
  }
  const order = Int32Array.from({ length: count }, (_, i) => i);
  if (!sorted) order.sort((a, b) => offsets[a] - offsets[b] || a - b);
  const offsetLow = new Int32Array(count);
  const type = new Int32Array(count);
  const symbol = new Int32Array(count);
  const addendLow = new Int32Array(count);
  const addendHigh = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const i = order[k];
    offsetLow[k] = offsets[i];
    type[k] = fixups.type[i];
    const id = fixups.symbol[i];
    symbol[k] = id < 0 ? 0 : indexOf[id];
    const addend = fixups.addend[i];
    if (Number.isNaN(addend)) {
      const big = fixups.bigAddends.get(i)!;
      addendLow[k] = Number(BigInt.asIntN(32, big));
      addendHigh[k] = Number(BigInt.asIntN(32, big >> 32n));
    } else {
      addendLow[k] = addend;
      addendHigh[k] = Math.floor(addend / 4294967296);
    }
  }
  return { rela: true, count, offsetLow, type, symbol, addendLow, addendHigh };
}
