import { alignUp, uint8Column } from "../../binary/index.ts";
import {
  ET_DYN,
  ET_EXEC,
  ET_REL,
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "../../elf/index.ts";
import type { OutputFile } from "../../files/index.ts";
import type { ImageLayout, OutputSection, Segment } from "../../model/index.ts";
import type { RelocateContext, Target } from "../../targets/index.ts";
import { SYMTAB_LINK } from "../place/section-links.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import { type ByteListener, Sink } from "./sink.ts";
import { stringTable } from "./string-table.ts";
import type { SymbolTableImage } from "./symbol-table-image.ts";
import { SectionWriter } from "./write-section.ts";

// The file, front to back:
//
//   ELF header, program headers
//   the output sections at the file offsets that layout gave them
//   sections that only the writer knows: relocations (-r, -q), .symtab,
//     .symtab_shndx, .strtab, .shstrtab
//   section headers
//
// Hot: each byte of the image passes through `writeSection` once. Input
// sections are copied into the sink's buffer and relocated there.

/** A section that is not in the layout: its bytes go behind those of the layout's. */
export interface ExtraSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly entsize: number;
  readonly bytes: Uint8Array;
  /** Its header comes after that of this output section; -1: before all. */
  readonly after: number;
  /** Its bytes come before those of the layout's sections (which have left room), not behind. */
  readonly isFirst: boolean;
  /** sh_info; sh_link is the symbol table. */
  readonly info: number;
}

export interface WriteOptions {
  readonly fileType: "executable" | "shared" | "relocatable";
  /** As in the context, with the changes of compression. */
  readonly layout: ImageLayout;
  /** e_flags. */
  readonly flags: number;
  /** EI_OSABI. */
  readonly osAbi: number;
  /** Absent with -s. */
  readonly symbols: SymbolTableImage | undefined;
  /** Stands in for an output section's bytes: compressed debug information. */
  readonly replaced: ReadonlyMap<number, Uint8Array>;
  readonly extra: readonly ExtraSection[];
  /** False: neither a section table, nor what only it could find. */
  readonly sectionHeaders: boolean;
  /** LLD: by output section, where bytes that stop the processor end which fill up its page. */
  readonly traps: ReadonlyMap<number, number>;
  /** .shstrtab comes before .strtab, and names do not share their ends. */
  readonly lldOrder: boolean;
  /** Sees every byte on its way to the file, in order. */
  readonly listener: ByteListener | undefined;
  /** Told what GNU ld makes its build identifier of; `notes` are the output sections that it fills afterwards. */
  readonly checksum: { readonly listener: ByteListener; readonly notes: readonly number[] } | undefined;
}

/** A range of the written file; between two of them are zeros, for alignment. */
export interface FilePart {
  readonly kind: "elf-header" | "program-headers" | "section" | "table" | "section-headers";
  readonly name: string;
  /** In bytes, from the start of the file. */
  readonly offset: number;
  readonly size: number;
  /** Of a section: its index in the layout; -1 otherwise. */
  readonly section: number;
  /** Its bytes are not those of the layout's: compressed. */
  readonly replaced: boolean;
}

/** A section header about to be written. */
interface Header {
  name: string;
  type: number;
  flags: number;
  address: bigint;
  offset: number;
  size: number;
  link: number;
  info: number;
  align: number;
  entsize: number;
}

