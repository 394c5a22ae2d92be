import {
  R_RISCV_32,
  R_RISCV_32_PCREL,
  R_RISCV_64,
  R_RISCV_ADD8,
  R_RISCV_BRANCH,
  R_RISCV_CALL,
  R_RISCV_CALL_PLT,
  R_RISCV_HI20,
  R_RISCV_JAL,
  R_RISCV_LO12_I,
  R_RISCV_LO12_S,
  R_RISCV_PCREL_HI20,
  R_RISCV_PCREL_LO12_I,
  R_RISCV_PCREL_LO12_S,
  R_RISCV_RELAX,
  R_RISCV_RVC_BRANCH,
  R_RISCV_RVC_JUMP,
  R_RISCV_SUB8,
  R_RISCV_TLS_GD_HI20,
  R_RISCV_TLS_GOT_HI20,
  R_RISCV_TPREL_ADD,
  R_RISCV_TPREL_HI20,
  R_RISCV_TPREL_LO12_I,
  R_RISCV_TPREL_LO12_S,
} from "../elf/index.ts";
import type { Assembler } from "./assembler.ts";
import { putInteger } from "./emit-data.ts";
import { FIX_DATA } from "./fixup-types.ts";
import { add, hexadecimal, type Integer, low32, subtract } from "./integer.ts";
import type { Resolver } from "./resolve.ts";
import { isCode } from "./section-kinds.ts";
import { ABSOLUTE, COMMON, FIRST_SECTION, FIXUP_RELAX, Fixups, type Section, UNDEFINED } from "./sections.ts";
import { GLOBAL, SHADOW, type SymbolId, USED_IN_RELOCATION, WEAK } from "./symbols.ts";

/**
 * Fills in what is known and turns the rest into relocations. Differences in a
 * section of code stay a pair of relocations, because the linker may shorten
 * what is between; elsewhere they are numbers.
 *
 * The order in which fixups are visited decides the order of compiler's labels
 * in the symbol table, so it is GNU as's: section by section, as noted.
 */
export function applyFixups(assembler: Assembler, resolver: Resolver, section: Section): void {
  const noted = section.fixups;
  const out = new Fixups();
  out.reserve(noted.count + (noted.count >> 1));
  for (let i = 0; i < noted.count; i++) applyOne(assembler, resolver, section, noted, i, out);
  section.fixups = out;
}

/** Whether a symbol is needed in the relocation as it is: its value may change, or is not known. */
function forced(assembler: Assembler, id: SymbolId, strict: boolean): boolean {
  const { symbols } = assembler;
  if (symbols.types.get(id) === 10) return true;
  if (strict && (symbols.flags[id] & (GLOBAL | WEAK)) !== 0) return true;
  const section = symbols.section[id];
  return section === UNDEFINED || section === COMMON;
}

function applyOne(
  assembler: Assembler,
  resolver: Resolver,
  section: Section,
  noted: Fixups,
  i: number,
  out: Fixups,
): void {
  const { symbols } = assembler;
  let symbol = noted.symbol[i];
  let subtracted = noted.subtracted[i];
  let number = noted.addendOf(i);
  if (symbol >= 0) {
    resolver.value(symbol);
    for (let next = resolver.standsFor(symbol); next >= 0; next = resolver.standsFor(symbol)) {
      number = add(number, symbols.expressions.get(symbol)!.number);
      symbol = next;
    }
  }
  if (subtracted >= 0) {
    resolver.value(subtracted);
    const home = symbols.section[subtracted];
    const same = symbol >= 0 && symbols.section[symbol] === home;
    if (
      same &&
      !forced(assembler, symbol, false) &&
      !forced(assembler, subtracted, false) &&
      (home === ABSOLUTE || (home >= FIRST_SECTION && !isCode(assembler.sections.all[home])))
    ) {
      number = add(number, subtract(resolver.value(symbol), resolver.value(subtracted)));
      symbol = -1;
      subtracted = -1;
    } else if (home === ABSOLUTE && !forced(assembler, subtracted, false)) {
      number = subtract(number, resolver.value(subtracted));
      subtracted = -1;
    }
  }
  if (symbol >= 0 && symbols.section[symbol] === ABSOLUTE && !forced(assembler, symbol, subtracted < 0)) {
    number = add(number, resolver.value(symbol));
    symbol = -1;
  }
  finishOne(assembler, resolver, section, noted, i, symbol, subtracted, number, out);
}

