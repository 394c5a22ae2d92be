import { isProblem } from "../../files/index.ts";
import type { InputRemap } from "../../model/index.ts";
import { compileGlob } from "../../script/index.ts";
import { type ArgumentState, fail } from "../options/argument-state.ts";

// --remap-inputs: another file in the place of one that the command line or a
// script names. On the command line it counts for what follows it; a script's
// inputs are read when the whole line is known, so all of them count there.

/** The file to read for `path`: the replacement of the first pattern that matches; "" for none at all. */
export function remapped(path: string, remaps: readonly InputRemap[]): string {
  for (const { pattern, replacement } of remaps) if (compileGlob(pattern)(path)) return replacement;
  return path;
}

/** `--remap-inputs PATTERN=FILE`. */
export function addRemap(state: ArgumentState, value: string): void {
  const equals = value.indexOf("=");
  if (equals < 0)
    fail(state, "invalid argument to option --remap-inputs", `--remap-inputs=: missing '=' in ${value}`);
  else add(state, value.slice(0, equals), value.slice(equals + 1));
}

/** `--remap-inputs-file`: a pair a line, with `=` or blanks between; `#` begins a comment. */
export function addRemapFile(state: ArgumentState, path: string): void {
  const file = state.files.open(path);
  if (isProblem(file)) {
    fail(state, `failed to add remap file ${path}: ${file.problem}`, `cannot open ${path}: ${file.problem}`);
    return;
  }
  const text = new TextDecoder().decode(file.read(0, file.size));
  file.close();
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.replace(/#.*/, "").trim();
    if (content === "") continue;
    const pair = /^([^\s=]+)(?:\s*=\s*|\s+)(\S.*)$/.exec(content);
    if (pair) add(state, pair[1], pair[2]);
    else {
      const message = `malformed remap file entry: ${content}`;
      fail(
        state,
        `${path}:${index + 1}: ${message}`,
        `${path}:${index + 1}: parse error, not 'from-glob=to-file'`,
      );
      return;
    }
  }
}

function add(state: ArgumentState, pattern: string, file: string): void {
  const replacement = file === "/dev/null" || file === "NUL" ? "" : file;
  state.options.remaps.push({ pattern, replacement });
}
