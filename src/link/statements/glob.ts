// Matching names against patterns as fnmatch() without flags does: `*`, `?`,
// `[a-z]`, `[!a-z]` and backslash, on bytes; a slash is nothing special.

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BANG = 0x21;
const CARET = 0x5e;
const DASH = 0x2d;
const BACKSLASH = 0x5c;

/** Whether a pattern has anything but literal characters, as GNU ld sees it. */
export function isWild(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Whether the whole of `name` matches `pattern`. */
export function globMatches(pattern: Uint8Array, name: Uint8Array): boolean {
  let p = 0;
  let n = 0;
  // Where to go on after a mismatch: one more byte for the last star.
  let starP = -1;
  let starN = 0;
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === STAR) {
      starP = ++p;
      starN = n;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, name[n]) : -1;
    if (next >= 0) {
      p = next;
      n++;
    } else if (starP >= 0) {
      p = starP;
      n = ++starN;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === STAR) p++;
  return p === pattern.length;
}

/** Matches one byte at `p` of the pattern: the position after it, or -1. */
function matchOne(pattern: Uint8Array, p: number, byte: number): number {
  const c = pattern[p];
  if (c === QUESTION) return p + 1;
  if (c === BACKSLASH && p + 1 < pattern.length) return pattern[p + 1] === byte ? p + 2 : -1;
  if (c !== OPEN) return c === byte ? p + 1 : -1;
  let at = p + 1;
  const negated = pattern[at] === BANG || pattern[at] === CARET;
  if (negated) at++;
  let found = false;
  for (let first = true; at < pattern.length && (first || pattern[at] !== CLOSE); first = false) {
    let low = pattern[at++];
    if (low === BACKSLASH && at < pattern.length) low = pattern[at++];
    let high = low;
    if (pattern[at] === DASH && at + 1 < pattern.length && pattern[at + 1] !== CLOSE) {
      high = pattern[at + 1];
      at += 2;
    }
    if (byte >= low && byte <= high) found = true;
  }
  // A bracket that is never closed stands for itself.
  if (at >= pattern.length) return byte === OPEN ? p + 1 : -1;
  return found !== negated ? at + 1 : -1;
}

const encoder = new TextEncoder();

/** As `globMatches`, for strings; a pattern without wildcards is compared as it is. */
export function nameMatches(pattern: string, name: string): boolean {
  if (!isWild(pattern)) return pattern === name;
  // Most names differ from a pattern before its first wildcard.
  const literal = pattern.search(/[*?[\\]/);
  if (!name.startsWith(literal < 0 ? pattern : pattern.slice(0, literal))) return false;
  return globMatches(encoder.encode(pattern), encoder.encode(name));
}
