export { type AssemblySource, assemble } from "./assemble.ts";
export type { AssembleOptions } from "./options.ts";
export type {
  AssembledObject,
  AssembledRelocation,
  AssembledSection,
  AssembledSymbol,
  ListingRow,
} from "./result.ts";
