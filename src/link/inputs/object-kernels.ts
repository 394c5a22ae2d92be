import { int32Column, uint8Column } from "../../binary/index.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel } from "../../model/index.ts";
import type { NameMap } from "../symbols/resolve.ts";

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
  expected: 40,
  room: 41,
  packNames: 42,
  packRoom: 43,
  stopped: 44,
  remaining: 45,
  flags: 46,
  localBase: 47,
  localCount: 48,
  left: 49,
  wholeSymtab: 50,
  wholeStrtab: 51,
  wholeStrtabSize: 52,
  wholeSymbols: 53,
  wholeFirstGlobal: 54,
} as const;

/** Where `readObject` (src/kernels/assembly/read-object.ts) stops. */
export const Stage = {
  header: 0,
  sections: 1,
  groups: 2,
  relocations: 3,
  locals: 4,
  globals: 5,
  packing: 6,
  end: 7,
} as const;

/** Why a kernel stopped. */
export const Status = { done: 0, odd: 1, noRoom: 2, badSymbol: 3 } as const;

/** Bits of `Job.modes`. */
export const Mode = { lld: 1, stripped: 2, leavesLabels: 4, wraps: 8, givesUp: 16, packs: 32 } as const;

/** Objects with more sections or more symbols are not read in one call: then a few calls more are nothing. */
const ROOM = 512;
/** Symbols of objects are numbered in blocks of so many. */
const IDS = 1 << 14;

/** What is done with objects. */
export interface ReadingModes {
  /** Whether local labels that no relocation refers to are left out. */
  readonly leavesLabels: boolean;
  /** Whether --wrap redirects references. */
  readonly wraps: boolean;
  /** Whether bytes that nobody needs once an object is read are given up, and the others moved together. */
  readonly givesUp: boolean;
  readonly packs: boolean;
  /** LLD: names that an archive not yet needed defines. */
  readonly lazy: NameMap | undefined;
}

/** The kernels that read objects, and what they are told: one for a link. */
export class ObjectKernels {
  readonly kernels: Kernels;
  readonly job: Int32Array = int32Column(55);
  /** The machine of the objects. */
  readonly machine: number;
  readonly givesUp: boolean;
  private readonly lazy: NameMap | undefined;
  /** Sections that the kernel leaves to us. */
  odd: Int32Array = int32Column(ROOM);
  /** Room for the numbers of symbols, from `idsUsed` on. */
  private ids: Int32Array = int32Column(0);
  private idsUsed = 0;
  /** 1 for each symbol of the object at hand that a relocation refers to; kept where labels without rows are left out. */
  mentioned: Uint8Array = uint8Column(1024);
  /** The symbols of the object at hand until it is known which of them are left out; in use where labels are. */
  private symbolIds: Int32Array = int32Column(1024);
  private readonly leavesLabels: boolean;
  /** The names of an object's local symbols while it is moved. */
  private localNames: Uint8Array = uint8Column(1 << 13);
  private readonly model: LinkModel;

  constructor(model: LinkModel, machine: number, is64: boolean, modes: ReadingModes) {
    const { options } = model;
    const { job } = this;
    this.model = model;
    this.leavesLabels = modes.leavesLabels;
    this.machine = machine;
    this.givesUp = modes.givesUp;
    this.lazy = modes.lazy;
    this.kernels = model.arena.kernels;
    const isStripped = options.strip !== "none";
    job[Job.nameTable] = model.names.table;
    job[Job.sections] = model.sections.block.byteOffset;
    job[Job.expected] = machine | ((is64 ? 2 : 1) << 16);
    job[Job.room] = ROOM;
    job[Job.modes] =
      (options.compat === "lld" ? Mode.lld : 0) |
      (isStripped ? Mode.stripped : 0) |
      (modes.leavesLabels ? Mode.leavesLabels : 0) |
      (modes.wraps ? Mode.wraps : 0) |
      (modes.givesUp ? Mode.givesUp : 0) |
      (modes.packs ? Mode.packs : 0);
    this.needOdd(ROOM);
    this.needNames(0);
    job[Job.mentioned] = this.mentioned.byteOffset;
  }

  /** Reads the object at an address, which will have this number, as far as it is usual; returns the stage at which we have to go on. */
  read(address: number, size: number, object: number): number {
    const { job, model } = this;
    const { sections } = model;
    if (this.idsUsed + ROOM > this.ids.length) {
      this.ids = int32Column(IDS);
      this.idsUsed = 0;
    }
    sections.makeRoom(ROOM);
    job[Job.file] = address;
    job[Job.fileEnd] = address + size;
    job[Job.object] = object;
    job[Job.base] = sections.count;
    job[Job.symbolIds] = this.ids.byteOffset + this.idsUsed * 4;
    const stage = this.goOn(Stage.header);
    if (stage !== Stage.header) sections.count += job[Job.count];
    if (stage > Stage.sections) this.idsUsed += job[Job.symbols];
    return stage;
  }

  /** As `read`, from another stage on. */
  goOn(from: number): number {
    const { job, model } = this;
    model.names.reserve(2 * ROOM);
    this.lendSymbols(ROOM, 2 * ROOM);
    const stage = this.kernels.readObject(job.byteOffset, from);
    model.symbols.takeBack();
    return stage;
  }

  /** Where the headers of the sections are in the file. */
  headers(): number {
    return (this.job[Job.headers] >>> 0) - (this.job[Job.file] >>> 0);
  }

  /** Makes room for so many more symbols and names. */
  lendSymbols(symbols: number, names: number): void {
    const { job, model, lazy } = this;
    job[Job.symbolColumns] = model.symbols.lend(symbols, model.names.count + names);
    if (!lazy) return;
    job[Job.lazy] = lazy.values.byteOffset;
    job[Job.lazyCount] = lazy.values.length;
  }

  /** Room for the numbers of an object's symbols, which are zero; where labels may be left out, only until that is done. */
  needIds(count: number): void {
    let ids = this.symbolIds;
    if (!this.leavesLabels) ids = int32Column(count);
    else if (count > ids.length) ids = this.symbolIds = int32Column(Math.max(count, ids.length * 2));
    // Written at once, since it is read first: the system would make its pages twice.
    this.job[Job.symbolIds] = ids.fill(0, 0, count).byteOffset;
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
    this.job[Job.packRoom] = this.localNames.length;
    this.job[Job.packNames] = this.localNames.byteOffset;
    return this.localNames.byteOffset;
  }

  /** Nobody has mentioned any of the symbols of an object. */
  clearMentioned(count: number): void {
    if (count > this.mentioned.length)
      this.mentioned = uint8Column(Math.max(count, this.mentioned.length * 2));
    this.mentioned.fill(0, 0, count);
    this.job[Job.mentioned] = this.mentioned.byteOffset;
  }
}
