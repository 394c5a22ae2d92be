import { readCompressionHeader } from "../../elf/index.ts";
import type { ImageSection } from "../elf-image.ts";
import { EM_386, EM_AARCH64, EM_ARM, EM_IAMCU, EM_RISCV, EM_X86_64 } from "../machines.ts";
import { type Context, plural } from "./context.ts";
import { longHex, printableName, printName, sharpHex } from "./print.ts";

// -S and -t: the section headers.

const typeNames: ReadonlyMap<number, string> = new Map([
  [0, "NULL"],
  [1, "PROGBITS"],
  [2, "SYMTAB"],
  [3, "STRTAB"],
  [4, "RELA"],
  [5, "HASH"],
  [6, "DYNAMIC"],
  [7, "NOTE"],
  [8, "NOBITS"],
  [9, "REL"],
  [10, "SHLIB"],
  [11, "DYNSYM"],
  [14, "INIT_ARRAY"],
  [15, "FINI_ARRAY"],
  [16, "PREINIT_ARRAY"],
  [17, "GROUP"],
  [18, "SYMTAB SECTION INDICES"],
  [19, "RELR"],
  [0x6fff4700, "GNU_INCREMENTAL_INPUTS"],
  [0x6ffffff0, "VERSYM"],
  [0x6ffffff5, "GNU_ATTRIBUTES"],
  [0x6ffffff6, "GNU_HASH"],
  [0x6ffffff7, "GNU_LIBLIST"],
  [0x6ffffffc, "VERDEF"],
  [0x6ffffffd, "VERDEF"],
  [0x6ffffffe, "VERNEED"],
  [0x6fffffff, "VERSYM"],
  [0x7ffffffd, "AUXILIARY"],
  [0x7fffffff, "FILTER"],
]);

const processorTypes: ReadonlyMap<number, Readonly<Record<number, string>>> = new Map<
  number,
  Readonly<Record<number, string>>
>([
  [EM_X86_64, { 1879048193: "X86_64_UNWIND" }],
  [EM_AARCH64, { 1879048195: "AARCH64_ATTRIBUTES" }],
  [
    EM_ARM,
    {
      1879048193: "ARM_EXIDX",
      1879048194: "ARM_PREEMPTMAP",
      1879048195: "ARM_ATTRIBUTES",
      1879048196: "ARM_DEBUGOVERLAY",
      1879048197: "ARM_OVERLAYSECTION",
    },
  ],
  [EM_RISCV, { 1879048195: "RISCV_ATTRIBUTES" }],
]);

export function sectionTypeName(type: number, machine: number): string {
  const name = typeNames.get(type) ?? processorTypes.get(machine)?.[type];
  if (name) return name;
  if (type >= 0x70000000 && type <= 0x7fffffff) return `LOPROC+${sharpHex(type - 0x70000000)}`;
  if (type >= 0x60000000 && type <= 0x6fffffff) return `LOOS+${sharpHex(type - 0x60000000)}`;
  if (type >= 0x80000000) return `LOUSER+${sharpHex(type - 0x80000000)}`;
  return `${type.toString(16).padStart(8, "0")}: <unknown>`;
}

/** The bits of sh_flags with the same meaning everywhere: letter for -S, word for -t. */
const commonFlags: ReadonlyMap<bigint, readonly [string, string]> = new Map([
  [0x1n, ["W", "WRITE"]],
  [0x2n, ["A", "ALLOC"]],
  [0x4n, ["X", "EXEC"]],
  [0x10n, ["M", "MERGE"]],
  [0x20n, ["S", "STRINGS"]],
  [0x40n, ["I", "INFO LINK"]],
  [0x80n, ["L", "LINK ORDER"]],
  [0x100n, ["O", "OS NONCONF"]],
  [0x200n, ["G", "GROUP"]],
  [0x400n, ["T", "TLS"]],
  [0x800n, ["C", "COMPRESSED"]],
  [0x80000000n, ["E", "EXCLUDE"]],
]);

const MASK_OS = 0x0ff00000n;
const MASK_PROCESSOR = 0xf0000000n;
const GNU_RETAIN = 0x200000n;
const GNU_MBIND = 0x1000000n;
const isX86 = (machine: number) => machine === EM_386 || machine === EM_IAMCU || machine === EM_X86_64;

/** The letters of -S. */
function flagLetters(context: Context, flags: bigint): string {
  const { machine } = context.image.header;
  const osabi = context.image.bytes[7];
  let letters = "";
  let rest = flags;
  while (rest !== 0n) {
    const bit = rest & -rest;
    rest &= ~bit;
    const common = commonFlags.get(bit);
    if (common) letters += common[0];
    else if (machine === EM_X86_64 && bit === 0x10000000n) letters += "l";
    else if (machine === EM_ARM && bit === 0x20000000n) letters += "y";
    else if (bit & MASK_OS) {
      if ((osabi === 3 || osabi === 9) && bit === GNU_RETAIN) letters += "R";
      else if ((osabi === 0 || osabi === 3 || osabi === 9) && bit === GNU_MBIND) letters += "D";
      else {
        letters += "o";
        rest &= ~MASK_OS;
      }
    } else if (bit & MASK_PROCESSOR) {
      letters += "p";
      rest &= ~MASK_PROCESSOR;
    } else letters += "x";
  }
  return letters;
}

