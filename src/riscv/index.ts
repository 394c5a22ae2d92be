// RISC-V: the one instruction table, and what is read out of it.

export {
  type Architecture,
  architectureString,
  compareExtensions,
  type Extension,
  everyExtension,
  extensionWords,
  type IsaSpec,
  isaSpecs,
  type ParsedArchitecture,
  parseArchitecture,
  updateArchitecture,
} from "./arch.ts";
export {
  type Csr,
  csrInSpec,
  csrNamed,
  csrNumbered,
  csrs,
  type PrivilegedSpec,
  privilegedSpecs,
} from "./csrs.ts";
export {
  type Decoded,
  type Decoder,
  decode,
  decoderOf,
  encode,
  instructionLength,
  operandValues,
} from "./decode.ts";
export { describe } from "./describe.ts";
export { Disassembler, type DisassemblyOptions } from "./disassemble.ts";
export {
  type ExplainedField,
  type ExplainedOperand,
  type Explanation,
  type ExplanationContext,
  explain,
  explainFields,
} from "./explain.ts";
export { explainMacro, type MacroExplanation, macroExplanationText } from "./explain-macro.ts";
export { explanationText } from "./explain-text.ts";
export {
  type Expanded,
  encodeForm,
  expand,
  type Form,
  formMatches,
  formSupported,
  lookup,
  mnemonics,
  orderingSuffixes,
  printedForms,
  syntaxText,
} from "./forms.ts";
export type { Format, Instruction, InstructionGroup, SyntaxToken } from "./instruction.ts";
export { type Intrinsic, intrinsics } from "./intrinsics.ts";
export { type Isa, isa, supports } from "./isa.ts";
export {
  type LoadConstantStep,
  loadConstant,
  type Macro,
  macroNames,
  macroSupported,
  macrosNamed,
} from "./macros.ts";
export {
  type BinaryOperator,
  type Call,
  type Expression,
  fixedRegisters,
  type Meaning,
  type Memory,
  type Place,
  parseMeaning,
  type Statement,
  type UnaryOperator,
  type ValueType,
} from "./meaning.ts";
export {
  type BitField,
  extractOperand,
  insertOperand,
  type OperandClass,
  type OperandKind,
  operandAccepts,
  operandKind,
  operandKinds,
  operandMask,
  operandRange,
} from "./operands.ts";
export { type ParsedInstruction, parseInstruction } from "./parse-instruction.ts";
export { opcodeNames, type RawFormat, rawFormatsNamed } from "./raw-formats.ts";
export {
  fenceBits,
  fenceSet,
  fliConstants,
  fliValues,
  floatNames,
  floatNumericNames,
  floatRegisters,
  integerNames,
  integerNumericNames,
  integerRegisters,
  type Register,
  registerListSize,
  registerListText,
  registerNamed,
  roundingModes,
  roundingModeWords,
  type Saver,
} from "./registers.ts";
export { type RelocationHint, relocationHint, relocationsOn } from "./relocations.ts";
export { instructions, instructionsNamed } from "./table.ts";
