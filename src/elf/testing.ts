import {
  EM_X86_64,
  ET_REL,
  GRP_COMDAT,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FILE,
  STT_NOTYPE,
  STT_SECTION,
} from "./constants.ts";
import { header32, header64, section32, section64, symbol32, symbol64 } from "./layout.ts";

// Builds relocatable objects in memory, for tests. Sections are named, and
// everything else refers to them by name (the first of that name) or by index
// (1 is the first given section).

export interface BuildSection {
  readonly name: string;
  /** By default SHT_NOBITS for `.bss…`, SHT_PROGBITS otherwise. */
  readonly type?: number;
  /** By default what the name suggests: `.text`, `.data`, `.bss`, `.rodata` and their dotted relatives are allocated. */
  readonly flags?: number;
  readonly bytes?: Uint8Array | readonly number[];
  /** For SHT_NOBITS, or to lie. */
  readonly size?: number;
  readonly align?: number;
  readonly entsize?: number;
  /** A section name or a number. */
  readonly link?: string | number;
  readonly info?: number;
}

export interface BuildSymbol {
  readonly name: string;
  /** A section name or index; `undefined` (the default), `absolute` or `common`. */
  readonly section?: string | number | "undefined" | "absolute" | "common";
  readonly value?: number | bigint;
  readonly size?: number | bigint;
  readonly binding?: number;
  readonly type?: number;
  readonly other?: number;
}

export interface BuildRelocation {
  /** The section to which it applies. */
  readonly section: string | number;
  readonly offset: number;
  readonly type: number;
  /** A symbol's name, or the name of a section for its section symbol; a number is an index in the symbol table. */
  readonly symbol: string | number;
  readonly addend?: number | bigint;
}

export interface BuildGroup {
  readonly signature: string;
  readonly members: readonly (string | number)[];
  readonly comdat?: boolean;
}

export interface BuildObject {
  readonly machine?: number;
  readonly is64?: boolean;
  readonly littleEndian?: boolean;
  readonly type?: number;
  readonly flags?: number;
  readonly rela?: boolean;
  readonly sections?: readonly BuildSection[];
  /** The null symbol, STT_FILE symbols and section symbols come first, and local symbols before the others. */
  readonly symbols?: readonly BuildSymbol[];
  readonly relocations?: readonly BuildRelocation[];
  readonly groups?: readonly BuildGroup[];
  /** Keeps every section index in SHT_SYMTAB_SHNDX. */
  readonly extended?: boolean;
}

interface Row {
  name: string;
  type: number;
  flags: number;
  bytes: Uint8Array;
  size: number;
  link: number;
  info: number;
  align: number;
  entsize: number;
}

const RESERVED: Readonly<Record<string, number>> = {
  undefined: SHN_UNDEF,
  absolute: SHN_ABS,
  common: SHN_COMMON,
};

