/** Copies `length` bytes; short runs word by word, as `memory.copy` leaves WebAssembly, whatever the length. */
export function copyBytes(to: usize, from: usize, length: usize): void {
  if (length > 128) {
    memory.copy(to, from, length);
    return;
  }
  const end = from + length;
  for (; from + 8 <= end; from += 8, to += 8) store<u64>(to, load<u64>(from));
  for (; from < end; from++, to++) store<u8>(to, load<u8>(from));
}
