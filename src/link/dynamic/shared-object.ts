import {
  DF_1_PIE,
  DT_FLAGS_1,
  DT_NEEDED,
  DT_RPATH,
  DT_RUNPATH,
  DT_SONAME,
  header32,
  header64,
  SHF_WRITE,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_GNU_verdef,
  SHT_GNU_verneed,
  SHT_GNU_versym,
  section32,
  section64,
  symbol32,
  symbol64,
} from "../../elf/index.ts";
import type { SharedLibrary, SharedSections } from "../../model/index.ts";

// From the bytes of a shared object to what a link needs of it. Only the
// tables of the dynamic loader count; GNU ld finds them by section headers, and
// so do we. Every offset is checked here, so that nobody has to later.

/** What a file says of itself; the link adds the rest. */
export type SharedFile = Omit<SharedLibrary, "names" | "globalsBefore" | "implied"> & {
  /** DF_1_PIE: an executable. */
  readonly isPie: boolean;
};

const PT_GNU_RELRO = 0x6474e552;

interface Header {
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
}

/** Reads an ELF file of type ET_DYN; a string is what is wrong with it. `given` is its name without a DT_SONAME. */
export function readSharedObject(
  bytes: Uint8Array,
  is64: boolean,
  path: string,
  given: string,
): SharedFile | string {
  return new SharedReader(bytes, is64, path, given).read();
}

class SharedReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly is64: boolean;
  private readonly path: string;
  private readonly given: string;

  constructor(bytes: Uint8Array, is64: boolean, path: string, given: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.is64 = is64;
    this.path = path;
    this.given = given;
  }

  read(): SharedFile | string {
    const headers = this.headers();
    if (typeof headers === "string") return headers;
    const find = (type: number) => headers.find((header) => header.type === type);
    for (const header of headers)
      if (isTable(header.type) && !this.isInside(header)) return "a table goes past the end of the file";
    const dynamic = this.dynamic(find(SHT_DYNAMIC), headers);
    if (typeof dynamic === "string") return dynamic;
    const table = find(SHT_DYNSYM);
    const strings = table && headers[table.link];
    const entry = this.is64 ? symbol64.size : symbol32.size;
    if (table && (!strings || !this.isInside(strings))) return "the dynamic symbols have no names";
    const symbolCount = table ? Math.floor(table.size / entry) : 0;
    const versym = find(SHT_GNU_versym);
    if (versym && versym.size < symbolCount * 2) return "not every dynamic symbol has a version";
    const defined = this.versionDefinitions(find(SHT_GNU_verdef), headers);
    const imports = this.versionNeeds(find(SHT_GNU_verneed), headers);
    if (typeof defined === "string") return defined;
    if (typeof imports === "string") return imports;
    return {
      path: this.path,
      bytes: this.bytes,
      view: this.view,
      is64: this.is64,
      soname: dynamic.soname || this.given,
      needed: dynamic.needed,
      runpath: dynamic.runpath,
      symbolsOffset: table?.offset ?? 0,
      symbolCount,
      firstGlobal: Math.min(table?.info ?? 0, symbolCount),
      stringsOffset: strings?.offset ?? 0,
      stringsEnd: strings ? strings.offset + strings.size : 0,
      versymOffset: versym?.offset ?? 0,
      versions: defined.names,
      weakVersions: defined.weak,
      imports,
      sections: this.sections(headers),
      isPie: dynamic.isPie,
    };
  }

  private word(at: number): number {
    if (!this.is64) return this.view.getUint32(at, true);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  private isInside({ offset, size }: Header): boolean {
    return offset + size <= this.bytes.length;
  }

  private headers(): Header[] | string {
    const { view, bytes, is64 } = this;
    const header = is64 ? header64 : header32;
    const fields = is64 ? section64 : section32;
    if (bytes.length < header.size) return "it ends within the ELF header";
    const start = this.word(header.e_shoff);
    if (start === 0) return [];
    if (view.getUint16(header.e_shentsize, true) !== fields.size) return "section headers of a wrong size";
    if (start + fields.size > bytes.length) return "the section header table goes past the end of the file";
    const count = view.getUint16(header.e_shnum, true) || this.word(start + fields.sh_size);
    if (start + count * fields.size > bytes.length)
      return "the section header table goes past the end of the file";
    const found: Header[] = [];
    for (let i = 0, at = start; i < count; i++, at += fields.size)
      found.push({
        type: view.getUint32(at + fields.sh_type, true),
        flags: view.getUint32(at + fields.sh_flags, true),
        address: this.word(at + fields.sh_addr),
        offset: this.word(at + fields.sh_offset),
        size: this.word(at + fields.sh_size),
        link: view.getUint32(at + fields.sh_link, true),
        info: view.getUint32(at + fields.sh_info, true),
        align: this.word(at + fields.sh_addralign),
      });
    return found;
  }

  /** The string at `offset` of a table, which need not be terminated inside it. */
  private text(table: Header | undefined, offset: number): string | undefined {
    if (!table || offset >= table.size || !this.isInside(table)) return undefined;
    const start = table.offset + offset;
    let end = start;
    while (end < table.offset + table.size && this.bytes[end] !== 0) end++;
    return new TextDecoder().decode(this.bytes.subarray(start, end));
  }

  private dynamic(table: Header | undefined, headers: readonly Header[]) {
    let soname = "";
    let isPie = false;
    const needed: string[] = [];
    const rpath: string[] = [];
    const runpath: string[] = [];
    const strings = table && headers[table.link];
    const size = this.is64 ? 16 : 8;
    for (let at = table?.offset ?? 0; table && at + size <= table.offset + table.size; at += size) {
      const tag = this.view.getUint32(at, true);
      const value = this.word(at + size / 2);
      if (tag === DT_FLAGS_1) isPie = (this.view.getUint32(at + size / 2, true) & DF_1_PIE) !== 0;
      if (tag !== DT_SONAME && tag !== DT_NEEDED && tag !== DT_RPATH && tag !== DT_RUNPATH) continue;
      const text = this.text(strings, value);
      if (text === undefined) return "a string of the dynamic section is outside of its table";
      if (tag === DT_SONAME) soname = text;
      else if (tag === DT_NEEDED) needed.push(text);
      else (tag === DT_RPATH ? rpath : runpath).push(text);
    }
    return { soname, needed, isPie, runpath: runpath.length > 0 ? runpath : rpath };
  }

  private versionDefinitions(table: Header | undefined, headers: readonly Header[]) {
    const names: (string | undefined)[] = [];
    const weak = new Set<number>();
    const strings = table && headers[table.link];
    let at = table?.offset ?? 0;
    const end = table ? table.offset + table.size : 0;
    for (let i = 0; table && i < table.info; i++) {
      if (at + 20 > end) return "a version definition goes past the end of its section";
      const number = this.view.getUint16(at + 4, true) & 0x7fff;
      const aux = at + this.view.getUint32(at + 12, true);
      if (aux + 8 > end) return "a version definition goes past the end of its section";
      const name = this.text(strings, this.view.getUint32(aux, true));
      if (name === undefined) return "a version has no name";
      names[number] = name;
      if (this.view.getUint16(at + 2, true) & 2) weak.add(number);
      const next = this.view.getUint32(at + 16, true);
      if (next === 0) break;
      at += next;
    }
    return { names, weak };
  }

  private versionNeeds(table: Header | undefined, headers: readonly Header[]): Map<number, string> | string {
    const found = new Map<number, string>();
    const strings = table && headers[table.link];
    let at = table?.offset ?? 0;
    const end = table ? table.offset + table.size : 0;
    for (let i = 0; table && i < table.info; i++) {
      if (at + 16 > end) return "a needed version goes past the end of its section";
      const count = this.view.getUint16(at + 2, true);
      let aux = at + this.view.getUint32(at + 8, true);
      for (let j = 0; j < count; j++) {
        if (aux + 16 > end) return "a needed version goes past the end of its section";
        const name = this.text(strings, this.view.getUint32(aux + 8, true));
        if (name === undefined) return "a version has no name";
        found.set(this.view.getUint16(aux + 6, true) & 0x7fff, name);
        const next = this.view.getUint32(aux + 12, true);
        if (next === 0) break;
        aux += next;
      }
      const next = this.view.getUint32(at + 12, true);
      if (next === 0) break;
      at += next;
    }
    return found;
  }

  private sections(headers: readonly Header[]): SharedSections {
    const alignPower = new Uint8Array(headers.length);
    const flags = new Int32Array(headers.length);
    const relro = this.relro();
    for (const [i, header] of headers.entries()) {
      alignPower[i] = header.align > 1 ? 31 - Math.clz32(header.align) : 0;
      flags[i] = header.flags;
      const { address, size } = header;
      if (relro && address >= relro.start && address + size <= relro.end) flags[i] &= ~SHF_WRITE;
    }
    return { alignPower, flags };
  }

  private relro(): { start: number; end: number } | undefined {
    const { view, is64, bytes } = this;
    const header = is64 ? header64 : header32;
    const start = this.word(header.e_phoff);
    const size = is64 ? 56 : 32;
    const count = view.getUint16(header.e_phnum, true);
    for (let i = 0, at = start; i < count && at + size <= bytes.length; i++, at += size) {
      if (view.getUint32(at, true) !== PT_GNU_RELRO) continue;
      const address = this.word(at + (is64 ? 16 : 8));
      return { start: address, end: address + this.word(at + (is64 ? 40 : 20)) };
    }
    return undefined;
  }
}

function isTable(type: number): boolean {
  return (
    type === SHT_DYNAMIC ||
    type === SHT_DYNSYM ||
    type === SHT_GNU_versym ||
    type === SHT_GNU_verdef ||
    type === SHT_GNU_verneed
  );
}
