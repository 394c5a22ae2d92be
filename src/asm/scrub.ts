import { kinds, NAME_PART, SPACE } from "./characters.ts";

/**
 * A statement's text as macros see it, and as messages quote it: no comment, no
 * blanks but one behind the first word and one between two words or strings. So `foo -1 -2`
 * has one argument, as in GNU as. Characters are bytes.
 */
export function scrub(text: string): string {
  let out = "";
  let i = 0;
  const { length } = text;
  const blank = (at: number) => (kinds[text.charCodeAt(at)] & SPACE) !== 0;
  const word = (at: number) => (kinds[text.charCodeAt(at)] & NAME_PART) !== 0;
  while (i < length && blank(i)) i++;
  // The first word, and a label's colon with another word behind it.
  let operands = false;
  let after = false;
  while (i < length) {
    const c = text[i];
    if (c === "#" || (c === "/" && text[i + 1] === "/")) break;
    if (c === "/" && text[i + 1] === "*") {
      const end = text.indexOf("*/", i + 2);
      i = end < 0 ? length : end + 2;
      if (out !== "" && !out.endsWith(" ")) after = true;
      continue;
    }
    if (blank(i)) {
      after = true;
      i++;
      continue;
    }
    if (after && out !== "") {
      if (!operands && c !== ":") {
        if (!out.endsWith(":")) {
          out += " ";
          operands = true;
        } else out += " ";
      } else if (
        operands &&
        (word(i) || c === "\\" || c === '"') &&
        (out.endsWith('"') || isWord(out.charCodeAt(out.length - 1)))
      )
        out += " ";
    }
    after = false;
    if (c === '"') {
      const end = stringEnd(text, i);
      out += text.slice(i, end);
      i = end;
      continue;
    }
    if (c === "'" && i + 1 < length) {
      // A character: as it is.
      const end = text[i + 1] === "\\" ? i + 3 : i + 2;
      out += text.slice(i, end);
      i = end;
      continue;
    }
    out += c;
    i++;
  }
  return out;
}

function isWord(code: number): boolean {
  return (kinds[code & 0xff] & NAME_PART) !== 0;
}

/** Behind the closing quote of the string at `at`, or the end. */
export function stringEnd(text: string, at: number): number {
  let i = at + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return Math.min(i + 1, text.length);
}
