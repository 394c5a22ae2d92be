// How nm, strings and others show characters beyond ASCII (their --unicode).

export type UnicodeDisplay = "default" | "locale" | "invalid" | "hex" | "escape" | "highlight";

const names: readonly UnicodeDisplay[] = ["default", "locale", "invalid", "hex", "escape", "highlight"];

/** The display that an option's value names: in full, or by its letter (`x` for hex). */
export function unicodeDisplay(value: string): UnicodeDisplay | undefined {
  return names.find((name) => name === value || (name === "hex" ? value === "x" : value === name.charAt(0)));
}

/** How many bytes a UTF-8 sequence takes at a place of byte text; 0 where there is none. */
export function sequenceLength(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0xc0) return 0;
  const length = (first & 0x20) === 0 ? 2 : (first & 0x10) === 0 ? 3 : 4;
  for (let i = 1; i < length; i++) if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Byte text with its UTF-8 sequences shown; control characters become `^X`. */
export function showUnicode(text: string, display: UnicodeDisplay): string {
  let shown = "";
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const length = display === "default" ? 0 : sequenceLength(text, at);
    if (length > 0) {
      shown += showSequence(text.slice(at, at + length), display);
      at += length;
      continue;
    }
    shown += code < 32 || code === 127 ? `^${String.fromCharCode((code + 0x40) & 255)}` : text[at];
    at++;
  }
  return shown;
}

/** One UTF-8 sequence, as byte text. */
export function showSequence(sequence: string, display: UnicodeDisplay): string {
  const bytes = [...sequence].map((char) => char.charCodeAt(0));
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  switch (display) {
    case "default":
    case "locale":
      return sequence;
    case "hex":
      return `<0x${bytes.map(hex).join("")}>`;
    case "invalid":
      return `{0x${bytes.map(hex).join("")}}`;
    case "escape":
    case "highlight": {
      const [a, b, c, d] = bytes;
      if (bytes.length === 2) return `\\u${hex((a & 0x1c) >> 2)}${hex(((a & 3) << 6) | (b & 0x3f))}`;
      const second = hex(((b & 3) << 6) | (c & 0x3f));
      if (bytes.length === 3) return `\\u${hex(((a & 15) << 4) | ((b & 0x3c) >> 2))}${second}`;
      return `\\u${hex(((a & 7) << 6) | ((b & 0x3c) >> 2))}${hex(((b & 3) << 6) | ((c & 0x3c) >> 2))}${hex(((c & 3) << 6) | (d & 0x3f))}`;
    }
    default: {
      const never: never = display;
      return never;
    }
  }
}
