import { isProblem } from "../../files/index.ts";
import type { Entry } from "../ar/entries.ts";
import { readArchive } from "../ar/entries.ts";
import { headerFields } from "../ar/list.ts";
import { writeArchiveFile } from "../ar/write.ts";
import { type TargetFormat, targetNamed } from "../bfd/targets.ts";
import { Fatal } from "../fatal.ts";
import { checkFile, complain, readFile, type ToolHost } from "../host.ts";
import { NOT_RECOGNIZED } from "../inputs.ts";
import { asByteText, byteText } from "../text-out.ts";
import { type CopyResult, copyObject } from "./copy-object.ts";
import { type InputObject, readElfInput } from "./model.ts";
import { readBinaryInput, readIhexInput, readSrecInput } from "./read-formats.ts";
import type { Settings } from "./settings.ts";

// One file of a command line: an object, or an archive whose members are
// copied one by one into a new archive.

/** Copies `from` to `to`, which may be the same path; the result is the exit code. */
export function copyFile(from: string, to: string, settings: Settings, host: ToolHost): number {
  const shown = asByteText(from);
  const size = checkFile(host, from);
  if (size === undefined) return 1;
  if (size < 1) {
    complain(host, `error: the input file '${shown}' is empty`);
    return 1;
  }
  const status = host.files.status(from);
  const bytes = readFile(host, from);
  if (!bytes || isProblem(status)) return 1;
  const wanted = settings.inputTarget;
  checkTarget(wanted, shown);
  const magic = byteText(bytes, 0, Math.min(8, bytes.length));
  const inPlace = from === to;
  const finish = () => {
    const times = settings.preserveDates ? status : undefined;
    const own = host.files.status(to);
    if (inPlace) host.files.setStatus(to, status.mode, times);
    else if (times && !isProblem(own)) host.files.setStatus(to, own.mode, times);
  };
  if ((magic === "!<arch>\n" || magic === "!<thin>\n") && wanted !== "binary") {
    const code = copyArchive(from, to, settings, host);
    if (code === 0) finish();
    return code;
  }
  const input = readInput(shown, bytes, wanted);
  if (!input) {
    complain(host, `${shown}: ${NOT_RECOGNIZED}`);
    return 1;
  }
  if (!input.elf && wanted === undefined) {
    complain(host, `Unable to recognise the format of the input file \`${shown}'`);
    return 1;
  }
  for (const warning of input.elf?.warnings ?? []) complain(host, warning);
  const target = formatFor(input, settings, asByteText(to));
  const result = copyObject(input, target, settings, asByteText(to), host);
  if (!result) {
    if (!inPlace) host.files.remove(to);
    return 1;
  }
  if (result.code !== 0) {
    if (!inPlace) host.files.remove(to);
    return result.code;
  }
  write(to, result, host);
  finish();
  return 0;
}

function checkTarget(name: string | undefined, file: string): void {
  if (name !== undefined && !targetNamed(name)) throw new Fatal(`${file}: invalid bfd target`);
}

/** The format of the output: what -O says, or that of the input. */
function formatFor(input: InputObject, settings: Settings, file: string): TargetFormat {
  checkTarget(settings.outputTarget, file);
  const name = settings.outputTarget ?? input.target;
  const known = targetNamed(name);
  const { elf } = input;
  if (known?.kind === "elf" && known.name === input.target && elf)
    return { ...known, machine: elf.image.header.machine };
  if (known) {
    if (known.kind === "elf" && !elf)
      return { ...known, machine: known.machine || architecture(settings.binaryArchitecture) };
    return known;
  }
  throw new Fatal(`${file}: invalid bfd target`);
}

/** e_machine for a name of -B. */
function architecture(name: string | undefined): number {
  if (name === undefined) return 0;
  if (name.startsWith("riscv")) return 243;
  if (name.startsWith("i386:x86-64")) return 62;
  if (name.startsWith("i386")) return 3;
  if (name.startsWith("aarch64")) return 183;
  return name.startsWith("arm") ? 40 : 0;
}

function readInput(name: string, bytes: Uint8Array, target: string | undefined): InputObject | undefined {
  if (target === "binary") return readBinaryInput(name, bytes);
  return readElfInput(name, bytes) ?? readIhexInput(name, bytes) ?? readSrecInput(name, bytes);
}

function write(path: string, result: CopyResult, host: ToolHost): void {
  const file = host.files.create(path, { executable: result.executable });
  if (isProblem(file)) throw new Fatal(`${asByteText(path)}: ${file.problem}`);
  for (const { bytes, offset } of [...result.pieces].sort((a, b) => a.offset - b.offset))
    file.write(bytes, offset);
  file.finish();
}

function assemble(result: CopyResult): Uint8Array {
  const bytes = new Uint8Array(result.size);
  for (const piece of result.pieces) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

function copyArchive(from: string, to: string, settings: Settings, host: ToolHost): number {
  const archive = readArchive(host, from);
  const shown = asByteText(from);
  if (archive.thin) {
    complain(host, `${shown}: sorry: copying thin archives is not currently supported: invalid operation`);
    return 1;
  }
  if (settings.debugLink !== undefined) {
    complain(host, `--add-gnu-debuglink ignored for archive ${shown}`);
    settings.debugLink = undefined;
  }
  const entries: Entry[] = [];
  for (const entry of archive.entries) {
    const name = asByteText(entry.name);
    if (name.startsWith("/") || name.split("/").includes("..")) {
      complain(host, `illegal pathname found in archive member: ${name}`);
      return 1;
    }
    const bytes = entry.read();
    const full = `${shown}(${name})`;
    const input = readInput(full, bytes, settings.inputTarget);
    let copied = bytes;
    let mode = 0o644;
    if (!input) {
      complain(host, `${full}: Unable to recognise the format of file: ${NOT_RECOGNIZED}`);
    } else {
      const result = copyObject(input, formatFor(input, settings, full), settings, name, host);
      if (!result) return 1;
      if (result.code !== 0) return result.code;
      copied = assemble(result);
      if (result.executable) mode = 0o755;
    }
    const old = headerFields(entry.fields ?? "");
    const date = settings.deterministic ? 0 : settings.preserveDates ? old.date : host.now();
    const fields =
      `${String(date).padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${(settings.deterministic ? 0o644 : 0o100000 | mode).toString(8).padEnd(8)}` +
      `${String(copied.length).padEnd(10)}\`\n`;
    entries.push({ ...entry, fields, size: copied.length, read: () => copied });
  }
  writeArchiveFile(host, to, entries, {
    thin: false,
    index: settings.strip !== "all" && archive.hasIndex,
    deterministic: settings.deterministic,
    truncate: false,
    fullPaths: false,
  });
  return 0;
}
