import * as T from "../../elf/index.ts";
import { reportHighOverflow, reportJump, reportOverflow } from "./errors.ts";
import * as encode from "./immediates.ts";
import type { Work } from "./relocate.ts";

// Values into the fields of instructions and data, with their limits.

/** addi x0, x0, 0 */
export const NOP = 0x13;

/** Bytes that a relocation of `type` writes to. */
export function sizeOf(type: number): number {
  switch (type) {
    case T.R_RISCV_64:
    case T.R_RISCV_TLS_DTPREL64:
    case T.R_RISCV_TLS_TPREL64:
    case T.R_RISCV_ADD64:
    case T.R_RISCV_SUB64:
    case T.R_RISCV_CALL:
    case T.R_RISCV_CALL_PLT:
      return 8;
    case T.R_RISCV_RVC_BRANCH:
    case T.R_RISCV_RVC_JUMP:
    case T.R_RISCV_RVC_LUI:
    case T.R_RISCV_ADD16:
    case T.R_RISCV_SUB16:
    case T.R_RISCV_SET16:
      return 2;
    case T.R_RISCV_ADD8:
    case T.R_RISCV_SUB8:
    case T.R_RISCV_SET8:
    case T.R_RISCV_SET6:
    case T.R_RISCV_SUB6:
    case T.R_RISCV_SET_ULEB128:
    case T.R_RISCV_SUB_ULEB128:
      return 1;
    case T.R_RISCV_ALIGN:
    case T.R_RISCV_TPREL_ADD:
    case T.R_RISCV_GNU_VTENTRY:
      return 0;
    default:
      return 4;
  }
}

/** The field of a reference to what is not linked. */
export function clear(work: Work, value: number): void {
  const { out, at, type } = work;
  if (type === T.R_RISCV_SET6 || type === T.R_RISCV_SUB6) {
    // The two bits above are the rest of an instruction of call frame information.
    out[at] = (out[at] & 0xc0) | (value & 0x3f);
    return;
  }
  const size = sizeOf(type);
  for (let i = 0; i < size; i++) out[at + i] = i === 0 ? value : 0;
}

/** Whether auipc or lui reach that far; on RV32 they reach all. */
export function reaches(value: number): boolean {
  return encode.fitsHigh20(value);
}

export function fitsLow(value: number): boolean {
  return encode.fitsSigned(value, 12);
}

export function setRs1(work: Work, at: number, register: number): void {
  const word = work.view.getInt32(at, true);
  work.view.setInt32(at, (word & ~encode.maskRs1) | (register << 15), true);
}

function put(work: Work, at: number, mask: number, bits: number): void {
  work.view.setInt32(at, (work.view.getInt32(at, true) & ~mask) | bits, true);
}

function putHalf(work: Work, mask: number, bits: number): void {
  work.view.setInt16(work.at, (work.view.getUint16(work.at, true) & ~mask) | bits, true);
}

export function putHigh(work: Work, type: number, value: number): void {
  if (work.is64 && !encode.fitsHigh20(value)) reportHighOverflow(work, type, value);
  else put(work, work.at, encode.maskU, encode.encodeU(value));
}

export function putI(work: Work, value: number): void {
  put(work, work.at, encode.maskI, encode.encodeI(value));
}

export function putS(work: Work, value: number): void {
  put(work, work.at, encode.maskS, encode.encodeS(value));
}

/** 12 bits that must hold all of the value. */
export function putLow(work: Work, type: number, value: number, isStore: boolean): void {
  if (!fitsLow(value)) reportOverflow(work, type, value, 12);
  else if (isStore) putS(work, value);
  else putI(work, value);
}

/** auipc and jalr. */
export function putCall(work: Work, value: number): void {
  if (work.is64 && !encode.fitsHigh20(value)) {
    reportHighOverflow(work, work.type, value);
    return;
  }
  put(work, work.at, encode.maskU, encode.encodeU(value));
  put(work, work.at + 4, encode.maskI, encode.encodeI(value));
}

