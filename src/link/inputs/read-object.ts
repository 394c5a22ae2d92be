import type { Report } from "../../diagnostics/index.ts";
import {
  ET_REL,
  header32,
  header64,
  readIdentity,
  SHN_XINDEX,
  STB_GLOBAL,
  section32,
  section64,
} from "../../elf/index.ts";
import type { FileSystem } from "../../files/index.ts";
import {
  Fate,
  type InputObject,
  type LinkModel,
  type SourceFile,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { NameMap, Resolver, Wraps } from "../symbols/resolve.ts";
import type { ComdatTable } from "./groups.ts";
import type { ObjectKernels } from "./object-kernels.ts";
import { NOTHING, ObjectReader } from "./object-reader.ts";
import { damaged, wordAt } from "./object-sections.ts";

// From the bytes of a relocatable object to rows: its sections, its local
// symbols, and the mentions of global ones. This runs once for each of a
// million sections and symbols, so fields are read in place and nothing is
// allocated for a row. Each claim of the file (offsets, counts, links, string
// offsets) is checked here, so that no later pass has to; what is wrong is
// reported and leaves a consumed section or an absolute symbol behind.

/** What an object's symbols and groups are merged into. */
export interface ObjectSink {
  readonly model: LinkModel;
  readonly report: Report;
  /** Where objects were read. */
  readonly files: FileSystem;
  readonly resolver: Resolver;
  readonly comdats: ComdatTable;
  readonly wraps: Wraps;
  /** LLD: names that an archive not yet needed defines. GNU ld searches archives when their turn comes. */
  readonly lazy: NameMap | undefined;
  /** LLD: libraries that objects say they need. */
  readonly dependents: { readonly specifier: string; readonly from: string }[];
  /** `foo@V` of a definition `foo@@V`, to `foo`. */
  readonly versioned: Map<string, SymbolId>;
  readonly reading: ObjectKernels;
  /** Whether local labels that no relocation refers to are left out of objects (`nameLocalSymbols` reads them again). */
  readonly leavesLabels: boolean;
  /** Whether bytes of objects that only maps, explanations and outputs that are objects need are given up. */
  readonly packs: boolean;
}

/** The object's place in the model, and (LLD) the symbols for which archives should be searched now. */
export interface AddedObject {
  readonly object: InputObject;
  readonly wanted: readonly SymbolId[];
}

/** Adds an ELF file of type ET_REL, whose identification was checked. Reports and returns undefined if it is unusable. */
export function addObject(
  sink: ObjectSink,
  contents: Uint8Array,
  file: SourceFile,
  name: string,
): AddedObject | undefined {
  const { model, report } = sink;
  const bytes = model.arena.own(contents);
  const identity = readIdentity(bytes);
  if (typeof identity === "string") {
    report.error("LD0310", name, `file format not recognized: ${identity}`);
    return undefined;
  }
  const { is64 } = identity;
  const header = is64 ? header64 : header32;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < header.size) return damaged(report, name, "it ends within the ELF header");
  if (view.getUint16(header.e_type, true) !== ET_REL)
    return damaged(report, name, "not a relocatable object");
  const shoff = is64 ? wordAt(view, header.e_shoff) : view.getUint32(header.e_shoff, true);
  const entry = is64 ? section64.size : section32.size;
  if (shoff === 0) return addEmpty(sink, bytes, view, file, name, is64);
  if (view.getUint16(header.e_shentsize, true) !== entry)
    return damaged(report, name, `section headers of ${view.getUint16(header.e_shentsize, true)} bytes`);
  if (shoff + entry > bytes.length)
    return damaged(report, name, "the section header table goes past the end of the file");
  let count = view.getUint16(header.e_shnum, true);
  let shstrndx = view.getUint16(header.e_shstrndx, true);
  const fields = is64 ? section64 : section32;
  if (count === 0)
    count = is64 ? wordAt(view, shoff + fields.sh_size) : view.getUint32(shoff + fields.sh_size, true);
  if (shstrndx === SHN_XINDEX) shstrndx = view.getUint32(shoff + fields.sh_link, true);
  if (count === 0 || shoff + count * entry > bytes.length)
    return damaged(report, name, "the section header table goes past the end of the file");

  const reader = new ObjectReader(sink, bytes, view, is64, name, shoff, count);
  if (!reader.findNames(shstrndx)) return undefined;
  const id = model.objects.length;
  const base = model.sections.reserve(count);
  reader.readSections(id, base);
  const object: InputObject = {
    id,
    file,
    name,
    bytes,
    view,
    is64,
    littleEndian: true,
    machine: view.getUint16(header.e_machine, true),
    flags: view.getUint32(header.e_flags, true),
    sectionBase: base,
    sectionCount: count,
    symbolIds: sink.reading.idsOf(reader.symbolCount),
    firstGlobal: reader.firstGlobal,
    localBase: 0,
    localCount: 0,
    symtabOffset: reader.symtabOffset,
    strtabOffset: reader.strtabOffset,
    strtabSize: reader.strtabSize,
  };
  model.objects.push(object);
  reader.readGroups(object);
  reader.checkRelocations(base);
  reader.leaveLabels(object);
  reader.checkLinkOrder(base);
  const wanted = reader.readSymbols(object);
  giveUpRest(sink, object, reader);
  return { object, wanted };
}

