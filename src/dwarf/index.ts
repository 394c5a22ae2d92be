export {
  type Abbreviation,
  type AbbreviationAttribute,
  type AbbreviationSet,
  readAbbreviations,
} from "./abbreviations.ts";
export { Cursor } from "./cursor.ts";
export type { StringSections } from "./forms.ts";
export { findLine, type LineInput, type LineTable, readLineTable } from "./line.ts";
export { attributeNames, formNames, operationNames, tagNames } from "./names.ts";
export { Reader } from "./reader.ts";
export { readUnits, type UnitInfo } from "./units.ts";
export { type InfoInput, readVariables, type VariableInfo } from "./variables.ts";
