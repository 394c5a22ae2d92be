export {
  type CompressionHeader,
  deflate,
  type Inflated,
  inflateCompressed,
  inflateZdebug,
  readCompressionHeader,
} from "./compressed.ts";
export * from "./constants.ts";
export { type FileKind, type Identity, identify, readIdentity } from "./identify.ts";
export * from "./layout.ts";
export {
  encodeRelocations,
  IN_SHSTRTAB,
  IN_STRTAB,
  IN_SYMTAB,
  layOutObject,
  type ObjectFile,
  type ObjectImage,
  type ObjectSection,
  type ObjectSegment,
  type ObjectSymbol,
  type RelocationColumns,
  type SectionReference,
  writeObject,
} from "./object-writer.ts";
export {
  type ElfFile,
  type ElfRelocation,
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  readElf,
  readGroup,
  readRelocations,
  readSymbols,
  sectionBytes,
  stringAt,
} from "./read.ts";
export * from "./riscv-relocations.ts";
export { type NameEncoding, StringTableWriter } from "./string-table.ts";
