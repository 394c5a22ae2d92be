import type { Report } from "../diagnostics/index.ts";
import type { LinkModel } from "../model/index.ts";
import type { Target } from "../targets/index.ts";
import type { ScriptCommands } from "./commands.ts";

/** Marks what the roots reach; the rest gets `Fate.garbage`. Without --gc-sections everything is live. */
export declare function markLive(
  model: LinkModel,
  commands: ScriptCommands,
  target: Target,
  report: Report,
): void;
