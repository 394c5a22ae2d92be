import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type AssembledObject, assemble, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";

/*
 * Cases of the assembler: cases/*.s. The first line has the options behind
 * `#!`; comments at the end hold what is expected, `#>` a section's name, its
 * bytes and its relocations. conformance/asm/run.ts compares the same files
 * with GNU as. UPDATE=1 rewrites the expected part, to be read as a diff.
 */
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "cases");

function describe(object: AssembledObject, names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const section of object.sections) {
    if (!names.includes(section.name)) continue;
    lines.push(`#> ${section.name}`);
    const hex = Buffer.from(section.contents).toString("hex");
    for (let at = 0; at < hex.length; at += 64)
      lines.push(
        `# ${(at / 2).toString(16).padStart(4, "0")} ${hex.slice(at, at + 64).replace(/(.{8})(?=.)/g, "$1 ")}`,
      );
    for (const { offset, type, symbol, addend } of section.relocations) {
      const { name, value } = object.symbols[symbol] ?? { name: "", value: 0n };
      lines.push(
        `# ${offset.toString(16).padStart(4, "0")} type ${type} ${name || "section"}=${value} + ${addend}`,
      );
    }
  }
  return lines;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".s"))) {
  test(file, () => {
    const full = path.join(folder, file);
    const text = readFileSync(full, "utf8");
    const at = text.indexOf("#>");
    const source = at < 0 ? text : text.slice(0, at);
    const expected = at < 0 ? [] : text.slice(at).trimEnd().split("\n");
    const names = (/^# sections: (.*)$/m.exec(source)?.[1] ?? "").split(" ");
    const command = parseCommandLine((/^#!(.*)$/m.exec(source)?.[1] ?? "").trim().split(/\s+/));
    if ("message" in command) throw new Error(command.message);
    const report = new Report();
    const options = { ...command.options, currentDirectory: "/home/me" };
    const object = assemble(
      [{ name: file, bytes: new TextEncoder().encode(source) }],
      options,
      new MemoryFileSystem(),
      report,
    );
    expect(report.diagnostics.map((d) => d.message)).toEqual([]);
    if (!object) throw new Error("no object");
    const found = describe(object, names);
    if (process.env.UPDATE) writeFileSync(full, `${source}${found.join("\n")}\n`);
    else expect(found).toEqual(expected);
  });
}
