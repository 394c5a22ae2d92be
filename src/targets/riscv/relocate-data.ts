import * as T from "../../elf/index.ts";
import { addHalves, subtractHalves, sum } from "../common.ts";
import { reportOverflow, reportUlebSpace } from "./errors.ts";
import type { Work } from "./relocate.ts";
import { gotSlotAddress, tlsOffset } from "./relocate-tables.ts";
import { writeUleb } from "./uleb.ts";

// Relocations of data: words, and the differences of two symbols, which an
// assembler that leaves relaxation to the linker cannot compute. A difference is
// a SET or a stored value followed by ADD and SUB of the same place.

/** Of a R_RISCV_SET_ULEB128, for the R_RISCV_SUB_ULEB128 after it. */
const minuend = { offset: -1, section: 0, value: 0n };

/** Applies a relocation of data; `sum` is S + A, and so is `target`. False: no relocation of an object file. */
export function relocateData(work: Work, target: number): boolean {
  const { view, at, out } = work;
  switch (work.type) {
    case T.R_RISCV_32:
    case T.R_RISCV_SET32:
      view.setInt32(at, sum.low, true);
      return true;
    case T.R_RISCV_64:
      view.setInt32(at, sum.low, true);
      view.setInt32(at + 4, sum.high, true);
      return true;
    case T.R_RISCV_ADD8:
      out[at] += sum.low;
      return true;
    case T.R_RISCV_ADD16:
      view.setInt16(at, view.getInt16(at, true) + sum.low, true);
      return true;
    case T.R_RISCV_ADD32:
      view.setInt32(at, view.getInt32(at, true) + sum.low, true);
      return true;
    case T.R_RISCV_ADD64:
      addHalves(view.getInt32(at, true), view.getInt32(at + 4, true), sum.low, sum.high);
      view.setInt32(at, sum.low, true);
      view.setInt32(at + 4, sum.high, true);
      return true;
    case T.R_RISCV_SUB8:
      out[at] -= sum.low;
      return true;
    case T.R_RISCV_SUB16:
      view.setInt16(at, view.getInt16(at, true) - sum.low, true);
      return true;
    case T.R_RISCV_SUB32:
      view.setInt32(at, view.getInt32(at, true) - sum.low, true);
      return true;
    case T.R_RISCV_SUB64:
      subtractHalves(view.getInt32(at, true), view.getInt32(at + 4, true), sum.low, sum.high);
      view.setInt32(at, sum.low, true);
      view.setInt32(at + 4, sum.high, true);
      return true;
    case T.R_RISCV_SET6:
      out[at] = (out[at] & 0xc0) | (sum.low & 0x3f);
      return true;
    case T.R_RISCV_SUB6:
      out[at] = (out[at] & 0xc0) | ((out[at] - sum.low) & 0x3f);
      return true;
    case T.R_RISCV_SET8:
      out[at] = sum.low;
      return true;
    case T.R_RISCV_SET16:
      view.setInt16(at, sum.low, true);
      return true;
    case T.R_RISCV_SET_ULEB128:
      minuend.offset = work.offset;
      minuend.section = work.section;
      minuend.value = halves();
      writeUleb(out, at, work.end, minuend.value);
      return true;
    case T.R_RISCV_SUB_ULEB128:
      subtractUleb(work);
      return true;
    case T.R_RISCV_32_PCREL:
    case T.R_RISCV_PLT32:
      putDistance(work, target - work.place);
      return true;
    case T.R_RISCV_GOT32_PCREL:
      putDistance(work, gotSlotAddress(work.context, work.symbol) + work.addend - work.place);
      return true;
    case T.R_RISCV_TLS_DTPREL32:
      view.setInt32(at, tlsOffset(work.context, target) - 0x800, true);
      return true;
    case T.R_RISCV_TLS_DTPREL64: {
      const offset = BigInt(tlsOffset(work.context, target) - 0x800);
      view.setBigInt64(at, offset, true);
      return true;
    }
    default:
      return false;
  }
}

function halves(): bigint {
  return (BigInt(sum.high >>> 0) << 32n) | BigInt(sum.low >>> 0);
}

function subtractUleb(work: Work): void {
  const paired = minuend.offset === work.offset && minuend.section === work.section;
  const value = BigInt.asUintN(64, (paired ? minuend.value : 0n) - halves());
  minuend.offset = -1;
  const bits = writeUleb(work.out, work.at, work.end, value);
  if (value >> BigInt(bits) === 0n) return;
  reportUlebSpace(work, value);
}

/** GNU ld takes the low 32 bits; LLD wants the distance to fit. */
function putDistance(work: Work, distance: number): void {
  if (work.context.model.options.compat === "lld" && (distance < -0x80000000 || distance > 0x7fffffff)) {
    reportOverflow(work, work.type, distance, 32);
  }
  work.view.setInt32(work.at, distance, true);
}
