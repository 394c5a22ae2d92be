/**
 * The immediates of RISC-V instructions as the bits of an instruction word, and
 * whether a value fits. The fields are scattered so that the sign is always bit
 * 31 and most bits keep their place between formats (unprivileged ISA, "Immediate
 * Encoding Variants"); of a wider value the encoders take the low bits.
 */

/** `lui` and `auipc` add this much of `value`, rounded so that the rest fits 12 signed bits; exact up to 2^53. */
export function highPart(value: number): number {
  return Math.floor((value + 0x800) / 0x1000) * 0x1000;
}

/** Whether `lui` or `auipc` reaches `value` together with a signed 12-bit offset: -0x80000800 to 0x7ffff7ff. */
export function fitsHigh20(value: number): boolean {
  return value >= -0x80000800 && value < 0x7ffff800;
}

/** `bits` is at most 31. */
export function fitsSigned(value: number, bits: number): boolean {
  const limit = 1 << (bits - 1);
  return value >= -limit && value < limit;
}

/** The 20 bits of `lui` and `auipc` for the low 32 bits of `value`. */
export function encodeU(value: number): number {
  return (value + 0x800) & 0xfffff000;
}

export function encodeI(value: number): number {
  return value << 20;
}

export function encodeS(value: number): number {
  return ((value & 0xfe0) << 20) | ((value & 0x1f) << 7);
}

export function encodeB(value: number): number {
  return ((value & 0x1000) << 19) | ((value & 0x7e0) << 20) | ((value & 0x1e) << 7) | ((value & 0x800) >> 4);
}

export function encodeJ(value: number): number {
  return ((value & 0x100000) << 11) | ((value & 0x7fe) << 20) | ((value & 0x800) << 9) | (value & 0xff000);
}

/** `c.beqz`, `c.bnez`. */
export function encodeCB(value: number): number {
  return (
    ((value & 0x100) << 4) |
    ((value & 0x18) << 7) |
    ((value & 0xc0) >> 1) |
    ((value & 0x6) << 2) |
    ((value & 0x20) >> 3)
  );
}

/** `c.j`, `c.jal`. */
export function encodeCJ(value: number): number {
  return (
    ((value & 0x800) << 1) |
    ((value & 0x10) << 7) |
    ((value & 0x300) << 1) |
    ((value & 0x400) >> 2) |
    ((value & 0x40) << 1) |
    ((value & 0x80) >> 1) |
    ((value & 0xe) << 2) |
    ((value & 0x20) >> 3)
  );
}

/** `c.lui`: bits 17 to 12 of the value. */
export function encodeCLui(value: number): number {
  return ((value & 0x20000) >> 5) | ((value & 0x1f000) >> 10);
}

export const maskU = 0xfffff000 | 0;
export const maskI = 0xfff00000 | 0;
export const maskS = 0xfe000f80 | 0;
export const maskB = 0xfe000f80 | 0;
export const maskJ = 0xfffff000 | 0;
export const maskCB = 0x1c7c;
export const maskCJ = 0x1ffc;
export const maskCLui = 0x107c;
/** rs1 of the formats I, S and R. */
export const maskRs1 = 0x1f << 15;
