import { growFloat64, growInt32, growUint8 } from "../binary/index.ts";

/**
 * Sections, and what GNU as calls fragments.
 *
 * The length of some things is known only when all labels are: a branch that
 * may need a jump behind it, an alignment, a LEB128 of a difference. So a
 * section is a chain of fragments: each a run of fixed bytes, followed by one
 * part whose length is decided later (`kind` says which). A label is a
 * fragment and an offset in it; its address exists when `relax.ts` has given
 * every fragment one.
 *
 * Where fragments end is visible in the output: a call frame's advance inside
 * one fragment is a constant, across two it is a pair of relocations. So we cut
 * where GNU as cuts.
 *
 * Fragments are rows in typed arrays. The bytes of the fragments of a chain lie
 * one after another in `Chain.bytes`: `fixed` bytes at `start`, then room for
 * the variable part, or the pattern it is filled with.
 */
export type FragmentId = number;

/** Fragment 0 belongs to no section and stays at address 0: constants and undefined symbols live there. */
export const ZERO_FRAGMENT = 0;

/** An index into `Sections.all`; those below FIRST_SECTION are no sections of the file. */
export type SectionId = number;
export const UNDEFINED = 0;
export const ABSOLUTE = 1;
export const COMMON = 2;
/** The value of an expression that is not known yet. */
export const EXPRESSION = 3;
export const REGISTER = 4;
export const FIRST_SECTION = 5;

// Kinds of fragments: what their variable part is.
/** `amount` times the pattern of `width` bytes. */
export const FILL = 1;
/** Up to a multiple of 2^`amount`, with the pattern of `width` bytes, at most `limit` bytes (0: any number). */
export const ALIGN = 2;
/** As ALIGN, with instructions that do nothing. */
export const ALIGN_CODE = 3;
/** Up to the address `symbol` + `amount`, with the pattern. */
export const ORG = 4;
/** As many times the pattern as the value of `symbol`. */
export const SPACE_FILL = 5;
/** A branch to `symbol` + `amount`; `limit` holds BRANCH_* bits, `width` the bytes it takes now. */
export const BRANCH = 6;
/** The value of `symbol`; `limit` is 1 when signed; `amount` is its length so far. */
export const LEB128 = 7;
/** An advance in a call frame; its owner is `Assembler.variable[CFA]`. */
export const CFA = 8;
/** An advance in a line table; its owner is `Assembler.variable[LINE]`. */
export const LINE = 9;

export const BRANCH_UNCONDITIONAL = 1;
export const BRANCH_COMPRESSED = 2;

/** Section contents in the making: the fragments of one subsection, in order. */
export interface Chain {
  readonly section: Section;
  readonly subsection: number;
  bytes: Uint8Array;
  /** How much of `bytes` is in use. */
  used: number;
  first: FragmentId;
  /** The fragment that grows. */
  last: FragmentId;
  /** What is left of GNU as's chunk of memory, and its size: see `nextChunk`. */
  room: number;
  chunk: number;
  /** Fixups made while this chain was current, in order. */
  readonly fixups: Fixups;
}

/** A COMDAT group, or a plain one. */
export interface Group {
  readonly name: string;
  readonly comdat: boolean;
  readonly members: Section[];
}

/** A section of the file. */
export interface Section {
  readonly id: SectionId;
  readonly name: string;
  /** ELF sh_type. */
  type: number;
  /** ELF sh_flags. */
  flags: number;
  entrySize: number;
  /** A power of two's exponent. */
  alignment: number;
  /** Ascending by number. */
  readonly chains: Chain[];
  group?: Group;
  /** Of a section of type SHT_GROUP: the group that it describes, and the symbol that names this. */
  describes?: { readonly group: Group; readonly signature: number };
  /** Name of the section that SHF_LINK_ORDER refers to. */
  linkedTo?: string;
  /** From `.section …,unique,N`: sections of one name that differ. */
  readonly unique?: number;
  /** What mapping symbols have said last: nothing, data or instructions. */
  mapping: "none" | "data" | "code";
  /** The architecture that a `$x…` symbol last named, and that symbol or -1. */
  architecture: string;
  architectureSymbol: number;
  /** Its data are followed to shorten advances: see frame-data.ts. */
  readonly holdsFrames: boolean;
  /** Set by relaxation. */
  size: number;
  /** The fixups of all chains, once these are joined. */
  fixups: Fixups;
  /** The section's symbol, or -1 while there is none. */
  symbol: number;
}

