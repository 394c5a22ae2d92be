import { int32Column } from "../../binary/index.ts";
import { SHF_ALLOC, SHT_NOTE } from "../../elf/index.ts";
import * as F from "../../kernels/assembly/parts/pattern-fields.ts";
import type { Kernels } from "../../kernels/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { type OutputStatement, SectionFlag } from "./placement.ts";

// Most sections that a statement takes are like one that it took before: the same flags, type and size of entries.
// Then `addInput` changes nothing of the output section but its alignment, and a kernel adds them
// (src/kernels/assembly/patterns.ts). Of those without SHF_ALLOC, and of notes, the name counts, too.

/** Adds the rows of one statement. What is taken moves to the front of the list. */
export class RowTaker {
  private readonly model: LinkModel;
  private readonly kernels: Kernels;
  private readonly words: Int32Array = int32Column(F.SIZE_OF_TAKE >> 2);
  private readonly rows: Int32Array;

  /** `kept`: by row, 1 for what some KEEP matches. */
  constructor(model: LinkModel, rule: number, kept: Uint8Array, rows: Int32Array) {
    this.model = model;
    this.kernels = model.arena.kernels;
    this.rows = rows;
    this.words[F.TAKE_SECTIONS >> 2] = model.sections.block.byteOffset;
    this.words[F.TAKE_RULE >> 2] = rule;
    this.words[F.TAKE_KEPT >> 2] = kept.byteOffset;
  }

  /** Adds rows from number `from` on; returns the number of the first that is of a new kind, or how many there are. */
  next(from: number, output: OutputStatement): number {
    const { words, rows } = this;
    if (words[F.TAKE_KINDS >> 2] === 0) return from;
    const next = this.kernels.takeRows(words.byteOffset, rows.byteOffset, from, rows.length);
    output.alignPower = Math.max(output.alignPower, words[F.TAKE_POWER >> 2]);
    if (words[F.TAKE_ANY_KEPT >> 2] !== 0) output.flags |= SectionFlag.keep;
    return next;
  }

  /** A row that was taken otherwise. */
  add(section: SectionId): void {
    this.rows[this.words[F.TAKE_COUNT >> 2]++] = section;
  }

  /** The output section has a section of this kind now. */
  note(section: SectionId): void {
    const { words } = this;
    const { flags, type, entsize } = this.model.sections;
    const count = words[F.TAKE_KINDS >> 2];
    if (count === F.MOST_KINDS || (flags[section] & SHF_ALLOC) === 0 || type[section] === SHT_NOTE) return;
    const at = (F.TAKE_FIRST_KIND + count * F.SIZE_OF_KIND) >> 2;
    words[at] = flags[section];
    words[at + 1] = type[section];
    words[at + 2] = entsize[section];
    words[F.TAKE_KINDS >> 2] = count + 1;
  }

  /** The rows that were taken. */
  taken(): Int32Array {
    return this.rows.subarray(0, this.words[F.TAKE_COUNT >> 2]);
  }
}
