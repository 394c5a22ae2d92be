/** Our assembler, called as a library. */

import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { NodeFileSystem } from "../../src/cli/node-files.ts";
import { Report, renderDiagnostic } from "../../src/diagnostics/index.ts";

export interface Assembled {
  readonly object: Uint8Array | undefined;
  readonly messages: string;
}

/**
 * The object of a file, or messages. What we throw is a message, too: a bug to
 * be counted like any other. `folder` is the current one.
 */
export function assembleFile(file: string, flags: readonly string[], folder: string): Assembled {
  const report = new Report();
  const command = parseCommandLine(flags);
  if ("message" in command) return { object: undefined, messages: `${command.message}\n` };
  let object: Uint8Array | undefined;
  let thrown = "";
  try {
    const sources = [{ name: file, bytes: readFileSync(file) }];
    const options = {
      ...command.options,
      currentDirectory: folder,
      deflate: (bytes: Uint8Array) => deflateSync(bytes),
    };
    object = assemble(sources, options, new NodeFileSystem(), report)?.bytes;
  } catch (problem) {
    thrown = `thrown: ${problem instanceof Error ? problem.stack : problem}\n`;
  }
  const shown = report.diagnostics.map((d) =>
    renderDiagnostic(d, { program: "as", dialect: "gnu", color: false }),
  );
  return { object: thrown ? undefined : object, messages: thrown + shown.join("") };
}
