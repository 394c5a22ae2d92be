import type { Report } from "../diagnostics/index.ts";
import { SHF_ALLOC, STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE, STT_SECTION } from "../elf/index.ts";
import {
  type LinkModel,
  localName,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
  sectionName,
} from "../model/index.ts";
import { halvesAsBigInt } from "./common.ts";
import type { RelocateContext } from "./target.ts";

// What relocations can be wrong about, in the words of GNU ld and LLD.

/** A symbol as messages name it: a section symbol by its section. */
export function symbolName(model: LinkModel, symbol: SymbolId): string {
  const { symbols, sections, names } = model;
  const home = symbols.section[symbol];
  if ((symbols.info[symbol] & 15) === STT_SECTION && home > 0) return names.text(sections.name[home]);
  const local = localName(model, symbol);
  return local ?? names.text(symbols.name[symbol]);
}

export function objectName(model: LinkModel, section: SectionId): string {
  return model.objects[model.sections.object[section]]?.name ?? model.options.program;
}

/** RISC-V's marks of where code and data begin: `$x`, `$xrv64i2p1`, `$d`. */
function isMappingSymbol(name: string): boolean {
  return name.startsWith("$x") || name.startsWith("$d");
}

/** The function that an offset of a section is in; GNU ld also takes an untyped label before it. 0: none. */
export function functionAt(model: LinkModel, section: SectionId, offset: number, labels: boolean): SymbolId {
  const { symbols, sections } = model;
  const object = model.objects[sections.object[section]];
  if (!object) return 0;
  let best = 0;
  for (let i = 1; i < object.symbolIds.length; i++) {
    const symbol = object.symbolIds[i];
    if (symbols.section[symbol] !== section) continue;
    const type = symbols.info[symbol] & 15;
    const isFunction = type === STT_FUNC || type === STT_GNU_IFUNC;
    const value = symbols.valueLow[symbol];
    if (value > offset || !(isFunction || (labels && type === STT_NOTYPE))) continue;
    if (!labels && offset >= value + symbols.size[symbol]) continue;
    if (type === STT_NOTYPE && isMappingSymbol(symbolName(model, symbol))) continue;
    if (best === 0 || value > symbols.valueLow[best] || (value === symbols.valueLow[best] && isFunction))
      best = symbol;
  }
  return best;
}

const lastFunction = new WeakMap<Report, string>();

/**
 * Where a relocation is: `a.o:(function main: .text+0x3)` in LLD's words;
 * in GNU's `(.text+0x3)`, after a line `a.o: in function ``main':` unless the
 * last message was about the same function, or `a.o:(.data+0x3)` outside of functions.
 */
export function relocationPlace(
  model: LinkModel,
  section: SectionId,
  offset: number,
  report: Report,
): string {
  const name = sectionName(model, section);
  const file = objectName(model, section);
  const gnu = model.options.compat === "gnu";
  const found = functionAt(model, section, offset, gnu);
  const place = `${name}+0x${gnu ? offset.toString(16) : offset.toString(16).toUpperCase()}`;
  if (found === 0) return `${file}:(${place})`;
  const inside = symbolName(model, found);
  if (!gnu) return `${file}:(function ${inside}: ${place})`;
  const heading = `${file}: in function \`${inside}':`;
  const repeated = lastFunction.get(report) === heading;
  lastFunction.set(report, heading);
  return repeated ? `(${place})` : `${heading}\n(${place})`;
}

/** `symbol `foo' defined in .text section in a.o`, or what else GNU ld says of the target of a relocation. */
function describeTarget(model: LinkModel, symbol: SymbolId): string {
  const { symbols } = model;
  const name = symbolName(model, symbol);
  const home = symbols.section[symbol];
  if ((symbols.flags[symbol] & SymbolFlag.global) === 0) return `\`${name}'`;
  if (home === SymbolSection.undefined) return `undefined symbol \`${name}'`;
  if (home > 0)
    return `symbol \`${name}' defined in ${sectionName(model, home)} section in ${objectName(model, home)}`;
  return `symbol \`${name}' defined in *ABS* section in ${model.options.output}`;
}

/** LLD's `>>> defined in` line, empty for section symbols and symbols without a file. */
function definedIn(model: LinkModel, symbol: SymbolId): string {
  const { symbols } = model;
  const object = model.objects[symbols.object[symbol]];
  if (!object || (symbols.info[symbol] & 15) === STT_SECTION) return "";
  if (symbols.section[symbol] === SymbolSection.script) return "";
  return `\n>>> defined in ${object.name}`;
}

