import { columnOf, int32Column, type NameId, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_GNU_RETAIN,
  SHF_LINK_ORDER,
  SHT_FINI_ARRAY,
  SHT_GROUP,
  SHT_INIT_ARRAY,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_RELA,
  STV_HIDDEN,
  STV_INTERNAL,
} from "../../elf/index.ts";
import {
  type DynamicLink,
  Fate,
  type LinkModel,
  Mention,
  type ObjectId,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { compileGlob } from "../../script/index.ts";
import { objectColumns } from "../object-columns.ts";
import { isDebugName } from "../place/section-flags.ts";
import { entryName, type ScriptCommands } from "../statements/commands.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import { forEachKept } from "./keep.ts";

// --gc-sections: what the roots do not reach is left out. A section reaches
// what its relocations refer to, the other members of its group, sections that
// are attached to it by SHF_LINK_ORDER, and what its unwind records refer to:
// personality routine and exception table. The unwind records themselves keep
// no function: .eh_frame describes all functions and would keep everything.
//
// Roots are the entry symbol, -u and EXTERN, KEEP, SHF_GNU_RETAIN, notes, and
// under LLD's rules also what the start-up code finds by itself (.init_array
// and the like, which GNU's scripts KEEP). Sections without SHF_ALLOC are not
// reached from code. GNU ld keeps those of debuggers, and those without
// relocations, if the object has anything alive; LLD keeps them all.

/** Marks what the roots reach; the rest gets `Fate.garbage`. Without --gc-sections everything is live. */
export function markLive(model: LinkModel, commands: ScriptCommands, frames: EhFrames, report: Report): void {
  const { sections, symbols, options } = model;
  if (!options.gcSections) {
    model.arena.kernels.setBits(symbols.flags.byteOffset + 4, symbols.count - 1, SymbolFlag.live);
    return;
  }
  const marker = new Marker(model, frames);
  if (options.compat === "lld") lldRoots(model, commands, marker);
  else gnuRoots(model, commands, marker, report);
  marker.run();
  if (options.compat === "gnu") marker.keepDebugSections();

  const { reached } = marker;
  const commons = options.printGcSections && options.compat === "gnu" ? deadCommons(model) : [];
  const ends = commons.map((id) => model.objects[id].sectionBase + model.objects[id].sectionCount);
  let told = 0;
  const tellCommons = (before: SectionId): void => {
    for (; told < commons.length && ends[told] <= before; told++)
      report.info(
        "LD0306",
        undefined,
        `removing unused section 'COMMON' in file '${model.objects[commons[told]].name}'`,
      );
  };
  if (options.printGcSections)
    for (let section = 1; section < sections.count; section++) {
      tellCommons(section);
      if (reached[section] !== 0) continue;
      const fate = sections.fate[section];
      if (fate !== Fate.kept) {
        if (options.compat === "lld") continue;
        if (fate !== Fate.duplicate && !isDeadGroup(model, section, reached)) continue;
      }
      reportRemoved(model, section, report);
    }
  tellCommons(sections.count);
  marker.dropUnreached();
}

/** The section of a group counts as unused when the group's first member is. */
function isDeadGroup({ sections, objects }: LinkModel, section: SectionId, reached: Uint8Array): boolean {
  if (sections.type[section] !== SHT_GROUP || sections.size[section] < 8) return false;
  const { view, sectionBase, sectionCount } = objects[sections.object[section]];
  const first = view.getUint32(sections.fileOffset[section] + 4, true);
  return first < sectionCount && reached[sectionBase + first] === 0;
}

/** Objects none of whose tentative definitions is in use, in order. */
function deadCommons({ symbols }: LinkModel): ObjectId[] {
  const dead = new Set<ObjectId>();
  const live = new Set<ObjectId>();
  for (let id = 1; id < symbols.count; id++) {
    if (symbols.section[id] !== SymbolSection.common || symbols.size[id] === 0) continue;
    const isLive = (symbols.flags[id] & SymbolFlag.live) !== 0;
    (isLive ? live : dead).add(symbols.object[id]);
  }
  return [...dead].filter((object) => !live.has(object)).sort((a, b) => a - b);
}

/** GNU ld names the unused among the duplicates of COMDAT groups too, and says whose group it is. */
function reportRemoved(model: LinkModel, section: SectionId, report: Report): void {
  const { sections, names, objects, groups, options } = model;
  if (sections.size[section] === 0) return;
  const name = names.text(sections.name[section]);
  const file = objects[sections.object[section]]?.name ?? "linker stubs";
  const group = groups.at(sections.group[section]);
  const member = group ? `${name}[${names.text(group.signature)}]` : name;
  report.info("LD0306", undefined, `removing unused section '${member}' in file '${file}'`, {
    lld: `removing unused section ${file}:(${name})`,
  });
  const table = sections.relocations[section];
  if (table === 0 || !options.emitRelocations || options.compat === "gnu") return;
  const kind = sections.type[table] === SHT_RELA ? ".rela" : ".rel";
  const text = `removing unused section ${file}:(${kind}${name})`;
  report.info("LD0306", undefined, text, { lld: text });
}

/** Words of the kernels' job: see src/kernels/assembly/parts/liveness-job.ts. */
const Job = {
  sections: 0,
  symbols: 1,
  reached: 2,
  from: 3,
  through: 4,
  work: 5,
  depth: 6,
  groupFirst: 7,
  groupMembers: 8,
  framesName: 9,
  firstFde: 10,
  nextFde: 11,
  recordSection: 12,
  relocationStart: 13,
  relocationEnd: 14,
  cie: 15,
  firstRecord: 16,
  endRecord: 17,
  kind: 18,
  attached: 19,
  nextAttached: 20,
  isLld: 21,
  files: 22,
  symbolIds: 23,
  symbolCounts: 24,
  are64: 25,
  edges: 26,
  edgeCount: 27,
  edgeSections: 28,
  debugName: 29,
  isDebug: 30,
  sectionCount: 31,
  words: 32,
} as const;

class Marker {
  /** 1 for a section that is reached. */
  readonly reached: Uint8Array;
  readonly model: LinkModel;
  private readonly frames: EhFrames;
  private readonly from: Int32Array;
  private readonly through: Int32Array;
  /** Sections that are reached and not yet followed, as a stack; each gets there once. */
  private readonly work: Int32Array;
  private readonly job: Int32Array = int32Column(Job.words);
  /** `__start_NAME` and `__stop_NAME` to the sections of that name, as a list by `nextSame`. */
  private readonly byEdge = new Map<SymbolId, SectionId[]>();
  /** SectionId to the first section attached to it by SHF_LINK_ORDER; then by `nextAttached`. */
  private readonly attached: Int32Array;
  private readonly nextAttached: Int32Array;
  private readonly isLld: boolean;
  private readonly ehFrameName: NameId;

  constructor(model: LinkModel, frames: EhFrames) {
    const { sections, trace } = model;
    this.model = model;
    this.frames = frames;
    this.reached = uint8Column(sections.count);
    this.work = int32Column(sections.count);
    this.from = trace.liveFrom = int32Column(sections.count);
    this.through = trace.liveThrough = int32Column(sections.count);
    this.attached = int32Column(sections.count);
    this.nextAttached = int32Column(sections.count);
    this.isLld = model.options.compat === "lld";
    this.ehFrameName = model.names.find(".eh_frame");
    this.findAttached();
    this.findEdges();
  }

  private findAttached(): void {
    const { sections, objects } = this.model;
    for (let section = 1; section < sections.count; section++) {
      if ((sections.flags[section] & SHF_LINK_ORDER) === 0 || sections.fate[section] !== Fate.kept) continue;
      const object = objects[sections.object[section]];
      const link = sections.link[section];
      if (!object || link === 0 || link >= object.sectionCount) continue;
      const target = object.sectionBase + link;
      this.nextAttached[section] = this.attached[target];
      this.attached[target] = section;
    }
  }

  /** Sections whose name is a C identifier live by references to `__start_NAME` and `__stop_NAME`. */
  private findEdges(): void {
    const { sections, symbols, names, options } = this.model;
    const wanted = new Map<NameId, SymbolId[]>();
    for (const id of symbols.globals()) {
      if (symbols.section[id] !== SymbolSection.undefined) continue;
      const match = /^__(?:start|stop)_(\w+)$/.exec(names.text(symbols.name[id]));
      if (!match) continue;
      // glibc before 2.34 needs its own to stay whatever is asked.
      if (options.startStopGc && !(this.isLld && match[1].startsWith("__libc_"))) continue;
      const name = names.find(match[1]);
      if (name < 0) continue;
      const known = wanted.get(name);
      if (known) known.push(id);
      else wanted.set(name, [id]);
    }
    if (wanted.size === 0) return;
    for (let section = 1; section < sections.count; section++) {
      if (sections.fate[section] !== Fate.kept) continue;
      // LLD: what is attached to a section lives with that alone.
      if (this.isLld && sections.flags[section] & SHF_LINK_ORDER) continue;
      const edges = wanted.get(sections.name[section]);
      for (const edge of edges ?? []) {
        const list = this.byEdge.get(edge);
        if (list) list.push(section);
        else this.byEdge.set(edge, [section]);
      }
    }
  }

  root(section: SectionId, why: string): void {
    if (this.reached[section] !== 0 || this.model.sections.fate[section] !== Fate.kept) return;
    this.model.trace.liveRoots.set(section, why);
    this.push(section);
  }

  rootSymbol(name: string, why: string): void {
    const { names, symbols } = this.model;
    const id = names.find(name);
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol === 0) return;
    symbols.flags[symbol] |= SymbolFlag.live;
    if (symbols.section[symbol] > 0) this.root(symbols.section[symbol], why);
  }

  /** Marks without following anything: sections that are kept for no reader of theirs. */
  keepSilently(section: SectionId): void {
    this.reached[section] = 1;
  }

  private push(section: SectionId): void {
    this.reached[section] = 1;
    this.work[this.job[Job.depth]++] = section;
  }

  /** Follows what was pushed: a kernel does. */
  run(): void {
    const { job, frames, model } = this;
    const { sections, symbols, groups, arena } = model;
    job[Job.sections] = sections.block.byteOffset;
    job[Job.sectionCount] = sections.count;
    job[Job.symbols] = symbols.lend(0, 0);
    job[Job.reached] = this.reached.byteOffset;
    job[Job.from] = this.from.byteOffset;
    job[Job.through] = this.through.byteOffset;
    job[Job.work] = this.work.byteOffset;
    job[Job.groupFirst] = groups.first.byteOffset;
    job[Job.groupMembers] = groups.members.byteOffset;
    job[Job.framesName] = this.ehFrameName;
    job[Job.firstFde] = frames.firstFde.byteOffset;
    job[Job.nextFde] = frames.nextFde.byteOffset;
    job[Job.recordSection] = frames.section.byteOffset;
    job[Job.relocationStart] = frames.relocationStart.byteOffset;
    job[Job.relocationEnd] = frames.relocationEnd.byteOffset;
    job[Job.cie] = frames.cie.byteOffset;
    job[Job.firstRecord] = frames.firstRecord.byteOffset;
    job[Job.endRecord] = frames.endRecord.byteOffset;
    job[Job.kind] = frames.kind.byteOffset;
    job[Job.attached] = this.attached.byteOffset;
    job[Job.nextAttached] = this.nextAttached.byteOffset;
    job[Job.isLld] = this.isLld ? 1 : 0;
    const { files, ids, symbols: counts, are64 } = objectColumns(this.model);
    job[Job.files] = files.byteOffset;
    job[Job.symbolIds] = ids.byteOffset;
    job[Job.symbolCounts] = counts.byteOffset;
    job[Job.are64] = are64.byteOffset;
    const edges: number[] = [];
    const edgeSections: SectionId[] = [];
    for (const [symbol, list] of this.byEdge) {
      edges.push(symbol, edgeSections.length, list.length);
      edgeSections.push(...list);
    }
    job[Job.edges] = columnOf(edges).byteOffset;
    job[Job.edgeCount] = this.byEdge.size;
    job[Job.edgeSections] = columnOf(edgeSections).byteOffset;
    arena.kernels.markReached(job.byteOffset);
  }

  /** GNU ld's rule for what is not reached from code: debug information, comments and the like. After `run`. */
  keepDebugSections(): void {
    const { job, model, reached } = this;
    const { sections, names, objects, arena } = model;
    const { kernels } = arena;
    const isDebug = uint8Column(sections.count);
    const debugName = uint8Column(names.count);
    job[Job.isDebug] = isDebug.byteOffset;
    job[Job.debugName] = debugName.byteOffset;
    for (let section = 1; ; ) {
      section = kernels.findDebug(job.byteOffset, section);
      if (section >= sections.count) break;
      const name = names.text(sections.name[section]);
      debugName[sections.name[section]] = !isDebugName(name) ? 1 : name.startsWith(FRAGMENT) ? 3 : 2;
    }
    for (const { sectionBase, sectionCount } of objects) {
      const start = sectionBase + 1;
      const end = sectionBase + sectionCount;
      if (kernels.keepDebug(job.byteOffset, start, end)) dropFragments(model, reached, start, end, isDebug);
      if (job[Job.depth] > 0) kernels.followDebug(job.byteOffset);
    }
  }

  /** See `dropUnreached` of src/kernels/assembly/liveness.ts. */
  dropUnreached(): void {
    this.model.arena.kernels.dropUnreached(this.job.byteOffset);
  }
}

