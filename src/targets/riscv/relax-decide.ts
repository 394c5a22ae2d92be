import { float64Column, uint8Column } from "../../binary/index.ts";
import * as F from "../../kernels/assembly/parts/relax-fields.ts";
import { type LinkModel, SymbolFlag, type SymbolId, SymbolSection } from "../../model/index.ts";
import type { ScriptValues, WalkedOutput } from "../target.ts";
import type { Candidates } from "./relax-candidates.ts";
import type { RelaxWork } from "./relax-work.ts";

// Which instructions may be shortened under the addresses of the moment.
//
// A decision is never taken back, so it must still hold when later passes have
// moved everything closer together. Distances only shrink, but for one thing:
// where sections start is rounded up to their alignment, and that rounding can
// grow. So a distance counts as larger by the greatest alignment that may lie
// between its ends: that of the output section if both ends are in it, else the
// greatest of the whole image. An access relative to gp reserves, beyond that,
// the rest of the object it is a part of, as the compiler may use the same high
// part for all of it. These margins, and the order in which they are looked
// at, are GNU ld's to the letter, since the size of every section follows from
// them. LLD decides by the distance alone, as it can take decisions back, and
// leaves absolute addresses alone.
//
// The decisions themselves are taken by a kernel, src/kernels/assembly/relax.ts; here is what it has to know.

/** The symbol that gp points to, when it is defined. */
export function globalPointerSymbol(model: LinkModel): SymbolId {
  const name = model.names.find("__global_pointer$");
  const symbol = name < 0 ? 0 : model.symbols.global(name);
  return symbol !== 0 && model.symbols.section[symbol] !== SymbolSection.undefined ? symbol : 0;
}

export function isWeakUndefined(model: LinkModel, symbol: SymbolId): boolean {
  const { symbols } = model;
  return (
    symbol !== 0 &&
    symbols.section[symbol] === SymbolSection.undefined &&
    (symbols.flags[symbol] & SymbolFlag.global) !== 0 &&
    (symbols.flags[symbol] & SymbolFlag.strongReference) === 0
  );
}

/** What one walk knows of the image, as the kernel's. */
export class View {
  /** By the numbers that `sections.output` has during the walk: signed 64-bit numbers, exact up to 2^53. */
  readonly outputAddress: Float64Array;
  private readonly model: LinkModel;
  private readonly candidates: Candidates;
  private readonly work: RelaxWork;
  private readonly values: ScriptValues;
  private readonly gpSymbol: SymbolId;
  /** The first odd candidate that was not looked at: sections are visited in any order, but mostly in theirs. */
  private nextOdd = 0;

  constructor(
    model: LinkModel,
    candidates: Candidates,
    work: RelaxWork,
    outputs: readonly WalkedOutput[],
    values: ScriptValues,
    maxAlignment: number,
  ) {
    this.model = model;
    this.candidates = candidates;
    this.work = work;
    this.values = values;
    this.gpSymbol = model.options.compat === "lld" ? 0 : globalPointerSymbol(model);
    const count = outputs.length;
    this.outputAddress = float64Column(count);
    const aligns = float64Column(count);
    const code = uint8Column(count);
    for (const [i, output] of outputs.entries()) {
      this.outputAddress[i] = Number(BigInt.asIntN(64, output.address));
      aligns[i] = 2 ** output.alignPower;
      code[i] = output.code ? 1 : 0;
    }
    work.column(F.OUTPUT_ADDRESS, this.outputAddress);
    work.column(F.OUTPUT_ALIGN, aligns);
    work.column(F.OUTPUT_CODE, code);
    work.set(
      F.TLS_OUTPUT,
      outputs.findIndex((output) => output.threadLocal),
    );
    work.setDouble(F.MAX_ALIGNMENT, maxAlignment);
    work.setDouble(F.DELETED_BEFORE, candidates.deleted);
    work.setDouble(F.GP, 0);
    work.set(F.GP_OUTPUT, -2);
    this.findGlobalPointer();
  }

  /** An output section starts here in this walk. */
  enter(output: number, address: bigint): void {
    this.outputAddress[output] = Number(BigInt.asIntN(64, address));
    this.findGlobalPointer();
  }

  private findGlobalPointer(): void {
    const { gpSymbol, work, outputAddress } = this;
    if (gpSymbol === 0) return;
    const { symbols, sections } = this.model;
    const section = symbols.section[gpSymbol];
    if (section > 0) {
      const output = sections.output[section];
      if (output < 0) return;
      const offset = sections.outputOffset[section] + symbols.valueLow[gpSymbol];
      work.setDouble(F.GP, outputAddress[output] + offset);
      work.set(F.GP_OUTPUT, output);
    } else if (section === SymbolSection.absolute) {
      work.setDouble(F.GP, symbols.valueHigh[gpSymbol] * 4294967296 + (symbols.valueLow[gpSymbol] >>> 0));
      work.set(F.GP_OUTPUT, -1);
    } else if (section === SymbolSection.script) {
      const value = this.values.scriptValue(gpSymbol);
      if (value === undefined) return;
      work.setDouble(F.GP, Number(BigInt.asIntN(64, value.address)));
      work.set(F.GP_OUTPUT, value.output);
    }
  }

  /** Looks up what the script makes of the symbols that section number `index` refers to, which may change as the walk goes on. */
  refresh(index: number): void {
    const { candidates } = this;
    const { oddCount, oddList, oddAddress, oddOutput, oddSection, first } = candidates;
    if (oddCount === 0) return;
    const begin = first[index];
    const end = first[index + 1];
    let i = this.nextOdd;
    if (i > 0 && oddList[i - 1] >= begin) i = 0;
    while (i < oddCount && oddList[i] < begin) i++;
    for (; i < oddCount && oddList[i] < end; i++) {
      if (oddSection[i] !== 0) continue;
      const value = this.values.scriptValue(candidates.symbol(oddList[i]));
      oddOutput[i] = value === undefined ? -2 : value.output;
      if (value !== undefined) oddAddress[i] = Number(BigInt.asIntN(64, value.address));
    }
    this.nextOdd = i;
  }
}
