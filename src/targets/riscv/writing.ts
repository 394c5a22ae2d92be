import * as F from "../../kernels/assembly/parts/write-fields.ts";
import type { SymbolId } from "../../model/index.ts";
import { addressIn, findTlsImage, sum, tlsImage } from "../common.ts";
import type { RelocateContext, WritingKernel } from "../target.ts";
import { relaxationOf } from "./relax.ts";
import { globalPointerSymbol } from "./relax-decide.ts";

/** See `Target.writing`: what src/kernels/assembly/write-riscv.ts has to know of relaxation. */
export const riscvWriting: WritingKernel = {
  doesDeletions: true,
  doesFrames: true,
  run: (kernels, work) => kernels.writeRiscV(work),
  prepare,
};

function prepare(context: RelocateContext, work: Int32Array): void {
  const { model, target } = context;
  const { symbols, options, arena } = model;
  const set = (field: number, value: number) => {
    work[field >> 2] = value;
  };
  set(
    F.RISCV,
    (target.is64 ? F.RISCV_64 : 0) | (options.kind === "executable" && !model.dynamic ? F.RISCV_FIXED : 0),
  );
  const gp = globalPointerSymbol(model);
  set(F.GP, symbols.addressLow[gp]);
  set(F.GP + 4, symbols.addressHigh[gp]);
  findTlsImage(context.layout);
  set(F.TLS_START, tlsImage.startLow);
  set(F.TLS_START + 4, tlsImage.startHigh);
  if (!model.dynamic) prepareGot(context, set);
  set(F.HIGH_PARTS, arena.uint8(F.HIGHS * 16).byteOffset);
  const relaxation = relaxationOf(model);
  if (relaxation?.ranges === undefined) return;
  const { candidates, ranges } = relaxation;
  set(F.SLOT, candidates.slot.byteOffset);
  set(F.FIRST, candidates.first.byteOffset);
  set(F.ROWS, candidates.rows.byteOffset);
  set(F.MARKS, candidates.marks.byteOffset);
  set(F.RANGE_START, ranges.start.byteOffset);
  set(F.RANGE_BEFORE, ranges.before.byteOffset);
  set(F.RANGE_FIRST, ranges.first.byteOffset);
  set(F.RANGE_END, ranges.end.byteOffset);
}

/** Where the words of the GOT are. */
function prepareGot(context: RelocateContext, set: (field: number, value: number) => void): void {
  const { model, target } = context;
  const { needs, symbols, arena } = model;
  const list = (field: number, asking: readonly SymbolId[], wordOf: (symbol: SymbolId) => number): void => {
    if (asking.length === 0) return;
    const words = arena.int32(symbols.count);
    for (const symbol of asking) words[symbol] = wordOf(symbol) + 1;
    set(field, words.byteOffset);
  };
  list(F.GOT_WORD, needs.got.symbols, (symbol) => needs.gotWord(symbol));
  list(F.GOT_TP, needs.gotTp.symbols, (symbol) => needs.gotTpWord(symbol));
  list(F.GOT_GD, needs.gotTlsGd.symbols, (symbol) => needs.gotTlsGdWord(symbol));
  addressIn(model, context.got, target.gotHeaderWords * target.wordSize);
  set(F.GOT_BASE, sum.low);
  set(F.GOT_BASE + 4, sum.high);
}
