/** Our assembler, called as a library. */
import { readFileSync } from "node:fs";
import { type AssembleOptions, assemble } from "../../src/asm/index.ts";
import { NodeFileSystem } from "../../src/cli/node-files.ts";
import { Report, renderDiagnostic } from "../../src/diagnostics/index.ts";

export interface Assembled {
  readonly object: Uint8Array | undefined;
  readonly messages: string;
}

function optionsOf(flags: readonly string[]): AssembleOptions {
  const value = (name: string) => flags.find((flag) => flag.startsWith(name))?.slice(name.length);
  const dwarf = value("--gdwarf-");
  return {
    march: value("-march="),
    mabi: value("-mabi="),
    isaSpec: value("-misa-spec="),
    relax: flags.includes("-mno-relax") ? false : undefined,
    debug: flags.includes("-g") || dwarf !== undefined,
    dwarf: dwarf === undefined ? undefined : Number(dwarf),
    currentDirectory: process.cwd(),
  };
}

/** The object of a file, or messages. What we throw is a message, too: a bug to be counted like any other. */
export function assembleFile(file: string, flags: readonly string[]): Assembled {
  const report = new Report();
  let object: Uint8Array | undefined;
  let thrown = "";
  try {
    object = assemble(
      [{ name: file, bytes: readFileSync(file) }],
      optionsOf(flags),
      new NodeFileSystem(),
      report,
    )?.bytes;
  } catch (problem) {
    thrown = `thrown: ${problem instanceof Error ? problem.stack : problem}\n`;
  }
  const shown = report.diagnostics.map((d) =>
    renderDiagnostic(d, { program: "as", dialect: "gnu", color: false }),
  );
  return { object: thrown ? undefined : object, messages: thrown + shown.join("") };
}
