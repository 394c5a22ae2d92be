// --gc-sections, GNU ld's rules: what is not reached from code, debug information above all, is kept with an object of
// which something lives (src/link/liveness/gc.ts). In WebAssembly because debug information has most relocations.

import * as C from "./columns";
import {
  ARE_64,
  DEBUG_NAME,
  DEPTH,
  FILES,
  FROM,
  GROUP_FIRST,
  GROUP_MEMBERS,
  IS_DEBUG,
  REACHED,
  SECTION_COUNT,
  SECTIONS,
  SYMBOL_COUNTS,
  SYMBOL_IDS,
  SYMBOLS,
  WORK,
} from "./parts/liveness-job";

const SHF_ALLOC: u32 = 2;
const SHF_LINK_ORDER: u32 = 0x80;
const SHT_NOTE: u32 = 7;
/** A value of IS_DEBUG. */
const FRAGMENT: u32 = 2;

function column(job: usize, field: usize, section: u32): u32 {
  return load<u32>(load<u32>(load<u32>(job, SECTIONS) + field) + (section << 2));
}

function byte(job: usize, field: usize, row: u32): u32 {
  return load<u8>(load<u32>(job + field) + row);
}

function isKept(job: usize, section: u32): bool {
  return load<u8>(load<u32>(load<u32>(job, SECTIONS), C.SECTION_FATE) + section) === C.KEPT;
}

function push(job: usize, section: u32): void {
  store<u8>(load<u32>(job, REACHED) + section, 1);
  const depth = load<u32>(job, DEPTH);
  store<u32>(load<u32>(job, WORK) + (depth << 2), section);
  store<u32>(job, depth + 1, DEPTH);
}

/** Sets IS_DEBUG from `section` on; returns the first section whose name is not known to DEBUG_NAME, or how many there are. */
export function findDebug(job: usize, section: u32): u32 {
  const count = load<u32>(job, SECTION_COUNT);
  for (; section < count; section++) {
    if ((column(job, C.SECTION_FLAGS, section) & SHF_ALLOC) !== 0 || !isKept(job, section)) continue;
    const kind = byte(job, DEBUG_NAME, column(job, C.SECTION_NAME, section));
    if (kind === 0) break;
    store<u8>(load<u32>(job, IS_DEBUG) + section, kind - 1);
  }
  return section;
}

/**
 * Keeps what is special of an object with sections `start` to `end` - 1, if any of its code or data lives. What of that
 * is debug information is on the stack then. Returns whether there are fragments (`.debug_line.NAME`) in it.
 */
export function keepDebug(job: usize, start: u32, end: u32): bool {
  let section = start;
  while (
    section < end &&
    (byte(job, REACHED, section) === 0 ||
      (column(job, C.SECTION_FLAGS, section) & SHF_ALLOC) === 0 ||
      column(job, C.SECTION_TYPE, section) === SHT_NOTE)
  )
    section++;
  if (section === end) return false;
  let hasFragments = false;
  for (section = start; section < end; section++) {
    if (byte(job, REACHED, section) !== 0 || !isKept(job, section)) continue;
    const debug = byte(job, IS_DEBUG, section);
    if (debug === 0 && !isAside(job, section)) continue;
    if ((column(job, C.SECTION_FLAGS, section) & SHF_LINK_ORDER) !== 0) continue;
    const group = <i32>column(job, C.SECTION_GROUP, section);
    if (group >= 0 && !isSpecialGroup(job, group)) continue;
    if (debug === 0) store<u8>(load<u32>(job, REACHED) + section, 1);
    else push(job, section);
    if (debug === FRAGMENT) hasFragments = true;
  }
  return hasFragments;
}

/** Neither loaded nor with relocations. */
function isAside(job: usize, section: u32): bool {
  return (
    (column(job, C.SECTION_FLAGS, section) & SHF_ALLOC) === 0 &&
    column(job, C.SECTION_RELOCATIONS, section) === 0
  );
}

/** All members are debug information, or all are neither loaded nor have relocations. */
function isSpecialGroup(job: usize, group: u32): bool {
  const first = load<u32>(job, GROUP_FIRST) + (group << 2);
  const members = load<u32>(job, GROUP_MEMBERS);
  let areDebug = true;
  let areAside = true;
  for (let i = load<u32>(first); i < load<u32>(first, 4); i++) {
    const member = load<u32>(members + (i << 2));
    if (byte(job, IS_DEBUG, member) === 0) areDebug = false;
    if (!isAside(job, member)) areAside = false;
  }
  return areDebug || areAside;
}

/** Keeps the debug information that the debug information on the stack refers to, until there is no more. */
export function followDebug(job: usize): void {
  const sections = load<u32>(job, SECTIONS);
  const homeOf = load<u32>(load<u32>(job, SYMBOLS), C.SYMBOL_SECTION);
  while (load<u32>(job, DEPTH) > 0) {
    const depth = load<u32>(job, DEPTH) - 1;
    store<u32>(job, depth, DEPTH);
    const section = load<u32>(load<u32>(job, WORK) + (depth << 2));
    // It may have been given up since.
    if (byte(job, REACHED, section) === 0) continue;
    const group = <i32>column(job, C.SECTION_GROUP, section);
    if (group >= 0) {
      const first = load<u32>(job, GROUP_FIRST) + (group << 2);
      for (let i = load<u32>(first); i < load<u32>(first, 4); i++)
        mark(job, load<u32>(load<u32>(job, GROUP_MEMBERS) + (i << 2)), section);
    }
    const table = column(job, C.SECTION_RELOCATIONS, section);
    const object = <i32>column(job, C.SECTION_OBJECT, section);
    if (table === 0 || object < 0) continue;
    const is64 = byte(job, ARE_64, object) !== 0;
    const symbolIds = load<u32>(load<u32>(job, SYMBOL_IDS) + (object << 2));
    const count = load<u32>(load<u32>(job, SYMBOL_COUNTS) + (object << 2));
    const entry = column(job, C.SECTION_ENTSIZE, table);
    const from: usize =
      load<u32>(load<u32>(job, FILES) + (object << 2)) +
      <u32>load<f64>(load<u32>(sections, C.SECTION_FILE_OFFSET) + (table << 3));
    const end = from + <u32>load<f64>(load<u32>(sections, C.SECTION_SIZE) + (table << 3));
    const isDebug = load<u32>(job, IS_DEBUG);
    const reached = load<u32>(job, REACHED);
    for (let at: usize = from + (is64 ? 12 : 4); entry !== 0 && at < end; at += entry) {
      const word = load<u32>(at);
      const index = is64 ? word : word >>> 8;
      if (index >= count) continue;
      const target = load<i32>(homeOf + (load<u32>(symbolIds + (index << 2)) << 2));
      if (target > 0 && load<u8>(isDebug + target) !== 0 && load<u8>(reached + target) === 0)
        mark(job, target, section);
    }
  }
}

function mark(job: usize, target: u32, from: u32): void {
  if (byte(job, REACHED, target) !== 0 || byte(job, IS_DEBUG, target) === 0 || !isKept(job, target)) return;
  store<u32>(load<u32>(job, FROM) + (target << 2), from);
  push(job, target);
}
