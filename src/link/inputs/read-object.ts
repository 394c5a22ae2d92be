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
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { NameMap, Resolver, Wraps } from "../symbols/resolve.ts";
import type { MemberBytes } from "./archives.ts";
import { ArenaObject } from "./arena-object.ts";
import type { ComdatTable } from "./groups.ts";
import { Job, type ObjectKernels, Stage, Status } from "./object-kernels.ts";
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
  /** Whether a file is a relocatable object for the machine of the link; says why not. */
  isForTarget(bytes: Uint8Array, name: string): boolean;
}

/** The object's place in the model, and (LLD) the symbols for which archives should be searched now. */
export interface AddedObject {
  readonly object: InputObject;
  readonly wanted: readonly SymbolId[];
}

/** Adds an ELF file. Reports and returns undefined if it is no object for this link. */
export function addObject(sink: ObjectSink, member: MemberBytes): AddedObject | undefined {
  const { reading } = sink;
  const { arena, objects } = sink.model;
  const { job } = reading;
  const bytes = arena.own(member.bytes);
  const stage = reading.read(bytes.byteOffset, bytes.length, objects.length);
  if (stage <= Stage.sections) return addUnusual(sink, bytes, member, stage);
  const object = new ArenaObject(arena, job, reading.machine, member);
  objects.push(object);
  if (stage !== Stage.end) return { object, wanted: goOn(sink, bytes, object, stage) };
  takeAll(sink, bytes, object);
  return { object, wanted: NOTHING };
}

/** Takes what the kernel has found out of an object. */
function takeAll({ reading: { job }, model }: ObjectSink, bytes: Uint8Array, object: ArenaObject): void {
  const remaining = job[Job.remaining] >>> 0;
  object.takeTables(job);
  object.takeLocals(job[Job.localBase], job[Job.localCount]);
  if (remaining === bytes.length) return;
  object.keep(remaining);
  model.arena.giveBack(bytes, remaining);
}

/** Does what the kernel left to do of an object, from a stage on. */
function goOn(sink: ObjectSink, bytes: Uint8Array, object: ArenaObject, stage: number): readonly SymbolId[] {
  const { reading } = sink;
  const { view, is64, name, sectionCount } = object;
  const reader = new ObjectReader(sink, bytes, view, is64, name, reading.headers(), sectionCount);
  reader.takeTables();
  if (stage !== Stage.groups) return finish(sink, bytes, object, reader, stage, reading.job[Job.stopped]);
  reader.readGroups(object);
  if (!reader.isPlain) return finish(sink, bytes, object, reader, Stage.relocations, 1);
  const next = reading.goOn(Stage.relocations);
  if (next !== Stage.end) {
    reader.takeTables();
    object.takeTables(reading.job);
    return finish(sink, bytes, object, reader, next, reading.job[Job.stopped]);
  }
  takeAll(sink, bytes, object);
  return NOTHING;
}

/** All that is left to do, from number `at` in a stage on. */
function finish(
  sink: ObjectSink,
  bytes: Uint8Array,
  object: ArenaObject,
  reader: ObjectReader,
  stage: number,
  at: number,
): readonly SymbolId[] {
  const { job } = sink.reading;
  if (stage <= Stage.relocations) {
    reader.checkRelocations(object.sectionBase, at);
    reader.leaveLabels(object);
    reader.checkLinkOrder(object.sectionBase);
  }
  if (stage <= Stage.locals) reader.readLocals(object, stage === Stage.locals ? at : 1);
  else object.takeLocals(job[Job.localBase], job[Job.localCount]);
  const wanted =
    stage <= Stage.globals ? reader.readGlobals(object, stage === Stage.globals ? at : 1) : NOTHING;
  giveUpRest(sink, bytes, object, reader);
  return wanted;
}

