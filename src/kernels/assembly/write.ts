// Writes input sections one after the other and applies their relocations.
// This is where each byte of an image passes, with two million relocations in a
// large one: WebAssembly has integers of 64 bits for their sums, and is fast from the first section on.
//
// Of sections of unwind records what is left of them is written (x86-64). Left to the caller are sections marked as special, those of the linker, wide gaps, and what relocations are unusual:
// on x86-64 these are listed in LEFT, on RISC-V a section that has any is left whole. Where the kernel stops, the
// caller has to do something before it goes on: flush the buffer, apply what was left, or write the section.

import { copyBytes } from "./parts/copy";
import { copyFrames, relocateFrames, relocateFramesRiscV } from "./parts/frame-copy";
import { integer } from "./parts/integers";
import {
  AT,
  BYTES,
  COPY_ONLY,
  FILE_OFFSET,
  FILL,
  FRAMES_ONLY,
  FROM,
  GAP,
  LAST,
  LEFT_ALONE,
  LEFT_COUNT,
  OBJECT,
  ORDER,
  OUT,
  OUT_END,
  OUTPUT_OFFSET,
  RELOCATIONS,
  RISCV,
  RISCV_64,
  SIZE,
  SLOT,
  SPECIAL,
  STORED,
  STORED_AT,
  TO,
  TYPE,
  WIDE_GAP,
} from "./parts/write-fields";
import { copyWithout, relocateRiscV } from "./parts/write-riscv";
import { RELA_SIZE, relocateX8664 } from "./parts/write-x86-64";

const SHT_NOBITS: i32 = 8;

/** `work`: see write-fields.ts. */
export function writeX8664(work: usize): void {
  writeSections(work, false);
}

export function writeRiscV(work: usize): void {
  writeSections(work, true);
}

function writeSections(work: usize, isRiscV: bool): void {
  const order = load<u32>(work, ORDER);
  const to = load<u32>(work, TO);
  const outEnd = load<u32>(work, OUT_END);
  const special = load<u32>(work, SPECIAL);
  const objects = load<u32>(work, OBJECT);
  const types = load<u32>(work, TYPE);
  const sizes = load<u32>(work, SIZE);
  const fileOffset = load<u32>(work, FILE_OFFSET);
  const relocations = load<u32>(work, RELOCATIONS);
  const outputOffset = load<u32>(work, OUTPUT_OFFSET);
  const bytes = load<u32>(work, BYTES);
  const fill = load<u32>(work, FILL);
  const copyOnly = load<u32>(work, COPY_ONLY);
  const slots = isRiscV ? load<u32>(work, SLOT) : 0;
  const entrySize = isRiscV && !(load<u32>(work, RISCV) & RISCV_64) ? 12 : RELA_SIZE;
  const storedAt = load<u32>(work, STORED_AT);
  const wide = <i64>load<u32>(work, WIDE_GAP);
  const last = load<i64>(work, LAST);
  let index = load<u32>(work, FROM);
  let out = load<u32>(work, OUT);
  let at = load<i64>(work, AT);
  store<u32>(work, 0, LEFT_COUNT);
  for (; index < to; index++) {
    const section = load<u32>(order + (index << 2));
    const offset = integer(load<f64>(outputOffset + (section << 3)));
    const size = integer(load<f64>(sizes + (section << 3)));
    const gap = max<i64>(offset - at, 0);
    if (gap >= wide || offset > last || gap + size > <i64>(outEnd - out)) break;
    const object = load<i32>(objects + (section << 2));
    const table = load<u32>(relocations + (section << 2));
    const start = out + <u32>gap;
    if (size > 0) {
      const way: u32 = load<u8>(special + section);
      if (way === LEFT_ALONE || (object < 0 && way !== STORED)) break;
      let count: u32 = 0;
      if (table !== 0 && !copyOnly) {
        count = <u32>load<f64>(sizes + (table << 3)) / entrySize;
      }
      if (load<i32>(types + (section << 2)) === SHT_NOBITS) memory.fill(start, 0, <u32>size);
      else if (way === STORED) copyBytes(start, load<u32>(storedAt + (section << 2)), <u32>size);
      else {
        const base = load<u32>(bytes + (object << 2));
        const from = base + <u32>load<f64>(fileOffset + (section << 3));
        const entries = base + <u32>load<f64>(fileOffset + (table << 3));
        if (isRiscV) {
          const slot = slots === 0 ? 0 : load<u32>(slots + (section << 2));
          if (way === FRAMES_ONLY) {
            if (slot !== 0) break;
            copyFrames(work, section, start, from, <u32>size);
            if (count > 0 && !relocateFramesRiscV(work, section, object, start, <u32>size, from, entries))
              break;
          } else {
            if (slot === 0) copyBytes(start, from, <u32>size);
            else copyWithout(work, slot - 1, start, from, <u32>size);
            if (
              count > 0 &&
              !relocateRiscV(work, section, object, start, <u32>size, from, entries, count, slot, 0)
            )
              break;
          }
        } else {
          const left = load<u32>(work, LEFT_COUNT);
          let isDone = true;
          if (way === FRAMES_ONLY) {
            copyFrames(work, section, start, from, <u32>size);
            if (count > 0) isDone = relocateFrames(work, section, object, start, size, base, entries);
          } else {
            copyBytes(start, from, <u32>size);
            if (count > 0)
              isDone = relocateX8664(work, section, object, start, size, base, entries, count, 0);
          }
          if (!isDone) {
            store<u32>(work, left, LEFT_COUNT);
            break;
          }
        }
      }
    }
    if (gap > 0) {
      if (fill !== 0) copyBytes(out, fill + <u32>gap * GAP, <u32>gap);
      else memory.fill(out, 0, <u32>gap);
    }
    if (size > 0 || gap > 0) at = offset + size;
    out = start + <u32>size;
  }
  store<u32>(work, index, FROM);
  store<u32>(work, out, OUT);
  store<i64>(work, at, AT);
}
