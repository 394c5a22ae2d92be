import { isProblem, type OutputFile } from "../../files/index.ts";
import { openElf } from "../bfd/object.ts";
import { isCommon, UNDEFINED } from "../bfd/section.ts";
import { BSF_GLOBAL, BSF_GNU_UNIQUE, BSF_WEAK, readBfdSymbols } from "../bfd/symbols.ts";
import { Fatal } from "../fatal.ts";
import type { ToolHost } from "../host.ts";
import { asByteText, byteText } from "../text-out.ts";
import { baseName, type Entry } from "./entries.ts";

// Writes an archive as BFD does: the index of symbols "/" (or "/SYM64/" where
// an offset needs more than 32 bits), the table of long names "//", then the
// members, each at an even offset. Nothing but the index needs the whole of a
// member in memory, and of one member at a time.

export interface WriteOptions {
  readonly thin: boolean;
  readonly index: boolean;
  /** Zero for times and owners of files that are new. */
  readonly deterministic: boolean;
  /** Cut names to 15 bytes. */
  readonly truncate: boolean;
  /** Keep the folders of names. */
  readonly fullPaths: boolean;
}

const HEADER = 60;
const NAME_LIMIT = 15;
const FIELD_SIZES = { date: 12, id: 6, mode: 8, size: 10 };

/** The names of symbols that the index has for a file; undefined where it is no object. */
export function indexSymbols(bytes: Uint8Array): string[] | undefined {
  const object = openElf("", bytes);
  if (!object) return undefined;
  const names: string[] = [];
  for (const { section, flags, name } of readBfdSymbols(object) ?? []) {
    if (section === UNDEFINED) continue;
    if (flags & (BSF_GLOBAL | BSF_WEAK | BSF_GNU_UNIQUE) || isCommon(section)) names.push(name);
  }
  return names;
}

