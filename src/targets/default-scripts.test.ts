import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { defaultScript, type ScriptChoice } from "./default-scripts.ts";

/** A script as a list of tokens: equal lists are parsed alike. Search directories belong to an installation. */
function tokens(script: string): string {
  return script
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/SEARCH_DIR\("[^"]*"\);?/g, " ")
    .replace(/[{}();:,]/g, " $& ")
    .replace(/\s+/g, " ")
    .trim()
    .replaceAll("; ", ";\n")
    .replaceAll("} ", "}\n");
}

const plain: ScriptChoice = {
  kind: "executable",
  omagic: false,
  nmagic: false,
  relro: true,
  now: false,
  separateCode: undefined,
  zKeywords: [],
};

const choices: readonly (readonly [options: string, change: Partial<ScriptChoice>])[] = [
  ["", {}],
  ["-N", { omagic: true }],
  ["-n", { nmagic: true }],
  ["-n -z now", { nmagic: true, now: true }],
  ["-r", { kind: "relocatable" }],
  ["-pie", { kind: "pie" }],
  ["-pie -z now", { kind: "pie", now: true }],
  ["-shared", { kind: "shared" }],
  ["-z separate-code", { separateCode: true }],
  ["-z noseparate-code", { separateCode: false }],
  ["-z now", { now: true }],
  ["-z noseparate-code -z now", { separateCode: false, now: true }],
  ["-z norelro -z now -z noseparate-code", { relro: false, now: true, separateCode: false }],
  ["-z nocombreloc", { zKeywords: ["nocombreloc"] }],
  ["-z nocombreloc -z now", { zKeywords: ["nocombreloc"], now: true }],
  ["-N -pie", { kind: "pie", omagic: true }],
];

const peers: readonly (readonly [ld: string, emulation: string])[] = [
  ["ld", "elf_x86_64"],
  ["ld", "elf_i386"],
  ["riscv64-linux-gnu-ld", "elf64lriscv"],
  ["riscv64-linux-gnu-ld", "elf32lriscv"],
  ["riscv64-linux-gnu-ld", "elf64lriscv_lp64"],
];

describe.each(peers)("%s -m %s", (ld, emulation) => {
  for (const [options, change] of choices) {
    test(`has the statements of GNU ld's script: ${options}`, (context) => {
      const words = options.split(" ").filter((word) => word !== "");
      const run = spawnSync(ld, ["-m", emulation, ...words, "--verbose"], { encoding: "utf8" });
      const printed = /={10,}\n([\s\S]*?)\n={10,}/.exec(run.stdout ?? "")?.[1];
      if (printed === undefined || !/ld \(.*\) 2\.40/.test(run.stdout)) {
        console.log(`skipped: ${ld} 2.40 for ${emulation} is not installed`);
        context.skip();
        return;
      }
      expect(tokens(defaultScript(emulation, { ...plain, ...change }))).toBe(tokens(printed));
    });
  }
});

test("an executable looks for libraries in the directories of its triplet", () => {
  expect(defaultScript("elf64lriscv", plain)).toContain('SEARCH_DIR("=/usr/riscv64-linux-gnu/lib");');
  expect(defaultScript("elf64lriscv", { ...plain, kind: "relocatable" })).not.toContain("SEARCH_DIR");
});
