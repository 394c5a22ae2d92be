import * as F from "../../kernels/assembly/parts/write-fields.ts";
import type { RelocateContext, WritingKernel } from "../target.ts";
import { relaxationOf } from "./relax.ts";
import { globalPointerSymbol } from "./relax-decide.ts";

/** See `Target.writing`: what src/kernels/assembly/write-riscv.ts has to know of relaxation. */
export const riscvWriting: WritingKernel = {
  doesDeletions: true,
  run: (kernels, work) => kernels.writeRiscV(work),
  prepare,
};

function prepare({ model, target }: RelocateContext, work: Int32Array): void {
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
