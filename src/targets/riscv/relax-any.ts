import { R_RISCV_ALIGN, R_RISCV_RELAX, SHT_RELA } from "../../elf/index.ts";
import { Fate, type LinkModel } from "../../model/index.ts";

/** Whether anything in the link may become shorter: the first mark by the assembler answers that. */
export function mayShrink({ objects, sections }: LinkModel): boolean {
  for (const { view, is64, sectionBase, sectionCount } of objects)
    for (let row = sectionBase; row < sectionBase + sectionCount; row++) {
      const table = sections.relocations[row];
      if (table === 0 || sections.fate[row] !== Fate.kept || sections.type[table] !== SHT_RELA) continue;
      const entry = is64 ? 24 : 12;
      const first = sections.fileOffset[table] + (is64 ? 8 : 4);
      const end = sections.fileOffset[table] + sections.size[table];
      for (let at = first; at + entry <= end + (is64 ? 8 : 4); at += entry) {
        const type = view.getUint8(at);
        if (type === R_RISCV_RELAX || type === R_RISCV_ALIGN) return true;
      }
    }
  return false;
}