/** Writes the whole ELF file; relocation errors are reported as they are met. The result is what went where. */
export function writeElf(
  context: RelocateContext,
  target: Target,
  frames: EhFrames,
  output: OutputFile,
  options: WriteOptions,
): FilePart[] {
  const { layout } = options;
  const headers = options.sectionHeaders ? sectionHeaders(layout, target, options) : noSectionHeaders;
  const tableOffset = options.sectionHeaders ? alignUp(headers.end, target.is64 ? 8 : 4) : 0;
  const order = options.sectionHeaders
    ? inFileOrder(layout)
    : inFileOrder(layout).filter(isInSegment(layout));
  const checksum = gnuChecksum(target, options, headers, order);
  const sink = new Sink(output, checksum ? undefined : (options.checksum?.listener ?? options.listener));

  writeFileHeader(sink, target, options, headers.list.length, headers.namesIndex, tableOffset);
  for (const segment of layout.segments) writeSegment(sink, target.is64, segment);
  for (const [header, bytes] of headers.front) {
    sink.zerosTo(header.offset);
    sink.bytes(bytes);
  }
  const writer = new SectionWriter(sink, context, target, frames, options.fileType !== "relocatable");
  for (const section of order) {
    sink.zerosTo(section.fileOffset);
    const replaced = options.replaced.get(section.index);
    if (checksum) sink.tell(checksum.before(section));
    if (replaced) sink.bytes(replaced);
    else writer.write(section);
    if (checksum) sink.tell(undefined);
    const until = options.traps.get(section.index) ?? 0;
    if (until > sink.position) sink.bytes(new Uint8Array(until - sink.position).fill(target.trapByte ?? 0));
  }
  checksum?.end();
  for (const [header, bytes] of headers.extra) {
    sink.zerosTo(header.offset);
    sink.bytes(bytes);
  }
  sink.zerosTo(Math.max(sink.position, tableOffset));
  writeSectionHeaders(sink, target.is64, headers.list, headers.namesIndex, headers.names.offsets);
  sink.flush();

  const parts: FilePart[] = [];
  const add = (
    kind: FilePart["kind"],
    name: string,
    offset: number,
    size: number,
    section = -1,
    replaced = false,
  ) => {
    if (size > 0) parts.push({ kind, name, offset, size, section, replaced });
  };
  add("elf-header", "ELF header", 0, target.is64 ? 64 : 52);
  add(
    "program-headers",
    "program headers",
    target.is64 ? 64 : 52,
    layout.segments.length * (target.is64 ? 56 : 32),
  );
  for (const [header, bytes] of headers.front) add("table", header.name, header.offset, bytes.length);
  for (const { index, name, fileOffset, size } of order) {
    const replaced = options.replaced.get(index);
    add("section", name, fileOffset, replaced?.length ?? size, index, replaced !== undefined);
  }
  for (const [header, bytes] of headers.extra) add("table", header.name, header.offset, bytes.length);
  add("section-headers", "section headers", tableOffset, headers.list.length * (target.is64 ? 64 : 40));
  return parts;
}

/**
 * `--oformat binary`: the loaded bytes at their load addresses, from the lowest
 * on; no headers. Undefined when the gap between two of them makes a file over `limit` bytes.
 */
export function writeBinary(
  context: RelocateContext,
  target: Target,
  frames: EhFrames,
  output: OutputFile,
  limit: number,
): FilePart[] | undefined {
  const { report } = context;
  const parts: FilePart[] = [];
  const loaded = context.layout.sections
    .filter((section) => section.type !== SHT_NOBITS && section.flags & 2 && section.size > 0)
    .sort((a, b) =>
      a.loadAddress < b.loadAddress ? -1 : a.loadAddress > b.loadAddress ? 1 : a.index - b.index,
    );
  const sink = new Sink(output);
  const writer = new SectionWriter(sink, context, target, frames, true);
  const start = loaded[0]?.loadAddress ?? 0n;
  for (const section of loaded) {
    const offset = Number(section.loadAddress - start);
    if (offset + section.size > limit) {
      report.error(
        "LD0901",
        section.span,
        `section ${section.name} would make the binary file ${offset + section.size} bytes long`,
        {
          notes: [
            {
              message: `its load address is 0x${section.loadAddress.toString(16)}, the first byte of the file is at 0x${start.toString(16)}`,
            },
          ],
        },
      );
      return undefined;
    }
    if (offset >= sink.position) sink.zerosTo(offset);
    else {
      report.error(
        "LD0902",
        section.span,
        `section ${section.name} overlaps the section before it in the binary file`,
      );
      return undefined;
    }
    writer.write(section);
    const { name, size, index } = section;
    parts.push({ kind: "section", name, offset, size, section: index, replaced: false });
  }
  sink.flush();
  return parts;
}

/** The final bytes of one output section: for compression, and for `premain why`. */
export function sectionBytes(
  context: RelocateContext,
  target: Target,
  frames: EhFrames,
  section: OutputSection,
): Uint8Array {
  const bytes = uint8Column(section.size);
  const output: OutputFile = {
    write(part, position) {
      bytes.set(part, position);
    },
    finish() {},
    abandon() {},
  };
  const sink = new Sink(output);
  new SectionWriter(sink, context, target, frames, true).write(section);
  sink.flush();
  return bytes;
}

