import { int32Column, uint8Column } from "../../binary/index.ts";
import type { Note, Report } from "../../diagnostics/index.ts";
import { SHF_ALLOC, SHF_TLS, STT_SECTION, STT_TLS } from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  type SectionId,
  type SymbolId,
  SymbolSection,
  sectionName,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { Locator } from "../explain/locate.ts";
import { keptCopyOwner } from "../inputs/groups.ts";
import type { DuplicateSymbol, ResolvedInputs } from "../inputs/inputs.ts";
import { isDebugName } from "../place/section-flags.ts";
import type { DefinitionPlace } from "./resolve.ts";
import { nearestSymbol, spelledLike } from "./spelling.ts";

// Reports what is wrong with symbols: two definitions, none, or one in a
// section that is not linked. Undefined is only what a live section refers to
// with a relocation, and the message is about the reference, not the symbol.
//
// One pass over the symbols marks the suspects, in a byte each; one over the
// relocations of live sections, in the objects that mention a suspect, finds who
// refers to them.

/** Bits, so that those of several symbols can be put together. */
const SUSPECT = { no: 0, undefined: 1, discarded: 2 } as const;

/** After this many messages in a row about one symbol the rest are summed up, as in GNU ld. */
const ROW = 5;
/** LLD lists this many references of a symbol. */
const MOST_REFERENCES = 10;
/** For this many symbols we look for what the user may have meant. */
const MOST_HINTS = 20;

interface Reference {
  readonly symbol: SymbolId;
  readonly section: SectionId;
  readonly offset: number;
}

/**
 * Reports duplicate symbols, and undefined ones in `undefinedReport`, since GNU ld says those when it writes. Call it
 * after placement: what nobody reaches or keeps is not missed.
 */
export function checkSymbols(
  inputs: ResolvedInputs,
  target: Target,
  report: Report,
  undefinedReport = report,
): void {
  const { model } = inputs;
  const { options } = model;
  const locator = new Locator(model);
  if (!options.allowMultipleDefinition)
    for (const duplicate of inputs.duplicates) reportDuplicate(model, duplicate, locator, report);
  checkRequired(model, report);
  if (options.kind === "relocatable") {
    const references = options.compat === "gnu" ? referencesToDiscarded(model, target) : [];
    reportDiscardedGnu(model, references, locator, undefinedReport);
    return;
  }
  if (options.compat === "lld") checkThreadLocals(model, report);
  const suspects = findSuspects(model);
  if (!suspects.any) return;
  const { undefinedOnes, discardedOnes } = findReferences(model, target, suspects);
  if (options.compat === "lld") {
    reportUndefinedLld(inputs, undefinedOnes, locator, report);
    reportDiscardedLld(model, discardedOnes, locator, report);
  } else {
    reportUndefinedGnu(inputs, undefinedOnes, locator, undefinedReport);
    reportDiscardedGnu(model, discardedOnes, locator, undefinedReport);
  }
}

/** Who refers to symbols in sections that are left out by now. */
export function referencesToDiscarded(model: LinkModel, target: Target): readonly Reference[] {
  const suspects = findSuspects(model);
  const { marks, objects } = suspects;
  for (let id = 0; id < objects.length; id++) objects[id] &= SUSPECT.discarded;
  if (objects.every((kinds) => kinds === SUSPECT.no)) return [];
  for (let id = 1; id < marks.length; id++) if (marks[id] === SUSPECT.undefined) marks[id] = SUSPECT.no;
  return findReferences(model, target, suspects).discardedOnes;
}

function checkRequired({ options, names, symbols, dynamic }: LinkModel, report: Report): void {
  for (const name of options.requireDefined) {
    const id = names.find(name);
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol !== 0 && symbols.section[symbol] !== SymbolSection.undefined) continue;
    if (symbol !== 0 && dynamic && dynamic.definitionOf(symbols, symbol) !== 0) continue;
    report.error("LD0405", undefined, `required symbol \`${name}' not defined`, {
      lld: `required symbol not defined: ${name}`,
    });
  }
}

