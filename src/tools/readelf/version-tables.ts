import { textAt } from "../text-out.ts";
import { type Context, offsetOfAddress } from "./context.ts";
import { DT } from "./dynamic.ts";

// The versions of dynamic symbols: a number for each symbol (DT_VERSYM), and
// what the numbers mean, in the file's own versions (DT_VERDEF) and in those
// it needs of other libraries (DT_VERNEED).

export interface VersionOfSymbol {
  readonly name: string;
  readonly kind: "public" | "hidden" | "needed";
  /** vna_other of a needed version. */
  readonly index: number;
}

interface Defined {
  readonly nameOffset: number;
  readonly flags: number;
}

/** More definitions than this are not looked at: a chain that loops must end. */
const MAX_ENTRIES = 1 << 16;

export class VersionTables {
  private readonly context: Context;
  private readonly symbolVersions: number;
  /** Index to definition; the numbers in the order of the file. */
  readonly defined = new Map<number, Defined>();
  /** vna_other to vna_name. */
  readonly needed = new Map<number, number>();
  private readonly hasDefinitions: boolean;
  private readonly hasNeeds: boolean;
  private maxDefined = 0;
  private readonly cache = new Map<number, VersionOfSymbol | undefined>();

  /** Undefined where the file has no versions of symbols. */
  static read(context: Context): VersionTables | undefined {
    const address = context.dynamic.info.get(DT.VERSYM);
    return address === undefined || address === 0n ? undefined : new VersionTables(context, address);
  }

  private constructor(context: Context, address: bigint) {
    this.context = context;
    this.symbolVersions = offsetOfAddress(context, address, 2);
    const definitions = context.dynamic.info.get(DT.VERDEF) ?? 0n;
    const needs = context.dynamic.info.get(DT.VERNEED) ?? 0n;
    this.hasDefinitions = definitions !== 0n;
    this.hasNeeds = needs !== 0n;
    if (this.hasDefinitions) this.readDefinitions(offsetOfAddress(context, definitions, 20));
    if (this.hasNeeds) this.readNeeds(offsetOfAddress(context, needs, 16));
  }

  private readDefinitions(start: number): void {
    const { image } = this.context;
    for (let at = start, i = 0; i < MAX_ENTRIES && image.range(at, 20); i++) {
      const index = image.u16(at + 4);
      const aux = at + image.u32(at + 12);
      const next = image.u32(at + 16);
      this.maxDefined = Math.max(this.maxDefined, index & 0x7fff);
      if (!this.defined.has(index) && image.range(aux, 8))
        this.defined.set(index, { nameOffset: image.u32(aux), flags: image.u16(at + 2) });
      if (next === 0) break;
      at += next;
    }
  }

  private readNeeds(start: number): void {
    const { image } = this.context;
    let left = MAX_ENTRIES;
    for (let at = start; left-- > 0 && image.range(at, 16); ) {
      for (let aux = at + image.u32(at + 8); left-- > 0 && image.range(aux, 16); ) {
        const other = image.u16(aux + 6);
        if (!this.needed.has(other)) this.needed.set(other, image.u32(aux + 8));
        const next = image.u32(aux + 12);
        if (next === 0) break;
        aux += next;
      }
      const next = image.u32(at + 12);
      if (next === 0) break;
      at += next;
    }
  }

  /** The number of a symbol's version as the file states it; undefined beyond the end of the file. */
  numberOf(symbol: number): number | undefined {
    const at = this.symbolVersions + symbol * 2;
    return this.context.image.range(at, 2) ? this.context.image.u16(at) : undefined;
  }

  /** The version of a symbol of a dynamic symbol table, whose strings also name the versions. */
  ofSymbol(
    symbol: number,
    isDefined: boolean,
    nameOffset: number,
    strings: Uint8Array | undefined,
  ): VersionOfSymbol | undefined {
    const number = this.numberOf(symbol);
    if (number === undefined || number === 0) return undefined;
    const definition = isDefined && number !== 0x8001 ? this.defined.get(number & 0x7fff) : undefined;
    // A symbol that is named like its version stands for the version itself.
    if (definition && definition.nameOffset === nameOffset) return this.look(number, undefined, strings);
    const key = isDefined ? number : number | 0x10000;
    if (this.cache.has(key)) return this.cache.get(key);
    const found = this.look(number, definition, strings);
    this.cache.set(key, found);
    return found;
  }

  private look(
    number: number,
    definition: Defined | undefined,
    strings: Uint8Array | undefined,
  ): VersionOfSymbol | undefined {
    const nameAt = (offset: number) =>
      strings && offset < strings.length ? textAt(strings, offset) : "<corrupt>";
    const kind = number & 0x8000 ? "hidden" : "public";
    if (definition) {
      if ((number & 0x7fff) === 1 && definition.flags === 1) return undefined;
      return { name: nameAt(definition.nameOffset), kind, index: 0 };
    }
    if (!this.hasNeeds) return undefined;
    const needed = this.needed.get(number);
    if (needed !== undefined) return { name: nameAt(needed), kind: "needed", index: number };
    const index = number & 0x7fff;
    if ((this.maxDefined !== 0 || index !== 1) && index > this.maxDefined)
      return { name: "<corrupt>", kind, index: 0 };
    return undefined;
  }
}