/** Replaces the archive at a path. */
export function writeArchiveFile(
  host: ToolHost,
  path: string,
  entries: readonly Entry[],
  options: WriteOptions,
): void {
  const before = host.files.status(path);
  const headers = entries.map((entry) => fieldsOf(host, entry, options.deterministic));
  const { names, table } = storedNames(host, path, entries, options);
  const index = options.index ? makeIndex(entries) : undefined;

  let position = 8;
  const tableSize = table.length === 0 ? 0 : HEADER + table.length + (table.length & 1);
  const body = (entry: Entry) => (options.thin ? HEADER : HEADER + entry.size + (entry.size & 1));
  let wide = false;
  if (index) {
    const count = index.names.length;
    const total = 8 + HEADER + 4 * (count + 1) + index.size + 1 + tableSize;
    wide = entries.reduce((sum, entry) => sum + body(entry), total) > 0xffffffff && count > 0;
    const width = wide ? 8 : 4;
    const size = width * (count + 1) + index.size;
    position += HEADER + (wide ? (size + 7) & ~7 : size + (size & 1));
  }
  position += tableSize;
  const offsets = entries.map((entry) => {
    const at = position;
    position += body(entry);
    return at;
  });

  const file = host.files.create(path);
  if (isProblem(file)) throw new Fatal(`${asByteText(path)}: ${file.problem}`);
  try {
    const out = new Sequence(file);
    out.text(options.thin ? "!<thin>\n" : "!<arch>\n");
    if (index) {
      const bytes = encodeIndex(index, offsets, wide);
      const date = options.deterministic ? 0 : host.now();
      const fields = `${String(date).padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"0".padEnd(8)}`;
      out.text(`${(wide ? "/SYM64/" : "/").padEnd(16)}${fields}${String(bytes.length).padEnd(10)}\`\n`);
      out.bytes(bytes);
    }
    if (table !== "") {
      const size = table.length + (table.length & 1);
      out.text(`//${" ".repeat(46)}${String(size).padEnd(10)}\`\n${table}${table.length & 1 ? "\n" : ""}`);
    }
    entries.forEach((entry, i) => {
      out.text(names[i].padEnd(16) + headers[i]);
      if (options.thin) return;
      const bytes = entry.read();
      out.bytes(bytes);
      if (bytes.length & 1) out.text("\n");
    });
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
  if (!isProblem(before)) host.files.setStatus(path, before.mode);
}

/** Bytes one after the other, few writes for many small pieces. */
class Sequence {
  private readonly file: OutputFile;
  private position = 0;

  constructor(file: OutputFile) {
    this.file = file;
  }

  bytes(bytes: Uint8Array): void {
    this.file.write(bytes, this.position);
    this.position += bytes.length;
  }

  text(text: string): void {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    this.bytes(bytes);
  }
}

/** What follows the name in a header: date, owner, group, mode, size, end mark. */
function fieldsOf(host: ToolHost, entry: Entry, deterministic: boolean): string {
  if (entry.fields !== undefined) return entry.fields;
  const status = host.files.status(entry.name);
  if (isProblem(status)) throw new Fatal(`${asByteText(entry.name)}: ${status.problem}`);
  const date = deterministic ? 0 : Math.floor(status.modified);
  const uid = deterministic ? 0 : status.uid;
  const gid = deterministic ? 0 : status.gid;
  const mode = deterministic ? 0o644 : status.mode;
  const field = (value: string, size: number) => value.padEnd(size).slice(0, size);
  return (
    field(String(date), FIELD_SIZES.date) +
    field(String(uid), FIELD_SIZES.id) +
    field(String(gid), FIELD_SIZES.id) +
    field(mode.toString(8), FIELD_SIZES.mode) +
    field(String(entry.size), FIELD_SIZES.size) +
    "`\n"
  );
}

/** The name field of each entry, and the table of long names; byte text. */
function storedNames(
  host: ToolHost,
  path: string,
  entries: readonly Entry[],
  options: WriteOptions,
): { names: string[]; table: string } {
  let table = "";
  let lastFile: string | undefined;
  let lastOffset = 0;
  const names = entries.map((entry) => {
    if (options.thin) {
      const file = entry.container ?? entry.name;
      if (file !== lastFile) {
        lastFile = file;
        lastOffset = table.length;
        table += `${asByteText(relativeTo(host, file, path))}/\n`;
      }
      return entry.container === undefined ? `/${lastOffset}` : `/${lastOffset}:${entry.containerOffset}`;
    }
    const name = asByteText(options.fullPaths ? entry.name : baseName(entry.name));
    if (name.length <= NAME_LIMIT) return `${name}/`;
    if (options.truncate) return `${name.slice(0, NAME_LIMIT)}/`;
    const offset = table.length;
    table += `${name}/\n`;
    return `/${offset}`;
  });
  return { names, table };
}

/** A file's path from the folder of the archive, with symbolic links followed. */
function relativeTo(host: ToolHost, file: string, archive: string): string {
  if (file.startsWith("/") || archive.startsWith("/")) return file;
  const from = host.files.realPath(archive).split("/");
  const to = host.files.realPath(file).split("/");
  let common = 0;
  while (common < from.length - 1 && common < to.length - 1 && from[common] === to[common]) common++;
  return "../".repeat(from.length - 1 - common) + to.slice(common).join("/");
}

interface Index {
  /** Byte text. */
  readonly names: readonly string[];
  /** Which entry has the symbol. */
  readonly entry: readonly number[];
  /** Bytes of the names with their zeros. */
  readonly size: number;
}

/** The index; undefined where no entry is an object. */
function makeIndex(entries: readonly Entry[]): Index | undefined {
  const names: string[] = [];
  const entry: number[] = [];
  let size = 0;
  let hasObjects = false;
  entries.forEach((each, i) => {
    const symbols = indexSymbols(each.read());
    if (!symbols) return;
    hasObjects = true;
    for (const name of symbols) {
      names.push(name);
      entry.push(i);
      size += name.length + 1;
    }
  });
  return hasObjects ? { names, entry, size } : undefined;
}

function encodeIndex(index: Index, offsets: readonly number[], wide: boolean): Uint8Array {
  const width = wide ? 8 : 4;
  const count = index.names.length;
  const size = width * (count + 1) + index.size;
  const bytes = new Uint8Array(wide ? (size + 7) & ~7 : size + (size & 1));
  const view = new DataView(bytes.buffer);
  const put = (slot: number, value: number) => {
    if (wide) view.setUint32(slot * 8, Math.floor(value / 0x1_0000_0000));
    view.setUint32(slot * width + width - 4, value >>> 0);
  };
  put(0, count);
  let at = width * (count + 1);
  for (let i = 0; i < count; i++) {
    put(i + 1, offsets[index.entry[i]]);
    const name = index.names[i];
    for (let j = 0; j < name.length; j++) bytes[at++] = name.charCodeAt(j);
    at++;
  }
  return bytes;
}

/** The start of a file as byte text, for marks. */
export function magicOf(bytes: Uint8Array): string {
  return byteText(bytes, 0, Math.min(8, bytes.length));
}
