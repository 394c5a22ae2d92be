import * as C from "./columns";
import { HEADER } from "./parts/intern";
import {
  ACTIONS,
  AFTER,
  COUNT,
  ENDING,
  ENDINGS,
  ENDS,
  GLOB,
  KINDS,
  KNOWN,
  KNOWN_COUNT,
  LITERAL,
  NEXT,
  PARENTS,
  PASSING,
  PATTERNS,
  PLACES,
  PREFIX,
  ROWS,
  SECTIONS,
  SHAPES,
  SIZE_OF_KIND,
  TAKE_ANY_KEPT,
  TAKE_COUNT,
  TAKE_FIRST_KIND,
  TAKE_KEPT,
  TAKE_KINDS,
  TAKE_POWER,
  TAKE_RULE,
  TAKE_SECTIONS,
  TAKEN,
  TAKEN_PATTERNS,
  TAKEN_ROWS,
  WIDTH,
} from "./parts/pattern-fields";

// Which statement of the script takes a section? Patterns become a tree (src/link/statements/pattern-index.ts), a name
// walks it, and where it leaves the tree the answer mostly is known. These are the loops over all sections; whatever is met for the
// first time, and answers that are not one statement alone, are left to TypeScript.

const AT_END: u32 = 0x80000000;
const STAR: u32 = 0x2a;

function isWildcard(byte: u32): bool {
  return byte === STAR || byte === 0x3f || byte === 0x5b || byte === 0x5c;
}

/** Numbers the bytes that patterns have, from 1 on, in a table of zeros; returns how many numbers there are, with 0. */
export function numberBytes(kinds: usize, at: usize, end: usize): u32 {
  let count: u32 = 1;
  for (; at < end; at++) {
    const place = kinds + load<u8>(at);
    if (load<u8>(place) !== 0 || isWildcard(load<u8>(at))) continue;
    store<u8>(place, <u8>count);
    count++;
  }
  return count;
}

/** Makes the tree of the patterns whose texts stand one behind the other; returns how many nodes it has. */
export function growTree(work: usize, texts: usize, count: u32): u32 {
  const kinds: usize = load<u32>(work, KINDS);
  const width = load<u32>(work, WIDTH);
  const next: usize = load<u32>(work, NEXT);
  const parents: usize = load<u32>(work, PARENTS);
  const patterns: usize = load<u32>(work, PATTERNS);
  const after: usize = load<u32>(work, AFTER);
  const ends: usize = load<u32>(work, ENDS);
  const shapes: usize = load<u32>(work, SHAPES);
  let nodes: u32 = 1;
  let at = texts;
  store<i32>(parents, -1);
  for (let i: u32 = 0; i < count; i++) {
    const start = at;
    const end = texts + load<u32>(ends + (i << 2));
    let node: u32 = 0;
    for (; at < end && !isWildcard(load<u8>(at)); at++) {
      const slot = next + ((node * width + load<u8>(kinds + load<u8>(at))) << 2);
      let child = load<u32>(slot);
      if (child === 0) {
        child = nodes++;
        store<u32>(slot, child);
        store<u32>(parents + (child << 2), node);
        // Written before it is read: else the system makes its page twice.
        store<u32>(next + ((child * width + width - 1) << 2), 0);
      }
      node = child;
    }
    const literal = <u32>(at - start);
    let kind: u32 = LITERAL;
    if (at < end) {
      kind = load<u8>(at) !== STAR ? GLOB : at + 1 === end ? PREFIX : ENDING;
      for (at++; at < end; at++) if (isWildcard(load<u8>(at))) kind = GLOB;
    }
    store<u32>(shapes + (i << 2), (literal << 2) | kind);
    const list = patterns + (node << 2);
    store<u32>(after + (i << 2), load<u32>(list));
    store<u32>(list, i + 1);
  }
  return nodes;
}

/** The node where a name leaves the tree; AT_END is added if that is at its end. */
export function walkPatterns(work: usize, name: u32): u32 {
  const next: usize = load<u32>(work, NEXT);
  const kinds: usize = load<u32>(work, KINDS);
  const width = load<u32>(work, WIDTH);
  const record: usize = load<u32>(load<u32>(work, PLACES) + (name << 2));
  let at = record + HEADER;
  const end = at + load<u32>(record, 4);
  let node: u32 = 0;
  for (; at < end; at++) {
    const child = load<u32>(next + ((node * width + load<u8>(kinds + load<u8>(at))) << 2));
    if (child === 0) return node;
    node = child;
  }
  return node | AT_END;
}

/**
 * Whether a name ends as one of a list. The list is a number of entries; each has the least length that the name must
 * have, the length of the ending, and the ending, padded to words.
 */
function endsAsOneOf(list: usize, bytes: usize, length: u32): bool {
  let at = list + 4;
  for (let left = load<u32>(list); left > 0; left--) {
    const least = load<u32>(at);
    const size = load<u32>(at, 4);
    at += 8;
    if (length >= least) {
      const from = bytes + length - size;
      let same: u32 = 0;
      while (same < size && load<u8>(from + same) === load<u8>(at + same)) same++;
      if (same === size) return true;
    }
    at += (size + 3) & ~3;
  }
  return false;
}

