import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { startupSnapshot } from "node:v8";
import { findCapstoneWith, objdump, readelf, type ToolHost } from "../../tools/index.ts";
import { main, type Tool } from "../main.ts";
import { nodeHost } from "../tool-host.ts";

// The bundle of the tools that show what is in a file.

const tools = { readelf, objdump } satisfies Record<
  string,
  (args: readonly string[], host: ToolHost) => number | Promise<number>
>;

// A program that starts from a snapshot has no modules around it but Node's own; the snapshot's file says where others are.
if (startupSnapshot.isBuildingSnapshot())
  findCapstoneWith(async () => {
    const blob = process.execArgv[process.execArgv.indexOf("--snapshot-blob") + 1];
    return { default: createRequire(realpathSync(blob))("@alexaltea/capstone-js") };
  });

main(
  Object.fromEntries(
    Object.entries(tools).map(([name, run]): [string, Tool] => [
      name,
      async (args) => {
        const host = nodeHost(name);
        try {
          return await run(args, host);
        } finally {
          host.flush();
        }
      },
    ]),
  ),
);
