import { archiveCases } from "./cases-archives.ts";
import { copyCases } from "./cases-copies.ts";
import { dumpCases } from "./cases-dumps.ts";
import { listingCases } from "./cases-listing.ts";
import type { CorpusFile } from "./corpus.ts";
import type { ToolCase } from "./frame.ts";

/** All cases, tool by tool; without `all` a sample that takes about a minute. */
export function* allCases(corpus: readonly CorpusFile[], all: boolean): Generator<ToolCase> {
  yield* listingCases(corpus, all);
  yield* archiveCases(corpus);
  yield* copyCases(corpus, all);
  yield* dumpCases(corpus, all);
}

/** Every `step`-th element from a start that depends on `seed`, so that different rows take different samples. */
export function sample<T>(list: readonly T[], count: number, seed: number, all: boolean): readonly T[] {
  if (all || list.length <= count) return list;
  const step = list.length / count;
  return Array.from({ length: count }, (_, i) => list[Math.floor(i * step + (seed % step)) % list.length]);
}
