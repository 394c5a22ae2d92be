import { growFloat64, growInt32 } from "../binary/index.ts";
import type { Expression } from "./expression.ts";
import type { Integer } from "./integer.ts";
import type { NameId, Names } from "./names.ts";
import { type FragmentId, type SectionId, UNDEFINED, ZERO_FRAGMENT } from "./sections.ts";

export type SymbolId = number;

// Bits of `Symbols.flags`.
/**
 * A compiler's label (`.L…`): not in the symbol table unless a relocation or a
 * directive makes it a full symbol, and then it goes to the end of the list.
 */
export const LOCAL_LABEL = 1;
export const RESOLVED = 2;
export const RESOLVING = 4;
export const USED = 8;
export const USED_IN_RELOCATION = 0x10;
/** Given its value by `=`, .set or .equ, so it may be given another. */
export const VOLATILE = 0x20;
export const GLOBAL = 0x40;
export const WEAK = 0x80;
/** ELF's STT_* are in `types`; this one says that a directive gave it. */
export const FILE = 0x100;
export const SECTION_SYMBOL = 0x200;
export const THREAD_LOCAL = 0x400;
export const REMOVED = 0x800;
/** `.local` was said of it. */
export const LOCAL_DIRECTIVE = 0x1000;
/** From .eqv: its value is taken anew at each use. */
export const FORWARD_REFERENCE = 0x2000;
/** Its value is `expressions.get(id)`, not a number. */
export const HAS_EXPRESSION = 0x4000;
/** From `.weakref`: the alias. */
export const WEAKREF_ALIAS = 0x8000;
/** From `.weakref`: what the alias stands for, so far not used otherwise. */
export const WEAKREF_TARGET = 0x10000;
/** It was given a value by an equation, not by a label. */
export const EQUATED = 0x20000;
/** It was given another value since: the name and the place in the list are another symbol's now. */
export const SHADOW = 0x80000;
/** In the list of symbols for .symtab. */
export const LISTED = 0x40000;

/**
 * Symbols as columns. The value is an offset in `fragment` (for a label), a
 * number (absolute), or an expression (HAS_EXPRESSION); after `resolve.ts` has
 * finished it is an offset in the section.
 */
export class Symbols {
  count = 0;
  name: Int32Array = new Int32Array(1024);
  section: Int32Array = new Int32Array(1024);
  fragment: Int32Array = new Int32Array(1024);
  flags: Int32Array = new Int32Array(1024);
  private value: Float64Array = new Float64Array(1024);
  private readonly bigValues: Map<SymbolId, bigint> = new Map();
  readonly expressions: Map<SymbolId, Expression> = new Map();
  /** ELF st_other, where not 0. */
  readonly other: Map<SymbolId, number> = new Map();
  /** ELF st_info's type, where a directive gave one. */
  readonly types: Map<SymbolId, number> = new Map();
  /** From .size: a number, or an expression to work out at the end. */
  readonly sizes: Map<SymbolId, Integer | Expression> = new Map();
  /** Alignment of common symbols. */
  readonly alignments: Map<SymbolId, number> = new Map();
  /** The symbols of .symtab in GNU as's order, before locals are put first. */
  readonly list: SymbolId[] = [];
  /** Where a symbol is in `list`. */
  private readonly position: Map<SymbolId, number> = new Map();
  /** NameId to SymbolId + 1. */
  private byName: Int32Array = new Int32Array(4096);
  readonly names: Names;
  /** -L: `.L` names are ordinary symbols. */
  keepLocals = false;

  constructor(names: Names) {
    this.names = names;
  }

  /** The symbol of a name, or -1. */
  find(name: NameId): SymbolId {
    return name < this.byName.length ? this.byName[name] - 1 : -1;
  }

  /** The symbol of a name; an undefined one if it is new. */
  findOrMake(name: NameId): SymbolId {
    const found = this.find(name);
    if (found >= 0) {
      // A reference by its own name: it is more than what some .weakref stands for.
      if ((this.flags[found] & WEAKREF_TARGET) !== 0) this.flags[found] &= ~(WEAKREF_TARGET | WEAK);
      return found;
    }
    return this.make(name, UNDEFINED, ZERO_FRAGMENT, 0);
  }

  /** A new symbol under its name: a local label, or a symbol of the list. */
  make(name: NameId, section: SectionId, fragment: FragmentId, value: number): SymbolId {
    const local = !this.keepLocals && this.isLocalName(name);
    const id = this.create(name, section, fragment, value);
    if (local) this.flags[id] = LOCAL_LABEL;
    else this.enlist(id);
    this.bind(name, id);
    return id;
  }

