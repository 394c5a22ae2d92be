// Finds the part of a program that is translated as one WebAssembly function:
// the blocks that are reached from an entry without calls, or, where the entry
// is the head of a loop, the blocks of that loop alone. (Code after an inner
// loop leads back to it through the outer one; were that included, the outer
// loop would have the inner one's head as its own, and run as badly.)
//
// The graph is then put in the order that structured code needs: reverse
// postorder, with the dominator of each block. A loop with several ways in (GCC
// makes them of state machines) gets a block in front of them that dispatches.

import type { Expression } from "../riscv/index.ts";
import { type Operation, operandValue } from "./operation.ts";

/** An instruction at its place. */
export interface Placed {
  readonly pc: number;
  readonly word: number;
  readonly operation: Operation;
}

/** How a block ends. Targets are addresses. */
export type Ending =
  /** Goes on at the next block. */
  | { readonly kind: "fall"; readonly next: number }
  | { readonly kind: "branch"; readonly condition: Expression; readonly taken: number; readonly next: number }
  | { readonly kind: "jump"; readonly target: number }
  /** `target` undefined: computed by `address`. */
  | {
      readonly kind: "call";
      readonly target: number | undefined;
      readonly address: Expression;
      readonly next: number;
    }
  /** A jump to a computed address; `known` targets are within the region. */
  | {
      readonly kind: "computed";
      readonly address: Expression;
      readonly returns: boolean;
      readonly known: readonly number[];
    }
  /** Goes on at the target that a variable has the number of; made for loops with several ways in. */
  | { readonly kind: "dispatch"; readonly targets: readonly Block[] }
  /** The instruction at the address is not for translated code. */
  | { readonly kind: "leave"; readonly pc: number };

export interface Block {
  readonly pc: number;
  /** Without the one that ends the block, which is `last`. */
  readonly body: readonly Placed[];
  readonly last: Placed | undefined;
  readonly ending: Ending;
  /** Instructions, `last` included. */
  readonly count: number;
  /** Filled by `order`: successors within the region, in the order of the ending. */
  successors: Block[];
  predecessors: Block[];
  /** Place in reverse postorder. */
  order: number;
  dominator: Block | undefined;
  /** Some edge comes back to it. */
  loops: boolean;
  /** Blocks that are reached from here by a dispatching one, and as which of its targets. */
  readonly redirected: Map<Block, { readonly dispatcher: Block; readonly index: number }>;
}

export interface Region {
  readonly entry: number;
  /** In reverse postorder; the first is the entry. */
  readonly blocks: readonly Block[];
  /** Addresses that the code of it reaches from, up to: for dropping it when bytes change. */
  readonly pages: ReadonlySet<number>;
  /** Whether it is a loop alone. */
  readonly loop: boolean;
}

/** Reads the instruction word at an address, or gives -1 where there is none that translated code may have. */
export type WordReader = (pc: number) => number;

const MOST_INSTRUCTIONS = 4000;
/** Blocks after one another, each of which only the one before leads to. */
const DEEPEST = 400;
/** Distance from the entry; translated code has places as numbers of 24 bits. */
const FARTHEST = 0x400000;
/** Instructions of a block, so that what is left of it at an exit fits 8 bits. */
const LONGEST_BLOCK = 200;

export interface RegionSource {
  readonly read: WordReader;
  readonly decode: (word: number) => Operation | undefined;
  readonly xlen: 32 | 64;
  /** Targets that computed jumps at an address were seen to take. */
  readonly targets: (pc: number) => readonly number[];
}

/** The region at an entry; undefined where its first instruction is not for translated code. */
export function findRegion(source: RegionSource, entry: number, loop: boolean): Region | undefined {
  for (let most = MOST_INSTRUCTIONS; ; most = Math.floor(most / 2)) {
    const region = regionOf(source, entry, loop, most);
    if (!region || most <= DEEPEST || depthOf(region) <= DEEPEST) return region;
  }
}

/** How deep blocks are in the tree of dominators: code is written along it, and goes as deep into the host's stack. */
function depthOf(region: Region): number {
  const depths = new Map<Block, number>();
  let deepest = 0;
  for (const block of region.blocks) {
    const above = block.order > 0 && block.dominator ? (depths.get(block.dominator) ?? 0) : 0;
    depths.set(block, above + 1);
    deepest = Math.max(deepest, above + 1);
  }
  return deepest;
}

