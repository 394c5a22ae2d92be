import { SHT_NOBITS } from "../../elf/index.ts";
import type { OutputSection, SectionId } from "../../model/index.ts";
import type { RelocateContext, Target } from "../../targets/index.ts";
import { copyEhFrame, type EhFrames, isEditedEhFrame } from "../unwind/eh-frame.ts";
import { adjustInPlaceAddends } from "./relocatable.ts";
import { copySection } from "./section-bytes.ts";
import type { Sink } from "./sink.ts";
import { WriteKernel } from "./write-kernel.ts";

/** Writes output sections, of which each begins where the sink is. */
export class SectionWriter {
  private readonly sink: Sink;
  private readonly context: RelocateContext;
  private readonly target: Target;
  private readonly frames: EhFrames;
  private readonly relocate: boolean;
  private readonly kernel: WriteKernel | undefined;

  constructor(sink: Sink, context: RelocateContext, target: Target, frames: EhFrames, relocate: boolean) {
    this.sink = sink;
    this.context = context;
    this.target = target;
    this.frames = frames;
    this.relocate = relocate;
    const ways = target.writing;
    // Once a link is over, buffers are no longer made where kernels get at them.
    if (ways && context.model.arena.owns(sink.buffer))
      this.kernel = new WriteKernel(context, ways, frames, relocate);
  }

  /** One after the other; what is between them, and what data statements have to say, on the way. */
  write(section: OutputSection): void {
    const { sink, kernel } = this;
    const { sections } = this.context.model;
    const { order, data } = section;
    const gaps = new GapFiller(section, this.target, sink);
    let at = 0;
    let nextData = 0;
    const writeData = (): void => {
      const part = data[nextData++];
      gaps.fill(at, part.offset);
      sink.bytes(part.bytes);
      at = part.offset + part.bytes.length;
    };
    // The end of all sections, where there is no data.
    let dataOffset = data.length > 0 ? data[0].offset : Number.POSITIVE_INFINITY;
    kernel?.start(section);
    for (let i = 0; i < order.length; i++) {
      const id = order[i];
      const offset = sections.outputOffset[id];
      while (dataOffset < offset) {
        writeData();
        dataOffset = nextData < data.length ? data[nextData].offset : Number.POSITIVE_INFINITY;
      }
      if (kernel) {
        const done = kernel.write(sink, i, at, dataOffset, Math.max(0, offset - at) + sections.size[id]);
        if (done > i) {
          at = kernel.end;
          i = done - 1;
          continue;
        }
      }
      if (offset > at) gaps.fill(at, offset);
      // An empty section cuts the gap around it in two, and each is filled from its start.
      if (offset > at) at = offset;
      const size = sections.size[id];
      if (size === 0) continue;
      this.writeInput(id, size);
      at = offset + size;
    }
    while (nextData < data.length) writeData();
    gaps.fill(at, section.size);
  }

  private writeInput(section: SectionId, size: number): void {
    const { sink, context, target, frames } = this;
    const { model } = context;
    const { sections } = model;
    if (sections.type[section] === SHT_NOBITS) {
      sink.zeros(size);
      return;
    }
    const room = sink.room(size);
    if (isEditedEhFrame(frames, section)) copyEhFrame(model, frames, section, sink.buffer, room);
    else copySection(model, section, sink.buffer, room);
    if (sections.relocations[section] !== 0) {
      if (this.relocate) target.relocate(context, section, sink.buffer, room);
      else if (!target.rela) adjustInPlaceAddends(model, section, sink.buffer, room);
    }
    if (model.reversed.size > 0 && model.reversed.has(section))
      reverseWords(sink.buffer, room, size, target.wordSize);
    sink.commit(size);
  }
}

/** See `LinkModel.reversed`. */
function reverseWords(bytes: Uint8Array, start: number, size: number, word: number): void {
  const whole = bytes.subarray(start, start + size);
  const before = whole.slice();
  for (let at = 0; at < size; at += word) whole.set(before.subarray(at, at + word), size - word - at);
}

/** Fills what no input and no data statement owns, with the pattern in force there. */
class GapFiller {
  private readonly section: OutputSection;
  private readonly target: Target;
  private readonly sink: Sink;
  private next = 0;

  constructor(section: OutputSection, target: Target, sink: Sink) {
    this.section = section;
    this.target = target;
    this.sink = sink;
  }

  fill(from: number, to: number): void {
    const { fills } = this.section;
    let at = from;
    while (at < to) {
      while (this.next + 1 < fills.length && fills[this.next + 1].offset <= at) this.next++;
      const until = Math.min(to, fills[this.next + 1]?.offset ?? to);
      const pattern = fills[this.next]?.pattern;
      if (pattern === undefined || pattern.length === 0) this.codeOrZeros(until - at);
      else this.sink.fill(pattern, until - at);
      at = until;
    }
  }

  /** What fills a gap when the script says nothing: in code, what the processor does nothing on. */
  private codeOrZeros(length: number): void {
    if (!this.section.isCode) this.sink.zeros(length);
    else {
      const many = Math.floor(length / NOPS);
      if (many > 0) this.sink.repeat(this.target.fillCode(NOPS), many);
      this.sink.bytes(this.target.fillCode(length % NOPS));
    }
  }
}

/** Room that whole instructions of any target fill, the longest there are. */
const NOPS = 20 << 16;
