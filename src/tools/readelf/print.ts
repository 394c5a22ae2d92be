import { demangleName } from "../demangled.ts";
import type { ImageSection } from "../elf-image.ts";
import { byteText } from "../text-out.ts";
import type { Context } from "./context.ts";

// How GNU readelf shows addresses and names.

/** An address in full width, with 0x. */
export const fullHex = (context: Context, value: bigint): string => `0x${longHex(context, value)}`;

/** An address in full width. */
export const longHex = (context: Context, value: bigint): string =>
  value.toString(16).padStart(context.image.is64 ? 16 : 8, "0");

export const prefixHex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** C's %#x: a zero has no prefix. */
export const sharpHex = (value: bigint | number): string =>
  value === 0 || value === 0n ? "0" : `0x${value.toString(16)}`;

const control = (code: number) => code < 32 || code === 127;

/** A section's name with what cannot be printed made visible. */
export function printableName(section: ImageSection): string {
  const { name } = section;
  if (/^[ -~]*$/.test(name) && name.length <= 256) return name;
  let text = "";
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const piece = control(code)
      ? `^${String.fromCharCode((code + 0x40) & 255)}`
      : code < 127
        ? name[i]
        : `<${code.toString(16).toUpperCase()}>`;
    if (text.length + piece.length > 256) break;
    text += piece;
  }
  return text;
}

/** The name of a section given by its index. */
export function nameOfIndex(context: Context, index: number): string {
  const section = context.image.sections[index];
  return section ? printableName(section) : "<corrupt>";
}

/**
 * Prints a symbol's name in at most `width` characters, unless -W; a longer one
 * ends in "[...]". A negative width also fills up with spaces. The result is
 * the number of characters printed.
 */
export function printName(context: Context, width: number, name: string): number {
  const { out, options } = context;
  const text = visibleName(context, Math.abs(width), name);
  out.text(text.text);
  let printed = text.width;
  if (text.dots) {
    out.text("[...]");
    printed += 5;
  }
  if (width < 0 && printed < -width) {
    out.spaces(-width - printed);
    printed = -width;
  }
  return options.wide ? printed : Math.min(printed, 1 << 20);
}

const PLAIN = /^[ -~]*$/;

function visibleName(
  context: Context,
  width: number,
  name: string,
): { text: string; width: number; dots: boolean } {
  const { options } = context;
  if (width === 0) return { text: "", width: 0, dots: false };
  let room = Number.POSITIVE_INFINITY;
  let dots = false;
  if (!options.wide) {
    room = width;
    if (!options.silentTruncation && name.length > width) {
      room = Math.max(0, room - 5);
      dots = true;
    }
  }
  const shown = options.demangle ? demangleName(name) : name;
  if (PLAIN.test(shown)) {
    const text = shown.length > room ? shown.slice(0, room) : shown;
    return { text, width: text.length, dots };
  }
  let text = "";
  let printed = 0;
  for (let i = 0; i < shown.length && room > 0; i++) {
    const code = shown.charCodeAt(i);
    if (control(code)) {
      if (room < 2) break;
      text += `^${String.fromCharCode((code + 0x40) & 255)}`;
      room -= 2;
      printed += 2;
    } else if (code < 127) {
      text += shown[i];
      room--;
      printed++;
    } else if (options.unicode !== "default" && options.unicode !== "locale") {
      const piece = unicodePiece(shown, i, options.unicode);
      if (room < piece.room) break;
      text += piece.text;
      i += piece.length - 1;
    } else {
      // One character of the locale, however many bytes it has.
      const length = sequenceLength(shown, i);
      text += shown.slice(i, i + length);
      i += length - 1;
      room--;
      printed++;
    }
  }
  return { text, width: printed, dots };
}

/** How many bytes the UTF-8 sequence at `at` has; 1 for a byte that starts none. */
function sequenceLength(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  for (let i = 1; i < length; i++) if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return 1;
  return length;
}

function unicodePiece(
  text: string,
  at: number,
  style: string,
): { text: string; length: number; room: number } {
  const length = sequenceLength(text, at);
  const isUtf8 = style !== "invalid" && text.charCodeAt(at) >= 0xc0 && length > 1;
  const bytes = Array.from({ length }, (_, i) => text.charCodeAt(at + i));
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (style === "hex" || !isUtf8)
    return {
      text: isUtf8 ? `<0x${digits}>` : `{0x${digits}}`,
      length,
      room: length * 2 + 2,
    };
  const point = bytes.reduce((value, byte, i) => {
    if (i > 0) return (value << 6) | (byte & 63);
    return byte & (length === 2 ? 0x1f : length === 3 ? 0x0f : 0x07);
  }, 0);
  return { text: `\\u${point.toString(16).padStart(length === 4 ? 6 : 4, "0")}`, length, room: 6 };
}

/** Bytes in lines of sixteen: in fours as hexadecimal digits, then as characters. */
export function printHexLines(context: Context, bytes: Uint8Array, address: bigint): void {
  const { out } = context;
  for (let at = 0; at < bytes.length; at += 16) {
    const end = Math.min(at + 16, bytes.length);
    out.text(`  0x${(address + BigInt(at)).toString(16).padStart(8, "0")} `);
    for (let i = at; i < at + 16; i++) {
      if (i < end) out.hex2(bytes[i]);
      else out.text("  ");
      if ((i & 3) === 3) out.byte(32);
    }
    for (let i = at; i < end; i++) out.byte(bytes[i] >= 32 && bytes[i] < 127 ? bytes[i] : 46);
    out.byte(10);
  }
}

/** The string at an offset of a table that may end without a zero. */
export function stringIn(table: Uint8Array | undefined, offset: number): string | undefined {
  if (!table || offset >= table.length) return undefined;
  let end = table.indexOf(0, offset);
  if (end < 0) end = table.length;
  return byteText(table, offset, end);
}
