import type { Arena } from "../../kernels/index.ts";
import type { InputObject, ObjectId, SourceFile, SymbolsInFile } from "../../model/index.ts";
import type { MemberBytes } from "./archives.ts";
import { Job } from "./object-kernels.ts";

/**
 * An object whose bytes and symbols are in the arena. A small link has hundreds and mostly kernels look at them, by
 * address; so views are made when somebody asks for one.
 */
export class ArenaObject implements InputObject {
  readonly id: ObjectId;
  private readonly source: MemberBytes;
  readonly address: number;
  size: number;
  readonly is64: boolean;
  readonly littleEndian = true;
  readonly machine: number;
  readonly flags: number;
  readonly sectionBase: number;
  readonly sectionCount: number;
  idsAddress!: number;
  symbolCount!: number;
  firstGlobal!: number;
  whole: SymbolsInFile | undefined;
  localBase: number;
  localCount: number;
  symtabOffset!: number;
  strtabOffset!: number;
  strtabSize!: number;
  private readonly buffer: ArrayBufferLike;
  private madeBytes: Uint8Array | undefined;
  private madeView: DataView | undefined;
  private madeIds: Int32Array | undefined;

  /** As the block (parts/object-job.ts) says. */
  constructor(arena: Arena, job: Int32Array, machine: number, source: MemberBytes) {
    this.source = source;
    this.machine = machine;
    this.buffer = arena.bytes.buffer;
    this.id = job[Job.object];
    this.address = job[Job.file] >>> 0;
    this.size = (job[Job.fileEnd] >>> 0) - this.address;
    this.is64 = job[Job.is64] !== 0;
    this.flags = job[Job.flags] >>> 0;
    this.sectionBase = job[Job.base];
    this.sectionCount = job[Job.count];
    this.localBase = this.localCount = 0;
    this.madeBytes = this.madeView = this.madeIds = this.whole = undefined;
    this.takeTables(job);
  }

  get file(): SourceFile {
    return this.source.file;
  }

  get name(): string {
    return this.source.name;
  }

  get bytes(): Uint8Array {
    this.madeBytes ??= new Uint8Array(this.buffer, this.address, this.size);
    return this.madeBytes;
  }

  get view(): DataView {
    this.madeView ??= new DataView(this.buffer, this.address, this.size);
    return this.madeView;
  }

  get symbolIds(): Int32Array {
    this.madeIds ??= new Int32Array(this.buffer, this.idsAddress, this.symbolCount);
    return this.madeIds;
  }

  /** Where the tables of symbols and of their names are, and what is in them. */
  takeTables(job: Int32Array): void {
    this.idsAddress = job[Job.symbolIds] >>> 0;
    this.symbolCount = job[Job.symbols];
    this.firstGlobal = job[Job.firstGlobal];
    this.madeIds = undefined;
    if (job[Job.left] !== 0) this.whole ??= this.wholeTables(job);
    this.symtabOffset = (job[Job.symtab] >>> 0) - this.address;
    this.strtabOffset = (job[Job.strtab] >>> 0) - this.address;
    this.strtabSize = job[Job.strtabSize];
  }

  /** The tables before labels were left out. */
  private wholeTables(job: Int32Array): SymbolsInFile {
    return {
      fileSize: this.size,
      symtabOffset: (job[Job.wholeSymtab] >>> 0) - this.address,
      strtabOffset: (job[Job.wholeStrtab] >>> 0) - this.address,
      strtabSize: job[Job.wholeStrtabSize],
      symbolCount: job[Job.wholeSymbols],
      firstGlobal: job[Job.wholeFirstGlobal],
    };
  }

  takeLocals(base: number, count: number): void {
    this.localBase = base;
    this.localCount = count;
  }

  /** Only so many bytes are needed from now on. */
  keep(size: number): void {
    this.size = size;
    this.madeBytes = this.madeView = undefined;
  }
}
