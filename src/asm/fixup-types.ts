/**
 * Types of fixups that are no relocation types of ELF: they become relocations,
 * or bytes, when all addresses are known.
 */

/** A value of the fixup's size, in data. */
export const FIX_DATA = 200;
/** An advance in a call frame: R_RISCV_SET6 … with R_RISCV_SUB6 …, by the instruction it is in. */
export const FIX_CFA = 201;
