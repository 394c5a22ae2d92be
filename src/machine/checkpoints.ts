// Where a translated function checks whether it may go on: whether there is fuel
// for all up to the next check, and whether the accesses of a block are allowed.
import { type Checks, type Entry, isKnown } from "./checks.ts";
import type { Block, Placed, Region } from "./region.ts";
import { planRounds, type Rounds } from "./rounds.ts";

/** Loops with more ways back than this are checked at their head. */
const MOST_BACK_EDGES = 3;

export class CheckPoints {
  readonly #checks: Checks;
  readonly #longest = new Map<Block, number>();
  readonly #rounds: ReadonlyMap<Block, Rounds>;
  /** The heads of loops in which entries are checked for several rounds at once. */
  readonly #heads = new Map<Entry, Block>();

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
    }
    this.#rounds = planRounds(region, checks, (head) => this.onEdges(head));
    for (const [head, { covered }] of this.#rounds) for (const entry of covered) this.#heads.set(entry, head);
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

  /** The accesses to be checked before a loop's head for all rounds that are checked at once. */
  entriesOfRounds(head: Block, from: readonly Block[], { entries, count }: Rounds): readonly Entry[] {
    // What is known of the first round says nothing of the others.
    const moved = entries.map(({ register, range: { low, high, access }, step }) => {
      const way = step * count;
      return { register, range: { low: Math.min(low, low + way), high: Math.max(high, high + way), access } };
    });
    return this.#unknown(moved, head, from);
  }

  #unknown(entries: readonly Entry[], block: Block, from: readonly Block[]): readonly Entry[] {
    return entries.filter(
      (entry) =>
        !from.every((earlier) => isKnown(this.#checks.known.get(earlier), entry)) ||
        (block.order === 0 && !isKnown(this.#checks.atEntry, entry)),
    );
  }

  /** How a loop is checked for several rounds at once, if it is. */
  rounds(head: Block): Rounds | undefined {
    return this.#rounds.get(head);
  }

  /** The head of the loop in which an access is checked for several rounds at once. */
  headOf(entry: Entry): Block | undefined {
    return this.#heads.get(entry);
  }
}
