import type { Cursor } from "./cursor.ts";
import { readForm, type StringSections } from "./forms.ts";

// The tables of folders and files in the head of a line program (DWARF 5,
// section 6.2.4; DWARF 4, 6.2.4 for the older form).

const DW_LNCT_path = 1;
const DW_LNCT_directory_index = 2;

export interface FileEntry {
  readonly name: string;
  /** Index into the folders. */
  readonly directory: number;
}

/** DWARF 5: one of the two tables, first the folders', then the files', whose entries tell their own form. */
export function readEntries(
  cursor: Cursor,
  offsetSize: 4 | 8,
  addressSize: number,
  strings: StringSections,
): FileEntry[] {
  const sizes = { offset: offsetSize, address: addressSize, version: 5 };
  const formats: [number, number][] = [];
  const formatCount = cursor.u8();
  for (let i = 0; i < formatCount; i++) formats.push([cursor.uleb(), cursor.uleb()]);
  const count = cursor.uleb();
  const entries: FileEntry[] = [];
  if (formatCount === 0) return entries;
  for (let i = 0; i < count && !cursor.atEnd; i++) {
    let name = "";
    let directory = 0;
    for (const [content, form] of formats) {
      const value = readForm(cursor, form, sizes, strings);
      if (content === DW_LNCT_path && typeof value === "string") name = value;
      else if (content === DW_LNCT_directory_index && typeof value === "number") directory = value;
    }
    entries.push({ name, directory });
  }
  return entries;
}

/** DWARF 2 to 4: names of folders, up to an empty one. The first is number 1. */
export function readOldDirectories(cursor: Cursor): string[] {
  const directories: string[] = [];
  for (let name = cursor.string(); name !== "" && !cursor.atEnd; name = cursor.string())
    directories.push(name);
  return directories;
}

/** DWARF 2 to 4: files, up to one without a name. The first is number 1; folder 0 is the unit's. */
export function readOldFiles(cursor: Cursor): FileEntry[] {
  const files: FileEntry[] = [];
  for (let name = cursor.string(); name !== "" && !cursor.atEnd; name = cursor.string()) {
    files.push({ name, directory: cursor.uleb() });
    cursor.uleb();
    cursor.uleb();
  }
  return files;
}