/** LLD: a thread-local symbol has an address only where there are thread-local sections. */
function checkThreadLocals({ symbols, sections, objects }: LinkModel, report: Report): void {
  let first = 0;
  for (let id = 1; id < symbols.count && first === 0; id++)
    if ((symbols.info[id] & 15) === STT_TLS && sections.fate[Math.max(0, symbols.section[id])] === Fate.kept)
      first = id;
  if (first === 0) return;
  for (let section = 1; section < sections.count; section++)
    if ((sections.flags[section] & SHF_TLS) !== 0 && sections.fate[section] === Fate.kept) return;
  const file = objects[sections.object[symbols.section[first]]]?.name ?? "";
  const message = `${file} has an STT_TLS symbol but doesn't have an SHF_TLS section`;
  report.error("LD0407", undefined, message);
}

// Duplicates

function reportDuplicate(
  model: LinkModel,
  duplicate: DuplicateSymbol,
  locator: Locator,
  report: Report,
): void {
  const { sections, objects } = model;
  const { first, second } = duplicate;
  const dropped = ({ section }: DefinitionPlace) => section > 0 && sections.fate[section] === Fate.discarded;
  if (dropped(first) || dropped(second)) return;
  const name = locator.nameOf(duplicate.symbol);
  const gnu = (place: DefinitionPlace, withFunction: boolean): string => {
    if (place.section <= 0)
      return `${objects[place.object]?.name ?? "linker"}:(*ABS*+0x${place.value.toString(16)})`;
    return withFunction
      ? locator.gnuPlace(place.section, place.value)
      : locator.gnuPlain(place.section, place.value);
  };
  if (model.options.compat === "gnu") {
    const place = gnu(second, true);
    report.error(
      "LD0403",
      place,
      `multiple definition of \`${name}'; ${gnu(first, false)}: first defined here`,
    );
    return;
  }
  const lldPlace = (place: DefinitionPlace): string =>
    place.section <= 0
      ? `\n>>> defined in ${objects[place.object]?.name ?? ""}`
      : `\n>>> defined at ${locator.lldPlace(place.section, place.value, duplicate.symbol, "            ")}`;
  const plain = first.section <= 0 || second.section <= 0;
  const lld = plain
    ? `duplicate symbol: ${name}\n>>> defined in ${objects[first.object]?.name ?? ""}\n>>> defined in ${objects[second.object]?.name ?? ""}`
    : `duplicate symbol: ${name}${lldPlace(first)}${lldPlace(second)}`;
  report.error("LD0403", undefined, `multiple definition of \`${name}'`, { lld });
}

// Suspects and references

interface Suspects {
  /** One of `SUSPECT` for each symbol. */
  readonly marks: Uint8Array;
  readonly any: boolean;
  /** The bits of those that each object mentions. */
  readonly objects: Uint8Array;
}

