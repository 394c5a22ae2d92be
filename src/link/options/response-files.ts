import { type FileSystem, isProblem } from "../../files/index.ts";

/** Response files may name others; more than this many in one command line is a loop. */
const LIMIT = 2000;

/**
 * Replaces each `@file` by the arguments in it. An `@file` that cannot be read
 * stays as it is, as with the GNU tools.
 */
export function expandResponseFiles(argv: readonly string[], files: FileSystem): string[] {
  const result: string[] = [];
  let budget = LIMIT;
  const pending = [...argv].reverse();
  for (let argument = pending.pop(); argument !== undefined; argument = pending.pop()) {
    const text =
      argument.length > 1 && argument[0] === "@" && budget > 0 ? read(argument.slice(1), files) : undefined;
    if (text === undefined) {
      result.push(argument);
      continue;
    }
    budget--;
    pending.push(...splitArguments(text).reverse());
  }
  return result;
}

function read(path: string, files: FileSystem): string | undefined {
  if (!files.isFile(path)) return undefined;
  const file = files.open(path);
  if (isProblem(file)) return undefined;
  const bytes = file.read(0, file.size);
  file.close();
  return new TextDecoder().decode(bytes);
}

/** Splits at white space; quotes of both kinds and a backslash before any character protect it. */
export function splitArguments(text: string): string[] {
  const result: string[] = [];
  let current: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "\\" && at + 1 < text.length) current = (current ?? "") + text[++at];
    else if (quote !== "") {
      if (char === quote) quote = "";
      else current += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      current ??= "";
    } else if (/\s/.test(char)) {
      if (current !== undefined) result.push(current);
      current = undefined;
    } else current = (current ?? "") + char;
  }
  if (current !== undefined) result.push(current);
  return result;
}
