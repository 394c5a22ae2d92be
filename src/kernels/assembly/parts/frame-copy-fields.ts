// What the kernel that writes sections is told of unwind records: pointers to columns (src/link/unwind/eh-frame-records.ts) at these byte offsets.

/** By section, its records: the first, and the one after the last. */
export const FIRST_RECORD = 0;
export const END_RECORD = 4;
/** By record. */
export const REMOVED = 8;
export const KIND = 12;
export const OFFSET = 16;
export const SIZE = 20;
export const NEW_OFFSET = 24;
export const CIE = 28;
export const SECTION = 32;
export const RELOCATION_START = 36;
export const RELOCATION_END = 40;
export const FRAMES_SIZE = 44;