/** What a program finds without section headers. */
function isInSegment({ segments }: ImageLayout): (section: OutputSection) => boolean {
  const found = new Set(segments.flatMap(({ sections }) => sections));
  return ({ index }) => found.has(index);
}

function inFileOrder(layout: ImageLayout): OutputSection[] {
  return layout.sections
    .filter((section) => section.type !== SHT_NOBITS && section.size > 0 && !section.isRoom)
    .sort((a, b) => a.fileOffset - b.fileOffset || a.index - b.index);
}

const noSectionHeaders: ReturnType<typeof sectionHeaders> = {
  list: [],
  front: [],
  extra: [],
  names: { bytes: new Uint8Array(0), offsets: new Map() },
  namesIndex: 0,
  numbers: new Int32Array(0),
  end: 0,
};

function sectionHeaders(layout: ImageLayout, target: Target, options: WriteOptions) {
  const wordAlign = target.is64 ? 8 : 4;
  const list: Header[] = [newHeader("", SHT_NULL, 0, 0, 0)];
  // Groups, which come before the sections, and relocations, which come last.
  const front: [Header, Uint8Array][] = [];
  const kept: [Header, Uint8Array][] = [];
  const byPlace = new Map<number, ExtraSection[]>();
  for (const section of options.extra) {
    const here = byPlace.get(section.after);
    if (here) here.push(section);
    else byPlace.set(section.after, [section]);
  }
  const addExtras = (after: number): void => {
    for (const section of byPlace.get(after) ?? []) {
      const header = newHeader(section.name, section.type, section.flags, section.align, section.entsize);
      header.info = section.info;
      list.push(header);
      (section.isFirst ? front : kept).push([header, section.bytes]);
    }
  };
  addExtras(-1);
  let end = Math.max(layout.headersSize, layout.imageEnd);
  const place = (header: Header, bytes: Uint8Array): void => {
    end = alignUp(end, Math.max(1, header.align));
    header.offset = end;
    header.size = bytes.length;
    end += bytes.length;
  };
  for (const [header, bytes] of front) place(header, bytes);
  const own: Header[] = [];
  const numbers = new Int32Array(layout.sections.length);
  for (const section of layout.sections) {
    const size = options.replaced.get(section.index)?.length ?? section.size;
    // For GNU ld what is in no segment is aligned even where it is empty.
    const hasPlace = size > 0 || !options.lldOrder;
    if (section.type !== SHT_NOBITS && hasPlace) end = Math.max(end, section.fileOffset + size);
    else if (options.fileType === "relocatable") end = Math.max(end, section.fileOffset);
    numbers[section.index] = list.length;
    const header = {
      name: section.name,
      type: section.type,
      flags: section.flags,
      address: section.address,
      offset: section.fileOffset,
      size,
      link: section.link,
      info: section.info,
      align: section.align,
      entsize: section.entsize,
    };
    list.push(header);
    own.push(header);
    addExtras(section.index);
  }
  const withSymbols = own.filter((header) => header.link === SYMTAB_LINK);
  for (const header of own) {
    header.link = header.link < 0 ? 0 : numbers[header.link];
    if (header.flags & SHF_INFO_LINK && header.info > 0) header.info = numbers[header.info - 1];
  }
  const extra: [Header, Uint8Array][] = [];
  const append = (name: string, type: number, bytes: Uint8Array, align: number, entsize: number): Header => {
    const header = newHeader(name, type, 0, align, entsize);
    place(header, bytes);
    list.push(header);
    extra.push([header, bytes]);
    return header;
  };
  const { symbols } = options;
  const tailNames = symbols ? [".symtab", ".strtab", ".shstrtab"] : [".shstrtab"];
  if (symbols?.extendedIndices) tailNames.push(".symtab_shndx");
  const ownNames = namesInOrder(list, options.lldOrder);
  const allNames = options.lldOrder ? [...ownNames, ...tailNames] : [...tailNames, ...ownNames];
  const names = stringTable(allNames, !options.lldOrder);
  let namesIndex = 0;
  const appendNames = (): void => {
    append(".shstrtab", SHT_STRTAB, names.bytes, 1, 0);
    namesIndex = list.length - 1;
  };
  if (symbols) {
    const symtab = append(".symtab", SHT_SYMTAB, symbols.symtab, wordAlign, target.is64 ? 24 : 16);
    const symtabIndex = list.length - 1;
    for (const [header] of [...front, ...kept]) header.link = symtabIndex;
    for (const header of withSymbols) header.link = symtabIndex;
    symtab.info = symbols.firstGlobal;
    if (symbols.extendedIndices) {
      const indices = new Uint8Array(symbols.extendedIndices.length * 4);
      const view = new DataView(indices.buffer);
      symbols.extendedIndices.forEach((value, i) => {
        view.setUint32(i * 4, value, true);
      });
      append(".symtab_shndx", SHT_SYMTAB_SHNDX, indices, 4, 4).link = symtabIndex;
    }
    if (options.lldOrder) appendNames();
    append(".strtab", SHT_STRTAB, symbols.strtab, 1, 0);
    symtab.link = list.length - 1;
  }
  for (const [header, bytes] of kept) {
    place(header, bytes);
    extra.push([header, bytes]);
  }
  if (namesIndex === 0) appendNames();
  return { list, front, extra, names, namesIndex, numbers, end };
}

