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
// Bytes that are in no pattern are as good as one, so that a node has forty
// children, not 256, and the tree ten pages. Making it, the walk, and the loop over sections are
// kernels (src/kernels/assembly/patterns.ts).

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

const encoder = new TextEncoder();

/** Finds the patterns of a name; answers are remembered by name. */
export class PatternIndex {
  private readonly names: NameTable;
  private readonly kernels: Kernels;
  /** What the kernels are told: see kernels/assembly/parts/pattern-fields.ts. */
  private readonly words: Int32Array;
  private readonly at: number;
  /** By node and by pattern: see there. */
  private readonly parents: Int32Array;
  private readonly patterns: Int32Array;
  private readonly after: Int32Array;
  private readonly ends: Int32Array;
  private readonly shapes: Int32Array;
  /** The texts of all patterns. */
  private readonly texts: Uint8Array;
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
    this.ranks = patterns.map((p) => p.rank);
    const text = patterns.map((p) => p.pattern).join("");
    const bytes = encoder.encode(text);
    const { length } = bytes;
    this.texts = arena.uint8(length);
    this.texts.set(bytes);
    this.ends = arena.int32(patterns.length);
    let end = 0;
    for (let i = 0; i < patterns.length; i++) {
      const { pattern } = patterns[i];
      end += length === text.length ? pattern.length : encoder.encode(pattern).length;
      this.ends[i] = end;
    }
    this.shapes = arena.int32(patterns.length);
    this.after = arena.int32(patterns.length);
    // Room for as many nodes as there may be: what is not used costs nothing.
    this.parents = arena.int32(length + 1);
    this.patterns = arena.int32(length + 1);
    const nodes = this.growTree(length);
    this.known = arena.int32(names.count).fill(0);
    this.passing = arena.int32(nodes);
    this.endings = arena.int32(nodes);
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
    const endings: number[] = [];
    const walked = this.kernels.walkPatterns(this.at, name);
    const atEnd = walked < 0;
    const node = walked & 0x7fffffff;
    const bytes = this.names.bytes(name);
    let simple = true;
    for (let up = node; up >= 0; up = this.parents[up]) {
      for (let next = this.patterns[up]; next !== 0; next = this.after[next - 1]) {
        const pattern = next - 1;
        const kind = this.shapes[pattern] & 3;
        if (kind === F.LITERAL) {
          if (atEnd && up === node) found.push(pattern);
          continue;
        }
        const matches = kind === F.PREFIX || this.matchesRest(pattern, bytes);
        if (matches) found.push(pattern);
        if (kind === F.PREFIX) continue;
        if (matches || kind === F.GLOB) simple = false;
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
  private listOfEndings(endings: readonly number[]): number {
    const { arena } = this.names;
    const words: number[] = [endings.length];
    for (const pattern of endings) {
      const ending = this.ending(pattern);
      words.push((this.shapes[pattern] >> 2) + ending.length, ending.length);
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

  /** Makes the tree of patterns that have so many bytes; the result is how many nodes it has. */
  private growTree(length: number): number {
    const { arena } = this.names;
    const { texts, ends } = this;
    const kinds = arena.allocate(256);
    const width = this.kernels.numberBytes(kinds, texts.byteOffset, texts.byteOffset + length);
    this.set(F.KINDS, kinds);
    this.set(F.WIDTH, width);
    this.set(F.NEXT, arena.allocate((length + 1) * width * 4));
    this.set(F.PARENTS, this.parents.byteOffset);
    this.set(F.PATTERNS, this.patterns.byteOffset);
    this.set(F.AFTER, this.after.byteOffset);
    this.set(F.ENDS, ends.byteOffset);
    this.set(F.SHAPES, this.shapes.byteOffset);
    return this.kernels.growTree(this.at, texts.byteOffset, ends.length);
  }

  private text(pattern: number): Uint8Array {
    return this.texts.subarray(pattern === 0 ? 0 : this.ends[pattern - 1], this.ends[pattern]);
  }

  /** What follows the only star of `literal*literal`: such a pattern is settled by the end of the name. */
  private ending(pattern: number): Uint8Array {
    return this.text(pattern).subarray((this.shapes[pattern] >> 2) + 1);
  }

  /** Whether a name that begins with the pattern's literal part matches the pattern. */
  private matchesRest(pattern: number, name: Uint8Array): boolean {
    const shape = this.shapes[pattern];
    if ((shape & 3) === F.GLOB) return globMatches(this.text(pattern), name);
    const ending = this.ending(pattern);
    if (name.length < (shape >> 2) + ending.length) return false;
    const from = name.length - ending.length;
    for (let i = 0; i < ending.length; i++) if (name[from + i] !== ending[i]) return false;
    return true;
  }
}
