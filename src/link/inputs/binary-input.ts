import type { Report } from "../../diagnostics/index.ts";
import {
  ET_EXEC,
  readElf,
  readSymbols,
  SHF_ALLOC,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHT_PROGBITS,
  STB_GLOBAL,
  STB_LOCAL,
} from "../../elf/index.ts";
import { Fate, type InputObject, type LinkModel, type SourceFile, SymbolSection } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import type { Resolver } from "../symbols/resolve.ts";

/** An object that has only the sections which the linker gives it. */
function bareObject(
  model: LinkModel,
  contents: Uint8Array,
  file: SourceFile,
  target: Target,
  sectionCount: number,
  symbolsOnly = false,
): InputObject {
  const { sections, objects, arena } = model;
  // Kernels copy from there.
  const bytes = arena.own(contents);
  const sectionBase = sections.reserve(sectionCount);
  const object: InputObject = {
    id: objects.length,
    file,
    name: file.path,
    address: bytes.byteOffset,
    size: bytes.length,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    is64: target.is64,
    littleEndian: true,
    machine: target.machine,
    flags: 0,
    sectionBase,
    sectionCount,
    symbolIds: new Int32Array(0),
    idsAddress: 0,
    symbolCount: 0,
    firstGlobal: 0,
    localBase: 0,
    localCount: 0,
    symtabOffset: 0,
    strtabOffset: 0,
    strtabSize: 0,
    foreign: true,
    symbolsOnly,
  };
  objects.push(object);
  for (let i = 0; i < sectionCount; i++) sections.object[sectionBase + i] = object.id;
  sections.fate[sectionBase] = Fate.consumed;
  return object;
}

/**
 * `-b binary`: the bytes of any file become a .data section, with
 * `_binary_FILE_start`, `_end` and `_size`, where FILE is the path as given
 * with an underscore for each byte that a C identifier cannot have.
 */
export function addBinary(
  model: LinkModel,
  resolver: Resolver,
  bytes: Uint8Array,
  file: SourceFile,
  target: Target,
): void {
  const { sections, symbols, names } = model;
  const object = bareObject(model, bytes, file, target, 2);
  const row = object.sectionBase + 1;
  sections.name[row] = names.addString(".data");
  sections.type[row] = SHT_PROGBITS;
  sections.flags[row] = SHF_ALLOC | SHF_WRITE;
  sections.size[row] = bytes.length;
  // LLD aligns it to 8 bytes, GNU ld not at all.
  sections.alignPower[row] = model.options.compat === "lld" ? 3 : 0;
  const stem = `_binary_${file.given.replace(/[^A-Za-z0-9]/g, "_")}`;
  const define = (suffix: string, section: number, value: number) => {
    const id = symbols.addGlobal(names.addString(stem + suffix));
    resolver.define(id, section, value, 0, 0, STB_GLOBAL << 4, 0, object.id, 0);
  };
  define("_start", row, 0);
  define("_end", row, bytes.length);
  define("_size", SymbolSection.absolute, bytes.length);
}

/** `-R`, `--just-symbols`: the file's symbols at their addresses, and none of its contents. */
export function addJustSymbols(
  model: LinkModel,
  resolver: Resolver,
  bytes: Uint8Array,
  file: SourceFile,
  target: Target,
  report: Report,
): void {
  const elf = readElf(bytes, report, file.path);
  if (!elf) return;
  if (elf.machine !== target.machine || elf.is64 !== target.is64) {
    report.error("LD0314", file.path, `not an ELF file for ${target.name}`, {
      lld: `${file.path} is incompatible`,
    });
    return;
  }
  const object = bareObject(model, bytes, file, target, 1, true);
  const { symbols, names } = model;
  for (const symbol of readSymbols(elf)) {
    if (symbol.binding === STB_LOCAL || symbol.name === "") continue;
    // A common symbol has its address, 0, and nobody else's copy of it gets room.
    const isCommon = symbol.reserved && symbol.section === SHN_COMMON;
    if (symbol.section === SHN_UNDEF || (symbol.reserved && symbol.section !== SHN_ABS && !isCommon))
      continue;
    const section = elf.sections[symbol.section];
    const base = elf.type !== ET_EXEC && !symbol.reserved && section ? section.address : 0n;
    const value = isCommon ? 0n : BigInt.asUintN(64, symbol.value + base);
    const id = symbols.addGlobal(names.addString(symbol.name));
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    const info = (symbol.binding << 4) | symbol.type;
    resolver.define(id, SymbolSection.absolute, low, high, Number(symbol.size), info, 0, object.id, 0);
  }
}