/** For GNU ld groups are named last. */
function namesInOrder(list: readonly Header[], lldOrder: boolean): string[] {
  const isLast = ({ type }: Header) => type === SHT_GROUP && !lldOrder;
  return [...list.filter((header) => !isLast(header)), ...list.filter(isLast)].map(({ name }) => name);
}

function newHeader(name: string, type: number, flags: number, align: number, entsize: number): Header {
  return { name, type, flags, address: 0n, offset: 0, size: 0, link: 0, info: 0, align, entsize };
}

/**
 * GNU ld hashes the file header, the program headers and, for each section, its
 * header and contents, all without places in the file; not the tables at its
 * end. With the same order an equal image has an equal identifier. Undefined
 * where sections do not lie in the order of their headers: then all bytes count.
 */
function gnuChecksum(
  target: Target,
  options: WriteOptions,
  headers: ReturnType<typeof sectionHeaders>,
  order: readonly OutputSection[],
): { before(section: OutputSection): ByteListener | undefined; end(): void } | undefined {
  if (!options.checksum || !options.sectionHeaders) return undefined;
  if (order.some((section, i) => i > 0 && section.index < order[i - 1].index)) return undefined;
  const { listener, notes } = options.checksum;
  const { is64 } = target;
  const file = captured((sink) =>
    writeFileHeader(sink, target, options, headers.list.length, headers.namesIndex, 0),
  );
  // e_phoff and e_shoff
  file.fill(0, is64 ? 32 : 28, is64 ? 48 : 36);
  listener.update(file);
  listener.update(
    captured((sink) => {
      for (const segment of options.layout.segments) writeSegment(sink, is64, segment);
    }),
  );
  const moved = headers.list.map((header) => ({ ...header, offset: 0 }));
  const table = captured((sink) =>
    writeSectionHeaders(sink, is64, moved, headers.namesIndex, headers.names.offsets),
  );
  const size = is64 ? 64 : 40;
  // Of groups and kept relocations the contents count, of the symbol and string tables they do not.
  const tables = new Map([...headers.front, ...headers.extra]);
  let told = 0;
  const tellHeaders = (count: number): void => {
    for (; told < count; told++) {
      listener.update(table.subarray(told * size, (told + 1) * size));
      const bytes = tables.get(headers.list[told]);
      const { type } = headers.list[told];
      if (bytes && type !== SHT_SYMTAB && type !== SHT_STRTAB) listener.update(bytes);
    }
  };
  return {
    before(section) {
      tellHeaders(headers.numbers[section.index] + 1);
      if (!notes.includes(section.index)) return listener;
      listener.update(uint8Column(section.size));
      return undefined;
    },
    end: () => tellHeaders(headers.list.length),
  };
}

