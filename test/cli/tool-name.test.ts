import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

// A checkout whose bundle only says how it was called.
const top = mkdtempSync(path.join(os.tmpdir(), "premain-bin-"));
afterAll(() => rmSync(top, { recursive: true }));
execFileSync("cp", ["-R", path.resolve("bin"), top]);
mkdirSync(path.join(top, "dist/bin"), { recursive: true });
writeFileSync(path.join(top, "dist/bin/link.cjs"), "console.log(process.argv.slice(2).join(' '))");
mkdirSync(path.join(top, "elsewhere"));

function called(command: string, args: readonly string[] = [], cwd = top): string {
  const { stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return (stdout + stderr).trim();
}

test("the name selects the tool", () => {
  expect(called("bin/premain", ["ld", "-v"])).toBe("ld -v");
  expect(called("bin/premain")).toBe("");
  expect(called("bin/ld", ["a b", ""])).toBe("ld a b");
  expect(called("bin/ld.lld", ["-v"])).toBe("ld.lld -v");
  expect(called("./ld.bfd", [], path.join(top, "bin"))).toBe("ld");
});

test("every tool has a bundle with an entry, and a link in bin/ unless it is premain's own", () => {
  const tools: Record<string, { bundle: string; own?: boolean }> = JSON.parse(
    readFileSync("bin/tools.json", "utf8"),
  );
  for (const [name, { bundle, own }] of Object.entries(tools)) {
    const entry = readFileSync(`src/cli/bundles/${bundle}.ts`, "utf8");
    expect(entry, name).toMatch(new RegExp(`[ "]${name.replaceAll("+", "\\+")}"?[:, ]`));
    if (!own) expect(readlinkSync(`bin/${name}`)).toBe("premain");
  }
});

test("links to the command work from anywhere, relative and absolute, through others", () => {
  const link = (target: string, name: string) => symlinkSync(target, path.join(top, "elsewhere", name));
  link("../bin/ld", "riscv64-unknown-elf-ld");
  link(path.join(top, "bin/premain"), "ld");
  link("ld", "x-ld");
  link("../bin/ld.lld", "linker");
  link("../bin/premain", "premain");
  expect(called("elsewhere/riscv64-unknown-elf-ld", ["-v"])).toBe("ld -v");
  expect(called(path.join(top, "elsewhere/ld"), ["-v"])).toBe("ld -v");
  expect(called("elsewhere/x-ld")).toBe("ld");
  expect(called("elsewhere/linker")).toBe("ld.lld");
  expect(called("elsewhere/premain", ["ld"])).toBe("ld");
});

test("it is found in PATH, and in a folder with a space in its name", () => {
  const odd = path.join(top, "odd name");
  cpSync(path.join(top, "bin"), path.join(odd, "bin"), { recursive: true, verbatimSymlinks: true });
  cpSync(path.join(top, "dist"), path.join(odd, "dist"), { recursive: true });
  const PATH = `${path.join(odd, "bin")}:${process.env.PATH}`;
  expect(spawnSync("ld.lld", ["-o", "x"], { env: { PATH }, encoding: "utf8" }).stdout.trim()).toBe(
    "ld.lld -o x",
  );
});
