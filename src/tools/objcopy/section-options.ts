import {
  SEC_ALLOC,
  SEC_CODE,
  SEC_DATA,
  SEC_DEBUGGING,
  SEC_EXCLUDE,
  SEC_HAS_CONTENTS,
  SEC_LOAD,
  SEC_MERGE,
  SEC_NEVER_LOAD,
  SEC_READONLY,
  SEC_ROM,
  SEC_STRINGS,
} from "../bfd/section.ts";
import {
  BSF_DEBUGGING,
  BSF_FILE,
  BSF_FUNCTION,
  BSF_GLOBAL,
  BSF_GNU_INDIRECT_FUNCTION,
  BSF_GNU_UNIQUE,
  BSF_INDIRECT,
  BSF_LOCAL,
  BSF_OBJECT,
  BSF_SECTION_SYM,
  BSF_SYNTHETIC,
  BSF_WARNING,
  BSF_WEAK,
} from "../bfd/symbols.ts";
import { Fatal } from "../fatal.ts";
import { complain, type ToolHost } from "../host.ts";
import { type AddedSymbol, ruleFor, type Settings } from "./settings.ts";

// Values of options that are small languages of their own.

const SECTION_FLAGS: readonly (readonly [string, number])[] = [
  ["alloc", SEC_ALLOC],
  ["load", SEC_LOAD],
  ["noload", SEC_NEVER_LOAD],
  ["readonly", SEC_READONLY],
  ["debug", SEC_DEBUGGING],
  ["code", SEC_CODE],
  ["data", SEC_DATA],
  ["rom", SEC_ROM],
  ["exclude", SEC_EXCLUDE],
  ["share", 0],
  ["contents", SEC_HAS_CONTENTS],
  ["merge", SEC_MERGE],
  ["strings", SEC_STRINGS],
];

/** `alloc,load,…`; each may be cut short. */
export function parseSectionFlags(text: string, host: ToolHost): number {
  let flags = 0;
  for (const word of text.split(",")) {
    const row = SECTION_FLAGS.find(([name]) => name.startsWith(word.toLowerCase()));
    if (!row) {
      complain(host, `unrecognized section flag \`${word}'`);
      throw new Fatal(`supported flags: ${SECTION_FLAGS.map(([name]) => name).join(", ")}`);
    }
    flags |= row[1];
  }
  return flags;
}

const SYMBOL_FLAGS: readonly (readonly [string, number])[] = [
  ["local", BSF_LOCAL],
  ["global", BSF_GLOBAL],
  ["export", 0],
  ["debug", BSF_DEBUGGING],
  ["function", BSF_FUNCTION],
  ["weak", BSF_WEAK],
  ["section", BSF_SECTION_SYM],
  ["constructor", 0],
  ["warning", BSF_WARNING],
  ["indirect", BSF_INDIRECT],
  ["file", BSF_FILE],
  ["object", BSF_OBJECT],
  ["synthetic", BSF_SYNTHETIC],
  ["indirect-function", BSF_GNU_INDIRECT_FUNCTION | BSF_FUNCTION],
  ["unique-object", BSF_GNU_UNIQUE | BSF_OBJECT],
];

/** `NAME=[SECTION:]VALUE[,FLAGS]` of --add-symbol. */
export function parseAddedSymbol(text: string, host: ToolHost): AddedSymbol {
  const equals = text.indexOf("=");
  if (equals < 0) throw new Fatal("bad format for --add-symbol");
  const name = text.slice(0, equals);
  const rest = text.slice(equals + 1);
  const colon = rest.indexOf(":");
  const section = colon < 0 ? undefined : rest.slice(0, colon);
  const [number, ...words] = rest.slice(colon + 1).split(",");
  let flags = words.length === 0 ? BSF_GLOBAL : 0;
  let before: string | undefined;
  for (const word of words) {
    const row = SYMBOL_FLAGS.find(([flag]) => flag === word.toLowerCase());
    if (row) flags |= row[1];
    else if (/^before=./i.test(word)) before = word.slice(7);
    else {
      complain(host, `unrecognized symbol flag \`${word}'`);
      throw new Fatal(`supported flags: ${SYMBOL_FLAGS.map(([flag]) => flag).join(", ")}, before=<othersym>`);
    }
  }
  return { name, section, value: leadingNumber(number), flags, before };
}