/** Whether a section of some object has the symbol. */
function isDefinedIn({ names, symbols }: LinkModel, text: string): boolean {
  const name = names.find(text);
  return name >= 0 && symbols.section[symbols.global(name)] > 0;
}

function gnuRoots(model: LinkModel, commands: ScriptCommands, marker: Marker, report: Report): void {
  const { sections, options } = model;
  const roots = rootSymbols(model, commands);
  const isStart = (name: string) => name !== "_init" && name !== "_fini" && isDefinedIn(model, name);
  if (options.kind === "relocatable" && !options.gcKeepExported && !roots.some(([name]) => isStart(name)))
    report.error("LD0414", undefined, "--gc-sections requires a defined symbol root specified by -e or -u");
  for (const [name, why] of roots) marker.rootSymbol(name, why);
  if (options.gcKeepExported) exportedRoots(model, marker);
  if (model.dynamic) dynamicRoots(model, model.dynamic, marker);
  forEachKept(model, commands, (section, why) => marker.root(section, why));
  const relocatable = options.kind === "relocatable";
  for (let section = 1; section < sections.count; section++) {
    if (sections.fate[section] !== Fate.kept) continue;
    const type = sections.type[section];
    if (type === SHT_NOTE) {
      if (sections.group[section] < 0 && (sections.flags[section] & SHF_LINK_ORDER) === 0)
        marker.root(section, "a note");
    } else if ((sections.flags[section] & SHF_GNU_RETAIN) !== 0) marker.root(section, "SHF_GNU_RETAIN");
    else if (
      relocatable &&
      (type === SHT_INIT_ARRAY || type === SHT_FINI_ARRAY || type === SHT_PREINIT_ARRAY)
    )
      marker.root(section, "an array of functions that the start-up code calls");
  }
}

