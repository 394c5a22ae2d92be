import type { Report } from "../diagnostics/index.ts";
import type { Target } from "../targets/index.ts";
import type { ResolvedInputs } from "./inputs.ts";

/** Reports duplicate and undefined symbols. Call it after gc: what nobody reaches is not missed. */
export declare function checkSymbols(inputs: ResolvedInputs, target: Target, report: Report): void;
