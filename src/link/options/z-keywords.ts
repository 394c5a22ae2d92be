import type { LinkOptions } from "../../model/index.ts";
import { type ArgumentState, fail, parseNumber } from "./argument-state.ts";

// -z KEYWORD and -z KEYWORD=VALUE. Most matter to dynamic linking only: they are
// accepted, and kept in `zKeywords` for whoever wants to know.

type KeywordEffect = (state: ArgumentState) => void;

const effects: Readonly<Record<string, KeywordEffect>> = {
  defs: (state) => void (state.undefinedGiven = "error"),
  undefs: (state) => void (state.undefinedGiven = "ignore"),
  muldefs: (state) => void (state.options.allowMultipleDefinition = true),
  execstack: (state) => void (state.options.execStack = true),
  noexecstack: (state) => void (state.options.execStack = false),
  relro: (state) => void (state.relroGiven = true),
  norelro: (state) => void (state.relroGiven = false),
  now: (state) => void (state.options.now = true),
  lazy: (state) => void (state.options.now = false),
  text: (state) => void (state.options.text = "error"),
  notext: (state) => void (state.options.text = "none"),
  textoff: (state) => void (state.options.text = "none"),
  "separate-code": (state) => void (state.options.separateCode = true),
  "noseparate-code": (state) => void (state.options.separateCode = false),
  "start-stop-gc": (state) => void (state.options.startStopGc = true),
  "nostart-stop-gc": (state) => void (state.options.startStopGc = false),
};

/** Keywords of GNU ld 2.40 that change nothing in a static link, or are looked up in `zKeywords`. */
const gnuKeywords =
  "unique-symbol nounique-symbol globalaudit global initfirst interpose unique nounique loadfltr combreloc " +
  "nocombreloc nocopyreloc nodefaultlib nodelete nodlopen nodump origin common nocommon " +
  "noextern-protected-data indirect-extern-access noindirect-extern-access dynamic-undefined-weak " +
  "nodynamic-undefined-weak noreloc-overflow ibtplt ibt shstk report-relative-reloc x86-64-baseline x86-64-v2 " +
  "x86-64-v3 x86-64-v4 lam-u48 lam-u57 pack-relative-relocs nopack-relative-relocs sectionheader " +
  "nosectionheader mark-plt nomark-plt memory-seal nomemory-seal";

/** Keywords of LLD that change nothing in a static link, or that layout looks up in `zKeywords`. */
const lldKeywords =
  "combreloc nocombreloc copyreloc nocopyreloc global hazardplt ifunc-noplt initfirst interpose " +
  "keep-text-section-prefix nokeep-text-section-prefix separate-loadable-segments nodefaultlib nodelete nodlopen " +
  "nognustack origin retpolineplt rodynamic wxneeded force-bti force-ibt pac-plt rel rela shstk unique " +
  "pack-relative-relocs nopack-relative-relocs keep-data-section-prefix nokeep-data-section-prefix " +
  "lrodata-after-bss nolrodata-after-bss dynamic-undefined-weak nodynamic-undefined-weak sectionheader " +
  "nosectionheader gnustack";

const plain = {
  gnu: new Set(gnuKeywords.split(" ")),
  lld: new Set(lldKeywords.split(" ")),
};

/** What may stand before `=`, where the value is of no consequence here. */
const valued = {
  gnu: /^(cet-report|lam-report|lam-u48-report|lam-u57-report|call-nop|gcs|gcs-report)=/,
  lld: /^(cet-report|bti-report|pauth-report|gcs|gcs-report|gcs-report-dynamic|dead-reloc-in-nonalloc|memtag-mode)=/,
};

/** Every keyword, with the values that it takes, for --help. */
export const zKeywordHelp: readonly (readonly [string, string])[] = [
  ["defs, undefs", "Undefined symbols are errors, or are let pass"],
  ["muldefs", "Take the first of several definitions of a symbol"],
  ["max-page-size=SIZE", "Pages are at most this large: segments are aligned to it"],
  ["common-page-size=SIZE", "Pages are usually this large"],
  ["stack-size=SIZE", "Size of the stack, in PT_GNU_STACK"],
  ["execstack, noexecstack", "Whether the stack is executable"],
  ["relro, norelro", "Whether a part of the data is read-only after relocation"],
  ["separate-code, noseparate-code", "Whether code has pages of its own"],
  ["start-stop-gc, nostart-stop-gc", "Whether __start_ and __stop_ symbols keep their sections"],
  ["start-stop-visibility=V", "Visibility of those symbols: default, internal, hidden, protected"],
  ["text, notext, textoff", "Whether relocations in read-only sections are errors"],
  ["now, lazy", "When a dynamic loader resolves symbols"],
  ["nognustack", "No PT_GNU_STACK program header"],
  ["keep-text-section-prefix", "LLD: .text.hot, .text.unlikely … stay output sections of their own"],
];

