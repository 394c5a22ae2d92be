export { Cursor } from "./cursor.ts";
export type { StringSections } from "./forms.ts";
export { findLine, type LineInput, type LineTable, readLineTable } from "./line.ts";
export { readUnits, type UnitInfo } from "./units.ts";
