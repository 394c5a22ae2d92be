import type { BfdObject } from "./bfd/object.ts";
import type { BfdSymbol } from "./bfd/symbols.ts";

/** Answers where something is in the source. */
export interface LineFinder {
  ofSymbol(symbol: BfdSymbol, address: bigint): { readonly file: string; readonly line: number } | undefined;
  firstUse(symbolIndex: number): { readonly file: string; readonly line: number } | undefined;
}

export function openLines(_object: BfdObject): LineFinder | undefined {
  return undefined;
}
