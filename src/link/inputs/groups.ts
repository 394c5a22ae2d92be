import type { NameId } from "../../binary/index.ts";
import { Fate, type LinkModel, type ObjectId, type SectionId } from "../../model/index.ts";
import { NameMap } from "../symbols/resolve.ts";
import { Job } from "./object-kernels.ts";

// Functions that every object compiles for itself (inline functions, template
// instances) come in COMDAT groups: of those with one signature the first is
// taken, whole. Old compilers marked such sections one by one, by the name
// `.gnu.linkonce.t.SIGNATURE`. The two kinds know each other: a group of one
// section and a link-once section of the same signature are the same thing.

const LINK_ONCE = ".gnu.linkonce.";
const READ_ONLY_DATA = `${LINK_ONCE}r.`;

/** The COMDAT groups and link-once sections seen so far. */
export class ComdatTable {
  private readonly model: LinkModel;
  /** Signature to number in `model.groups` + 1. */
  private readonly groupOf = new NameMap();
  /** Name of a link-once section to the first such section. */
  private readonly linkOnce = new NameMap();
  /** Signature to the first link-once section with it. */
  private readonly linkOnceKey = new NameMap();
  private anyLinkOnce = false;

  constructor(model: LinkModel) {
    this.model = model;
  }

  /** Tells the kernel that reads groups where to put up to `more`, with as many words in all. */
  lend(job: Int32Array, more: number, words: number): void {
    const { groups, names } = this.model;
    groups.reserve(more, words);
    this.groupOf.reserve(names.count + more);
    job[Job.groupOf] = this.groupOf.values.byteOffset;
    job[Job.anyLinkOnce] = this.anyLinkOnce ? 1 : 0;
    job[Job.groupObject] = groups.object.byteOffset;
    job[Job.groupSignature] = groups.signature.byteOffset;
    job[Job.groupComdat] = groups.comdat.byteOffset;
    job[Job.groupSection] = groups.section.byteOffset;
    job[Job.groupFirst] = groups.first.byteOffset;
    job[Job.groupMembers] = groups.members.byteOffset;
    job[Job.groups] = groups.count;
  }

  /** After the kernel has run. */
  takeBack(job: Int32Array): void {
    this.model.groups.count = job[Job.groups];
  }

  /** A group of an object, its members the first `count` of a list: takes it, or marks its members as duplicates. */
  add(
    object: ObjectId,
    section: SectionId,
    signature: NameId,
    comdat: boolean,
    members: Int32Array,
    count: number,
  ): void {
    const { sections, groups } = this.model;
    const known = comdat ? this.groupOf.get(signature) : 0;
    if (known !== 0) {
      for (let i = 0; i < count; i++) {
        const member = members[i];
        if (sections.fate[member] === Fate.kept) sections.fate[member] = Fate.duplicate;
        sections.group[member] = known - 1;
      }
      return;
    }
    if (comdat && this.anyLinkOnce && count === 1 && this.discardForLinkOnce(signature, members[0])) return;
    const index = groups.add(object, signature, comdat, section, members, count);
    for (let i = 0; i < count; i++) sections.group[members[i]] = index;
    if (comdat) this.groupOf.set(signature, index + 1);
  }

  /** A section named `.gnu.linkonce.…`: keeps it, or marks it as a duplicate. */
  addLinkOnce(section: SectionId): void {
    const { sections, names, groups, trace } = this.model;
    const name = sections.name[section];
    const first = this.linkOnce.get(name);
    if (first !== 0) {
      sections.fate[section] = Fate.duplicate;
      trace.duplicateOf.set(section, sections.object[first]);
      return;
    }
    const text = names.text(name);
    const dot = text.indexOf(".", LINK_ONCE.length);
    const key = names.addString(dot < 0 ? text.slice(LINK_ONCE.length) : text.slice(dot + 1));
    const group = this.groupOf.get(key);
    if (group !== 0 && groups.membersOf(group - 1).length === 1) {
      sections.fate[section] = Fate.duplicate;
      trace.duplicateOf.set(section, groups.object[group - 1]);
      return;
    }
    if (text.startsWith(READ_ONLY_DATA)) this.dropWithCode(section, text.slice(READ_ONLY_DATA.length));
    this.anyLinkOnce = true;
    this.linkOnce.set(name, section);
    if (this.linkOnceKey.get(key) === 0) this.linkOnceKey.set(key, section);
  }

  /** Constants of a function whose code was taken from another object, where it needs none. */
  private dropWithCode(section: SectionId, key: string): void {
    const { sections, names, trace } = this.model;
    const name = names.find(`${LINK_ONCE}t.${key}`);
    const code = name < 0 ? 0 : this.linkOnce.get(name);
    if (code === 0 || sections.object[code] === sections.object[section]) return;
    sections.fate[section] = Fate.duplicate;
    trace.duplicateOf.set(section, sections.object[code]);
  }

  /** A group of one section, where a link-once section of that signature was taken. */
  private discardForLinkOnce(signature: NameId, member: SectionId): boolean {
    const { sections, trace } = this.model;
    const first = this.linkOnceKey.get(signature);
    if (first === 0) return false;
    if (sections.fate[member] === Fate.kept) sections.fate[member] = Fate.duplicate;
    trace.duplicateOf.set(member, sections.object[first]);
    return true;
  }
}

/** The object whose copy of a duplicate section was taken; -1 for a section that is no duplicate. */
export function keptCopyOwner(model: LinkModel, section: SectionId): ObjectId {
  if (model.sections.fate[section] !== Fate.duplicate) return -1;
  const group = model.sections.group[section];
  return group >= 0 ? model.groups.object[group] : (model.trace.duplicateOf.get(section) ?? -1);
}
