import { demangle } from "../../demangle/index.ts";
import { readLineTable, readUnits } from "../../dwarf/index.ts";
import { type ElfFile, inflateCompressed, readSymbols, sectionBytes } from "../../elf/index.ts";
import type { LoadPlan } from "../load/plan.ts";

/** What an image says about its addresses: functions, and source lines where it has debug information. */

export interface FunctionInfo {
  /** As its language writes it. */
  readonly name: string;
  /** As the symbol table has it. */
  readonly symbol: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/** Rows of the line table in the order of addresses; row i covers up to row i + 1. Line -1: no source. */
interface Lines {
  readonly addresses: Float64Array;
  readonly files: Int32Array;
  readonly lines: Int32Array;
  readonly names: readonly string[];
}

const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHF_EXECINSTR = 4;
const SHF_COMPRESSED = 0x800;
const STB_LOCAL = 0;

export class ProgramSymbols {
  /** In the order of addresses; they do not overlap. */
  readonly functions: readonly FunctionInfo[];
  readonly #named = new Map<string, number>();
  readonly #plan: LoadPlan;
  #lines: Lines | undefined;
  #last = -1;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.functions = plan.elf ? this.#readFunctions(plan.elf, plan.bias) : [];
  }

  #readFunctions(elf: ElfFile, bias: number): FunctionInfo[] {
    const found: { symbol: string; start: number; size: number; rank: number; limit: number }[] = [];
    for (const { name, value, size, type, binding, section, reserved } of readSymbols(elf)) {
      if (name === "" || section === 0) continue;
      this.#named.set(name, Number(value) + bias);
      if (reserved || name.startsWith("$") || name.startsWith(".L")) continue;
      const home = elf.sections[section];
      if (!home || (home.flags & SHF_EXECINSTR) === 0) continue;
      const isFunction = type === STT_FUNC || type === STT_GNU_IFUNC;
      // Assembly often has no types; its labels count where there is nothing better.
      if (!isFunction && type !== STT_NOTYPE) continue;
      const rank = (isFunction ? 2 : 0) + (binding === STB_LOCAL ? 0 : 1);
      const limit = Number(home.address) + home.size + bias;
      found.push({ symbol: name, start: Number(value) + bias, size: Number(size), rank, limit });
    }
    found.sort((a, b) => a.start - b.start || b.rank - a.rank);
    const functions: FunctionInfo[] = [];
    for (let i = 0; i < found.length; i++) {
      const { symbol, start, size, limit } = found[i];
      const last = functions.at(-1);
      // Another name of the same place, or a label within a function that has a size.
      if (last && (last.start === start || (last.end > start && found[i].rank < 2))) continue;
      let next = i + 1;
      while (next < found.length && found[next].start === start) next++;
      const bound = next < found.length ? Math.min(found[next].start, limit) : limit;
      const end = size > 0 ? start + size : bound;
      if (end > start) functions.push({ name: demangle(symbol), symbol, start, end });
    }
    return functions;
  }

  /** Index in `functions` of the one that an address is in, or -1. */
  indexAt(address: number): number {
    const { functions } = this;
    if (this.#last >= 0) {
      const last = functions[this.#last];
      if (address >= last.start && address < last.end) return this.#last;
    }
    let low = 0;
    let high = functions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (functions[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    if (index < 0 || address >= functions[index].end) return -1;
    this.#last = index;
    return index;
  }

  at(address: number): FunctionInfo | undefined {
    return this.functions[this.indexAt(address)];
  }

  /** `main+0x10`, or the bare address. */
  place(address: number): string {
    const found = this.at(address);
    if (!found) return `0x${address.toString(16)}`;
    const offset = address - found.start;
    return offset === 0 ? found.name : `${found.name}+0x${offset.toString(16)}`;
  }

  /** The value of a symbol, where it is in memory. */
  address(symbol: string): number | undefined {
    return this.#named.get(symbol);
  }

  get lines(): Lines {
    this.#lines ??= readLines(this.#plan);
    return this.#lines;
  }

  /** The source line of an instruction. */
  source(address: number): SourcePlace | undefined {
    const { addresses, files, lines, names } = this.lines;
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (addresses[middle] <= address) low = middle + 1;
      else high = middle;
    }
    const row = low - 1;
    if (row < 0 || lines[row] <= 0 || files[row] < 0) return undefined;
    return { file: names[files[row]], line: lines[row] };
  }
}

function debugSection(elf: ElfFile, name: string): Uint8Array | undefined {
  const section = elf.sections.find((candidate) => candidate.name === name);
  if (!section) return undefined;
  const bytes = sectionBytes(elf, section);
  if ((section.flags & SHF_COMPRESSED) === 0) return bytes;
  const inflated = inflateCompressed(bytes, elf.is64, elf.littleEndian);
  return "bytes" in inflated ? inflated.bytes : undefined;
}

function readLines(plan: LoadPlan): Lines {
  const none = {
    addresses: new Float64Array(0),
    files: new Int32Array(0),
    lines: new Int32Array(0),
    names: [],
  };
  const { elf, bias } = plan;
  const line = elf && debugSection(elf, ".debug_line");
  if (!elf || !line) return none;
  const strings = { str: debugSection(elf, ".debug_str"), lineStr: debugSection(elf, ".debug_line_str") };
  const info = debugSection(elf, ".debug_info");
  const abbrev = debugSection(elf, ".debug_abbrev");
  const directories = new Map<number, string>();
  if (info && abbrev)
    for (const unit of readUnits(info, abbrev, strings)) directories.set(unit.lineProgram, unit.directory);
  const table = readLineTable({
    line,
    ...strings,
    sectionAt: () => 1,
    directoryOf: (program) => directories.get(program),
  });
  // Sequences of functions that the linker dropped start at 0 or so; they are outside every segment.
  const loaded = (address: number) =>
    plan.steps.some(
      (step) => address + bias >= step.runAddress && address + bias < step.runAddress + step.size,
    );
  const order: number[] = [];
  let keep = false;
  let fresh = true;
  for (let row = 0; row < table.line.length; row++) {
    if (fresh) keep = loaded(table.address[row]);
    fresh = table.line[row] < 0;
    if (keep) order.push(row);
  }
  // Of rows at one address the last holds; the end of a sequence comes before the start of the next.
  order.sort((a, b) => {
    const difference = table.address[a] - table.address[b];
    if (difference !== 0) return difference;
    const ends = Number(table.line[b] < 0) - Number(table.line[a] < 0);
    return ends !== 0 ? ends : a - b;
  });
  return {
    addresses: Float64Array.from(order, (row) => table.address[row] + bias),
    files: Int32Array.from(order, (row) => table.file[row]),
    lines: Int32Array.from(order, (row) => table.line[row]),
    names: table.files,
  };
}