/** Leaves what is needed of an object's bytes, now that it is read. */
function giveUpRest(sink: ObjectSink, object: InputObject, reader: ObjectReader): void {
  const { arena, options } = sink.model;
  const { bytes } = object;
  const { printMap, mapFile, reportFile } = options;
  // Maps, reports and explanations tell how long sections were in their objects.
  if (printMap || mapFile !== undefined || reportFile !== undefined) return;
  const packed = sink.packs ? reader.pack(object) : 0;
  const least = object.is64 ? header64.size : header32.size;
  const kept = packed > 0 ? packed : Math.min(bytes.length, Math.max(reader.needed, least));
  if (kept === bytes.length) return;
  object.bytes = bytes.subarray(0, kept);
  object.view = new DataView(bytes.buffer, bytes.byteOffset, kept);
  arena.giveBack(bytes, kept);
}

/** An object without sections: legal, and without effect but for its flags. */
function addEmpty(
  { model }: ObjectSink,
  bytes: Uint8Array,
  view: DataView,
  file: SourceFile,
  name: string,
  is64: boolean,
): AddedObject {
  const header = is64 ? header64 : header32;
  const base = model.sections.reserve(1);
  const id = model.objects.length;
  model.sections.fate[base] = Fate.consumed;
  model.sections.object[base] = id;
  const object: InputObject = {
    id,
    file,
    name,
    bytes,
    view,
    is64,
    littleEndian: true,
    machine: view.getUint16(header.e_machine, true),
    flags: view.getUint32(header.e_flags, true),
    sectionBase: base,
    sectionCount: 1,
    symbolIds: new Int32Array(0),
    firstGlobal: 0,
    localBase: 0,
    localCount: 0,
    symtabOffset: 0,
    strtabOffset: 0,
    strtabSize: 0,
  };
  model.objects.push(object);
  return { object, wanted: NOTHING };
}

/** Says that a symbol is referred to by the command line or the script. */
export function referFromScript(model: LinkModel, name: string): SymbolId {
  const { symbols, names, options } = model;
  const id = symbols.addGlobal(names.addString(name));
  symbols.flags[id] |= SymbolFlag.referenced | SymbolFlag.fromScript | SymbolFlag.strongReference;
  // A weak reference before does not count any more; to LLD it does.
  if (options.compat === "gnu" && symbols.section[id] === SymbolSection.undefined)
    symbols.info[id] = (STB_GLOBAL << 4) | (symbols.info[id] & 15);
  return id;
}
