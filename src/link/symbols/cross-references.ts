import type { Report } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { Locator } from "../explain/locate.ts";
import type { Placement } from "../place/placement.ts";
import { RelocationReader } from "../relocation-reader.ts";

/** Output sections that must not refer to each other; with `toFirst` only references to the first are wrong. */
interface Separation {
  readonly names: readonly string[];
  readonly toFirst: boolean;
}

/**
 * NOCROSSREFS, NOCROSSREFS_TO and OVERLAY … NOCROSSREFS: code that is never in
 * memory together must not call across. Checks each relocation of the named
 * output sections; after placement.
 */
export function checkCrossReferences(model: LinkModel, placement: Placement, report: Report): void {
  const separations: Separation[] = [
    ...placement.commands.nocrossrefs.map(({ sections, toFirst }) => ({
      names: sections.map((name) => name.text),
      toFirst,
    })),
    ...placement.overlayNoCrossRefs.map((names) => ({ names, toFirst: false })),
  ];
  if (separations.length === 0) return;

  const { symbols } = model;
  const outputName = new Map<SectionId, string>();
  for (const output of placement.outputs)
    for (const child of output.children)
      if (child.kind === "input") for (const section of child.sections) outputName.set(section, output.name);

  const locator = new Locator(model);
  const reader = new RelocationReader(model);
  for (const [section, from] of outputName) {
    const concerned = separations.filter((separation) => separation.names.includes(from));
    if (concerned.length === 0) continue;
    reader.open(section);
    for (let i = 0; i < reader.count; i++) {
      const symbol = reader.symbol(i);
      const to = outputName.get(symbols.section[symbol]);
      if (to === undefined || to === from) continue;
      const wrong = concerned.some((separation) =>
        separation.toFirst ? separation.names[0] === to : separation.names.includes(to),
      );
      if (!wrong) continue;
      const place = locator.gnuPlace(section, reader.offset(i));
      report.error(
        "LD0590",
        place,
        `prohibited cross reference from ${from} to \`${locator.nameOf(symbol)}' in ${to}`,
      );
    }
  }
}