/** Places to fill in when addresses are known, in the order in which they were noted. */
export class Fixups {
  count = 0;
  fragment: Int32Array = new Int32Array(16);
  /** Offset of the field in its fragment. */
  where: Int32Array = new Int32Array(16);
  /** Of the field, in bytes; 0 for a relocation that changes nothing, such as R_RISCV_RELAX. */
  size: Uint8Array = new Uint8Array(16);
  /** A relocation type of ELF, or one of the FIX_* of fixups.ts. */
  type: Uint8Array = new Uint8Array(16);
  /** -1: none. */
  symbol: Int32Array = new Int32Array(16);
  subtracted: Int32Array = new Int32Array(16);
  addend: Float64Array = new Float64Array(16);
  /** Addends that a double does not hold, by index; `addend` is NaN there. */
  readonly bigAddends: Map<number, bigint> = new Map();
  /** FIXUP_* bits. */
  flags: Uint8Array = new Uint8Array(16);
  /** For messages: `Input.place`. */
  place: Int32Array = new Int32Array(16);

  /** Appends a row; the addend is set apart if it is no double. */
  add(
    fragment: number,
    where: number,
    size: number,
    type: number,
    symbol: number,
    subtracted: number,
  ): number {
    const i = this.count++;
    if (i === this.fragment.length) this.grow();
    this.fragment[i] = fragment;
    this.where[i] = where;
    this.size[i] = size;
    this.type[i] = type;
    this.symbol[i] = symbol;
    this.subtracted[i] = subtracted;
    this.addend[i] = 0;
    this.flags[i] = 0;
    this.place[i] = 0;
    return i;
  }

  setAddend(i: number, value: number | bigint): void {
    if (typeof value === "number") this.addend[i] = value;
    else {
      this.addend[i] = NaN;
      this.bigAddends.set(i, value);
    }
  }

  addendOf(i: number): number | bigint {
    const value = this.addend[i];
    return !Number.isNaN(value) ? value : this.bigAddends.get(i)!;
  }

  append(other: Fixups): void {
    for (let k = 0; k < other.count; k++) {
      const { fragment, where, size, type, symbol, subtracted } = other;
      const i = this.add(fragment[k], where[k], size[k], type[k], symbol[k], subtracted[k]);
      this.setAddend(i, other.addendOf(k));
      this.flags[i] = other.flags[k];
      this.place[i] = other.place[k];
    }
  }

  /** Makes room for rows at once, where their number can be guessed. */
  reserve(rows: number): void {
    if (rows > this.fragment.length) this.grow(rows);
  }

  private grow(size = this.fragment.length * 2): void {
    this.fragment = growInt32(this.fragment, size);
    this.where = growInt32(this.where, size);
    this.size = growUint8(this.size, size);
    this.type = growUint8(this.type, size);
    this.symbol = growInt32(this.symbol, size);
    this.subtracted = growInt32(this.subtracted, size);
    this.addend = growFloat64(this.addend, size);
    this.flags = growUint8(this.flags, size);
    this.place = growInt32(this.place, size);
  }
}

/** The linker may shorten what this fixup belongs to: R_RISCV_RELAX follows. */
export const FIXUP_RELAX = 1;
/** Done: no relocation is written. */
export const FIXUP_DONE = 2;

/** All fragments of all sections. */
export class Fragments {
  count = 1;
  start: Int32Array = new Int32Array(256);
  /** Length of the fixed bytes. For a chain's last fragment this is set when it is closed. */
  fixed: Int32Array = new Int32Array(256);
  kind: Uint8Array = new Uint8Array(256);
  width: Int32Array = new Int32Array(256);
  limit: Int32Array = new Int32Array(256);
  symbol: Int32Array = new Int32Array(256);
  amount: Float64Array = new Float64Array(256);
  address: Float64Array = new Float64Array(256);
  /** The fragment behind it in its section, or 0. */
  next: Int32Array = new Int32Array(256);
  place: Int32Array = new Int32Array(256);
  /** Index into `chains`. */
  chain: Int32Array = new Int32Array(256);
  readonly chains: Chain[] = [];

