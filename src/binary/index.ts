export { alignUp, alignUpBig } from "./align.ts";
export {
  announceColumns,
  bigEndianColumn,
  columnOf,
  float64Column,
  growFloat64,
  growInt32,
  growUint8,
  int32Column,
  roomFor,
  uint8Column,
} from "./grow.ts";
export { type NameId, NameTable } from "./names.ts";
export { fromHalves, highWord, lowWord, unsigned64 } from "./words.ts";
