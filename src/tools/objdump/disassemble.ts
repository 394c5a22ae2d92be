import type { BfdSection } from "../bfd/section.ts";
import { ABSOLUTE, SEC_CODE, SEC_HAS_CONTENTS, SEC_RELOC, UNDEFINED } from "../bfd/section.ts";
import { type BfdSymbol, BSF_FUNCTION, BSF_OBJECT, BSF_SYNTHETIC, isLocalLabel } from "../bfd/symbols.ts";
import { relocationNames } from "../relocation-names.ts";
import { addressOf, addressOfBig, addressText, highHalf, isBelow } from "./addresses.ts";
import { addressRange } from "./contents.ts";
import { type Dump, fileOffsetOf, say } from "./context.ts";
import type { CodePrinter } from "./printer.ts";
import {
  byAddress,
  dynamicRelocations,
  type Relocations,
  relocationSymbol,
  relocationTarget,
  sectionRelocations,
  symbolText,
  typeName,
} from "./relocations.ts";
import type { SortedSymbols } from "./sorted-symbols.ts";

// -d and -D: a section is cut at its symbols, and between two of them the
// machine's printer goes from instruction to instruction. Hot: once for each
// instruction, so lines are written to the output's buffer directly.

/** What goes before an instruction for -l and -S. */
export interface SourceLines {
  show(section: BfdSection, offset: number): void;
}

export interface Disassembly {
  readonly dump: Dump;
  readonly symbols: SortedSymbols;
  readonly printer: CodePrinter;
  readonly lines: SourceLines | undefined;
  /** Names of mapping symbols, which say where data and other code are. */
  readonly isMapping: (name: string) => boolean;
  /** Of files with dynamic relocations. */
  readonly relocated: RelocatedWords | undefined;
  /** Set while a section is being disassembled: where address texts look first. */
  readonly current: CurrentSection;
}

export interface CurrentSection {
  section: BfdSection | undefined;
  vma: number;
  end: number;
}

/** Disassembles the sections that the options select. */
export function disassembleSections(disassembly: Disassembly): void {
  const { dump } = disassembly;
  const { options } = dump;
  const dynamic = options.dynamicRelocations ? dynamicRelocations(dump) : undefined;
  for (const section of dump.object.sections) {
    const isCode = (section.flags & (SEC_CODE | SEC_HAS_CONTENTS)) === (SEC_CODE | SEC_HAS_CONTENTS);
    if (!options.disassembleAll && options.sections.length === 0 && !isCode) continue;
    if (!dump.wants(section.name)) continue;
    const { size } = dump.sizeOf(section);
    if (size === 0) continue;
    const [start, stop] = addressRange(dump, dump.vma(section), size);
    if (start >= stop) continue;
    let relocations: Relocations | undefined;
    if (dynamic && dynamic.count > 0) relocations = dynamic;
    else if (section.flags & SEC_RELOC && options.relocations)
      relocations = sectionRelocations(dump, section);
    const bytes = sectionBytes(dump, section, size);
    if (!bytes) {
      say(dump.run, `Reading section ${section.name} failed because: file truncated`);
      continue;
    }
    new SectionDump(disassembly, section, bytes, relocations).run(start, stop);
  }
}

/** -D shows sections without contents too: as zeros. */
function sectionBytes(dump: Dump, section: BfdSection, size: number): Uint8Array | undefined {
  const bytes = dump.contents(section);
  if (!bytes) return undefined;
  if (bytes.length >= size) return bytes;
  return (section.flags & SEC_HAS_CONTENTS) === 0 && size < 1 << 28 ? new Uint8Array(size) : undefined;
}

/** An address as `1234 <main+0x10>`; `padded` with its leading zeros. */
export function addressWithSymbol(
  disassembly: Disassembly,
  address: number,
  padded: boolean,
  required = false,
): string {
  const { dump, symbols, current } = disassembly;
  const { section } = current;
  const digits = padded ? addressText(address).padStart(dump.digits, "0") : addressText(address);
  if (symbols.count < 1 || !section) return dump.options.noAddresses ? "" : `0x${digits}`;
  const index = symbols.find(address, section, current.vma, current.end, required);
  if (index >= 0 && !required && !symbols.foundInSection && disassembly.relocated) {
    const target = disassembly.relocated.at(address, symbols.symbols[index]);
    if (target)
      return `${dump.options.noAddresses ? "" : `${digits} `}${relocatedPart(disassembly, address, target)}`;
  }
  return `${dump.options.noAddresses ? "" : `${digits} `}${symbolPart(disassembly, address, index)}`;
}

