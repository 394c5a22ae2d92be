import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readElf } from "../../../conformance/gnu-ld/read-elf.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { link } from "../../../src/link/index.ts";
import { parseArguments } from "../../../src/link/options/arguments.ts";

// Assembles sources with the system's assembler and links them with GNU ld and
// with ours: what the two make of a relocation is to be the same bytes.

export interface Outcome {
  /** Contents of the sections with SHF_ALLOC, in hexadecimal, with their addresses. */
  readonly sections: Readonly<Record<string, string>>;
  /** The first lines of messages, without the program's name. */
  readonly messages: readonly string[];
}

/** Whether the tools are there: `as` and `ld` with the emulation. */
export function haveGnu(emulation: string): boolean {
  const ld = spawnSync("ld", ["-m", emulation, "-V"], { encoding: "utf8" });
  const as = spawnSync("as", ["--32", "--version"], { encoding: "utf8" });
  if (ld.status === 0 && as.status === 0) return true;
  console.log(`skipped: no GNU as and ld for ${emulation}`);
  return false;
}

/** Links with both; each source is one object, `a.o`, `b.o` and so on. */
export function linkBoth(
  emulation: string,
  sources: readonly string[],
  args: readonly string[] = [],
): { ours: Outcome; gnu: Outcome } {
  const folder = mkdtempSync(path.join(tmpdir(), "premain-"));
  try {
    const names = sources.map((source, index) => {
      const name = `${String.fromCharCode(97 + index)}.o`;
      const bits = emulation === "elf_i386" ? "--32" : "--64";
      const run = spawnSync("as", [bits, "-o", name, "-"], { cwd: folder, input: source, encoding: "utf8" });
      if (run.status !== 0) throw new Error(run.stderr);
      return name;
    });
    const words = ["-m", emulation, "-o", "out", ...names, ...args];
    for (const word of args)
      if (word.endsWith(".ld")) writeFileSync(path.join(folder, word), readFileSync(word));
    const run = spawnSync("ld", words, { cwd: folder, encoding: "utf8" });
    const gnu = {
      sections: run.status === 0 ? sectionsOf(readFileSync(path.join(folder, "out"))) : {},
      messages: messagesOf(run.stderr),
    };
    const files = new MemoryFileSystem();
    for (const name of names) files.set(name, readFileSync(path.join(folder, name)));
    return { ours: linkOurs(files, words), gnu };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What ours says under --compat=lld. */
export function messagesAsLld(
  emulation: string,
  sources: readonly string[],
  args: readonly string[],
): string[] {
  const files = new MemoryFileSystem();
  const names = sources.map((source, index) => {
    const name = `${String.fromCharCode(97 + index)}.o`;
    const folder = mkdtempSync(path.join(tmpdir(), "premain-"));
    const bits = emulation === "elf_i386" ? "--32" : "--64";
    const run = spawnSync("as", [bits, "-o", name, "-"], { cwd: folder, input: source, encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    files.set(name, readFileSync(path.join(folder, name)));
    rmSync(folder, { recursive: true });
    return name;
  });
  return linkOurs(files, ["-m", emulation, "-o", "out", ...names, ...args], "lld").messages.slice();
}

function linkOurs(files: MemoryFileSystem, words: readonly string[], compat: "gnu" | "lld" = "gnu"): Outcome {
  const report = new Report();
  const { options } = parseArguments(words, "ld", compat, files, report);
  link(options, { files }, report);
  const out = files.files.get("out");
  const messages = report.diagnostics.flatMap(({ where, message: gnu, lld, severity }) => {
    const message = (compat === "lld" && lld) || gnu;
    const place = typeof where === "string" ? `${where}: ` : "";
    return messagesOf(`${place}${severity === "warning" ? "warning: " : ""}${message}`);
  });
  return { sections: out ? sectionsOf(out) : {}, messages };
}

function messagesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/^ld: /, ""));
  return lines.filter((line) => line !== "" && !/NOTE: |GNU-stack|RWX permissions/.test(line));
}

function sectionsOf(bytes: Uint8Array): Record<string, string> {
  const shown: Record<string, string> = {};
  const elf = readElf(bytes);
  for (const section of elf.sections) {
    if ((section.flags & 2n) === 0n || section.type === 8) continue;
    const at = Number(section.offset);
    const content = bytes.subarray(at, at + Number(section.size));
    shown[`${section.name} at ${section.address.toString(16)}`] = Buffer.from(content).toString("hex");
  }
  return shown;
}
