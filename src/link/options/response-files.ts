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
  let quote = 0;
  // What was not added to `current` yet begins here.
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    const isEscape = char === 0x5c && at + 1 < text.length;
    const isQuote = quote === 0 ? char === 0x22 || char === 0x27 : char === quote;
    const isEnd = quote === 0 && isSpace(char);
    if (!isEscape && !isQuote && !isEnd) continue;
    if (at > from) current = (current ?? "") + text.slice(from, at);
    from = at + 1;
    // The character behind a backslash is the first of what comes next.
    if (isEscape) at++;
    else if (isQuote) {
      quote = quote === 0 ? char : 0;
      current ??= "";
    } else if (current !== undefined) {
      result.push(current);
      current = undefined;
    }
  }
  if (text.length > from) current = (current ?? "") + text.slice(from);
  if (current !== undefined) result.push(current);
  return result;
}

function isSpace(char: number): boolean {
  return char === 0x20 || (char >= 9 && char <= 13) || (char >= 0x80 && /\s/.test(String.fromCharCode(char)));
}
