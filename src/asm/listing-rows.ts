import type { Assembler } from "./assembler.ts";
import type { Frame } from "./reader.ts";
import type { ListingEdict, ListingRow, ListingSkip, ListingSymbol } from "./result.ts";
import { COMMON, type FragmentId } from "./sections.ts";
import { lineStartsOf } from "./span.ts";
import { FILE, REMOVED, SECTION_SYMBOL, type SymbolId } from "./symbols.ts";

/** One statement, as it was read: where its bytes begin and end, before addresses are known. */
interface Noted {
  readonly place: number;
  readonly depth: number;
  readonly chain: number;
  readonly fragment: FragmentId;
  readonly offset: number;
  endFragment: FragmentId;
  endOffset: number;
  /** The first symbol that was made since. */
  readonly firstSymbol: SymbolId;
  source?: { readonly file: string; readonly line: number };
  edict?: ListingEdict;
}

/**
 * What each statement became. Statements are noted while they are read; rows
 * with addresses are made of them when everything has its place.
 */
export class ListingRecorder {
  private readonly noted: Noted[] = [];
  /** The statement at which a label was defined: an index into `noted`. */
  private readonly labels: Map<SymbolId, number> = new Map();
  private readonly skips: { from: number; to: number }[] = [];
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
      firstSymbol: this.assembler.symbols.count,
    });
  }

  /** A label is defined in the present statement. */
  label(symbol: SymbolId): void {
    this.labels.set(symbol, this.noted.length - 1);
  }

  /** The present statement is a `.loc`. */
  source(file: string, line: number): void {
    const last = this.noted.at(-1);
    if (last) last.source = { file, line };
  }

  /** The present statement is about the listing. */
  edict(edict: ListingEdict): void {
    const last = this.noted.at(-1);
    if (last) last.edict = edict;
  }

  page: { readonly lines?: number; readonly columns?: number } = {};

  setPage(lines: number | undefined, columns: number | undefined): void {
    this.page = { lines: lines ?? this.page.lines, columns: columns ?? this.page.columns };
  }

  /** Lines are left out from here on, or no longer. */
  skipping(on: boolean): void {
    const { place } = this.assembler.reader;
    const last = this.skips.at(-1);
    if (on) this.skips.push({ from: place, to: Infinity });
    else if (last?.to === Infinity) last.to = place;
  }

  /** What conditions left out: the lines between two lines. */
  skipped(): ListingSkip[] {
    return this.skips.map(({ from, to }) => ({
      from: this.originOf(from).origin,
      to: to === Infinity ? undefined : this.originOf(to).origin,
    }));
  }

  /** A file has been read: its last lines may hold no statement. */
  endFile(): void {
    this.start();
  }

  /** The statement that began last has been read. */
  end(): void {
    const last = this.noted.at(-1);
    const { sections } = this.assembler;
    const { fragments, fragment } = sections;
    if (!last) return;
    const { symbols } = this.assembler;
    for (let id = last.firstSymbol; id < symbols.count; id++)
      if (symbols.isDefined(id) && !this.labels.has(id)) this.label(id);
    if (fragments.chain[fragment] !== last.chain) return;
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
        ...this.originOf(each.place),
        place: each.place,
        source: each.source,
        edict: each.edict,
      };
    });
  }

  /** Where the text that a place is of was opened, and through how many expansions it came. */
  private originOf(place: number): Pick<ListingRow, "origin" | "nesting"> {
    const at = this.assembler.reader.origin(place, "expansions");
    const origin = { file: at.frame.file, line: at.physical, logicalFile: at.file, logicalLine: at.line };
    return { origin, nesting: at.nesting };
  }

  /** The symbols of the file, but for those of sections, with the statements that defined them. */
  symbols(): ListingSymbol[] {
    const { symbols, sections, frontSymbols } = this.assembler;
    const special = ["*UND*", "*ABS*", "*COM*"];
    return [...frontSymbols, ...symbols.list]
      .filter((id) => !symbols.has(id, REMOVED | SECTION_SYMBOL))
      .map((id): ListingSymbol => {
        const section = symbols.section[id];
        return {
          name: symbols.text(id),
          section: sections.all[section]?.name ?? special[section] ?? "*ABS*",
          value: BigInt(symbols.valueOf(id)),
          row: section === COMMON || symbols.has(id, FILE) ? -1 : (this.labels.get(id) ?? -1),
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
