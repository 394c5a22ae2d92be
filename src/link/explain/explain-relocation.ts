import {
  Dyn,
  Kept,
  type LinkModel,
  type SectionId,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { type RelocationFormula, relocationFormula } from "./relocation-formulas.ts";

// What a relocation computes depends on who finds the symbol: where a dynamic
// loader does, calls go to a stub, and words of data are left to the loader.

/** A formula with the name and the value that it calls S. */
export interface ExplainedFormula {
  readonly formula: string;
  readonly compute: RelocationFormula["compute"];
  readonly letter: "S" | "L";
  readonly address: bigint;
}

const CALLS = /_(PLT32|PC32|PC16|CALL|CALL_PLT|JAL|BRANCH|RVC_JUMP|RVC_BRANCH)$/;
const GENERAL_TLS = /_(TLSGD|TLSLD|TLS_GD|TLS_LDM|TLS_GD_HI20|GOTPC32_TLSDESC|TLSDESC_CALL)$/;

/** How the relocation number `entry` of a section comes to its value; `s`: the symbol's address. */
export function explainRelocation(
  model: LinkModel,
  section: SectionId,
  entry: number,
  type: string,
  symbol: SymbolId,
  s: bigint,
): ExplainedFormula {
  const known = relocationFormula(type);
  const plain = {
    formula: known?.formula ?? "see the psABI",
    compute: known?.compute,
    letter: "S",
    address: s,
  } as const;
  const stub = CALLS.test(type) ? stubOf(model, symbol) : undefined;
  if (stub !== undefined)
    return {
      formula: "L + A - P, L being its stub",
      compute: (l, a, p) => l + a - p,
      letter: "L",
      address: stub,
    };
  const left = leftToLoader(model, section, entry, symbol);
  if (left !== undefined) return { ...plain, formula: left, compute: undefined };
  if (!GENERAL_TLS.test(type)) return plain;
  const { dynamic } = model;
  const elsewhere = dynamic && (dynamic.flags[symbol] & (Dyn.defDynamic | Dyn.defRegular)) === Dyn.defDynamic;
  if (dynamic?.facts.gotMakesDynamic)
    return { ...plain, formula: "words of the GOT, which the loader sets, + A - P" };
  return {
    ...plain,
    formula: elsewhere
      ? "becomes initial-exec: a word of the GOT, which the loader sets"
      : "relaxed to local-exec",
  };
}

/** Where calls of a symbol go that is defined elsewhere. */
function stubOf({ dynamic, sections }: LinkModel, symbol: SymbolId): bigint | undefined {
  if (!dynamic || symbol >= dynamic.flags.length) return undefined;
  const { rows, plt, pltGot, pltSecond } = dynamic;
  const at = (row: SectionId, offset: number): bigint =>
    (BigInt(sections.addressHigh[row] >>> 0) << 32n) +
    BigInt(sections.addressLow[row] >>> 0) +
    BigInt(offset);
  if (rows.pltSecond && pltSecond[symbol] >= 0) return at(rows.pltSecond, pltSecond[symbol]);
  if (rows.plt && plt[symbol] >= 0) return at(rows.plt, plt[symbol]);
  return rows.pltGot && pltGot[symbol] >= 0 ? at(rows.pltGot, pltGot[symbol]) : undefined;
}

/** The part of the loader in a word of data. */
function leftToLoader(
  { dynamic, symbols }: LinkModel,
  section: SectionId,
  entry: number,
  symbol: SymbolId,
): string | undefined {
  if (!dynamic) return undefined;
  const { relocations } = dynamic;
  for (let i = 0; i < relocations.section.length; i++) {
    if (relocations.section[i] !== section || relocations.entry[i] !== entry) continue;
    const kept = relocations.kept[i];
    if (kept === Kept.symbol) return "S + A, set by the loader, which finds S";
    if (kept === Kept.resolver) return "what the resolver at S gives, set by the loader";
    if (kept === Kept.base && symbols.section[symbol] !== SymbolSection.absolute)
      return "B + S + A, set by the loader, B being where it puts the program";
  }
  return undefined;
}
