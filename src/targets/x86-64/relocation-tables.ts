import {
  R_X86_64_8,
  R_X86_64_16,
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_CODE_4_GOTPC32_TLSDESC,
  R_X86_64_DTPOFF64,
  R_X86_64_GNU_VTENTRY,
  R_X86_64_GNU_VTINHERIT,
  R_X86_64_GOT64,
  R_X86_64_GOTOFF64,
  R_X86_64_GOTPC64,
  R_X86_64_GOTPCREL64,
  R_X86_64_GOTPLT64,
  R_X86_64_PC8,
  R_X86_64_PC16,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_PLT32,
  R_X86_64_PLTOFF64,
  R_X86_64_SIZE64,
  R_X86_64_TLSDESC_CALL,
  R_X86_64_TPOFF64,
} from "./types.ts";

// What the loop over relocations looks up by type.

/** In place of a width: there is no such type. */
export const UNKNOWN = 255;

/** In bytes, by type. */
export const fieldWidths = new Uint8Array(252).fill(4);
fieldWidths.fill(UNKNOWN, R_X86_64_CODE_4_GOTPC32_TLSDESC + 1, R_X86_64_GNU_VTINHERIT);
for (const type of [
  R_X86_64_64,
  R_X86_64_PC64,
  R_X86_64_DTPOFF64,
  R_X86_64_TPOFF64,
  R_X86_64_GOTOFF64,
  R_X86_64_GOT64,
  R_X86_64_GOTPCREL64,
  R_X86_64_GOTPC64,
  R_X86_64_GOTPLT64,
  R_X86_64_PLTOFF64,
  R_X86_64_SIZE64,
])
  fieldWidths[type] = 8;
fieldWidths[R_X86_64_16] = fieldWidths[R_X86_64_PC16] = 2;
fieldWidths[R_X86_64_8] = fieldWidths[R_X86_64_PC8] = 1;
fieldWidths[R_X86_64_TLSDESC_CALL] = 0;
fieldWidths[R_X86_64_GNU_VTINHERIT] = fieldWidths[R_X86_64_GNU_VTENTRY] = 0;

/** By type: 1 for the frequent ones. */
export const plainTypes = new Uint8Array(252);
for (const type of [R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_32S, R_X86_64_32, R_X86_64_64])
  plainTypes[type] = 1;