function captured(write: (sink: Sink) => void): Uint8Array {
  const chunks: Uint8Array[] = [];
  const file = { write: (bytes: Uint8Array) => void chunks.push(bytes.slice()), finish() {}, abandon() {} };
  const sink = new Sink(file, undefined, 4096);
  write(sink);
  sink.flush();
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function writeFileHeader(
  sink: Sink,
  target: Target,
  options: WriteOptions,
  sectionCount: number,
  namesIndex: number,
  tableOffset: number,
): void {
  const { layout } = options;
  const { is64 } = target;
  const size = is64 ? 64 : 52;
  const at = sink.room(size);
  const { buffer } = sink;
  buffer.fill(0, at, at + size);
  const view = new DataView(buffer.buffer, buffer.byteOffset + at, size);
  buffer.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1, options.osAbi], at);
  const type = { executable: ET_EXEC, shared: ET_DYN, relocatable: ET_REL }[options.fileType];
  view.setUint16(16, type, true);
  view.setUint16(18, target.machine, true);
  view.setUint32(20, 1, true);
  const large = sectionCount >= SHN_LORESERVE;
  const segments = layout.segments.length;
  if (is64) {
    view.setBigUint64(24, layout.entry, true);
    view.setBigUint64(32, segments ? 64n : 0n, true);
    view.setBigUint64(40, BigInt(tableOffset), true);
  } else {
    view.setUint32(24, Number(BigInt.asUintN(32, layout.entry)), true);
    view.setUint32(28, segments ? 52 : 0, true);
    view.setUint32(32, tableOffset, true);
  }
  let p = is64 ? 48 : 36;
  view.setUint32(p, options.flags, true);
  p += 4;
  const counts = [
    size,
    segments ? (is64 ? 56 : 32) : 0,
    segments,
    sectionCount === 0 ? 0 : is64 ? 64 : 40,
    large ? 0 : sectionCount,
    namesIndex >= SHN_LORESERVE ? SHN_XINDEX : namesIndex,
  ];
  for (const count of counts) {
    view.setUint16(p, count, true);
    p += 2;
  }
  sink.commit(size);
}

function writeSegment(sink: Sink, is64: boolean, segment: Segment): void {
  const size = is64 ? 56 : 32;
  const at = sink.room(size);
  const view = new DataView(sink.buffer.buffer, sink.buffer.byteOffset + at, size);
  view.setUint32(0, segment.type, true);
  if (is64) {
    view.setUint32(4, segment.flags, true);
    view.setBigUint64(8, BigInt(segment.offset), true);
    view.setBigUint64(16, BigInt.asUintN(64, segment.address), true);
    view.setBigUint64(24, BigInt.asUintN(64, segment.loadAddress), true);
    view.setBigUint64(32, BigInt(segment.fileSize), true);
    view.setBigUint64(40, BigInt(segment.memorySize), true);
    view.setBigUint64(48, BigInt(segment.align), true);
  } else {
    view.setUint32(4, segment.offset, true);
    view.setUint32(8, Number(BigInt.asUintN(32, segment.address)), true);
    view.setUint32(12, Number(BigInt.asUintN(32, segment.loadAddress)), true);
    view.setUint32(16, segment.fileSize, true);
    view.setUint32(20, segment.memorySize, true);
    view.setUint32(24, segment.flags, true);
    view.setUint32(28, segment.align, true);
  }
  sink.commit(size);
}

function writeSectionHeaders(
  sink: Sink,
  is64: boolean,
  headers: readonly Header[],
  namesIndex: number,
  names: ReadonlyMap<string, number>,
): void {
  const size = is64 ? 64 : 40;
  // Extended numbering: the null header holds what e_shnum and e_shstrndx cannot.
  if (headers.length >= SHN_LORESERVE) headers[0].size = headers.length;
  if (namesIndex >= SHN_LORESERVE) headers[0].link = namesIndex;
  for (const header of headers) {
    const at = sink.room(size);
    const view = new DataView(sink.buffer.buffer, sink.buffer.byteOffset + at, size);
    view.setUint32(0, names.get(header.name) ?? 0, true);
    view.setUint32(4, header.type, true);
    if (is64) {
      view.setBigUint64(8, BigInt(header.flags >>> 0), true);
      view.setBigUint64(16, BigInt.asUintN(64, header.address), true);
      view.setBigUint64(24, BigInt(header.offset), true);
      view.setBigUint64(32, BigInt(header.size), true);
      view.setUint32(40, header.link, true);
      view.setUint32(44, header.info, true);
      view.setBigUint64(48, BigInt(header.align), true);
      view.setBigUint64(56, BigInt(header.entsize), true);
    } else {
      view.setUint32(8, header.flags, true);
      view.setUint32(12, Number(BigInt.asUintN(32, header.address)), true);
      view.setUint32(16, header.offset, true);
      view.setUint32(20, header.size, true);
      view.setUint32(24, header.link, true);
      view.setUint32(28, header.info, true);
      view.setUint32(32, header.align, true);
      view.setUint32(36, header.entsize, true);
    }
    sink.commit(size);
  }
}