/** Reports a value that does not fit: `value` is outside [least, most]. `offset` is in the input section. */
export function reportRange(
  context: RelocateContext,
  section: SectionId,
  offset: number,
  type: number,
  symbol: SymbolId,
  value: bigint,
  least: bigint,
  most: bigint,
): void {
  const { model, target, report } = context;
  const relocation = target.relocationName(type);
  const isSection = (model.symbols.info[symbol] & 15) === STT_SECTION;
  const references = isSection ? "" : `; references ${symbolName(model, symbol)}`;
  const debug = model.names.text(model.sections.name[section]).startsWith(".debug")
    ? "; consider recompiling with -fdebug-types-section to reduce size of debug sections"
    : "";
  const excess = value > most ? value - most : least - value;
  const gnuPlace = model.options.compat === "gnu" ? context.gnuPlace?.(section, offset) : undefined;
  report.error(
    "LD0601",
    gnuPlace ?? relocationPlace(model, section, offset, report),
    `relocation truncated to fit: ${relocation} against ${describeTarget(model, symbol)}`,
    {
      nameless: true,
      lld: `relocation ${relocation} out of range: ${value} is not in [${least}, ${most}]${references}${definedIn(model, symbol)}${debug}`,
      notes: [
        {
          message: `the value ${hex(value)} is ${hex(excess)} ${value > most ? "above" : "below"} the range ${hex(least)} to ${hex(most)} of the field`,
        },
        {
          message: `${symbolName(model, symbol)} is at ${addressOf(model.symbols.addressLow[symbol], model.symbols.addressHigh[symbol])}, the reference at ${addressOf(model.sections.addressLow[section], model.sections.addressHigh[section], offset)}`,
        },
      ],
    },
  );
}

function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function addressOf(low: number, high: number, offset = 0): string {
  return `0x${BigInt.asUintN(64, halvesAsBigInt(low, high) + BigInt(offset)).toString(16)}`;
}

/** A relocation type that the linker does not know, or that has no place in an object file. */
export function reportUnknown(
  model: LinkModel,
  report: Report,
  section: SectionId,
  offset: number,
  type: number,
  symbol: SymbolId,
): void {
  // LLD knows the place only of what it meets while writing: sections that are not loaded.
  const loaded = (model.sections.flags[section] & SHF_ALLOC) !== 0;
  const lldPlace = loaded ? undefined : relocationPlace(model, section, offset, report);
  report.error(
    "LD0602",
    model.options.compat === "lld" ? lldPlace : objectName(model, section),
    `unsupported relocation type 0x${(type >>> 0).toString(16)}`,
    {
      lld: `unknown relocation (${type >>> 0}) against symbol ${symbolName(model, symbol)}`,
      notes: [{ message: `it is at ${relocationPlace(model, section, offset, report)}` }],
    },
  );
}

/** LLD: a relocation in a section that is not loaded whose value depends on where it is loaded. */
export function reportNotAbsolute(
  context: RelocateContext,
  section: SectionId,
  offset: number,
  type: number,
  symbol: SymbolId,
  isError: boolean,
): void {
  const { model, target, report } = context;
  const message = `has non-ABS relocation ${target.relocationName(type)} against symbol '${symbolName(model, symbol)}'`;
  const place = relocationPlace(model, section, offset, report);
  if (isError) report.error("LD0611", place, message);
  else report.warning("LD0611", place, message);
}

/** LLD: a static PIE's distance to an absolute address is not known. */
export function reportAbsoluteTarget(
  model: LinkModel,
  report: Report,
  section: SectionId,
  offset: number,
  type: string,
  symbol: SymbolId,
): void {
  const message = `relocation ${type} cannot refer to absolute symbol: ${symbolName(model, symbol)}`;
  const place = relocationPlace(model, section, offset, report);
  report.error("LD0612", undefined, `${message}${definedIn(model, symbol)}\n>>> referenced by ${place}`);
}

/** A relocation whose field is not inside its section. */
export function reportOutside(
  context: RelocateContext,
  section: SectionId,
  offset: number,
  type: number,
): void {
  const { model, target, report } = context;
  const name = model.names.text(model.sections.name[section]);
  // Unwind tables that nobody could read, of which nothing is left.
  if (name === ".eh_frame") return;
  report.error(
    "LD0603",
    `${objectName(model, section)}(${sectionName(model, section)}+0x${(offset >>> 0).toString(16)})`,
    `relocation ${target.relocationName(type)} is outside of its section`,
  );
}

