export { defaultScript, hasDefaultScript, type ScriptChoice } from "./default-scripts.ts";
export { targetFor, targetOfEmulation } from "./registry.ts";
export type { RelocateContext, Target } from "./target.ts";
