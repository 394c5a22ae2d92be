import type { Archive } from "../../archive/index.ts";
import { ET_DYN } from "../../elf/index.ts";
import type { RandomAccess } from "../../files/index.ts";
import { type BfdObject, openElf } from "../bfd/object.ts";
import { targetFormats, targetName, targetNamed } from "../bfd/targets.ts";
import { Fatal } from "../fatal.ts";
import { type ToolHost, versionText } from "../host.ts";
import { NOT_RECOGNIZED, openInput, readMember, warn } from "../inputs.ts";
import { finishOptions, helpText } from "../options.ts";
import { asByteText, byteText, TextOut } from "../text-out.ts";
import { architectureNames, type CodeKind, codeKind, codeNamed } from "./architectures.ts";
import { binaryObject } from "./binary.ts";
import { disassemble } from "./code.ts";
import { printContents } from "./contents.ts";
import { Dump, fail, type Run, say } from "./context.ts";
import { printDwarf } from "./dwarf.ts";
import { printFileHeader, printPrivateHeaders, printSectionHeaders } from "./headers.ts";
import { objdumpSpecs, readObjdumpOptions } from "./options.ts";
import { printDynamicRelocations, printSectionRelocations } from "./relocations.ts";
import { printSymbolTable } from "./symbols.ts";

const usage = {
  tool: "objdump",
  usage: "<option(s)> <file(s)>",
  summary: "Display information from object <file(s)>.",
};

/** `objdump ARGUMENTS...`: the command line, output and exit codes of GNU objdump. */
export async function objdump(args: readonly string[], host: ToolHost): Promise<number> {
  const parsed = finishOptions(args, objdumpSpecs, host, usage);
  if (typeof parsed === "number") return parsed;
  if (parsed.options.some(({ id }) => id === "H")) {
    host.out(helpText(objdumpSpecs, host, usage));
    return 0;
  }
  if (parsed.options.some(({ id }) => id === "v" || id === "V")) {
    host.out(versionText(host, "objdump"));
    return 0;
  }
  const request = readObjdumpOptions(parsed.options);
  const { options } = request;
  const run: Run = {
    host,
    out: new TextOut({ write: (bytes) => host.outBytes(bytes) }),
    options,
    seenSections: new Set(),
    path: "",
    exitCode: 0,
  };
  for (const warning of request.warnings) say(run, warning);
  for (const option of request.unsupported) fail(run, `the option ${option} is not supported`);
  if (request.fatal !== undefined) {
    fail(run, request.fatal);
    return 1;
  }
  if (!request.asked) {
    if (request.unsupported.length > 0) return 1;
    host.error(helpText(objdumpSpecs, host, usage));
    return 2;
  }
  if (options.info) printInfo(run);
  else {
    const paths = parsed.operands.length > 0 ? parsed.operands : ["a.out"];
    try {
      for (const path of paths) await showFile(run, path);
    } catch (error) {
      if (!(error instanceof Fatal)) throw error;
      fail(run, error.message);
      return 1;
    }
    if (options.sections.length > 0 && run.seenSections.size === 0)
      for (const name of [...options.sections].reverse())
        fail(run, `section '${name}' mentioned in a -j option, but not found in any input file`);
  }
  run.out.flush();
  return run.exitCode;
}

async function showFile(run: Run, path: string): Promise<void> {
  const { host, options } = run;
  run.path = path;
  run.out.flush();
  if (options.target !== undefined && !targetNamed(options.target)) {
    fail(run, `${asByteText(path)}: invalid bfd target`);
    return;
  }
  const input = openInput(host, path);
  if (!input) {
    run.exitCode = 1;
    return;
  }
  const name = asByteText(path);
  if (options.target === "binary") {
    const status = host.files.open(path);
    if (!("problem" in status)) {
      const bytes = status.read(0, status.size);
      status.close();
      await showObject(run, binaryObject(name, bytes, options.bigEndian === true), name, "binary");
    }
    return;
  }
  if (input.kind === "object") await showObject(run, input.object, name);
  else if (input.kind === "archive") {
    await showArchive(run, path, input.archive, input.file);
    input.file.close();
  } else fail(run, `${name}: ${NOT_RECOGNIZED}`);
}

