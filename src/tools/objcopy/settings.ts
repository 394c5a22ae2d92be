import { Fatal } from "../fatal.ts";
import { asByteText } from "../text-out.ts";
import { fnmatch } from "./fnmatch.ts";

// What objcopy and strip were asked to do. All names are byte text.

export type StripMode = "nothing" | "debug" | "unneeded" | "all" | "only-keep-debug" | "dwo" | "only-dwo";

/** What a name or pattern of sections is to undergo; later rules come first, as the last one given counts. */
export interface SectionRule {
  readonly pattern: string;
  copy: boolean;
  remove: boolean;
  removeRelocations: boolean;
  keep: boolean;
  vma: { readonly set: boolean; readonly value: bigint } | undefined;
  lma: { readonly set: boolean; readonly value: bigint } | undefined;
  flags: number | undefined;
  alignmentPower: number | undefined;
  used: boolean;
}

export interface AddedSection {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface AddedSymbol {
  readonly name: string;
  /** Undefined: absolute. */
  readonly section: string | undefined;
  readonly value: bigint;
  readonly flags: number;
  /** Put it before this symbol. */
  readonly before: string | undefined;
}

/** Names that options such as -N collect; with wildcards they are patterns, `!` excludes. */
export class NameSet {
  private readonly names = new Set<string>();

  get size(): number {
    return this.names.size;
  }

  add(name: string): void {
    this.names.add(name);
  }

  has(name: string, wildcards: boolean): boolean {
    if (this.names.size === 0) return false;
    if (!wildcards) return this.names.has(name);
    let found = false;
    for (const pattern of this.names) {
      if (!pattern.startsWith("!")) found ||= fnmatch(pattern, name);
      else if (fnmatch(pattern.slice(1), name)) return false;
    }
    return found;
  }
}

export interface Settings {
  readonly tool: "objcopy" | "strip";
  inputTarget: string | undefined;
  outputTarget: string | undefined;
  binaryArchitecture: string | undefined;
  strip: StripMode;
  discard: "none" | "all" | "local-labels";
  readonly rules: SectionRule[];
  readonly renames: Map<string, { readonly name: string; readonly flags: number | undefined }>;
  prefixSections: string;
  prefixAllocSections: string;
  prefixSymbols: string;
  readonly stripSymbols: NameSet;
  readonly stripUnneededSymbols: NameSet;
  readonly keepSymbols: NameSet;
  readonly localize: NameSet;
  readonly globalize: NameSet;
  readonly keepGlobal: NameSet;
  readonly weakenSymbols: NameSet;
  readonly redefine: Map<string, string>;
  weaken: boolean;
  localizeHidden: boolean;
  keepFileSymbols: boolean;
  keepSectionSymbols: boolean;
  wildcards: boolean;
  readonly addSections: AddedSection[];
  readonly updateSections: AddedSection[];
  readonly dumpSections: { readonly name: string; readonly file: string }[];
  readonly addSymbols: AddedSymbol[];
  debugLink: string | undefined;
  gapFill: number | undefined;
  padTo: bigint | undefined;
  changeAddresses: bigint;
  setStart: bigint | undefined;
  changeStart: bigint;
  changeWarnings: boolean;
  compression: "none" | "zlib" | "zlib-gnu" | "decompress";
  elfCommon: "yes" | "no" | undefined;
  extractSymbol: boolean;
  reverseBytes: number;
  interleave: number;
  interleaveWidth: number;
  byte: number;
  srecLength: number;
  srecForceS3: boolean;
  verilogWidth: number;
  machineCode: number | undefined;
  /** Flags of the file: -pure, --impure and so on. */
  preserveDates: boolean;
  deterministic: boolean;
  mergeNotes: boolean;
  verbose: boolean;
}

export function newSettings(tool: Settings["tool"]): Settings {
  return {
    tool,
    inputTarget: undefined,
    outputTarget: undefined,
    binaryArchitecture: undefined,
    strip: "nothing",
    discard: "none",
    rules: [],
    renames: new Map(),
    prefixSections: "",
    prefixAllocSections: "",
    prefixSymbols: "",
    stripSymbols: new NameSet(),
    stripUnneededSymbols: new NameSet(),
    keepSymbols: new NameSet(),
    localize: new NameSet(),
    globalize: new NameSet(),
    keepGlobal: new NameSet(),
    weakenSymbols: new NameSet(),
    redefine: new Map(),
    weaken: false,
    localizeHidden: false,
    keepFileSymbols: false,
    keepSectionSymbols: false,
    wildcards: false,
    addSections: [],
    updateSections: [],
    dumpSections: [],
    addSymbols: [],
    debugLink: undefined,
    gapFill: undefined,
    padTo: undefined,
    changeAddresses: 0n,
    setStart: undefined,
    changeStart: 0n,
    changeWarnings: true,
    compression: "none",
    elfCommon: undefined,
    extractSymbol: false,
    reverseBytes: 0,
    interleave: 4,
    interleaveWidth: 1,
    byte: -1,
    srecLength: 16,
    srecForceS3: false,
    verilogWidth: 1,
    machineCode: undefined,
    preserveDates: false,
    deterministic: true,
    mergeNotes: false,
    verbose: false,
  };
}

/** The rule for exactly this pattern, made if there is none. */
export function ruleFor(settings: Settings, pattern: string): SectionRule {
  const known = settings.rules.find((rule) => rule.pattern === pattern);
  if (known) return known;
  const rule: SectionRule = {
    pattern,
    copy: false,
    remove: false,
    removeRelocations: false,
    keep: false,
    vma: undefined,
    lma: undefined,
    flags: undefined,
    alignmentPower: undefined,
    used: false,
  };
  settings.rules.unshift(rule);
  return rule;
}

export function setCopy(settings: Settings, pattern: string): void {
  const rule = ruleFor(settings, pattern);
  if (rule.remove) throw new Fatal(`error: ${asByteText(pattern)} both copied and removed`);
  rule.copy = true;
}

/** -R; for `.rela.text` the relocations of `.text` go too. */
export function setRemove(settings: Settings, pattern: string): void {
  const rule = ruleFor(settings, pattern);
  if (rule.copy) throw new Fatal(`error: ${asByteText(pattern)} both copied and removed`);
  rule.remove = true;
  const relocated = /^\.rela?(.+)/.exec(pattern);
  if (relocated) ruleFor(settings, relocated[1]).removeRelocations = true;
}

/** The first rule that applies to a section and says something of a kind; a pattern with `!` ends the search. */
export function findRule(
  settings: Settings,
  name: string,
  says: (rule: SectionRule) => boolean,
): SectionRule | undefined {
  let match: SectionRule | undefined;
  for (const rule of settings.rules) {
    if (!says(rule)) continue;
    if (rule.pattern.startsWith("!")) {
      if (!fnmatch(rule.pattern.slice(1), name)) continue;
      rule.used = true;
      return undefined;
    }
    if (!match && fnmatch(rule.pattern, name)) match = rule;
  }
  if (match) match.used = true;
  return match;
}
