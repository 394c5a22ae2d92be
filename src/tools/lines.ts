import { type DebugSections, type FunctionInfo, SourceMap } from "../dwarf/index.ts";
import { inflateCompressed, inflateZdebug, SHF_COMPRESSED } from "../elf/index.ts";
import { applyRelocations } from "./apply-relocations.ts";
import type { BfdObject } from "./bfd/object.ts";
import { type BfdSection, SEC_ALLOC, SEC_CODE } from "./bfd/section.ts";
import {
  type BfdSymbol,
  BSF_FILE,
  BSF_FUNCTION,
  BSF_GLOBAL,
  BSF_LOCAL,
  BSF_OBJECT,
  BSF_SECTION_SYM,
  BSF_THREAD_LOCAL,
  readBfdSymbols,
} from "./bfd/symbols.ts";
import { asByteText } from "./text-out.ts";

// Source lines as BFD answers for them: DWARF first, and where that has no
// name the symbol table. All names and paths are byte text.

export interface NearestLine {
  readonly file: string | undefined;
  readonly function: string | undefined;
  readonly line: number;
  readonly discriminator: number;
  /** The calls into which the place was inlined, innermost first. */
  readonly callers: readonly {
    readonly file: string | undefined;
    readonly function: string | undefined;
    readonly line: number;
  }[];
}

/** A function by the symbol table: where it starts in its section, and how long it is. */
interface NamedFunction {
  readonly symbol: BfdSymbol;
  /** The source file that the table names. */
  readonly file: string | undefined;
  readonly start: bigint;
  readonly size: bigint;
}