/** `<main+0x10>`; without a symbol the section names the place. */
function symbolPart(disassembly: Disassembly, address: number, index: number): string {
  const { dump, symbols, current } = disassembly;
  let name: string;
  let base: number;
  if (index < 0) {
    name = dump.shown(current.section?.name ?? "");
    base = current.vma;
  } else {
    const symbol = symbols.symbols[index];
    name = symbolText(dump, symbol, dump.symbols.length === 0);
    base = symbols.addresses[index];
  }
  let text = `<${name}`;
  if (base !== address)
    text += isBelow(address, base)
      ? `-0x${addressText(base - address)}`
      : `+0x${addressText(address - base)}`;
  return `${text}>${fileOffset(disassembly, address)}`;
}

/** -F. */
function fileOffset({ dump, current }: Disassembly, address: number): string {
  const { section, vma } = current;
  if (!dump.options.fileOffsets || !section) return "";
  return ` (File Offset: 0x${addressText(fileOffsetOf(dump.object, section) + (address - vma))})`;
}

/** The same with a symbol that a dynamic relocation brings to the address. */
function relocatedPart(disassembly: Disassembly, address: number, symbol: BfdSymbol): string {
  const { dump } = disassembly;
  const offset = fileOffset(disassembly, address);
  const name = symbolText(dump, symbol, true);
  const base = addressOf(symbol.low, symbol.high);
  // An undefined symbol has no value to count from.
  if (symbol.section === UNDEFINED || base === address) return `<${name}>${offset}`;
  return isBelow(address, base)
    ? `<${name}-0x${addressText(base - address)}>${offset}`
    : `<${name}+0x${addressText(address - base)}>${offset}`;
}

/** Finds the symbol of the dynamic relocation at an address: what a word of the global offset table is for. */
export class RelocatedWords {
  private readonly symbols = new Map<number, BfdSymbol>();

  constructor(dump: Dump) {
    const table = dynamicRelocations(dump);
    for (let i = 0; i < table.count; i++) {
      const symbol = relocationSymbol(dump, table, i);
      if (!symbol || symbol.section === ABSOLUTE || this.symbols.has(table.address[i])) continue;
      this.symbols.set(table.address[i], symbol);
    }
  }

  /** `nearest` is the symbol that would be shown otherwise; those of stubs stay. */
  at(address: number, nearest: BfdSymbol): BfdSymbol | undefined {
    if (nearest.flags & BSF_SYNTHETIC) return undefined;
    return this.symbols.get(address);
  }
}

const SKIP_ZEROES = 8;
const SKIP_ZEROES_AT_END = 3;

class SectionDump {
  private readonly disassembly: Disassembly;
  private readonly dump: Dump;
  private readonly section: BfdSection;
  private readonly bytes: Uint8Array;
  private readonly vma: number;
  private readonly relocations: Relocations | undefined;
  private readonly order: Int32Array;
  /** What is subtracted from relocations' addresses to get offsets in the section. */
  private readonly relocationBase: number;
  private nextRelocation = 0;
  /** How many leading digits of addresses are left out. */
  private readonly skipDigits: number;
  private readonly mapping: Mapping;
  private readonly relocationTypes: ReadonlyMap<number, string>;
  private bytesPerLine = 4;

  constructor(
    disassembly: Disassembly,
    section: BfdSection,
    bytes: Uint8Array,
    relocations: Relocations | undefined,
  ) {
    const { dump, symbols, current } = disassembly;
    this.disassembly = disassembly;
    this.dump = dump;
    this.section = section;
    this.bytes = bytes;
    this.vma = addressOfBig(dump.vma(section));
    if (dump.digits === 8) this.vma >>>= 0;
    this.relocations = relocations;
    this.order = relocations ? byAddress(relocations) : new Int32Array(0);
    this.relocationBase = relocations?.isDynamic ? this.vma : 0;
    this.relocationTypes = relocationNames(dump.object.image.header.machine);
    current.section = section;
    current.vma = this.vma;
    current.end = this.vma + bytes.length;
    symbols.prefer(section);
    this.mapping = new Mapping(disassembly, section);
    this.skipDigits = this.leadingDigits();
  }

