/**
 * What a byte means to the scanner: flags for each of the 256 bytes. A
 * statement ends at a newline, at `;`, at a `#` comment, and at the zero byte
 * that stands behind every buffer, so that no loop needs to test for its end.
 */
export const NAME_START = 1;
export const NAME_PART = 2;
export const SPACE = 4;
export const STATEMENT_END = 8;
export const DIGIT = 16;
export const HEX = 32;

export const NEWLINE = 10;
export const QUOTE = 34;
export const HASH = 35;
export const DOLLAR = 36;
export const PERCENT = 37;
export const APOSTROPHE = 39;
export const OPEN = 40;
export const CLOSE = 41;
export const STAR = 42;
export const PLUS = 43;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
export const EQUALS = 61;
export const AT = 64;
export const BACKSLASH = 92;

export const kinds: Uint8Array = makeKinds();

function makeKinds(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (from: number, to: number, flags: number) => {
    for (let byte = from; byte <= to; byte++) table[byte] |= flags;
  };
  mark(0x41, 0x5a, NAME_START | NAME_PART);
  mark(0x61, 0x7a, NAME_START | NAME_PART);
  mark(0x80, 0xff, NAME_START | NAME_PART);
  for (const byte of [0x5f, DOT, DOLLAR]) table[byte] |= NAME_START | NAME_PART;
  mark(0x30, 0x39, NAME_PART | DIGIT | HEX);
  mark(0x41, 0x46, HEX);
  mark(0x61, 0x66, HEX);
  for (const byte of [0x20, 0x09, 0x0d, 0x0c]) table[byte] |= SPACE;
  for (const byte of [0, NEWLINE, SEMICOLON, HASH]) table[byte] |= STATEMENT_END;
  return table;
}
