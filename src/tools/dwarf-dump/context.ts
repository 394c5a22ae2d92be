import { formNames, Reader } from "../../dwarf/index.ts";
import { inflateCompressed, inflateZdebug } from "../../elf/index.ts";
import { applyRelocations } from "../apply-relocations.ts";
import type { ElfImage, ImageSection } from "../elf-image.ts";
import { byteText, type TextOut } from "../text-out.ts";
import type { LineHeader } from "./line-program.ts";

// What the dumps of DWARF share: readelf's --debug-dump and objdump's -W print
// the same text of the same sections.

/** A debugging section, decompressed and with its relocations applied. */
export interface DebugSection {
  /** As it is called in the file: `.debug_info` or `.zdebug_info`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly address: bigint;
  /** Offsets that have a relocation. */
  readonly relocated: ReadonlySet<number>;
}

export interface DwarfDumpOptions {
  readonly wide: boolean;
  /** --dwarf-depth; -1 for all. */
  readonly depth: number;
  /** --dwarf-start; 0 for all. */
  readonly start: number;
  readonly decodedLines: boolean;
  readonly rawLines: boolean;
  readonly interpretFrames: boolean;
  /** Relocations are applied as objdump does it. */
  readonly asBfd?: boolean;
}

export class DwarfDump {
  readonly image: ElfImage;
  readonly out: TextOut;
  readonly options: DwarfDumpOptions;
  readonly warn: (message: string) => void;
  lastUnknown = 0;
  /** The last full header of a line table: sections named `.debug_line.x` have only statements. */
  lineHeader: LineHeader | undefined;
  readonly error: (message: string) => void;
  /** The size of addresses in .eh_frame. */
  readonly addressSize: number;
  private readonly loaded = new Map<string, DebugSection | undefined>();
  private readonly loadedSections = new Map<ImageSection, DebugSection | undefined>();
  /** Shared by the parts; filled by units.ts. */
  units: unknown;

  constructor(
    image: ElfImage,
    out: TextOut,
    options: DwarfDumpOptions,
    warn: (message: string) => void,
    error: (message: string) => void,
  ) {
    this.image = image;
    this.out = out;
    this.options = options;
    this.warn = warn;
    this.error = error;
    this.addressSize = image.is64 ? 8 : 4;
  }

  /** A section by its ordinary name (`.debug_str`), however it is called in the file. */
  section(name: string): DebugSection | undefined {
    if (this.loaded.has(name)) return this.loaded.get(name);
    const compressed = name.replace(/^\.debug/, ".zdebug");
    const header =
      this.image.sections.find((section) => section.name === name) ??
      this.image.sections.find((section) => section.name === compressed);
    const section = header && header.size > 0 && header.type !== 8 ? this.load(header) : undefined;
    this.loaded.set(name, section);
    return section;
  }

  /** The contents of a section; undefined after saying why they cannot be had. */
  load(header: ImageSection): DebugSection | undefined {
    if (this.loadedSections.has(header)) return this.loadedSections.get(header);
    const section = this.read(header);
    this.loadedSections.set(header, section);
    return section;
  }

  private read(header: ImageSection): DebugSection | undefined {
    const { image } = this;
    const stored = image.range(header.offset, header.size);
    if (!stored) {
      this.error(`Reading ${header.size} bytes extends past end of file for ${header.name} section data`);
      return undefined;
    }
    let bytes = stored;
    const isZdebug = header.name.startsWith(".zdebug") && byteText(stored, 0, 4) === "ZLIB";
    if (header.flags & 0x800n || isZdebug) {
      const inflated = isZdebug
        ? inflateZdebug(stored)
        : inflateCompressed(stored, image.is64, image.littleEndian);
      if (!("bytes" in inflated)) {
        if (inflated.problem.includes("not supported")) this.error(inflated.problem);
        else this.error(`Unable to decompress section ${header.name}`);
        return undefined;
      }
      bytes = inflated.bytes;
    }
    const applied = applyRelocations(image, header, bytes, this, this.options.asBfd);
    return {
      name: header.name,
      bytes: applied.bytes,
      address: header.address,
      relocated: new Set(applied.offsets),
    };
  }

  reader(section: DebugSection, at = 0, end = section.bytes.length): Reader {
    return new Reader(section.bytes, this.image.littleEndian, at, end);
  }