export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export class LineFinder {
  private readonly object: BfdObject;
  private readonly symbols: readonly BfdSymbol[];
  private readonly map: SourceMap | undefined;
  /** Where sections of a relocatable file are taken to be, so that they do not overlap. */
  private readonly bases = new Map<BfdSection, bigint>();
  /** First relocation against each symbol, by its index. */
  private uses: Map<number, { section: BfdSection; offset: bigint }> | undefined;
  /** Functions by name are looked up here: in the separate file, where there is one. */
  private readonly named: BfdObject;
  private readonly namedSymbols: readonly BfdSymbol[];
  private last: (NamedFunction & { readonly section: BfdSection }) | undefined;

  /** `debug` is the file with the debugging information, if that is another one. */
  constructor(object: BfdObject, symbols: readonly BfdSymbol[], debug?: BfdObject) {
    this.object = object;
    this.symbols = symbols;
    this.named = debug ?? object;
    this.namedSymbols = debug ? (readBfdSymbols(debug) ?? []) : symbols;
    if (!object.isExecutable && !object.isDynamic) this.placeSections();
    const sections = readDebugSections(this.named, (section) => this.base(section));
    this.map = sections && new SourceMap(sections);
  }

  private placeSections(): void {
    let end = 0n;
    for (const section of this.object.sections) {
      if (!(section.flags & SEC_ALLOC) || section.vma !== 0n) continue;
      const align = 1n << BigInt(section.alignmentPower);
      const start = (end + align - 1n) & -align;
      this.bases.set(section, start);
      end = start + BigInt(section.size);
    }
  }

  private base(section: BfdSection): bigint {
    return this.bases.get(section) ?? 0n;
  }

  /** Thread-local variables of linked files count from the start of theirs: offsets go round. */
  private address(section: BfdSection, offset: bigint): number {
    return Number(BigInt.asUintN(64, section.vma + offset + this.base(section)));
  }

  /** What is known of a place in a section; undefined where that is nothing. */
  nearest(section: BfdSection, offset: bigint): NearestLine | undefined {
    const address = this.address(section, offset);
    let named = false;
    if (!(section.flags & SEC_CODE)) {
      const symbol = this.dataSymbol(section, offset);
      named = symbol !== undefined;
      const place = symbol && this.declaration(symbol, address);
      if (place) {
        const name = this.functionSymbol(section, offset)?.symbol.name;
        return { ...place, function: name, discriminator: 0, callers: [] };
      }
    }
    // Where something has a name, only declarations count.
    const found = named ? undefined : this.map?.find(address);
    const fallback = () => this.functionSymbol(section, offset);
    if (!found) {
      const symbol = fallback();
      return (
        symbol && { file: symbol.file, function: symbol.symbol.name, line: 0, discriminator: 0, callers: [] }
      );
    }
    let file = found.file === undefined ? undefined : asByteText(found.file);
    const info = found.function;
    let name: string | undefined;
    if (info?.isLinkage) name = info.name;
    else {
      const symbol = fallback();
      name = symbol?.symbol.name;
      file ??= symbol?.file;
      if (info) {
        if (!symbol) name = info.name;
        else if (
          info.ranges[0] &&
          symbolOffset(this.object, symbol.symbol) + section.vma + this.base(section) ===
            BigInt(info.ranges[0].low)
        )
          info.name = name;
        info.isLinkage = true;
      }
    }
    const text = (value: string | undefined) => (value === undefined ? undefined : asByteText(value));
    return {
      file,
      function: text(name),
      line: found.line,
      discriminator: found.discriminator,
      callers: callersOf(info).map(({ file: path, function: caller, line }) => ({
        file: text(path),
        function: text(caller),
        line,
      })),
    };
  }

  /** The line of a symbol's definition. */
  ofSymbol(symbol: BfdSymbol): SourceLine | undefined {
    const { section } = symbol;
    const offset = symbolOffset(this.object, symbol);
    const address = this.address(section, offset);
    const declared = this.declaration(symbol, address);
    if (declared) return declared;
    const place = this.nearest(section, offset);
    if (!place || place.file === undefined || place.line === 0) return undefined;
    return { file: place.file, line: place.line };
  }

  /** The place of the first relocation against a symbol. */
  firstUse(symbolIndex: number): SourceLine | undefined {
    this.uses ??= this.readUses();
    const use = this.uses.get(symbolIndex);
    const place = use && this.nearest(use.section, use.offset);
    return place?.file === undefined ? undefined : { file: place.file, line: place.line };
  }

  private declaration(symbol: BfdSymbol, address: number): SourceLine | undefined {
    const found =
      symbol.flags & BSF_FUNCTION
        ? this.map?.declarationOfFunction(symbol.name, address)
        : this.map?.declarationOfData(symbol.name, address);
    return found && { file: asByteText(found.file), line: found.line };
  }

  private dataSymbol(section: BfdSection, offset: bigint): BfdSymbol | undefined {
    let best: BfdSymbol | undefined;
    for (const symbol of this.symbols) {
      if (symbol.section !== section || symbol.flags & BSF_SECTION_SYM) continue;
      if (symbolOffset(this.object, symbol) !== offset) continue;
      best = symbol;
      if (symbol.flags & BSF_GLOBAL) break;
    }
    return best;
  }

  /** The last function that starts at or before a place, and the source file that the table names for it. */
  private functionSymbol(section: BfdSection, offset: bigint): NamedFunction | undefined {
    // BFD remembers its last answer and gives it again within that function, whatever smaller labels are there.
    const { last } = this;
    if (last && last.section === section && offset >= last.start && offset < last.start + last.size)
      return last;
    const home = this.named.sections[section.index];
    const separate = this.named !== this.object && home?.name === section.name;
    const found = separate
      ? lastFunction(this.named, this.namedSymbols, home, offset)
      : lastFunction(this.object, this.symbols, section, offset);
    this.last = found && { ...found, section };
    return found;
  }

  private readUses(): Map<number, { section: BfdSection; offset: bigint }> {
    const uses = new Map<number, { section: BfdSection; offset: bigint }>();
    const { image } = this.object;
    for (const section of this.object.sections) {
      for (const header of section.relocations) {
        const step = (image.is64 ? 8 : 4) * (header.type === 4 ? 3 : 2);
        const end = Math.min(header.offset + header.size, image.bytes.length);
        for (let at = header.offset; at + step <= end; at += step) {
          const symbol = image.is64
            ? image.u32(image.littleEndian ? at + 12 : at + 8)
            : image.u32(at + 4) >>> 8;
          if (!uses.has(symbol)) uses.set(symbol, { section, offset: image.address(at) });
        }
      }
    }
    return uses;
  }
}

