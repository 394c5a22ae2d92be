export {
  type CompressionHeader,
  type Inflated,
  inflateCompressed,
  inflateZdebug,
  readCompressionHeader,
} from "./compressed.ts";
export * from "./constants.ts";
export { type FileKind, type Identity, identify, readIdentity } from "./identify.ts";
export * from "./layout.ts";
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