  /** The heading of a section's dump. */
  introduce(section: DebugSection, raw = false): void {
    this.out.text(
      raw
        ? `Raw dump of debug contents of section ${section.name}:\n\n`
        : `Contents of the ${section.name} section:\n\n`,
    );
  }

  /** A value in as many digits as its size has, with a space behind. */
  hex(value: bigint | number, size: number): string {
    return `${hexDigits(value, size)} `;
  }

  /** A string of .debug_str or .debug_line_str. */
  stringAt(name: ".debug_str" | ".debug_line_str", offset: bigint): string {
    const section = this.section(name);
    if (!section) return `<no ${name} section>`;
    const form = name === ".debug_str" ? "DW_FORM_strp" : "DW_FORM_line_strp";
    if (offset >= BigInt(section.bytes.length)) {
      this.warn(`${form} offset too big: ${sharp(offset)}`);
      return "<offset is too big>";
    }
    const start = Number(offset);
    const end = section.bytes.indexOf(0, start);
    return end < 0 ? `<no NUL byte at end of ${name} section>` : byteText(section.bytes, start, end);
  }

  /** An address of .debug_addr by its offset. */
  indexedAddress(offset: bigint, size: number): bigint {
    const section = this.section(".debug_addr");
    if (!section) {
      this.warn("Cannot fetch indexed address: the .debug_addr section is missing");
      return 0n;
    }
    if (offset + BigInt(size) > BigInt(section.bytes.length)) {
      this.warn(`Offset into section ${section.name} too big: ${sharp(offset)}`);
      return 0n;
    }
    return this.reader(section, Number(offset)).uint(size);
  }

  /** A string by its index in .debug_str_offsets. */
  indexedString(index: bigint, offsetSize: number, isSplit: boolean, base: bigint): string {
    const tail = isSplit ? ".dwo" : "";
    const offsets = this.section(`.debug_str_offsets${tail}`);
    const strings = this.section(`.debug_str${tail}`);
    if (!offsets) return `<no .debug_str_offsets${tail} section>`;
    if (!strings) return `<no .debug_str${tail} section>`;
    const at = index * BigInt(offsetSize) + base;
    if (at + BigInt(offsetSize) > BigInt(offsets.bytes.length)) {
      this.warn(
        `string index of ${index} converts to an offset of ${sharp(at)} which is too big for section ${strings.name}`,
      );
      return "<string index too big>";
    }
    const place = this.reader(offsets, Number(at)).uint(offsetSize) - strings.address;
    if (place < 0n || place >= BigInt(strings.bytes.length)) {
      this.warn(`indirect offset too big: ${sharp(BigInt.asUintN(64, place))}`);
      return "<indirect index offset is too big>";
    }
    const end = strings.bytes.indexOf(0, Number(place));
    return end < 0 ? "<no NUL byte at end of section>" : byteText(strings.bytes, Number(place), end);
  }

  /** An entry of the offsets at the head of .debug_loclists or .debug_rnglists; -1 where there is none. */
  indexedOffset(index: bigint, name: string, base: bigint): bigint {
    const section = this.section(name);
    if (!section) {
      this.warn(`Unable to locate ${name} section`);
      return -1n;
    }
    if (section.bytes.length < 4) {
      this.warn(`Section ${section.name} is too small to contain an value indexed from another section!`);
      return -1n;
    }
    const isWide = this.reader(section).u32() === 0xffffffff;
    const size = isWide ? 8 : 4;
    const at = index * BigInt(size) + (base !== 0n ? base : isWide ? 20n : 12n);
    if (at + BigInt(size) > BigInt(section.bytes.length)) {
      this.warn(`Offset into section ${section.name} too big: ${sharp(at)}`);
      return -1n;
    }
    return this.reader(section, Number(at)).uint(size);
  }
}

export function hexDigits(value: bigint | number, size: number): string {
  const bytes = size === 0 ? 2 : size;
  return BigInt.asUintN(bytes * 8, BigInt(value))
    .toString(16)
    .padStart(bytes * 2, "0");
}

/** A view number, as wide as an address would be. */
export const viewText = (value: bigint, size: number): string =>
  `v${BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2 - 1, "0")} `;

/** C's %#x. */
export const sharp = (value: bigint | number): string =>
  value === 0n || value === 0 ? "0" : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

export const formName = (form: number): string =>
  form === 0 ? "DW_FORM value: 0" : (formNames.get(form) ?? `Unknown FORM value: ${form.toString(16)}`);