/** The words of -t, with the value in front. */
function flagWords(context: Context, flags: bigint): string {
  const { machine } = context.image.header;
  const osabi = context.image.bytes[7];
  const width = context.image.is64 ? 16 : 8;
  const hex = (value: bigint) => value.toString(16).padStart(width, "0");
  const words: string[] = [];
  const left = { os: 0n, processor: 0n, unknown: 0n };
  for (let rest = flags; rest !== 0n; ) {
    const bit = rest & -rest;
    rest &= ~bit;
    const common = commonFlags.get(bit);
    if (common) words.push(common[1]);
    else if (isX86(machine) && bit === 0x40000000n) words.push("ORDERED");
    else if (machine === EM_ARM && bit === 0x10000000n) words.push("ENTRYSECT");
    else if (machine === EM_ARM && bit === 0x20000000n) words.push("ARM_PURECODE");
    else if ((osabi === 3 || osabi === 9) && bit === GNU_RETAIN) words.push("GNU_RETAIN");
    else if ((osabi === 0 || osabi === 3 || osabi === 9) && bit === GNU_MBIND) words.push("GNU_MBIND");
    else if (bit & MASK_OS) left.os |= bit;
    else if (bit & MASK_PROCESSOR) left.processor |= bit;
    else left.unknown |= bit;
  }
  if (left.os) words.push(`OS (${hex(left.os)})`);
  if (left.processor) words.push(`PROC (${hex(left.processor)})`);
  if (left.unknown) words.push(`UNKNOWN (${hex(left.unknown)})`);
  return `[${hex(flags)}]: ${words.join(", ")}`;
}

/** Warns where sh_link, sh_info and sh_size of a section cannot be right. */
function checkSection(context: Context, section: ImageSection): void {
  const { image, complaints } = context;
  const { sections, header } = image;
  const place = `[${`${section.index}`.padStart(2)}]`;
  const linked = section.link === 0 ? undefined : sections[section.link];
  const isImage = header.type === 2 || header.type === 3;
  const { type } = section;
  const isRelocation = type === 4 || type === 9;
  const wantsSymbols =
    (isRelocation && !(section.link === 0 && isImage)) || [18, 17, 5, 0x6ffffff6, 0x6fffffff].includes(type);
  if (wantsSymbols && linked?.type !== 2 && linked?.type !== 11)
    complaints.warning(`${place}: Link field (${section.link}) should index a symtab section.`);
  else if ([6, 2, 11, 0x6ffffffe, 0x6ffffffd, 0x6ffffff7].includes(type) && linked?.type !== 3)
    complaints.warning(`${place}: Link field (${section.link}) should index a string section.`);
  else if ((type === 14 || type === 15 || type === 16) && section.link !== 0)
    complaints.warning(`${place}: Unexpected value (${section.link}) in link field.`);

  if (isRelocation) {
    const target = section.info === 0 ? undefined : sections[section.info];
    const fits = target && ([1, 8, 7, 14, 15, 16].includes(target.type) || target.type >= 0x60000000);
    if (!fits && !(section.info === 0 && isImage))
      complaints.warning(`${place}: Info field (${section.info}) should index a relocatable section.`);
  } else if ([6, 5, 18, 14, 15, 16].includes(type)) {
    if (section.info !== 0) complaints.warning(`${place}: Unexpected value (${section.info}) in info field.`);
  } else if (![17, 2, 11, 8].includes(type)) {
    if (section.flags & 0x40n) {
      if (section.info < 1 || section.info >= sections.length)
        complaints.warning(`${place}: Expected link to another section in info field`);
    } else if (type < 0x60000000 && (section.flags & GNU_MBIND) === 0n && section.info !== 0)
      complaints.warning(`${place}: Unexpected value (${section.info}) in info field.`);
  }
  if (section.size > image.bytes.length && type !== 8 && type !== 0 && type < 0x60000000)
    complaints.warning(`Size of section ${section.index} is larger than the entire file!`);
}

