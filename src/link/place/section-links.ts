import {
  SHF_INFO_LINK,
  SHF_LINK_ORDER,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_GNU_HASH,
  SHT_GNU_verneed,
  SHT_GNU_versym,
  SHT_HASH,
  SHT_REL,
  SHT_RELA,
} from "../../elf/index.ts";
import type { LinkModel, OutputSection, SectionId } from "../../model/index.ts";
import type { OutputStatement } from "./placement.ts";

/** `OutputSection.link` of a section that belongs to .symtab, which the writer adds. */
export const SYMTAB_LINK = -2;

/**
 * Sets sh_link and sh_info of the sections that refer to others: by their types and names, as GNU
 * ld finds them, so that it does not matter whether the linker or an object made them.
 */
export function linkSections(
  model: LinkModel,
  live: readonly OutputStatement[],
  outputs: readonly OutputSection[],
): void {
  const { sections, objects } = model;
  const find = (name: string) => outputs.find((output) => output.name === name);
  const dynsym = find(".dynsym");
  const dynstr = find(".dynstr");
  setFromTables(model, outputs);
  for (const [i, section] of outputs.entries()) {
    const first = live[i].firstInput;
    if (section.entsize === 0 && isMade(model, first)) section.entsize = sections.entsize[first];
    switch (section.type) {
      case SHT_DYNAMIC:
        section.link = dynstr?.index ?? -1;
        break;
      case SHT_DYNSYM:
        section.link = dynstr?.index ?? -1;
        break;
      case SHT_GNU_verneed:
        section.link = dynstr?.index ?? -1;
        section.info = countNeeds(sections.contents.get(first));
        break;
      case SHT_HASH:
      case SHT_GNU_HASH:
      case SHT_GNU_versym:
        section.link = dynsym?.index ?? -1;
        break;
      case SHT_REL:
      case SHT_RELA: {
        section.link = dynsym?.index ?? SYMTAB_LINK;
        const name = section.name.replace(/^\.rela?/, "");
        // Relocations of stubs apply to the words that the stubs jump through.
        const target = name === ".plt" ? (find(".got.plt") ?? find(".got")) : find(name);
        if (!target || target === section) break;
        section.info = target.index + 1;
        section.flags |= SHF_INFO_LINK;
        break;
      }
      default: {
        if ((section.flags & SHF_LINK_ORDER) === 0 || first === 0) break;
        // SHF_LINK_ORDER sections say in sh_link which section theirs goes with.
        const object = objects[sections.object[first]];
        const index = sections.link[first];
        if (object && index > 0) section.link = sections.output[object.sectionBase + index];
      }
    }
  }
}

/** What the linker's own tables say of the sections that they are in, wherever the script puts them. */
function setFromTables(model: LinkModel, outputs: readonly OutputSection[]): void {
  const { sections, objects, names, options, dynamic } = model;
  const last = objects[objects.length - 1];
  for (let row = last ? last.sectionBase + last.sectionCount : 1; row < sections.count; row++) {
    const home = sections.output[row];
    if (home < 0) continue;
    // How many local symbols there are.
    if (sections.type[row] === SHT_DYNSYM) outputs[home].info = 1 + (dynamic?.sectionSymbols ?? 0);
    const entsize = sections.entsize[row];
    if (entsize === 0 || options.compat === "lld") continue;
    const name = names.text(sections.name[row]);
    if (!SIZED.has(name)) continue;
    if (sections.size[row] > 0 || (dynamic?.facts.sizesEmptyGot && name.startsWith(".got")))
      outputs[home].entsize = entsize;
  }
}

/** Tables that give their entry size to a section of mixed contents, too. */
const SIZED = new Set([".got", ".got.plt", ".plt", ".plt.got", ".plt.sec"]);

/** How many libraries .gnu.version_r names. */
function countNeeds(bytes: Uint8Array | undefined): number {
  if (!bytes || bytes.length === 0) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 1;
  for (let at = 0; view.getUint32(at + 12, true) !== 0; count++) at += view.getUint32(at + 12, true);
  return count;
}

/** Whether a row is the linker's own, not a section of its object's file. */
function isMade(model: LinkModel, section: SectionId): boolean {
  const object = model.objects[model.sections.object[section]];
  if (section === 0 || !object) return section !== 0;
  return section < object.sectionBase || section >= object.sectionBase + object.sectionCount;
}
