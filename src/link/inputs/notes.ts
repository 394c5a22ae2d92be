import type { Report } from "../../diagnostics/index.ts";
import { SHF_EXECINSTR, SHF_GROUP, SHF_MERGE, SHF_WRITE, SHT_PROGBITS } from "../../elf/index.ts";
import { Fate, type InputObject, type LinkModel, type SectionId, type SymbolId } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { Locator } from "../explain/locate.ts";
import { objectColumns } from "../object-columns.ts";
import { type ChildStatement, type Placement, SectionFlag } from "../place/placement.ts";

export { mergedFeatures, mergePropertyNotes, X86Feature } from "./property-notes.ts";

/**
 * Whether PT_GNU_STACK is to be executable or not; undefined: the output has none.
 * An object says so by the flags of its .note.GNU-stack, or, on old machines, by having none.
 */
export function decideExecStack(model: LinkModel, target: Target, report: Report): boolean | undefined {
  const { options } = model;
  if (options.compat === "lld") {
    excludeAll(model, ".note.GNU-stack");
    // Of identifiers there is to be one.
    if (options.buildId !== "none") excludeAll(model, ".note.gnu.build-id");
    if (options.kind === "relocatable") addStackNote(model);
    return options.zKeywords?.includes("nognustack") ? undefined : (options.execStack ?? false);
  }
  const isError = options.errorExecstack;
  if (options.execStack === true && options.warnExecstack === "always") {
    const why = "an executable stack because of -z execstack command line option";
    if (isError) report.error("LD0808", undefined, `error: creating ${why}`);
    else report.warning("LD0808", undefined, `enabling ${why}`);
  }
  if (options.execStack !== undefined) return options.execStack;
  const { sections } = model;
  const name = model.names.find(".note.GNU-stack");
  let hasNote = false;
  let executable: InputObject | undefined;
  let silent: InputObject | undefined;
  for (const object of model.objects) {
    if (object.sectionCount === 0 || object.symbolsOnly) continue;
    const note = name < 0 ? 0 : findSection(model, object, name);
    if (note === 0) {
      if (target.defaultExecStack) silent = object;
      continue;
    }
    hasNote = true;
    if (sections.flags[note] & SHF_EXECINSTR) {
      executable = object;
      break;
    }
  }
  if (!hasNote && !options.stackSize) return undefined;
  if (options.warnExecstack !== "no" && isError && (executable || silent)) {
    const what = executable
      ? `${fileName(executable)}: is triggering the generation of an executable stack (because it has an executable .note.GNU-stack section)`
      : `${silent ? fileName(silent) : ""}: is triggering the generation of an executable stack because it does not have a .note.GNU-stack section`;
    report.error("LD0808", undefined, `error: ${what}`);
  } else if (options.warnExecstack !== "no" && executable)
    report.warning(
      "LD0808",
      undefined,
      `${fileName(executable)}: requires executable stack (because the .note.GNU-stack section is executable)`,
    );
  else if (options.warnExecstack !== "no" && silent) {
    report.warning(
      "LD0808",
      undefined,
      `${fileName(silent)}: missing .note.GNU-stack section implies executable stack`,
    );
    report.info(
      "LD0808",
      undefined,
      `NOTE: This behaviour is deprecated and will be removed in a future version of the linker`,
    );
  }
  return executable !== undefined || silent !== undefined;
}

/** With -r, one object that wants an executable stack wants it for all. */
export function markStackNote({ options, names, sections }: LinkModel, placement: Placement): void {
  if (options.kind !== "relocatable" || options.compat === "lld") return;
  const name = names.find(".note.GNU-stack");
  const holds = (child: ChildStatement): boolean =>
    child.kind === "input" && child.sections.some((row) => sections.name[row] === name);
  for (const output of placement.outputs) if (output.children.some(holds)) output.flags |= SectionFlag.code;
}

/** With -r, LLD says in one note of its own that the stack need not be executable. */
function addStackNote(model: LinkModel): void {
  const name = model.names.addString(".note.GNU-stack");
  model.sections.addSynthetic({ object: -1, name, type: SHT_PROGBITS, flags: 0, alignPower: 0 });
}

