import { STV_HIDDEN, STV_INTERNAL } from "../../elf/index.ts";
import { type LinkModel, SymbolFlag, SymbolSection } from "../../model/index.ts";
import { compileGlob, type VersionNode, type VersionPattern } from "../../script/index.ts";

/**
 * Makes global symbols local: hidden ones, those of archives under
 * --exclude-libs, and those that a version script lists as `local:`. An exact
 * name goes before a pattern, a pattern before `*`, and `global:` before `local:`.
 */
export function hideSymbols(model: LinkModel, versions: readonly VersionNode[]): void {
  const { symbols, names, options } = model;
  if (options.kind === "relocatable") return;
  // Without a dynamic symbol table GNU ld leaves hidden symbols what they are, and heeds no version script.
  const gnu = options.compat === "gnu";
  const isStatic = options.kind === "executable" && model.dynamic === undefined;
  const keepsHidden = gnu && (isStatic || model.dynamic !== undefined);
  const excluded = excludedObjects(model);
  const isLocal = versions.length > 0 && !(gnu && isStatic) ? localsOf(versions) : undefined;
  if (keepsHidden && excluded === undefined && isLocal === undefined) return;
  const globals = symbols.globals();
  for (let i = 0; i < globals.length; i++) {
    const id = globals[i];
    const flags = symbols.flags[id];
    if (symbols.section[id] === SymbolSection.undefined) continue;
    const visibility = keepsHidden ? 0 : symbols.other[id] & 3;
    const object = symbols.object[id];
    const local =
      visibility === STV_HIDDEN ||
      visibility === STV_INTERNAL ||
      (excluded !== undefined && object >= 0 && excluded[object] === 1) ||
      isLocal?.(names.text(symbols.name[id]));
    if (local) symbols.flags[id] = flags | SymbolFlag.forcedLocal;
  }
}

/** Which objects come from an archive that --exclude-libs names; undefined for none. */
function excludedObjects({ objects, options }: LinkModel): Uint8Array | undefined {
  if (options.excludeLibs.length === 0) return undefined;
  const all = options.excludeLibs.includes("ALL");
  const libraries = new Set(options.excludeLibs);
  return Uint8Array.from(objects, ({ file }) => {
    if (file.member === undefined) return 0;
    const base = file.path.slice(file.path.lastIndexOf("/") + 1);
    return all || libraries.has(base) ? 1 : 0;
  });
}

/** Whether the version nodes together make a name local. */
export function localsOf(versions: readonly VersionNode[]): (name: string) => boolean {
  const exact = new Map<string, boolean>();
  const globs: { matches: (name: string) => boolean; local: boolean }[] = [];
  let rest: boolean | undefined;
  const add = (pattern: VersionPattern, local: boolean) => {
    const { text, quoted } = pattern.pattern;
    // Patterns of `extern "C++"` are for demangled names: a plain name in them still matches itself.
    if (!quoted && text === "*") rest ??= local;
    else if (quoted || !/[*?[]/.test(text)) exact.set(text, exact.get(text) === false ? false : local);
    else globs.push({ matches: compileGlob(text), local });
  };
  for (const node of versions) {
    for (const pattern of node.globals) add(pattern, false);
    for (const pattern of node.locals) add(pattern, true);
  }
  return (name) => {
    const named = exact.get(name);
    if (named !== undefined) return named;
    const matching = globs.filter((glob) => glob.matches(name));
    if (matching.length > 0) return matching.every((glob) => glob.local);
    return rest ?? false;
  };
}
