import {
  type LinkModel,
  nameLocalSymbols,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../../model/index.ts";
import { compileGlob } from "../../script/index.ts";
import { symbolDisplayName } from "../explain/display-name.ts";
import type { LinkResult } from "../link.ts";
import { RelocationReader } from "../relocation-reader.ts";

// Why a symbol or a section is in the output, as a chain from it to a root of
// --gc-sections. The collector has left behind, for each section, the section
// and the symbol by which it was reached first: a tree. The chain walks up that
// tree, and is told in the words of LLD's --why-live.

const STT_SECTION = 3;
const STT_FILE = 4;

/** A step of a chain. The first is the subject itself; each other one keeps alive the one before. */
export interface LivenessStep {
  readonly how:
    | "subject"
    | "referenced by"
    | "in live section"
    | "contained live symbol"
    | "in section group with"
    | "depended on by";
  /** `main.o:(foo)` or `main.o:(.text.foo)`. */
  readonly what: string;
  readonly section: SectionId;
  readonly symbol: SymbolId;
  /** Of the last step: why it is a root. */
  readonly root?: string;
}

/** Text of --why-live for one pattern. */
export function whyLive(result: LinkResult, pattern: string): string {
  const model = result.inputs?.model;
  if (!model) return "";
  nameLocalSymbols(model);
  const { symbols, names } = model;
  const matches = compileGlob(pattern);
  let text = "";
  for (let symbol = 1; symbol < symbols.count; symbol++) {
    const name = names.text(symbols.name[symbol]);
    if (
      name === "" ||
      (symbols.info[symbol] & 15) === STT_SECTION ||
      (symbols.info[symbol] & 15) === STT_FILE
    )
      continue;
    if (!matches(name)) continue;
    const chain = symbolChain(model, symbol);
    if (chain) text += renderChain(model, chain);
  }
  return text;
}

export function renderChain(model: LinkModel, chain: readonly LivenessStep[]): string {
  return chain
    .map(({ how, what, root, symbol }) => {
      const head = how !== "subject" ? `>>> ${how}` : symbol ? "live symbol" : "live section";
      return `${head}: ${what}${root === undefined ? "" : ` (${rootText(model, root)})`}\n`;
    })
    .join("");
}

/** LLD has fixed words for each kind of root; ours say more. */
function rootText({ options }: LinkModel, why: string): string {
  if (options.compat !== "lld") return why;
  if (why.startsWith("entry symbol")) return "entry point";
  if (/^(-u |--require-defined)/.test(why)) return "undefined command line flag";
  if (/^(EXTERN|the script)/.test(why)) return "referenced by linker script";
  if (why.startsWith("KEEP")) return "KEEP in linker script";
  if (why === "SHF_GNU_RETAIN") return "retained";
  return /start-up code|a note/.test(why) ? "reserved" : why;
}

/** The chain of a symbol, or undefined where it is not in the output. */
export function symbolChain(model: LinkModel, symbol: SymbolId): LivenessStep[] | undefined {
  const { symbols, trace } = model;
  const section = symbols.section[symbol];
  if ((symbols.flags[symbol] & SymbolFlag.live) === 0) return undefined;
  const subject = {
    how: "subject",
    what: nameOf(model, symbol),
    section: Math.max(0, section),
    symbol,
  } as const;
  if (section <= 0) return [{ ...subject, root: "no section" }];
  if (model.sections.fate[section] !== 0) return undefined;
  if (trace.liveFrom.length === 0) return [{ ...subject, root: "without --gc-sections everything is kept" }];
  const root = rootOf(model, section);
  if (root !== undefined && isRootFor(model, root, symbol)) return [{ ...subject, root }];
  const steps: LivenessStep[] = [subject];
  // The tree knows one reference to each section; another symbol of it may have a reference of its own.
  const from = trace.liveThrough[section] === symbol ? trace.liveFrom[section] : findReference(model, symbol);
  if (from > 0) follow(model, steps, referrer(model, from, symbol));
  else {
    const what = sectionName(model, section);
    const other = root !== undefined && !rootSymbolOf(model, root, section) ? { root } : {};
    steps.push({ how: "in live section", what, section, symbol: 0, ...other });
    if (!("root" in other)) climb(model, steps, section);
  }
  return steps;
}

/** The chain of a section, or undefined where it is not in the output. */
export function sectionChain(model: LinkModel, section: SectionId): LivenessStep[] | undefined {
  const { sections, trace } = model;
  if (sections.fate[section] !== 0) return undefined;
  const steps: LivenessStep[] = [{ how: "subject", what: sectionName(model, section), section, symbol: 0 }];
  if (trace.liveFrom.length === 0) return [{ ...steps[0], root: "without --gc-sections everything is kept" }];
  const root = rootOf(model, section);
  if (root !== undefined && !rootSymbolOf(model, root, section)) return [{ ...steps[0], root }];
  climb(model, steps, section);
  return steps;
}

/** What refers to something: the symbol around the place, or else the section. */
interface Referrer {
  readonly section: SectionId;
  readonly symbol: SymbolId;
}

function follow(model: LinkModel, steps: LivenessStep[], { section, symbol }: Referrer): void {
  const root = rootOf(model, section);
  if (symbol !== 0) {
    const own = root !== undefined && isRootFor(model, root, symbol) ? { root } : {};
    steps.push({ how: "referenced by", what: nameOf(model, symbol), section, symbol, ...own });
    if ("root" in own) return;
    if (model.trace.liveThrough[section] === symbol) {
      follow(model, steps, referrer(model, model.trace.liveFrom[section], symbol));
      return;
    }
    steps.push(inSection(model, section, root));
  } else steps.push({ ...inSection(model, section, root), how: "referenced by" });
  if (steps.at(-1)?.root === undefined) climb(model, steps, section);
}

function inSection(model: LinkModel, section: SectionId, root: string | undefined): LivenessStep {
  const own = root !== undefined && !rootSymbolOf(model, root, section) ? { root } : {};
  return { how: "in live section", what: sectionName(model, section), section, symbol: 0, ...own };
}

/** From a section that the chain has come to, up to what reached it. */
function climb(model: LinkModel, steps: LivenessStep[], section: SectionId): void {
  const { sections, symbols, trace } = model;
  if (steps.length > sections.count + 2) return;
  const root = rootOf(model, section);
  if (root !== undefined) {
    const symbol = rootSymbolOf(model, root, section);
    if (symbol)
      steps.push({ how: "contained live symbol", what: nameOf(model, symbol), section, symbol, root });
    return;
  }
  const from = trace.liveFrom[section];
  const through = trace.liveThrough[section];
  if (from === 0) return;
  const inGroup = sections.group[section] >= 0 && sections.group[section] === sections.group[from];
  if (through === 0) {
    const how = inGroup ? "in section group with" : "depended on by";
    const fromRoot = rootOf(model, from);
    steps.push({ ...inSection(model, from, fromRoot), how });
    if (steps.at(-1)?.root === undefined) climb(model, steps, from);
    return;
  }
  if ((symbols.info[through] & 15) !== STT_SECTION && symbols.section[through] === section)
    steps.push({ how: "contained live symbol", what: nameOf(model, through), section, symbol: through });
  follow(model, steps, referrer(model, from, through));
}

/** Why a section is a root, if it is one. */
function rootOf(model: LinkModel, section: SectionId): string | undefined {
  return model.trace.liveRoots.get(section);
}

/** The symbol of the section that makes it a root; 0 where the section itself is one. */
function rootSymbolOf(model: LinkModel, why: string, section: SectionId): SymbolId {
  const name = rootName(why);
  const id = name === undefined ? -1 : model.names.find(name);
  const symbol = id < 0 ? 0 : model.symbols.global(id);
  return symbol !== 0 && model.symbols.section[symbol] === section ? symbol : 0;
}

function isRootFor(model: LinkModel, why: string, symbol: SymbolId): boolean {
  return rootSymbolOf(model, why, model.symbols.section[symbol]) === symbol;
}

/** The symbol that the reason of a root names. */
function rootName(why: string): string | undefined {
  const match =
    /^entry symbol (.+)$|^-u (.+)$|^--require-defined=(.+)$|^EXTERN\((.+)\)$|^symbol ([^,]+),|^the script refers to (.+)$/.exec(
      why,
    );
  return match?.slice(1).find((part) => part !== undefined);
}

/** The first place in `from` that refers to `symbol`, and what is around it. */
function referrer(model: LinkModel, from: SectionId, symbol: SymbolId): Referrer {
  const reader = new RelocationReader(model);
  reader.open(from);
  for (let i = 0; i < reader.count; i++)
    if (reader.symbol(i) === symbol)
      return { section: from, symbol: enclosingSymbol(model, from, reader.offset(i)) };
  return { section: from, symbol: 0 };
}

/** Some live section that refers to a symbol; 0 for none. */
function findReference(model: LinkModel, symbol: SymbolId): SectionId {
  const { sections } = model;
  if ((model.symbols.flags[symbol] & SymbolFlag.global) === 0 && model.symbols.section[symbol] <= 0) return 0;
  const reader = new RelocationReader(model);
  for (let section = 1; section < sections.count; section++) {
    if (sections.fate[section] !== 0 || (sections.flags[section] & 2) === 0) continue;
    if (section === model.symbols.section[symbol]) continue;
    reader.open(section);
    for (let i = 0; i < reader.count; i++) if (reader.symbol(i) === symbol) return section;
  }
  return 0;
}

/** The function or object that an offset of a section lies in; 0 for none. */
export function enclosingSymbol(model: LinkModel, section: SectionId, offset: number): SymbolId {
  nameLocalSymbols(model);
  const { symbols, sections, objects } = model;
  const object = objects[sections.object[section]];
  if (!object) return 0;
  for (const symbol of object.symbolIds) {
    if (symbols.section[symbol] !== section || symbols.size[symbol] === 0) continue;
    if ((symbols.info[symbol] & 15) === STT_SECTION) continue;
    const value = symbols.valueLow[symbol] >>> 0;
    if (value <= offset && offset < value + symbols.size[symbol]) return symbol;
  }
  return 0;
}

/** `main.o:(foo)`, as LLD says it. */
export function nameOf(model: LinkModel, symbol: SymbolId): string {
  nameLocalSymbols(model);
  const { symbols, objects } = model;
  return `${objects[symbols.object[symbol]]?.name ?? "<internal>"}:(${symbolDisplayName(model, symbol)})`;
}

export function sectionName(model: LinkModel, section: SectionId): string {
  const { sections, names, objects } = model;
  return `${objects[sections.object[section]]?.name ?? "<internal>"}:(${names.text(sections.name[section])})`;
}

/** The table of --why-extract: who wanted which archive member, for which symbol. */
export function whyExtract(result: LinkResult): string {
  const model = result.inputs?.model;
  let text = "reference\textracted\tsymbol\n";
  if (!model) return text;
  const { objects, symbols, names, trace } = model;
  for (const { object, symbol, by } of trace.extractions) {
    if (symbol === 0) continue;
    const reference = by < 0 ? "<internal>" : objects[by].name;
    text += `${reference}\t${objects[object].name}\t${names.text(symbols.name[symbol])}\n`;
  }
  return text;
}
