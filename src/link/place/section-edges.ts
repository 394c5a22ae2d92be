import { type LinkModel, type SectionId, SymbolFlag, SymbolSection } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import type { Edge, InputStatement, OutputStatement } from "./placement.ts";

// `__start_NAME`, `__stop_NAME` and their like: symbols that the linker defines by output sections, as if a script
// ended with assignments of them.

/** What edges are defined by. */
export interface EdgeContext {
  readonly model: LinkModel;
  readonly commands: ScriptCommands;
  readonly target: Target;
  /** What was added to each statement. */
  readonly added: ReadonlyMap<InputStatement, Iterable<SectionId>>;
}

/**
 * `__start_NAME` and `__stop_NAME` for output sections whose name is a C
 * identifier and that hold an input section of that name; `.startof.NAME` and
 * `.sizeof.NAME` for all. They become assignments at the end of the tree.
 */
export function defineStartStop(context: EdgeContext, outputs: readonly OutputStatement[]): void {
  const { names, options } = context.model;
  if (options.kind === "relocatable") return;
  for (const output of outputs) {
    if (!output.exists) continue;
    if (output.name[0] !== "." && /^[A-Za-z0-9_]+$/.test(output.name)) {
      const name = names.find(output.name);
      if (name >= 0 && holdsName(context, output, name)) {
        defineEdge(context, `__start_${output.name}`, output, "start");
        defineEdge(context, `__stop_${output.name}`, output, "stop");
      }
    }
    defineEdge(context, `.startof.${output.name}`, output, "start");
    defineEdge(context, `.sizeof.${output.name}`, output, "size");
  }
  defineGlobalPointer(context, outputs);
}

/** LLD has no default script to define the global pointer; without the section it is meant for, it is a number. */
function defineGlobalPointer(context: EdgeContext, outputs: readonly OutputStatement[]): void {
  const pointer = context.target.globalPointer;
  if (!pointer || context.model.options.compat !== "lld") return;
  const there = outputs.find((output) => output.exists && output.name === pointer.section);
  const home = there ?? outputs.find((output) => output.exists);
  if (home) defineEdge(context, pointer.symbol, home, there ? "start" : "number", pointer.offset);
}

function holdsName({ model, added }: EdgeContext, output: OutputStatement, name: number): boolean {
  const { sections } = model;
  for (const child of output.children) {
    if (child.kind !== "input") continue;
    for (const section of added.get(child) ?? []) if (sections.name[section] === name) return true;
  }
  return false;
}

function defineEdge(
  { model, commands }: EdgeContext,
  text: string,
  output: OutputStatement,
  edge: Edge,
  offset = 0,
): void {
  const { names, symbols, options } = model;
  const name = names.find(text);
  const symbol = name < 0 ? 0 : symbols.global(name);
  if (symbol === 0) return;
  const place = symbols.section[symbol];
  const byScript = commands.assignments.get(text)?.some((a) => !a.assignment.provide);
  if (byScript || (place !== SymbolSection.undefined && place !== SymbolSection.script)) return;
  symbols.section[symbol] = SymbolSection.script;
  symbols.flags[symbol] |= SymbolFlag.fromScript;
  if (/^__st(art|op)_/.test(text) && (symbols.other[symbol] & 3) === 0) {
    const visibility = ["default", "internal", "hidden", "protected"].indexOf(options.startStopVisibility);
    symbols.other[symbol] |= Math.max(0, visibility);
  }
  output.edges.push({ symbol, edge, offset });
}
