/** A section that is to be dumped: by its number or its name. */
export interface SectionDump {
  readonly kind: "hex" | "strings" | "relocated";
  readonly section: string;
}

/** What GNU readelf's command line asks for. */
export interface ReadelfOptions {
  header: boolean;
  segments: boolean;
  sections: boolean;
  sectionDetails: boolean;
  groups: boolean;
  symbols: boolean;
  dynamicSymbols: boolean;
  ltoSymbols: boolean;
  notes: boolean;
  relocations: boolean;
  unwind: boolean;
  dynamic: boolean;
  versions: boolean;
  archSpecific: boolean;
  archiveIndex: boolean;
  useDynamic: boolean;
  histogram: boolean;
  checks: boolean;
  /** -L without anything else: everything is looked at. */
  checkAll: boolean;
  wide: boolean;
  silentTruncation: boolean;
  demangle: boolean;
  decompress: boolean;
  unicode: "default" | "locale" | "escape" | "hex" | "highlight" | "invalid";
  symbolBase: number;
  dumps: SectionDump[];
  debug: DebugSelection;
}

/** Which debugging sections are shown, and how. */
export interface DebugSelection {
  /** Names as of --debug-dump=; empty for none. */
  readonly parts: Set<DebugPart>;
  /** All debugging sections are wanted, also those that have no name of their own. */
  all: boolean;
  /** --dwarf-depth; -1 for all. */
  depth: number;
  /** --dwarf-start: offset of the first entry shown; 0 for all. */
  start: number;
}

export type DebugPart =
  | "abbrev"
  | "addr"
  | "aranges"
  | "cu_index"
  | "decodedline"
  | "frames"
  | "frames-interp"
  | "gdb_index"
  | "info"
  | "links"
  | "loc"
  | "macro"
  | "pubnames"
  | "pubtypes"
  | "Ranges"
  | "rawline"
  | "str"
  | "str-offsets"
  | "trace_abbrev"
  | "trace_aranges"
  | "trace_info";

const debugLetters: Readonly<Record<string, DebugPart | undefined>> = {
  A: "addr",
  a: "abbrev",
  c: "cu_index",
  F: "frames-interp",
  f: "frames",
  g: "gdb_index",
  i: "info",
  k: "links",
  L: "decodedline",
  l: "rawline",
  m: "macro",
  O: "str-offsets",
  o: "loc",
  p: "pubnames",
  R: "Ranges",
  r: "aranges",
  s: "str",
  T: "trace_aranges",
  t: "pubtypes",
  U: "trace_info",
  u: "trace_abbrev",
};

const debugNames: Readonly<Record<string, DebugPart>> = {
  ...Object.fromEntries(Object.values(debugLetters).map((part) => [part, part])),
  line: "rawline",
  ranges: "aranges",
};

/** Everything that --debug-dump without an argument shows: the line table is shown raw. */
const allParts: readonly DebugPart[] = [
  "abbrev",
  "addr",
  "aranges",
  "cu_index",
  "frames",
  "gdb_index",
  "info",
  "links",
  "loc",
  "macro",
  "pubnames",
  "pubtypes",
  "Ranges",
  "rawline",
  "str",
  "str-offsets",
  "trace_abbrev",
  "trace_aranges",
  "trace_info",
];

/** Adds what the letters after -w select; the letters that mean nothing are returned. */
export function selectByLetters(debug: DebugSelection, letters: string | undefined): string[] {
  if (letters === undefined) {
    debug.all = true;
    for (const part of allParts) debug.parts.add(part);
    return [];
  }
  const wrong: string[] = [];
  for (const letter of letters) {
    const part = debugLetters[letter];
    if (part) debug.parts.add(part);
    // Following links to other files, and asking servers: there are none to ask.
    else if (!"KNDE".includes(letter)) wrong.push(letter);
    if (letter === "F") debug.parts.add("frames");
  }
  return wrong;
}

/** Adds what the names after --debug-dump= select; the names that mean nothing are returned. */
export function selectByNames(debug: DebugSelection, names: string | undefined): string[] {
  if (names === undefined) return selectByLetters(debug, undefined);
  const wrong: string[] = [];
  for (const name of names.split(",")) {
    const part = Object.hasOwn(debugNames, name) ? debugNames[name] : undefined;
    if (part) debug.parts.add(part);
    // Of the two forms of lines the last one named is meant.
    if (part === "rawline") debug.parts.delete("decodedline");
    else if (part === "decodedline") debug.parts.delete("rawline");
    else if (!part && !/^(no-)?follow-links$|^(do-not-)?use-debuginfod$|^$/.test(name)) wrong.push(name);
    if (part === "frames-interp") debug.parts.add("frames");
  }
  return wrong;
}

export function defaultOptions(): ReadelfOptions {
  return {
    header: false,
    segments: false,
    sections: false,
    sectionDetails: false,
    groups: false,
    symbols: false,
    dynamicSymbols: false,
    ltoSymbols: false,
    notes: false,
    relocations: false,
    unwind: false,
    dynamic: false,
    versions: false,
    archSpecific: false,
    archiveIndex: false,
    useDynamic: false,
    histogram: false,
    checks: false,
    checkAll: false,
    wide: false,
    silentTruncation: false,
    demangle: false,
    decompress: false,
    unicode: "default",
    symbolBase: 0,
    dumps: [],
    debug: { parts: new Set(), all: false, depth: -1, start: 0 },
  };
}
