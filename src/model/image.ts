import type { Span } from "../diagnostics/index.ts";
import type { SectionId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/** Bytes that the script states: BYTE(), QUAD(), ASCIZ … */
export interface OutputData {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly span?: Span;
}

/** From `offset` on, bytes that nobody owns repeat `pattern` (aligned to the gap's start), until the next entry. */
export interface Padding {
  readonly offset: number;
  readonly pattern: Uint8Array;
}

export interface OutputSection {
  /** Position in `ImageLayout.sections`. The ELF section header's number is this plus 1. */
  index: number;
  readonly name: string;
  type: number;
  flags: number;
  /** In bytes, a power of two. */
  align: number;
  entsize: number;
  /** Another output section for SHF_LINK_ORDER and the like; -1 for none. */
  link: number;
  info: number;
  address: bigint;
  /** The LMA. */
  loadAddress: bigint;
  /** In bytes, in memory. */
  size: number;
  /** In the file; where it would be for SHT_NOBITS. */
  fileOffset: number;
  /** Input sections in ascending offset. */
  order: Int32Array;
  /** In ascending offset; disjoint from the input sections. */
  data: OutputData[];
  /** In ascending offset; the first is at 0. */
  fills: Padding[];
  /** Gaps without a pattern are filled with instructions that do nothing, not with zeros. */
  readonly isCode: boolean;
  /** Whatever its type: only the location counter made it, and nothing of it is written. */
  readonly isRoom?: boolean;
  /** The script's statement; undefined for an orphan. */
  readonly span?: Span;
}

export interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: bigint;
  loadAddress: bigint;
  fileSize: number;
  memorySize: number;
  align: number;
  /** Indices of the output sections in it. */
  readonly sections: readonly number[];
}

/** A half-open range of virtual addresses. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Where everything is: the result of layout, and all that the writer needs beside the columns. */
export interface ImageLayout {
  /** In the order of their section headers; symbol, string and relocation tables are the writer's and are not in here. */
  readonly sections: readonly OutputSection[];
  readonly segments: readonly Segment[];
  /** The offset in the file behind all segments; 0 where what follows goes by the sections alone. */
  readonly imageEnd: number;
  readonly entry: bigint;
  /** ELF header and program headers, in bytes. */
  readonly headersSize: number;
  /** Whether the first PT_LOAD maps the headers. */
  readonly headersLoaded: boolean;
  /** PT_TLS: the start and (aligned) end of the TLS image; undefined without one. */
  readonly tls: (AddressRange & { readonly align: bigint }) | undefined;
  /** Symbols with `section` script: the output section they are relative to (for st_shndx), -1 for absolute. */
  readonly symbolOutput: ReadonlyMap<SymbolId, number>;
  /** Section rows that take no part in the output, kept for the map. */
  readonly discarded: readonly SectionId[];
}
