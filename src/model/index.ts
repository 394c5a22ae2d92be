export type { AddressRange, ImageLayout, OutputData, OutputSection, Padding, Segment } from "./image.ts";
export { nameLocalSymbols } from "./local-names.ts";
export type { Deletions, LinkModel, MergeMap, ObjectDefinition, SectionGroup } from "./model.ts";
export { Need, NeedTable, RelocationList } from "./needs.ts";
export type { InputObject, ObjectId, SourceFile } from "./object.ts";
export type { DiscardMode, InputItem, InputModes, LinkOptions, StripMode } from "./options.ts";
export { Fate, type SectionId, SectionTable } from "./sections.ts";
export { SymbolFlag, type SymbolId, SymbolSection, SymbolTable } from "./symbols.ts";
export type { Extraction, LinkTrace, PlacementRule } from "./trace.ts";