  /** A symbol that no name finds and that is in no list: part of an expression. */
  create(name: NameId, section: SectionId, fragment: FragmentId, value: Integer): SymbolId {
    const id = this.count++;
    if (id === this.name.length) this.grow();
    this.name[id] = name;
    this.section[id] = section;
    this.fragment[id] = fragment;
    this.setValue(id, value);
    return id;
  }

  enlist(id: SymbolId): void {
    this.flags[id] |= LISTED;
    this.position.set(id, this.list.push(id) - 1);
  }

  /**
   * A copy that takes over the name and the place in the list: for a symbol
   * whose value was used and is now given another. Whoever holds the old one
   * keeps the old value.
   */
  replace(id: SymbolId): SymbolId {
    this.promote(id);
    const copy = this.create(this.name[id], this.section[id], this.fragment[id], this.valueOf(id));
    this.flags[copy] = this.flags[id];
    for (const column of [this.expressions, this.other, this.types, this.sizes, this.alignments] as Map<
      number,
      unknown
    >[]) {
      const value = column.get(id);
      if (value !== undefined) column.set(copy, value);
    }
    const at = this.position.get(id);
    if (at !== undefined) {
      this.list[at] = copy;
      this.position.set(copy, at);
      this.flags[id] &= ~LISTED;
    }
    this.flags[id] |= SHADOW;
    this.bind(this.name[id], copy);
    return copy;
  }

  /** From now on the name means this symbol. */
  bind(name: NameId, id: SymbolId): void {
    if (name >= this.byName.length) this.byName = growInt32(this.byName, name + 1);
    this.byName[name] = id + 1;
  }

  /** Makes a symbol the same as another that has its final value. */
  copyDefinition(to: SymbolId, from: SymbolId): void {
    this.section[to] = this.section[from];
    this.fragment[to] = this.fragment[from];
    this.setValue(to, this.valueOf(from));
    this.flags[to] |= this.flags[from] & (GLOBAL | WEAK | RESOLVED | THREAD_LOCAL);
    for (const column of [this.other, this.types, this.sizes] as Map<number, unknown>[]) {
      const value = column.get(from);
      if (value !== undefined) column.set(to, value);
    }
  }

  /** Makes a local label a full symbol; others stay as they are. */
  promote(id: SymbolId): void {
    if ((this.flags[id] & LOCAL_LABEL) === 0) return;
    this.flags[id] = (this.flags[id] & ~LOCAL_LABEL) | USED;
    this.enlist(id);
  }

  valueOf(id: SymbolId): Integer {
    const value = this.value[id];
    return !Number.isNaN(value) ? value : this.bigValues.get(id)!;
  }

  setValue(id: SymbolId, value: Integer): void {
    if (typeof value === "number") this.value[id] = value;
    else {
      this.value[id] = NaN;
      this.bigValues.set(id, value);
    }
  }

  /** An expression mentions the symbol; what a .weakref stands for is mentioned with it. */
  mention(id: SymbolId): void {
    this.flags[id] |= USED;
    if ((this.flags[id] & WEAKREF_ALIAS) !== 0) this.flags[this.expressions.get(id)!.symbol] |= USED;
  }

  setFlags(id: SymbolId, flags: number): void {
    this.flags[id] |= flags;
  }

  has(id: SymbolId, flags: number): boolean {
    return (this.flags[id] & flags) !== 0;
  }

  text(id: SymbolId): string {
    return this.names.text(this.name[id]);
  }

  /** The name with a character for each byte. */
  byteText(id: SymbolId): string {
    let text = "";
    for (const byte of this.names.view(this.name[id])) text += String.fromCharCode(byte);
    return text;
  }

  isDefined(id: SymbolId): boolean {
    return this.section[id] !== UNDEFINED;
  }

  /** `.L…`, and what other compilers and this assembler begin their private names with. */
  isLocalName(name: NameId): boolean {
    const { names } = this;
    const first = names.byteAt(name, 0);
    if (first === DOT) {
      const second = names.byteAt(name, 1);
      return second === UPPER_L || second === DOT;
    }
    return (
      first === UNDERSCORE &&
      names.byteAt(name, 1) === DOT &&
      names.byteAt(name, 2) === UPPER_L &&
      names.byteAt(name, 3) === UNDERSCORE
    );
  }

  private grow(): void {
    const size = this.name.length * 2;
    this.name = growInt32(this.name, size);
    this.section = growInt32(this.section, size);
    this.fragment = growInt32(this.fragment, size);
    this.flags = growInt32(this.flags, size);
    this.value = growFloat64(this.value, size);
  }
}

const DOT = 46;
const UPPER_L = 76;
const UNDERSCORE = 95;
