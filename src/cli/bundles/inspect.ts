import { objdump, readelf, type ToolHost } from "../../tools/index.ts";
import { main, type Tool } from "../main.ts";
import { nodeHost } from "../tool-host.ts";

// The bundle of the tools that show what is in a file.

const tools = { readelf, objdump } satisfies Record<
  string,
  (args: readonly string[], host: ToolHost) => number | Promise<number>
>;

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
