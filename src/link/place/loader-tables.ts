import { STB_WEAK } from "../../elf/index.ts";
import {
  Fate,
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { RelocationReader } from "../relocation-reader.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import { nameMatches } from "../statements/glob.ts";
import type { ChildStatement, Statement } from "./placement.ts";
import { SHT_REL, SHT_RELA } from "./section-flags.ts";

// GNU ld prepares for relocations that the loader would have to carry out also
// where there will be no loader: a section `.text` that refers to a symbol
// which no object defines for good (undefined, weak, common, or the script's)
// gets a section `.rela.text`, in the first object. All of these turn out to
// be empty and go. But until then they are orphans, and together make an
// output section .rela.dyn, behind which GNU ld puts orphans of its kind. A
// script without .rodata then has its constants there.

/** Where the tables are put. */
interface Placing {
  readonly model: LinkModel;
  readonly commands: ScriptCommands;
  readonly target: Target;
  readonly written: readonly Statement[];
  /** Rows that take no room. */
  readonly empty: Set<SectionId>;
}

/** Whether maps have to name them: then they are made before the patterns of the script look for sections. */
export function listsLoaderTables({ options }: LinkModel): boolean {
  return options.mapFile !== undefined && options.mapStyle === "gnu";
}

/** Makes the tables; `isNamed`: those that need none. */
export function makeLoaderTables(
  { model, target, empty }: Omit<Placing, "commands" | "written">,
  isNamed: (name: string) => boolean = () => false,
): { readonly object: number; readonly made: readonly SectionId[] } | undefined {
  const { sections, names, options } = model;
  if (model.dynamic || options.kind !== "executable" || options.oformat === "binary") return undefined;
  const tables = loaderTables(model, target);
  if (!tables) return undefined;
  const type = target.rela ? SHT_RELA : SHT_REL;
  const alignPower = target.is64 ? 3 : 2;
  const { object } = tables;
  const made: SectionId[] = [];
  for (const name of tables.names) {
    if (isNamed(name)) continue;
    const id = names.addString(name);
    const row = sections.addSynthetic({ object, name: id, type, flags: 2, alignPower });
    empty.add(row);
    made.push(row);
  }
  return { object, made };
}

/** Puts the tables that GNU ld makes behind the sections of their object, where there are orphans to notice them. */
export function withLoaderTables(placing: Placing, order: Int32Array): Int32Array {
  const { model, commands, written } = placing;
  const { sections, options } = model;
  // The built-in scripts have places for nearly all of them.
  const isOwn = options.scripts.length > 0 && commands.moves.length === 0;
  if ((!isOwn && options.orphanHandling === "place") || listsLoaderTables(model)) return order;
  const isOrphan = (row: SectionId) =>
    sections.rule[row] < 0 && sections.fate[row] === Fate.kept && (sections.flags[row] & 2) !== 0;
  if (!order.some(isOrphan)) return order;
  const tables = makeLoaderTables(placing, (name) => isNamed(written, name));
  if (!tables) return order;
  const { object, made } = tables;
  const end = order.findLastIndex((row) => Math.max(0, sections.object[row]) === object) + 1;
  return Int32Array.from([...order.subarray(0, end), ...made, ...order.subarray(end)]);
}

/** Whether some pattern takes a section of the name. */
function isNamed(written: readonly Statement[], name: string): boolean {
  const takes = (child: ChildStatement) =>
    child.kind === "input" && child.node?.sections?.some(({ pattern }) => nameMatches(pattern.text, name));
  return written.some((s) => s.kind === "output" && !s.dropped && s.children.some(takes));
}

/** The sections that GNU ld would make, in order, and the object whose they are. */
interface LoaderTables {
  readonly object: number;
  readonly names: readonly string[];
}

function loaderTables(model: LinkModel, target: Target): LoaderTables | undefined {
  const { sections, objects, names } = model;
  const types = target.loaderTypes;
  if (!types) return undefined;
  const reader = new RelocationReader(model);
  const prefix = target.rela ? ".rela" : ".rel";
  const seen = new Set<number>();
  const isOpen = openSymbols(model);
  const found: string[] = [];
  let first = target.emptySections ? 0 : -1;
  for (const object of objects)
    for (let row = object.sectionBase; row < object.sectionBase + object.sectionCount; row++) {
      if (sections.relocations[row] === 0 || (sections.flags[row] & 2) === 0) continue;
      if (sections.fate[row] !== Fate.kept) continue;
      if (first < 0) first = object.id;
      if (seen.has(sections.name[row])) continue;
      reader.open(row);
      for (let i = 0; i < reader.count; i++) {
        if (!types.has(reader.type(i)) || !isOpen(reader.symbol(i))) continue;
        seen.add(sections.name[row]);
        found.push(prefix + names.text(sections.name[row]));
        break;
      }
    }
  return found.length > 0 ? { object: first, names: found } : undefined;
}

/** Whether GNU ld expects that a shared library might still define a symbol. */
function openSymbols(model: LinkModel): (symbol: SymbolId) => boolean {
  const { symbols, sections, names, objects, overridden } = model;
  const last = objects[objects.length - 1];
  const made = last ? last.sectionBase + last.sectionCount : 1;
  const common = [names.find("COMMON"), names.find(".tcommon")];
  return (symbol) => {
    if ((symbols.flags[symbol] & SymbolFlag.global) === 0) return false;
    const section = symbols.section[symbol];
    if (section === SymbolSection.absolute) return false;
    if (section > 0)
      return (
        symbols.info[symbol] >> 4 === STB_WEAK || (section >= made && common.includes(sections.name[section]))
      );
    if (overridden.has(symbol)) return false;
    // The edges of sections are defined early.
    const edge = /^__st(?:art|op)_(.+)$/.exec(names.text(symbols.name[symbol]));
    return !edge || names.find(edge[1]) < 0;
  };
}
