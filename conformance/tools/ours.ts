import { nodeHost } from "../../src/cli/tool-host.ts";
import {
  addr2line,
  ar,
  cxxfilt,
  nm,
  objcopy,
  objdump,
  ranlib,
  readelf,
  size,
  strings,
  strip,
  type ToolHost,
} from "../../src/tools/index.ts";
import type { OurTool, Outcome } from "./frame.ts";

/** A tool as a case runs it: what it prints is collected. */
function collected(
  program: string,
  run: (args: readonly string[], host: ToolHost) => number | Promise<number>,
): OurTool {
  return async (args, stdin, sink): Promise<Outcome> => {
    const out: Buffer[] = [];
    let error = "";
    const host = nodeHost(program);
    const standardInput = () => stdin;
    const code = await run(args, {
      ...host,
      files: Object.assign(Object.create(host.files), { standardInput }),
      out: (text) => (sink ? sink.out(Buffer.from(text, "latin1")) : out.push(Buffer.from(text, "latin1"))),
      outBytes: (bytes) => (sink ? sink.out(bytes) : out.push(Buffer.from(bytes))),
      error: (text) => {
        error += text;
      },
    });
    return { code, out: new Uint8Array(Buffer.concat(out)), error };
  };
}

const runs = {
  addr2line,
  ar,
  "c++filt": cxxfilt,
  nm,
  objcopy,
  objdump,
  ranlib,
  readelf,
  size,
  strings,
  strip,
};

export const ourTools: Readonly<Record<string, OurTool>> = Object.fromEntries(
  Object.entries(runs).map(([name, run]) => [name, collected(name, run)]),
);