function findSuspects(model: LinkModel): Suspects {
  const { symbols, sections, options, objects, arena } = model;
  const { kernels } = arena;
  const isGnu = options.compat === "gnu";
  const marks = uint8Column(symbols.count);
  const suspicious = uint8Column(Math.max(...Object.values(Fate)) + 1).fill(1);
  suspicious[Fate.kept] = suspicious[Fate.consumed] = suspicious[Fate.garbage] = 0;
  if (isGnu) suspicious[Fate.excluded] = 0;

  // Local symbols are many, and few objects have a section that was left out.
  const wanted = uint8Column(objects.length);
  const mentioned = new Uint8Array(objects.length);
  const columns = symbols.lend(0, 0);
  const { byteOffset: sectionColumns } = sections.block;
  const { byteOffset: fates } = suspicious;
  const { byteOffset: marked } = marks;
  kernels.noteFates(sectionColumns, sections.count, fates, wanted.byteOffset);
  let kinds: number = SUSPECT.no;
  for (const { id, localBase, localCount } of objects) {
    if (wanted[id] === 0 && isGnu) continue;
    const end = localBase + localCount;
    // A local symbol that is not defined is LLD's error only; the null symbols have no name.
    mentioned[id] = kernels.markLocals(columns, sectionColumns, localBase, end, fates, isGnu ? 0 : 1, marked);
    kinds |= mentioned[id];
  }
  const globals = symbols.globals();
  let ofGlobals = kernels.markGlobals(columns, sectionColumns, globals.length, fates, marked);
  if (model.dynamic && (ofGlobals & SUSPECT.undefined) !== 0) {
    ofGlobals &= ~SUSPECT.undefined;
    for (const symbol of globals) {
      if (marks[symbol] !== SUSPECT.undefined) continue;
      if (model.dynamic.definitionOf(symbols, symbol) !== 0) marks[symbol] = SUSPECT.no;
      else ofGlobals |= SUSPECT.undefined;
    }
  }
  kinds |= ofGlobals;
  if (options.noUndefined === "ignore" && (kinds & SUSPECT.undefined) !== 0) {
    for (let id = 1; id < symbols.count; id++)
      if (marks[id] === SUSPECT.undefined && (isGnu || (symbols.other[id] & 3) === 0)) marks[id] = 0;
  }
  if (ofGlobals !== SUSPECT.no)
    for (const { id, idsAddress, symbolCount, firstGlobal } of objects)
      mentioned[id] |= kernels.kindsAmong(marked, idsAddress, firstGlobal, symbolCount);
  return { marks, any: kinds !== SUSPECT.no, objects: mentioned };
}

/** Words of the kernel's job: see src/kernels/assembly/references.ts. */
const Job = {
  file: 0,
  symbolIds: 1,
  is64: 2,
  sections: 3,
  marks: 4,
  section: 5,
  at: 6,
  end: 7,
  tolerant: 8,
  alsoTolerant: 9,
  all: 10,
  unloaded: 11,
  rewritten: 12,
  words: 13,
} as const;

function findReferences(
  model: LinkModel,
  target: Target,
  { marks, objects: mentioned }: Suspects,
): { undefinedOnes: Reference[]; discardedOnes: Reference[] } {
  const { sections, names, objects, options, arena } = model;
  const undefinedOnes: Reference[] = [];
  const discardedOnes: Reference[] = [];
  const frames = names.find(".eh_frame");
  const tables = names.find(".gcc_except_table");
  const job = int32Column(Job.words);
  job[Job.sections] = sections.block.byteOffset;
  job[Job.marks] = marks.byteOffset;
  job[Job.tolerant] = frames;
  job[Job.alsoTolerant] = tables;
  for (const type of target.tlsCallTypes ?? []) job[Job.rewritten] |= 1 << type;
  for (const object of objects) {
    if (mentioned[object.id] === SUSPECT.no) continue;
    const anyUndefined = (mentioned[object.id] & SUSPECT.undefined) !== 0;
    const { view, is64, symbolIds, address } = object;
    job[Job.file] = address;
    job[Job.symbolIds] = symbolIds.byteOffset;
    job[Job.is64] = is64 ? 1 : 0;
    job[Job.section] = object.sectionBase + 1;
    job[Job.at] = 0;
    job[Job.end] = object.sectionBase + object.sectionCount;
    job[Job.all] = anyUndefined ? 1 : 0;
    // LLD looks at nothing that is not loaded; GNU ld also misses symbols of debug information.
    job[Job.unloaded] = anyUndefined && options.compat === "gnu" ? 1 : 0;
    while (arena.kernels.findReference(job.byteOffset)) {
      const section = job[Job.section];
      const at = job[Job.at] >>> 0;
      const table = sections.relocations[section];
      const entry = sections.entsize[table];
      job[Job.at] = at + entry;
      const symbol = symbolIds[is64 ? view.getUint32(at + 12, true) : view.getUint32(at + 4, true) >>> 8];
      const isUndefined = marks[symbol] === SUSPECT.undefined;
      if (!isUndefined && isTolerant(model, section)) continue;
      (isUndefined ? undefinedOnes : discardedOnes).push({
        symbol,
        section,
        offset: view.getUint32(at, true),
      });
    }
  }
  return { undefinedOnes, discardedOnes };
}