/** The symbols that the command line and the scripts ask for, with the reason. */
function rootSymbols(model: LinkModel, commands: ScriptCommands): [string, string][] {
  const { options } = model;
  const lld = options.compat === "lld";
  const entry = entryName(options, commands) ?? (lld ? "_start" : "start");
  const roots: [string, string][] = [[entry, `entry symbol ${entry}`]];
  for (const name of options.undefined) roots.push([name, `-u ${name}`]);
  for (const name of options.requireDefined) roots.push([name, `--require-defined=${name}`]);
  for (const { text } of commands.externs) roots.push([text, `EXTERN(${text})`]);
  for (const name of ["_init", "_fini"]) roots.push([name, `symbol ${name}, which the start-up code calls`]);
  const globs = options.undefinedGlobs.map(compileGlob);
  if (globs.length > 0)
    for (let id = 1; id < model.symbols.count; id++) {
      if ((model.symbols.flags[id] & SymbolFlag.global) === 0) continue;
      const name = model.names.text(model.symbols.name[id]);
      if (globs.some((matches) => matches(name))) roots.push([name, "--undefined-glob"]);
    }
  if (lld) for (const name of commands.references.keys()) roots.push([name, `the script refers to ${name}`]);
  return roots;
}

/** What the loader finds here for a shared object, or lets anyone find; and the linker's own sections. */
function dynamicRoots(model: LinkModel, dynamic: DynamicLink, marker: Marker): void {
  const { symbols, names, options, objects, sections } = model;
  const last = objects[objects.length - 1];
  const firstOwn = last ? last.sectionBase + last.sectionCount : 1;
  for (let row = firstOwn; row < sections.count; row++) marker.keepSilently(row);
  const globs = options.exportSymbols.map(compileGlob);
  for (const id of symbols.globals()) {
    if (symbols.section[id] <= 0 || symbols.flags[id] & SymbolFlag.forcedLocal) continue;
    const name = symbols.name[id];
    const visibility = symbols.other[id] & 3;
    const hidden = visibility === STV_HIDDEN || visibility === STV_INTERNAL;
    const isMentioned = (dynamic.mention(name) & (Mention.referred | Mention.defined)) !== 0;
    const isExported =
      !hidden && (options.exportDynamic || globs.some((matches) => matches(names.text(name))));
    if (!isMentioned && !isExported) continue;
    const why = isMentioned ? "shared objects refer to" : "exported symbol";
    dynamic.keptSections.add(symbols.section[id]);
    marker.root(symbols.section[id], `${why} ${names.text(name)}`);
  }
}

