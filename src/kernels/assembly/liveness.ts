import * as C from "./columns";
import {
  ARE_64,
  ATTACHED,
  CIE,
  DEPTH,
  EDGE_COUNT,
  EDGE_SECTIONS,
  EDGES,
  END_RECORD,
  FILES,
  FIRST_FDE,
  FIRST_RECORD,
  FRAMES_NAME,
  FROM,
  GROUP_FIRST,
  GROUP_MEMBERS,
  IS_LLD,
  KIND,
  NEXT_ATTACHED,
  NEXT_FDE,
  REACHED,
  RECORD_SECTION,
  RELOCATION_END,
  RELOCATION_START,
  SECTION_COUNT,
  SECTIONS,
  SYMBOL_COUNTS,
  SYMBOL_IDS,
  SYMBOLS,
  THROUGH,
  WORK,
} from "./parts/liveness-job";

// --gc-sections: what is reached from sections that are. The rules are those of
// src/link/liveness/gc.ts, which finds the roots. In WebAssembly because every relocation
// of every live section is followed.

const LIVE: u32 = 32;
const OMIT: u32 = 256;
const GARBAGE: u8 = 3;
// Values of SymbolSection.
const UNDEFINED: i32 = 0;
const ABSOLUTE: i32 = -1;
const SCRIPT: i32 = -3;
const SHT_RELA: u32 = 4;
const SHF_EXECINSTR: u32 = 4;
const SHF_LINK_ORDER: u32 = 0x80;

function push(job: usize, section: u32, from: u32, through: u32): void {
  store<u8>(load<u32>(job, REACHED) + section, 1);
  store<u32>(load<u32>(job, FROM) + (section << 2), from);
  store<u32>(load<u32>(job, THROUGH) + (section << 2), through);
  const depth = load<u32>(job, DEPTH);
  store<u32>(load<u32>(job, WORK) + (depth << 2), section);
  store<u32>(job, depth + 1, DEPTH);
}

function followEdge(job: usize, section: u32, symbol: u32): void {
  const count = load<u32>(job, EDGE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const edge: usize = load<u32>(job, EDGES) + i * 12;
    if (load<u32>(edge) !== symbol) continue;
    const first = load<u32>(edge, 4);
    for (let k = first; k < first + load<u32>(edge, 8); k++) {
      const target = load<u32>(load<u32>(job, EDGE_SECTIONS) + (k << 2));
      if (load<u8>(load<u32>(job, REACHED) + target) === 0) push(job, target, section, symbol);
    }
    return;
  }
}

/** Follows entries `first` to `end` - 1 of the relocations of `table`; with `onlyData`, not to code and what belongs to it. */
function follow(job: usize, section: u32, first: u32, end: u32, onlyData: bool, table: u32): void {
  const sections: usize = load<u32>(job, SECTIONS);
  const symbols: usize = load<u32>(job, SYMBOLS);
  const relocations = load<u32>(load<u32>(sections, C.SECTION_RELOCATIONS) + (table << 2));
  const object = load<i32>(load<u32>(sections, C.SECTION_OBJECT) + (table << 2));
  if (relocations === 0 || object < 0) return;
  const is64 = load<u8>(load<u32>(job, ARE_64) + object) !== 0;
  const symbolIds = load<u32>(load<u32>(job, SYMBOL_IDS) + (object << 2));
  const count = load<u32>(load<u32>(job, SYMBOL_COUNTS) + (object << 2));
  const isRela = load<u32>(load<u32>(sections, C.SECTION_TYPE) + (relocations << 2)) === SHT_RELA;
  const entry: u32 = (is64 ? 16 : 8) + (isRela ? (is64 ? 8 : 4) : 0);
  const offset = <u32>load<f64>(load<u32>(sections, C.SECTION_FILE_OFFSET) + (relocations << 3));
  const reached = load<u32>(job, REACHED);
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const flagsOf = load<u32>(symbols, C.SYMBOL_FLAGS);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  let at: usize = load<u32>(load<u32>(job, FILES) + (object << 2)) + offset + first * entry + (is64 ? 12 : 4);
  for (let i = first; i < end; i++, at += entry) {
    const word = load<u32>(at, 0, 1);
    const index = is64 ? word : word >> 8;
    const symbol: u32 = index < count ? load<u32>(symbolIds + (index << 2)) : 0;
    const target = load<i32>(homeOf + (symbol << 2));
    const flags = flagsOf + (symbol << 2);
    if (target > 0) {
      if (load<u8>(reached + target) !== 0) {
        store<u32>(flags, load<u32>(flags) | LIVE);
        continue;
      }
      if (load<u8>(fateOf + target) !== C.KEPT) continue;
      if (onlyData) {
        const kind = load<u32>(load<u32>(sections, C.SECTION_FLAGS) + (target << 2));
        if ((kind & (SHF_EXECINSTR | SHF_LINK_ORDER)) !== 0) continue;
        if (load<i32>(load<u32>(sections, C.SECTION_GROUP) + (target << 2)) >= 0) continue;
      }
      store<u32>(flags, load<u32>(flags) | LIVE);
      push(job, target, section, symbol);
    } else if (symbol !== 0 && (load<u32>(flags) & LIVE) === 0) {
      store<u32>(flags, load<u32>(flags) | LIVE);
      followEdge(job, section, symbol);
    }
  }
}

