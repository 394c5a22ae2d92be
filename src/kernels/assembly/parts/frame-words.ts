// What the kernels of unwind records look up in their block (frame-fields.ts).

import {
  ENTRY_SIZE,
  RELOCATION_COUNT,
  RELOCATIONS,
  SYMBOL_COUNT,
  SYMBOL_IDS,
  WORD_SIZE,
} from "./frame-fields";

/** Where there are no more relocations. */
export const NO_MORE: u32 = 0xffffffff;

export function word(work: usize, field: usize, index: u32): u32 {
  return load<u32>(load<u32>(work + field) + (index << 2));
}

export function setWord(work: usize, field: usize, index: u32, value: u32): void {
  store<u32>(load<u32>(work + field) + (index << 2), value);
}

/** Where relocation `index` applies, from the start of the section. */
export function relocationAt(work: usize, index: u32): u32 {
  if (index >= load<u32>(work, RELOCATION_COUNT)) return NO_MORE;
  return load<u32>(load<u32>(work, RELOCATIONS) + index * load<u32>(work, ENTRY_SIZE));
}

export function symbolIndexOf(work: usize, index: u32): u32 {
  const entry = load<u32>(work, RELOCATIONS) + index * load<u32>(work, ENTRY_SIZE);
  return load<u32>(work, WORD_SIZE) === 8 ? load<u32>(entry, 12) : load<u32>(entry, 4) >>> 8;
}

export function typeOf(work: usize, index: u32): u32 {
  const entry = load<u32>(work, RELOCATIONS) + index * load<u32>(work, ENTRY_SIZE);
  return load<u32>(work, WORD_SIZE) === 8 ? load<u32>(entry, 8) : load<u32>(entry, 4) & 0xff;
}

export function symbolOf(work: usize, index: u32): u32 {
  const symbol = symbolIndexOf(work, index);
  return symbol < load<u32>(work, SYMBOL_COUNT) ? word(work, SYMBOL_IDS, symbol) : 0;
}
