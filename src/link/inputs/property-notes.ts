import type { Report } from "../../diagnostics/index.ts";
import { SHF_ALLOC, SHT_NOTE } from "../../elf/index.ts";
import {
  Fate,
  type InputObject,
  type LinkModel,
  type LinkOptions,
  type SectionId,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";

// .note.gnu.property says what an object needs or supports, as a list of typed
// values. The output's list follows from all inputs': of some types a bit is
// set when every input has it (AND: control-flow protection), of some when any
// has (OR: instruction sets needed), of some when any has but only if every
// input says something of that type (OR_AND: instruction sets used).

const NAME = ".note.gnu.property";
const NT_GNU_PROPERTY_TYPE_0 = 5;
/** namesz, descsz, type, "GNU". */
const NOTE_HEADER = 16;

const STACK_SIZE = 1;
const NO_COPY_ON_PROTECTED = 2;
const UINT32_AND_LO = 0xb0000000;
const UINT32_OR_LO = 0xb0008000;
/** GNU_PROPERTY_1_NEEDED, and its bit. */
const NEEDED_1 = UINT32_OR_LO;
const INDIRECT_EXTERN_ACCESS = 1n;
const UINT32_OR_HI = 0xb000ffff;
const LOPROC = 0xc0000000;
const LOUSER = 0xe0000000;
const X86_COMPAT_ISA_1_USED = 0xc0000000;
const X86_COMPAT_ISA_1_NEEDED = 0xc0000001;
const X86_UINT32_AND_LO = 0xc0000002;
const X86_FEATURE_1_AND = 0xc0000002;
const X86_UINT32_OR_LO = 0xc0008000;
const X86_ISA_1_NEEDED = 0xc0008002;
const X86_UINT32_OR_AND_LO = 0xc0010000;
const X86_UINT32_OR_AND_HI = 0xc0017fff;

/** Bits of X86_FEATURE_1_AND. */
export const X86Feature = { ibt: 1, shstk: 2, lamU48: 4, lamU57: 8 } as const;

type Rule = "and" | "or" | "or-and" | "largest" | "any";

function ruleOf(type: number, target: Target): Rule | undefined {
  if (type === STACK_SIZE) return "largest";
  if (type === NO_COPY_ON_PROTECTED) return "any";
  if (type >= UINT32_AND_LO && type < UINT32_OR_LO) return "and";
  if (type >= UINT32_OR_LO && type <= UINT32_OR_HI) return "or";
  if (target.processorProperties !== "x86" || type < LOPROC || type >= LOUSER) return undefined;
  if (type === X86_COMPAT_ISA_1_USED) return "or-and";
  if (type === X86_COMPAT_ISA_1_NEEDED) return "or";
  if (type >= X86_UINT32_AND_LO && type < X86_UINT32_OR_LO) return "and";
  if (type >= X86_UINT32_OR_LO && type < X86_UINT32_OR_AND_LO) return "or";
  if (type >= X86_UINT32_OR_AND_LO && type <= X86_UINT32_OR_AND_HI) return "or-and";
  return undefined;
}

/** Type to value. */
type Properties = Map<number, bigint>;

/** What the command line demands of the output. */
interface Demands {
  readonly features: bigint;
  readonly isa: bigint;
  readonly needed: bigint;
}

/**
 * Merges the inputs' .note.gnu.property sections into one: its bytes replace those of the first object that has one
 * (or of a new row), the others are excluded. Before placement. Returns the row, or 0 for none.
 */
export function mergePropertyNotes(model: LinkModel, target: Target, report: Report): SectionId {
  const sectionOf = new Map<InputObject, SectionId>();
  const all = readProperties(model, target, report, sectionOf);
  if (model.options.compat === "lld") return mergeAsLld(model, target, all, sectionOf, report);
  const demands = readDemands(model, target);
  reportMissing(model, all, report);
  let home = all.findIndex((properties, i) => properties.size > 0 && sectionOf.has(model.objects[i]));
  let row = home < 0 ? 0 : sectionOf.get(model.objects[home])!;
  if (demands.features !== 0n || demands.isa !== 0n || demands.needed !== 0n) {
    if (home < 0 && model.objects.length > 0) {
      home = model.objects.length - 1;
      row = addRow(model, target, model.objects[home]);
    }
  }
  for (const section of sectionOf.values()) if (section !== row) model.sections.fate[section] = Fate.excluded;
  if (home < 0) return 0;
  const merged: Properties = new Map(all[home]);
  demand(merged, demands);
  // To merge the same once more changes nothing, and most objects of a library say the same.
  const done = new Set<Properties>();
  const lines: string[] | undefined = model.options.mapFile === undefined ? undefined : [];
  for (let i = 0; i < all.length; i++) {
    if (i === home || (done.has(all[i]) && !lines)) continue;
    done.add(all[i]);
    const before = lines && new Map(merged);
    mergeInto(merged, all[i], target, demands);
    if (before) lines.push(...describeMerge(before, all[i], merged, model.objects[home], model.objects[i]));
  }
  model.trace.propertyMerges = lines;
  const { stackSize } = model.options;
  if (stackSize) {
    const known = merged.get(STACK_SIZE) ?? 0n;
    merged.set(STACK_SIZE, stackSize > known ? stackSize : known);
  }
  for (const [type, value] of merged)
    if (type >= LOPROC && type < LOUSER && value === 0n) merged.delete(type);
  if (merged.size === 0) {
    model.sections.fate[row] = Fate.excluded;
    return 0;
  }
  const bytes = writeProperties(merged, target.is64);
  model.sections.contents.set(row, bytes);
  model.sections.size[row] = bytes.length;
  return row;
}

/** LLD keeps only the features that every input has, in a section of its own. */
function mergeAsLld(
  model: LinkModel,
  target: Target,
  all: readonly Properties[],
  sectionOf: ReadonlyMap<InputObject, SectionId>,
  report: Report,
): SectionId {
  for (const section of sectionOf.values()) model.sections.fate[section] = Fate.excluded;
  if (target.processorProperties !== "x86" || all.length === 0) return 0;
  const keywords = model.options.zKeywords ?? [];
  let common = -1;
  for (const [i, properties] of all.entries()) {
    let own = Number(properties.get(X86_FEATURE_1_AND) ?? 0n);
    if (keywords.includes("force-ibt") && (own & X86Feature.ibt) === 0) {
      const text = "-z force-ibt: file does not have GNU_PROPERTY_X86_FEATURE_1_IBT property";
      report.warning("LD0807", model.objects[i].name, text);
      own |= X86Feature.ibt;
    }
    common &= own;
  }
  if (keywords.includes("shstk")) common |= X86Feature.shstk;
  if (common === 0) return 0;
  const row = addRow(model, target, model.objects[0]);
  const bytes = writeProperties(new Map([[X86_FEATURE_1_AND, BigInt(common)]]), target.is64);
  model.sections.contents.set(row, bytes);
  model.sections.size[row] = bytes.length;
  return row;
}

/** The X86_FEATURE_1_AND bits of the merged note; 0 without. */
export function mergedFeatures(model: LinkModel, row: SectionId): number {
  const bytes = row === 0 ? undefined : model.sections.contents.get(row);
  if (!bytes) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const wordSize = 2 ** Math.max(2, model.sections.alignPower[row]);
  for (let at = NOTE_HEADER; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (view.getUint32(at, true) === X86_FEATURE_1_AND) return view.getUint32(at + 8, true);
    at += 8 + Math.ceil(size / wordSize) * wordSize;
  }
  return 0;
}

/** By object. Those whose sections are the same share what is in them; an object without has an empty one. */
function readProperties(
  model: LinkModel,
  target: Target,
  report: Report,
  sectionOf: Map<InputObject, SectionId>,
): Properties[] {
  const { objects, sections, names } = model;
  const none: Properties = new Map();
  const all = objects.map(() => none);
  const name = names.find(NAME);
  if (name < 0) return all;
  const known: KnownNote[] = [];
  const column = sections.name.subarray(0, sections.count);
  for (let section = column.indexOf(name); section >= 0; section = column.indexOf(name, section + 1)) {
    const object = objects[sections.object[section]];
    if (!object || sections.fate[section] !== Fate.kept || sections.type[section] !== SHT_NOTE) continue;
    const at = sections.fileOffset[section];
    const size = sections.size[section];
    const isSecond = sectionOf.has(object);
    if (isSecond) sections.fate[section] = Fate.excluded;
    else sectionOf.set(object, section);
    const same = isSecond ? undefined : known.find((note) => isSame(model, note, object, at, size));
    if (same) {
      all[object.id] = same.properties;
      continue;
    }
    const properties = new Map(all[object.id]);
    const said = report.diagnostics.length;
    all[object.id] = properties;
    if (!readNotes(object, at, at + size, target, properties, report)) properties.clear();
    else if (!isSecond && report.diagnostics.length === said && known.length < MOST_KNOWN)
      known.push({ object, at, size, properties });
  }
  return all;
}

/** A note that was read without a message. */
interface KnownNote {
  readonly object: InputObject;
  readonly at: number;
  readonly size: number;
  readonly properties: Properties;
}

/** More are not looked for: with most compilers there are two or three. */
const MOST_KNOWN = 8;

function isSame(
  { arena }: LinkModel,
  note: KnownNote,
  object: InputObject,
  at: number,
  size: number,
): boolean {
  if (note.size !== size || note.object.is64 !== object.is64) return false;
  if (note.object.littleEndian !== object.littleEndian) return false;
  if (!arena.owns(note.object.bytes) || !arena.owns(object.bytes)) return false;
  const { equalBytes } = arena.kernels;
  return equalBytes(note.object.bytes.byteOffset + note.at, object.bytes.byteOffset + at, size) !== 0;
}

/** False when the section is not as it should be: the object then counts as one without properties. */
function readNotes(
  object: InputObject,
  start: number,
  end: number,
  target: Target,
  properties: Properties,
  report: Report,
): boolean {
  const { view, littleEndian, is64 } = object;
  const wordSize = is64 ? 8 : 4;
  for (let at = start; at + 12 <= end; ) {
    const nameSize = view.getUint32(at, littleEndian);
    const size = view.getUint32(at + 4, littleEndian);
    const type = view.getUint32(at + 8, littleEndian);
    const desc = at + 12 + Math.ceil(nameSize / 4) * 4;
    if (desc + size > end) return false;
    const isGnu = nameSize === 4 && view.getUint32(at + 12, true) === 0x00554e47;
    at = desc + Math.ceil(size / wordSize) * wordSize;
    if (!isGnu || type !== NT_GNU_PROPERTY_TYPE_0) continue;
    if (size < 8 || size % wordSize !== 0) {
      report.warning("LD0805", object.name, corrupt(`size: 0x${size.toString(16)}`));
      return false;
    }
    if (!readList(object, desc, desc + size, target, properties, report)) return false;
  }
  return true;
}

function corrupt(what: string): string {
  return `corrupt GNU_PROPERTY_TYPE (${NT_GNU_PROPERTY_TYPE_0}) ${what}`;
}

function readList(
  object: InputObject,
  start: number,
  end: number,
  target: Target,
  properties: Properties,
  report: Report,
): boolean {
  const { view, littleEndian, is64 } = object;
  const wordSize = is64 ? 8 : 4;
  for (let at = start; at < end; ) {
    if (end - at < 8) {
      report.warning("LD0805", object.name, corrupt(`size: 0x${(end - start).toString(16)}`));
      return false;
    }
    const type = view.getUint32(at, littleEndian);
    const size = view.getUint32(at + 4, littleEndian);
    const hex = `0x${type.toString(16)}`;
    at += 8;
    if (size > end - at) {
      report.warning("LD0805", object.name, corrupt(`type (${hex}) datasz: 0x${size.toString(16)}`));
      return false;
    }
    const rule = ruleOf(type, target);
    const expected = rule === "largest" ? wordSize : rule === "any" ? 0 : 4;
    if (rule !== undefined && size !== expected) {
      const found = `size: 0x${size.toString(16)}`;
      if (rule === "largest") report.warning("LD0805", object.name, `corrupt stack ${found}`);
      else if (rule === "any") report.warning("LD0805", object.name, `corrupt no copy on protected ${found}`);
      else
        report.warning(
          "LD0805",
          object.name,
          `<corrupt ${type >= LOPROC ? "x86 " : ""}property (${hex}) ${found}>`,
        );
      return false;
    }
    if (rule === undefined)
      report.warning(
        "LD0806",
        object.name,
        `unsupported GNU_PROPERTY_TYPE (${NT_GNU_PROPERTY_TYPE_0}) type: ${hex}`,
      );
    else if (rule === "largest")
      properties.set(
        type,
        size === 8 ? view.getBigUint64(at, littleEndian) : BigInt(view.getUint32(at, littleEndian)),
      );
    else if (rule === "any") properties.set(type, 0n);
    else properties.set(type, (properties.get(type) ?? 0n) | BigInt(view.getUint32(at, littleEndian)));
    at += Math.ceil(size / wordSize) * wordSize;
  }
  return true;
}

function readDemands(model: LinkModel, target: Target): Demands {
  let features = 0n;
  let isa = 0n;
  if (target.processorProperties !== "x86") return { features, isa, needed: 0n };
  for (const keyword of model.options.zKeywords ?? []) {
    if (keyword === "ibt" || keyword === "force-ibt") features |= BigInt(X86Feature.ibt);
    else if (keyword === "shstk") features |= BigInt(X86Feature.shstk);
    else if (keyword === "lam-u48") features |= BigInt(X86Feature.lamU48 | X86Feature.lamU57);
    else if (keyword === "lam-u57") features |= BigInt(X86Feature.lamU57);
    else {
      const level = ["x86-64-baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"].indexOf(keyword);
      if (level >= 0) isa = 1n << BigInt(level);
    }
  }
  return { features, isa, needed: hasIndirectAccess(model.options) ? INDIRECT_EXTERN_ACCESS : 0n };
}

/** -z indirect-extern-access: functions and data of libraries are referred to through the GOT alone, never copied. */
export function hasIndirectAccess({ zKeywords, compat }: LinkOptions): boolean {
  const last = zKeywords?.findLast((word) => word.endsWith("indirect-extern-access"));
  return compat === "gnu" && last === "indirect-extern-access";
}

function demand(properties: Properties, { features, isa, needed }: Demands): void {
  const add = (type: number, bits: bigint): void => {
    if (bits !== 0n) properties.set(type, (properties.get(type) ?? 0n) | bits);
  };
  add(X86_FEATURE_1_AND, features);
  add(X86_ISA_1_NEEDED, isa);
  add(NEEDED_1, needed);
}

function addRow(model: LinkModel, target: Target, object: InputObject): SectionId {
  return model.sections.addSynthetic({
    object: object.id,
    name: model.names.addString(NAME),
    type: SHT_NOTE,
    flags: SHF_ALLOC,
    alignPower: target.is64 ? 3 : 2,
  });
}

function mergeInto(merged: Properties, other: Properties, target: Target, demands: Demands): void {
  for (const [type, value] of merged) {
    const rule = ruleOf(type, target);
    const theirs = other.get(type);
    const features = type === X86_FEATURE_1_AND ? demands.features : 0n;
    if (rule === "largest") {
      if (theirs !== undefined && theirs > value) merged.set(type, theirs);
    } else if (rule === "or" || (rule === "or-and" && theirs !== undefined)) {
      const sum = value | (theirs ?? 0n);
      if (sum === 0n && rule === "or") merged.delete(type);
      else merged.set(type, sum);
    } else if (rule === "and") {
      const common = (theirs === undefined ? 0n : value & theirs) | features;
      if (common === 0n) merged.delete(type);
      else merged.set(type, common);
    } else if (rule === "or-and") merged.delete(type);
  }
  for (const [type, value] of other) {
    if (merged.has(type)) continue;
    const rule = ruleOf(type, target);
    if (rule === "largest" || rule === "any" || (rule === "or" && value !== 0n)) merged.set(type, value);
    else if (type === X86_FEATURE_1_AND && demands.features !== 0n) merged.set(type, demands.features);
  }
}

/** The lines of a map, in GNU ld's words: what became of the properties when those of one more object were added. */
function describeMerge(
  before: Properties,
  added: Properties,
  after: Properties,
  home: InputObject,
  object: InputObject,
): string[] {
  const lines: string[] = [];
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  const typesOf = (properties: Properties) => [...properties.keys()].sort((a, b) => a - b);
  const has = (type: number, value: bigint | undefined): string => {
    if (value === undefined) return " (not found)";
    return type === NO_COPY_ON_PROTECTED ? "" : ` (${hex(value)})`;
  };
  for (const type of typesOf(before)) {
    const [mine, theirs, now] = [before.get(type), added.get(type), after.get(type)];
    const merging = `to merge ${home.name}${has(type, mine)} and ${object.name}${has(type, theirs)}`;
    const name = hex(BigInt(type)).padStart(10);
    if (now === undefined) lines.push(`Removed property ${name} ${merging}`);
    else if (now !== mine || (theirs !== undefined && now !== theirs))
      lines.push(
        `Updated property ${name} (${theirs === undefined ? now.toString(16) : hex(now)}) ${merging}`,
      );
  }
  for (const type of typesOf(added)) {
    if (before.has(type) || after.has(type)) continue;
    const name = hex(BigInt(type)).padStart(10);
    const lacks = type === NO_COPY_ON_PROTECTED ? "" : " (not found)";
    const theirs = `${object.name}${has(type, added.get(type))}`;
    lines.push(`Removed property ${name} to merge ${home.name}${lacks} and ${theirs}`);
  }
  return lines;
}

/** The list is sorted by type. */
function writeProperties(properties: Properties, is64: boolean): Uint8Array {
  const wordSize = is64 ? 8 : 4;
  const sizeOf = (type: number) => (type === STACK_SIZE ? wordSize : type === NO_COPY_ON_PROTECTED ? 0 : 4);
  const types = [...properties.keys()].sort((a, b) => a - b);
  let size = NOTE_HEADER;
  for (const type of types) size += Math.ceil((8 + sizeOf(type)) / wordSize) * wordSize;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 4, true);
  view.setUint32(4, size - NOTE_HEADER, true);
  view.setUint32(8, NT_GNU_PROPERTY_TYPE_0, true);
  bytes.set([0x47, 0x4e, 0x55, 0], 12);
  let at = NOTE_HEADER;
  for (const type of types) {
    const value = properties.get(type)!;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, sizeOf(type), true);
    if (sizeOf(type) === 8) view.setBigUint64(at + 8, value, true);
    else if (sizeOf(type) === 4) view.setUint32(at + 8, Number(value & 0xffffffffn), true);
    at += Math.ceil((8 + sizeOf(type)) / wordSize) * wordSize;
  }
  return bytes;
}

