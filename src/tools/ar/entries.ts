import { Archive } from "../../archive/index.ts";
import { isProblem, type RandomAccess } from "../../files/index.ts";
import { Fatal } from "../fatal.ts";
import type { ToolHost } from "../host.ts";
import { NOT_RECOGNIZED, thinPath } from "../inputs.ts";
import { asByteText, byteText } from "../text-out.ts";

// The contents of an archive while it is being changed: a list of entries, each
// of which is a member of the old archive or a file that is to become one.

export interface Entry {
  /** As it was read or given; in a thin archive with the archive's folder. */
  readonly name: string;
  /** The header's fields after the name, as they stand (44 bytes: date to size); undefined for a file not yet stored. */
  readonly fields: string | undefined;
  readonly size: number;
  /** Where its contents are in the archive, as `ar tO` shows it; 0 where that means nothing. */
  readonly origin: number;
  /** In a thin archive, the archive of which it is a member, and where. */
  readonly container: string | undefined;
  readonly containerOffset: number;
  read(): Uint8Array;
}

export interface OpenArchive {
  readonly path: string;
  readonly thin: boolean;
  readonly hasIndex: boolean;
  readonly entries: Entry[];
}

/** The last component of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Reads what an archive consists of. */
export function readArchive(host: ToolHost, path: string): OpenArchive {
  const file = host.files.open(path);
  const shown = asByteText(path);
  if (isProblem(file)) throw new Fatal(`${shown}: ${file.problem}`);
  const magic = byteText(file.read(0, 8), 0, Math.min(8, file.size));
  if (magic !== "!<arch>\n" && magic !== "!<thin>\n") throw new Fatal(`${shown}: ${NOT_RECOGNIZED}`);
  const archive = new Archive(file);
  if (archive.problem !== undefined) throw new Fatal(`${shown}: ${NOT_RECOGNIZED}`);
  let problem: string | undefined;
  const members = archive.members((text) => {
    problem = text;
  });
  // An unfinished header at the end counts as the end.
  if (problem !== undefined && !/too small/.test(problem))
    throw new Fatal(`${shown}: ${/past the end/.test(problem) ? "file truncated" : "malformed archive"}`);
  const entries = members.map((member): Entry => {
    const header = file.read(member.header, 60);
    const fields = byteText(header, 16, 48) + String(member.size).padEnd(10) + "`\n";
    if (!archive.thin)
      return {
        name: member.name,
        fields,
        size: member.size,
        origin: member.offset,
        container: undefined,
        containerOffset: 0,
        read: () => archive.contents(member),
      };
    const real = thinPath(path, member.name);
    if (member.nested === undefined) {
      if (isProblem(host.files.status(real)))
        throw new Fatal(`${asByteText(real)}: No such file or directory`);
      return {
        name: real,
        fields,
        size: member.size,
        origin: 0,
        container: undefined,
        containerOffset: 0,
        read: () => wholeFile(host, real),
      };
    }
    const inner = nestedMember(host, real, member.nested);
    const origin = member.header + 60;
    return { ...inner, fields, size: member.size, origin, container: real, containerOffset: member.nested };
  });
  return { path, thin: archive.thin, hasIndex: archive.index !== undefined, entries };
}

function nestedMember(host: ToolHost, path: string, header: number): Entry {
  const file = host.files.open(path);
  if (isProblem(file)) throw new Fatal(`${asByteText(path)}: ${file.problem}`);
  const archive = new Archive(file);
  const member = archive.member(header);
  if (typeof member === "string") throw new Fatal(`${asByteText(path)}: malformed archive`);
  const fields = byteText(file.read(member.header, 60), 16, 48);
  return {
    name: member.name,
    fields: fields + String(member.size).padEnd(10) + "`\n",
    size: member.size,
    origin: 0,
    container: path,
    containerOffset: header,
    read: () => archive.contents(member),
  };
}

function wholeFile(host: ToolHost, path: string): Uint8Array {
  const file = openOrFail(host, path);
  const bytes = file.read(0, file.size);
  file.close();
  return bytes;
}

function openOrFail(host: ToolHost, path: string): RandomAccess {
  const file = host.files.open(path);
  if (isProblem(file)) throw new Fatal(`${asByteText(path)}: ${file.problem}`);
  return file;
}

/** The entries that a file of the command line becomes: one, or in a thin archive the members of an archive. */
export function newEntries(host: ToolHost, path: string, thin: boolean): Entry[] {
  const file = openOrFail(host, path);
  const { size } = file;
  const magic = thin ? byteText(file.read(0, 8), 0, Math.min(8, size)) : "";
  file.close();
  if (magic === "!<arch>\n" || magic === "!<thin>\n") {
    const { entries } = readArchive(host, path);
    if (magic === "!<thin>\n") return entries.map((entry) => ({ ...entry, fields: undefined }));
    return entries.map((entry) => ({ ...entry, container: path, containerOffset: entry.origin - 60 }));
  }
  return [
    {
      name: path,
      fields: undefined,
      size,
      origin: 0,
      container: undefined,
      containerOffset: 0,
      read: () => wholeFile(host, path),
    },
  ];
}
