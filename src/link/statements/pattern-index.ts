import { growInt32, int32Column, type NameId, type NameTable } from "../../binary/index.ts";
import * as F from "../../kernels/assembly/parts/pattern-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { SectionTable } from "../../model/index.ts";
import { globMatches } from "./glob.ts";

// Which patterns does a section name match? A link has a hundred patterns and
// a million section names, so the literal beginnings of all patterns form a
// tree of bytes; a name walks it once and meets every pattern that may match.
// Most patterns are a literal, or a literal and a star: for them the place in
// the tree is the answer, and names that end in the same place share one list.
// The walk, and the loop over sections, are kernels (src/kernels/assembly/patterns.ts).

/** One pattern between the parentheses of a statement. */
export interface IndexedPattern {
  readonly pattern: string;
  /** Patterns are given to names in ascending order of this. */
  readonly rank: number;
}

/** Rows by the statement that took them, and the numbers of its patterns that matched. */
export interface SortedMatches {
  readonly ends: Int32Array;
  readonly rows: Int32Array;
  readonly specs: Int32Array;
}

const STAR = 0x2a;
const encoder = new TextEncoder();

interface Node {
  /** Patterns whose literal part ends here and that go on with a wildcard. */
  readonly open: Compiled[];
  /** Patterns without wildcards that end here. */
  readonly closed: Compiled[];
  readonly parent: number;
}

interface Compiled {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** A literal and one star at the end. */
  readonly isPrefix: boolean;
  /** What follows the only star of `literal*literal`: such a pattern is settled by the end of the name. */
  readonly ending: Uint8Array | undefined;
  readonly literalLength: number;
}

/** Finds the patterns of a name; answers are remembered by name. */
export class PatternIndex {
  private readonly names: NameTable;
  private readonly kernels: Kernels;
  /** What the kernels are told: see kernels/assembly/parts/pattern-fields.ts. */
  private readonly words: Int32Array;
  private readonly at: number;
  private readonly nodes: Node[] = [];
  /** Child of a node by byte: `next[node * 256 + byte]`, 0 for none. */
  private next: Int32Array;
  private readonly ranks: readonly number[];
  private readonly lists: (readonly number[])[] = [[]];
  private readonly listIds = new Map<string, number>();
  /** NameId to index in `lists` + 1. */
  private known: Int32Array;
  /**
   * For names that leave the tree at a node: the list + 1 of those that none of the endings of that node matches; 0 if it
   * is not known yet, or other patterns than these and simple ones were met.
   */
  private readonly passing: Int32Array;
  /** By node the address of its endings, 0 for none. */
  private readonly endings: Int32Array;
  /** By list, what to do with a row: -1 to stop at it, 0 nothing, or a pattern + 1, to note that it took the row. */
  private actions: Int32Array;
  private takenRows: Int32Array;
  private takenPatterns: Int32Array;

  constructor(names: NameTable, patterns: readonly IndexedPattern[]) {
    const { arena } = names;
    this.names = names;
    this.kernels = arena.kernels;
    this.words = arena.int32(F.SIZE_OF_WORK >> 2);
    this.at = this.words.byteOffset;
    this.next = arena.int32(256 * 512);
    this.ranks = patterns.map((p) => p.rank);
    this.newNode(-1);
    for (let i = 0; i < patterns.length; i++) this.insert(i, patterns[i].pattern);
    this.known = arena.int32(names.count).fill(0);
    this.passing = arena.int32(this.nodes.length);
    this.endings = arena.int32(this.nodes.length);
    this.actions = arena.int32(256).fill(-1);
    this.actions[0] = 0;
    this.takenRows = this.takenPatterns = arena.int32(0);
    this.tell();
  }

  /** Indices of the patterns that match, in ascending rank. The same array for all names with the same answer. */
  matches(name: NameId): readonly number[] {
    return this.lists[this.listOf(name)];
  }

  /** The number of the answer, equal for equal answers; 0 for none. */
  listOf(name: NameId): number {
    this.set(F.PLACES, this.names.places());
    const known = this.kernels.knownList(this.at, name);
    if (known !== 0) return known - 1;
    const list = this.find(name);
    if (name >= this.known.length) {
      const grown = this.names.arena.int32(Math.max(name + 1, this.names.count)).fill(0);
      grown.set(this.known);
      this.known = grown;
      this.tell();
    }
    this.known[name] = list + 1;
    return list;
  }

  // Many rows at once

  /** `nextRow` is to look at the sections of a list, or at all before number `count`; `takes`: some answers are patterns that take a row. */
  begin(sections: SectionTable, rows: Int32Array | undefined, count: number, takes: boolean): void {
    this.set(F.SECTIONS, sections.block.byteOffset);
    this.set(F.ROWS, rows?.byteOffset ?? 0);
    this.set(F.COUNT, count);
    this.set(F.TAKEN, 0);
    if (takes) {
      this.takenRows = int32Column(count + 64);
      this.takenPatterns = int32Column(count + 64);
    }
    this.tell();
  }

  /**
   * The number, from `from` on, of the first row that patterns match, but for those with an answer that `takes` was told
   * of; COUNT behind the last. It may be one that nothing matches, but whose name was not met before.
   */
  nextRow(from: number): number {
    this.set(F.PLACES, this.names.places());
    return this.kernels.matchRows(this.at, from);
  }

  /** From here on the rows with this answer are the pattern's. */
  takes(list: number, pattern: number): void {
    this.actions[list] = pattern + 1;
  }