/** Whether the loader's relocations are sorted, and put together where no script says otherwise. */
export function combinesRelocations({ zKeywords }: Pick<LinkOptions, "zKeywords">): boolean {
  return zKeywords.findLast((word) => word.endsWith("combreloc")) !== "nocombreloc";
}

/** -z [no]dynamic-undefined-weak: whether the loader looks for weak symbols that nobody defines. */
export function weakUndefinedAre({
  zKeywords,
}: Pick<LinkOptions, "zKeywords">): "dynamic" | "zero" | undefined {
  const last = zKeywords.findLast((word) => word.endsWith("dynamic-undefined-weak"));
  if (last === undefined) return undefined;
  return last.startsWith("no") ? "zero" : "dynamic";
}

/** -z unique-symbol: no two local symbols have one name. */
export function hasUniqueNames({ zKeywords, compat }: LinkOptions): boolean {
  return compat === "gnu" && zKeywords.findLast((word) => word.endsWith("unique-symbol")) === "unique-symbol";
}

/** Carries out `-z value`. */
export function applyZ(state: ArgumentState, value: string): void {
  const { options, compat } = state;
  const effect: KeywordEffect | undefined = Object.hasOwn(effects, value) ? effects[value] : undefined;
  const knows = effect !== undefined && (compat === "gnu" || value !== "textoff");
  const level = /^(?:cet|lam|lam-u48|lam-u57)-report=(.*)$/.exec(value);
  if (compat === "gnu" && level && !/^(none|warning|error)$/.test(level[1])) {
    fail(state, `invalid option for -z ${value.slice(0, -level[1].length || undefined)}: ${level[1]}`);
    return;
  }
  if (compat === "gnu" && value.startsWith("call-nop=")) checkCallNop(state, value);
  if (knows || plain[compat].has(value) || valued[compat].test(value)) {
    effect?.(state);
    options.zKeywords.push(value);
    return;
  }
  const equals = value.indexOf("=");
  const key = equals < 0 ? value : value.slice(0, equals);
  const given = value.slice(equals + 1);
  if (equals >= 0 && key === "max-page-size") {
    const size = pageSize(state, key, given, "maximum page size");
    if (size !== undefined) options.maxPageSize = size;
  } else if (equals >= 0 && key === "common-page-size") {
    const size = pageSize(state, key, given, "common page size");
    if (size !== undefined) options.commonPageSize = size;
  } else if (equals >= 0 && key === "stack-size") {
    const size = parseNumber(given);
    if (size === undefined && given === "" && compat === "gnu") return;
    if (size === undefined) fail(state, `invalid stack size \`${given}'`, `invalid ${key}: ${given}`);
    else options.stackSize = size;
  } else if (equals >= 0 && key === "start-stop-visibility") {
    if (given === "default" || given === "internal" || given === "hidden" || given === "protected")
      options.startStopVisibility = given;
    else
      fail(
        state,
        `invalid visibility in \`-z ${value}'; must be default, internal, hidden, or protected`,
        `unknown -z start-stop-visibility= value: ${given}`,
      );
  } else if (compat === "lld") {
    fail(state, `unknown -z value: ${value}`);
  } else if (value.startsWith("start-stop-gc") || value.startsWith("nostart-stop-gc")) {
    options.startStopGc = value.startsWith("start");
  } else {
    state.report.warning("LD0705", undefined, `-z ${value} ignored`);
  }
}

/** What fills the sixth byte where a call through the GOT becomes a direct one: here always the usual prefix. */
function checkCallNop(state: ArgumentState, value: string): void {
  const kind = value.slice("call-nop=".length);
  const [place, given] = [kind.slice(0, 7), kind.slice(7)];
  if (kind === "prefix-addr" || kind === "suffix-nop") return;
  if (place !== "prefix-" && place !== "suffix-") fail(state, `unsupported option: -z ${value}`);
  else if (given !== "" && parseNumber(given) === undefined)
    fail(state, `invalid number for -z call-nop=${place}: ${given}`);
}

function pageSize(state: ArgumentState, key: string, text: string, name: string): bigint | undefined {
  const size = text.startsWith("-") ? undefined : parseNumber(text);
  // For GNU ld nothing is zero, and zero the default.
  if (text === "" && state.compat === "gnu") return undefined;
  if (size === undefined) {
    fail(state, `invalid ${name} \`${text}'`, `invalid ${key}: ${text}`);
    return undefined;
  }
  if ((size & (size - 1n)) !== 0n || (size === 0n && state.compat === "lld")) {
    fail(state, `invalid ${name} \`${text}'`, `${key}: value isn't a power of 2`);
    return undefined;
  }
  return size === 0n ? undefined : size;
}
