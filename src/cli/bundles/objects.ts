import {
  addr2line,
  ar,
  cxxfilt,
  nm,
  objcopy,
  ranlib,
  size,
  strings,
  strip,
  type ToolHost,
} from "../../tools/index.ts";
import { main, type Tool } from "../main.ts";
import { nodeHost } from "../tool-host.ts";

// The bundle of the tools for object files that need no instruction table.

const tools = {
  addr2line,
  ar,
  "c++filt": cxxfilt,
  nm,
  objcopy,
  ranlib,
  size,
  strings,
  strip,
} satisfies Record<string, (args: readonly string[], host: ToolHost) => number>;

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
