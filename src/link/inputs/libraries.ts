import type { FileSystem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";

// Where input files are looked for. GNU ld's order: for -lfoo each directory of
// -L, then of SEARCH_DIR, is tried for libfoo.so and then libfoo.a, so a shared
// library in an earlier directory goes before an archive in a later one.

/** The directories of -L, with the sysroot filled in. */
export function libraryPaths(options: LinkOptions): string[] {
  return options.libraryPaths.map((path) => inSysroot(path, options.sysroot));
}

/** The directories of -L and SEARCH_DIR. */
export function searchPaths(options: LinkOptions, commands: ScriptCommands): string[] {
  const fromScripts = commands.searchDirs.map((name) => inSysroot(name.text, options.sysroot));
  return [...libraryPaths(options), ...fromScripts];
}

/** A path that starts with `=` or `$SYSROOT` is under the sysroot. */
export function inSysroot(path: string, sysroot: string): string {
  const rest = path.startsWith("=") ? path.slice(1) : path.startsWith("$SYSROOT") ? path.slice(8) : undefined;
  if (rest === undefined) return path;
  const separate = sysroot !== "" && !sysroot.endsWith("/") && !rest.startsWith("/");
  return separate ? `${sysroot}/${rest}` : sysroot + rest;
}

/**
 * Looks for `-lname` (or `-l:name` with `exact`); undefined when it is nowhere.
 * `accept` may refuse a candidate, such as one for another machine.
 */
export function findLibrary(
  name: string,
  exact: boolean,
  staticOnly: boolean,
  paths: readonly string[],
  files: FileSystem,
  accept: (path: string) => boolean,
): string | undefined {
  const candidates = exact ? [name] : staticOnly ? [`lib${name}.a`] : [`lib${name}.so`, `lib${name}.a`];
  for (const directory of paths)
    for (const candidate of candidates) {
      const path = `${directory}/${candidate}`;
      if (files.isFile(path) && accept(path)) return path;
    }
  return undefined;
}

/**
 * Finds a file that INPUT, GROUP or STARTUP names: as given, then in the search
 * paths. `from` is the path of the script: one under the sysroot names files under it.
 */
export function findScriptInput(
  name: string,
  from: string,
  options: LinkOptions,
  paths: readonly string[],
  files: FileSystem,
  isInput = false,
): string | undefined {
  const { sysroot } = options;
  if (name.startsWith("=") || name.startsWith("$SYSROOT")) return inSysroot(name, sysroot);
  if (name.startsWith("/")) {
    const under = sysroot + name;
    return sysroot !== "" && from.startsWith(sysroot) && files.isFile(under) ? under : name;
  }
  // Beside a script that is an input itself GNU ld looks first, and says so even of the current directory.
  if (isInput && options.compat === "gnu") {
    const slash = from.lastIndexOf("/");
    const beside = `${slash < 0 ? "." : from.slice(0, Math.max(1, slash))}/${name}`;
    if (files.isFile(beside)) return beside;
  }
  if (files.isFile(name)) return name;
  if (options.compat === "lld") {
    const beside = from.includes("/") ? from.slice(0, from.lastIndexOf("/") + 1) + name : name;
    if (files.isFile(beside)) return beside;
  }
  for (const directory of paths) {
    const path = `${directory}/${name}`;
    if (files.isFile(path)) return path;
  }
  return undefined;
}
