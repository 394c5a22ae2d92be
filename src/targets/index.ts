export { targetFor, targetOfEmulation } from "./registry.ts";
export type { RelocateContext, Target } from "./target.ts";