function finishOne(
  assembler: Assembler,
  resolver: Resolver,
  _section: Section,
  noted: Fixups,
  i: number,
  symbol: SymbolId,
  subtracted: SymbolId,
  number: Integer,
  out: Fixups,
): void {
  const { fragments } = assembler.sections;
  const { symbols } = assembler;
  const fragment = noted.fragment[i];
  const where = noted.where[i];
  const size = noted.size[i];
  const place = noted.place[i];
  let type = noted.type[i];
  const chain = fragments.chainOf(fragment);
  const at = fragments.start[fragment] + where;
  const address = fragments.address[fragment] + where;
  let relaxable = false;
  let done = false;
  const emit = (emitType: number, emitSymbol: SymbolId, addend: Integer) => {
    const row = out.add(fragment, where, size, emitType, emitSymbol, -1);
    out.setAddend(row, addend);
    out.place[row] = place;
    if (emitSymbol < 0) return;
    if (symbols.has(emitSymbol, SHADOW))
      assembler.errorAt(place, "AS0834", "redefined symbol cannot be used on reloc");
    use(assembler, emitSymbol);
  };
  const delta = () => subtract(add(resolver.value(symbol), number), address);
  switch (type) {
    case R_RISCV_HI20:
      orWord(chain.bytes, at, (low32(number) + 0x800) & 0xfffff000);
      done = symbol < 0;
      relaxable = true;
      break;
    case R_RISCV_LO12_I:
      orWord(chain.bytes, at, low32(number) << 20);
      done = symbol < 0;
      relaxable = true;
      break;
    case R_RISCV_LO12_S:
      orWord(chain.bytes, at, ((low32(number) & 0xfe0) << 20) | ((low32(number) & 0x1f) << 7));
      done = symbol < 0;
      relaxable = true;
      break;
    case R_RISCV_TPREL_HI20:
    case R_RISCV_TPREL_LO12_I:
    case R_RISCV_TPREL_LO12_S:
    case R_RISCV_TPREL_ADD:
      relaxable = true;
      threadLocal(assembler, symbol, place);
      break;
    case R_RISCV_TLS_GOT_HI20:
    case R_RISCV_TLS_GD_HI20:
    case 8:
    case 9:
      threadLocal(assembler, symbol, place);
      break;
    case R_RISCV_CALL:
    case R_RISCV_CALL_PLT:
      relaxable = true;
      break;
    case R_RISCV_PCREL_HI20:
    case R_RISCV_PCREL_LO12_I:
    case R_RISCV_PCREL_LO12_S:
      relaxable = assembler.target.relax;
      break;
    case R_RISCV_JAL:
      if (symbol >= 0) orWord(chain.bytes, at, jumpImmediate(low32(delta())));
      break;
    case R_RISCV_BRANCH:
      if (symbol >= 0) orWord(chain.bytes, at, branchImmediate(low32(delta())));
      break;
    case R_RISCV_RVC_BRANCH:
      if (symbol >= 0) orHalf(chain.bytes, at, compressedBranchImmediate(low32(delta())));
      break;
    case R_RISCV_RVC_JUMP:
      if (symbol >= 0) orHalf(chain.bytes, at, compressedJumpImmediate(low32(delta())));
      break;
    case FIX_DATA: {
      const result = dataType(assembler, resolver, size, symbol, subtracted, address, place);
      if (result === "pair") {
        const power = Math.log2(size);
        emit(R_RISCV_ADD8 + power, symbol, number);
        emit(R_RISCV_SUB8 + power, subtracted, 0);
        checkField(assembler, number, size, address, place);
        return;
      }
      if (result === "value") {
        putInteger(chain.bytes, at, number, size, true);
        done = true;
      } else if (result < 0) return;
      else type = result;
      if (type === R_RISCV_32_PCREL) subtracted = -1;
      break;
    }
    default:
      break;
  }
  if (subtracted >= 0) {
    const name = symbol >= 0 ? symbols.text(symbol) : "0";
    assembler.errorAt(place, "AS0830", `can't resolve ${name} - ${symbols.text(subtracted)}`);
    return;
  }
  if (!done) emit(type, symbol, number);
  if (size !== 0) checkField(assembler, number, size, address, place);
  if (relaxable && (noted.flags[i] & FIXUP_RELAX) !== 0 && symbol >= 0) emit(R_RISCV_RELAX, -1, number);
}

