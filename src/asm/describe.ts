import type { Assembler } from "./assembler.ts";
import type { FinishedObject } from "./object.ts";
import type { AssembledObject, AssembledRelocation, AssembledSection, AssembledSymbol } from "./result.ts";

/** The object as plain data; sections' relocations and symbols are made only when asked for. */
export function describeObject(
  assembler: Assembler,
  object: FinishedObject,
  bytes: Uint8Array,
): AssembledObject {
  return {
    xlen: assembler.target.fileWidth,
    flags: object.flags,
    bytes,
    files: assembler.filesRead,
    get sections() {
      return object.sections.map((_, i) => describeSection(object, i));
    },
    get symbols() {
      return describeSymbols(object);
    },
    get listing() {
      return assembler.listing?.rows() ?? [];
    },
    get listingSkips() {
      return assembler.listing?.skipped() ?? [];
    },
    get listingPage() {
      return assembler.listing?.page ?? {};
    },
    get listingSymbols() {
      return assembler.listing?.symbols() ?? [];
    },
  };
}

function describeSection(object: FinishedObject, index: number): AssembledSection {
  const section = object.sections[index];
  const columns = object.relocations[index];
  const relocations: AssembledRelocation[] = [];
  for (let i = 0; i < (columns?.count ?? 0); i++) {
    relocations.push({
      offset: columns!.offsetLow[i] >>> 0,
      type: columns!.type[i],
      symbol: columns!.symbol[i],
      addend: (BigInt(columns!.addendHigh![i]) << 32n) | BigInt(columns!.addendLow![i] >>> 0),
    });
  }
  return {
    name: section.name,
    type: section.type,
    flags: section.flags,
    entrySize: section.entrySize,
    alignment: 2 ** section.alignment,
    size: section.size,
    contents: object.contents[index],
    relocations,
  };
}

function describeSymbols(object: FinishedObject): AssembledSymbol[] {
  const none: AssembledSymbol = {
    name: "",
    value: 0n,
    size: 0n,
    type: 0,
    binding: 0,
    other: 0,
    section: { kind: "undefined" },
  };
  const SHN_ABS = 0xfff1;
  const SHN_COMMON = 0xfff2;
  return [
    none,
    ...object.symbols.map(
      (symbol): AssembledSymbol => ({
        name: symbol.name,
        value: BigInt(symbol.value),
        size: BigInt(symbol.size),
        type: symbol.info & 15,
        binding: symbol.info >> 4,
        other: symbol.other,
        section:
          symbol.section >= 0
            ? { kind: "section", index: symbol.section }
            : {
                kind:
                  symbol.shndx === SHN_ABS
                    ? "absolute"
                    : symbol.shndx === SHN_COMMON
                      ? "common"
                      : "undefined",
              },
      }),
    ),
  ];
}