function regionOf(source: RegionSource, entry: number, loop: boolean, most: number): Region | undefined {
  const decoded = new Map<number, Placed>();
  const leaders = new Set<number>([entry]);
  const work = [entry];
  let count = 0;
  const pages = new Set<number>();
  while (work.length > 0) {
    let pc = work.pop()!;
    while (!decoded.has(pc)) {
      const near = count < most && Math.abs(pc - entry) < FARTHEST;
      const placed = near ? placedAt(source, pc) : undefined;
      if (!placed) break;
      count++;
      decoded.set(pc, placed);
      pages.add(Math.floor(pc / 4096));
      pages.add(Math.floor((pc + placed.operation.size - 1) / 4096));
      const next = pc + placed.operation.size;
      if (!placed.operation.traits.jumps) {
        pc = next;
        continue;
      }
      const ending = endingOf(source, placed, next);
      for (const target of targetsOf(ending)) {
        if (!leaders.has(target)) {
          leaders.add(target);
          work.push(target);
        }
      }
      break;
    }
  }
  if (!decoded.has(entry)) return undefined;
  const blocks = new Map<number, Block>();
  for (const pc of leaders) {
    const starts = pc;
    let at: number | undefined = starts;
    while (at !== undefined) {
      const block: Block = makeBlock(source, decoded, leaders, at);
      blocks.set(at, block);
      // A block that was cut for its length goes on in another one.
      const { ending }: Block = block;
      at =
        ending.kind === "fall" &&
        !leaders.has(ending.next) &&
        decoded.has(ending.next) &&
        !blocks.has(ending.next)
          ? ending.next
          : undefined;
    }
  }
  const first = blocks.get(entry)!;
  const kept = loop ? naturalLoop(blocks, first) : undefined;
  const ordered = order(blocks, first, kept);
  return { entry, blocks: ordered, pages, loop: kept !== undefined };
}

function placedAt(source: RegionSource, pc: number): Placed | undefined {
  const word = source.read(pc);
  if (word === -1) return undefined;
  const operation = source.decode(word);
  return operation ? { pc, word, operation } : undefined;
}

function makeBlock(
  source: RegionSource,
  decoded: ReadonlyMap<number, Placed>,
  leaders: ReadonlySet<number>,
  start: number,
): Block {
  const body: Placed[] = [];
  let pc = start;
  const block = (ending: Ending, last?: Placed): Block => ({
    pc: start,
    body,
    last,
    ending,
    count: body.length + (last ? 1 : 0),
    successors: [],
    predecessors: [],
    order: -1,
    dominator: undefined,
    loops: false,
    redirected: new Map(),
  });
  for (;;) {
    const placed = decoded.get(pc);
    if (!placed) return block({ kind: "leave", pc });
    const next = pc + placed.operation.size;
    if (placed.operation.traits.jumps) return block(endingOf(source, placed, next), placed);
    body.push(placed);
    pc = next;
    if (leaders.has(pc) || body.length >= LONGEST_BLOCK) return block({ kind: "fall", next: pc });
  }
}

/** The value of an expression of pc and constant operands, or undefined. */
function constantValue(expression: Expression, placed: Placed): number | undefined {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "pc":
      return placed.pc;
    case "operand": {
      const source = placed.operation.operands.find(({ name }) => name === expression.name);
      return source && operandValue(source, placed.word);
    }
    case "binary": {
      const a = constantValue(expression.left, placed);
      const b = constantValue(expression.right, placed);
      return a !== undefined && b !== undefined && expression.operator === "+" ? a + b : undefined;
    }
  }
  return undefined;
}

