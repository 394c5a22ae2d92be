import { inflateCompressed, inflateZdebug, readCompressionHeader } from "../../elf/index.ts";
import type { BfdObject } from "../bfd/object.ts";
import type { BfdSection } from "../bfd/section.ts";
import { SEC_DEBUGGING } from "../bfd/section.ts";
import { type BfdSymbol, readBfdSymbols } from "../bfd/symbols.ts";
import { demangleName } from "../demangled.ts";
import { SymbolTable } from "../elf-image.ts";
import { complain, type ToolHost } from "../host.ts";
import type { TextOut } from "../text-out.ts";
import { showUnicode } from "../unicode.ts";
import type { ObjdumpOptions } from "./options.ts";
import { versionNames } from "./symbol-versions.ts";

/** One run: options, output, and which -j sections have been met. */
export interface Run {
  readonly host: ToolHost;
  readonly out: TextOut;
  readonly options: ObjdumpOptions;
  readonly seenSections: Set<string>;
  /** The file being shown, as the command line names it. */
  path: string;
  exitCode: number;
}

/** Prints a complaint after what was printed before it. */
export function say(run: Run, message: string): void {
  run.out.flush();
  complain(run.host, message);
}

/** Something that makes the exit code 1. */
export function fail(run: Run, message: string): void {
  say(run, message);
  run.exitCode = 1;
}

/** Whether the object was made of a file without a format: its section has no section header. */
export function isBinary({ sections, sectionOfHeader }: BfdObject): boolean {
  return sections.length > 0 && sectionOfHeader.length === 0;
}

/** Where a section's contents are in the file. */
export function fileOffsetOf(object: BfdObject, section: BfdSection): number {
  return isBinary(object) ? 0 : (section.header?.offset ?? 0);
}

/** The object being shown, with what several parts need of it. */
export class Dump {
  readonly run: Run;
  readonly object: BfdObject;
  /** As headings name it; byte text. */
  readonly name: string;
  /** Digits of an address. A file without a format has those of the machine whose code it is shown as. */
  digits: 8 | 16;
  private mainSymbols: readonly BfdSymbol[] | undefined;
  private dynamicSymbols: readonly BfdSymbol[] | undefined;
  private versions: ReturnType<typeof versionNames> | undefined;

  constructor(run: Run, object: BfdObject, name: string) {
    this.run = run;
    this.object = object;
    this.name = name;
    this.digits = object.image.is64 && !isBinary(object) ? 16 : 8;
  }

  get options(): ObjdumpOptions {
    return this.run.options;
  }

  get out(): TextOut {
    return this.run.out;
  }

  /** The symbols of the main table. */
  get symbols(): readonly BfdSymbol[] {
    this.mainSymbols ??= readBfdSymbols(this.object) ?? [];
    return this.mainSymbols;
  }

  get dynsyms(): readonly BfdSymbol[] {
    this.dynamicSymbols ??= readBfdSymbols(this.object, true) ?? [];
    return this.dynamicSymbols;
  }

  /** The version of a symbol as BFD tells it; undefined where the file has none. */
  version(
    symbol: BfdSymbol,
    isDynamic: boolean,
  ): { readonly text: string; readonly hidden: boolean } | undefined {
    this.versions ??= versionNames(this.object);
    return this.versions(isDynamic ? symbol.index : -1);
  }

  /** Whether the -j options let a section through; those that name it are noted. */
  wants(name: string): boolean {
    const { sections } = this.options;
    if (sections.length === 0) return true;
    if (!sections.includes(name)) return false;
    this.run.seenSections.add(name);
    return true;
  }

  /** A name as it is shown. */
  shown(name: string): string {
    return showUnicodeIfNeeded(name, this.options.unicode);
  }

  demangled(name: string): string {
    return this.options.demangle && name !== "" ? demangleName(name) : name;
  }

  /** An address in full width. */
  address(value: bigint): string {
    return BigInt.asUintN(this.digits * 4, value)
      .toString(16)
      .padStart(this.digits, "0");
  }

  /** The address of a section, moved by --adjust-vma. */
  vma(section: BfdSection): bigint {
    const { adjust } = this.options;
    if (adjust === 0n) return section.vma;
    // Debugging sections stay where they are.
    if (section.flags & SEC_DEBUGGING) return section.vma;
    return BigInt.asUintN(64, section.vma + adjust);
  }

  /** The load address follows only in relocatable files. */
  lma(section: BfdSection): bigint {
    if (!this.object.hasRelocations) return section.lma;
    return BigInt.asUintN(64, section.lma + this.vma(section) - section.vma);
  }

  /** st_value of a common symbol. */
  commonAlignment(symbol: BfdSymbol): bigint {
    const { image, symtab } = this.object;
    return symtab ? new SymbolTable(image, symtab).value(symbol.index) : 0n;
  }

  /** Size and alignment as BFD states them when it decompresses: those of the contents. */
  sizeOf(section: BfdSection): { readonly size: number; readonly power: number } {
    const { image } = this.object;
    const header = section.header;
    const plain = { size: section.size, power: section.alignmentPower };
    if (!header || this.options.contents) return plain;
    const bytes = image.contents(header);
    if (header.flags & 0x800n) {
      const compression = readCompressionHeader(bytes, image.is64, image.littleEndian);
      if (!compression) return plain;
      return { size: compression.size, power: Math.max(0, Math.log2(compression.align)) };
    }
    if (isZdebug(bytes, section.name))
      return {
        size: new DataView(bytes.buffer, bytes.byteOffset).getUint32(8),
        power: section.alignmentPower,
      };
    return plain;
  }

  /** The section's bytes: decompressed, unless whole contents are being shown. Undefined where they are not in the file. */
  contents(section: BfdSection): Uint8Array | undefined {
    const { image } = this.object;
    const { header } = section;
    if (!header || header.type === 8) return new Uint8Array(0);
    const bytes = image.range(header.offset, header.size);
    if (!bytes || this.options.contents) return bytes;
    if (header.flags & 0x800n) {
      const inflated = inflateCompressed(bytes, image.is64, image.littleEndian);
      return "bytes" in inflated ? inflated.bytes : undefined;
    }
    if (isZdebug(bytes, section.name)) {
      const inflated = inflateZdebug(bytes);
      return "bytes" in inflated ? inflated.bytes : undefined;
    }
    return bytes;
  }
}

const isZdebug = (bytes: Uint8Array, name: string): boolean =>
  name.startsWith(".zdebug") && bytes.length > 12 && bytes[0] === 90 && bytes[1] === 76;

function showUnicodeIfNeeded(name: string, display: ObjdumpOptions["unicode"]): string {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 32 || code > 126) return showUnicode(name, display);
  }
  return name;
}
