import {
  DT_FINI,
  DT_FINI_ARRAY,
  DT_FINI_ARRAYSZ,
  DT_INIT,
  DT_INIT_ARRAY,
  DT_INIT_ARRAYSZ,
  DT_PREINIT_ARRAY,
  DT_PREINIT_ARRAYSZ,
} from "../../elf/index.ts";
import { Fate, type LinkModel, type SymbolId } from "../../model/index.ts";
import type { OutputStatement } from "../place/placement.ts";
import type { TagValue } from "./write-tags.ts";

/**
 * The entries of .dynamic for what runs before and after main. `counts`: whether -init's or -fini's symbol
 * gets an entry; `outputOf`: the output section of that name, if it is made of anything.
 */
export function initTags(
  model: LinkModel,
  counts: (symbol: SymbolId) => boolean,
  outputOf: (name: string) => OutputStatement | string | undefined,
): [number, TagValue][] {
  const { options, names, symbols } = model;
  const tags: [number, TagValue][] = [];
  for (const [tag, name] of [
    [DT_INIT, options.initFunction],
    [DT_FINI, options.finiFunction],
  ] as const) {
    const id = names.find(name);
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol !== 0 && counts(symbol)) tags.push([tag, { symbol: name }]);
  }
  for (const [tag, sizeTag, name] of [
    [DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ, ".preinit_array"],
    [DT_INIT_ARRAY, DT_INIT_ARRAYSZ, ".init_array"],
    [DT_FINI_ARRAY, DT_FINI_ARRAYSZ, ".fini_array"],
  ] as const) {
    const output = outputOf(name);
    if (output === undefined) continue;
    const value = (size: boolean): TagValue =>
      typeof output === "string" ? { output, size } : { statement: output, size };
    tags.push([tag, value(false)], [sizeTag, value(true)]);
  }
  return tags;
}

/** Before placement: whether some linked section with bytes goes to the output section of pointers to functions that is called `name`. */
export function mayHaveInputs(model: LinkModel, name: string): boolean {
  const { sections, names, objects, options } = model;
  // The built-in script puts the old lists there, too, but for those of GCC's own objects.
  const isOld = options.scripts.length === 0 && options.compat === "gnu";
  const old = isOld ? OLD_LISTS[name] : undefined;
  for (let section = 1; section < sections.count; section++) {
    if (sections.fate[section] !== Fate.kept || sections.size[section] === 0) continue;
    const text = names.text(sections.name[section]);
    if (text === name || text.startsWith(`${name}.`)) return true;
    if (old === undefined || (text !== old && !text.startsWith(`${old}.`))) continue;
    if (text !== old || !/crt(begin|end).?\.o$/.test(objects[sections.object[section]]?.name ?? ""))
      return true;
  }
  return false;
}

const OLD_LISTS: Readonly<Record<string, string>> = { ".init_array": ".ctors", ".fini_array": ".dtors" };
