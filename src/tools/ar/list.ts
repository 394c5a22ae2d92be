import { asByteText } from "../text-out.ts";
import type { Entry } from "./entries.ts";

/** A line of `ar t`: the name, with `verbose` the fields of the header before and with `offsets` its place after it. */
export function describeEntry(entry: Entry, verbose: boolean, offsets: boolean): string {
  const details = verbose && entry.fields !== undefined ? headerText(entry.fields, entry.size) : "";
  const place = offsets && entry.origin > 0 ? ` 0x${entry.origin.toString(16)}` : "";
  return `${details}${asByteText(entry.name)}${place}\n`;
}

/** Fields are date 12, owner 6, group 6, mode 8, size 10 characters. */
export function headerFields(fields: string): { date: number; uid: number; gid: number; mode: number } {
  const number = (from: number, to: number, base = 10) => Number.parseInt(fields.slice(from, to), base) || 0;
  return { date: number(0, 12), uid: number(12, 18), gid: number(18, 24), mode: number(24, 32, 8) };
}

function headerText(fields: string, size: number): string {
  const { date, uid, gid, mode } = headerFields(fields);
  return `${modeText(mode)} ${uid}/${gid} ${String(size).padStart(6)} ${timeText(date)} `;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return "<time data corrupt>";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = String(time.getDate()).padStart(2);
  return `${MONTHS[time.getMonth()]} ${day} ${two(time.getHours())}:${two(time.getMinutes())} ${time.getFullYear()}`;
}

/** `rwxr-xr-x`, as ls shows it. */
function modeText(mode: number): string {
  let text = "";
  for (const [shift, special, letter] of [
    [6, 0o4000, "s"],
    [3, 0o2000, "s"],
    [0, 0o1000, "t"],
  ] as const) {
    const bits = mode >> shift;
    const runs = (bits & 1) !== 0;
    const last = mode & special ? (runs ? letter : letter.toUpperCase()) : runs ? "x" : "-";
    text += (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + last;
  }
  return text;
}
