import { growInt32, int32Column } from "../../binary/index.ts";
import { type LinkModel, type Need, SymbolFlag, type SymbolId } from "../../model/index.ts";
import { orderWithLibraries } from "../dynamic/dynamic-order.ts";
import { orderOfHashes, tableSizes } from "./bfd-table.ts";

// GNU ld takes global symbols as they lie in BFD's hash table: bucket by
// bucket, in each the latest first. The order of GOT entries, stubs, common
// symbols and of the symbol table follows from that. None of it has a meaning,
// but an image that is to equal GNU ld's, and a map that tools compare, needs
// the same order; so the table is built again, growth included, by kernels
// (src/kernels/assembly/gnu-order.ts).

/** With more global symbols than this, the whole order is too dear to know where a few symbols stand in it (but for -O1). */
const MANY = 1 << 16;

interface Ranked {
  readonly ranks: Int32Array;
  readonly order: Int32Array;
}

const known = new WeakMap<LinkModel, Ranked>();

/** Of each global symbol its number in GNU ld's order, from 1; 0 for local ones. */
export function gnuRanks(model: LinkModel): Int32Array {
  return rankedGlobals(model).ranks;
}

/** The global symbols in GNU ld's order. */
export function globalsAsGnu(model: LinkModel): Int32Array {
  return rankedGlobals(model).order;
}

function rankedGlobals(model: LinkModel): Ranked {
  const old = known.get(model);
  const { count } = model.symbols;
  const isKnown = old?.order.length === model.symbols.globals().length;
  if (isKnown && old.ranks.length === count) return old;
  let ranked: Ranked;
  // Labels that get their rows late change no order.
  if (isKnown) ranked = { ...old, ranks: growInt32(old.ranks, count).subarray(0, count) };
  else {
    const order = model.dynamic ? orderWithLibraries(model, model.dynamic) : orderAll(model);
    const ranks = int32Column(count);
    for (let i = 0; i < order.length; i++) ranks[order[i]] = i + 1;
    ranked = { ranks, order };
  }
  known.set(model, ranked);
  return ranked;
}

/**
 * As `gnuRanks`, but only for some symbols, 0 for others, and only in relation to each other: mostly they lie in
 * different buckets, and the order of those needs no table. Of more symbols than `MANY` no more is ever found out;
 * then the few that share a bucket are left in the order in which they come.
 */
export function gnuRanksOf(model: LinkModel, wanted: readonly SymbolId[]): Int32Array {
  if (model.dynamic) return gnuRanks(model);
  const { symbols, names } = model;
  const { arena } = names;
  const { length: count } = symbols.globals();
  const ranks = int32Column(symbols.count);
  const globals = arena.int32(wanted.length);
  let found = 0;
  for (const symbol of wanted)
    if ((symbols.flags[symbol] & SymbolFlag.global) !== 0) globals[found++] = symbol;
  const buckets = arena.int32(found);
  const size = tableSizes(count, model.options.hashSize).at(-1) ?? 0;
  arena.kernels.bfdBuckets(
    names.table,
    symbols.lend(0, 0),
    globals.byteOffset,
    found,
    size,
    buckets.byteOffset,
  );
  const isAsked = count <= MANY || model.options.optimize > 0;
  const taken = new Set<number>();
  for (let i = 0; i < found; i++) {
    const rank = 1 + buckets[i];
    if (taken.has(rank) && ranks[globals[i]] === 0 && isAsked) return gnuRanks(model);
    taken.add(rank);
    ranks[globals[i]] = rank;
  }
  return ranks;
}

function orderAll({ symbols, names, options }: LinkModel): Int32Array {
  const { arena } = names;
  const { length: count } = symbols.globals();
  const hashes = arena.int32(count * 2);
  const met = arena.int32(count);
  arena.kernels.bfdHashes(names.table, symbols.lend(0, 0), hashes.byteOffset, met.byteOffset);
  const order = orderOfHashes(arena, hashes, options.hashSize);
  for (let i = 0; i < count; i++) order[i] = met[order[i]];
  return order;
}

/** Puts the entries of a table into GNU ld's order; `localsFirst`: as in the GOT, otherwise as stubs are. */
export function orderAsGnu(model: LinkModel, need: Need, localsFirst: boolean): void {
  if (need.symbols.length < 2) return;
  const { symbols } = model;
  const ranks = gnuRanksOf(model, need.symbols);
  need.sort((a, b) => {
    if (ranks[a] !== 0 && ranks[b] !== 0) return ranks[a] - ranks[b];
    if (ranks[a] === 0 && ranks[b] === 0)
      return symbols.object[a] - symbols.object[b] || symbols.elfIndex[a] - symbols.elfIndex[b];
    return (ranks[a] === 0) === localsFirst ? -1 : 1;
  });
}

/** The global symbols of a list in GNU ld's order. */
export function sortAsGnu(model: LinkModel, globals: SymbolId[]): SymbolId[] {
  const ranks = gnuRanksOf(model, globals);
  return globals.sort((a, b) => ranks[a] - ranks[b]);
}
