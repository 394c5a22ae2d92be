import { growInt32, growUint8, int32Column, type NameId, uint8Column } from "../binary/index.ts";
import type { ObjectId } from "./object.ts";
import type { SectionId } from "./sections.ts";

/** A section group: COMDAT groups of one signature exclude each other. */
export interface SectionGroup {
  readonly object: ObjectId;
  readonly signature: NameId;
  readonly comdat: boolean;
  /** The SHT_GROUP section, and its members. */
  readonly section: SectionId;
  readonly members: Int32Array;
}

/** The groups that were taken, in columns: a large C++ program has a hundred thousand. */
export class GroupTable {
  count = 0;
  object: Int32Array = int32Column(64);
  signature: Int32Array = int32Column(64);
  comdat: Uint8Array = uint8Column(64);
  section: Int32Array = int32Column(64);
  /** The members of group `g` are entries `first[g]` to `first[g + 1] - 1` of `members`. */
  first: Int32Array = int32Column(65);
  members: Int32Array = int32Column(256);

  /** Adds a group of the first `count` of a list of sections; returns its number. */
  add(
    object: ObjectId,
    signature: NameId,
    comdat: boolean,
    section: SectionId,
    members: Int32Array,
    count: number,
  ): number {
    const group = this.count++;
    if (group === this.object.length) this.grow(group + 1);
    this.object[group] = object;
    this.signature[group] = signature;
    this.comdat[group] = comdat ? 1 : 0;
    this.section[group] = section;
    const first = this.first[group];
    if (first + count > this.members.length) this.members = growInt32(this.members, first + count);
    for (let i = 0; i < count; i++) this.members[first + i] = members[i];
    this.first[group + 1] = first + count;
    return group;
  }

  /** Makes room for `more` groups with as many sections in all. */
  reserve(more: number, members: number): void {
    if (this.count + more > this.object.length) this.grow(this.count + more);
    const used = this.first[this.count];
    if (used + members > this.members.length) this.members = growInt32(this.members, used + members);
  }

  /** A group by itself; undefined for a number that is none, such as -1. */
  at(group: number): SectionGroup | undefined {
    if (!(group >= 0 && group < this.count)) return undefined;
    return {
      object: this.object[group],
      signature: this.signature[group],
      comdat: this.comdat[group] !== 0,
      section: this.section[group],
      members: this.membersOf(group),
    };
  }

  membersOf(group: number): Int32Array {
    return this.members.subarray(this.first[group], this.first[group + 1]);
  }

  /** All of them. */
  *[Symbol.iterator](): Iterator<SectionGroup> {
    for (let group = 0; group < this.count; group++) {
      const each = this.at(group);
      if (each) yield each;
    }
  }

  private grow(count: number): void {
    this.object = growInt32(this.object, count);
    this.signature = growInt32(this.signature, count);
    this.comdat = growUint8(this.comdat, count);
    this.section = growInt32(this.section, count);
    this.first = growInt32(this.first, this.object.length + 1);
  }
}
