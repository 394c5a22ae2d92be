import { SymbolTable } from "../elf-image.ts";
import { textAt } from "../text-out.ts";
import { type Context, dataAt } from "./context.ts";
import { printableName } from "./print.ts";

// -g: the section groups.

function flagWords(flags: number): string {
  if (flags === 0) return "";
  if (flags === 1) return "COMDAT ";
  const os = flags & 0x0ff00000 ? "<OS specific>" : "";
  const processor = flags & 0xf0000000 ? "<PROC specific>" : "";
  return `[0x${(flags >>> 0).toString(16)}: ${os}${processor}${flags & 0x000ffffe ? "<unknown>" : ""}]`;
}

export function printGroups(context: Context): void {
  const { image, out, complaints } = context;
  if (image.header.shnum === 0 && image.sections.length === 0) {
    out.text("\nThere are no section groups in this file.\n");
    return;
  }
  if (image.sections.length === 0) {
    complaints.error("Section headers are not available!");
    return;
  }
  const groups = image.sections.filter((section) => section.type === 17);
  if (groups.length === 0) {
    out.text("\nThere are no section groups in this file.\n");
    return;
  }
  const owner = new Map<number, number>();
  const pad = (value: number) => `${value}`.padStart(5);
  for (const section of groups) {
    const name = printableName(section);
    const symbolSection = image.sections[section.link];
    if (symbolSection?.type !== 2) {
      complaints.error(`Bad sh_link in group section \`${name}'`);
      continue;
    }
    const symbols = new SymbolTable(image, symbolSection);
    if (symbols.count === 0) {
      complaints.error(`Corrupt header in group section \`${name}'`);
      continue;
    }
    if (section.info >= symbols.count) {
      complaints.error(`Bad sh_info in group section \`${name}'`);
      continue;
    }
    let signature: string;
    if ((symbols.info(section.info) & 15) === 3) {
      const named = image.sections[symbols.sectionIndex(section.info)];
      if (!named || named.index === 0) {
        complaints.error(`Bad sh_info in group section \`${name}'`);
        continue;
      }
      signature = named.name;
    } else {
      const offset = symbols.nameOffset(section.info);
      signature =
        symbols.strings && offset < symbols.strings.length ? textAt(symbols.strings, offset) : "<corrupt>";
    }
    if (section.entsize > section.size) {
      complaints.error(
        `Section ${name} has sh_entsize (0x${section.entsize.toString(16)}) which is larger than its size (0x${section.size.toString(16)})`,
      );
      continue;
    }
    const bytes = dataAt(context, section.offset, section.size, "section data");
    if (!bytes || section.size < 4) continue;
    const count = Math.floor(section.size / 4) - 1;
    const flags = image.u32(section.offset);
    out.text(
      `\n${flagWords(flags)}group section [${pad(section.index)}] \`${name}' [${signature}] contains ${count} sections:\n`,
    );
    out.text("   [Index]    Name\n");
    for (let i = 1; i <= count; i++) {
      const member = image.u32(section.offset + i * 4);
      const target = image.sections[member];
      if (!target) {
        complaints.error(
          `section [${pad(member)}] in group section [${pad(section.index)}] > maximum section [${pad(image.sections.length - 1)}]`,
        );
        continue;
      }
      const other = owner.get(member);
      if (other !== undefined && member !== 0) {
        complaints.error(
          `section [${pad(member)}] in group section [${pad(section.index)}] already in group section [${pad(other)}]`,
        );
        continue;
      }
      owner.set(member, section.index);
      out.text(`   [${pad(member)}]   ${printableName(target)}\n`);
    }
  }
}
