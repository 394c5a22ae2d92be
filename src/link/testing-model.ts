import {
  type InputObject,
  type LinkModel,
  type LinkOptions,
  newModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
} from "../model/index.ts";

// For tests: a model made by hand, without files.

export interface TestSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly type?: number;
  readonly flags?: number;
  readonly align?: number;
  readonly entsize?: number;
  /** Rela entries for it, with symbols by their number in the object (from 1). */
  readonly relocations?: readonly { offset: number; type: number; symbol: number; addend?: bigint }[];
}

export interface TestSymbol {
  readonly name: string;
  /** Number of the section in the object, from 1; 0 for undefined. */
  readonly section: number;
  readonly value: number;
  readonly info?: number;
}

export interface TestObject {
  readonly sections: readonly TestSection[];
  readonly symbols?: readonly TestSymbol[];
}

export function emptyModel(options: Partial<LinkOptions> = {}): LinkModel {
  return newModel({ compat: "gnu", kind: "executable", optimize: 1, ...options } as LinkOptions);
}

/** Adds an ELF64 little-endian object whose bytes are its sections' and their relocations. Section n is row `sectionBase + n`. */
export function addObject(model: LinkModel, name: string, object: TestObject): InputObject {
  const chunks: Uint8Array[] = [new Uint8Array(64)];
  let used = 64;
  const place = (bytes: Uint8Array): number => {
    const at = used;
    chunks.push(bytes);
    used += bytes.length;
    return at;
  };
  const { sections, symbols } = model;
  const withRelocations = object.sections.filter((section) => section.relocations);
  const sectionCount = 1 + object.sections.length + withRelocations.length;
  const sectionBase = sections.reserve(sectionCount);
  const id = model.objects.length;
  sections.object.fill(id, sectionBase, sectionBase + sectionCount);
  sections.fate[sectionBase] = 1;
  let next = sectionBase + 1 + object.sections.length;
  for (const [index, section] of object.sections.entries()) {
    const row = sectionBase + 1 + index;
    sections.name[row] = model.names.addString(section.name);
    if (section.name.startsWith(".gnu.warning")) model.warningSections.push(row);
    sections.type[row] = section.type ?? 1;
    sections.flags[row] = section.flags ?? 2;
    sections.alignPower[row] = Math.log2(section.align ?? 1);
    sections.entsize[row] = section.entsize ?? 0;
    sections.size[row] = section.bytes.length;
    sections.fileOffset[row] = place(section.bytes);
    if (!section.relocations) continue;
    const table = new DataView(new ArrayBuffer(section.relocations.length * 24));
    for (const [at, relocation] of section.relocations.entries()) {
      table.setBigUint64(at * 24, BigInt(relocation.offset), true);
      table.setUint32(at * 24 + 8, relocation.type, true);
      table.setUint32(at * 24 + 12, relocation.symbol, true);
      table.setBigInt64(at * 24 + 16, relocation.addend ?? 0n, true);
    }
    sections.relocations[row] = next;
    sections.name[next] = model.names.addString(`.rela${section.name}`);
    sections.type[next] = 4;
    sections.fate[next] = 1;
    sections.entsize[next] = 24;
    sections.info[next] = 1 + index;
    sections.size[next] = table.byteLength;
    sections.fileOffset[next++] = place(new Uint8Array(table.buffer));
  }
  const given = object.symbols ?? [];
  const symbolIds = model.arena.int32(given.length + 1);
  for (const [index, symbol] of given.entries()) {
    const info = symbol.info ?? 0x10;
    const isGlobal = info >> 4 !== 0;
    const row: SymbolId = isGlobal
      ? symbols.addGlobal(model.names.addString(symbol.name))
      : symbols.reserve(1);
    symbolIds[index + 1] = row;
    if (isGlobal && symbol.section === 0) continue;
    symbols.name[row] = model.names.addString(symbol.name);
    symbols.object[row] = id;
    symbols.section[row] = sectionBase + symbol.section;
    symbols.valueLow[row] = symbol.value;
    symbols.info[row] = info;
    symbols.elfIndex[row] = index + 1;
    if (isGlobal) symbols.flags[row] |= SymbolFlag.global;
  }
  const bytes = model.arena.uint8(used);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const localCount = given.filter((symbol) => (symbol.info ?? 0x10) >> 4 === 0).length;
  const made: InputObject = {
    id,
    file: { path: name, given: name },
    name,
    address: bytes.byteOffset,
    size: bytes.length,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, used),
    is64: true,
    littleEndian: true,
    machine: 62,
    flags: 0,
    sectionBase,
    sectionCount,
    symbolIds,
    idsAddress: symbolIds.byteOffset,
    symbolCount: symbolIds.length,
    firstGlobal: 1 + localCount,
    localBase: localCount > 0 ? symbolIds[1] : 0,
    localCount,
    symtabOffset: 0,
    strtabOffset: 0,
    strtabSize: 0,
  };
  model.objects.push(made);
  return made;
}

/** The bytes of a row as the passes left it. */
export function contentOf(model: LinkModel, section: SectionId): Uint8Array {
  const { sections } = model;
  const own = sections.contents.get(section);
  if (own) return own;
  const at = sections.fileOffset[section];
  return model.objects[sections.object[section]].bytes.subarray(at, at + sections.size[section]);
}