/** The bytes of an object. */
export function buildObject(object: BuildObject): Uint8Array {
  const { is64 = true, littleEndian = true, rela = true } = object;
  const rows: Row[] = [row("", 0)];
  const given = object.sections ?? [{ name: ".text" }];
  const groups = object.groups ?? [];
  // Groups come before their members, as the gABI wants.
  const firstSection = 1 + groups.length;
  const indexOf = (section: string | number): number => {
    if (typeof section === "number") return section === 0 ? 0 : firstSection + section - 1;
    const index = given.findIndex((s) => s.name === section);
    if (index < 0) throw new Error(`no section ${section}`);
    return firstSection + index;
  };

  const symbols = object.symbols ?? [];
  const isFile = (symbol: BuildSymbol) => symbol.type === STT_FILE;
  const isLocal = (symbol: BuildSymbol) => (symbol.binding ?? STB_GLOBAL) === STB_LOCAL;
  const locals: BuildSymbol[] = symbols.filter(isFile);
  given.forEach((s, i) => {
    locals.push({ name: s.name, section: i + 1, type: STT_SECTION, binding: STB_LOCAL });
  });
  locals.push(...symbols.filter((s) => isLocal(s) && !isFile(s)));
  const all: BuildSymbol[] = [{ name: "", section: 0, binding: 0 }, ...locals];
  all.push(...symbols.filter((s) => !isLocal(s) && !isFile(s)));
  const symbolIndex = (symbol: string | number): number => {
    if (typeof symbol === "number") return symbol;
    const ordinary = all.findIndex((s, i) => i > 0 && s.type !== STT_SECTION && s.name === symbol);
    const index = ordinary >= 0 ? ordinary : all.findIndex((s) => s.name === symbol);
    if (index < 0) throw new Error(`no symbol ${symbol}`);
    return index;
  };

  for (const group of groups) {
    const words = [group.comdat === false ? 0 : GRP_COMDAT, ...group.members.map(indexOf)];
    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => {
      view.setUint32(i * 4, word, littleEndian);
    });
    rows.push({
      ...row(".group", SHT_GROUP, bytes),
      align: 4,
      entsize: 4,
      info: symbolIndex(group.signature),
    });
  }
  const grouped = new Set(groups.flatMap((group) => group.members.map(indexOf)));
  for (const section of given) {
    const nobits = section.type === SHT_NOBITS || /^\.t?bss/.test(section.name);
    const bytes = new Uint8Array(section.bytes ?? []);
    const flags = section.flags ?? flagsFor(section.name);
    rows.push({
      name: section.name,
      type: section.type ?? (nobits ? SHT_NOBITS : SHT_PROGBITS),
      flags: grouped.has(rows.length) ? flags | SHF_GROUP : flags,
      bytes: nobits ? new Uint8Array(0) : bytes,
      size: section.size ?? bytes.length,
      link: section.link === undefined ? 0 : indexOf(section.link),
      info: section.info ?? 0,
      align: section.align ?? 1,
      entsize: section.entsize ?? 0,
    });
  }

  const byTarget = new Map<number, BuildRelocation[]>();
  for (const relocation of object.relocations ?? []) {
    const target = indexOf(relocation.section);
    byTarget.set(target, [...(byTarget.get(target) ?? []), relocation]);
  }
  const relocationRows: Row[] = [];
  for (const [target, list] of byTarget) {
    const entsize = (is64 ? 16 : 8) + (rela ? (is64 ? 8 : 4) : 0);
    const bytes = new Uint8Array(list.length * entsize);
    const view = new DataView(bytes.buffer);
    list.forEach((relocation, i) => {
      const at = i * entsize;
      const symbol = symbolIndex(relocation.symbol);
      const addend = BigInt(relocation.addend ?? 0);
      if (is64) {
        view.setBigUint64(at, BigInt(relocation.offset), littleEndian);
        view.setBigUint64(at + 8, (BigInt(symbol) << 32n) | BigInt(relocation.type), littleEndian);
        if (rela) view.setBigInt64(at + 16, addend, littleEndian);
      } else {
        view.setUint32(at, relocation.offset, littleEndian);
        view.setUint32(at + 4, (symbol << 8) | relocation.type, littleEndian);
        if (rela) view.setInt32(at + 8, Number(addend), littleEndian);
      }
    });
    relocationRows.push({
      ...row((rela ? ".rela" : ".rel") + rows[target].name, rela ? SHT_RELA : SHT_REL, bytes),
      flags: SHF_INFO_LINK,
      info: target,
      align: is64 ? 8 : 4,
      entsize,
    });
  }
  rows.push(...relocationRows);

  const strings = new StringTable();
  const fields = is64 ? symbol64 : symbol32;
  const symtab = new Uint8Array(all.length * fields.size);
  const shndx = new Uint8Array(all.length * 4);
  const symtabView = new DataView(symtab.buffer);
  const shndxView = new DataView(shndx.buffer);
  all.forEach((symbol, i) => {
    const at = i * fields.size;
    const place = symbol.section ?? "undefined";
    const reserved = typeof place === "string" && place in RESERVED;
    const section = reserved ? RESERVED[place] : indexOf(place);
    const wide = !reserved && section !== 0 && (object.extended || section >= SHN_LORESERVE);
    if (symbol.type !== STT_SECTION) symtabView.setUint32(at, strings.add(symbol.name), littleEndian);
    const info = ((symbol.binding ?? STB_GLOBAL) << 4) | (symbol.type ?? STT_NOTYPE);
    symtabView.setUint8(at + fields.st_info, info);
    symtabView.setUint8(at + fields.st_other, symbol.other ?? 0);
    symtabView.setUint16(at + fields.st_shndx, wide ? SHN_XINDEX : section, littleEndian);
    if (wide) shndxView.setUint32(i * 4, section, littleEndian);
    writeWord(symtabView, at + fields.st_value, BigInt(symbol.value ?? 0), is64, littleEndian);
    writeWord(symtabView, at + fields.st_size, BigInt(symbol.size ?? 0), is64, littleEndian);
  });
  const symtabIndex = rows.length;
  const symtabRow = { ...row(".symtab", SHT_SYMTAB, symtab), align: is64 ? 8 : 4, entsize: fields.size };
  rows.push({ ...symtabRow, link: symtabIndex + 1, info: 1 + locals.length });
  rows.push(row(".strtab", SHT_STRTAB, strings.bytes()));
  if (object.extended || rows.length >= SHN_LORESERVE)
    rows.push({ ...row(".symtab_shndx", SHT_SYMTAB_SHNDX, shndx), link: symtabIndex, align: 4, entsize: 4 });
  for (const r of rows) {
    if (r.type === SHT_REL || r.type === SHT_RELA || r.type === SHT_GROUP) r.link = symtabIndex;
  }
  return layOut(rows, object, is64, littleEndian);
}

