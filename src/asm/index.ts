export { type AssemblySource, assemble } from "./assemble.ts";
export {
  type AssembleCommand,
  type CommandProblem,
  type ListingWidths,
  parseCommandLine,
} from "./command-line.ts";
export { dependencyText } from "./dependencies.ts";
export { type ExplainedInstruction, type ExplainedStatement, explainSource } from "./explain-source.ts";
export { helpText } from "./help.ts";
export { type ListingRequest, listingText } from "./listing.ts";
export { messagesText } from "./messages.ts";
export type { AssembleOptions } from "./options.ts";
export type {
  AssembledObject,
  AssembledRelocation,
  AssembledSection,
  AssembledSymbol,
  ListingRow,
} from "./result.ts";
