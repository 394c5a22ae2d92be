import { SHN_COMMON } from "../elf/index.ts";
import { type ElfImage, type ImageSection, SymbolTable } from "./elf-image.ts";
import { EM_386, EM_AARCH64, EM_ARM, EM_IAMCU, EM_RISCV, EM_X86_64 } from "./machines.ts";

// Debugging sections of an object hold numbers only after their relocations
// have been applied. Those are few kinds: a word set to S + A or S + A - P, and
// on RISC-V, where distances change while linking, words added to and
// subtracted from in place.

interface Effect {
  readonly size: 1 | 2 | 4 | 8;
  readonly how: "absolute" | "relative" | "add" | "subtract";
  /** Only the low six bits of the byte. */
  readonly sixBits?: boolean;
}

const absolute = (size: Effect["size"]): Effect => ({ size, how: "absolute" });
const relative = (size: Effect["size"]): Effect => ({ size, how: "relative" });
const add = (size: Effect["size"]): Effect => ({ size, how: "add" });
const subtract = (size: Effect["size"]): Effect => ({ size, how: "subtract" });

const effects: ReadonlyMap<number, ReadonlyMap<number, Effect>> = new Map([
  [
    EM_X86_64,
    new Map([
      [1, absolute(8)],
      [2, relative(4)],
      [10, absolute(4)],
      [24, relative(8)],
    ]),
  ],
  [
    EM_386,
    new Map([
      [1, absolute(4)],
      [2, relative(4)],
    ]),
  ],
  [
    EM_RISCV,
    new Map<number, Effect>([
      [1, absolute(4)],
      [2, absolute(8)],
      [33, add(1)],
      [34, add(2)],
      [35, add(4)],
      [36, add(8)],
      [37, subtract(1)],
      [38, subtract(2)],
      [39, subtract(4)],
      [40, subtract(8)],
      [52, { size: 1, how: "subtract", sixBits: true }],
      [53, { size: 1, how: "absolute", sixBits: true }],
      [54, absolute(1)],
      [55, absolute(2)],
      [56, absolute(4)],
      [57, relative(4)],
    ]),
  ],
  [
    EM_AARCH64,
    new Map([
      [1, absolute(4)],
      [257, absolute(8)],
      [258, absolute(4)],
      [260, relative(8)],
      [261, relative(4)],
    ]),
  ],
  [
    EM_ARM,
    new Map([
      [2, absolute(4)],
      [3, relative(4)],
    ]),
  ],
]);

/** Where a section's relocations are and what stands there, for those who ask about a place. */
export interface AppliedRelocations {
  /** The section's bytes: a copy if anything was applied. */
  readonly bytes: Uint8Array;
  /** Offsets of relocations, in the file's order. */
  readonly offsets: readonly number[];
  /** For each of them the index of its symbol. */
  readonly symbols: readonly number[];
  readonly symbolTable: SymbolTable | undefined;
}

const NOTHING: readonly number[] = [];

/** Where what cannot be applied is told. */
export interface RelocationWarner {
  readonly warn: (message: string) => void;
  /** The unknown type of the last warning: GNU's tools say it once for all that follow each other, also in other sections. */
  lastUnknown: number;
}

/**
 * The bytes of a section with its relocations applied as GNU readelf does it.
 * `bytes` is what the file has there, decompressed if need be; images that are
 * not relocatable are left alone. What cannot be applied is told to `warner`.
 * `asBfd`: as objdump does it, whose library takes all symbols, counts common
 * ones as zero, and forgets the place of RISC-V's relative words.
 */
