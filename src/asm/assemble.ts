import type { Report } from "../diagnostics/index.ts";
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS } from "../elf/index.ts";
import type { FileSystem } from "../files/index.ts";
import { Assembler } from "./assembler.ts";
import { installFrames } from "./cfi.ts";
import { describeObject } from "./describe.ts";
import { registerDirectives } from "./directive-tables.ts";
import { createSection } from "./directives-sections.ts";
import { finishAssembly } from "./finish.ts";
import { wrap } from "./integer.ts";
import { installLines } from "./lines.ts";
import { finishObject, objectBytes } from "./object.ts";
import type { AssembleOptions } from "./options.ts";
import { terminated } from "./reader.ts";
import type { AssembledObject } from "./result.ts";
import { isNoBits } from "./section-kinds.ts";
import { ABSOLUTE, ZERO_FRAGMENT } from "./sections.ts";
import { readStatements } from "./statements.ts";

/** A source to assemble: what it is called, and its bytes. */
export interface AssemblySource {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Assembles sources, one after another, into one object; undefined if there were errors. */
export function assemble(
  sources: readonly AssemblySource[],
  options: AssembleOptions,
  files: FileSystem,
  report: Report,
): AssembledObject | undefined {
  const assembler = new Assembler(options, files, report);
  begin(assembler);
  const size = sources.reduce((sum, { bytes }) => sum + bytes.length, 0);
  // Compilers write a branch, an address or an alignment in about a hundred bytes.
  assembler.sections.fragments.reserve(size >> 6);
  for (const { name, bytes } of sources) {
    assembler.filesRead.push(name);
    assembler.reader.push([terminated(bytes)], "file", name);
    readStatements(assembler);
    // After .end there may be texts that were not read to their end.
    assembler.reader.frames.length = 0;
    assembler.ended = false;
  }
  // From here on, no line is read.

  finishAssembly(assembler);
  if (report.hasErrors && !options.always) return undefined;
  if (tooLarge(assembler)) return undefined;
  const object = finishObject(assembler);
  const bytes = objectBytes(assembler, object);
  if (report.hasErrors && !options.always) return undefined;
  return describeObject(assembler, object, bytes);
}

/** What an array of bytes can hold. */
const LARGEST = 2 ** 32 - 1;

/** Whether the sections have more bytes than a file can be made of; then there is a message. */
function tooLarge(assembler: Assembler): boolean {
  let total = 0;
  for (const section of assembler.sections.list()) if (!isNoBits(section)) total += section.size;
  if (total <= LARGEST) return false;
  assembler.report.error(
    "AS0962",
    assembler.lastFile(),
    `the sections have ${total} bytes; at most ${LARGEST} are possible`,
  );
  return true;
}

/** The sections that are always there, the command line's symbols, the directives. */
function begin(assembler: Assembler): void {
  const { sections, symbols, names, options, target } = assembler;
  registerDirectives(assembler);
  installLines(assembler);
  installFrames(assembler);
  // The last one given comes first, as with GNU as.
  for (const { name, value } of [...(options.defines ?? [])].reverse()) {
    const id = symbols.make(names.internText(name), ABSOLUTE, ZERO_FRAGMENT, 0);
    symbols.setValue(id, wrap(value));
  }
  const text = createSection(assembler, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR);
  const data = createSection(assembler, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE);
  const bss = createSection(assembler, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE);
  for (const section of [data, bss, text]) sections.switchTo(section);
  text.alignment = target.compressed ? 1 : 2;
}
