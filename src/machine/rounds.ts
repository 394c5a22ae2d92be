// Loops whose accesses are checked for several rounds at once.
//
// That needs to be known before a round: where the accesses of this one and of
// the next will be. So the accesses must go by registers that hold, wherever they
// are used, a register's value from the start of the round plus a constant, and
// the round must add a constant to that register, whichever way it goes. What is
// checked so need not all be done, since a round may go other ways or the loop
// end before: where such a check fails, each block checks its own accesses.
import { type Checks, type Entry, LONGEST, type Range } from "./checks.ts";
import type { Block, Region } from "./region.ts";
import { type Value, Values, valuesAtStart } from "./values.ts";

/** Rounds that are checked at once beyond the first, and what makes that worth its while. */
const MOST_ROUNDS = 64;
const LEAST_ROUNDS = 6;
const MOST_BLOCKS = 16;

/** A range relative to a register at the start of a round. */
export interface RoundEntry {
  readonly register: number;
  readonly range: Range;
  /** What a round adds to the register. */
  readonly step: number;
}

export interface Rounds {
  /** Rounds that are checked beyond the first. */
  readonly count: number;
  /** Instructions of the shortest round. */
  readonly shortest: number;
  readonly entries: readonly RoundEntry[];
  /** The entries of blocks other than the head that are covered. */
  readonly covered: ReadonlySet<Entry>;
}

/** By head, the loops that are checked so; `checkedOnEdges` says whether a head's checks are on the ways to it. */
export function planRounds(
  region: Region,
  checks: Checks,
  checkedOnEdges: (head: Block) => boolean,
): Map<Block, Rounds> {
  const plans = new Map<Block, Rounds>();
  for (const head of region.blocks) {
    if (!head.loops || !checkedOnEdges(head)) continue;
    const blocks = innermost(head);
    const plan = blocks && planLoop(head, blocks, checks);
    if (plan) plans.set(head, plan);
  }
  return plans;
}

/** The blocks of a loop in order, if it has no calls and no loops within, and is a small one. */
function innermost(head: Block): Block[] | undefined {
  const blocks = new Set<Block>([head]);
  const work = head.predecessors.filter((from) => from.order >= head.order);
  for (let block = work.pop(); block; block = work.pop()) {
    if (blocks.has(block)) continue;
    if (block.loops || blocks.size >= MOST_BLOCKS) return undefined;
    blocks.add(block);
    work.push(...block.predecessors);
  }
  for (const { ending, redirected } of blocks)
    if (ending.kind === "call" || ending.kind === "dispatch" || redirected.size > 0) return undefined;
  return [...blocks].sort((a, b) => a.order - b.order);
}

function planLoop(head: Block, blocks: readonly Block[], checks: Checks): Rounds | undefined {
  const { starts, steps } = follow(head, blocks, checks);
  const entries: RoundEntry[] = [];
  const covered = new Set<Entry>();
  let count = MOST_ROUNDS;
  for (const block of blocks) {
    for (const entry of checks.entries.get(block) ?? []) {
      const { root, offset } = starts.get(block)![entry.register];
      const step = root > 0 && root < 32 ? steps[root] : undefined;
      const { low, high, access } = entry.range;
      const range = { low: low + offset, high: high + offset, access };
      const fewer = step === undefined ? 0 : Math.min(count, mostRounds(range, step));
      if (step === undefined || fewer < LEAST_ROUNDS) {
        if (block === head) return undefined;
        continue;
      }
      count = fewer;
      if (block !== head) covered.add(entry);
      entries.push({ register: root, range, step });
    }
  }
  if (entries.length === 0) return undefined;
  const joined = join(entries, count);
  return { count, shortest: shortestRound(head, blocks), entries: joined, covered };
}

/** How often a range can be moved, and all be within what one check can look at. */
function mostRounds({ low, high }: Range, step: number): number {
  return step === 0 ? MOST_ROUNDS : Math.floor((LONGEST - 1 - (high - low)) / Math.abs(step));
}

/** One check instead of several by the same register, where it can look at all of it. */
function join(entries: readonly RoundEntry[], count: number): RoundEntry[] {
  const joined: RoundEntry[] = [];
  for (const entry of entries) {
    const { register, range, step } = entry;
    const at = joined.findIndex((other) => {
      if (other.register !== register) return false;
      return (
        mostRounds(both(other.range, range), step) >= count && LONGEST > spanOf(both(other.range, range))
      );
    });
    if (at < 0) joined.push(entry);
    else joined[at] = { register, step, range: both(joined[at].range, range) };
  }
  return joined;
}

function spanOf({ low, high }: Range): number {
  return high - low;
}

function both(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high), access: a.access | b.access };
}

/** The values that registers have before each block of a round, and what a round adds to each register. */
function follow(
  head: Block,
  blocks: readonly Block[],
  checks: Checks,
): { starts: Map<Block, readonly Value[]>; steps: readonly (number | undefined)[] } {
  const starts = new Map<Block, readonly Value[]>();
  const ends = new Map<Block, readonly Value[]>();
  let next = 32;
  const merge = (states: readonly (readonly Value[])[]): Value[] =>
    states[0].map((value, register) => {
      const same = states.every((other) => isSame(other[register], value));
      return same ? value : { root: next++, offset: 0 };
    });
  for (const block of blocks) {
    const start =
      block === head
        ? valuesAtStart(checks.constants.get(head) ?? [])
        : merge(block.predecessors.map((from) => ends.get(from)!));
    starts.set(block, start);
    const values = new Values(start, next);
    for (const placed of block.body) values.step(placed);
    if (block.last) values.step(block.last);
    next = values.next;
    ends.set(block, values.all);
  }
  const back = head.predecessors.filter((from) => from.order >= head.order).map((from) => ends.get(from)!);
  const end = merge(back);
  const steps = end.map(({ root, offset }, register) => (root === register ? offset : undefined));
  return { starts, steps };
}

function isSame(a: Value, b: Value): boolean {
  return a.root === b.root && a.offset === b.offset;
}

function shortestRound(head: Block, blocks: readonly Block[]): number {
  const before = new Map<Block, number>();
  let shortest = Number.POSITIVE_INFINITY;
  for (const block of blocks) {
    const ways = block === head ? [0] : block.predecessors.map((from) => before.get(from)!);
    const after = Math.min(...ways) + block.count;
    before.set(block, after);
    if (block.successors.includes(head)) shortest = Math.min(shortest, after);
  }
  return shortest;
}
