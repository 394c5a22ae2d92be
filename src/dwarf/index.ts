export { Cursor } from "./cursor.ts";
export type { StringSections } from "./forms.ts";
export { findLine, type LineInput, type LineTable, readLineTable } from "./line.ts";
export { readUnits, type UnitInfo } from "./units.ts";
export { type InfoInput, readVariables, type VariableInfo } from "./variables.ts";