/** The last function that starts at or before a place, and the source file that the symbol table names for it. */
function lastFunction(
  object: BfdObject,
  symbols: readonly BfdSymbol[],
  section: BfdSection,
  offset: bigint,
): NamedFunction | undefined {
  let best: BfdSymbol | undefined;
  let bestOffset = 0n;
  let bestSize = 0n;
  let bestFile: string | undefined;
  let file: string | undefined;
  let symbolSeen = false;
  let fileAfterSymbol = false;
  const riscv = object.image.header.machine === 243;
  for (const symbol of symbols) {
    if (symbol.flags & BSF_FILE) {
      file = symbol.name;
      if (symbolSeen) fileAfterSymbol = true;
      continue;
    }
    symbolSeen = true;
    if (symbol.section !== section || symbol.flags & (BSF_SECTION_SYM | BSF_OBJECT | BSF_THREAD_LOCAL))
      continue;
    if (riscv && symbol.flags & BSF_LOCAL && /^\$[dx]/.test(symbol.name)) continue;
    const size = (BigInt(symbol.sizeHigh) << 32n) | BigInt(symbol.sizeLow) || 1n;
    const hiddenMark = (symbol.info & 15) === 0 && (symbol.other & 3) === 2 && symbol.flags & BSF_LOCAL;
    if (size === 1n && symbol.sizeLow === 0 && hiddenMark) continue;
    const start = symbolOffset(object, symbol);
    if (start > offset || start < bestOffset || (start === bestOffset && size <= bestSize)) continue;
    best = symbol;
    bestOffset = start;
    bestSize = size;
    bestFile = symbol.flags & BSF_LOCAL || !fileAfterSymbol ? file : undefined;
  }
  return best && { symbol: best, file: bestFile, start: bestOffset, size: bestSize };
}

/** A symbol's distance from the start of its section. */
function symbolOffset(object: BfdObject, symbol: BfdSymbol): bigint {
  const value = (BigInt(symbol.high) << 32n) | BigInt(symbol.low);
  return object.isExecutable || object.isDynamic ? BigInt.asUintN(64, value - symbol.section.vma) : value;
}

function callersOf(info: FunctionInfo | undefined): { file?: string; function?: string; line: number }[] {
  const callers: { file?: string; function?: string; line: number }[] = [];
  if (!info?.inlined) return callers;
  for (let each = info; each.caller && callers.length < 1000; each = each.caller)
    callers.push({ file: each.callFile, function: each.caller.name, line: each.callLine });
  return callers;
}

function readDebugSections(
  object: BfdObject,
  base: (section: BfdSection) => bigint,
): DebugSections | undefined {
  const { image } = object;
  const { is64, littleEndian } = image;
  const baseOf = (index: number) => {
    const section = object.sectionOfHeader[index];
    return section ? base(section) : 0n;
  };
  const read = (name: string): Uint8Array | undefined => {
    const section = image.sections.find((each) => each.name === name || each.name === `.z${name.slice(1)}`);
    if (!section) return undefined;
    let bytes = image.contents(section);
    if (section.name.startsWith(".z") || (section.flags & BigInt(SHF_COMPRESSED)) !== 0n) {
      const inflated = section.name.startsWith(".z")
        ? inflateZdebug(bytes)
        : inflateCompressed(bytes, is64, littleEndian);
      if ("problem" in inflated) return undefined;
      bytes = inflated.bytes;
    }
    return applyRelocations(image, section, bytes, { warn: () => {}, lastUnknown: 0 }, true, baseOf).bytes;
  };
  const info = read(".debug_info");
  const abbrev = read(".debug_abbrev");
  if (!info || !abbrev) return undefined;
  return {
    info,
    abbrev,
    line: read(".debug_line"),
    ranges: read(".debug_ranges"),
    rnglists: read(".debug_rnglists"),
    addr: read(".debug_addr"),
    strOffsets: read(".debug_str_offsets"),
    str: read(".debug_str"),
    lineStr: read(".debug_line_str"),
    littleEndian,
  };
}
