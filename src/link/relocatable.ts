import type { ImageLayout } from "../model/index.ts";
import type { RelocateContext } from "../targets/index.ts";
import type { SymbolTableImage } from "./symbol-table.ts";
import type { ExtraSection } from "./write.ts";

/** The relocations that stay in the output with -r and --emit-relocs: one section for each output section that has some. */
export declare function relocationSections(
  context: RelocateContext,
  layout: ImageLayout,
  symbols: SymbolTableImage,
): ExtraSection[];
