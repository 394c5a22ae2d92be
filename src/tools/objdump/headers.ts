import type { BfdSection } from "../bfd/section.ts";
import {
  SEC_ALLOC,
  SEC_CODE,
  SEC_DATA,
  SEC_DEBUGGING,
  SEC_ELF_OCTETS,
  SEC_EXCLUDE,
  SEC_GROUP,
  SEC_HAS_CONTENTS,
  SEC_LINK_ONCE,
  SEC_LOAD,
  SEC_NEVER_LOAD,
  SEC_READONLY,
  SEC_RELOC,
  SEC_ROM,
  SEC_THREAD_LOCAL,
} from "../bfd/section.ts";
import { textAt } from "../text-out.ts";
import { architectureName } from "./architectures.ts";
import { type Dump, fileOffsetOf, say } from "./context.ts";

// -f, -h and -p.

const fileFlags: readonly (readonly [number, string])[] = [
  [0x1, "HAS_RELOC"],
  [0x2, "EXEC_P"],
  [0x10, "HAS_SYMS"],
  [0x40, "DYNAMIC"],
  [0x100, "D_PAGED"],
];

/** -f: architecture, flags and entry point. */
export function printFileHeader(dump: Dump): void {
  const { object, out } = dump;
  let flags = 0;
  if (object.hasRelocations) flags |= 0x1;
  if (object.isExecutable) flags |= 0x2;
  if (object.symtab || object.dynsym) flags |= 0x10;
  if (object.isDynamic) flags |= 0x40;
  if (object.isPaged) flags |= 0x100;
  out.text(`architecture: ${architectureName(object.image)}, `);
  out.text(`flags 0x${flags.toString(16).padStart(8, "0")}:\n`);
  out.text(fileFlags.flatMap(([bit, name]) => (flags & bit ? [name] : [])).join(", "));
  out.text(`\nstart address 0x${dump.address(object.image.header.entry)}\n`);
}

const sectionWords: readonly (readonly [number, string])[] = [
  [SEC_HAS_CONTENTS, "CONTENTS"],
  [SEC_ALLOC, "ALLOC"],
  [SEC_LOAD, "LOAD"],
  [SEC_RELOC, "RELOC"],
  [SEC_READONLY, "READONLY"],
  [SEC_CODE, "CODE"],
  [SEC_DATA, "DATA"],
  [SEC_ROM, "ROM"],
  [SEC_DEBUGGING, "DEBUGGING"],
  [SEC_NEVER_LOAD, "NEVER_LOAD"],
  [SEC_EXCLUDE, "EXCLUDE"],
  [SEC_ELF_OCTETS, "OCTETS"],
  [SEC_THREAD_LOCAL, "THREAD_LOCAL"],
  [SEC_GROUP, "GROUP"],
  [SEC_LINK_ONCE, "LINK_ONCE_DISCARD"],
];

/** -h: the sections as BFD sees them. */
export function printSectionHeaders(dump: Dump): void {
  const { object, out, options } = dump;
  const sections = object.sections.filter((section) => dump.wants(section.name));
  let width = 13;
  if (options.wide) for (const { name } of sections) width = Math.max(width, name.length);
  const addressWidth = dump.digits + 2;
  out.text("Sections:\n");
  out.text(
    `Idx ${"Name".padEnd(width)} Size      ${"VMA".padEnd(addressWidth)}${"LMA".padEnd(addressWidth)}`,
  );
  out.text(`File off  Algn${options.wide ? "  Flags" : ""}\n`);
  for (const section of sections) {
    const { size, power } = dump.sizeOf(section);
    out.text(`${`${section.index}`.padStart(3)} ${dump.shown(section.name).padEnd(width)} `);
    out.text(`${size.toString(16).padStart(8, "0")}  ${dump.address(dump.vma(section))}  `);
    out.text(`${dump.address(dump.lma(section))}  `);
    out.text(`${fileOffsetOf(dump.object, section).toString(16).padStart(8, "0")}  2**${power}`);
    out.text(`${options.wide ? "" : "\n                "}  ${sectionFlagWords(section)}\n`);
  }
}

function sectionFlagWords({ flags }: BfdSection): string {
  return sectionWords.flatMap(([bit, name]) => (flags & bit ? [name] : [])).join(", ");
}

const segmentNames: Readonly<Record<number, string>> = {
  0: "NULL",
  1: "LOAD",
  2: "DYNAMIC",
  3: "INTERP",
  4: "NOTE",
  5: "SHLIB",
  6: "PHDR",
  7: "TLS",
  1685382480: "EH_FRAME",
  1685382481: "STACK",
  1685382482: "RELRO",
  1685382484: "SFRAME",
};

/** Tags whose value is a string, and the names of all tags that BFD knows. */
const stringTags = new Set([
  "NEEDED",
  "SONAME",
  "RPATH",
  "RUNPATH",
  "CONFIG",
  "DEPAUDIT",
  "AUDIT",
  "AUXILIARY",
  "FILTER",
]);
const lowTags =
  "- NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI SONAME RPATH SYMBOLIC REL RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH FLAGS - PREINIT_ARRAY PREINIT_ARRAYSZ - RELRSZ RELR RELRENT".split(
    " ",
  );
const highTags: Readonly<Record<number, string>> = {
  1879047672: "CHECKSUM",
  1879047673: "PLTPADSZ",
  1879047674: "MOVEENT",
  1879047675: "MOVESZ",
  1879047676: "FEATURE",
  1879047677: "POSFLAG_1",
  1879047678: "SYMINSZ",
  1879047679: "SYMINENT",
  1879047925: "GNU_HASH",
  1879047930: "CONFIG",
  1879047931: "DEPAUDIT",
  1879047932: "AUDIT",
  1879047933: "PLTPAD",
  1879047934: "MOVETAB",
  1879047935: "SYMINFO",
  1879048176: "VERSYM",
  1879048185: "RELACOUNT",
  1879048186: "RELCOUNT",
  1879048187: "FLAGS_1",
  1879048188: "VERDEF",
  1879048189: "VERDEFNUM",
  1879048190: "VERNEED",
  1879048191: "VERNEEDNUM",
  2147483645: "AUXILIARY",
  2147483646: "USED",
  2147483647: "FILTER",
};