/** What strtol makes of a text: its start, as far as it is a number. */
function leadingNumber(text: string): bigint {
  const match = /^\s*([+-]?)(0x[0-9a-f]+|\d+)/i.exec(text);
  if (!match) return 0n;
  const digits = /^0\d/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2];
  try {
    const value = BigInt(digits);
    return BigInt.asUintN(64, match[1] === "-" ? -value : value);
  } catch {
    return 0n;
  }
}

/** An address: decimal, 0x or 0 octal; the whole text. */
export function parseAddress(text: string, option: string): bigint {
  const match = /^([+-]?)(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (!match || (/^0\d/.test(match[2]) && /[89]/.test(match[2])))
    throw new Fatal(`${option}: bad number: ${text}`);
  return leadingNumber(text);
}

/** `SECTION{=,+,-}VALUE` of --change-section-address and its relatives. */
export function parseSectionAddress(
  text: string,
  option: string,
  what: "both" | "lma" | "vma",
  settings: Settings,
): void {
  let at = text.indexOf("=");
  if (at < 0) at = text.indexOf("+");
  if (at < 0) at = text.indexOf("-");
  if (at < 0) throw new Fatal(`bad format for ${option}`);
  const rule = ruleFor(settings, text.slice(0, at));
  const number = parseAddress(text.slice(at + 1), option);
  const set = text[at] === "=";
  const value = text[at] === "-" ? -number : number;
  if (what !== "lma") rule.vma = { set, value };
  if (what !== "vma") rule.lma = { set, value };
}

/** `SECTION=ALIGN`; a power of two. */
export function parseAlignment(text: string, settings: Settings): void {
  const at = text.indexOf("=");
  if (at < 0) throw new Fatal("bad format for --set-section-alignment: argument needed");
  const align = Number.parseInt(text.slice(at + 1), 10);
  if (!(align > 0)) throw new Fatal("bad format for --set-section-alignment: numeric argument needed");
  const power = Math.log2(align);
  if (!Number.isInteger(power))
    throw new Fatal("bad format for --set-section-alignment: alignment is not a power of two");
  ruleFor(settings, text.slice(0, at)).alignmentPower = power;
}

/** `OLD=NEW[,FLAGS]` of --rename-section. */
export function parseRename(text: string, settings: Settings, host: ToolHost): void {
  const at = text.indexOf("=");
  const [name, ...flags] = text.slice(at + 1).split(",");
  if (at <= 0 || name === "") throw new Fatal("bad format for --rename-section");
  const old = text.slice(0, at);
  const value = flags.length > 0 ? parseSectionFlags(flags.join(","), host) : undefined;
  const known = settings.renames.get(old);
  if (known) {
    if (known.name === name && known.flags === value) return;
    throw new Fatal(`Multiple renames of section ${old}`);
  }
  settings.renames.set(old, { name, flags: value });
}

export function addRedefinition(cause: string, from: string, to: string, settings: Settings): void {
  if (settings.redefine.has(from)) throw new Fatal(`${cause}: Multiple redefinition of symbol "${from}"`);
  if ([...settings.redefine.values()].includes(to))
    throw new Fatal(`${cause}: Symbol "${to}" is target of more than one redefinition`);
  settings.redefine.set(from, to);
}

/** A file of `OLD NEW` lines; `#` starts a comment. */
export function readRedefinitions(file: string, text: string, settings: Settings): void {
  text.split("\n").forEach((line, i) => {
    const words = line.replace(/#.*$/, "").trim().split(/\s+/);
    if (words[0] === "") return;
    if (words.length < 2) throw new Fatal(`${file}:${i + 1}: missing new symbol name`);
    if (words.length > 2) throw new Fatal(`${file}:${i + 1}: garbage found at end of line`);
    addRedefinition(file, words[0], words[1], settings);
  });
}