/** What a datum becomes: its value, a pair of relocations for a difference, or one relocation; -1 after a message. */
function dataType(
  assembler: Assembler,
  resolver: Resolver,
  size: number,
  symbol: SymbolId,
  subtracted: SymbolId,
  address: number,
  place: number,
): "value" | "pair" | number {
  const { symbols, sections } = assembler;
  if (symbol < 0 && subtracted < 0) return "value";
  if (symbol >= 0 && subtracted >= 0 && size <= 8) {
    const home = sections.all[symbols.section[subtracted]];
    if (size === 4 && home?.name === ".eh_frame" && resolver.value(subtracted) === address)
      return R_RISCV_32_PCREL;
    return "pair";
  }
  if (symbol < 0) return R_RISCV_32;
  if (size === 4) return R_RISCV_32;
  if (size === 8) return R_RISCV_64;
  assembler.errorAt(place, "AS0831", `cannot represent BFD_RELOC_${size * 8} relocation in object file`);
  return -1;
}

/** The symbol is needed in the file. */
export function use(assembler: Assembler, id: SymbolId): void {
  const { symbols } = assembler;
  symbols.promote(id);
  symbols.flags[id] |= USED_IN_RELOCATION;
}

function threadLocal(assembler: Assembler, id: SymbolId, place: number): void {
  const { symbols } = assembler;
  if (id < 0) assembler.errorAt(place, "AS0832", "TLS relocation against a constant");
  else {
    symbols.promote(id);
    symbols.flags[id] |= THREAD;
  }
}

const THREAD = 0x400;

/** A message if a value does not fit its field, read as signed or unsigned. */
function checkField(
  assembler: Assembler,
  number: Integer,
  size: number,
  address: number,
  place: number,
): void {
  if (size >= 8) return;
  const limit = 2 ** (size * 8);
  if (number < limit && number > -limit) return;
  // As GNU as prints addresses.
  const digits = assembler.target.fileWidth / 4;
  const shown = number > 1000 ? hexadecimal(number).padStart(digits, "0") : String(number);
  const where = hexadecimal(address).padStart(digits, "0");
  assembler.errorAt(
    place,
    "AS0833",
    `value of ${shown} too large for field of ${size} byte${size === 1 ? "" : "s"} at ${where}`,
  );
}

function orWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] |= word;
  bytes[at + 1] |= word >> 8;
  bytes[at + 2] |= word >> 16;
  bytes[at + 3] |= word >> 24;
}

function orHalf(bytes: Uint8Array, at: number, half: number): void {
  bytes[at] |= half;
  bytes[at + 1] |= half >> 8;
}

/** The bits of `value` from `from`, `count` of them, moved to `to`. */
function bits(value: number, from: number, count: number, to: number): number {
  return ((value >> from) & ((1 << count) - 1)) << to;
}

function jumpImmediate(value: number): number {
  return bits(value, 1, 10, 21) | bits(value, 11, 1, 20) | bits(value, 12, 8, 12) | bits(value, 20, 1, 31);
}

function branchImmediate(value: number): number {
  return bits(value, 1, 4, 8) | bits(value, 5, 6, 25) | bits(value, 11, 1, 7) | bits(value, 12, 1, 31);
}

function compressedBranchImmediate(value: number): number {
  return (
    bits(value, 1, 2, 3) |
    bits(value, 3, 2, 10) |
    bits(value, 5, 1, 2) |
    bits(value, 6, 2, 5) |
    bits(value, 8, 1, 12)
  );
}

function compressedJumpImmediate(value: number): number {
  return (
    bits(value, 1, 3, 3) |
    bits(value, 4, 1, 11) |
    bits(value, 5, 1, 2) |
    bits(value, 6, 1, 7) |
    bits(value, 7, 1, 6) |
    bits(value, 8, 2, 9) |
    bits(value, 10, 1, 8) |
    bits(value, 11, 1, 12)
  );
}
