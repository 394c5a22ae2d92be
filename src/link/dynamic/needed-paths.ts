import { type FileSystem, isProblem } from "../../files/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { inSysroot } from "../inputs/libraries.ts";

const MAX_INCLUDES = 16;

/**
 * Where GNU ld looks for what shared objects need: -rpath-link, -rpath, the needing object's own path, the loader's
 * configuration, and the directories of the script; not those of -L.
 */
export function* directoriesForNeeded(
  options: LinkOptions,
  files: FileSystem,
  runpath: readonly string[],
  searchDirs: readonly string[],
  target: Target,
): Iterable<string> {
  const split = (list: readonly string[]) =>
    list.flatMap((text) => text.split(":")).filter((directory) => directory !== "");
  for (const directory of split(options.rpathLink)) yield inSysroot(directory, options.sysroot);
  for (const directory of split(options.rpath)) yield options.sysroot + directory;
  for (const directory of split(runpath)) if (!directory.includes("$")) yield options.sysroot + directory;
  if (target.isNative)
    yield* fromConfiguration(files, `${options.sysroot}/etc/ld.so.conf`, options.sysroot, 0);
  yield* searchDirs;
}

/** The directories of ld.so.conf; a pattern of its `include` is taken as a name, for there is no listing here. */
function* fromConfiguration(
  files: FileSystem,
  path: string,
  sysroot: string,
  depth: number,
): Iterable<string> {
  const opened = files.open(path);
  if (isProblem(opened) || depth > MAX_INCLUDES) return;
  const text = new TextDecoder().decode(opened.read(0, opened.size));
  opened.close();
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*/, "").trim();
    const include = /^include\s+(.*)/.exec(line);
    if (include) {
      for (const name of include[1].split(/\s+/))
        if (!/[*?[]/.test(name)) yield* fromConfiguration(files, name, sysroot, depth + 1);
    } else if (line !== "") yield sysroot + line.replace(/[=\s].*/, "").replace(/\/+$/, "");
  }
}