function checkJump(work: Work, type: number, value: number, bits: number): boolean {
  if (encode.fitsSigned(value, bits) && value % 2 === 0) return true;
  reportJump(work, type, value, bits);
  return false;
}

export function putJump(work: Work, type: number, value: number): void {
  if (checkJump(work, type, value, 21)) put(work, work.at, encode.maskJ, encode.encodeJ(value));
}

export function putBranch(work: Work, type: number, value: number): void {
  if (checkJump(work, type, value, 13)) put(work, work.at, encode.maskB, encode.encodeB(value));
}

export function putCompressedBranch(work: Work, type: number, value: number): void {
  if (checkJump(work, type, value, 9)) putHalf(work, encode.maskCB, encode.encodeCB(value));
}

export function putCompressedJump(work: Work, type: number, value: number): void {
  if (checkJump(work, type, value, 12)) putHalf(work, encode.maskCJ, encode.encodeCJ(value));
}

/** A jump over `distance` bytes, for `isJump` types; false, with nothing done, where it does not reach. */
export function putJumpThatFits(view: DataView, at: number, type: number, distance: number): boolean {
  const bits =
    type === T.R_RISCV_BRANCH ? 13 : type === T.R_RISCV_JAL ? 21 : type === T.R_RISCV_RVC_BRANCH ? 9 : 12;
  if ((distance & 1) !== 0 || (distance << (32 - bits)) >> (32 - bits) !== distance) return false;
  if (type === T.R_RISCV_BRANCH)
    view.setInt32(at, (view.getInt32(at, true) & ~encode.maskB) | encode.encodeB(distance), true);
  else if (type === T.R_RISCV_JAL)
    view.setInt32(at, (view.getInt32(at, true) & ~encode.maskJ) | encode.encodeJ(distance), true);
  else {
    const half = view.getUint16(at, true);
    const bytes =
      type === T.R_RISCV_RVC_BRANCH
        ? (half & ~encode.maskCB) | encode.encodeCB(distance)
        : (half & ~encode.maskCJ) | encode.encodeCJ(distance);
    view.setInt16(at, bytes, true);
  }
  return true;
}

/** c.lui cannot load 0: where relaxation brought the value down to that, c.li can. */
export function putCompressedLui(work: Work, type: number, value: number): void {
  const high = encode.highPart(value);
  if (high === 0) {
    const word = work.view.getUint16(work.at, true);
    work.view.setInt16(work.at, (((word & ~0x6001) | 0x4001) & ~encode.maskCLui) | 0, true);
    return;
  }
  if (encode.fitsSigned(high, 18)) putHalf(work, encode.maskCLui, encode.encodeCLui(high));
  else if (work.context.model.options.compat === "lld") reportOverflow(work, type, high / 0x1000, 6);
  else reportOverflow(work, type, high, 18);
}

const A0 = 10;

/** One of the instructions of a TLS descriptor's use after its auipc, which loads a constant offset from tp instead. */
export function putDescriptorPart(work: Work, offset: number): void {
  const { view, at } = work;
  switch (work.type) {
    case T.R_RISCV_TLSDESC_LOAD_LO12:
      view.setInt32(at, NOP, true);
      return;
    case T.R_RISCV_TLSDESC_ADD_LO12:
      if (fitsLow(offset)) view.setInt32(at, NOP, true);
      else if (work.is64 && !encode.fitsHigh20(offset)) reportHighOverflow(work, work.type, offset);
      else view.setInt32(at, encode.encodeU(offset) | (A0 << 7) | 0x37, true);
      return;
    default:
      // addi a0, a0 or x0, lo12
      view.setInt32(at, encode.encodeI(offset) | ((fitsLow(offset) ? 0 : A0) << 15) | (A0 << 7) | 0x13, true);
  }
}