  /** Leading zeros go in fours, as many as the address of the section's end has; one zero stays. */
  private leadingDigits(): number {
    const { options, digits } = this.dump;
    if (options.noAddresses || options.prefixAddresses) return 0;
    const end = addressText(
      this.dump.digits === 8 ? (this.vma + this.bytes.length) >>> 0 : this.vma + this.bytes.length,
    );
    let zeros = end === "0" ? digits : digits - end.length;
    if (end === "0" && this.vma !== 0) zeros = 0;
    return zeros > 0 ? (zeros - 1) & ~3 : 0;
  }

  run(start: number, stop: number): void {
    const { dump, disassembly, section, bytes, vma } = this;
    const { options, out } = dump;
    const { symbols } = disassembly;
    this.skipRelocations(start);
    out.text(`\nDisassembly of section ${dump.shown(section.name)}:\n`);
    let place = symbols.find(vma + start, section, vma, vma + bytes.length, true);
    let symbol = place;
    const only = options.onlySymbol;
    let printing = only === undefined;
    let until: "end" | "function" | "symbol" = "end";
    let limit = stop;
    for (let offset = start; offset < limit; ) {
      const address = vma + offset;
      let known = symbol >= 0 ? symbols.symbols[symbol] : undefined;
      if (known && only !== undefined) {
        if (printing) {
          if (until === "function" && known.flags & BSF_FUNCTION) printing = false;
          else if (until === "symbol" && !isLocalLabel(known.name)) printing = false;
        } else if (dump.demangled(known.name) === only || known.name === only) {
          printing = true;
          if ((known.flags & BSF_FUNCTION) === 0) until = "symbol";
          else if (known.sizeLow !== 0 || known.sizeHigh !== 0) {
            limit = Math.min(limit, offset + (known.sizeLow >>> 0));
            until = "end";
          } else until = "function";
        }
      }
      if (!options.prefixAddresses && printing) {
        this.heading(address, symbol);
        if (symbol >= 0 && options.allSymbols) {
          place = this.otherHeadings(address, place);
          // As in GNU objdump, the first one passed by becomes the next.
          symbol = Math.min(place, symbols.count - 1);
          known = symbols.symbols[symbol];
        }
      }
      let next: number;
      const symbolAddress = symbol >= 0 ? symbols.addresses[symbol] : 0;
      const ahead = symbol >= 0 && isBelow(address, symbolAddress);
      if (ahead) next = symbol;
      else if (symbol < 0) next = -1;
      else {
        while (place < symbols.count && !this.isNext(place, symbolAddress)) place++;
        next = place < symbols.count ? place : -1;
      }
      let end = limit;
      if (ahead) end = symbolAddress - vma;
      else if (next >= 0) end = symbols.addresses[next] - vma;
      if (end > limit || end <= offset) end = limit;
      const isCode =
        options.disassembleAll ||
        !known ||
        known.section !== section ||
        ahead ||
        (known.flags & BSF_OBJECT) === 0 ||
        (known.flags & BSF_FUNCTION) !== 0;
      if (printing) this.block(offset, end, isCode);
      offset = end;
      symbol = next;
    }
  }

  private isNext(place: number, after: number): boolean {
    const { symbols } = this.disassembly;
    return (
      symbols.symbols[place].section.name === this.section.name &&
      isBelow(after, symbols.addresses[place]) &&
      symbols.isNamed(place)
    );
  }

  /** The line of a symbol. */
  private heading(address: number, symbol: number): void {
    const { out } = this.dump;
    out.byte(10);
    this.headingLine(address, symbol);
  }

  private headingLine(address: number, symbol: number): void {
    const { out, options, digits } = this.dump;
    if (!options.noAddresses) out.text(`${addressText(address).padStart(digits, "0")} `);
    out.text(`${symbolPart(this.disassembly, address, symbol)}:\n`);
  }