/** Whether a section may refer to what was discarded. */
function isTolerant({ sections, names }: LinkModel, section: SectionId): boolean {
  return (sections.flags[section] & SHF_ALLOC) === 0 && isDebugName(names.text(sections.name[section]));
}

// Undefined symbols

function reportUndefinedGnu(
  inputs: ResolvedInputs,
  references: readonly Reference[],
  locator: Locator,
  report: Report,
): void {
  const { model } = inputs;
  const { options } = model;
  const warn = options.warnUnresolved || options.noUndefined === "warn";
  const hinted = new Set<SymbolId>();
  let last = 0;
  let row = 0;
  for (const { symbol, section, offset } of references) {
    row = symbol === last ? row + 1 : 0;
    last = symbol;
    if (row > ROW) {
      // They count, though nothing is said of them.
      if (!warn) report.errorCount++;
      continue;
    }
    const name = locator.nameOf(symbol);
    const more = row === ROW;
    const place = more ? locator.gnuPlain(section, offset) : locator.gnuPlace(section, offset);
    const message = more
      ? `more undefined references to \`${name}' follow`
      : `undefined reference to \`${name}'`;
    const notes = !hinted.has(symbol) && hinted.size < MOST_HINTS ? hints(inputs, symbol, locator) : [];
    hinted.add(symbol);
    if (warn) report.warning("LD0404", place, message, { notes });
    else report.error("LD0404", place, message, { notes });
  }
}

/** What we know of an undefined symbol beyond that it is. */
function hints(inputs: ResolvedInputs, symbol: SymbolId, locator: Locator): Note[] {
  const { model } = inputs;
  const { symbols, names, objects, sections } = model;
  const raw = names.text(symbols.name[symbol]);
  const notes: Note[] = [];
  const lost = inputs.discarded.get(symbol);
  if (lost !== undefined) {
    const owner = objects[keptCopyOwner(model, lost)]?.name;
    const from = objects[sections.object[lost]]?.name;
    notes.push({
      message: `${from} defines it in a COMDAT group whose copy in ${owner ?? "another object"} was taken; that copy has no such symbol`,
    });
  }
  for (const archive of inputs.archivesWith(raw))
    notes.push({
      message: `${archive} has it, but was searched before it was needed; name it after ${objects[symbols.object[symbol]]?.name ?? "its user"}, or put both between --start-group and --end-group`,
    });
  if (raw.startsWith("__real_"))
    notes.push({ message: `\`${raw}' means \`${raw.slice(7)}' only with --wrap=${raw.slice(7)}` });
  if (notes.length > 0) return notes;
  const near = nearestSymbol(model, raw);
  if (near !== 0) {
    const where = objects[symbols.object[near]]?.name;
    notes.push({
      message: `did you mean \`${locator.nameOf(near)}'${where ? `, defined in ${where}` : ""}?`,
    });
  }
  if (raw.startsWith("_ZTV"))
    notes.push({
      message:
        "a class whose first virtual function that is neither inline nor pure has no definition has no vtable either",
    });
  return notes;
}

const VISIBILITY = ["", "internal ", "hidden ", "protected "] as const;

