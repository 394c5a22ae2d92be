import type { Report } from "../../diagnostics/index.ts";
import {
  EF_RISCV_FLOAT_ABI,
  EF_RISCV_RVC,
  EF_RISCV_RVE,
  EF_RISCV_TSO,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHT_NOBITS,
} from "../../elf/index.ts";
import type { InputObject, LinkModel } from "../../model/index.ts";

const floatAbis = ["soft-float", "single-float", "double-float", "quad-float"];

/** How messages name the floating-point ABI of e_flags. */
function floatAbi(flags: number): string {
  return floatAbis[(flags & EF_RISCV_FLOAT_ABI) >> 1];
}

/** e_flags of the output; reports objects that cannot be linked together. See `Target.mergeFlags`. */
export function mergeFlags(model: LinkModel, report: Report): number {
  let merged = 0;
  let first: InputObject | undefined;
  for (const object of model.objects) {
    // Once more the same changes nothing, whether it counts or not.
    if (object.foreign || (first !== undefined && object.flags === merged)) continue;
    if (model.options.compat === "gnu" && !hasCode(model, object)) continue;
    const { flags } = object;
    if (first === undefined) {
      first = object;
      merged = flags;
      continue;
    }
    if ((flags ^ merged) & EF_RISCV_FLOAT_ABI) {
      reportMismatch(
        model,
        object,
        report,
        `can't link ${floatAbi(flags)} modules with ${floatAbi(merged)} modules`,
        `cannot link object files with different floating-point ABI from ${first.name}`,
      );
    } else if ((flags ^ merged) & EF_RISCV_RVE) {
      reportMismatch(
        model,
        object,
        report,
        "can't link RVE with other target",
        "cannot link object files with different EF_RISCV_RVE",
      );
    } else merged |= flags & (EF_RISCV_RVC | EF_RISCV_TSO);
  }
  return merged;
}

function reportMismatch(
  model: LinkModel,
  object: InputObject,
  report: Report,
  message: string,
  lld: string,
): void {
  if (model.options.noWarnMismatch) return;
  report.error("LD0650", object.name, message, { lld });
  if (model.options.compat === "lld") return;
  report.error("LD0651", undefined, `failed to merge target specific data of file ${object.name}`);
}

/** Objects of data alone say nothing about how functions are called. */
function hasCode(model: LinkModel, object: InputObject): boolean {
  const { sections } = model;
  const code = SHF_ALLOC | SHF_EXECINSTR;
  const end = object.sectionBase + object.sectionCount;
  for (let section = object.sectionBase; section < end; section++) {
    if ((sections.flags[section] & code) === code && sections.type[section] !== SHT_NOBITS) return true;
  }
  return false;
}
