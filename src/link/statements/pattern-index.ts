import type { NameId, NameTable } from "../../binary/index.ts";
import { int32Column } from "../../binary/index.ts";
import { globMatches } from "./glob.ts";

// Which patterns does a section name match? A link has a hundred patterns and
// a million section names, so the literal beginnings of all patterns form a
// tree of bytes; a name walks it once and meets every pattern that may match.
// Most patterns are a literal, or a literal and a star: for them the place in
// the tree is the answer, and names that end in the same place share one list.

/** One pattern between the parentheses of a statement. */
export interface IndexedPattern {
  readonly pattern: string;
  /** Patterns are given to names in ascending order of this. */
  readonly rank: number;
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
  private readonly nodes: Node[] = [];
  /** Child of a node by byte: `next[node * 256 + byte]`, 0 for none. */
  private next: Int32Array = new Int32Array(256 * 512);
  private readonly ranks: readonly number[];
  private readonly lists: (readonly number[])[] = [[]];
  private readonly listIds = new Map<string, number>();
  /** NameId to index in `lists` + 1. */
  private known: Int32Array;
  /**
   * For names that leave the tree at a node: the list + 1 of those that none of `endings` of that node matches; 0 if it
   * is not known yet, or other patterns than these and simple ones were met.
   */
  private passing: Int32Array;
  private readonly endings: (readonly Compiled[])[] = [];

  constructor(names: NameTable, patterns: readonly IndexedPattern[]) {
    this.names = names;
    this.ranks = patterns.map((p) => p.rank);
    this.newNode(-1);
    for (let i = 0; i < patterns.length; i++) this.insert(i, patterns[i].pattern);
    this.known = int32Column(names.count);
    this.passing = new Int32Array(this.nodes.length);
  }

  /** Indices of the patterns that match, in ascending rank. The same array for all names with the same answer. */
  matches(name: NameId): readonly number[] {
    return this.lists[this.listOf(name)];
  }

  /** The number of the answer, equal for equal answers. */
  listOf(name: NameId): number {
    if (name < this.known.length && this.known[name] !== 0) return this.known[name] - 1;
    const list = this.find(name);
    if (name >= this.known.length) {
      const grown = int32Column(Math.max(name + 1, this.names.count));
      grown.set(this.known);
      this.known = grown;
    }
    this.known[name] = list + 1;
    return list;
  }

  private find(name: NameId): number {
    const { names, next } = this;
    const words = names.wordsOf(name);
    const first = names.wordAt(name);
    const length = names.lengthOf(name);
    let node = 0;
    let at = 0;
    for (; at < length; at++) {
      const child = next[node * 256 + ((words[first + (at >> 2)] >>> ((at & 3) * 8)) & 255)];
      if (child === 0) break;
      node = child;
    }
    const atEnd = at === length;
    if (!atEnd && this.passing[node] > 0 && !endsAsOneOf(this.endings[node], words, first, length))
      return this.passing[node] - 1;
    const bytes = names.bytes(name);
    const found: number[] = [];
    const endings: Compiled[] = [];
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
      this.endings[node] = endings;
    }
    return list;
  }

  private intern(found: readonly number[]): number {
    if (found.length === 0) return 0;
    const key = found.join();
    const known = this.listIds.get(key);
    if (known !== undefined) return known;
    const id = this.lists.push(found) - 1;
    this.listIds.set(key, id);
    return id;
  }

  private newNode(parent: number): number {
    const node = this.nodes.push({ open: [], closed: [], parent }) - 1;
    if ((node + 1) * 256 > this.next.length) {
      const grown = new Int32Array(this.next.length * 2);
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

/** Whether one of the patterns, whose literal part the name begins with, ends as the name does, which is given as words. */
function endsAsOneOf(
  patterns: readonly Compiled[],
  words: Int32Array,
  first: number,
  length: number,
): boolean {
  for (let k = 0; k < patterns.length; k++) {
    const { ending, literalLength } = patterns[k];
    if (ending === undefined || length < literalLength + ending.length) continue;
    let left = ending.length;
    for (let at = length - 1; left > 0; at--, left--)
      if (((words[first + (at >> 2)] >>> ((at & 3) * 8)) & 255) !== ending[left - 1]) break;
    if (left === 0) return true;
  }
  return false;
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
