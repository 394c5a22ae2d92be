// RISC-V: the one instruction table, and what is read out of it.
export {
  type Decoded,
  type Decoder,
  decode,
  decoderOf,
  encode,
  instructionLength,
  operandValues,
} from "./decode.ts";
export type { Format, Instruction, InstructionGroup, SyntaxToken } from "./instruction.ts";
export { type Intrinsic, intrinsics } from "./intrinsics.ts";
export { type Isa, isa, supports } from "./isa.ts";
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
export { instructions, instructionsNamed } from "./table.ts";