function row(name: string, type: number, bytes: Uint8Array = new Uint8Array(0)): Row {
  return { name, type, flags: 0, bytes, size: bytes.length, link: 0, info: 0, align: 1, entsize: 0 };
}

function flagsFor(name: string): number {
  if (/^\.(text|init|fini)(\.|$)/.test(name)) return SHF_ALLOC | SHF_EXECINSTR;
  if (/^\.(data|bss|init_array|fini_array)(\.|$)/.test(name)) return SHF_ALLOC | SHF_WRITE;
  return /^\.rodata(\.|$)/.test(name) ? SHF_ALLOC : 0;
}

function writeWord(view: DataView, at: number, value: bigint, is64: boolean, littleEndian: boolean): void {
  if (is64) view.setBigUint64(at, BigInt.asUintN(64, value), littleEndian);
  else view.setUint32(at, Number(BigInt.asUintN(32, value)), littleEndian);
}

function layOut(rows: Row[], object: BuildObject, is64: boolean, littleEndian: boolean): Uint8Array {
  const header = is64 ? header64 : header32;
  const fields = is64 ? section64 : section32;
  const names = new StringTable();
  rows.push(row(".shstrtab", SHT_STRTAB));
  const nameOffsets = rows.map((r) => names.add(r.name));
  const last = rows[rows.length - 1];
  last.bytes = names.bytes();
  last.size = last.bytes.length;
  let end = header.size;
  const offsets = rows.map((r) => {
    const align = Math.max(1, Math.min(r.align, 64));
    const offset = Math.ceil(end / align) * align;
    end = offset + r.bytes.length;
    return offset;
  });
  const table = Math.ceil(end / 8) * 8;
  const bytes = new Uint8Array(table + rows.length * fields.size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, littleEndian ? 1 : 2, 1]);
  view.setUint16(header.e_type, object.type ?? ET_REL, littleEndian);
  view.setUint16(header.e_machine, object.machine ?? EM_X86_64, littleEndian);
  view.setUint32(header.e_version, 1, littleEndian);
  writeWord(view, header.e_shoff, BigInt(table), is64, littleEndian);
  view.setUint32(header.e_flags, object.flags ?? 0, littleEndian);
  view.setUint16(header.e_ehsize, header.size, littleEndian);
  view.setUint16(header.e_shentsize, fields.size, littleEndian);
  const many = rows.length >= SHN_LORESERVE;
  view.setUint16(header.e_shnum, many ? 0 : rows.length, littleEndian);
  view.setUint16(header.e_shstrndx, many ? SHN_XINDEX : rows.length - 1, littleEndian);
  rows.forEach((r, i) => {
    bytes.set(r.bytes, offsets[i]);
    const at = table + i * fields.size;
    view.setUint32(at + fields.sh_name, nameOffsets[i], littleEndian);
    view.setUint32(at + fields.sh_type, r.type, littleEndian);
    writeWord(view, at + fields.sh_flags, BigInt(r.flags >>> 0), is64, littleEndian);
    writeWord(view, at + fields.sh_offset, BigInt(i === 0 ? 0 : offsets[i]), is64, littleEndian);
    const size = i === 0 && many ? rows.length : r.size;
    writeWord(view, at + fields.sh_size, BigInt(size), is64, littleEndian);
    view.setUint32(at + fields.sh_link, i === 0 && many ? rows.length - 1 : r.link, littleEndian);
    view.setUint32(at + fields.sh_info, r.info, littleEndian);
    writeWord(view, at + fields.sh_addralign, BigInt(i === 0 ? 0 : r.align), is64, littleEndian);
    writeWord(view, at + fields.sh_entsize, BigInt(r.entsize), is64, littleEndian);
  });
  return bytes;
}

class StringTable {
  private readonly parts: number[] = [0];
  private readonly known = new Map<string, number>([["", 0]]);

  add(text: string): number {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const at = this.parts.length;
    for (const byte of new TextEncoder().encode(text)) this.parts.push(byte);
    this.parts.push(0);
    this.known.set(text, at);
    return at;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}