function exportedRoots({ symbols, names }: LinkModel, marker: Marker): void {
  for (let id = 1; id < symbols.count; id++) {
    if ((symbols.flags[id] & (SymbolFlag.global | SymbolFlag.forcedLocal)) !== SymbolFlag.global) continue;
    const visibility = symbols.other[id] & 3;
    if (visibility === STV_HIDDEN || visibility === STV_INTERNAL || symbols.section[id] <= 0) continue;
    marker.root(symbols.section[id], `exported symbol ${names.text(symbols.name[id])}`);
  }
}

/** What LLD takes to be used by the start-up code, whatever the script says. */
const RESERVED = /^(\.init|\.fini|\.jcr)$|^\.(init_array|ctors|dtors)/;

function lldRoots(model: LinkModel, commands: ScriptCommands, marker: Marker): void {
  const { sections, names, options } = model;
  for (const [name, why] of rootSymbols(model, commands)) marker.rootSymbol(name, why);
  if (options.gcKeepExported) exportedRoots(model, marker);
  const isReserved = new Map<NameId, boolean>();
  for (let section = 1; section < sections.count; section++) {
    if (sections.fate[section] !== Fate.kept) continue;
    const flags = sections.flags[section];
    const type = sections.type[section];
    const name = sections.name[section];
    if (flags & SHF_GNU_RETAIN) marker.root(section, "SHF_GNU_RETAIN");
    else if (flags & SHF_LINK_ORDER) continue;
    else if ((flags & SHF_ALLOC) === 0) {
      if (sections.group[section] < 0) marker.keepSilently(section);
    } else if (type === SHT_INIT_ARRAY || type === SHT_FINI_ARRAY || type === SHT_PREINIT_ARRAY)
      marker.root(section, "an array of functions that the start-up code calls");
    else if (type === SHT_NOTE) {
      if (sections.group[section] < 0) marker.root(section, "a note");
    } else {
      let reserved = isReserved.get(name);
      if (reserved === undefined) {
        const text = names.text(name);
        reserved = RESERVED.test(text) || text === ".eh_frame";
        isReserved.set(name, reserved);
      }
      if (reserved) marker.root(section, `${names.text(name)} is used by the start-up code`);
    }
  }
  forEachKept(model, commands, (section, why) => marker.root(section, why));
}

const FRAGMENT = ".debug_line.";

/** `.debug_line.text.f` goes with `.text.f`. */
function dropFragments(
  { sections, names }: LinkModel,
  reached: Uint8Array,
  start: SectionId,
  end: SectionId,
  isDebug: Uint8Array,
): void {
  const fragments: { section: SectionId; name: string }[] = [];
  for (let section = start; section < end; section++) {
    if (isDebug[section] === 0 || reached[section] === 0) continue;
    const name = names.text(sections.name[section]);
    if (name.startsWith(FRAGMENT)) fragments.push({ section, name });
  }
  if (fragments.length === 0) return;
  for (let section = start; section < end; section++) {
    if (reached[section] !== 0 || (sections.flags[section] & SHF_EXECINSTR) === 0) continue;
    const code = names.text(sections.name[section]);
    for (const fragment of fragments)
      if (fragment.name.length > code.length && fragment.name.endsWith(code)) reached[fragment.section] = 0;
  }
}
