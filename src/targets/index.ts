export { isRelocatable } from "./common.ts";
export { functionAt, objectName, relocationPlace, symbolName } from "./common-errors.ts";
export { defaultScript, hasDefaultScript, type ScriptChoice } from "./default-scripts.ts";
export { keptCopy } from "./kept-copy.ts";
export { targetFor, targetOfEmulation, targets } from "./registry.ts";
export type { IpltStubs, Relaxer, RelocateContext, ScriptValues, Target, WalkedOutput } from "./target.ts";
