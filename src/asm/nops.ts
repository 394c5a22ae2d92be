/** addi x0, x0, 0 */
const NOP = 0x13;
/** c.nop */
const COMPRESSED_NOP = 1;

/** Fills `length` bytes with instructions that do nothing; an odd one and one short one come first. */
export function makeNops(bytes: Uint8Array, at: number, length: number): void {
  let i = at;
  const end = at + length;
  if (length % 2 === 1) bytes[i++] = 0;
  if ((end - i) % 4 === 2) {
    bytes[i++] = COMPRESSED_NOP;
    bytes[i++] = 0;
  }
  while (i < end) {
    bytes[i++] = NOP;
    bytes[i++] = 0;
    bytes[i++] = 0;
    bytes[i++] = 0;
  }
}