/** How GNU ld names an object here: an archive's member without the archive. */
function fileName(object: InputObject): string {
  return object.file.member ?? object.file.path;
}

function findSection(model: LinkModel, object: InputObject, name: number): SectionId {
  const end = object.sectionBase + object.sectionCount;
  for (let section = object.sectionBase; section < end; section++)
    if (model.sections.name[section] === name) return section;
  return 0;
}

function excludeAll(model: LinkModel, text: string): void {
  const { sections } = model;
  const name = model.names.find(text);
  if (name < 0) return;
  for (let section = 1; section < sections.count; section++)
    if (sections.name[section] === name) sections.fate[section] = Fate.excluded;
}

const WARNING_PREFIX = ".gnu.warning";
/** What has one of these flags is called so by chance. */
const UNLIKE_A_WARNING = SHF_EXECINSTR | SHF_WRITE | SHF_GROUP | SHF_MERGE;

/**
 * Reports the text of .gnu.warning sections, and of .gnu.warning.SYMBOL where
 * something refers to the symbol; such sections do not reach an executable.
 */
export function reportWarningSections(model: LinkModel, report: Report): void {
  if (model.options.kind === "relocatable") return;
  const { sections, names } = model;
  const reported = new Set<string>();
  const locator = new Locator(model);
  for (const section of model.warningSections) {
    if (sections.fate[section] !== Fate.kept || sections.flags[section] & UNLIKE_A_WARNING) continue;
    const name = names.text(sections.name[section]);
    const object = model.objects[sections.object[section]];
    const at = sections.fileOffset[section];
    const text = new TextDecoder()
      .decode(object.bytes.subarray(at, at + sections.size[section]))
      .replace(/\0.*$/s, "");
    sections.fate[section] = Fate.excluded;
    if (name === WARNING_PREFIX) report.warning("LD0809", object.name, text);
    else if (name.startsWith(`${WARNING_PREFIX}.`) && !reported.has(name)) {
      const place = findReference(model, name.slice(WARNING_PREFIX.length + 1), object, locator);
      if (place === undefined) continue;
      reported.add(name);
      report.warning("LD0809", place, text);
    }
  }
}

/** The first reference to the symbol from an object that does not define it, as a place; undefined for none. */
function findReference(
  model: LinkModel,
  symbolName: string,
  definer: InputObject,
  locator: Locator,
): string | undefined {
  const name = model.names.find(symbolName);
  const symbol = name < 0 ? 0 : model.symbols.global(name);
  if (symbol === 0) return undefined;
  const { sections, objects } = model;
  const { kernels } = model.arena;
  const { ids, symbols } = objectColumns(model);
  const next = (from: number): number =>
    kernels.findMention(ids.byteOffset, symbols.byteOffset, from, objects.length, symbol);
  for (let at = next(0); at < objects.length; at = next(at + 1)) {
    const object = objects[at];
    if (object === definer) continue;
    const end = object.sectionBase + object.sectionCount;
    for (let section = object.sectionBase; section < end; section++) {
      if (sections.relocations[section] === 0 || sections.fate[section] !== Fate.kept) continue;
      const offset = offsetOfReference(model, object, section, symbol);
      if (offset < 0) continue;
      // Each of these messages names its function, whatever was said before.
      locator.startOver();
      return locator.gnuPlace(section, offset);
    }
    return object.name;
  }
  return undefined;
}

/** The place of the first relocation of a section that refers to the symbol; -1 for none. */
function offsetOfReference(
  model: LinkModel,
  object: InputObject,
  section: SectionId,
  symbol: SymbolId,
): number {
  const { sections } = model;
  const { view, is64, symbolIds } = object;
  const table = sections.relocations[section];
  const entry = sections.entsize[table];
  const end = sections.fileOffset[table] + sections.size[table];
  for (let at = sections.fileOffset[table]; at < end; at += entry) {
    const index = is64 ? view.getUint32(at + 12, true) : view.getUint32(at + 4, true) >>> 8;
    if (symbolIds[index] === symbol) return view.getUint32(at, true);
  }
  return -1;
}
