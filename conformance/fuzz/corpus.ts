import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseCase, type TargetName } from "../gnu-ld/case-file.ts";
import type { Seed } from "./campaign.ts";

const ASSEMBLERS: Readonly<Record<TargetName, readonly string[]>> = {
  "x86-64": ["as", "--64"],
  i386: ["as", "--32"],
  riscv64: ["riscv64-unknown-elf-as", "-march=rv64gc", "-mabi=lp64d"],
  "riscv64-linux": ["riscv64-linux-gnu-as", "-march=rv64gc"],
  riscv32: ["riscv64-unknown-elf-as", "-march=rv32imac", "-mabi=ilp32"],
};
const EMULATIONS: Readonly<Record<TargetName, string>> = {
  "x86-64": "elf_x86_64",
  i386: "elf_i386",
  riscv64: "elf64lriscv",
  "riscv64-linux": "elf64lriscv",
  riscv32: "elf32lriscv",
};

/** Every case of `folder`, assembled, for each of its targets; the cases that need a compiler are left out. */
export function readCorpus(folder: string): Seed[] {
  const seeds: Seed[] = [];
  const work = mkdtempSync(path.join(os.tmpdir(), "premain-corpus-"));
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".test"))
    .sort();
  for (const name of files) {
    const test = parseCase(readFileSync(path.join(folder, name), "utf8"));
    for (const target of test.targets) {
      const seed = makeSeed(test, target, mkdtempSync(path.join(work, "c-")));
      if (seed) seeds.push({ name: `${name} ${target}`, ...seed });
    }
  }
  rmSync(work, { recursive: true });
  return seeds;
}

/** Not a Buffer, whose `slice` shares its bytes. */
const fileBytes = (place: string) => new Uint8Array(readFileSync(place));

function makeSeed(
  test: ReturnType<typeof parseCase>,
  target: TargetName,
  work: string,
): Omit<Seed, "name"> | undefined {
  const files: Record<string, Uint8Array> = {};
  const [assembler, ...options] = ASSEMBLERS[target];
  for (const [name, text] of test.inputs) {
    const place = path.join(work, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
    if (name.endsWith(".c")) return undefined;
    if (!name.endsWith(".s")) files[name] = fileBytes(place);
    else {
      const object = name.replace(/\.s$/, ".o");
      const made = spawnSync(assembler, [...options, name, "-o", object], { cwd: work });
      if (made.status !== 0) return undefined;
      files[object] = fileBytes(path.join(work, object));
    }
  }
  for (const [name, members] of test.archives) {
    if (spawnSync("ar", ["rc", name, ...members.filter((m) => m !== "thin")], { cwd: work }).status !== 0)
      return undefined;
    files[name] = fileBytes(path.join(work, name));
  }
  const [command] = test.commands;
  if (!command.startsWith("%ld ")) return undefined;
  const words = command
    .slice(4)
    .split(/\s+/)
    .map((word) => word.replace(/^['"]|['"]$/g, ""));
  return { args: ["-m", EMULATIONS[target], ...words], files };
}