function endingOf(source: RegionSource, placed: Placed, next: number): Ending {
  const wrap = (pc: number): number => (source.xlen === 32 ? pc >>> 0 : pc);
  const { statements } = placed.operation.meaning;
  const [first] = statements;
  if (first.kind === "if") {
    const inner = first.then[0];
    const target = inner.kind === "assign" ? constantValue(inner.value, placed) : undefined;
    if (target === undefined || statements.length !== 1) return { kind: "leave", pc: placed.pc };
    if (target === next) return { kind: "jump", target: wrap(target) };
    return { kind: "branch", condition: first.condition, taken: wrap(target), next: wrap(next) };
  }
  const assignment = statements.find((s) => s.kind === "assign" && s.target.kind === "pc");
  if (assignment?.kind !== "assign") return { kind: "leave", pc: placed.pc };
  const value = constantValue(assignment.value, placed);
  const target = value === undefined ? undefined : wrap(value);
  const operand = (name: string): number => {
    const found = placed.operation.operands.find((o) => o.name === name);
    return found ? operandValue(found, placed.word) : 0;
  };
  if (operand("rd") !== 0) return { kind: "call", target, address: assignment.value, next: wrap(next) };
  if (target !== undefined) return { kind: "jump", target };
  const base = operand("rs1");
  const returns = base === 1 || base === 5;
  return {
    kind: "computed",
    address: assignment.value,
    returns,
    known: returns ? [] : source.targets(placed.pc),
  };
}

function targetsOf(ending: Ending): readonly number[] {
  switch (ending.kind) {
    case "branch":
      return [ending.taken, ending.next];
    case "jump":
      return [ending.target];
    case "fall":
    case "call":
      return [ending.next];
    case "computed":
      return ending.known;
    case "leave":
    case "dispatch":
      return [];
  }
}

/** The blocks that lead back to `head` by a backward branch to it, without passing it. */
function naturalLoop(blocks: ReadonlyMap<number, Block>, head: Block): Set<Block> | undefined {
  const before = new Map<Block, Block[]>();
  for (const block of blocks.values()) {
    for (const target of targetsOf(block.ending)) {
      const to = blocks.get(target);
      if (!to) continue;
      const list = before.get(to);
      if (list) list.push(block);
      else before.set(to, [block]);
    }
  }
  const loop = new Set<Block>([head]);
  const work: Block[] = [];
  for (const block of before.get(head) ?? []) {
    const from = block.last?.pc ?? block.pc;
    const direct = block.ending.kind === "branch" || block.ending.kind === "jump";
    if (direct && from >= head.pc && !loop.has(block)) {
      loop.add(block);
      work.push(block);
    } else if (block === head) work.push(block);
  }
  if (loop.size === 1 && work.length === 0 && !(before.get(head) ?? []).includes(head)) return undefined;
  while (work.length > 0) {
    const block = work.pop()!;
    if (block === head) continue;
    for (const earlier of before.get(block) ?? []) {
      if (loop.has(earlier)) continue;
      loop.add(earlier);
      work.push(earlier);
    }
  }
  return loop;
}

/** Edges within the region, then reverse postorder and dominators of a graph that is reducible. */
function order(
  blocks: ReadonlyMap<number, Block>,
  entry: Block,
  kept: ReadonlySet<Block> | undefined,
): Block[] {
  const inside = (pc: number): Block | undefined => {
    const block = blocks.get(pc);
    return block && (!kept || kept.has(block)) && (block.count > 0 || block.ending.kind !== "leave")
      ? block
      : undefined;
  };
  for (const block of blocks.values()) {
    if (kept && !kept.has(block)) continue;
    for (const target of new Set(targetsOf(block.ending))) {
      const to = inside(target);
      if (to) block.successors.push(to);
    }
  }
  let first = entry;
  let ordered = sort(first);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const dispatcher = makeReducible(ordered);
    if (!dispatcher) return ordered;
    // The entry itself may have been one of the ways into a loop.
    if (dispatcher.ending.kind === "dispatch" && dispatcher.ending.targets[0] === first) first = dispatcher;
    ordered = sort(first);
  }
  for (const block of ordered) {
    block.successors = block.successors.filter((to) => to.order > block.order || dominates(to, block));
  }
  ordered = sort(first);
  for (const block of ordered) {
    for (const to of block.successors) if (to.order <= block.order) to.loops = true;
  }
  return ordered;
}

const MOST_ROUNDS = 12;