export function applyRelocations(
  image: ElfImage,
  section: ImageSection,
  bytes: Uint8Array,
  warner: RelocationWarner,
  asBfd = false,
  baseOf: (sectionIndex: number) => bigint = () => 0n,
): AppliedRelocations {
  const { warn } = warner;
  const unchanged = { bytes, offsets: NOTHING, symbols: NOTHING, symbolTable: undefined };
  if (image.header.type !== 1) return unchanged;
  const relocations = image.sections.find(
    (other) =>
      (other.type === 4 || other.type === 9) &&
      other.info === section.index &&
      other.size > 0 &&
      other.link < image.sections.length,
  );
  if (!relocations) return unchanged;
  const symbolSection = image.sections[relocations.link];
  if (symbolSection.type !== 2 && symbolSection.type !== 11) return unchanged;
  if (!image.range(relocations.offset, relocations.size)) return unchanged;
  const symbolTable = new SymbolTable(image, symbolSection);
  const machine = image.header.machine === EM_IAMCU ? EM_386 : image.header.machine;
  const known = effects.get(machine);
  const out = bytes.slice();
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const { is64, littleEndian } = image;
  const isRela = relocations.type === 4;
  const step = (is64 ? 8 : 4) * (isRela ? 3 : 2);
  const offsets: number[] = [];
  const symbols: number[] = [];
  const end = relocations.offset + relocations.size;
  for (let at = relocations.offset; at + step <= end; at += step) {
    const offset = image.word(at);
    let type: number;
    let symbol: number;
    if (is64) {
      type = image.u32(littleEndian ? at + 8 : at + 12);
      symbol = image.u32(littleEndian ? at + 12 : at + 8);
    } else {
      const info = image.u32(at + 4);
      type = info & 255;
      symbol = info >>> 8;
    }
    offsets.push(offset);
    symbols.push(symbol);
    if (type === 0 || (machine === EM_AARCH64 && type === 256)) continue;
    const effect = known?.get(type);
    if (!effect) {
      if (type !== warner.lastUnknown)
        warn(`unable to apply unsupported reloc type ${type} to section ${section.name}`);
      warner.lastUnknown = type;
      continue;
    }
    const { size } = effect;
    if (!(offset + size <= out.length)) {
      warn(`skipping invalid relocation offset 0x${offset.toString(16)} in section ${section.name}`);
      continue;
    }
    if (symbol >= symbolTable.count) {
      warn(`skipping invalid relocation symbol index 0x${symbol.toString(16)} in section ${section.name}`);
      continue;
    }
    const symbolType = symbolTable.info(symbol) & 15;
    if (!asBfd && symbol !== 0 && symbolType !== 5 && symbolType > 3) {
      const name = ["", "", "", "", "FILE", "", "TLS"][symbolType] || `<OS specific>: ${symbolType}`;
      const index = (at - relocations.offset) / step;
      warn(`skipping unexpected symbol type ${name} in section ${relocations.name} relocation ${index}`);
      continue;
    }
    const place =
      size === 8
        ? view.getBigUint64(offset, littleEndian)
        : BigInt(
            size === 4
              ? view.getUint32(offset, littleEndian)
              : size === 2
                ? view.getUint16(offset, littleEndian)
                : out[offset],
          );
    let value = 0n;
    if (isRela)
      value = is64
        ? image.view.getBigInt64(at + 16, littleEndian)
        : BigInt(image.view.getInt32(at + 8, littleEndian));
    const inPlace = !isRela || effect.how === "add" || effect.how === "subtract";
    if (inPlace) value += effect.sixBits && effect.how === "subtract" ? place & 0x3fn : place;
    let target = asBfd && symbolTable.shndx(symbol) === SHN_COMMON ? 0n : symbolTable.value(symbol);
    target += baseOf(symbolTable.sectionIndex(symbol));
    value = effect.how === "subtract" ? value - target : value + target;
    if (effect.how === "relative" && !(asBfd && machine === EM_RISCV)) value -= BigInt(offset);
    if (effect.sixBits) value = (value & 0x3fn) | (place & 0xc0n);
    if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, value), littleEndian);
    else if (size === 4) view.setUint32(offset, Number(BigInt.asUintN(32, value)), littleEndian);
    else if (size === 2) view.setUint16(offset, Number(BigInt.asUintN(16, value)), littleEndian);
    else out[offset] = Number(BigInt.asUintN(8, value));
  }
  return { bytes: out, offsets, symbols, symbolTable };
}
