import type { Report } from "../../diagnostics/index.ts";
import type { FileSystem } from "../../files/index.ts";
import type { InputItem, InputModes, LinkOptions } from "../../model/index.ts";
import { defaultOptions } from "./default-options.ts";

/** What a command line asks for beside a link. */
export type LinkAction =
  | "link"
  | "help"
  | "version"
  | "target-help"
  | "print-output-format"
  | "print-sysroot";

type Mutable<T> =
  T extends ReadonlyMap<infer K, infer V> ? Map<K, V> : T extends readonly (infer Element)[] ? Element[] : T;

/** The options while they are being collected. */
export type DraftOptions = { -readonly [K in keyof LinkOptions]: Mutable<LinkOptions[K]> };

/** What the options read so far amount to. Some mean something only in view of later ones. */
export interface ArgumentState {
  readonly options: DraftOptions;
  readonly compat: "gnu" | "lld";
  readonly report: Report;
  readonly files: FileSystem;
  action: LinkAction;
  announce: "no" | "version" | "emulations";
  verbose: boolean;
  /** --print-output-format. */
  printFormat: boolean;
  /** --stats. */
  stats: boolean;
  color: "auto" | "always" | "never";
  vsDiagnostics: boolean;
  chroot: string | undefined;
  reproduce: string | undefined;

  // The state of inputs, as --push-state saves it.
  modes: InputModes;
  readonly pushed: InputModes[];
  /** Open --start-group; LLD does not nest them. */
  groups: number;
  inLib: boolean;

  /** An error after which GNU ld reads no further. */
  stopped: boolean;
  pie: boolean;
  shared: boolean;
  relocatable: boolean;
  exportDynamic: boolean;
  icf: string;
  forceCommon: boolean;
  inhibitCommon: boolean;
  relroGiven: boolean | undefined;
  sectionCheckGiven: boolean | undefined;
  undefinedGiven: "error" | "warn" | "ignore" | undefined;
  shlibUndefinedGiven: "error" | "ignore" | undefined;
  symbolOrderingFile: string | undefined;
  /** GNU ld complains of it where it has files to read. */
  unknownFormat: string | undefined;
}

export function newState(compat: "gnu" | "lld", files: FileSystem, report: Report): ArgumentState {
  const defaults = defaultOptions(compat);
  return {
    options: {
      ...defaults,
      inputs: [],
      scripts: [],
      scriptPositions: [],
      startOptions: [],
      versionScripts: [],
      dynamicLists: [],
      sectionOrderings: [],
      remaps: [],
      libraryPaths: [],
      undefined: [],
      requireDefined: [],
      undefinedGlobs: [],
      ignoreUnresolved: [],
      defsyms: [],
      defsymPositions: [],
      defsymScripts: [],
      wrap: [],
      traceSymbols: [],
      sectionStarts: new Map(),
      segmentStarts: new Map(),
      uniqueSections: [],
      excludeLibs: [],
      symbolOrdering: [],
      zKeywords: [],
      rpath: [],
      rpathLink: [],
      exportSymbols: [],
      audit: [],
      depaudit: [],
      whyLive: [],
    },
    compat,
    report,
    files,
    action: "link",
    announce: "no",
    verbose: false,
    printFormat: false,
    stats: false,
    color: "auto",
    vsDiagnostics: false,
    chroot: undefined,
    reproduce: undefined,
    modes: { wholeArchive: false, asNeeded: false, static: false, format: "elf" },
    pushed: [],
    groups: 0,
    inLib: false,
    stopped: false,
    pie: false,
    shared: false,
    relocatable: false,
    exportDynamic: false,
    icf: "none",
    forceCommon: false,
    inhibitCommon: false,
    relroGiven: undefined,
    sectionCheckGiven: undefined,
    undefinedGiven: undefined,
    shlibUndefinedGiven: undefined,
    symbolOrderingFile: undefined,
    unknownFormat: undefined,
  };
}

/** An error in the command line: GNU ld stops reading at once, LLD goes on. */
export function fail(state: ArgumentState, message: string, lld = message): void {
  state.report.error("LD0703", undefined, message, { lld });
  if (state.compat === "gnu") state.stopped = true;
}

/** Something that Premain does not do, and that cannot be passed over in silence. */
export function notSupported(state: ArgumentState, what: string): void {
  state.report.error("LD0704", undefined, `${what} is not supported`, { lld: `${what} is not supported` });
}

export function addInput(state: ArgumentState, item: InputItem): void {
  state.options.inputs.push(item);
}

/** A number as strtoul(…, 0) reads it: decimal, 0x… or 0…; undefined when anything else stands in it. */
export function parseNumber(text: string): bigint | undefined {
  const match = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(text);
  if (!match) return undefined;
  const [, sign, digits] = match;
  let value: bigint;
  if (/^0[0-7]+$/.test(digits)) value = BigInt(`0o${digits.slice(1)}`);
  else if (/^0[0-9]+$/.test(digits)) return undefined;
  else value = BigInt(digits);
  return BigInt.asUintN(64, sign ? -value : value);
}

/** A hexadecimal number, with or without 0x. */
export function parseHex(text: string): bigint | undefined {
  return /^(0[xX])?[0-9a-fA-F]+$/.test(text) ? BigInt(`0x${text.replace(/^0[xX]/, "")}`) : undefined;
}

/** GNU ld: `=` at the beginning of a name stands for the folder of --sysroot. */
export function inSysroot({ options, compat }: ArgumentState, name: string): string {
  return compat === "gnu" && name.startsWith("=") ? options.sysroot + name.slice(1) : name;
}
