import { int32Column, uint8Column } from "../../binary/index.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel } from "../../model/index.ts";

/** Words of the block in which the kernels find an object: see src/kernels/assembly/parts/object-job.ts. */
export const Job = {
  file: 0,
  fileEnd: 1,
  headers: 2,
  count: 3,
  is64: 4,
  base: 5,
  object: 6,
  names: 7,
  namesEnd: 8,
  namesIndex: 9,
  odd: 10,
  oddCount: 11,
  needed: 12,
  groupCount: 13,
  groupWords: 14,
  modes: 15,
  symtab: 16,
  symbols: 17,
  firstGlobal: 18,
  strtab: 19,
  strtabSize: 20,
  symbolIds: 21,
  mentioned: 22,
  symtabIndex: 23,
  groupOf: 24,
  anyLinkOnce: 25,
  groupObject: 26,
  groupSignature: 27,
  groupComdat: 28,
  groupSection: 29,
  groupFirst: 30,
  groupMembers: 31,
  groups: 32,
  status: 33,
  nameTable: 34,
  sections: 35,
  symbolColumns: 36,
  worst: 37,
  lazy: 38,
  lazyCount: 39,
} as const;

/** Why a kernel stopped. */
export const Status = { done: 0, odd: 1, noRoom: 2, badSymbol: 3 } as const;

/** Bits of `Job.modes`. */
export const Mode = { lld: 1, stripped: 2, leavesLabels: 4 } as const;

/** The kernels that read objects, and what they are told: one for a link. */
export class ObjectKernels {
  readonly kernels: Kernels;
  readonly job: Int32Array = int32Column(40);
  /** Sections that the kernel leaves to us. */
  odd: Int32Array = int32Column(256);
  /** 1 for each symbol of the object at hand that a relocation refers to; kept where labels without rows are left out. */
  mentioned: Uint8Array = uint8Column(1024);
  /** The symbols of the object at hand until it is known which of them are left out; in use where labels are. */
  private symbolIds: Int32Array = int32Column(1024);
  private readonly leavesLabels: boolean;
  /** The names of an object's local symbols while it is moved. */
  private localNames: Uint8Array = uint8Column(1024);
  private readonly model: LinkModel;

  constructor(model: LinkModel, leavesLabels: boolean) {
    const { options } = model;
    this.model = model;
    this.leavesLabels = leavesLabels;
    this.kernels = model.arena.kernels;
    const isStripped = options.strip !== "none";
    this.job[Job.nameTable] = model.names.table;
    this.job[Job.modes] =
      (options.compat === "lld" ? Mode.lld : 0) |
      (isStripped ? Mode.stripped : 0) |
      (leavesLabels ? Mode.leavesLabels : 0);
  }

  /** The kernel's result, with room for names made as often as it ends. */
  run(kernel: "readSections" | "readGroups" | "readGlobals", from: number): number {
    const { job, kernels, model } = this;
    let at = from;
    for (let room = 1 << 10; ; room *= 2) {
      at = kernels[kernel](job.byteOffset, at);
      if (job[Job.status] !== Status.noRoom) return at;
      model.names.makeRoom(room);
    }
  }

  /** Room for the sections of an object. */
  needOdd(count: number): void {
    if (count > this.odd.length) this.odd = int32Column(Math.max(count, this.odd.length * 2));
    this.job[Job.odd] = this.odd.byteOffset;
  }

  /** The address of room for a string table. */
  needNames(size: number): number {
    if (size > this.localNames.length)
      this.localNames = uint8Column(Math.max(size, this.localNames.length * 2));
    return this.localNames.byteOffset;
  }

  /** A word, which is 0, for each symbol of an object; where labels may be left out, only until that is done. */
  idsOf(count: number): Int32Array {
    // Written at once, since it is read first: the system would make its pages twice.
    if (!this.leavesLabels) return int32Column(count).fill(0);
    if (count > this.symbolIds.length)
      this.symbolIds = int32Column(Math.max(count, this.symbolIds.length * 2));
    return this.symbolIds.subarray(0, count).fill(0);
  }

  /** Nobody has mentioned any of the symbols of an object. */
  clearMentioned(count: number): void {
    if (count > this.mentioned.length)
      this.mentioned = uint8Column(Math.max(count, this.mentioned.length * 2));
    this.mentioned.fill(0, 0, count);
    this.job[Job.mentioned] = this.mentioned.byteOffset;
  }
}
