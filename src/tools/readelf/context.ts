import type { RelocationWarner } from "../apply-relocations.ts";
import type { ElfImage, ImageSection } from "../elf-image.ts";
import { complain, type ToolHost } from "../host.ts";
import type { TextOut } from "../text-out.ts";
import type { ReadelfOptions } from "./options.ts";

/** What every part of readelf works with: one file, its output and what has been found out about it. */
export interface Context {
  readonly image: ElfImage;
  readonly out: TextOut;
  readonly options: ReadelfOptions;
  readonly complaints: Complaints;
  /** Of the dynamic section, once it has been read. */
  readonly dynamic: DynamicFacts;
}

/** What the dynamic section and its segment tell the other parts. */
export interface DynamicFacts {
  /** File offset and size of the section; 0 where there is none. */
  address: number;
  size: number;
  /** How many PT_DYNAMIC there are. */
  segments: number;
  /** PT_INTERP's string. */
  interpreter: string | undefined;
  entries: readonly { readonly tag: bigint; readonly value: bigint }[];
  /** Values of tags that the other parts look up. */
  readonly info: Map<number, bigint>;
  strings: Uint8Array | undefined;
  /** The dynamic symbols where they could be found; `offset` and `count` in the file. */
  symbols: { readonly section: ImageSection; readonly count: number } | undefined;
  /** The hash tables, for -I. */
  hash: { readonly buckets: Uint32Array; readonly chains: Uint32Array } | undefined;
  gnuHash:
    | { readonly buckets: Uint32Array; readonly chains: Uint32Array; readonly first: number }
    | undefined;
}

export function noDynamicFacts(): DynamicFacts {
  return {
    address: 0,
    size: 0,
    segments: 0,
    interpreter: undefined,
    entries: [],
    info: new Map(),
    strings: undefined,
    symbols: undefined,
    hash: undefined,
    gnuHash: undefined,
  };
}

/** Says what is wrong with a file in GNU readelf's words, after what was printed before. */
export class Complaints implements RelocationWarner {
  private readonly host: ToolHost;
  private readonly out: TextOut;
  /** Something was wrong that makes the exit code 1. */
  failed = false;
  /** What is remembered from one file to the next. */
  private readonly memory: { lastUnknown: number };
  readonly warn = (message: string): void => this.warning(message);

  constructor(host: ToolHost, out: TextOut, memory: { lastUnknown: number }) {
    this.host = host;
    this.out = out;
    this.memory = memory;
  }

  get lastUnknown(): number {
    return this.memory.lastUnknown;
  }

  set lastUnknown(type: number) {
    this.memory.lastUnknown = type;
  }

  error(message: string): void {
    this.out.flush();
    complain(this.host, `Error: ${message}`);
  }

  warning(message: string): void {
    this.out.flush();
    complain(this.host, `Warning: ${message}`);
  }

  /** Something that we do not do and GNU readelf does. */
  unsupported(message: string): void {
    this.error(message);
    this.failed = true;
  }

  /** The part being shown is damaged: the exit code will be 1. */
  fail(): void {
    this.failed = true;
  }
}

/** Bytes of the file; undefined, with an error that says what for, where they go past its end. */
export function dataAt(
  context: Context,
  offset: number,
  size: number,
  purpose: string | undefined,
): Uint8Array | undefined {
  if (size === 0) return undefined;
  const bytes = context.image.range(offset, size);
  if (!bytes && purpose !== undefined)
    context.complaints.error(`Reading ${size} bytes extends past end of file for ${purpose}`);
  return bytes;
}

/** The file offset of what is loaded at an address. */
export function offsetOfAddress(context: Context, address: bigint, size: number): number {
  for (const segment of context.image.segments()) {
    if (segment.type !== 1) continue;
    const start = segment.align === 0n ? 0n : segment.address & -segment.align;
    if (address >= start && address + BigInt(size) <= segment.address + BigInt(segment.fileSize))
      return Number(address - segment.address) + segment.offset;
  }
  context.complaints.warning(`Virtual address 0x${address.toString(16)} not located in any PT_LOAD segment.`);
  return Number(address);
}

/** "1 entry", "2 entries": the part of a message that depends on a number. */
export const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);
