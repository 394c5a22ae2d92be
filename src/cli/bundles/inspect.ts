import { readelf, type ToolHost } from "../../tools/index.ts";
import { main, type Tool } from "../main.ts";
import { nodeHost } from "../tool-host.ts";

// The bundle of the tools that show what is in a file.

const tools = { readelf } satisfies Record<string, (args: readonly string[], host: ToolHost) => number>;

main(
  Object.fromEntries(
    Object.entries(tools).map(([name, run]): [string, Tool] => [
      name,
      (args) => {
        const host = nodeHost(name);
        try {
          return run(args, host);
        } finally {
          host.flush();
        }
      },
    ]),
  ),
);
