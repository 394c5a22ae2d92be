import type { LinkModel } from "../model/index.ts";
import type { ScriptCommands } from "./commands.ts";

/** Gives tentative definitions a place: a COMMON row for each object that has some. */
export declare function allocateCommons(model: LinkModel, commands: ScriptCommands): void;
