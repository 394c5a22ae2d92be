// Which registers translated code keeps in locals where.
//
// A local holds its register's value from a load (at the entry, or after a
// call) or an assignment on. At every way out the registers that may have been
// assigned since the last load (the dirty ones) go back to memory. A load is
// needed where a path leads to a reading of the register, or to a way out that
// stores it, before any assignment.
//
// A loop with calls would store at each call what was dirty before the loop. So
// that is stored before the loop, if the loop itself does not assign it.
//
// Sets are 64 bits: integer registers in one i32, f registers in another.
import { operandValue } from "./operation.ts";
import type { Block, Placed, Region } from "./region.ts";

/** A set of registers. */
export interface Registers {
  x: number;
  f: number;
}

export interface BlockFacts {
  /** Before the block. */
  readonly dirtyIn: Registers;
  /** The same on the ways to it that do not come back to it, after what is stored there. */
  readonly dirtyForward: Registers;
  /** What is stored on those ways, where the block is the head of a loop. */
  readonly stored: Registers;
  readonly needIn: Registers;
  /** After the ending's own assignments, before its call or exit. */
  readonly dirtyEnd: Registers;
}

/** Adds what an instruction reads and assigns to sets. */
export function accesses(placed: Placed, reads: Registers, writes: Registers): void {
  const { traits, operands } = placed.operation;
  for (const source of operands) {
    const { name } = source;
    const read = traits.reads.includes(name);
    const write = traits.writes.includes(name);
    if (!read && !write) continue;
    const bit = 1 << operandValue(source, placed.word);
    if (name.startsWith("f")) {
      if (read) reads.f |= bit;
      if (write) writes.f |= bit;
    } else {
      if (read) reads.x |= bit & ~1;
      if (write) writes.x |= bit & ~1;
    }
  }
  if (traits.reads.includes("sp")) reads.x |= 4;
}

/** Where control may leave a region. */
export interface Leaving {
  /** Before an instruction, which is then left to the evaluator. */
  readonly at: (placed: Placed) => boolean;
  /** Before a block, for want of fuel or because of an access in it. */
  readonly before: (block: Block) => boolean;
  /** On the ways to a block, rather. */
  readonly onEdges: (block: Block) => boolean;
  /** sp is compared with what it was before the call that ends the block. */
  readonly keepsStack: (block: Block) => boolean;
}

/** Whether control leaves the region after a block, on some way. */
function leavesAfter(block: Block): boolean {
  switch (block.ending.kind) {
    case "call":
    case "computed":
    case "leave":
      return true;
    case "branch":
      return block.successors.length < 2;
    case "dispatch":
      return false;
    case "fall":
    case "jump":
      return block.successors.length < 1;
  }
}

function add(to: Registers, more: Registers): void {
  to.x |= more.x;
  to.f |= more.f;
}

/** What may be dirty where a block is entered from another. */
export function dirtyOnEdge(facts: ReadonlyMap<Block, BlockFacts>, from: Block, to: Block): Registers {
  if (to.order > from.order) return facts.get(to)!.dirtyForward;
  return from.ending.kind === "call" ? { x: 0, f: 0 } : facts.get(from)!.dirtyEnd;
}