  /** A new, open fragment of a chain, after its last. */
  open(chain: number, start: number, place: number): FragmentId {
    const id = this.count++;
    if (id === this.start.length) this.grow();
    this.start[id] = start;
    this.kind[id] = FILL;
    this.chain[id] = chain;
    this.place[id] = place;
    this.symbol[id] = -1;
    return id;
  }

  chainOf(id: FragmentId): Chain {
    return this.chains[this.chain[id]];
  }

  /** Makes room for rows at once, where their number can be guessed. */
  reserve(rows: number): void {
    if (rows > this.start.length) this.grow(rows);
  }

  private grow(size = this.start.length * 2): void {
    this.start = growInt32(this.start, size);
    this.fixed = growInt32(this.fixed, size);
    this.kind = growUint8(this.kind, size);
    this.width = growInt32(this.width, size);
    this.limit = growInt32(this.limit, size);
    this.symbol = growInt32(this.symbol, size);
    this.amount = growFloat64(this.amount, size);
    this.address = growFloat64(this.address, size);
    this.next = growInt32(this.next, size);
    this.place = growInt32(this.place, size);
    this.chain = growInt32(this.chain, size);
  }
}

/** Sizes in the memory of GNU as on 64-bit hosts: a chunk without its header, the headers of a chunk and of a fragment. */
const CHUNK = 4048;
const CHUNK_HEADER = 16;
const FRAGMENT_HEADER = 120;

/**
 * The sections of the file and the place where bytes go: the last fragment of
 * the current chain.
 */
export class Sections {
  /** Indexed by SectionId; the first FIRST_SECTION entries are not there. */
  readonly all: Section[] = [];
  readonly fragments: Fragments = new Fragments();
  current!: Section;
  chain!: Chain;
  /** The fragment that grows: `chain.last`. */
  fragment: FragmentId = 0;
  /** The current place for messages; the reader keeps it up to date. */
  place = 0;
  /** Inside `.struct`: nothing is emitted, only this offset moves. */
  absolute = false;
  absoluteOffset = 0;
  /** Told of each variable part in the current chain that is not a branch, before the fragment closes. */
  onVariable: ((kind: number, reserved: number) => void) | undefined;

  /** Adds a section; it is not made current. */
  add(name: string, type: number, flags: number, unique?: number): Section {
    const section: Section = {
      id: Math.max(this.all.length, FIRST_SECTION),
      name,
      type,
      flags,
      entrySize: 0,
      alignment: 0,
      chains: [],
      unique,
      mapping: "none",
      architecture: "",
      architectureSymbol: -1,
      holdsFrames: name.startsWith(".debug_frame") || (name.startsWith(".eh_frame") && name[9] !== "_"),
      size: 0,
      fixups: new Fixups(),
      symbol: -1,
    };
    this.all[section.id] = section;
    return section;
  }

  /** The sections of the file in the order of their making. */
  list(): readonly Section[] {
    return this.all.slice(FIRST_SECTION);
  }

  byName(name: string): Section | undefined {
    return this.all.find((section) => section !== undefined && section.name === name);
  }

  switchTo(section: Section, subsection = 0): void {
    this.absolute = false;
    this.current = section;
    let chain = section.chains.find((each) => each.subsection === subsection);
    if (!chain) {
      chain = {
        section,
        subsection,
        bytes: new Uint8Array(256),
        used: 0,
        first: 0,
        last: 0,
        room: CHUNK - FRAGMENT_HEADER,
        chunk: CHUNK,
        fixups: new Fixups(),
      };
      const { chains } = this.fragments;
      chain.first = chain.last = this.fragments.open(chains.push(chain) - 1, 0, this.place);
      section.chains.push(chain);
      section.chains.sort((a, b) => a.subsection - b.subsection);
    }
    this.chain = chain;
    this.fragment = chain.last;
  }

