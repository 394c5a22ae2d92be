import * as F from "../../kernels/assembly/parts/symtab-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { InputObject, LinkModel, SymbolId } from "../../model/index.ts";

/** What the writer of the symbol table and the kernels go on with in turn. */
export interface SymbolProgress {
  count: number;
  strings: Uint8Array;
  stringsUsed: number;
  fileSymbols: number;
}

/** What the kernels of the symbol table (src/kernels/assembly/symtab.ts) are told. */
export class SymbolKernel {
  /** Whether the object at hand has a file symbol by now. */
  hasFile = false;
  private readonly model: LinkModel;
  private readonly kernels: Kernels;
  private readonly words: Int32Array;
  private readonly at: number;

  /** `labels`: which local labels are left out: 0 none, 1 those of merged strings, 2 all. */
  constructor(model: LinkModel, table: Uint8Array, indexOf: Int32Array, is64: boolean, labels: number) {
    const { arena, symbols, sections, names } = model;
    this.model = model;
    this.kernels = arena.kernels;
    this.words = arena.int32(F.SIZE_OF_WORK >> 2);
    this.at = this.words.byteOffset;
    this.set(F.SYMBOLS, symbols.columns());
    this.set(F.SECTIONS, sections.block.byteOffset);
    this.set(F.ADDRESS_LOW, symbols.addressLow.byteOffset);
    this.set(F.ADDRESS_HIGH, symbols.addressHigh.byteOffset);
    this.set(F.NAMES, names.places());
    this.set(F.TABLE, table.byteOffset);
    this.set(F.INDEX_OF, indexOf.byteOffset);
    this.set(F.IS_64, is64 ? 1 : 0);
    this.set(F.LABELS, labels);
  }

  private set(field: number, value: number): void {
    this.words[field >> 2] = value;
  }

  /** Writes local symbols from `id` on; returns the first that it leaves, or `end`. */
  locals(progress: SymbolProgress, object: InputObject, id: SymbolId, end: SymbolId): SymbolId {
    const { address, size } = object;
    if (!object.littleEndian || !this.model.arena.owns(progress.strings)) return id;
    this.set(F.SYMTAB, address + object.symtabOffset);
    this.set(F.STRTAB, address + object.strtabOffset);
    this.set(F.LIMIT, address + size);
    this.set(F.HAS_FILE, this.hasFile ? 1 : 0);
    this.set(F.FILE_COUNT, progress.fileSymbols);
    this.begin(progress);
    const stopped = this.kernels.writeLocals(this.at, id, end);
    this.end(progress);
    this.hasFile = this.words[F.HAS_FILE >> 2] !== 0;
    progress.fileSymbols = this.words[F.FILE_COUNT >> 2];
    return stopped;
  }

  /** Writes global symbols from number `index` of a list on; returns the first index that it leaves, or its length. */
  globals(progress: SymbolProgress, rows: Int32Array, index: number): number {
    if (!this.model.arena.owns(progress.strings) || !this.model.arena.owns(rows)) return index;
    this.begin(progress);
    const stopped = this.kernels.writeGlobals(this.at, rows.byteOffset, index, rows.length);
    this.end(progress);
    return stopped;
  }

  private begin({ count, strings, stringsUsed }: SymbolProgress): void {
    this.set(F.COUNT, count);
    this.set(F.STRINGS, strings.byteOffset);
    this.set(F.STRINGS_USED, stringsUsed);
    this.set(F.STRINGS_ROOM, strings.length);
  }

  private end(progress: SymbolProgress): void {
    progress.count = this.words[F.COUNT >> 2];
    progress.stringsUsed = this.words[F.STRINGS_USED >> 2];
  }
}