/** -z cet-report=, lam-report=…: which inputs lack what is asked for. */
function reportMissing(model: LinkModel, all: readonly Properties[], report: Report): void {
  const keywords = model.options.zKeywords ?? [];
  const level = (name: string): string | undefined => {
    const given = keywords.filter((keyword) => keyword.startsWith(`${name}=`)).at(-1);
    return given?.slice(name.length + 1);
  };
  const both = level("lam-report");
  const cet = level("cet-report");
  const checks: [string | undefined, readonly (readonly [number, string])[]][] = [
    [
      cet,
      [
        [keywords.includes("ibt") ? 0 : X86Feature.ibt, "IBT"],
        [keywords.includes("shstk") ? 0 : X86Feature.shstk, "SHSTK"],
      ],
    ],
    [
      keywords.includes("lam-u48") ? undefined : (level("lam-u48-report") ?? both),
      [[X86Feature.lamU48, "LAM_U48"]],
    ],
    [
      keywords.includes("lam-u48") || keywords.includes("lam-u57")
        ? undefined
        : (level("lam-u57-report") ?? both),
      [[X86Feature.lamU57, "LAM_U57"]],
    ],
  ];
  const wanted = checks.filter(([severity]) => severity === "warning" || severity === "error");
  if (wanted.length === 0) return;
  for (const [i, object] of model.objects.entries()) {
    const has = Number(all[i].get(X86_FEATURE_1_AND) ?? 0n);
    for (const [severity, features] of wanted) {
      const missing = features.filter(([bit]) => bit !== 0 && (has & bit) === 0).map(([, name]) => name);
      if (missing.length === 0) continue;
      const text = `missing ${missing.join(" and ")} propert${missing.length > 1 ? "ies" : "y"}`;
      if (severity === "warning") report.warning("LD0807", object.name, text);
      else report.error("LD0807", object.name, `error: ${text}`, { lld: text });
    }
  }
}
