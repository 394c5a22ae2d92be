import { STB_GLOBAL, STT_NOTYPE, STV_HIDDEN } from "../../elf/index.ts";
import { type LinkModel, SymbolFlag, SymbolSection } from "../../model/index.ts";
import { referFromScript } from "../inputs/read-object.ts";
import {
  BUILT_IN,
  entryName,
  type ScriptCommands,
  type SymbolAssignment,
  symbolsIn,
} from "../statements/commands.ts";
import { wrappedName } from "./resolve.ts";

/**
 * Gives the symbols that scripts and --defsym assign their rows, once all
 * inputs are read. An assignment goes before any object's definition; PROVIDE
 * only fills a gap: something refers to the symbol and no object defines it.
 * The expression of a PROVIDE that takes effect may want further symbols, so
 * this goes on until nothing changes.
 */
export function defineScriptSymbols(model: LinkModel, commands: ScriptCommands): void {
  const isEarly = earlyProvisions(model, commands);
  const provided: [string, readonly SymbolAssignment[]][] = [];
  for (const [name, list] of commands.assignments) {
    if (list.some(({ assignment }) => !assignment.provide)) define(model, name, list, false);
    else provided.push([name, list]);
  }
  for (const [name, list] of provided)
    if (list.some(({ assignment }) => assignment.hidden)) hide(model, name);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, list] of provided) {
      if (!isWanted(model, name) && !isEarly(name, list)) continue;
      define(model, name, list, true);
      for (const { assignment } of list)
        for (const reference of symbolsIn(assignment.value))
          referFromScript(model, wrappedName(model.options, reference.text));
      changed = true;
    }
  }
}

/**
 * GNU ld carries out assignments where it meets the script among the files. A PROVIDE of a symbol that is asked for by
 * then, by the command line or the script, and that no file before defines, stands: a definition that comes later does
 * not count.
 */
function earlyProvisions(
  { options, symbols, names, objects }: LinkModel,
  commands: ScriptCommands,
): (name: string, list: readonly SymbolAssignment[]) => boolean {
  if (options.compat === "lld") return () => false;
  const entry = entryName(options, commands);
  const wanted = new Set([
    ...options.undefined,
    ...commands.externs.map(({ text }) => text),
    ...commands.wanted,
  ]);
  if (entry !== undefined) wanted.add(entry);
  return (name, list) => {
    const id = wanted.has(name) ? names.find(name) : -1;
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol === 0 || symbols.section[symbol] === SymbolSection.script) return false;
    const { source } = list[0].assignment.span;
    const script = options.scripts.indexOf(source.name);
    // The built-in script comes behind all files; what else is unknown is included.
    const isStandard = source.name.startsWith(BUILT_IN) || source.name === options.defaultScript;
    if (script < 0 && (options.scripts.length === 0 || isStandard)) return false;
    const before = options.inputs.slice(0, options.scriptPositions[Math.max(0, script)]);
    const path = objects[symbols.object[symbol]]?.file.path;
    return !before.some((input) => input.kind === "file" && input.path === path);
  };
}

/** For GNU ld PROVIDE_HIDDEN hides also what it does not provide. */
function hide({ symbols, names, options }: LinkModel, name: string): void {
  const id = names.find(name);
  const symbol = id < 0 ? 0 : symbols.global(id);
  if (symbol === 0 || options.compat === "lld" || symbols.section[symbol] === SymbolSection.undefined) return;
  symbols.other[symbol] = (symbols.other[symbol] & ~3) | STV_HIDDEN;
  symbols.flags[symbol] |= SymbolFlag.forcedLocal;
}

/** `__ehdr_start`, if something refers to it, is where layout puts the ELF header. */
export function declareHeaderSymbol({ symbols, names, options }: LinkModel): void {
  const name = names.find("__ehdr_start");
  const id = name < 0 || options.kind === "relocatable" ? 0 : symbols.global(name);
  if (id !== 0 && symbols.section[id] === SymbolSection.undefined) symbols.section[id] = SymbolSection.script;
}

function isWanted({ symbols, names }: LinkModel, name: string): boolean {
  const id = names.find(name);
  const symbol = id < 0 ? 0 : symbols.global(id);
  if (symbol === 0 || symbols.section[symbol] !== SymbolSection.undefined) return false;
  return (symbols.flags[symbol] & (SymbolFlag.referenced | SymbolFlag.fromScript)) !== 0;
}

function define(model: LinkModel, name: string, list: readonly SymbolAssignment[], provided: boolean): void {
  const { symbols, names, trace, overridden } = model;
  const id = symbols.addGlobal(names.addString(name));
  if (symbols.section[id] !== SymbolSection.undefined) {
    overridden.set(id, {
      object: symbols.object[id],
      section: symbols.section[id],
      valueLow: symbols.valueLow[id],
      valueHigh: symbols.valueHigh[id],
      size: symbols.size[id],
      info: symbols.info[id],
    });
  }
  symbols.section[id] = SymbolSection.script;
  // For GNU ld a symbol keeps the type that an object gave it.
  const type = model.options.compat === "gnu" ? symbols.info[id] & 15 : STT_NOTYPE;
  symbols.info[id] = (STB_GLOBAL << 4) | type;
  symbols.valueLow[id] = symbols.valueHigh[id] = symbols.size[id] = 0;
  symbols.flags[id] |= SymbolFlag.fromScript | (provided ? SymbolFlag.provided : 0);
  if (list.some(({ assignment }) => assignment.hidden)) {
    symbols.other[id] = (symbols.other[id] & ~3) | STV_HIDDEN;
    if (model.options.compat === "gnu") symbols.flags[id] |= SymbolFlag.forcedLocal;
  }
  trace.assignments.set(id, list[list.length - 1].assignment.span);
}
