import { ABSOLUTE, type BfdSection, isCommon, SEC_DEBUGGING, SEC_GROUP, UNDEFINED } from "../bfd/section.ts";
import {
  BSF_DEBUGGING,
  BSF_FILE,
  BSF_GLOBAL,
  BSF_GNU_UNIQUE,
  BSF_KEEP,
  BSF_LOCAL,
  BSF_SECTION_SYM,
  BSF_WEAK,
  isLocalLabel,
} from "../bfd/symbols.ts";
import { Fatal } from "../fatal.ts";
import { complain, type ToolHost } from "../host.ts";
import {
  type CopySymbol,
  type InputObject,
  type InputSection,
  isLinked,
  isSpecial,
  type OutputSection,
} from "./model.ts";
import { type AddedSymbol, findRule, type Settings } from "./settings.ts";

// Which sections and symbols survive a copy, and under what name and binding.

/** Sections that stripping debugging information spares although they are debugging sections by their flags. */
const KEPT_DEBUG = new Set([".reloc", ".gnu_debuglink", ".gnu_debugaltlink"]);

/** A section that the options remove, not looking at groups. */
function isRemovedAlone(
  section: { readonly name: string; readonly flags: number },
  settings: Settings,
): boolean {
  const { name } = section;
  if (findRule(settings, name, (rule) => rule.keep)) return false;
  const anyCopied = settings.rules.some((rule) => rule.copy);
  if (anyCopied || settings.rules.some((rule) => rule.remove)) {
    const removed = findRule(settings, name, (rule) => rule.remove);
    const copied = findRule(settings, name, (rule) => rule.copy);
    if (removed && copied) throw new Fatal(`error: section ${name} matches both remove and copy options`);
    if (removed && settings.updateSections.some((added) => added.name === name))
      throw new Fatal(`error: section ${name} matches both update and remove options`);
    if (removed || (anyCopied && !copied)) return true;
  }
  const { strip } = settings;
  const isDwo = name.endsWith(".dwo");
  if (section.flags & SEC_DEBUGGING) {
    const strips = strip === "debug" || strip === "unneeded" || strip === "all" || settings.discard === "all";
    if (strips && !KEPT_DEBUG.has(name)) return true;
    if (strip === "dwo") return isDwo;
    if (strip === "only-keep-debug") return false;
  }
  return strip === "only-dwo" && !isDwo;
}

/** A section that the options remove; a group goes when its signature or all its members go. */
export function isRemoved(section: InputSection, settings: Settings): boolean {
  if (isRemovedAlone(section, settings)) return true;
  if (!(section.flags & SEC_GROUP)) return false;
  const { signature, members } = section;
  if (!signature) return true;
  if (settings.strip === "all" && !settings.keepSymbols.has(signature.name, settings.wildcards)) return true;
  if (settings.stripSymbols.has(signature.name, settings.wildcards)) return true;
  return members.every((member) => isRemovedAlone(member, settings));
}

/** Whether any option looks at symbols at all; otherwise they are copied as they are. */
export function filtersSymbols(settings: Settings): boolean {
  const s = settings;
  const sets = [s.stripSymbols, s.keepSymbols, s.localize, s.globalize, s.keepGlobal, s.weakenSymbols];
  return (
    s.strip !== "nothing" ||
    s.discard !== "none" ||
    s.localizeHidden ||
    sets.some((set) => set.size > 0) ||
    s.redefine.size > 0 ||
    s.prefixSymbols !== "" ||
    s.rules.some((rule) => rule.remove || rule.copy) ||
    s.renames.size > 0 ||
    s.weaken ||
    s.addSymbols.length > 0
  );
}

