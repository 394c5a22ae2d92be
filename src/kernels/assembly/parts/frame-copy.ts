// Sections of unwind records, by GNU ld's rules: what is left of them, as `copyEhFrame` in src/link/unwind/eh-frame.ts.

import { copyBytes } from "./copy";
import {
  CIE,
  END_RECORD,
  FIRST_RECORD,
  KIND,
  NEW_OFFSET,
  OFFSET,
  RELOCATION_END,
  RELOCATION_START,
  REMOVED,
  SECTION,
  SIZE,
} from "./frame-copy-fields";
import { integer } from "./integers";
import { FRAMES, OUTPUT_OFFSET, RISCV, RISCV_64 } from "./write-fields";
import { relocateRiscV } from "./write-riscv";
import { RELA_SIZE, relocateX8664 } from "./write-x86-64";

const TERMINATOR: u32 = 0;
const FDE: u32 = 2;

function word(frames: usize, column: usize, index: u32): u32 {
  return load<u32>(load<u32>(frames + column) + (index << 2));
}

function isRemoved(frames: usize, record: u32): bool {
  return load<u8>(load<u32>(frames, REMOVED) + record) !== 0;
}

/** Where a record is in the output section. */
function placeOf(work: usize, frames: usize, section: u32, record: u32): u32 {
  const start = <u32>integer(load<f64>(load<u32>(work, OUTPUT_OFFSET) + (section << 3)));
  return start + word(frames, NEW_OFFSET, record);
}

/** Copies the records that are left from the section at `from`, with their lengths and the distances to their CIEs. */
export function copyFrames(work: usize, section: u32, out: usize, from: usize, size: u32): void {
  const frames: usize = load<u32>(work, FRAMES);
  memory.fill(out, 0, size);
  const end = word(frames, END_RECORD, section);
  let open: usize = 0;
  for (let record = word(frames, FIRST_RECORD, section); record < end; record++) {
    if (isRemoved(frames, record)) continue;
    const to = out + word(frames, NEW_OFFSET, record);
    copyBytes(to, from + word(frames, OFFSET, record), word(frames, SIZE, record));
    // Each record lasts to the next, or to the end.
    if (open !== 0) store<u32>(open, <u32>(to - open) - 4);
    const kind: u32 = load<u8>(load<u32>(frames, KIND) + record);
    open = kind === TERMINATOR ? 0 : to;
    if (kind !== FDE) continue;
    const cie = word(frames, CIE, record);
    const its = placeOf(work, frames, word(frames, SECTION, cie), cie);
    store<u32>(to, placeOf(work, frames, section, record) + 4 - its, 4);
  }
  if (open !== 0) store<u32>(open, <u32>(out + size - open) - 4);
}

/** Applies the relocations of the records that are left; `entries` are those of the section. False as `relocateX8664`. */
export function relocateFrames(
  work: usize,
  section: u32,
  object: u32,
  out: usize,
  size: u64,
  base: usize,
  entries: usize,
): bool {
  const frames: usize = load<u32>(work, FRAMES);
  const end = word(frames, END_RECORD, section);
  for (let record = word(frames, FIRST_RECORD, section); record < end; record++) {
    if (isRemoved(frames, record)) continue;
    const start = word(frames, RELOCATION_START, record);
    const count = word(frames, RELOCATION_END, record) - start;
    const shift = <i64>word(frames, NEW_OFFSET, record) - <i64>word(frames, OFFSET, record);
    const at = entries + start * RELA_SIZE;
    if (!relocateX8664(work, section, object, out, size, base, at, count, shift)) return false;
  }
  return true;
}

/** As `relocateFrames`; the section's bytes are at `from` in the input. */
export function relocateFramesRiscV(
  work: usize,
  section: u32,
  object: u32,
  out: usize,
  size: u32,
  from: usize,
  entries: usize,
): bool {
  const frames: usize = load<u32>(work, FRAMES);
  const entrySize: u32 = load<u32>(work, RISCV) & RISCV_64 ? RELA_SIZE : 12;
  const end = word(frames, END_RECORD, section);
  for (let record = word(frames, FIRST_RECORD, section); record < end; record++) {
    if (isRemoved(frames, record)) continue;
    const start = word(frames, RELOCATION_START, record);
    const count = word(frames, RELOCATION_END, record) - start;
    if (count === 0) continue;
    const shift = word(frames, NEW_OFFSET, record) - word(frames, OFFSET, record);
    const at = entries + start * entrySize;
    if (!relocateRiscV(work, section, object, out, size, from, at, count, 0, shift)) return false;
  }
  return true;
}
