import { Archive } from "../../archive/index.ts";
import { isProblem, type RandomAccess } from "../../files/index.ts";
import { complain, type ToolHost, versionText } from "../host.ts";
import { expandArguments } from "../options.ts";
import { asByteText, byteText, TextOut } from "../text-out.ts";
import { parseReadelfArguments, readelfHelp } from "./arguments.ts";
import { Complaints } from "./context.ts";
import { readObject } from "./object.ts";
import type { ReadelfOptions } from "./options.ts";

/** `readelf ARGUMENTS...`: the command line, output and exit codes of GNU readelf. */
export function readelf(args: readonly string[], host: ToolHost): number {
  const parsed = parseReadelfArguments(expandArguments(args, host));
  for (const message of parsed.messages) complain(host, message);
  if (parsed.action === "version") {
    host.out(versionText(host, "readelf"));
    return 0;
  }
  if (parsed.action !== "run") {
    if (parsed.action === "help") host.out(readelfHelp);
    else host.error(readelfHelp);
    return parsed.action === "help" ? 0 : 1;
  }
  for (const option of parsed.unsupported) complain(host, `Error: the option ${option} is not supported`);
  const out = new TextOut({ write: (bytes) => host.outBytes(bytes) });
  let good = parsed.unsupported.length === 0;
  const { paths, options } = parsed;
  const memory = { lastUnknown: 0 };
  for (const path of paths)
    if (!readFile(path, { options, host, out, showName: paths.length > 1, memory })) good = false;
  out.flush();
  return good ? 0 : 1;
}

interface Run {
  readonly options: ReadelfOptions;
  readonly host: ToolHost;
  readonly out: TextOut;
  readonly showName: boolean;
  /** For every file's `Complaints`. */
  readonly memory: { lastUnknown: number };
}

function readFile(path: string, run: Run): boolean {
  const { options, host, out, showName, memory } = run;
  const name = asByteText(path);
  const complaints = new Complaints(host, out, memory);
  const error = (message: string) => {
    complaints.error(message);
    return false;
  };
  const status = host.files.status(path);
  if (isProblem(status)) {
    if (status.problem === "No such file or directory") return error(`'${name}': No such file`);
    return error(`Could not locate '${name}'.  System error message: ${status.problem}`);
  }
  if (status.kind !== "file") return error(`'${name}' is not an ordinary file`);
  const opened = host.files.open(path);
  if (isProblem(opened)) return error(`Input file '${name}' is not readable.`);
  try {
    const magic = opened.read(0, 8);
    if (magic.length < 8) return error(`${name}: Failed to read file's magic number`);
    const text = byteText(magic, 0, 8);
    if (text === "!<arch>\n" || text === "!<thin>\n") return readArchive(path, opened, run);
    if (options.archiveIndex && !options.checkAll)
      error(`File ${name} is not an archive so its index cannot be displayed.`);
    const bytes = opened.read(0, opened.size);
    return readObject({ name, bytes, out, options, complaints, inArchive: false, showName });
  } finally {
    opened.close();
  }
}

function readArchive(path: string, file: RandomAccess, { options, host, out, memory }: Run): boolean {
  const name = asByteText(path);
  const complaints = new Complaints(host, out, memory);
  const error = (message: string) => {
    complaints.error(message);
    return false;
  };
  const archive = new Archive(file);
  if (archive.problem) error(`${name}: ${archive.problem}`);
  let good = archive.problem === undefined;
  let damaged = false;
  const qualified = (member: string) => (archive.thin ? `${name}[${member}]` : `${name}(${member})`);
  if (options.archiveIndex) {
    if (!archive.index) error(`${name}: unable to dump the index as none was found`);
    else if (archive.index.count === 0 && archive.index.names.length === 0)
      return error(`${name}: the archive has an index but no symbols`);
    else {
      const left = printIndex(archive, name, qualified, out);
      if (left > 0) {
        const remain = left === 1 ? "byte remains" : "bytes remain";
        error(
          `${name}: ${left} ${remain} in the symbol table, but without corresponding entries in the index table`,
        );
        good = false;
      }
    }
    if (!asksForObjects(options)) return true;
  }
  const members = archive.members(() => {
    good = false;
    damaged = true;
  });
  for (const member of members) {
    const memberName = asByteText(member.name);
    let bytes: Uint8Array;
    if (archive.thin) {
      const slash = path.lastIndexOf("/");
      const target = member.name.startsWith("/") ? member.name : path.slice(0, slash + 1) + member.name;
      const opened = host.files.open(target);
      if (isProblem(opened)) {
        good = error(`Input file '${asByteText(target)}' is not readable.`);
        break;
      }
      bytes = opened.read(0, opened.size);
      opened.close();
    } else bytes = file.read(member.offset, member.size);
    const request = {
      name: qualified(memberName),
      bytes,
      out,
      options,
      complaints: new Complaints(host, out, memory),
    };
    if (!readObject({ ...request, inArchive: true, showName: true })) good = false;
  }
  if (damaged) error(`${name}: did not find a valid archive header`);
  return good;
}

function asksForObjects(options: ReadelfOptions): boolean {
  return (
    options.dynamic ||
    options.symbols ||
    options.relocations ||
    options.unwind ||
    options.sections ||
    options.segments ||
    options.header ||
    options.dumps.length > 0 ||
    options.debug.parts.size > 0 ||
    options.versions ||
    options.histogram ||
    options.archSpecific ||
    options.notes ||
    options.groups ||
    options.dynamicSymbols
  );
}

/** -c: the symbols of the archive's index under the members that define them; how many bytes of it are left over. */
function printIndex(
  archive: Archive,
  name: string,
  qualified: (member: string) => string,
  out: TextOut,
): number {
  const { index } = archive;
  if (!index) return 0;
  const size = index.names.length;
  out.text(
    `Index of archive ${name}: (${index.count} entries, 0x${size.toString(16)} bytes in the symbol table)\n`,
  );
  for (let i = 0; i < index.count; i++) {
    const place = index.member[i];
    if (i === 0 || place !== index.member[i - 1]) {
      const member = archive.member(place);
      if (typeof member !== "string")
        out.text(
          `Contents of binary ${qualified(asByteText(member.name))} at offset 0x${place.toString(16)}\n`,
        );
    }
    const start = index.nameOffset[i];
    out.text(`\t${byteText(index.names, start, start + index.nameLength[i])}\n`);
  }
  const last = index.count - 1;
  const end = last < 0 ? 0 : index.nameOffset[last] + index.nameLength[last] + 1;
  return size - end - (end & 1);
}
