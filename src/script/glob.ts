// Matching names against the patterns of a script.
//
// The rules are those of fnmatch without flags: `*` and `?` match any
// character, `/` and a leading `.` included; `[a-z]` and `[!a-z]` one out of a
// set; `\x` the character x. A `[` that is not closed stands for itself. As in
// GNU ld, a pattern without `*`, `?` and `[` is no pattern at all: it is
// compared as it is, backslashes included.
//
// A link matches every input section name against every pattern, so the shapes
// that scripts are made of (`.text`, `.text.*`, `*`, `*.o`) have their own
// matchers, and `globShape` tells a caller enough to look names up in a table
// instead of trying one pattern after the other.

/** What kind of work a pattern is. */
export type GlobShape =
  | { readonly kind: "any" }
  | { readonly kind: "literal"; readonly text: string }
  /** `text*` */
  | { readonly kind: "prefix"; readonly text: string }
  /** `*text` */
  | { readonly kind: "suffix"; readonly text: string }
  | { readonly kind: "glob" };

/** Whether a name is a pattern at all. */
export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** The shape of a pattern. */
export function globShape(pattern: string): GlobShape {
  if (pattern === "*") return { kind: "any" };
  if (!hasWildcard(pattern)) return { kind: "literal", text: pattern };
  if (pattern.includes("\\")) return { kind: "glob" };
  const prefix = pattern.slice(0, -1);
  if (pattern.endsWith("*") && !hasWildcard(prefix)) return { kind: "prefix", text: prefix };
  const suffix = pattern.slice(1);
  if (pattern.startsWith("*") && !hasWildcard(suffix)) return { kind: "suffix", text: suffix };
  return { kind: "glob" };
}

/** A function that tells whether a name matches. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const shape = globShape(pattern);
  switch (shape.kind) {
    case "any":
      return () => true;
    case "literal":
      return (name) => name === pattern;
    case "prefix":
      return (name) => name.startsWith(shape.text);
    case "suffix":
      return (name) => name.endsWith(shape.text);
    case "glob":
      return matcher(compileSteps(pattern));
  }
}

/** One character's worth of a pattern: a code unit, or one of these. */
const ANY = -1;
const STAR = -2;
type Step = number | ((character: number) => boolean);

function compileSteps(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at];
    if (character === "*") {
      if (steps[steps.length - 1] !== STAR) steps.push(STAR);
      at++;
    } else if (character === "?") {
      steps.push(ANY);
      at++;
    } else if (character === "\\" && at + 1 < pattern.length) {
      steps.push(pattern.charCodeAt(at + 1));
      at += 2;
    } else {
      const set = character === "[" ? compileSet(pattern, at) : undefined;
      steps.push(set ? set.test : pattern.charCodeAt(at));
      at = set ? set.end : at + 1;
    }
  }
  return steps;
}

/** The set that begins at a `[`, or undefined when it is not closed. */
function compileSet(
  pattern: string,
  open: number,
): { test: (character: number) => boolean; end: number } | undefined {
  let at = open + 1;
  const negated = pattern[at] === "!" || pattern[at] === "^";
  if (negated) at++;
  const ranges: number[] = [];
  // A `]` that comes first belongs to the set.
  for (let first = true; at < pattern.length && (first || pattern[at] !== "]"); first = false) {
    const low = readMember(pattern, at);
    at = low.end;
    let high = low;
    if (pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]") {
      high = readMember(pattern, at + 1);
      at = high.end;
    }
    ranges.push(low.code, high.code);
  }
  if (at >= pattern.length) return undefined;
  const test = (character: number) => {
    for (let i = 0; i < ranges.length; i += 2) {
      if (character >= ranges[i] && character <= ranges[i + 1]) return !negated;
    }
    return negated;
  };
  return { test, end: at + 1 };
}

function readMember(pattern: string, at: number): { code: number; end: number } {
  if (pattern[at] === "\\" && at + 1 < pattern.length)
    return { code: pattern.charCodeAt(at + 1), end: at + 2 };
  return { code: pattern.charCodeAt(at), end: at + 1 };
}

/**
 * Walks name and pattern side by side. After a mismatch only the last `*` can
 * take one more character, so the time is at most the product of the lengths.
 */
function matcher(steps: readonly Step[]): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let step = 0;
    let star = -1;
    let starAt = 0;
    while (at < name.length) {
      const want = steps[step];
      if (want === STAR) {
        star = step++;
        starAt = at;
        continue;
      }
      const character = name.charCodeAt(at);
      const fits = typeof want === "function" ? want(character) : want === ANY || want === character;
      if (fits) {
        at++;
        step++;
      } else if (star >= 0) {
        step = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    while (steps[step] === STAR) step++;
    return step === steps.length;
  };
}

/** Whether LLD would take the pattern: every `[` is closed, and holds something. */
export function isValidGlob(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "[") {
      const set = compileSet(pattern, at);
      if (!set) return false;
      at = set.end - 1;
    }
  }
  return true;
}

/**
 * A file pattern: tells whether a file is meant, given its name and, for a
 * member, the name of its archive as it was opened.
 *
 * - `pattern`: the name of a file or of a member; for a member that is the
 *   member's own name.
 * - `archive:member`: the members that match of the archives that match.
 * - `archive:`: all members of the archives that match.
 * - `:file`: files that are not members.
 */
export function compileFilePattern(pattern: string): (file: string, archive?: string) => boolean {
  const colon = pattern.indexOf(":");
  if (colon < 0) {
    const match = compileGlob(pattern);
    return (file) => match(file);
  }
  const matchArchive = compileGlob(pattern.slice(0, colon));
  const member = pattern.slice(colon + 1);
  const matchMember = member === "" ? () => true : compileGlob(member);
  if (colon === 0) return (file, archive) => archive === undefined && matchMember(file);
  return (file, archive) => archive !== undefined && matchArchive(archive) && matchMember(file);
}

/** As `compileFilePattern`, for EXCLUDE_FILE, where a pattern without `:` may also name a whole archive. */
export function compileExcludePattern(pattern: string): (file: string, archive?: string) => boolean {
  if (pattern.includes(":")) return compileFilePattern(pattern);
  const match = compileGlob(pattern);
  return (file, archive) => match(file) || (archive !== undefined && match(archive));
}