/** An object with an unusual header, or (at the sections' stage) an unusual section. */
function addUnusual(
  sink: ObjectSink,
  bytes: Uint8Array,
  member: MemberBytes,
  stage: number,
): AddedObject | undefined {
  const { name } = member;
  const { model, reading } = sink;
  const { arena, objects, sections } = model;
  const { job } = reading;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let reader: ObjectReader | undefined;
  if (stage === Stage.sections) {
    const is64 = job[Job.is64] !== 0;
    reader = new ObjectReader(sink, bytes, view, is64, name, reading.headers(), job[Job.count]);
    reader.takeTables();
    if (job[Job.status] !== Status.done) reading.run("readSections", job[Job.stopped]);
    reader.finishSections(job[Job.base]);
  } else {
    reader = readHeader(sink, bytes, view, name);
    if (!reader) return undefined;
    const base = sections.reserve(Math.max(1, reader.count));
    reader.readSections(objects.length, base);
    if (reader.count === 0) {
      sections.fate[base] = Fate.consumed;
      sections.object[base] = objects.length;
      job[Job.count] = 1;
    }
  }
  reading.needIds(reader.symbolCount);
  const object = new ArenaObject(arena, job, reading.machine, member);
  objects.push(object);
  reader.readGroups(object);
  return { object, wanted: finish(sink, bytes, object, reader, Stage.relocations, 1) };
}

/** Looks at the header of a file, and says what is wrong with it. */
function readHeader(
  sink: ObjectSink,
  bytes: Uint8Array,
  view: DataView,
  name: string,
): ObjectReader | undefined {
  const { report, reading } = sink;
  if (!sink.isForTarget(bytes, name)) return undefined;
  const identity = readIdentity(bytes);
  if (typeof identity === "string") {
    report.error("LD0310", name, `file format not recognized: ${identity}`);
    return undefined;
  }
  const { is64 } = identity;
  const header = is64 ? header64 : header32;
  if (bytes.length < header.size) return damaged(report, name, "it ends within the ELF header");
  if (view.getUint16(header.e_type, true) !== ET_REL)
    return damaged(report, name, "not a relocatable object");
  const shoff = is64 ? wordAt(view, header.e_shoff) : view.getUint32(header.e_shoff, true);
  const entry = is64 ? section64.size : section32.size;
  const fields = is64 ? section64 : section32;
  reading.job[Job.flags] = view.getUint32(header.e_flags, true);
  // Legal, and without effect but for its flags.
  if (shoff === 0) return new ObjectReader(sink, bytes, view, is64, name, 0, 0);
  if (view.getUint16(header.e_shentsize, true) !== entry)
    return damaged(report, name, `section headers of ${view.getUint16(header.e_shentsize, true)} bytes`);
  if (shoff + entry > bytes.length)
    return damaged(report, name, "the section header table goes past the end of the file");
  let count = view.getUint16(header.e_shnum, true);
  let shstrndx = view.getUint16(header.e_shstrndx, true);
  if (count === 0)
    count = is64 ? wordAt(view, shoff + fields.sh_size) : view.getUint32(shoff + fields.sh_size, true);
  if (shstrndx === SHN_XINDEX) shstrndx = view.getUint32(shoff + fields.sh_link, true);
  if (count === 0 || shoff + count * entry > bytes.length)
    return damaged(report, name, "the section header table goes past the end of the file");
  const reader = new ObjectReader(sink, bytes, view, is64, name, shoff, count);
  return reader.findNames(shstrndx) ? reader : undefined;
}

/** Leaves what is needed of an object's bytes, now that it is read. */
function giveUpRest(sink: ObjectSink, bytes: Uint8Array, object: ArenaObject, reader: ObjectReader): void {
  if (!sink.reading.givesUp) return;
  const packed = sink.packs ? reader.pack(object) : 0;
  const least = object.is64 ? header64.size : header32.size;
  const kept = packed > 0 ? packed : Math.min(bytes.length, Math.max(reader.needed, least));
  if (kept === bytes.length) return;
  object.keep(kept);
  sink.model.arena.giveBack(bytes, kept);
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
