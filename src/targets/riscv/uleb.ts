/** Rewrites the ULEB128 number at `at` without changing its length; returns how many of its bits that left room for. */
export function writeUleb(bytes: Uint8Array, at: number, end: number, value: bigint): number {
  let rest = value;
  let bits = 0;
  for (let i = at; i < end; i++) {
    const more = (bytes[i] & 0x80) !== 0;
    bytes[i] = Number(rest & 0x7fn) | (more ? 0x80 : 0);
    rest >>= 7n;
    bits += 7;
    if (!more) break;
  }
  return bits;
}