function reportUndefinedLld(
  inputs: ResolvedInputs,
  references: readonly Reference[],
  locator: Locator,
  report: Report,
): void {
  const { model } = inputs;
  const { symbols, names, objects, sections, options } = model;
  let spelled = 0;
  for (const [symbol, places] of bySymbol(references)) {
    const raw = names.text(symbols.name[symbol]);
    const name = locator.nameOf(symbol);
    const lost = inputs.discarded.get(symbol);
    let text =
      lost !== undefined
        ? `relocation refers to a symbol in a discarded section: ${name}${discardedDetails(model, lost)}`
        : `undefined ${VISIBILITY[symbols.other[symbol] & 3]}symbol: ${name}`;
    text += referenceLines(places, symbol, locator);
    if (spelled++ < 2 && lost === undefined) {
      const like = spelledLike(model, symbol);
      if (like !== 0) {
        const object =
          objects[symbols.section[like] > 0 ? sections.object[symbols.section[like]] : symbols.object[like]];
        text += `\n>>> did you mean: ${locator.nameOf(like)}`;
        if (object) text += `\n>>> defined in: ${object.name}`;
      }
    }
    if (raw.startsWith("_ZTV"))
      text +=
        "\n>>> the vtable symbol may be undefined because the class is missing its key function (see https://lld.llvm.org/missingkeyfunction)";
    const external = (symbols.other[symbol] & 3) === 0;
    const warn =
      ((options.noUndefined === "warn" || options.warnUnresolved) && external) || options.noinhibitExec;
    const message = `undefined symbol: ${name}`;
    if (warn) report.warning("LD0404", undefined, message, { lld: text });
    else report.error("LD0404", undefined, message, { lld: text });
  }
}

function bySymbol(references: readonly Reference[]): Map<SymbolId, Reference[]> {
  const grouped = new Map<SymbolId, Reference[]>();
  for (const reference of references) {
    const known = grouped.get(reference.symbol);
    if (known) known.push(reference);
    else grouped.set(reference.symbol, [reference]);
  }
  return grouped;
}

function referenceLines(places: readonly Reference[], symbol: SymbolId, locator: Locator): string {
  let text = "";
  for (const { section, offset } of places.slice(0, MOST_REFERENCES))
    text += `\n>>> referenced by ${locator.lldPlace(section, offset, symbol, "               ")}`;
  if (places.length > MOST_REFERENCES)
    text += `\n>>> referenced ${places.length - MOST_REFERENCES} more times`;
  return text;
}

// Definitions in sections that are not linked

function reportDiscardedGnu(
  model: LinkModel,
  references: readonly Reference[],
  locator: Locator,
  report: Report,
): void {
  const { symbols, sections, objects } = model;
  for (const { symbol, section } of references) {
    const place = symbols.section[symbol];
    const kept = objects[keptCopyOwner(model, place)];
    const nameOf = (row: SectionId) => sectionName(model, row);
    const fileOf = (row: SectionId) => objects[sections.object[row]]?.name ?? "linker";
    report.error(
      "LD0406",
      undefined,
      `\`${locator.nameOf(symbol)}' referenced in section \`${nameOf(section)}' of ${fileOf(section)}: defined in discarded section \`${nameOf(place)}' of ${fileOf(place)}`,
      {
        nameless: true,
        notes: kept ? [{ message: `the copy of its COMDAT group in ${kept.name} was taken` }] : [],
      },
    );
  }
}

function reportDiscardedLld(
  model: LinkModel,
  references: readonly Reference[],
  locator: Locator,
  report: Report,
): void {
  const { symbols, sections, names, options } = model;
  for (const [symbol, places] of bySymbol(references)) {
    const place = symbols.section[symbol];
    // What a script discards is nobody's mistake: such references become zero.
    if (sections.fate[place] === Fate.discarded) continue;
    const isSection = (symbols.info[symbol] & 15) === STT_SECTION;
    const what = isSection
      ? `relocation refers to a discarded section: ${names.text(sections.name[place])}`
      : `relocation refers to a symbol in a discarded section: ${locator.nameOf(symbol)}`;
    const lld = `${what}${discardedDetails(model, place)}${referenceLines(places, symbol, locator)}`;
    if (options.noinhibitExec) report.warning("LD0406", undefined, what, { lld });
    else report.error("LD0406", undefined, what, { lld });
  }
}

function discardedDetails(model: LinkModel, section: SectionId): string {
  const { sections, objects, groups, names } = model;
  let text = `\n>>> defined in ${objects[sections.object[section]]?.name ?? ""}`;
  const group = groups.at(sections.group[section]);
  if (sections.fate[section] === Fate.duplicate && group)
    text += `\n>>> section group signature: ${names.text(group.signature)}\n>>> prevailing definition is in ${objects[group.object].name}`;
  return text;
}
