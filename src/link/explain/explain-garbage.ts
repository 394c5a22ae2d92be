import { Fate, type LinkModel, type SectionId } from "../../model/index.ts";
import { sectionName } from "../liveness/liveness.ts";
import { RelocationReader } from "../relocation-reader.ts";

/** More sections than this are only counted. */
const MOST_REFERRERS = 4;

/** Who refers to a section that --gc-sections left out, all left out themselves, and what would keep it. */
export function explainGarbage(model: LinkModel, section: SectionId): string[] {
  const { sections } = model;
  const reader = new RelocationReader(model);
  const referrers: SectionId[] = [];
  for (let from = 1; from < sections.count; from++) {
    if (from === section || sections.fate[from] !== Fate.garbage) continue;
    reader.open(from);
    for (let i = 0; i < reader.count; i++) {
      if (reader.definingSection(i) !== section) continue;
      referrers.push(from);
      break;
    }
  }
  const named = referrers.slice(0, MOST_REFERRERS).map((from) => sectionName(model, from));
  const more = referrers.length - named.length;
  return [
    ...(named.length > 0
      ? [`left out as well, what refers to it: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`]
      : []),
    "to keep it: KEEP around its pattern in the script, -u and one of its symbols, or __attribute__((retain)) in the source",
  ];
}
