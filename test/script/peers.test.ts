import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Report } from "../../src/diagnostics/index.ts";
import { formatScript, parseScript } from "../../src/script/index.ts";
import { constructs } from "./constructs.ts";
import { bare } from "./trees.ts";

// Against what is installed: the built-in scripts of the GNU linkers, the
// scripts of C libraries, and GNU ld's own opinion of each construct.

const linkers = ["ld", "riscv64-unknown-elf-ld", "riscv64-linux-gnu-ld"].filter(
  (linker) => spawnSync(linker, ["--version"]).status === 0,
);
const options = [[], ["-r"], ["-N"], ["-n"], ["-shared"], ["-pie"], ["-z", "separate-code"], ["-z", "now"]];

function builtInScripts(linker: string): Map<string, string> {
  const scripts = new Map<string, string>();
  const emulations = execFileSync(linker, ["-V"], { encoding: "utf8" })
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => /^\w+$/.test(line));
  for (const emulation of emulations) {
    for (const extra of options) {
      const output = spawnSync(linker, ["-m", emulation, ...extra, "--verbose"], { encoding: "utf8" }).stdout;
      const script = /^={50}\n([\s\S]*?)^={50}\n/m.exec(output)?.[1];
      if (script) scripts.set(`${linker} -m ${emulation} ${extra.join(" ")}`, script);
    }
  }
  return scripts;
}

function checkScript(name: string, text: string): void {
  const report = new Report();
  const script = parseScript({ name, text }, report);
  const formatted = formatScript(script);
  const again = parseScript({ name, text: formatted }, report);
  expect(report.diagnostics, name).toEqual([]);
  expect(script.commands.length).toBeGreaterThan(2);
  expect(bare(again), name).toEqual(bare(script));
  expect(again.comments.length, name).toBe(script.comments.length);
  expect(formatScript(again), name).toBe(formatted);
}

describe.each(linkers)("%s", (linker) => {
  test("its built-in scripts are read without a complaint, and survive formatting", () => {
    const scripts = builtInScripts(linker);
    expect(scripts.size).toBeGreaterThan(0);
    for (const [name, text] of scripts) checkScript(name, text);
  });
});

const picolibc = "/usr/lib/picolibc/riscv64-unknown-elf/lib";
test.skipIf(!existsSync(picolibc))("picolibc's scripts", () => {
  const scripts = readdirSync(picolibc).filter((file) => file.endsWith(".ld"));
  expect(scripts).toContain("picolibc.ld");
  for (const file of scripts) checkScript(file, readFileSync(join(picolibc, file), "utf8"));
});

describe.skipIf(!linkers.includes("ld"))("GNU ld reads what we read and what we print", () => {
  const folder = mkdtempSync(join(tmpdir(), "premain-script-"));
  const isRead = (text: string) => {
    const file = join(folder, "x.ld");
    writeFileSync(file, text);
    // The script is read before GNU ld notices that there is nothing to link.
    const { stderr } = spawnSync("ld", ["-T", file, "-o", join(folder, "x.out")], { encoding: "utf8" });
    return !/syntax error|invalid character|unrecognised/.test(stderr);
  };
  // GNU ld 2.40 takes these words for the names of files.
  const checked = constructs.filter(({ text }) => !/ASCI[IZ]|LINKER_VERSION/.test(text));
  test.each(checked.map((construct) => [construct.name, construct] as const))("%s", (_, construct) => {
    expect(isRead(construct.text)).toBe(construct.gnu !== "rejects");
    const newer = /\^=|REVERSE|OVERWRITE|NOLOAD\) \{ \*\(\.a/.test(construct.text);
    if (construct.formatted && !newer) expect(isRead(construct.formatted), "formatted").toBe(true);
  });
});
