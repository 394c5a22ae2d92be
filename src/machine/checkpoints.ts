// Where a translated function checks whether it may go on: whether there is fuel
// for all up to the next check, and whether the accesses of a block are allowed.
import { type Checks, type Entry, isKnown, LONGEST } from "./checks.ts";
import type { Block, Placed, Region } from "./region.ts";

/** Loops with more ways back than this are checked at their head. */
const MOST_BACK_EDGES = 3;
/** Rounds of a short loop that are checked at once, and what makes that worth its while. */
const MOST_ROUNDS = 64;
const LEAST_ROUNDS = 6;

export class CheckPoints {
  readonly #checks: Checks;
  readonly #longest = new Map<Block, number>();
  readonly #rounds = new Map<Block, number>();

  constructor(region: Region, checks: Checks) {
    this.#checks = checks;
    for (let i = region.blocks.length - 1; i >= 0; i--) {
      const block = region.blocks[i];
      let longest = 0;
      if (block.ending.kind !== "call") {
        for (const next of block.successors) {
          if (next.order <= block.order || this.fuel(next)) continue;
          longest = Math.max(longest, this.#longest.get(next) ?? 0);
        }
      }
      this.#longest.set(block, block.count + longest);
      this.#rounds.set(block, this.#countRounds(block));
    }
  }

  /** Instructions on the longest way from a block to the next check of fuel. */
  longest(block: Block): number {
    return this.#longest.get(block) ?? block.count;
  }

  /** Whether an instruction may have to be left to the evaluator. */
  mayLeave(placed: Placed): boolean {
    return placed.operation.traits.memory && this.#checks.plans.get(placed) !== "known";
  }

  /** Whether sp is compared after a call, so that what is known of the stack stays known. */
  keepsStack(block: Block): boolean {
    return block.ending.kind === "call" && this.#checks.known.get(block)?.has(2) === true;
  }

  /** Whether fuel is checked before a block. */
  fuel(block: Block): boolean {
    // A dispatching block has no address of its own to leave to; those that it goes to check.
    if (block.ending.kind === "dispatch") return false;
    if (block.predecessors.some(({ ending }) => ending.kind === "dispatch")) return true;
    return (
      block.order === 0 || block.loops || block.predecessors.some(({ ending }) => ending.kind === "call")
    );
  }

  /** Whether there is something to check before a block. */
  before(block: Block): boolean {
    return this.fuel(block) || (this.#checks.entries.get(block)?.length ?? 0) > 0;
  }

  /**
   * Whether what is checked before a block is checked on the ways to it, because
   * it is the head of a loop: the values that registers had in the last round are
   * then of no use within the round, and need no place.
   */
  onEdges(block: Block): boolean {
    if (!block.loops || block.ending.kind === "dispatch") return false;
    let back = 0;
    for (const from of block.predecessors) if (from.order >= block.order) back++;
    return back <= MOST_BACK_EDGES;
  }

  /** The accesses to be checked before a block that was reached by some ways. */
  entries(block: Block, from: readonly Block[]): readonly Entry[] {
    return this.#unknown(this.#checks.entries.get(block) ?? [], block, from);
  }

  /** The same for the first round of a loop and `rounds` more: what is known of the first says nothing of the others. */
  entriesOfRounds(block: Block, from: readonly Block[], rounds: number): readonly Entry[] {
    const entries = (this.#checks.entries.get(block) ?? []).map((entry) => {
      const { low, high, access } = entry.range;
      const moved = (entry.step ?? 0) * rounds;
      return {
        ...entry,
        range: { low: Math.min(low, low + moved), high: Math.max(high, high + moved), access },
      };
    });
    return this.#unknown(entries, block, from);
  }

  #unknown(entries: readonly Entry[], block: Block, from: readonly Block[]): readonly Entry[] {
    return entries.filter(
      (entry) =>
        !from.every((earlier) => isKnown(this.#checks.known.get(earlier), entry)) ||
        (block.order === 0 && !isKnown(this.#checks.atEntry, entry)),
    );
  }

  /**
   * A loop that is one block, and goes by pointers that it moves by constants,
   * is checked for several rounds at once: the rounds after the first of them.
   * 0 where that is not so.
   */
  rounds(block: Block): number {
    return this.#rounds.get(block) ?? 0;
  }

  #countRounds(block: Block): number {
    if (block.ending.kind !== "branch" || !this.onEdges(block) || !block.successors.includes(block)) return 0;
    if (block.redirected.size > 0 || block.ending.taken === block.ending.next) return 0;
    if (block.body.some((placed) => this.mayLeave(placed))) return 0;
    let most = MOST_ROUNDS;
    for (const { range, step } of this.#checks.entries.get(block) ?? []) {
      if (step === undefined) return 0;
      if (step !== 0)
        most = Math.min(most, Math.floor((LONGEST - 1 - (range.high - range.low)) / Math.abs(step)));
    }
    return most < LEAST_ROUNDS ? 0 : most;
  }
}
