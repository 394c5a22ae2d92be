/**
 * Compares two linked files completely: file header, section table, segment
 * table, symbols, relocations and the bytes of every section. What a difference
 * is called (`category` and `subject`) is what differences.json matches.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import {
  type Elf,
  type ElfSymbol,
  isElf,
  readElf,
  readRelocations,
  type Section,
  SHF_ALLOC,
  SHT,
} from "./read-elf.ts";

export type Category = "link" | "file" | "header" | "section" | "segment" | "symbol" | "relocation" | "bytes";

export interface Difference {
  readonly category: Category;
  /** What it is about: `.text`, `.text offset`, `LOAD 1 filesz`, a symbol's name. */
  readonly subject: string;
  readonly gnu: string;
  readonly ours: string;
}

export function showDifference({ category, subject, gnu, ours }: Difference): string {
  return `${category} ${subject}: GNU ${gnu}, ours ${ours}`;
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

const SEGMENT_NAMES: Readonly<Record<number, string>> = {
  1: "LOAD",
  2: "DYNAMIC",
  3: "INTERP",
  4: "NOTE",
  6: "PHDR",
  7: "TLS",
  1685382480: "GNU_EH_FRAME",
  1685382481: "GNU_STACK",
  1685382482: "GNU_RELRO",
  1685382483: "GNU_PROPERTY",
  1879048195: "RISCV_ATTRIBUTES",
};

/** Both files as ELF when GNU ld's is one, else byte by byte. */
export function compareImages(gnu: Uint8Array, ours: Uint8Array): Difference[] {
  if (!isElf(gnu) || !isElf(ours)) return compareBytes("file", "contents", gnu, ours);
  const differences: Difference[] = [];
  const [a, b] = [readElf(gnu), readElf(ours)];
  const same = (category: Category, subject: string, x: string, y: string) => {
    if (x !== y) differences.push({ category, subject, gnu: x, ours: y });
  };
  same("header", "class", a.is64 ? "64" : "32", b.is64 ? "64" : "32");
  same("header", "byte order", a.littleEndian ? "little" : "big", b.littleEndian ? "little" : "big");
  for (const field of ["osAbi", "type", "machine", "flags", "entry"] as const)
    same("header", field, hex(a[field]), hex(b[field]));

  differences.push(...compareSections(a, b), ...compareSegments(a, b), ...compareSymbols(a, b));
  return differences;
}

/** Sections of one name are told apart by their place among them. */
function keyed(sections: readonly Section[]): Map<string, Section> {
  const seen = new Map<string, number>();
  const result = new Map<string, Section>();
  for (const section of sections.slice(1)) {
    const count = seen.get(section.name) ?? 0;
    seen.set(section.name, count + 1);
    result.set(count ? `${section.name}#${count}` : section.name, section);
  }
  return result;
}

/** The tables whose order of entries is the linker's own affair; symbols and relocations are compared by meaning. */
const isTable = (s: Section) => s.type === SHT.SYMTAB || (s.type === SHT.STRTAB && !(s.flags & SHF_ALLOC));

function compareSections(a: Elf, b: Elf): Difference[] {
  const differences: Difference[] = [];
  const [gnu, ours] = [keyed(a.sections), keyed(b.sections)];
  const order = (from: Map<string, Section>, other: Map<string, Section>) =>
    [...from.keys()].filter((key) => other.has(key)).join(" ");
  if (order(gnu, ours) !== order(ours, gnu))
    differences.push({
      category: "section",
      subject: "order",
      gnu: order(gnu, ours),
      ours: order(ours, gnu),
    });
  for (const key of ours.keys())
    if (!gnu.has(key))
      differences.push({ category: "section", subject: key, gnu: "absent", ours: "present" });
  for (const [key, x] of gnu) {
    const y = ours.get(key);
    if (!y) {
      differences.push({ category: "section", subject: key, gnu: "present", ours: "absent" });
      continue;
    }
    const nameOf = (elf: Elf, index: number) => elf.sections[index]?.name || String(index);
    const infoOf = (elf: Elf, s: Section) =>
      s.type === SHT.REL || s.type === SHT.RELA
        ? nameOf(elf, s.info)
        : s.type === SHT.GROUP
          ? ""
          : String(s.info);
    const fields: (readonly [string, string, string])[] = [
      ["type", hex(x.type), hex(y.type)],
      ["flags", hex(x.flags), hex(y.flags)],
      ["address", hex(x.address), hex(y.address)],
      ["offset", hex(x.offset), hex(y.offset)],
      ["size", hex(x.size), hex(y.size)],
      ["link", nameOf(a, x.link), nameOf(b, y.link)],
      ["info", infoOf(a, x), infoOf(b, y)],
      ["align", hex(x.align), hex(y.align)],
      ["entsize", hex(x.entrySize), hex(y.entrySize)],
    ];
    for (const [field, p, q] of fields)
      if (p !== q) differences.push({ category: "section", subject: `${key} ${field}`, gnu: p, ours: q });
    if (x.type !== y.type || isTable(x)) continue;
    const linked = a.sections[x.link]?.type === SHT.SYMTAB;
    if ((x.type === SHT.REL || x.type === SHT.RELA) && linked)
      differences.push(...compareRelocations(key, a, x, b, y));
    else if (x.type !== SHT.GROUP) differences.push(...compareBytes("bytes", key, x.bytes, y.bytes));
  }
  return differences;
}

/** One difference per run of unequal bytes, at most eight runs. */
function compareBytes(category: Category, subject: string, gnu: Uint8Array, ours: Uint8Array): Difference[] {
  const differences: Difference[] = [];
  const length = Math.min(gnu.length, ours.length);
  const show = (bytes: Uint8Array, at: number, end: number) =>
    Buffer.from(bytes.subarray(at, Math.min(end, at + 16))).toString("hex") + (end > at + 16 ? "…" : "");
  if (Buffer.compare(gnu.subarray(0, length), ours.subarray(0, length)) !== 0)
    for (let at = 0; at < length && differences.length < 8; at++) {
      if (gnu[at] === ours[at]) continue;
      let end = at + 1;
      // Runs less than four equal bytes apart are one.
      for (let i = end; i < length && i < end + 4; i++) if (gnu[i] !== ours[i]) end = i + 1;
      differences.push({
        category,
        subject: `${subject}+${hex(at)}`,
        gnu: show(gnu, at, end),
        ours: show(ours, at, end),
      });
      at = end;
    }
  if (category === "file" && gnu.length !== ours.length)
    differences.push({ category, subject: "size", gnu: String(gnu.length), ours: String(ours.length) });
  return differences;
}

function compareSegments(a: Elf, b: Elf): Difference[] {
  const differences: Difference[] = [];
  const names = (elf: Elf) => elf.segments.map((s) => SEGMENT_NAMES[s.type] ?? hex(s.type));
  const [gnu, ours] = [names(a), names(b)];
  if (gnu.join(" ") !== ours.join(" "))
    return [{ category: "segment", subject: "table", gnu: gnu.join(" "), ours: ours.join(" ") }];
  for (let i = 0; i < a.segments.length; i++)
    for (const field of [
      "flags",
      "offset",
      "address",
      "physical",
      "fileSize",
      "memorySize",
      "align",
    ] as const) {
      const [x, y] = [hex(a.segments[i][field]), hex(b.segments[i][field])];
      if (x !== y)
        differences.push({ category: "segment", subject: `${gnu[i]} ${i} ${field}`, gnu: x, ours: y });
    }
  return differences;
}

const TYPES = ["NOTYPE", "OBJECT", "FUNC", "SECTION", "FILE", "COMMON", "TLS", "", "", "", "IFUNC"];
const BINDINGS = ["LOCAL", "GLOBAL", "WEAK"];
const VISIBILITIES = ["", " INTERNAL", " HIDDEN", " PROTECTED"];

function showSymbol(s: ElfSymbol): string {
  const visibility = VISIBILITIES[s.other & 3] + (s.other & ~3 ? ` other ${s.other}` : "");
  return `${hex(s.value)} size ${hex(s.size)} ${TYPES[s.type] ?? s.type} ${BINDINGS[s.binding] ?? s.binding}${visibility} ${s.section}`;
}

/** By name; locals of one name are compared as a set, since their order has no meaning. */
function compareSymbols(a: Elf, b: Elf): Difference[] {
  const differences: Difference[] = [];
  const byName = (elf: Elf) => {
    const table = new Map<string, string[]>();
    for (const symbol of elf.symbols) {
      const shown = showSymbol(symbol);
      const list = table.get(symbol.name);
      if (list) list.push(shown);
      else table.set(symbol.name, [shown]);
    }
    return table;
  };
  const [gnu, ours] = [byName(a), byName(b)];
  for (const name of new Set([...gnu.keys(), ...ours.keys()])) {
    const mine = [...(ours.get(name) ?? [])];
    const left = (gnu.get(name) ?? []).filter((shown) => {
      const at = mine.indexOf(shown);
      if (at >= 0) mine.splice(at, 1);
      return at < 0;
    });
    left.sort();
    mine.sort();
    for (let i = 0; i < Math.max(left.length, mine.length); i++)
      differences.push({
        category: "symbol",
        subject: name,
        gnu: left[i] ?? "absent",
        ours: mine[i] ?? "absent",
      });
  }
  return differences;
}

function compareRelocations(key: string, a: Elf, x: Section, b: Elf, y: Section): Difference[] {
  const show = (elf: Elf, section: Section) =>
    readRelocations(elf, section).map(
      (r) =>
        `${hex(r.offset)} type ${r.type} ${r.symbol?.name ?? "-"} ${r.symbol ? hex(r.symbol.value) : ""}+${hex(r.addend)}`,
    );
  const [gnu, ours] = [show(a, x), show(b, y)];
  const differences: Difference[] = [];
  for (let i = 0; i < Math.max(gnu.length, ours.length) && differences.length < 8; i++)
    if (gnu[i] !== ours[i])
      differences.push({
        category: "relocation",
        subject: `${key} ${i}`,
        gnu: gnu[i] ?? "absent",
        ours: ours[i] ?? "absent",
      });
  return differences;
}

/** node scripts/run.mjs conformance/gnu-ld/compare-images.ts GNU OURS */
function main(args: readonly string[]): number {
  if (args.length !== 2) {
    console.error("usage: compare-images.ts GNU-LD-OUTPUT OUR-OUTPUT");
    return 2;
  }
  const differences = compareImages(readFileSync(args[0]), readFileSync(args[1]));
  for (const difference of differences) console.log(showDifference(difference));
  console.log(`${differences.length} differences`);
  return differences.length ? 1 : 0;
}

// Bundled into another program, this module is not the one that was started.
if (pathToFileURL(process.argv[1] ?? "").href.endsWith("/compare-images.ts"))
  process.exitCode = main(process.argv.slice(2));
