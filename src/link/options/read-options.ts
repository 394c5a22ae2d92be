import { type OptionRow, rowsOf } from "./option-table.ts";

// How each linker takes a command line apart. GNU ld uses getopt_long_only: long
// options with one dash or two, shortened as far as they stay unambiguous, and
// what is no long option is a row of letters. LLD matches whole names.

/** One element of the command line. */
export type Argument =
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "option";
      readonly row: OptionRow;
      readonly name: string;
      readonly value: string;
      readonly spelled: string;
    }
  /** `letters`: several one-letter options in one argument, as a warning. */
  | { readonly kind: "grouped"; readonly spelled: string; readonly ambiguous: boolean }
  | { readonly kind: "missing-value"; readonly spelled: string; readonly name: string }
  | { readonly kind: "unknown"; readonly spelled: string; readonly nearest: string | undefined };

interface NameTable {
  /** Without the two-dash ones. */
  readonly long: ReadonlyMap<string, OptionRow>;
  readonly twoDash: ReadonlyMap<string, OptionRow>;
  readonly short: ReadonlyMap<string, OptionRow>;
  readonly joined: readonly (readonly [string, OptionRow])[];
}

const tables = new Map<string, NameTable>();

function tableOf(flavor: "gnu" | "lld"): NameTable {
  const known = tables.get(flavor);
  if (known) return known;
  const long = new Map<string, OptionRow>();
  const twoDash = new Map<string, OptionRow>();
  const short = new Map<string, OptionRow>();
  const joined: [string, OptionRow][] = [];
  const add = (map: Map<string, OptionRow>, name: string, row: OptionRow) => {
    if (!map.has(name)) map.set(name, row);
  };
  for (const row of rowsOf(flavor))
    for (const name of row.names) {
      if (row.argument === "joined") joined.push([name, row]);
      else if (name.startsWith("--")) add(twoDash, name.slice(2), row);
      else if (name.length === 1) add(short, name, row);
      else add(long, name, row);
    }
  const table = { long, twoDash, short, joined };
  tables.set(flavor, table);
  return table;
}

/** Reads one argument after the other; `next` may be asked for values. */
export function* readArguments(argv: readonly string[], flavor: "gnu" | "lld"): Generator<Argument> {
  const table = tableOf(flavor);
  let at = 0;
  const next = (): string | undefined => (at < argv.length ? argv[at++] : undefined);
  while (at < argv.length) {
    const text = argv[at++];
    if (text.length < 2 || text[0] !== "-") yield { kind: "file", path: text };
    else if (flavor === "lld") yield readLld(text, next, table);
    else if (text === "--") while (at < argv.length) yield { kind: "file", path: argv[at++] };
    else yield* readGnu(text, argv[at], next, table);
  }
}

function* readGnu(
  text: string,
  following: string | undefined,
  next: () => string | undefined,
  table: NameTable,
): Generator<Argument> {
  // Solaris' -G, without a size, is -shared; and -lNAME is never a long option that starts with l.
  if (text === "-G" && !/^[0-9]/.test(following ?? "")) {
    yield* readGnu("--shared", following, next, table);
    return;
  }
  if (text.startsWith("-l") && text.length > 2) {
    yield option(table.short.get("l")!, "l", text.slice(2), text);
    return;
  }
  const twoDashes = text.startsWith("--");
  if (text.startsWith("-m=")) {
    yield* readLetters(text, next, table);
    return;
  }
  if (twoDashes || text.length > 2 || !table.short.has(text[1])) {
    const long = findLong(text.slice(twoDashes ? 2 : 1), twoDashes, table);
    if (long === "ambiguous" && text[2] === "=") {
      yield unknown(text, table);
      return;
    }
    if (long && long !== "ambiguous") {
      yield longOption(long, text, next);
      return;
    }
    if (twoDashes || !table.short.has(text[1])) {
      yield unknown(text, table);
      return;
    }
  }
  yield* readLetters(text, next, table);
}

interface LongMatch {
  readonly row: OptionRow;
  readonly name: string;
  readonly value: string | undefined;
}

function findLong(body: string, twoDashes: boolean, table: NameTable): LongMatch | "ambiguous" | undefined {
  let isAmbiguous = false;
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  const value = equals < 0 ? undefined : body.slice(equals + 1);
  for (const names of twoDashes ? [table.long, table.twoDash] : [table.long]) {
    const exact = names.get(name);
    if (exact) return { row: exact, name, value };
    if (name === "") continue;
    const sorted = sortedNames(names);
    const first = firstFrom(sorted, name);
    if (!sorted[first]?.startsWith(name)) continue;
    if (!sorted[first + 1]?.startsWith(name))
      return { row: names.get(sorted[first])!, name: sorted[first], value };
    isAmbiguous = true;
  }
  return isAmbiguous ? "ambiguous" : undefined;
}

