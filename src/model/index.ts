export {
  Dyn,
  type DynamicFacts,
  DynamicLink,
  type DynamicRelocations,
  Kept,
  Mention,
  type SharedLibrary,
  type SharedSections,
} from "./dynamic.ts";
export { GroupTable, type SectionGroup } from "./groups.ts";
export type { AddressRange, ImageLayout, OutputData, OutputSection, Padding, Segment } from "./image.ts";
export {
  localName,
  nameInObject,
  nameLocalSymbols,
  type WholeSymbols,
  wholeSymbols,
} from "./local-names.ts";
export type { Deletions, LinkModel, MergeMap, ObjectDefinition } from "./model.ts";
export { Need, NeedTable, RelocationList } from "./needs.ts";
export { newModel } from "./new-model.ts";
export type { InputObject, ObjectId, SourceFile, SymbolsInFile } from "./object.ts";
export type {
  DiscardMode,
  InputItem,
  InputModes,
  InputRemap,
  LinkOptions,
  StartOption,
  StripMode,
} from "./options.ts";
export { DeletedRanges } from "./section-map.ts";
export { sectionName } from "./section-name.ts";
export { Fate, type SectionId, SectionTable } from "./sections.ts";
export { SymbolFlag, type SymbolId, SymbolSection, SymbolTable } from "./symbols.ts";
export type { Extraction, LinkTrace, PlacementRule } from "./trace.ts";