async function showArchive(run: Run, path: string, archive: Archive, file: RandomAccess): Promise<void> {
  const name = asByteText(path);
  run.out.text(`In archive ${name}:\n`);
  let problem: string | undefined;
  const list = archive.members((text) => {
    problem = text;
  });
  for (const entry of list) {
    const member = readMember(run.host, path, archive, entry);
    if (typeof member === "string") {
      fail(run, `${name}: ${member}`);
      return;
    }
    const object = openElf(member.name, member.bytes);
    if (!object) {
      fail(run, `${member.name}: ${NOT_RECOGNIZED}`);
      continue;
    }
    run.out.flush();
    warn(run.host, object);
    const line = run.options.archiveHeaders
      ? memberLine(byteText(file.read(entry.header, 60), 0, 60), entry.size, member.name)
      : undefined;
    await showObject(run, object, member.name, undefined, line);
  }
  if (problem !== undefined)
    fail(run, `${name}: ${/past the end|too small/.test(problem) ? "file truncated" : "malformed archive"}`);
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** -a: what the archive says of a member, as `ls -l` would. */
function memberLine(header: string, size: number, name: string): string {
  const number = (from: number, to: number, base = 10) =>
    Number.parseInt(header.slice(from, to).trim(), base) || 0;
  const date = new Date(number(16, 28) * 1000);
  const mode = number(40, 48, 8);
  let letters = "";
  for (let bit = 8; bit >= 0; bit--) letters += (mode >> bit) & 1 ? "rwx"[(8 - bit) % 3] : "-";
  const two = (value: number, fill: string) => `${value}`.padStart(2, fill);
  const day = `${months[date.getMonth()]} ${two(date.getDate(), " ")}`;
  const time = `${two(date.getHours(), "0")}:${two(date.getMinutes(), "0")}`;
  return `${letters} ${number(28, 34)}/${number(34, 40)} ${`${size}`.padStart(6)} ${day} ${time} ${date.getFullYear()} ${name}\n`;
}

async function showObject(
  run: Run,
  object: BfdObject,
  name: string,
  format = targetName(object.image),
  archiveLine?: string,
): Promise<void> {
  const { out, options } = run;
  const dump = new Dump(run, object, name);
  out.text(`\n${dump.shown(name)}:     file format ${format}\n`);
  if (archiveLine !== undefined) out.text(archiveLine);
  else if (options.archiveHeaders) printOwnHeader(dump);
  if (options.fileHeaders) printFileHeader(dump);
  if (options.privateHeaders) printPrivateHeaders(dump);
  out.byte(10);
  if (options.sectionHeaders) printSectionHeaders(dump);
  if ((options.dynamicSymbols || options.dynamicRelocations) && !object.dynsym) {
    if (object.image.header.type === ET_DYN) throw new Fatal(`${name}: invalid operation`);
    fail(run, `${name}: not a dynamic object`);
  }
  if (options.symbols) printSymbolTable(dump, false);
  if (options.dynamicSymbols) printSymbolTable(dump, true);
  if (options.debug.parts.size > 0) printDwarf(dump);
  if (options.relocations && !options.disassemble) printSectionRelocations(dump);
  if (options.dynamicRelocations && !options.disassemble) {
    if (object.dynsym) printDynamicRelocations(dump);
    else throw new Fatal(`${name}: invalid operation`);
  }
  if (options.contents) printContents(dump);
  if (options.disassemble) {
    const wanted = options.architecture === undefined ? undefined : codeNamed(options.architecture);
    if (options.architecture !== undefined && !wanted) {
      throw new Fatal(`can't use supplied machine ${options.architecture}`);
    }
    const kind: CodeKind | undefined = wanted?.kind ?? codeKind(object.image);
    if (!kind) {
      fail(run, "can't disassemble for architecture UNKNOWN!\n");
      return;
    }
    await disassemble(dump, kind, wanted?.intel === true);
  }
}

/** -a of a file that is no archive's member. */
function printOwnHeader(dump: Dump): void {
  dump.out.text(`${dump.shown(dump.name)}\n`);
}

/** -i: what can be read and what can be disassembled. */
function printInfo({ out }: Run): void {
  out.text("BFD header file version (Premain) 2.40\n");
  for (const format of targetFormats) {
    out.text(`${format.name}\n`);
    const order =
      format.kind === "elf" ? (format.littleEndian ? "little endian" : "big endian") : "endianness unknown";
    out.text(` (header ${order}, data ${order})\n`);
  }
  out.text(`\nArchitectures: ${architectureNames.join(" ")}\n`);
}
