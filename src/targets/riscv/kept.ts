import { fromHalves } from "../../binary/index.ts";
import {
  R_RISCV_GPREL_I,
  R_RISCV_GPREL_S,
  R_RISCV_JAL,
  R_RISCV_LO12_I,
  R_RISCV_LO12_S,
  R_RISCV_NONE,
  R_RISCV_PCREL_LO12_S,
  R_RISCV_RVC_JUMP,
  R_RISCV_RVC_LUI,
  R_RISCV_TPREL_I,
  R_RISCV_TPREL_LO12_S,
  R_RISCV_TPREL_S,
} from "../../elf/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../../model/index.ts";
import type { KeptRelocation, KeptRelocations, RelocateContext } from "../target.ts";
import { relaxationOf, removedBy, removedFrom } from "./relax.ts";
import { type Candidates, Decision, Kind } from "./relax-candidates.ts";
import { globalPointerSymbol } from "./relax-decide.ts";

// With --emit-relocs the relocations of a relaxed section are those of its new
// instructions. GNU ld rewrites entries in place: a relocation of an
// instruction that is gone becomes R_RISCV_NONE, and so does the R_RISCV_RELAX
// of one that was shortened, which then marks the place and size of the gap.

/** See `Target.keptRelocation`. */
export function keptRelocation(context: RelocateContext, section: SectionId): KeptRelocations | undefined {
  const { model } = context;
  const candidates = relaxationOf(model)?.candidates;
  const slot = candidates?.slot[section] ?? 0;
  if (candidates === undefined || slot === 0) return undefined;
  const { sections, objects } = model;
  const { view, is64 } = objects[sections.object[section]];
  const size = is64 ? 24 : 12;
  const typeAt = sections.fileOffset[sections.relocations[section]] + (is64 ? 8 : 4);
  const first = candidates.first[slot - 1];
  const end = candidates.first[slot];
  const pointer = addressOf(model, globalPointerSymbol(model));
  let next = first;
  return (index) => {
    if (next > first && candidates.entry(next - 1) > index) next = first;
    while (next < end && candidates.entry(next) < index) next++;
    if (next < end && candidates.entry(next) === index)
      return fromPointer(model, pointer, changed(candidates, next, view.getUint8(typeAt + index * size)));
    return next > first && candidates.entry(next - 1) === index - 1 ? gap(candidates, next - 1) : undefined;
  };
}

/** GNU ld's addends of accesses relative to gp count from it, where they do not from zero. */
function fromPointer(
  model: LinkModel,
  pointer: bigint,
  kept: KeptRelocation | undefined,
): KeptRelocation | undefined {
  if (kept === undefined || (kept.type !== R_RISCV_GPREL_I && kept.type !== R_RISCV_GPREL_S)) return kept;
  const target = BigInt.asIntN(64, addressOf(model, kept.symbol) + kept.addend);
  const isNearZero = target >= -0x800n && target < 0x800n;
  return isNearZero || model.options.compat === "lld" ? kept : { ...kept, addend: kept.addend - pointer };
}

function addressOf(model: LinkModel, symbol: SymbolId): bigint {
  return fromHalves(model.symbols.addressLow[symbol], model.symbols.addressHigh[symbol]);
}

/** What became of the relocation of a candidate. */
function changed(candidates: Candidates, id: number, type: number): KeptRelocation | undefined {
  const at = candidates.offset(id);
  const kind = candidates.kind(id);
  const addend = candidates.addend(id);
  const own = { offset: at, symbol: candidates.symbol(id), addend: BigInt(addend) };
  const isStore = type === R_RISCV_LO12_S || type === R_RISCV_PCREL_LO12_S || type === R_RISCV_TPREL_LO12_S;
  const high = candidates.pair(id);
  switch (candidates.decision(id)) {
    case Decision.jal:
      return { ...own, type: R_RISCV_JAL };
    case Decision.compressedJump:
      return { ...own, type: R_RISCV_RVC_JUMP };
    case Decision.zeroJump:
      return { ...own, type: R_RISCV_LO12_I };
    case Decision.compressedLui:
      return { ...own, type: R_RISCV_RVC_LUI };
    case Decision.deleted:
      return { offset: at, type: R_RISCV_NONE, symbol: 0, addend: BigInt(removedBy(candidates, id)) };
    case Decision.threadPointer:
      return { ...own, type: isStore ? R_RISCV_TPREL_S : R_RISCV_TPREL_I };
    case Decision.globalPointer: {
      const through = isStore ? R_RISCV_GPREL_S : R_RISCV_GPREL_I;
      if (kind !== Kind.pcrelLo12) return { ...own, type: through };
      return {
        offset: at,
        type: through,
        symbol: candidates.symbol(high),
        addend: BigInt(addend + candidates.addend(high)),
      };
    }
    case Decision.zeroBase:
      if (kind !== Kind.pcrelLo12) return undefined;
      return {
        offset: at,
        type: isStore ? R_RISCV_LO12_S : R_RISCV_LO12_I,
        symbol: candidates.symbol(high),
        addend: BigInt(candidates.addend(high)),
      };
    default:
      return kind === Kind.align ? { ...own, type: R_RISCV_NONE, symbol: 0 } : undefined;
  }
}

/** What became of the R_RISCV_RELAX behind the relocation of a candidate. */
function gap(candidates: Candidates, id: number): KeptRelocation | undefined {
  switch (candidates.decision(id)) {
    case Decision.jal:
    case Decision.compressedJump:
    case Decision.zeroJump:
    case Decision.compressedLui:
      return {
        offset: candidates.offset(id) + removedFrom(candidates, id),
        type: R_RISCV_NONE,
        symbol: 0,
        addend: BigInt(removedBy(candidates, id)),
      };
    default:
      return undefined;
  }
}
