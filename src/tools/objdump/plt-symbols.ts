import type { BfdSection } from "../bfd/section.ts";
import { type BfdSymbol, BSF_GLOBAL, BSF_LOCAL, BSF_SECTION_SYM, BSF_SYNTHETIC } from "../bfd/symbols.ts";
import { EM_386, EM_AARCH64, EM_RISCV, EM_X86_64 } from "../machines.ts";
import type { Dump } from "./context.ts";
import { dynamicRelocations, type Relocations, relocationSymbol } from "./relocations.ts";

// The stubs of the procedure linkage table have no symbols; objdump calls them
// `puts@plt`. On most machines the n-th stub belongs to the n-th relocation of
// the table. On x86 there are several kinds of tables, so the stub's own
// instruction tells which word of the global offset table it jumps through.

export function pltSymbols(dump: Dump): BfdSymbol[] {
  const { object } = dump;
  if ((!object.isDynamic && !object.isExecutable) || dump.dynsyms.length === 0) return [];
  switch (object.image.header.machine) {
    case EM_X86_64:
    case EM_386:
      return x86Symbols(dump);
    case EM_RISCV:
      return inOrder(dump, 32, 16);
    case EM_AARCH64:
      return inOrder(dump, 32, 16);
    default:
      return [];
  }
}

const sectionNamed = (dump: Dump, name: string): BfdSection | undefined =>
  dump.object.sections.find((section) => section.name === name && section.size > 0);

/** Stubs of one size after a header, in the order of their relocations. */
function inOrder(dump: Dump, headerSize: number, entrySize: number): BfdSymbol[] {
  const plt = sectionNamed(dump, ".plt");
  const table = dump.object.image.sections.find(({ name }) => name === ".rela.plt");
  if (!plt || !table || table.link !== dump.object.dynsym?.index) return [];
  const all = dynamicRelocations(dump);
  // The section's rows are the last ones or the only ones: find them by their place.
  const step = dump.object.image.is64 ? 24 : 12;
  let first = 0;
  for (const section of dump.object.image.sections) {
    if (section === table) break;
    if ((section.type === 4 || section.type === 9) && section.link === table.link)
      first += Math.floor(section.size / step);
  }
  const symbols: BfdSymbol[] = [];
  for (let i = 0; i < Math.floor(table.size / step); i++)
    symbols.push(stub(dump, plt, all, first + i, headerSize + i * entrySize));
  return symbols;
}

function stub(dump: Dump, plt: BfdSection, table: Relocations, row: number, offset: number): BfdSymbol {
  const target = relocationSymbol(dump, table, row);
  const addend = table.addend[row];
  const tail = addend === 0n ? "" : `+0x${BigInt.asUintN(dump.digits * 4, addend).toString(16)}`;
  const address = plt.vma + BigInt(offset);
  let flags = target?.flags ?? 0;
  if ((flags & BSF_LOCAL) === 0) flags |= BSF_GLOBAL;
  return {
    name: `${target?.name ?? "*ABS*"}${tail}@plt`,
    section: plt,
    flags: (flags | BSF_SYNTHETIC) & ~BSF_SECTION_SYM,
    low: Number(address & 0xffffffffn) | 0,
    high: Number(address >> 32n) | 0,
    sizeLow: 0,
    sizeHigh: 0,
    index: target?.index ?? 0,
    info: target?.info ?? 0,
    other: target?.other ?? 0,
    shndx: target?.shndx ?? 0,
    version: "",
  };
}

/** What a stub looks like: bytes that it starts with, where its displacement is, and the sizes. */
interface StubForm {
  readonly start: readonly number[];
  /** Offset of the displacement, and of the end of its instruction. */
  readonly displacement: number;
  readonly end: number;
  readonly size: number;
}

const lazy: StubForm = { start: [0xff, 0x25], displacement: 2, end: 6, size: 16 };
const nonLazy: StubForm = { start: [0xff, 0x25], displacement: 2, end: 6, size: 8 };
const bound: StubForm = { start: [0xf2, 0xff, 0x25], displacement: 3, end: 7, size: 8 };
const endbr64: StubForm = {
  start: [0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25],
  displacement: 7,
  end: 11,
  size: 16,
};
const endbr64Plain: StubForm = {
  start: [0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25],
  displacement: 6,
  end: 10,
  size: 16,
};
const endbr32: StubForm = {
  start: [0xf3, 0x0f, 0x1e, 0xfb, 0xff, 0x25],
  displacement: 6,
  end: 10,
  size: 16,
};
const endbr32Got: StubForm = {
  start: [0xf3, 0x0f, 0x1e, 0xfb, 0xff, 0xa3],
  displacement: 6,
  end: 10,
  size: 16,
};
const lazyGot: StubForm = { start: [0xff, 0xa3], displacement: 2, end: 6, size: 16 };
const nonLazyGot: StubForm = { start: [0xff, 0xa3], displacement: 2, end: 6, size: 8 };

function x86Symbols(dump: Dump): BfdSymbol[] {
  const is64 = dump.object.image.header.machine === EM_X86_64;
  const table = dynamicRelocations(dump);
  if (table.count === 0) return [];
  const rows = new Map<number, number>();
  const kinds = is64 ? [6, 7, 37] : [6, 7, 42];
  for (let row = 0; row < table.count; row++)
    if (kinds.includes(table.type[row]) && !rows.has(table.address[row])) rows.set(table.address[row], row);
  const gotPlt = sectionNamed(dump, ".got.plt") ?? sectionNamed(dump, ".got");
  const symbols: BfdSymbol[] = [];
  for (const name of [".plt", ".plt.got", ".plt.sec", ".plt.bnd"]) {
    const plt = sectionNamed(dump, name);
    const bytes = plt && dump.contents(plt);
    if (!plt || !bytes) continue;
    const form = formOf(bytes, name, is64);
    if (!form) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = form === lazy || form === lazyGot ? form.size : 0;
    const usesGot = form.start.at(-1) === 0xa3;
    for (let at = first; at + form.size <= bytes.length; at += form.size) {
      const displacement = view.getInt32(at + form.displacement, true);
      let word: number;
      if (is64) word = Number(plt.vma) + at + form.end + displacement;
      else if (usesGot) word = Number(gotPlt?.vma ?? 0n) + displacement;
      else word = displacement >>> 0;
      const row = rows.get(word);
      if (row === undefined) continue;
      rows.delete(word);
      symbols.push(stub(dump, plt, table, row, at));
    }
  }
  return symbols;
}

function formOf(bytes: Uint8Array, name: string, is64: boolean): StubForm | undefined {
  const startsWith = ({ start, size }: StubForm, at = 0) =>
    bytes.length >= at + size && start.every((byte, i) => bytes[at + i] === byte);
  if (name === ".plt") {
    // The first entry pushes the link map; a table whose others only push numbers has its jumps elsewhere.
    const pushes = is64
      ? bytes[0] === 0xff && bytes[1] === 0x35
      : bytes[0] === 0xff && (bytes[1] === 0x35 || bytes[1] === 0xb3);
    if (pushes && bytes.length >= 32) {
      if (startsWith(lazy, 16)) return lazy;
      if (!is64 && startsWith(lazyGot, 16)) return lazyGot;
      return undefined;
    }
  }
  const forms = is64 ? [nonLazy, bound, endbr64, endbr64Plain] : [nonLazy, nonLazyGot, endbr32, endbr32Got];
  return forms.find((form) => startsWith(form));
}