/** A relocation of a symbol number that the object does not have. */
export function reportBadSymbol(model: LinkModel, report: Report, section: SectionId, index: number): void {
  report.error("LD0604", objectName(model, section), `bad symbol index: ${index}`, {
    lld: "invalid symbol index",
  });
}

/** GNU ld's complaint about a thread-local access whose instructions are not those of the ABI. */
export function reportTlsSequence(
  context: RelocateContext,
  section: SectionId,
  offset: number,
  from: number,
  to: number,
  symbol: SymbolId,
  lld: string,
): void {
  const { model, target, report } = context;
  report.error(
    "LD0606",
    model.options.compat === "lld"
      ? relocationPlace(model, section, Math.max(0, offset - 3), report)
      : objectName(model, section),
    `TLS transition from ${target.relocationName(from)} to ${target.relocationName(to)} against ` +
      `\`${symbolName(model, symbol)}' at 0x${offset.toString(16)} in section \`${sectionName(model, section)}' failed`,
    { lld },
  );
}

/** A relocation that would have to be applied at run time, and cannot be. */
export function reportNeedsPic(
  model: LinkModel,
  report: Report,
  section: SectionId,
  offset: number,
  type: string,
  symbol: SymbolId,
): void {
  const { symbols } = model;
  const name = symbolName(model, symbol);
  const undefinedWord = symbols.section[symbol] === SymbolSection.undefined ? "undefined " : "";
  const local = (symbols.flags[symbol] & SymbolFlag.global) === 0;
  const visibility = ["symbol", "internal symbol", "hidden symbol", "protected symbol"][
    symbols.other[symbol] & 3
  ];
  const word = local ? "" : `${undefinedWord}${visibility} `;
  report.error(
    "LD0607",
    model.options.compat === "lld" ? undefined : objectName(model, section),
    `relocation ${type} against ${word}\`${name}' can not be used when making a PIE object; recompile with -fPIE`,
    {
      lld:
        `relocation ${type} cannot be used against ${local ? "local symbol" : `symbol '${name}'`}; recompile with -fPIC` +
        `${definedIn(model, symbol)}\n>>> referenced by ${relocationPlace(model, section, offset, report)}`,
    },
  );
}

/** LLD: a function of an i386 PIE whose address would have to be that of a stub. */
export function reportNotPreemptible(
  model: LinkModel,
  report: Report,
  section: SectionId,
  offset: number,
  symbol: SymbolId,
): void {
  const message = `symbol '${symbolName(model, symbol)}' cannot be preempted; recompile with -fPIE`;
  const place = relocationPlace(model, section, offset, report);
  report.error("LD0615", undefined, `${message}${definedIn(model, symbol)}\n>>> referenced by ${place}`);
}

/** A static PIE whose read-only sections must be relocated: LLD refuses (-z notext allows it), GNU ld warns or refuses (-z text). */
export function reportTextRelocation(
  model: LinkModel,
  report: Report,
  section: SectionId,
  offset: number,
  type: string,
  symbol: SymbolId,
): void {
  const { needs, options } = model;
  if (options.compat === "lld") {
    if (options.text === "error") reportNeedsPic(model, report, section, offset, type, symbol);
    else needs.textRelocations = true;
    return;
  }
  if (!needs.textRelocations) {
    const name = sectionName(model, section);
    const message = `relocation against \`${symbolName(model, symbol)}' in read-only section \`${name}'`;
    needs.firstTextRelocation = { where: objectName(model, section), message };
  }
  needs.textRelocations = true;
}

/** The first of them: GNU ld finds it when it has looked at the stack's permissions. */
export function reportFirstTextRelocation({ needs, options }: LinkModel, report: Report): void {
  const first = needs.firstTextRelocation;
  if (first && options.text !== "none") report.warning("LD0613", first.where, first.message);
}

/** What GNU ld says of that when it has laid everything out. */
export function reportTextSegment({ needs, options }: LinkModel, report: Report): void {
  if (!needs.textRelocations || options.compat === "lld" || options.text === "none") return;
  if (options.text === "error")
    report.error("LD0614", undefined, "read-only segment has dynamic relocations");
  else report.warning("LD0614", undefined, "creating DT_TEXTREL in a PIE");
}
