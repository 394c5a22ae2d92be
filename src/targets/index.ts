export { isRelocatable } from "./common.ts";
export {
  functionAt,
  objectName,
  relocationPlace,
  reportFirstTextRelocation,
  reportTextSegment,
  symbolName,
} from "./common-errors.ts";
export { defaultScript, hasDefaultScript, type ScriptChoice } from "./default-scripts.ts";
export { dynamicIsZero, isDefinedHere, isWeakLocal, isWeakUndefined } from "./dynamic-facts.ts";
export { keptCopy } from "./kept-copy.ts";
export { targetFor, targetOfEmulation, targets } from "./registry.ts";
export type {
  DynamicTarget,
  IpltStubs,
  PltForm,
  Relaxer,
  RelocateContext,
  ScriptValues,
  Target,
  WalkedOutput,
  WritingKernel,
} from "./target.ts";