/** The answer for a name + 1, or 0 if it is not known. */
export function knownList(work: usize, name: u32): u32 {
  if (name >= load<u32>(work, KNOWN_COUNT)) return 0;
  const place: usize = load<u32>(work, KNOWN) + (name << 2);
  const known = load<u32>(place);
  if (known !== 0) return known;
  const node = walkPatterns(work, name);
  if ((node & AT_END) !== 0) return 0;
  const passing = load<u32>(load<u32>(work, PASSING) + (node << 2));
  if (passing === 0) return 0;
  const endings: usize = load<u32>(load<u32>(work, ENDINGS) + (node << 2));
  if (endings !== 0) {
    const record: usize = load<u32>(load<u32>(work, PLACES) + (name << 2));
    if (endsAsOneOf(endings, record + HEADER, load<u32>(record, 4))) return 0;
  }
  store<u32>(place, passing);
  return passing;
}

/** Looks at rows that take part, from number `from` on, until one that is TypeScript's; returns its number, or COUNT. */
export function matchRows(work: usize, from: u32): u32 {
  const rows: usize = load<u32>(work, ROWS);
  const count = load<u32>(work, COUNT);
  const sections: usize = load<u32>(work, SECTIONS);
  const nameOf: usize = load<u32>(sections, C.SECTION_NAME);
  const fateOf: usize = load<u32>(sections, C.SECTION_FATE);
  const actions: usize = load<u32>(work, ACTIONS);
  const takenRows: usize = load<u32>(work, TAKEN_ROWS);
  const takenPatterns: usize = load<u32>(work, TAKEN_PATTERNS);
  let taken = load<u32>(work, TAKEN);
  let i = from;
  for (; i < count; i++) {
    const row = rows === 0 ? i : load<u32>(rows + (i << 2));
    if (load<u8>(fateOf + row) !== C.KEPT) continue;
    const list = knownList(work, load<u32>(nameOf + (row << 2)));
    if (list === 0) break;
    const action = load<i32>(actions + ((list - 1) << 2));
    if (action < 0) break;
    if (action === 0) continue;
    store<u32>(takenRows + (taken << 2), row);
    store<u32>(takenPatterns + (taken << 2), action - 1);
    taken++;
  }
  store<u32>(work, taken, TAKEN);
  return i;
}

/**
 * Puts what each statement took together, in the order in which it did: `statementOf` and `specOf` tell of a pattern's
 * statement, and its number there. `ends` is zero, a word for each statement; then it says where its rows end.
 */
export function sortMatches(
  work: usize,
  statementOf: usize,
  specOf: usize,
  ends: usize,
  statements: u32,
  rows: usize,
  specs: usize,
): void {
  const takenRows: usize = load<u32>(work, TAKEN_ROWS);
  const takenPatterns: usize = load<u32>(work, TAKEN_PATTERNS);
  const taken = load<u32>(work, TAKEN);
  for (let i: u32 = 0; i < taken; i++) {
    const place = ends + (load<u32>(statementOf + (load<u32>(takenPatterns + (i << 2)) << 2)) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  let sum: u32 = 0;
  for (let i: u32 = 0; i < statements; i++) {
    const size = load<u32>(ends + (i << 2));
    store<u32>(ends + (i << 2), sum);
    sum += size;
  }
  for (let i: u32 = 0; i < taken; i++) {
    const pattern = load<u32>(takenPatterns + (i << 2));
    const place = ends + (load<u32>(statementOf + (pattern << 2)) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u32>(rows + (at << 2), load<u32>(takenRows + (i << 2)));
    store<u32>(specs + (at << 2), load<u32>(specOf + (pattern << 2)));
  }
}

/**
 * Adds rows, from number `from` of `count` on, to the output section that has sections of their kinds already, so
 * that only its alignment may change. Those that are added are moved to the front of the list. Stops at one of another kind.
 */
export function takeRows(work: usize, rows: usize, from: u32, count: u32): u32 {
  const sections: usize = load<u32>(work, TAKE_SECTIONS);
  const ruleOf: usize = load<u32>(sections, C.SECTION_RULE);
  const fateOf: usize = load<u32>(sections, C.SECTION_FATE);
  const typeOf: usize = load<u32>(sections, C.SECTION_TYPE);
  const flagsOf: usize = load<u32>(sections, C.SECTION_FLAGS);
  const entsizeOf: usize = load<u32>(sections, C.SECTION_ENTSIZE);
  const alignPower: usize = load<u32>(sections, C.SECTION_ALIGN_POWER);
  const kept: usize = load<u32>(work, TAKE_KEPT);
  const rule = load<u32>(work, TAKE_RULE);
  const kinds = work + TAKE_FIRST_KIND;
  const kindsEnd = kinds + load<u32>(work, TAKE_KINDS) * SIZE_OF_KIND;
  let power = load<u32>(work, TAKE_POWER);
  let anyKept = load<u32>(work, TAKE_ANY_KEPT);
  let taken = load<u32>(work, TAKE_COUNT);
  let i = from;
  for (; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    if (load<i32>(ruleOf + (row << 2)) >= 0 || load<u8>(fateOf + row) !== C.KEPT) continue;
    const flags = load<u32>(flagsOf + (row << 2));
    const type = load<u32>(typeOf + (row << 2));
    const entsize = load<u32>(entsizeOf + (row << 2));
    let kind = kinds;
    while (kind < kindsEnd) {
      if (load<u32>(kind) === flags && load<u32>(kind, 4) === type && load<u32>(kind, 8) === entsize) break;
      kind += SIZE_OF_KIND;
    }
    if (kind === kindsEnd) break;
    power = max(power, <u32>load<u8>(alignPower + row));
    anyKept |= load<u8>(kept + row);
    store<u32>(ruleOf + (row << 2), rule);
    store<u32>(rows + (taken << 2), row);
    taken++;
  }
  store<u32>(work, power, TAKE_POWER);
  store<u32>(work, anyKept, TAKE_ANY_KEPT);
  store<u32>(work, taken, TAKE_COUNT);
  return i;
}
