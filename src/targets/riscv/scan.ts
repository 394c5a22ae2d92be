import type { Report } from "../../diagnostics/index.ts";
import * as T from "../../elf/index.ts";
import { RELA32_SIZE, RELA64_SIZE, SHT_RELA, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, type SectionId, SymbolFlag, type SymbolId } from "../../model/index.ts";
import { isRelocatable } from "../common.ts";
import { reportBadSymbol, reportUnknown } from "../common-errors.ts";
import {
  Asks,
  NO_MORE,
  noteIfuncAddress,
  noteIfuncCall,
  noteIfuncGot,
  noteIfuncPointer,
  scanTable,
} from "../common-scan.ts";
import { reportNotPic } from "./errors.ts";

// Which entries of the GOT and which stubs the relocations of a section ask
// for. RISC-V has no relaxation of its TLS models in GNU ld 2.40: general
// dynamic and initial exec keep their words of the GOT. Descriptors, which that
// linker does not know, become local exec and need none.

const calls = [
  T.R_RISCV_CALL,
  T.R_RISCV_CALL_PLT,
  T.R_RISCV_JAL,
  T.R_RISCV_BRANCH,
  T.R_RISCV_RVC_JUMP,
  T.R_RISCV_RVC_BRANCH,
  T.R_RISCV_PLT32,
];
const distances = [T.R_RISCV_PCREL_HI20, T.R_RISCV_32_PCREL];
const addresses = [T.R_RISCV_HI20, T.R_RISCV_LO12_I, T.R_RISCV_LO12_S, T.R_RISCV_32, T.R_RISCV_64];
const words = [
  [T.R_RISCV_GOT_HI20, Asks.gotWord],
  [T.R_RISCV_GOT32_PCREL, Asks.gotWord],
  [T.R_RISCV_TLS_GOT_HI20, Asks.gotTpWord],
  [T.R_RISCV_TLS_GD_HI20, Asks.gotTlsGdWord],
];

/** See `Target.scanKinds`. */
export function scanKinds({ needs, options }: LinkModel): Uint8Array {
  const plain = [...calls, ...distances];
  // A static PIE has to note addresses, or does not allow them.
  const looked = new Set<number>();
  if (options.kind === "executable") plain.push(...addresses);
  else for (const type of addresses) looked.add(type);
  const nothing: number[] = [T.R_RISCV_NONE];
  for (let type = 0; type < 256; type++) if (isKnown(type) && !looked.has(type)) nothing.push(type);
  const kinds = needs.hasIfunc ? scanTable(nothing, plain) : scanTable([...nothing, ...plain], []);
  for (const [type, kind] of words) kinds[type] = kind;
  return kinds;
}

/** See `Target.scan`. */
export function scan(model: LinkModel, section: SectionId, entry: number, report: Report): number {
  const { sections, needs } = model;
  const table = sections.relocations[section];
  const object = model.objects[sections.object[section]];
  const { view, symbolIds, is64 } = object;
  if (sections.type[table] !== SHT_RELA) {
    report.error("LD0608", object.name, "SHT_REL relocations are not supported for riscv");
    return NO_MORE;
  }
  const at = sections.fileOffset[table] + entry * (is64 ? RELA64_SIZE : RELA32_SIZE);
  const pic = model.options.kind !== "executable";
  const info = view.getInt32(at + (is64 ? 8 : 4), true);
  const type = is64 ? info : info & 0xff;
  if (type === T.R_RISCV_RELAX || type === T.R_RISCV_NONE) return entry + 1;
  const index = is64 ? view.getUint32(at + 12, true) : info >>> 8;
  if (index >= symbolIds.length) {
    reportBadSymbol(model, report, section, index);
    return NO_MORE;
  }
  const symbol = symbolIds[index];
  switch (type) {
    case T.R_RISCV_CALL:
    case T.R_RISCV_CALL_PLT:
    case T.R_RISCV_JAL:
    case T.R_RISCV_BRANCH:
    case T.R_RISCV_RVC_JUMP:
    case T.R_RISCV_RVC_BRANCH:
    case T.R_RISCV_PLT32:
      if (isIfunc(model, symbol)) noteIfuncCall(model, symbol);
      break;
    case T.R_RISCV_PCREL_HI20:
    case T.R_RISCV_32_PCREL:
      if (isIfunc(model, symbol)) noteIfuncAddress(model, symbol);
      break;
    case T.R_RISCV_HI20:
    case T.R_RISCV_LO12_I:
    case T.R_RISCV_LO12_S:
      if (isIfunc(model, symbol) && type === T.R_RISCV_HI20) noteIfuncAddress(model, symbol);
      if (pic && isRelocatable(model, symbol)) {
        reportNotPic(model, section, type, symbol, report);
        return NO_MORE;
      }
      break;
    case T.R_RISCV_32:
    case T.R_RISCV_64:
      if (isIfunc(model, symbol)) noteIfuncPointer(model, section, entry, symbol);
      else if (pic && isRelocatable(model, symbol)) {
        if (is64 === (type === T.R_RISCV_64)) needs.relative.add(section, entry);
        else {
          reportNotPic(model, section, type, symbol, report);
          return NO_MORE;
        }
      }
      break;
    case T.R_RISCV_GOT_HI20:
    case T.R_RISCV_GOT32_PCREL:
      noteIfuncGot(model, symbol);
      break;
    default:
      if (isKnown(type)) break;
      reportUnknown(model, report, section, view.getInt32(at, true), type, symbol);
      return NO_MORE;
  }
  return entry + 1;
}

function isIfunc(model: LinkModel, symbol: SymbolId): boolean {
  return (model.symbols.info[symbol] & 15) === STT_GNU_IFUNC;
}

/** Whether an object file may have relocations of this type. */
export function isKnown(type: number): boolean {
  switch (type) {
    case T.R_RISCV_TLS_DTPREL32:
    case T.R_RISCV_TLS_DTPREL64:
      return true;
    default:
      return (
        (type >= T.R_RISCV_BRANCH && type <= T.R_RISCV_RVC_LUI) ||
        (type >= T.R_RISCV_RELAX && type <= T.R_RISCV_32_PCREL) ||
        (type >= T.R_RISCV_PLT32 && type <= T.R_RISCV_TLSDESC_CALL)
      );
  }
}

/** One for each initial-exec word; of general dynamic two, but one for a local symbol, whatever it has. */
export function unusedGotRelocations({ needs, symbols }: LinkModel): number {
  const isGlobal = (symbol: SymbolId) => (symbols.flags[symbol] & SymbolFlag.global) !== 0;
  let count = needs.gotTp.symbols.length;
  for (const symbol of needs.gotTlsGd.symbols) {
    if (isGlobal(symbol)) count += 2;
    else if (needs.gotTp.of(symbol) < 0) count++;
  }
  return count;
}
