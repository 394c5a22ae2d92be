import type { Assembler } from "./assembler.ts";
import type { Frame } from "./reader.ts";
import type { ListingRow } from "./result.ts";
import type { FragmentId } from "./sections.ts";
import { lineStartsOf } from "./span.ts";

/** One statement, as it was read: where its bytes begin and end, before addresses are known. */
interface Noted {
  readonly place: number;
  readonly depth: number;
  readonly chain: number;
  readonly fragment: FragmentId;
  readonly offset: number;
  endFragment: FragmentId;
  endOffset: number;
}

/**
 * What each statement became. Statements are noted while they are read; rows
 * with addresses are made of them when everything has its place.
 */
export class ListingRecorder {
  private readonly noted: Noted[] = [];
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /** A statement begins. */
  start(): void {
    const { sections, reader } = this.assembler;
    const { fragments, fragment } = sections;
    const offset = sections.chain.used - fragments.start[fragment];
    this.noted.push({
      place: reader.place,
      depth: reader.frames.filter((frame) => frame.kind === "macro").length,
      chain: fragments.chain[fragment],
      fragment,
      offset,
      endFragment: fragment,
      endOffset: offset,
    });
  }

  /** The statement that began last has been read. */
  end(): void {
    const last = this.noted.at(-1);
    const { sections } = this.assembler;
    const { fragments, fragment } = sections;
    if (!last || fragments.chain[fragment] !== last.chain) return;
    last.endFragment = fragment;
    last.endOffset = sections.chain.used - fragments.start[fragment];
  }

  /** The rows; addresses are final. */
  rows(): ListingRow[] {
    const { sections, reader } = this.assembler;
    const { fragments } = sections;
    const order = sections.list();
    const positions = new Map(order.map((section, i) => [section.id, i]));
    return this.noted.map((each): ListingRow => {
      const { file, line, frame, physical } = reader.locate(each.place);
      const start = fragments.address[each.fragment] + each.offset;
      const end = fragments.address[each.endFragment] + each.endOffset;
      const section = fragments.chains[each.chain]?.section;
      return {
        file,
        line,
        depth: each.depth,
        text: lineText(frame, physical),
        section: section ? (positions.get(section.id) ?? -1) : -1,
        address: start,
        length: Math.max(0, end - start),
      };
    });
  }
}

/** A line of a text, without its newline. */
function lineText(frame: Frame, line: number): string {
  const { bytes } = frame;
  const starts = lineStartsOf(bytes);
  const from = starts[line - 1] ?? bytes.length;
  const to = (starts[line] ?? bytes.length) - 1;
  return new TextDecoder().decode(bytes.subarray(from, Math.max(from, to)));
}
