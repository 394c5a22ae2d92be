// Where a word of a script ends, by tables of character classes instead of
// regular expressions: a link reads its script once, in a cold engine, and
// compiling expressions took longer than reading the built-in scripts.

/** How text is cut into words at a place; see lexer.ts. */
export type Mode = "script" | "expression" | "wild" | "files" | "version-tag" | "version-node";

/** The characters that a kind of word may begin with and go on with, as bits of `classes`. */
interface Alphabet {
  readonly first: number;
  readonly rest: number;
}

const classes = new Uint32Array(128);
let bits = 0;

/** A new bit, set for these characters. */
function classOf(characters: string): number {
  const bit = 1 << bits++;
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)] |= bit;
  return bit;
}

const letters = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const digits = "0123456789";

const fileFirst = classOf(`${letters}/.\\$~`);
const symbolFirst = classOf(`${letters}.\\$`);
const symbolRest = classOf(`${letters}${digits}/.\\$~`);
const wild = classOf(`${letters}${digits}/.\\$~-+:[],=?*^!`);
const versionFirst = classOf(`${letters}*?.$[]-!^\\`);

const alphabets: Readonly<Record<Mode, Alphabet>> = {
  script: { first: fileFirst, rest: classOf(`${letters}${digits}/.\\$~-+:[],=`) },
  expression: { first: symbolFirst, rest: symbolRest },
  wild: { first: wild, rest: wild },
  files: { first: fileFirst, rest: classOf(`${letters}${digits}/.\\$~-+:[]=`) },
  "version-tag": { first: classOf(`${letters}.$`), rest: classOf(`${letters}${digits}.`) },
  "version-node": { first: versionFirst, rest: versionFirst | classOf(digits) },
};

// LLD splits words at operators in expressions, and at commas everywhere.
const lldWild = classOf(`${letters}${digits}/.\\$~-+:[]=?*^!`);
const lldRest = classOf(`${letters}${digits}.\\$`);
const lldAlphabets: Readonly<Record<Mode, Alphabet>> = {
  ...alphabets,
  expression: { first: symbolFirst, rest: lldRest },
  wild: { first: lldWild, rest: lldWild },
};

const versionSigns = classOf(":,;{}");
const signs: Readonly<Record<Mode, number>> = {
  script: classOf(">,~!+-=}{)(:;"),
  expression: classOf("&|^~!?*+-/%<>,:;=(){}"),
  wild: classOf("][&={}();"),
  files: classOf("(),;{}"),
  "version-tag": versionSigns,
  "version-node": versionSigns,
};

const hexadecimal = classOf(`${digits}abcdefABCDEF`);
const decimal = classOf(digits);
const baseSuffix = classOf("HhXxOo");
const decimalSuffix = classOf("BbDd");
const unit = classOf("MKmk");
const beforeEquals = classOf("+-*/&|^");
const doubled = classOf("|&<>=");
const comparing = classOf("!<>");

const plain = classOf(`${letters}${digits}.`);

const is = (text: string, at: number, bit: number): boolean => {
  const code = text.charCodeAt(at);
  return code < 128 && (classes[code] & bit) !== 0;
};

/** Whether no operator begins with the character. */
export const isPlain = (text: string, at: number): boolean => is(text, at, plain);

const SLASH = 47;
const STAR = 42;
const COLON = 58;
const EQUALS = 61;

/** The end of the name that begins at `at`; `at` itself if none does. */
export function nameEnd(text: string, at: number, mode: Mode, lld: boolean): number {
  const { first, rest } = (lld ? lldAlphabets : alphabets)[mode];
  let end = at;
  if (mode === "expression" && text.charCodeAt(at) === SLASH) {
    // Or the fill before it would be divided.
    return text.startsWith("/DISCARD/", at) ? at + 9 : at;
  }
  // `=` stands for the sysroot.
  if (mode === "files" && text.charCodeAt(at) === EQUALS) end++;
  if (!is(text, end, first)) return at;
  end++;
  for (;;) {
    // Not by `is`: for each character of a script, in a cold engine, a call takes as long as all else.
    const code = text.charCodeAt(end);
    if (code < 128 && (classes[code] & rest) !== 0) end++;
    else if (mode === "version-node" && text.charCodeAt(end) === COLON && text.charCodeAt(end + 1) === COLON)
      end += 2;
    else break;
  }
  // Only patterns have a `*` in them; elsewhere it can but begin a comment.
  if (mode !== "wild" && text.charCodeAt(end - 1) === SLASH && text.charCodeAt(end) === STAR) end--;
  return end;
}

/** The end of `-lname`; `at` itself if there is none. */
export function libraryEnd(text: string, at: number): number {
  if (!text.startsWith("-l", at)) return at;
  const { rest } = alphabets.files;
  let end = at + 2;
  while (is(text, end, rest)) end++;
  return end > at + 2 ? end : at;
}

/** The end of the number that begins at `at`; `at` itself if none does. */
export function numberEnd(text: string, at: number, mode: "script" | "expression", lld: boolean): number {
  const isDecimal = is(text, at, decimal);
  if (lld) {
    // LLD takes the whole word for a number, and then complains about it.
    let end = at;
    if (isDecimal) while (is(text, end, lldRest) && text[end] !== "\\") end++;
    return end;
  }
  let end = at;
  if (isDecimal) {
    const prefixed =
      text[at] === "0" && (text[at + 1] === "x" || text[at + 1] === "X") && is(text, at + 2, hexadecimal);
    end = prefixed ? at + 2 : at;
    const kind = prefixed ? hexadecimal : decimal;
    while (is(text, end, kind)) end++;
  } else if (text[at] === "$" && is(text, at + 1, hexadecimal)) {
    end = at + 1;
    while (is(text, end, hexadecimal)) end++;
  } else {
    return at;
  }
  if (is(text, end, unit)) end++;
  if (mode !== "expression" || !isDecimal) return end;
  // A base at the end: `10h`; `b` and `d` are hexadecimal digits, too, so the last one counts.
  let run = at;
  while (is(text, run, hexadecimal)) run++;
  if (is(text, run, baseSuffix)) run++;
  else while (run > at && !is(text, run - 1, decimalSuffix)) run--;
  return run - at >= 2 && run >= end ? run : end;
}

/** The end of the operator or other sign that begins at `at`; `at` itself if none does. */
export function signEnd(text: string, at: number, mode: Mode, lld: boolean): number {
  if (mode === "script" || mode === "expression" || mode === "wild") {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 1);
    if ((first === 60 || first === 62) && second === first && text.charCodeAt(at + 2) === EQUALS)
      return at + 3;
    if (second === EQUALS && is(text, at, beforeEquals)) return at + 2;
    if (mode === "expression") {
      if (second === first && is(text, at, doubled)) return at + 2;
      if (second === EQUALS && is(text, at, comparing)) return at + 2;
    }
    if (lld && mode === "wild" && text[at] === ",") return at + 1;
  }
  return is(text, at, signs[mode]) ? at + 1 : at;
}

/** The end of blanks. */
export function blanksEnd(text: string, at: number): number {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13 && code !== 11)) at++;
    else return at;
  }
}
