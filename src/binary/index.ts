export { alignUp, alignUpBig } from "./align.ts";
export { growFloat64, growInt32, growUint8 } from "./grow.ts";
export { type NameId, NameTable } from "./names.ts";
export { fromHalves, highWord, lowWord, unsigned64 } from "./words.ts";