export function analyse(region: Region, leaving: Leaving): Map<Block, BlockFacts> {
  const facts = new Map<Block, BlockFacts>();
  for (const block of region.blocks) {
    const none = (): Registers => ({ x: 0, f: 0 });
    facts.set(block, {
      dirtyIn: none(),
      dirtyForward: none(),
      stored: none(),
      needIn: none(),
      dirtyEnd: none(),
    });
  }
  const kept = new Map<Block, Registers>();
  for (const block of region.blocks) if (block.loops) kept.set(block, keptDirty(block));
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of region.blocks) {
      const fact = facts.get(block)!;
      let { x, f } = fact.dirtyIn;
      const keep = kept.get(block) ?? ALL;
      for (const earlier of block.predecessors) {
        if (earlier.ending.kind === "call") continue;
        const end = facts.get(earlier)!.dirtyEnd;
        const mask = earlier.order < block.order ? keep : ALL;
        x |= end.x & mask.x;
        f |= end.f & mask.f;
      }
      const end = { x, f };
      fact.dirtyIn.x = x;
      fact.dirtyIn.f = f;
      const none = { x: 0, f: 0 };
      for (const placed of block.body) accesses(placed, none, end);
      if (block.last) accesses(block.last, none, end);
      if (end.x !== fact.dirtyEnd.x || end.f !== fact.dirtyEnd.f) {
        fact.dirtyEnd.x = end.x;
        fact.dirtyEnd.f = end.f;
        changed = true;
      }
    }
  }
  for (const block of region.blocks) {
    const { dirtyForward, stored } = facts.get(block)!;
    for (const earlier of block.predecessors) {
      if (earlier.ending.kind === "call" || earlier.order >= block.order) continue;
      add(dirtyForward, facts.get(earlier)!.dirtyEnd);
    }
    const keep = kept.get(block) ?? ALL;
    stored.x = dirtyForward.x & ~keep.x;
    stored.f = dirtyForward.f & ~keep.f;
    dirtyForward.x &= keep.x;
    dirtyForward.f &= keep.f;
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = region.blocks.length - 1; i >= 0; i--) {
      const block = region.blocks[i];
      const fact = facts.get(block)!;
      const need = { x: 0, f: 0 };
      if (block.ending.kind !== "call") {
        for (const later of block.successors) {
          add(need, facts.get(later)!.needIn);
          if (later.order > block.order) add(need, facts.get(later)!.stored);
          if (leaving.onEdges(later)) add(need, dirtyOnEdge(facts, block, later));
        }
      } else if (leaving.keepsStack(block)) need.x |= 4;
      if (leavesAfter(block)) {
        need.x |= fact.dirtyEnd.x;
        need.f |= fact.dirtyEnd.f;
      }
      backward(block, fact.dirtyIn, need, leaving);
      if (leaving.before(block)) {
        need.x |= fact.dirtyIn.x;
        need.f |= fact.dirtyIn.f;
      }
      if (need.x !== fact.needIn.x || need.f !== fact.needIn.f) {
        fact.needIn.x = need.x;
        fact.needIn.f = need.f;
        changed = true;
      }
    }
  }
  return facts;
}

const ALL: Registers = { x: -1, f: -1 };

/** What may still be dirty before a loop's head: all, unless there are calls in the loop; then what a round leaves dirty. */
function keptDirty(head: Block): Registers {
  const loop = new Set<Block>([head]);
  const work = head.predecessors.filter((from) => from.order >= head.order);
  for (let block = work.pop(); block; block = work.pop()) {
    if (loop.has(block)) continue;
    loop.add(block);
    work.push(...block.predecessors);
  }
  const blocks = [...loop].sort((a, b) => a.order - b.order);
  if (!blocks.some(({ ending }) => ending.kind === "call")) return ALL;
  const ends = new Map<Block, Registers>();
  const none = { x: 0, f: 0 };
  const ignored = { x: 0, f: 0 };
  const dirtyAfter = (block: Block): Registers =>
    block.ending.kind === "call" ? none : (ends.get(block) ?? none);
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of blocks) {
      const end = { x: 0, f: 0 };
      if (block !== head) for (const earlier of block.predecessors) add(end, dirtyAfter(earlier));
      for (const placed of block.body) accesses(placed, ignored, end);
      if (block.last) accesses(block.last, ignored, end);
      const before = ends.get(block);
      if (before?.x === end.x && before.f === end.f) continue;
      ends.set(block, end);
      changed = true;
    }
  }
  const left = { x: 0, f: 0 };
  for (const earlier of head.predecessors) if (earlier.order >= head.order) add(left, dirtyAfter(earlier));
  return left;
}

/** What is needed before a block, from what is needed after it. */
function backward(block: Block, dirtyIn: Registers, need: Registers, leaving: Leaving): void {
  // Dirty sets before each instruction, which are only known forward.
  const dirty: Registers[] = [];
  const at = { x: dirtyIn.x, f: dirtyIn.f };
  const none = { x: 0, f: 0 };
  for (const placed of block.body) {
    dirty.push({ x: at.x, f: at.f });
    accesses(placed, none, at);
  }
  const step = (placed: Placed): void => {
    const reads = { x: 0, f: 0 };
    const writes = { x: 0, f: 0 };
    accesses(placed, reads, writes);
    need.x = (need.x & ~writes.x) | reads.x;
    need.f = (need.f & ~writes.f) | reads.f;
  };
  if (block.last) step(block.last);
  for (let i = block.body.length - 1; i >= 0; i--) {
    step(block.body[i]);
    if (!leaving.at(block.body[i])) continue;
    need.x |= dirty[i].x;
    need.f |= dirty[i].f;
  }
}
