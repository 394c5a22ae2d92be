export {
  type Abbreviation,
  type AbbreviationAttribute,
  type AbbreviationSet,
  readAbbreviations,
} from "./abbreviations.ts";
export * from "./call-frames.ts";
export type { DebugSections } from "./compile-units.ts";
export { Cursor } from "./cursor.ts";
export type { StringSections } from "./forms.ts";
export type { FunctionInfo } from "./functions.ts";
export { findLine, type LineInput, type LineTable, readLineTable } from "./line.ts";
export { attributeNames, formNames, operationNames, tagNames } from "./names.ts";
export { Reader } from "./reader.ts";
export { SourceMap, type SourcePlace } from "./source-map.ts";
export {
  type PlacedBytes,
  type PlacedRange,
  type PlacedSections,
  readUnitRanges,
  type UnitRanges,
} from "./unit-ranges.ts";
export { readUnits, type UnitInfo } from "./units.ts";
export { type InfoInput, readVariables, type VariableInfo } from "./variables.ts";