/** LLD: every personality routine, and every exception table that does not live with its function. */
function followAllRecords(job: usize, section: u32): void {
  const end = load<u32>(load<u32>(job, END_RECORD) + (section << 2));
  for (let record = load<u32>(load<u32>(job, FIRST_RECORD) + (section << 2)); record < end; record++) {
    const first = load<u32>(load<u32>(job, RELOCATION_START) + (record << 2));
    const last = load<u32>(load<u32>(job, RELOCATION_END) + (record << 2));
    const isCie = load<u8>(load<u32>(job, KIND) + record) === 1;
    follow(job, section, first, isCie ? min(last, first + 1) : last, !isCie, section);
  }
}

/** What a FDE and its CIE refer to, but for the function itself. */
function followFde(job: usize, section: u32, fde: u32): void {
  const starts = load<u32>(job, RELOCATION_START);
  const ends = load<u32>(job, RELOCATION_END);
  const table = load<u32>(load<u32>(job, RECORD_SECTION) + (fde << 2));
  const start = load<u32>(starts + (fde << 2));
  const end = load<u32>(ends + (fde << 2));
  if (start < end) follow(job, section, start + 1, end, false, table);
  const cie = load<u32>(load<u32>(job, CIE) + (fde << 2));
  if (cie !== 0)
    follow(job, section, load<u32>(starts + (cie << 2)), load<u32>(ends + (cie << 2)), false, table);
}

function visit(job: usize, section: u32): void {
  const sections: usize = load<u32>(job, SECTIONS);
  const reached = load<u32>(job, REACHED);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const isLld = load<u32>(job, IS_LLD) !== 0;
  const group = load<i32>(load<u32>(sections, C.SECTION_GROUP) + (section << 2));
  if (group >= 0) {
    const first = load<u32>(job, GROUP_FIRST) + (group << 2);
    const end = load<u32>(first, 4);
    for (let i = load<u32>(first); i < end; i++) {
      const member = load<u32>(load<u32>(job, GROUP_MEMBERS) + (i << 2));
      if (load<u8>(reached + member) === 0 && load<u8>(fateOf + member) === C.KEPT)
        push(job, member, section, 0);
    }
  }
  const table = load<u32>(load<u32>(sections, C.SECTION_RELOCATIONS) + (section << 2));
  const isFrames =
    load<u32>(load<u32>(sections, C.SECTION_NAME) + (section << 2)) === load<u32>(job, FRAMES_NAME) &&
    load<u32>(load<u32>(job, END_RECORD) + (section << 2)) !== 0;
  if (isFrames) {
    if (isLld) followAllRecords(job, section);
  } else if (table !== 0) {
    const size = <u32>load<f64>(load<u32>(sections, C.SECTION_SIZE) + (table << 3));
    const entry = load<u32>(load<u32>(sections, C.SECTION_ENTSIZE) + (table << 2));
    follow(job, section, 0, size / entry, false, section);
  }
  if (!isLld) {
    let fde = load<u32>(load<u32>(job, FIRST_FDE) + (section << 2));
    for (; fde !== 0; fde = load<u32>(load<u32>(job, NEXT_FDE) + (fde << 2))) followFde(job, section, fde);
  }
  let next = load<u32>(load<u32>(job, ATTACHED) + (section << 2));
  for (; next !== 0; next = load<u32>(load<u32>(job, NEXT_ATTACHED) + (next << 2)))
    if (load<u8>(reached + next) === 0) push(job, next, section, 0);
}

/** What is not reached becomes garbage; symbols of what is are live, and undefined ones that nothing live refers to are left out. */
export function dropUnreached(job: usize): void {
  const sections: usize = load<u32>(job, SECTIONS);
  const symbols: usize = load<u32>(job, SYMBOLS);
  const reached = load<u32>(job, REACHED);
  const fateOf = load<u32>(sections, C.SECTION_FATE);
  const count = load<u32>(job, SECTION_COUNT);
  for (let section: u32 = 1; section < count; section++)
    if (load<u8>(reached + section) === 0 && load<u8>(fateOf + section) === C.KEPT)
      store<u8>(fateOf + section, GARBAGE);
  const homeOf = load<u32>(symbols, C.SYMBOL_SECTION);
  const flagsOf = load<u32>(symbols, C.SYMBOL_FLAGS);
  const symbolCount = load<u32>(symbols, C.SYMBOL_COUNT);
  for (let id: u32 = 1; id < symbolCount; id++) {
    const home = load<i32>(homeOf + (id << 2));
    const flags = flagsOf + (id << 2);
    if (home > 0 ? load<u8>(fateOf + home) === C.KEPT : home === ABSOLUTE || home === SCRIPT)
      store<u32>(flags, load<u32>(flags) | LIVE);
    else if (home === UNDEFINED && (load<u32>(flags) & LIVE) === 0)
      store<u32>(flags, load<u32>(flags) | OMIT);
  }
}

/** Follows what is on the stack, and what that reaches, until nothing is left. */
export function markReached(job: usize): void {
  while (load<u32>(job, DEPTH) > 0) {
    const depth = load<u32>(job, DEPTH) - 1;
    store<u32>(job, depth, DEPTH);
    visit(job, load<u32>(load<u32>(job, WORK) + (depth << 2)));
  }
}

/** Sets bits in all words of a column. */
export function setBits(column: usize, count: u32, bits: u32): void {
  const end = column + (count << 2);
  for (; column < end; column += 4) store<u32>(column, load<u32>(column) | bits);
}