/** -p: program headers, the dynamic section and versions. */
export function printPrivateHeaders(dump: Dump): void {
  const { object, out } = dump;
  const { image } = object;
  const segments = image.segments();
  if (segments.length > 0) out.text("\nProgram Header:\n");
  for (const segment of segments) {
    const name = segmentNames[segment.type] ?? `0x${segment.type.toString(16)}`;
    const { flags } = segment;
    out.text(`${name.padStart(8)} off    0x${dump.address(BigInt(segment.offset))} vaddr 0x`);
    out.text(`${dump.address(segment.address)} paddr 0x${dump.address(segment.loadAddress)} `);
    out.text(`align 2**${log2(segment.align)}\n`);
    out.text(`         filesz 0x${dump.address(BigInt(segment.fileSize))} memsz 0x`);
    out.text(`${dump.address(BigInt(segment.memorySize))} flags `);
    out.text(`${flags & 4 ? "r" : "-"}${flags & 2 ? "w" : "-"}${flags & 1 ? "x" : "-"}`);
    if (flags >>> 3) out.text(` ${((flags & ~7) >>> 0).toString(16)}`);
    out.byte(10);
  }
  if (!printDynamicSection(dump)) {
    say(dump.run, "warning: private headers incomplete: bad value");
    return;
  }
  printVersionDefinitions(dump);
  printVersionReferences(dump);
}

/** BFD rounds up. */
function log2(align: bigint): number {
  let power = 0;
  while (power < 64 && 1n << BigInt(power) < align) power++;
  return power;
}

function printDynamicSection(dump: Dump): boolean {
  const { object, out } = dump;
  const { image } = object;
  const section = object.sections.find(({ name }) => name === ".dynamic");
  if (!section?.header) return true;
  out.text("\nDynamic Section:\n");
  const { offset, size, link } = section.header;
  if (section.header.type === 8) return true;
  if (!image.range(offset, size)) return false;
  const stringSection = image.sections[link];
  const strings = stringSection ? image.contents(stringSection) : new Uint8Array(0);
  const step = image.is64 ? 16 : 8;
  for (let at = offset; at + step <= offset + size; at += step) {
    const tag = image.address(at);
    if (tag === 0n) break;
    const value = image.address(at + step / 2);
    const number = Number(tag);
    const low = number < lowTags.length && lowTags[number] !== "-" ? lowTags[number] : undefined;
    const name = low ?? highTags[number] ?? `0x${tag.toString(16)}`;
    out.text(`  ${name.padEnd(20)} `);
    if (stringTags.has(name)) {
      const place = Number(value & 0xffffffffn);
      if (place >= strings.length) return false;
      out.text(`${textAt(strings, place)}\n`);
    } else out.text(`0x${dump.address(value)}\n`);
  }
  return true;
}

function printVersionDefinitions({ object, out }: Dump): void {
  const { image } = object;
  const section = image.sections.find(({ type }) => type === 0x6ffffffd);
  if (!section || section.size === 0) return;
  const stringSection = image.sections[section.link];
  const strings = stringSection ? image.contents(stringSection) : new Uint8Array(0);
  out.text("\nVersion definitions:\n");
  const hex = (value: number, width: number) => `0x${value.toString(16).padStart(width, "0")}`;
  let at = section.offset;
  for (let i = 0; i < section.info && image.range(at, 20); i++) {
    const names: string[] = [];
    let aux = at + image.u32(at + 12);
    for (let j = image.u16(at + 6); j > 0 && image.range(aux, 8); j--) {
      names.push(textAt(strings, image.u32(aux)));
      aux += image.u32(aux + 4);
    }
    out.text(`${image.u16(at + 4)} ${hex(image.u16(at + 2), 2)} ${hex(image.u32(at + 8), 8)} `);
    out.text(`${names[0] ?? "<corrupt>"}\n`);
    if (names.length > 1) out.text(`\t${names.slice(1).join(" ")} \n`);
    const next = image.u32(at + 16);
    if (next === 0) break;
    at += next;
  }
}

function printVersionReferences({ object, out }: Dump): void {
  const { image } = object;
  const section = image.sections.find(({ type }) => type === 0x6ffffffe);
  if (!section || section.size === 0) return;
  const stringSection = image.sections[section.link];
  const strings = stringSection ? image.contents(stringSection) : new Uint8Array(0);
  out.text("\nVersion References:\n");
  const hex = (value: number, width: number) => `0x${value.toString(16).padStart(width, "0")}`;
  let at = section.offset;
  for (let i = 0; i < section.info && image.range(at, 16); i++) {
    out.text(`  required from ${textAt(strings, image.u32(at + 4))}:\n`);
    let aux = at + image.u32(at + 8);
    for (let j = image.u16(at + 2); j > 0 && image.range(aux, 16); j--) {
      out.text(`    ${hex(image.u32(aux), 8)} ${hex(image.u16(aux + 4), 2)} `);
      out.text(`${`${image.u16(aux + 6)}`.padStart(2, "0")} ${textAt(strings, image.u32(aux + 8))}\n`);
      const next = image.u32(aux + 12);
      if (next === 0) break;
      aux += next;
    }
    const next = image.u32(at + 12);
    if (next === 0) break;
    at += next;
  }
}