/** Prints the table of -S or -t. */
export function printSections(context: Context): void {
  const { image, out, options } = context;
  const { sections, header } = image;
  const details = options.sectionDetails;
  const { wide } = options;
  if (!options.header)
    out.text(
      `There ${plural(sections.length, "is", "are")} ${sections.length} section ${plural(sections.length, "header", "headers")}, starting at offset ${sharpHex(header.shoff)}:\n`,
    );
  out.text(sections.length > 1 ? "\nSection Headers:\n" : "\nSection Header:\n");
  if (details) {
    out.text("  [Nr] Name\n");
    if (!image.is64) out.text("       Type            Addr     Off    Size   ES   Lk Inf Al\n");
    else if (wide) out.text("       Type            Address          Off    Size   ES   Lk Inf Al\n");
    else {
      out.text("       Type              Address          Offset            Link\n");
      out.text("       Size              EntSize          Info              Align\n");
    }
    out.text("       Flags\n");
  } else if (!image.is64)
    out.text("  [Nr] Name              Type            Addr     Off    Size   ES Flg Lk Inf Al\n");
  else if (wide)
    out.text("  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al\n");
  else {
    out.text("  [Nr] Name              Type             Address           Offset\n");
    out.text("       Size              EntSize          Flags  Link  Info  Align\n");
  }
  for (const section of sections) {
    checkSection(context, section);
    printRow(context, section);
    if (details) printDetails(context, section);
  }
  if (!details) printKey(context);
}

function printRow(context: Context, section: ImageSection): void {
  const { image, out, options } = context;
  const details = options.sectionDetails;
  const hex = (value: number | bigint, width: number) => value.toString(16).padStart(width, "0");
  out.text(`  [${`${section.index}`.padStart(2)}] `);
  if (details) out.text(`${printableName(section)}\n      `);
  else printName(context, -17, section.name);
  const type = sectionTypeName(section.type, image.header.machine);
  out.text(` ${(options.wide ? type : type.slice(0, 15)).padEnd(15)} `);
  const address = longHex(context, section.address);
  const flags = details ? "" : flagLetters(context, section.flags).padStart(3);
  const { link, info, align } = section;
  if (!image.is64 || options.wide) {
    out.text(`${address} ${hex(section.offset, 6)} ${hex(section.size, 6)} ${hex(section.entsize, 2)}`);
    out.text(details ? "  " : ` ${flags} `);
    if (image.is64 || !details)
      out.text(`${`${link}`.padStart(2)} ${`${info}`.padStart(3)} ${`${align}`.padStart(2)}\n`);
    else {
      const special = isX86(image.header.machine) && link >= image.sections.length;
      const word = special ? (link === 0xff00 ? "<BEFORE> " : link === 0xff01 ? "<AFTER> " : "") : "";
      out.text(word || `${`${link}`.padStart(2)} `);
      out.text(`${`${info}`.padStart(3)} ${`${align}`.padStart(2)}\n`);
    }
    const reserved = isX86(image.header.machine) && (link === 0xff00 || link === 0xff01);
    if (!image.is64 && link >= image.sections.length && !reserved)
      context.complaints.warning(
        `section ${section.index}: sh_link value of ${link} is larger than the number of sections`,
      );
  } else if (details) {
    out.text(` ${address}  ${hex(section.offset, 16)}  ${link}\n       `);
    out.text(`${hex(section.size, 16)} ${hex(section.entsize, 16)}  ${`${info}`.padEnd(16)}  ${align}\n`);
  } else {
    out.text(` ${address}  ${hex(section.offset, 8)}\n       ${hex(section.size, 16)}  `);
    out.text(
      `${hex(section.entsize, 16)} ${flags}      ${`${link}`.padStart(2)}   ${`${info}`.padStart(3)}     `,
    );
    out.text(`${align}\n`);
  }
}

function printDetails(context: Context, section: ImageSection): void {
  const { image, out, complaints } = context;
  out.text(`       ${flagWords(context, section.flags)}\n`);
  if ((section.flags & 0x800n) === 0n) return;
  const bytes = image.range(section.offset, 24);
  if (!bytes) {
    complaints.error("Reading 24 bytes extends past end of file for compression header");
    return;
  }
  const compression = readCompressionHeader(bytes, image.is64, image.littleEndian);
  if (!compression) return;
  const { kind } = compression;
  out.text(`       ${kind === 1 ? "ZLIB" : kind === 2 ? "ZSTD" : `[<unknown>: 0x${kind.toString(16)}]`}, `);
  out.text(`${longHex(context, BigInt(compression.size))}, ${compression.align}\n`);
}

function printKey(context: Context): void {
  const { image, out } = context;
  out.text("Key to Flags:\n  W (write), A (alloc), X (execute), M (merge), S (strings), I (info),\n");
  out.text("  L (link order), O (extra OS processing required), G (group), T (TLS),\n");
  out.text("  C (compressed), x (unknown), o (OS specific), E (exclude),\n  ");
  const osabi = image.bytes[7];
  if (osabi === 3 || osabi === 9) out.text("R (retain), ");
  if (osabi === 0 || osabi === 3 || osabi === 9) out.text("D (mbind), ");
  const { machine } = image.header;
  if (machine === EM_X86_64) out.text("l (large), ");
  else if (machine === EM_ARM) out.text("y (purecode), ");
  out.text("p (processor specific)\n");
}
