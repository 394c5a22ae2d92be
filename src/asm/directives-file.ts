import { isProblem } from "../files/index.ts";
import type { Assembler } from "./assembler.ts";
import { QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { stringOperand } from "./directives-data.ts";
import { terminated } from "./reader.ts";

// Directives about files and messages.

/** The bytes of a file that the source names: beside the current folder, then in the -I folders. */
function readNamed(assembler: Assembler, name: string): Uint8Array | undefined {
  let problem = "No such file or directory";
  const folders = name.startsWith("/")
    ? [""]
    : ["", ...(assembler.options.includes ?? []).map((each) => `${each}/`)];
  for (const folder of folders) {
    const file = assembler.files.open(folder + name);
    if (isProblem(file)) {
      if (file.problem !== "No such file or directory") problem = file.problem;
      continue;
    }
    const bytes = file.read(0, file.size);
    file.close();
    assembler.filesRead.push(folder + name);
    assembler.lastRead = folder + name;
    return bytes;
  }
  assembler.error("AS0601", `can't open ${name} for reading: ${problem}`);
  return undefined;
}

/** More files inside each other than this are one that includes itself. */
const DEEPEST = 200;

function include(assembler: Assembler): void {
  const { reader } = assembler;
  const name = stringOperand(assembler);
  if (name === undefined) return;
  assembler.endOfLine();
  if (reader.frames.length > DEEPEST) {
    assembler.error("AS0602", `files are included more than ${DEEPEST} deep`);
    assembler.ended = true;
    return;
  }
  const bytes = readNamed(assembler, name);
  if (bytes)
    reader.push([terminated(bytes)], "file", assembler.lastRead, {
      conditionals: assembler.conditionals.length,
    });
}

/** .incbin "file"[, skip[, count]] */
function includeBinary(assembler: Assembler): void {
  const { reader, sections } = assembler;
  const name = stringOperand(assembler);
  if (name === undefined) return;
  let skip = 0;
  let count: number | undefined;
  if (reader.takeComma()) {
    skip = assembler.absoluteNumber();
    if (reader.takeComma()) {
      count = assembler.absoluteNumber();
      if (count === 0) assembler.warning("AS0603", `.incbin count zero, ignoring \`${name}'`);
    }
  }
  assembler.endOfLine();
  if (count === 0) return;
  const bytes = readNamed(assembler, name);
  if (!bytes) return;
  const length = count ?? bytes.length - skip;
  if (skip < 0 || length < 0 || skip + length > bytes.length) {
    assembler.error("AS0604", `skip (${skip}) or count (${length}) invalid for file size (${bytes.length})`);
    return;
  }
  assembler.mapping.data();
  const at = sections.more(length);
  sections.chain.bytes.set(bytes.subarray(skip, skip + length), at);
}

/** .error and .warning, with or without a text. */
function message(assembler: Assembler, isError: number): void {
  const { reader } = assembler;
  reader.skipSpace();
  let text = `.${isError === 1 ? "error" : "warning"} directive invoked in source file`;
  if (!reader.atEnd) {
    if (reader.bytes[reader.at] !== QUOTE) {
      assembler.error("AS0605", `.${isError === 1 ? "error" : "warning"} argument must be a string`);
      assembler.ignoreRest();
      return;
    }
    const given = stringOperand(assembler);
    if (given === undefined) return;
    text = given;
  }
  if (isError === 1) assembler.error("AS0605", text);
  else assembler.warning("AS0606", text);
  assembler.endOfLine();
}

function print(assembler: Assembler): void {
  const text = stringOperand(assembler);
  if (text === undefined) return;
  assembler.report.info("AS0607", undefined, text);
  assembler.endOfLine();
}

/** .fail number: an error from 500 down, a warning from there up. */
function fail(assembler: Assembler): void {
  const number = assembler.absolute();
  const text = `.fail ${number} encountered`;
  if (number >= 500) assembler.warning("AS0608", text);
  else assembler.error("AS0608", text);
  assembler.endOfLine();
}

/** Directives about files and messages. */
export const fileDirectives: DirectiveTable = {
  include,
  incbin: includeBinary,
  error: [message, 1],
  warning: [message, 0],
  err: (assembler) => {
    assembler.error("AS0609", ".err encountered");
    assembler.endOfLine();
  },
  fail,
  print,
  end: (assembler) => {
    assembler.ended = true;
    assembler.ignoreRest();
  },
  abort: (assembler) => {
    assembler.error("AS0610", ".abort detected.  Abandoning ship.");
    assembler.ended = true;
  },
};