  /** --show-all-symbols: the lines of others at the address. The first that is none of them is given. */
  private otherHeadings(address: number, place: number): number {
    const { symbols } = this.disassembly;
    let at = place + 1;
    for (; at < symbols.count && symbols.addresses[at] === address; at++) {
      if (!symbols.isNamed(at)) continue;
      if (symbols.symbols[at].section.name !== this.section.name) break;
      this.headingLine(address, at);
    }
    return at;
  }

  /** Everything between two symbols. */
  private block(start: number, stop: number, isCode: boolean): void {
    const { dump, disassembly, bytes, vma, mapping } = this;
    const { options, out } = dump;
    const { printer, lines } = disassembly;
    // Symbols are taken to stand between instructions: nothing is read beyond the next one.
    const code = SEC_CODE | SEC_HAS_CONTENTS;
    const isBounded = !options.disassembleAll && (this.section.flags & code) === code;
    const readable = isBounded ? stop : bytes.length;
    const showRaw = options.prefixAddresses ? options.rawInstructions > 0 : options.rawInstructions >= 0;
    this.bytesPerLine = options.instructionWidth || (isCode ? 4 : 16);
    for (let offset = start; offset < stop; ) {
      let size = 0;
      let isOpen = options.wide;
      if (!options.disassembleZeroes && bytes[offset] === 0) {
        let zeros = 0;
        while (offset + zeros < stop && bytes[offset + zeros] === 0) zeros++;
        const atEnd = offset + zeros === stop;
        if (zeros >= SKIP_ZEROES || (atEnd && zeros < SKIP_ZEROES_AT_END)) {
          size = atEnd ? zeros : zeros & ~3;
          this.skipped(offset + size, stop, size);
          if (size > 0) isOpen = false;
        }
      }
      if (size === 0) {
        lines?.show(this.section, offset);
        this.printAddress(vma + offset);
        if (isCode) {
          const state = mapping.at(vma + offset, printer);
          if (state > 0 && printer.data && !options.disassembleAll)
            size = printer.data(bytes, offset, bytes.length, Math.min(state, bytes.length - offset));
          else size = printer.print(bytes, offset, readable, vma + offset);
          if (options.instructionWidth === 0 && printer.bytesPerLine !== 0)
            this.bytesPerLine = printer.bytesPerLine;
          if (size < 1) {
            out.text(`${printer.text}\n`);
            break;
          }
          this.printInstruction(offset, stop, size, showRaw);
        } else {
          size = Math.min(this.bytesPerLine, stop - offset);
          this.printData(offset, stop, size, showRaw);
        }
        if (!options.wide) out.byte(10);
      }
      const printed = this.printRelocations(offset + size);
      if (isOpen && !printed) out.byte(10);
      offset += size;
    }
  }

  private skipped(next: number, stop: number, size: number): void {
    const { out, options } = this.dump;
    if (options.fileOffsets && next < stop) {
      const resume = ((this.section.header?.offset ?? 0) + next).toString(16);
      out.text(`\t... (skipping ${size} zeroes, resuming at file offset: 0x${resume})\n`);
    } else out.text("\t...\n");
  }

  private printAddress(address: number): void {
    const { out, options, digits } = this.dump;
    if (options.noAddresses) out.byte(9);
    else if (options.prefixAddresses) {
      out.text(addressWithSymbol(this.disassembly, address, true, true));
      out.byte(32);
    } else {
      const high = digits === 8 ? 0 : highHalf(address);
      out.hexPadded(address >>> 0, high, digits - this.skipDigits, 32);
      out.byte(58);
      out.byte(9);
    }
  }

