import {
  type Deletions,
  Dyn,
  Kept,
  type LinkModel,
  type SectionId,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { LinkResult } from "../link.ts";
import { sectionName } from "../liveness/liveness.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { symbolAddress } from "./map-symbols.ts";
import { type RelocationFormula, relocationFormula } from "./relocation-formulas.ts";

// What a relocation computes depends on who finds the symbol: where a dynamic
// loader does, calls go to a stub, and words of data are left to the loader.

/** A formula with the name and the value that it calls S. */
interface ExplainedFormula {
  readonly formula: string;
  readonly compute: RelocationFormula["compute"];
  readonly letter: "S" | "L";
  readonly address: bigint;
}

/** More relocations than this are only counted. */
const MOST_RELOCATIONS = 40;

const CALLS = /_(PLT32|PC32|PC16|CALL|CALL_PLT|JAL|BRANCH|RVC_JUMP|RVC_BRANCH)$/;
const GENERAL_TLS = /_(TLSGD|TLSLD|TLS_GD|TLS_LDM|TLS_GD_HI20|GOTPC32_TLSDESC|TLSDESC_CALL)$/;

/** How the relocation number `entry` of a section comes to its value; `s`: the symbol's address. */
function explainRelocation(
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

/** The relocations of `size` bytes of a section from `from` on: what each computes, and what relaxation made of it. */
export function explainRelocations(
  result: LinkResult,
  section: SectionId,
  from: number,
  size: number,
): string[] {
  const model = result.inputs?.model;
  const target = result.target;
  const output = model && result.layout?.sections[model.sections.output[section]];
  if (!target || !output) return [];
  const { symbols, names, sections, deletions } = model;
  const reader = new RelocationReader(model);
  reader.open(section);
  const base = output.address + BigInt(sections.outputOffset[section]);
  const gone = deletions.get(section);
  const lines: string[] = [];
  let more = 0;
  for (let i = 0; i < reader.count; i++) {
    const offset = reader.offset(i);
    const deletedBefore = gone ? countDeleted(gone, offset) : 0;
    const place = offset - deletedBefore;
    if (place < from || place >= from + size) continue;
    if (lines.length >= MOST_RELOCATIONS) {
      more++;
      continue;
    }
    const symbol = reader.symbol(i);
    const type = target.relocationName(reader.type(i));
    // It says of the relocation before it that it may be relaxed: what came of that is said there.
    if (type === "R_RISCV_RELAX") continue;
    const s = symbolAddress(model, symbol);
    const a = reader.addend(i);
    const p = base + BigInt(place);
    const { formula, compute, letter, address } = explainRelocation(model, section, i, type, symbol, s);
    let name = names.text(symbols.name[symbol]);
    if (name === "" && symbols.section[symbol] > 0) name = sectionName(model, symbols.section[symbol]);
    const against = name === "" ? "" : ` against ${name}`;
    let line = `0x${p.toString(16)}: ${type}${against}: ${formula}`;
    if (compute && (reader.rela || a !== 0n)) {
      const value = BigInt.asIntN(64, compute(address, a, p));
      line += ` = ${signed(value)}   (${letter} = 0x${address.toString(16)}, A = ${signed(a)}, P = 0x${p.toString(16)})`;
    }
    lines.push(line + relaxation(type, gone, offset));
  }
  if (lines.length === 0) return [];
  if (more > 0) lines.push(`… and ${more} more`);
  return ["relocations:", ...lines.map((line) => `  ${line}`)];
}

/** What became of an instruction, or a pair of them, some of whose bytes relaxation deleted. */
function relaxation(type: string, gone: Deletions | undefined, offset: number): string {
  const isCall = /^R_RISCV_CALL(_PLT)?$/.test(type);
  if (!gone || !(isCall || /^R_RISCV_(PCREL_|TPREL_)?HI20$/.test(type))) return "";
  const bytes = countDeleted(gone, offset + (isCall ? 8 : 4)) - countDeleted(gone, offset);
  if (bytes === 0) return "";
  if (isCall) return `; relaxed to one ${bytes === 4 ? "instruction, jal" : "compressed instruction"}`;
  return bytes === 4 ? "; relaxed: deleted, the low half alone reaches it" : "; relaxed to c.lui";
}

/** How many bytes relaxation deleted before an offset. */
function countDeleted(deletions: Deletions, offset: number): number {
  const end = deletions.first + deletions.count;
  for (let i = deletions.first; i < end; i++) if (deletions.start[i] >= offset) return deletions.before[i];
  return deletions.before[end];
}

function signed(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