const sortedOf = new WeakMap<ReadonlyMap<string, OptionRow>, readonly string[]>();

function sortedNames(names: ReadonlyMap<string, OptionRow>): readonly string[] {
  let sorted = sortedOf.get(names);
  if (sorted === undefined) sortedOf.set(names, (sorted = [...names.keys()].sort()));
  return sorted;
}

/** The index of the first name that is not before `name`. */
function firstFrom(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function longOption({ row, name, value }: LongMatch, text: string, next: () => string | undefined): Argument {
  if (row.argument === "none")
    return value === undefined
      ? option(row, name, "", text)
      : { kind: "unknown", spelled: text, nearest: `--${name}` };
  if (value !== undefined) return option(row, name, value, text);
  if (row.argument === "optional") return option(row, name, "", text);
  const following = next();
  if (following !== undefined) return option(row, name, following, `${text} ${following}`);
  return text.replace(/^--?/, "") === name
    ? { kind: "missing-value", spelled: text, name }
    : { kind: "unknown", spelled: text, nearest: undefined };
}

function* readLetters(text: string, next: () => string | undefined, table: NameTable): Generator<Argument> {
  for (let at = 1; at < text.length; at++) {
    const row = table.short.get(text[at]);
    if (!row) {
      yield unknown(text, table);
      return;
    }
    const takesValue = row.argument === "value";
    if (at > 1) {
      yield { kind: "grouped", spelled: text, ambiguous: takesValue };
      if (takesValue) return;
    }
    if (!takesValue) {
      yield option(row, text[at], "", text);
      continue;
    }
    const rest = text.slice(at + 1);
    const value = rest !== "" ? rest : next();
    yield value === undefined
      ? { kind: "unknown", spelled: text, nearest: undefined }
      : option(row, text[at], value, rest !== "" ? text : `${text} ${value}`);
    return;
  }
}

function readLld(text: string, next: () => string | undefined, table: NameTable): Argument {
  const twoDashes = text.startsWith("--");
  const body = text.slice(twoDashes ? 2 : 1);
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  const row = table.long.get(name) ?? (twoDashes ? table.twoDash.get(name) : undefined);
  const value = equals < 0 ? undefined : body.slice(equals + 1);
  if (row && row.argument !== "none" && value !== undefined) return option(row, name, value, text);
  if (row && row.argument !== "value" && value === undefined) return option(row, name, "", text);
  if (row && row.argument === "value") {
    const following = next();
    if (following === undefined) return { kind: "missing-value", spelled: text, name };
    return option(row, name, following, `${text} ${following}`);
  }
  const joined = table.joined.find(([prefix]) => body.startsWith(prefix));
  if (joined) return option(joined[1], joined[0], body.slice(joined[0].length), text);
  const letter = twoDashes ? undefined : table.short.get(body[0]);
  if (letter && letter.argument === "value") {
    const rest = body.slice(1);
    const given = rest !== "" ? rest : next();
    if (given === undefined) return { kind: "missing-value", spelled: text, name: body };
    return option(letter, body[0], given, rest !== "" ? text : `${text} ${given}`);
  }
  if (letter && body.length === 1) return option(letter, body, "", text);
  return unknown(text, table);
}

function option(row: OptionRow, name: string, value: string, spelled: string): Argument {
  return { kind: "option", row, name, value, spelled };
}

function unknown(spelled: string, table: NameTable): Argument {
  return { kind: "unknown", spelled, nearest: nearestOption(spelled, table) };
}

/** The option whose name is one or two edits away, spelled with as many dashes. */
function nearestOption(spelled: string, table: NameTable): string | undefined {
  const dashes = spelled.startsWith("--") ? "--" : "-";
  const body = spelled.slice(dashes.length);
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  if (name.length < 3) return undefined;
  let best: string | undefined;
  let bestDistance = 3;
  for (const names of [table.long, table.twoDash])
    for (const [candidate, row] of names) {
      const distance = row.help === "" ? 3 : editDistance(name, candidate, bestDistance);
      if (distance >= bestDistance) continue;
      bestDistance = distance;
      best = candidate;
    }
  return best === undefined ? undefined : dashes + best + (equals < 0 ? "" : body.slice(equals));
}

/** Levenshtein's distance; `limit` for anything as large. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const following = [i];
    for (let j = 1; j <= b.length; j++)
      following[j] = Math.min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = following;
  }
  return Math.min(limit, row[b.length]);
}