/** Numbers what can be reached, in reverse postorder, with predecessors and dominators. */
function sort(entry: Block): Block[] {
  const post: Block[] = [];
  const seen = new Set<Block>([entry]);
  const stack = [{ block: entry, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next === top.block.successors.length) {
      post.push(top.block);
      stack.pop();
      continue;
    }
    const to = top.block.successors[top.next++];
    if (seen.has(to)) continue;
    seen.add(to);
    stack.push({ block: to, next: 0 });
  }
  const ordered = post.reverse();
  ordered.forEach((block, i) => {
    block.order = i;
    block.predecessors = [];
    block.loops = false;
  });
  for (const block of ordered) for (const to of block.successors) to.predecessors.push(block);
  dominate(ordered);
  for (const block of ordered) {
    for (const to of block.successors) if (to.order <= block.order && dominates(to, block)) to.loops = true;
  }
  return ordered;
}

/**
 * Gives a loop with several ways in one way in: a block that goes on to the
 * block that a variable says. Undefined where there is no such loop.
 */
function makeReducible(ordered: readonly Block[]): Block | undefined {
  if (
    !ordered.some((block) => block.successors.some((to) => to.order <= block.order && !dominates(to, block)))
  ) {
    return undefined;
  }
  // Without the edges back to heads of proper loops, only improper loops are left as cycles.
  const next = (block: Block): Block[] =>
    block.successors.filter((to) => to.order > block.order || !dominates(to, block));
  const loop = components(ordered, next).find((component) => component.size > 1);
  if (!loop) return undefined;
  const entries = ordered.filter(
    (block) =>
      loop.has(block) && (block.order === 0 || block.predecessors.some((earlier) => !loop.has(earlier))),
  );
  const dispatcher: Block = {
    pc: entries[0].pc,
    body: [],
    last: undefined,
    ending: { kind: "dispatch", targets: entries },
    count: 0,
    successors: [...entries],
    predecessors: [],
    order: -1,
    dominator: undefined,
    loops: false,
    redirected: new Map(),
  };
  for (const block of ordered) {
    block.successors = [
      ...new Set(
        block.successors.map((to) => {
          const index = entries.indexOf(to);
          if (index < 0) return to;
          block.redirected.set(to, { dispatcher, index });
          return dispatcher;
        }),
      ),
    ];
  }
  return dispatcher;
}

/** Strongly connected components (Tarjan). */
function components(ordered: readonly Block[], next: (block: Block) => readonly Block[]): Set<Block>[] {
  const found: Set<Block>[] = [];
  const number = new Map<Block, number>();
  const low = new Map<Block, number>();
  const open: Block[] = [];
  const isOpen = new Set<Block>();
  for (const start of ordered) {
    if (number.has(start)) continue;
    const stack: { block: Block; next: readonly Block[]; at: number }[] = [];
    const enter = (block: Block): void => {
      number.set(block, number.size);
      low.set(block, number.size - 1);
      open.push(block);
      isOpen.add(block);
      stack.push({ block, next: next(block), at: 0 });
    };
    enter(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.at < top.next.length) {
        const to = top.next[top.at++];
        if (!number.has(to)) enter(to);
        else if (isOpen.has(to)) low.set(top.block, Math.min(low.get(top.block)!, number.get(to)!));
        continue;
      }
      stack.pop();
      const above = stack[stack.length - 1];
      if (above) low.set(above.block, Math.min(low.get(above.block)!, low.get(top.block)!));
      if (low.get(top.block) !== number.get(top.block)) continue;
      const component = new Set<Block>();
      for (let block = open.pop(); block; block = open.pop()) {
        isOpen.delete(block);
        component.add(block);
        if (block === top.block) break;
      }
      found.push(component);
    }
  }
  return found;
}

function dominate(ordered: readonly Block[]): void {
  for (const block of ordered) block.dominator = undefined;
  ordered[0].dominator = ordered[0];
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < ordered.length; i++) {
      const block = ordered[i];
      let best: Block | undefined;
      for (const earlier of block.predecessors) {
        if (!earlier.dominator) continue;
        best = best ? common(best, earlier) : earlier;
      }
      if (best !== block.dominator) {
        block.dominator = best;
        changed = true;
      }
    }
  }
}

function common(a: Block, b: Block): Block {
  while (a !== b) {
    while (a.order > b.order) a = a.dominator!;
    while (b.order > a.order) b = b.dominator!;
  }
  return a;
}

function dominates(a: Block, b: Block): boolean {
  let at = b;
  while (at.order > a.order) at = at.dominator!;
  return at === a;
}