/** The symbols of the output, in order; sets `code` to 1 where a wish could not be met. */
export function filterSymbols(
  input: InputObject,
  settings: Settings,
  sections: readonly OutputSection[],
  host: ToolHost,
): { symbols: CopySymbol[]; code: number } {
  const relocatable = !isLinked(input);
  const { wildcards } = settings;
  const symbols: CopySymbol[] = [];
  const pendingBefore = settings.addSymbols.filter((added) => added.before !== undefined).reverse();
  let code = 0;
  for (const symbol of input.symbols) {
    const { section, flags } = symbol;
    const isUndefined = section === UNDEFINED;
    const before = pendingBefore.findIndex((added) => added.before === symbol.name);
    if (before >= 0) symbols.push(makeSymbol(pendingBefore.splice(before, 1)[0], sections));
    rename(symbol, settings);
    const { name } = symbol;
    const common = isSpecial(section) && isCommon(section);
    let keep: boolean;
    let inRelocation = false;
    if (settings.strip === "all") keep = false;
    else if (flags & BSF_KEEP) {
      keep = true;
      inRelocation = true;
    } else if (relocatable && (flags & (BSF_GLOBAL | BSF_WEAK) || common)) keep = true;
    else if (flags & (BSF_GLOBAL | BSF_WEAK) || isUndefined || common) keep = settings.strip !== "unneeded";
    else if (flags & BSF_DEBUGGING) keep = settings.strip !== "debug" && settings.strip !== "unneeded";
    else {
      const discarded =
        settings.discard === "all" || (settings.discard === "local-labels" && isLocalOf(symbol));
      keep = settings.strip !== "unneeded" && !discarded;
    }
    if (keep && settings.stripSymbols.has(name, wildcards)) {
      if (inRelocation) {
        complain(host, `not stripping symbol \`${name}' because it is named in a relocation`);
        code = 1;
      } else keep = false;
    }
    if (keep && !(flags & BSF_KEEP) && settings.stripUnneededSymbols.has(name, wildcards)) keep = false;
    if (
      !keep &&
      ((settings.keepFileSymbols && flags & BSF_FILE) || settings.keepSymbols.has(name, wildcards))
    )
      keep = true;
    if (keep && isSectionGone(section, settings)) keep = false;
    if (!keep) continue;
    rebind(symbol, flags, isUndefined, settings);
    symbols.push(symbol);
  }
  if (pendingBefore.length > 0) throw new Fatal(`'before=${pendingBefore[0].before}' not found`);
  for (const added of settings.addSymbols)
    if (added.before === undefined) symbols.push(makeSymbol(added, sections));
  return { symbols, code };
}

/** Undefined, absolute and common symbols go, too, when their section is not among those to copy: `*UND*`. */
function isSectionGone(section: CopySymbol["section"], settings: Settings): boolean {
  if ("members" in section) return isRemoved(section, settings);
  return isSpecial(section) && isRemovedAlone(section, settings);
}

/** Made by a compiler or an assembler for itself. */
export function isLocalOf(symbol: CopySymbol): boolean {
  // BFD asks for locals that are no section or file symbols.
  if (symbol.flags & (BSF_GLOBAL | BSF_WEAK | BSF_FILE | BSF_SECTION_SYM)) return false;
  return isLocalLabel(symbol.name);
}

function rename(symbol: CopySymbol, settings: Settings): void {
  const redefined = settings.redefine.get(symbol.name);
  if (redefined !== undefined) symbol.name = redefined;
  else if (symbol.flags & BSF_SECTION_SYM)
    symbol.name = settings.renames.get(symbol.name)?.name ?? symbol.name;
  if (settings.prefixSymbols !== "") symbol.name = settings.prefixSymbols + symbol.name;
}

/** `flags` are those before any change. */
function rebind(symbol: CopySymbol, flags: number, isUndefined: boolean, settings: Settings): void {
  const { name } = symbol;
  const { wildcards } = settings;
  if (
    (flags & (BSF_GLOBAL | BSF_GNU_UNIQUE) || isUndefined) &&
    (settings.weaken || settings.weakenSymbols.has(name, wildcards))
  )
    symbol.flags = (symbol.flags & ~(BSF_GLOBAL | BSF_GNU_UNIQUE)) | BSF_WEAK;
  if (isUndefined) return;
  if (flags & (BSF_GLOBAL | BSF_WEAK)) {
    const visibility = (symbol.elf?.other ?? 0) & 3;
    const localized =
      settings.localize.has(name, wildcards) ||
      (settings.keepGlobal.size > 0 && !settings.keepGlobal.has(name, wildcards)) ||
      (settings.localizeHidden && (visibility === 1 || visibility === 2));
    if (localized) symbol.flags = (symbol.flags & ~(BSF_GLOBAL | BSF_WEAK)) | BSF_LOCAL;
  }
  if (flags & BSF_LOCAL && settings.globalize.has(name, wildcards))
    symbol.flags = (symbol.flags & ~BSF_LOCAL) | BSF_GLOBAL;
}

function makeSymbol(added: AddedSymbol, sections: readonly OutputSection[]): CopySymbol {
  let section: OutputSection | BfdSection = ABSOLUTE;
  if (added.section !== undefined) {
    const found = sections.find(({ name }) => name === added.section);
    if (!found) throw new Fatal(`Section ${added.section} not found`);
    section = found;
  }
  return {
    name: added.name,
    section,
    flags: added.flags,
    value: added.value,
    elf: undefined,
    outputIndex: 0,
  };
}
