import type { LinkModel } from "./model.ts";
import type { SectionId } from "./sections.ts";

/** An input section as GNU ld's messages name it: `.text.f[f]` for a member of a group. */
export function sectionName({ names, sections, groups, options }: LinkModel, section: SectionId): string {
  const name = names.text(sections.name[section]);
  const group = sections.group[section];
  if (group < 0 || options.compat === "lld") return name;
  return `${name}[${names.text(groups.signature[group])}]`;
}
