import { readElf, type Section, SHT } from "./read-elf.ts";

/**
 * An output as readable text, for cases that have no peer to compare with: each
 * section with its contents, and each global symbol.
 *
 *     .text 0x10000 0x4 AX 01000000
 *     _start = 0x10000 .text
 */
export function dump(bytes: Uint8Array): string {
  const elf = readElf(bytes);
  const flagsOf = (s: Section) =>
    [...(s.flags & 2n ? "A" : ""), ...(s.flags & 1n ? "W" : ""), ...(s.flags & 4n ? "X" : "")].join("") ||
    "-";
  const lines: string[] = [];
  for (const section of elf.sections.slice(1)) {
    if (section.type === SHT.SYMTAB || section.type === SHT.STRTAB) continue;
    const contents = section.type === SHT.NOBITS ? "nobits" : Buffer.from(section.bytes).toString("hex");
    lines.push(
      `${section.name} 0x${section.address.toString(16)} 0x${section.size.toString(16)} ${flagsOf(section)} ${contents}`.trim(),
    );
  }
  const globals = elf.symbols.filter((s) => s.binding !== 0);
  globals.sort((x, y) => (x.name < y.name ? -1 : 1));
  for (const symbol of globals)
    lines.push(`${symbol.name} = 0x${symbol.value.toString(16)} ${symbol.section}`);
  return lines.map((line) => `${line}\n`).join("");
}