  /** Notes that a pattern takes a row. `left`: how many rows there still are to look at. */
  take(row: number, pattern: number, left: number): void {
    const taken = this.words[F.TAKEN >> 2];
    if (taken + left + 1 > this.takenRows.length) {
      this.takenRows = growInt32(this.takenRows, taken + left + 1);
      this.takenPatterns = growInt32(this.takenPatterns, taken + left + 1);
      this.tell();
    }
    this.takenRows[taken] = row;
    this.takenPatterns[taken] = pattern;
    this.set(F.TAKEN, taken + 1);
  }

  /**
   * What was taken, statement after statement; `statementOf` and `specOf` tell of a pattern's statement and number there.
   * The rows of statement `i` end before `ends[i]`.
   */
  sorted(statementOf: Int32Array, specOf: Int32Array, statements: number): SortedMatches {
    const taken = this.words[F.TAKEN >> 2];
    const ends = int32Column(statements);
    const rows = int32Column(taken);
    const specs = int32Column(taken);
    this.kernels.sortMatches(
      this.at,
      statementOf.byteOffset,
      specOf.byteOffset,
      ends.byteOffset,
      statements,
      rows.byteOffset,
      specs.byteOffset,
    );
    return { ends, rows, specs };
  }

  private set(field: number, value: number): void {
    this.words[field >> 2] = value;
  }

  /** Where the columns are. */
  private tell(): void {
    this.set(F.NEXT, this.next.byteOffset);
    this.set(F.PASSING, this.passing.byteOffset);
    this.set(F.ENDINGS, this.endings.byteOffset);
    this.set(F.KNOWN, this.known.byteOffset);
    this.set(F.KNOWN_COUNT, this.known.length);
    this.set(F.ACTIONS, this.actions.byteOffset);
    this.set(F.TAKEN_ROWS, this.takenRows.byteOffset);
    this.set(F.TAKEN_PATTERNS, this.takenPatterns.byteOffset);
  }

  private find(name: NameId): number {
    const found: number[] = [];
    const endings: Compiled[] = [];
    const walked = this.kernels.walkPatterns(this.at, name);
    const atEnd = walked < 0;
    const node = walked & 0x7fffffff;
    const bytes = this.names.bytes(name);
    let simple = true;
    if (atEnd) for (const { index } of this.nodes[node].closed) found.push(index);
    for (let up = node; up >= 0; up = this.nodes[up].parent) {
      for (const pattern of this.nodes[up].open) {
        const matches = pattern.isPrefix || matchesRest(pattern, bytes);
        if (matches) found.push(pattern.index);
        if (pattern.isPrefix) continue;
        if (matches || pattern.ending === undefined) simple = false;
        else endings.push(pattern);
      }
    }
    const { ranks } = this;
    found.sort((a, b) => ranks[a] - ranks[b] || a - b);
    const list = this.intern(found);
    if (!atEnd && simple) {
      this.passing[node] = list + 1;
      this.endings[node] = endings.length === 0 ? 0 : this.listOfEndings(endings);
    }
    return list;
  }

  /** The address of a list as the kernel reads it. */
  private listOfEndings(endings: readonly Compiled[]): number {
    const { arena } = this.names;
    const words: number[] = [endings.length];
    for (const { ending = encoder.encode(""), literalLength } of endings) {
      words.push(literalLength + ending.length, ending.length);
      for (let i = 0; i < ending.length; i += 4)
        words.push(ending[i] | (ending[i + 1] << 8) | (ending[i + 2] << 16) | (ending[i + 3] << 24));
    }
    const list = arena.int32(words.length);
    list.set(words);
    return list.byteOffset;
  }

  private intern(found: readonly number[]): number {
    if (found.length === 0) return 0;
    const key = found.join();
    const known = this.listIds.get(key);
    if (known !== undefined) return known;
    const id = this.lists.push(found) - 1;
    if (id >= this.actions.length) {
      const grown = this.names.arena.int32(id * 2).fill(-1);
      grown.set(this.actions);
      this.actions = grown;
      this.tell();
    }
    this.listIds.set(key, id);
    return id;
  }

  private newNode(parent: number): number {
    const node = this.nodes.push({ open: [], closed: [], parent }) - 1;
    if ((node + 1) * 256 > this.next.length) {
      const grown = this.names.arena.int32(this.next.length * 2);
      grown.set(this.next);
      this.next = grown;
    }
    return node;
  }

  private insert(index: number, pattern: string): void {
    const bytes = encoder.encode(pattern);
    const literal = pattern.search(/[*?[\\]/);
    const length = literal < 0 ? bytes.length : encoder.encode(pattern.slice(0, literal)).length;
    let node = 0;
    for (let i = 0; i < length; i++) {
      const slot = node * 256 + bytes[i];
      let child = this.next[slot];
      if (child === 0) {
        child = this.newNode(node);
        this.next[slot] = child;
      }
      node = child;
    }
    const isPrefix = length === bytes.length - 1 && bytes[length] === STAR;
    const rest = bytes.subarray(length + 1);
    const ending = bytes[length] === STAR && !/[*?[\\]/.test(pattern.slice(literal + 1)) ? rest : undefined;
    const compiled = { index, bytes, isPrefix, ending, literalLength: length };
    if (literal < 0) this.nodes[node].closed.push(compiled);
    else this.nodes[node].open.push(compiled);
  }
}

/** Whether a name that begins with the pattern's literal part matches the pattern. */
function matchesRest(pattern: Compiled, name: Uint8Array): boolean {
  const { ending } = pattern;
  if (ending === undefined) return globMatches(pattern.bytes, name);
  if (name.length < pattern.literalLength + ending.length) return false;
  const from = name.length - ending.length;
  for (let i = 0; i < ending.length; i++) if (name[from + i] !== ending[i]) return false;
  return true;
}