  private printInstruction(offset: number, stop: number, size: number, showRaw: boolean): void {
    const { dump, disassembly } = this;
    const { out, options } = dump;
    const { printer } = disassembly;
    if (!showRaw) {
      out.text(printer.text);
      return;
    }
    const chunk = printer.bytesPerChunk || 1;
    let done = size;
    if (done > this.bytesPerLine && !options.prefixAddresses && !options.wide) done = this.bytesPerLine;
    this.printRaw(offset, offset + done, chunk, stop);
    for (let at = done; at < this.bytesPerLine; at += chunk) out.spaces(chunk * 2 + 1);
    out.byte(9);
    out.text(printer.text);
    while (done < size) {
      out.byte(10);
      const from = offset + done;
      this.printAddress(this.vma + from);
      done = Math.min(done + this.bytesPerLine, size);
      this.printRaw(from, offset + done, chunk, stop);
    }
  }

  private printRaw(from: number, to: number, chunk: number, stop: number): void {
    const { out } = this.dump;
    const { bytes } = this;
    const { reversed } = this.disassembly.printer;
    for (let at = from; at < to; at += chunk) {
      if (at + chunk <= stop) {
        if (reversed) for (let i = at + chunk - 1; i >= at; i--) out.hex2(bytes[i]);
        else for (let i = at; i < at + chunk; i++) out.hex2(bytes[i]);
      }
      out.byte(32);
    }
  }

  /** Objects among code are shown as bytes, in chunks of the size that the last instruction had. */
  private printData(offset: number, stop: number, size: number, showRaw: boolean): void {
    const { out } = this.dump;
    const { bytes } = this;
    if (showRaw) {
      const chunk = this.disassembly.printer.bytesPerChunk || 1;
      this.printRaw(offset, offset + size, chunk, stop);
      for (let at = size; at < this.bytesPerLine; at += chunk) out.spaces(chunk * 2 + 1);
      out.text("    ");
    }
    for (let i = offset; i < offset + size; i++) out.byte(bytes[i] >= 32 && bytes[i] < 127 ? bytes[i] : 46);
  }

  private skipRelocations(start: number): void {
    const { relocations, order, relocationBase } = this;
    if (!relocations) return;
    while (
      this.nextRelocation < order.length &&
      isBelow(relocations.address[order[this.nextRelocation]], relocationBase + start)
    )
      this.nextRelocation++;
  }

  /** Prints the relocations before an offset; whether there were any. */
  private printRelocations(before: number): boolean {
    const { relocations, order, relocationBase, dump } = this;
    if (!relocations) return false;
    const { out, options } = dump;
    let printed = false;
    while (this.nextRelocation < order.length) {
      const index = order[this.nextRelocation];
      const address = relocations.address[index];
      if (!isBelow(address, relocationBase + before)) break;
      this.nextRelocation++;
      out.text(options.wide ? "\t" : "\t\t\t");
      if (!options.noAddresses) out.text(`${addressText(this.vma - relocationBase + address)}: `);
      const type = typeName(this.relocationTypes, relocations.type[index]);
      out.text(`${type}\t${relocationTarget(dump, relocations, index, false)}\n`);
      printed = true;
    }
    return printed;
  }
}

/** The mapping symbols of a section, passed in order of their addresses. */
class Mapping {
  private readonly rows: { address: number; name: string }[] = [];
  private readonly section: BfdSection;
  private readonly end: number;
  private next = 0;
  /** What the symbols passed last said; undefined before the first. */
  private state: string | undefined;

  constructor({ symbols, isMapping, current }: Disassembly, section: BfdSection) {
    this.section = section;
    this.end = current.end;
    for (const [i, symbol] of symbols.symbols.entries())
      if (symbol.section === section && isMapping(symbol.name))
        this.rows.push({ address: symbols.addresses[i], name: symbol.name });
  }

  /** 0 where there is code, else how many bytes of data there are (four at most). */
  at(address: number, printer: CodePrinter): number {
    const { rows } = this;
    while (this.next < rows.length && !isBelow(address, rows[this.next].address)) {
      this.state = rows[this.next++].name;
      printer.enter?.(this.state);
    }
    const isData =
      this.state === undefined ? (this.section.flags & SEC_CODE) === 0 : this.state.startsWith("$d");
    if (!isData || !printer.data) return 0;
    // Only a section that has mapping symbols shows data as such beyond the first of them.
    const end = this.next < rows.length ? rows[this.next].address : this.end;
    const room = end - address;
    const size = Math.min(room, 4);
    return size === 3 ? 2 : size;
  }
}
