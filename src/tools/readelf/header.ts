import { EM_ARM, EM_RISCV, machineName } from "../machines.ts";
import type { Context } from "./context.ts";
import { prefixHex } from "./print.ts";

// -h: the ELF header.

/** e_ident[EI_OSABI] to its name. */
const osNames: ReadonlyMap<number, string> = new Map([
  [0, "UNIX - System V"],
  [1, "UNIX - HP-UX"],
  [2, "UNIX - NetBSD"],
  [3, "UNIX - GNU"],
  [6, "UNIX - Solaris"],
  [7, "UNIX - AIX"],
  [8, "UNIX - IRIX"],
  [9, "UNIX - FreeBSD"],
  [10, "UNIX - TRU64"],
  [11, "Novell - Modesto"],
  [12, "UNIX - OpenBSD"],
  [13, "VMS - OpenVMS"],
  [14, "HP - Non-Stop Kernel"],
  [15, "AROS"],
  [16, "FenixOS"],
  [17, "Nuxi CloudABI"],
  [18, "Stratus Technologies OpenVOS"],
]);

function osName(osabi: number, machine: number): string {
  if (machine === EM_ARM && osabi === 97) return "ARM";
  if (machine === EM_ARM && osabi === 65) return "ARM FDPIC";
  return osNames.get(osabi) ?? `<unknown: ${osabi.toString(16)}>`;
}

/** The words of e_flags, each with a comma in front. */
function flagWords(flags: number, machine: number): string {
  if (flags === 0) return "";
  if (machine === EM_RISCV) {
    const abi = ["soft", "single", "double", "quad"][(flags >>> 1) & 3];
    return `${flags & 1 ? ", RVC" : ""}${flags & 8 ? ", RVE" : ""}${flags & 0x10 ? ", TSO" : ""}, ${abi}-float ABI`;
  }
  return machine === EM_ARM ? armFlagWords(flags) : "";
}

const armSorted: readonly [number, string][] = [[4, "sorted symbol tables"]];
const armEndian: readonly [number, string][] = [
  [0x400000, "LE8"],
  [0x800000, "BE8"],
];
/** EABI version (the top byte) to its name and the flags it defines. */
const armVersions: ReadonlyMap<number, readonly [string, readonly (readonly [number, string])[]]> = new Map([
  [
    0,
    [
      "GNU EABI",
      [
        [0x4, "interworking enabled"],
        [0x8, "uses APCS/26"],
        [0x10, "uses APCS/float"],
        [0x40, "8 bit structure alignment"],
        [0x80, "uses new ABI"],
        [0x100, "uses old ABI"],
        [0x200, "software FP"],
        [0x400, "VFP"],
        [0x800, "Maverick FP"],
      ],
    ],
  ],
  [1, ["Version1 EABI", armSorted]],
  [
    2,
    [
      "Version2 EABI",
      [...armSorted, [8, "dynamic symbols use segment index"], [0x10, "mapping symbols precede others"]],
    ],
  ],
  [3, ["Version3 EABI", []]],
  [4, ["Version4 EABI", armEndian]],
  [5, ["Version5 EABI", [[0x200, "soft-float ABI"], [0x400, "hard-float ABI"], ...armEndian]]],
]);

function armFlagWords(flags: number): string {
  let words = "";
  let rest = flags & 0xffffff;
  if (rest & 1) words += ", relocatable executable";
  if (rest & 0x20) words += ", position independent";
  rest &= ~0x21;
  const version = armVersions.get(flags >>> 24);
  words += `, ${version ? version[0] : "<unrecognized EABI>"}`;
  for (const [bit, word] of version ? version[1] : []) {
    if (rest & bit) words += `, ${word}`;
    rest &= ~bit;
  }
  // Version 3 has flags of its own that nothing checks.
  if (rest !== 0 && flags >>> 24 !== 3) words += ", <unknown>";
  return words;
}

/** The kind of file, as -h and -l name it. */
export function fileType(context: Context, isPie: () => boolean): string {
  const { type } = context.image.header;
  const names = ["NONE (None)", "REL (Relocatable file)", "EXEC (Executable file)", "", "CORE (Core file)"];
  if (type === 3) return isPie() ? "DYN (Position-Independent Executable file)" : "DYN (Shared object file)";
  if (type < names.length) return names[type];
  if (type >= 0xff00) return `Processor Specific: (${type.toString(16)})`;
  if (type >= 0xfe00) return `OS Specific: (${type.toString(16)})`;
  return `<unknown>: ${type.toString(16)}`;
}

/** What the header's counts really are: beyond 16 bits they are in the first section header. */
export interface Counts {
  readonly sections: number;
  readonly nameSection: number;
}

export function realCounts(context: Context): Counts {
  const { header, sections } = context.image;
  const first = sections[0];
  let count = header.shnum;
  let nameSection = header.shstrndx;
  if (first) {
    if (count === 0) count = first.size;
    if (nameSection === 0xffff) nameSection = first.link;
    if (nameSection >= count) nameSection = 0;
  }
  return { sections: count, nameSection };
}

/** Prints the header; the first section header has been read if there is one. */
export function printHeader(context: Context, isPie: () => boolean): void {
  const { image, out } = context;
  const { header, bytes } = image;
  const first = image.sections[0];
  const line = (label: string, text: string) => out.text(`  ${`${label}:`.padEnd(34)} ${text}\n`);
  const unknown = (value: number) => `<unknown: ${value.toString(16)}>`;
  out.text("ELF Header:\n  Magic:   ");
  for (let i = 0; i < 16; i++) {
    out.hex2(bytes[i]);
    out.byte(32);
  }
  out.byte(10);
  line("Class", ["none", "ELF32", "ELF64"][bytes[4]] ?? unknown(bytes[4]));
  line(
    "Data",
    ["none", "2's complement, little endian", "2's complement, big endian"][bytes[5]] ?? unknown(bytes[5]),
  );
  line("Version", `${bytes[6]}${bytes[6] === 1 ? " (current)" : bytes[6] !== 0 ? " <unknown>" : ""}`);
  line("OS/ABI", osName(bytes[7], header.machine));
  line("ABI Version", `${bytes[8]}`);
  line("Type", fileType(context, isPie));
  line("Machine", machineName(header.machine));
  line("Version", prefixHex(header.version));
  line("Entry point address", prefixHex(header.entry));
  line("Start of program headers", `${header.phoff} (bytes into file)`);
  line("Start of section headers", `${header.shoff} (bytes into file)`);
  line("Flags", `${prefixHex(header.flags)}${flagWords(header.flags, header.machine)}`);
  line("Size of this header", `${header.ehsize} (bytes)`);
  line("Size of program headers", `${header.phentsize} (bytes)`);
  const manySegments = first && header.phnum === 0xffff && first.info !== 0;
  line("Number of program headers", `${header.phnum}${manySegments ? ` (${first.info})` : ""}`);
  line("Size of section headers", `${header.shentsize} (bytes)`);
  const count = first && header.shnum === 0 ? first.size >>> 0 : header.shnum;
  line("Number of section headers", `${header.shnum}${first && header.shnum === 0 ? ` (${count})` : ""}`);
  let names = `${header.shstrndx}`;
  let index = header.shstrndx;
  if (first && index === 0xffff) {
    index = first.link;
    names += ` (${index})`;
  }
  if (index !== 0 && index >= count) names += " <corrupt: out of range>";
  line("Section header string table index", names);
}
