import { Archive, type ArchiveMember } from "../archive/index.ts";
import { isProblem, type RandomAccess } from "../files/index.ts";
import { type BfdObject, openElf } from "./bfd/object.ts";
import { checkFile, complain, openFile, type ToolHost } from "./host.ts";
import { asByteText } from "./text-out.ts";

// Files of a command line as the tools meet them: an object, or an archive
// whose members are objects, in which case they go through them one by one.

export const NOT_RECOGNIZED = "file format not recognized";

export type InputFile =
  | { readonly kind: "object"; readonly object: BfdObject }
  | { readonly kind: "archive"; readonly archive: Archive; readonly file: RandomAccess }
  /** No format that we know; the bytes are there for formats without a mark. */
  | { readonly kind: "unknown"; readonly bytes: Uint8Array };

/** Opens a file. Undefined where that cannot be done, after saying so. Call `file.close()` of archives. */
export function openInput(host: ToolHost, path: string): InputFile | undefined {
  const size = checkFile(host, path);
  if (size === undefined || size < 1) return undefined;
  const file = openFile(host, path);
  if (!file) return undefined;
  const start = file.read(0, Math.min(8, file.size));
  const magic = String.fromCharCode(...start);
  if (magic === "!<arch>\n" || magic === "!<thin>\n") {
    const archive = new Archive(file);
    // BFD takes no archive whose index is broken.
    if (archive.problem === undefined) return { kind: "archive", archive, file };
  }
  const bytes = file.read(0, file.size);
  file.close();
  const object = openElf(asByteText(path), bytes);
  if (!object) return { kind: "unknown", bytes };
  warn(host, object);
  return { kind: "object", object };
}

/** What BFD has to say about a file. */
export function warn(host: ToolHost, object: BfdObject): void {
  for (const warning of object.warnings) complain(host, warning);
}

export interface Member {
  /** Byte text; in thin archives with the archive's folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The members of an archive in turn. At a damaged one the walk ends, and the
 * result says in BFD's words what is wrong.
 */
export function* members(
  host: ToolHost,
  path: string,
  archive: Archive,
): Generator<Member, string | undefined> {
  let problem: string | undefined;
  const list = archive.members((text) => {
    problem = text;
  });
  for (const member of list) {
    const found = readMember(host, path, archive, member);
    if (typeof found === "string") return found;
    yield found;
  }
  // An unfinished header at the end counts as the end.
  return problem === undefined || /too small/.test(problem) ? undefined : bfdProblem(problem);
}

/** A member's bytes; a string is what is wrong. */
export function readMember(
  host: ToolHost,
  path: string,
  archive: Archive,
  member: ArchiveMember,
): Member | string {
  if (!archive.thin) return { name: asByteText(member.name), bytes: archive.contents(member) };
  const file = thinPath(path, member.name);
  const opened = host.files.open(file);
  if (isProblem(opened)) return opened.problem;
  if (member.nested !== undefined) {
    const outer = new Archive(opened);
    const inner = outer.member(member.nested);
    const found = typeof inner === "string" ? inner : readMember(host, file, outer, inner);
    opened.close();
    return typeof found === "string" ? bfdProblem(found) : found;
  }
  const bytes = opened.read(0, opened.size);
  opened.close();
  return { name: asByteText(file), bytes };
}

/** A path in a thin archive counts from the archive's folder. */
export function thinPath(archive: string, member: string): string {
  if (member.startsWith("/")) return member;
  const slash = archive.lastIndexOf("/");
  return slash < 0 ? member : archive.slice(0, slash + 1) + member;
}

/** What BFD says where our archive reader says something more exact. */
function bfdProblem(problem: string): string {
  if (/goes past the end/.test(problem)) return "file truncated";
  return problem.startsWith("no member") ? "no more archived files" : "malformed archive";
}