  /** Offset of the next byte in the current fragment. */
  get offset(): number {
    if (this.absolute) return this.absoluteOffset;
    return this.chain.used - this.fragments.start[this.fragment];
  }

  /** Sees to it that `length` bytes can follow in the current fragment, or in a new one. */
  reserve(length: number): void {
    if (this.chain.room < length) this.nextChunk(length);
  }

  /** Room for `length` fixed bytes; the result is where they are in `chain.bytes`. */
  more(length: number): number {
    const { chain } = this;
    if (chain.room < length) this.nextChunk(length);
    chain.room -= length;
    const at = chain.used;
    if (at + length > chain.bytes.length) chain.bytes = growUint8(chain.bytes, at + length + 16);
    chain.used = at + length;
    return at;
  }

  emitByte(value: number): void {
    const { chain } = this;
    if (chain.room <= 1) this.newFragment();
    chain.room--;
    if (chain.used === chain.bytes.length) chain.bytes = growUint8(chain.bytes, chain.used + 1);
    chain.bytes[chain.used++] = value;
  }

  emit16(value: number): void {
    const at = this.more(2);
    const { bytes } = this.chain;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
  }

  emit32(value: number): void {
    const at = this.more(4);
    const { bytes } = this.chain;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  }

  /**
   * GNU as keeps the fragments of a chain in chunks of memory, and begins a new
   * fragment where a chunk is full. That shows in call frames: an advance over
   * such a place has relocations. So we count how full its chunks would be.
   */
  private nextChunk(length: number): void {
    const { chain } = this;
    const wanted = (length < 0x10000 ? 2 * length : length + 0x10000) + FRAGMENT_HEADER - CHUNK_HEADER;
    while (chain.room < length) this.newFragment(Math.max(CHUNK, wanted));
  }

  /** The header of a new fragment takes its room in the chunk, or in a new one of `size`. */
  private placeFragment(size: number): void {
    const { chain } = this;
    chain.room -= Math.min(chain.room, -(chain.chunk - chain.room) & 7);
    if (chain.room < FRAGMENT_HEADER) chain.room = chain.chunk = size;
    chain.room -= FRAGMENT_HEADER;
  }

  /** Ends the current fragment with nothing variable behind it and starts another. */
  newFragment(chunk: number = CHUNK): void {
    this.fragments.kind[this.fragment] = FILL;
    this.fragments.amount[this.fragment] = 0;
    this.close(this.chain.used, chunk);
  }

  /**
   * Ends the current fragment with a variable part and starts another.
   * `reserved` bytes behind its fixed bytes are kept free for the part or its
   * pattern; the result is where they are in `chain.bytes`.
   */
  variable(
    kind: number,
    reserved: number,
    width: number,
    limit: number,
    symbol: number,
    count: number,
  ): number {
    const at = this.more(reserved);
    const { fragments, fragment } = this;
    fragments.kind[fragment] = kind;
    fragments.width[fragment] = width;
    fragments.limit[fragment] = limit;
    fragments.symbol[fragment] = symbol;
    fragments.amount[fragment] = count;
    fragments.place[fragment] = this.place;
    if (kind <= ALIGN_CODE) this.onVariable?.(kind, reserved);
    this.close(at);
    return at;
  }

  /** A fixup at `where` of `chain.bytes`, in the current fragment. */
  fixup(
    where: number,
    size: number,
    type: number,
    symbol: number,
    subtracted: number,
    addend: number | bigint,
  ): number {
    const { fixups } = this.chain;
    const { fragment } = this;
    const i = fixups.add(fragment, where - this.fragments.start[fragment], size, type, symbol, subtracted);
    if (typeof addend === "number") fixups.addend[i] = addend;
    else fixups.setAddend(i, addend);
    fixups.place[i] = this.place;
    return i;
  }

  private close(fixedEnd: number, chunk: number = CHUNK): void {
    const { fragments, chain } = this;
    this.placeFragment(chunk);
    const old = this.fragment;
    fragments.fixed[old] = fixedEnd - fragments.start[old];
    const id = fragments.open(fragments.chain[old], chain.used, this.place);
    fragments.next[old] = id;
    chain.last = id;
    this.fragment = id;
  }
}
