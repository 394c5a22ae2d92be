// Which accesses of translated code need a check of their address.
//
// A check looks at the first and the last page of a range of at most a page's
// length, so it answers for every access within the range. Within a block, the
// accesses that go by one register (or by others that differ from it by
// constants) are checked together, at the first of them: should the check fail,
// the evaluator and the interpreter do the accesses one after the other, and
// find out which one was at fault. What was checked stays known while the
// register is unchanged, also in later blocks; a call ends it, since the callee
// may change what is accessible.
//
// Checks by a register that has its value from before the block are made at the
// block's start, all at once: then the block is left, if it is, with few registers
// changed, and nothing of what it computes must be kept for that case. Before a
// loop's head that means: on the ways to it.
//
// Everything relative to the stack pointer of the entry is checked at the entry.
// After a call that is known still, if sp is what it was.
import type { Expression, Statement } from "../riscv/index.ts";
import type { Window } from "./accessible.ts";
import { type Constants, constantRegisters } from "./constants.ts";
import type { Block, Placed, Region } from "./region.ts";
import { CONSTANT, operandOf, SP, Values, valuesAtStart } from "./values.ts";

/** A range of addresses relative to something, both ends included, and the accesses that are allowed there. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly access: number;
}

/** A check by the value of a register. */
export interface Entry {
  readonly register: number;
  readonly range: Range;
}

/** By register, what was checked relative to its value. */
export type Known = Map<number, Range>;

export interface Checks {
  /** For each access by a register and a constant: the range to check, relative to its address; "known" if none need be. */
  readonly plans: ReadonlyMap<Placed, Range | "known">;
  /** What to check before a block. */
  readonly entries: ReadonlyMap<Block, readonly Entry[]>;
  /** What is known after a block. */
  readonly known: ReadonlyMap<Block, ReadonlyMap<number, Range>>;
  /** What is known at the region's entry. */
  readonly atEntry: ReadonlyMap<number, Range>;
  /** What to check at the entry, relative to sp there. */
  readonly stack: Range | undefined;
  /** The registers that hold constants before a block. */
  readonly constants: ReadonlyMap<Block, Constants>;
}

/** For code whose accesses are all checked one by one. */
export const NO_CHECKS: Checks = {
  plans: new Map(),
  entries: new Map(),
  known: new Map(),
  atEntry: new Map(),
  stack: undefined,
  constants: new Map(),
};

/** Whether a check need not be made. */
export function isKnown(known: ReadonlyMap<number, Range> | undefined, { register, range }: Entry): boolean {
  return covers(known?.get(register), range.low, range.high, range.access);
}

const READ = 1;
const WRITE = 2;
/** Ranges are at most this long, so that they touch two pages at most. */
export const LONGEST = 4096;
const MOST_PASSES = 20;

/** A memory access of an instruction, if it has only ones by `rs1 + imm`. */
interface Access {
  readonly register: number;
  readonly offset: number;
  readonly width: number;
  readonly access: number;
}

function accessOf(placed: Placed): Access | undefined {
  const { traits, meaning } = placed.operation;
  if (!traits.memory) return undefined;
  let width = 0;
  let access = 0;
  let offset = 0;
  let simple = true;
  const place = (address: Expression, bits: number, kind: number): void => {
    width = Math.max(width, bits / 8);
    access |= kind;
    if (address.kind === "register" && address.name === "rs1") return;
    const added =
      address.kind === "binary" &&
      address.operator === "+" &&
      address.left.kind === "register" &&
      address.left.name === "rs1" &&
      address.right.kind === "operand" &&
      address.right.name === "imm";
    if (added) offset = operandOf(placed, "imm");
    else simple = false;
  };
  const expression = (e: Expression): void => {
    switch (e.kind) {
      case "memory":
        if (e.atomic) simple = false;
        place(e.address, e.width, READ);
        return;
      case "call":
        if (e.name.startsWith("load_reserved") || e.name.startsWith("store_conditional")) simple = false;
        for (const argument of e.arguments) expression(argument);
        return;
      case "binary":
        expression(e.left);
        expression(e.right);
        return;
      case "unary":
        expression(e.operand);
        return;
    }
  };
  const statement = (s: Statement): void => {
    if (s.kind !== "assign") return;
    expression(s.value);
    if (s.target.kind === "memory") {
      if (s.target.atomic) simple = false;
      place(s.target.address, s.target.width, WRITE);
    }
  };
  meaning.statements.forEach(statement);
  return simple && width > 0 ? { register: operandOf(placed, "rs1"), offset, width, access } : undefined;
}

export function planChecks(region: Region, xlen: 32 | 64, window: Window): Checks {
  const constants = constantRegisters(region, xlen);
  const allowed = (address: number, width: number, access: number): boolean => {
    const { start, size } = (access & WRITE) !== 0 ? window.writable : window.readable;
    const place = (xlen === 32 ? address >>> 0 : address) - window.windowBase;
    return place >= start && place + width <= start + size;
  };
  const accesses = new Map<Placed, Access>();
  for (const block of region.blocks) {
    for (const placed of block.body) {
      const access = accessOf(placed);
      if (access) accesses.set(placed, access);
    }
  }
  const stackOffsets = offsetsOfStack(region, constants);
  const stack = stackRange(region, accesses, stackOffsets, constants);
  const plans = new Map<Placed, Range | "known">();
  const out = new Map<Block, Known>();
  const entries = new Map<Block, readonly Entry[]>();
  const start: Known = new Map();
  if (stack) start.set(SP, stack);
  // Narrowing what is known widens what is checked; should that not settle, blocks know nothing of each other.
  let passes = 0;
  for (let changed = true; changed; passes++) {
    changed = false;
    for (const block of region.blocks) {
      const known = passes < MOST_PASSES ? knownBefore(block, out, start) : new Map<number, Range>();
      const list: Entry[] = [];
      const after = planBlock(block, known, accesses, plans, list, constants.get(block) ?? [], allowed);
      entries.set(block, list);
      if (block.ending.kind === "call") {
        for (const register of [...after.keys()]) if (register !== SP) after.delete(register);
      }
      if (!isSame(after, out.get(block))) {
        out.set(block, after);
        changed = true;
      }
    }
  }
  return { plans, entries, known: out, atEntry: start, stack, constants };
}

/** What holds on every way to a block; predecessors not looked at yet say nothing against it. */
function knownBefore(block: Block, out: ReadonlyMap<Block, Known>, start: Known): Known {
  let known: Known | undefined = block.order === 0 ? new Map(start) : undefined;
  for (const earlier of block.predecessors) {
    const other = out.get(earlier);
    if (!other) continue;
    if (!known) {
      known = new Map(other);
      continue;
    }
    for (const [register, range] of known) {
      const common = other.get(register);
      const low = Math.max(range.low, common?.low ?? 0);
      const high = Math.min(range.high, common?.high ?? 0);
      if (common && low <= high) known.set(register, { low, high, access: range.access & common.access });
      else known.delete(register);
    }
  }
  return known ?? new Map();
}

function covers(range: Range | undefined, low: number, high: number, access: number): boolean {
  return range !== undefined && range.low <= low && range.high >= high && (range.access & access) === access;
}

/** Plans the accesses of a block; what is known of each register after it. */
function planBlock(
  block: Block,
  before: Known,
  accesses: ReadonlyMap<Placed, Access>,
  plans: Map<Placed, Range | "known">,
  entries: Entry[],
  constants: Constants,
  allowed: (address: number, width: number, access: number) => boolean,
): Known {
  const values = new Values(valuesAtStart(constants));
  // By root, relative to it.
  const known = new Map<number, Range>(before);
  // The accesses with their place relative to their root, in order.
  const list: { placed: Placed; root: number; low: number; high: number; access: number }[] = [];
  for (const placed of block.body) {
    const access = accesses.get(placed);
    if (access) {
      const { root, offset } = values.of(access.register);
      const low = offset + access.offset;
      // Should that change, the translator drops what it made.
      if (root === CONSTANT && allowed(low, access.width, access.access)) plans.set(placed, "known");
      else list.push({ placed, root, low, high: low + access.width - 1, access: access.access });
    }
    values.step(placed);
  }
  for (let i = 0; i < list.length; i++) {
    const { placed, root, low, high, access } = list[i];
    const range = known.get(root);
    if (covers(range, low, high, access)) {
      plans.set(placed, "known");
      continue;
    }
    let wide: Range = { low, high, access };
    for (let j = i + 1; j < list.length; j++) {
      if (list[j].root !== root) continue;
      const lower = Math.min(wide.low, list[j].low);
      const higher = Math.max(wide.high, list[j].high);
      if (higher - lower < LONGEST) wide = { low: lower, high: higher, access: wide.access | list[j].access };
    }
    if (root > 0 && root < 32) {
      entries.push({ register: root, range: wide });
      plans.set(placed, "known");
    } else plans.set(placed, { low: wide.low - low, high: wide.high - low, access: wide.access });
    // The ends of both ranges are known to be accessible, so all between is, if that is at most a page.
    if (range && (range.access & wide.access) === wide.access) {
      const lower = Math.min(wide.low, range.low);
      const higher = Math.max(wide.high, range.high);
      if (higher - lower < LONGEST) wide = { low: lower, high: higher, access: wide.access };
    }
    known.set(root, wide);
  }
  if (block.last) values.step(block.last);
  const after: Known = new Map();
  for (let register = 1; register < 32; register++) {
    const { root, offset } = values.of(register);
    const range = known.get(root);
    if (range)
      after.set(register, { low: range.low - offset, high: range.high - offset, access: range.access });
  }
  return after;
}

function isSame(a: Known, b: Known | undefined): boolean {
  if (!b || a.size !== b.size) return false;
  for (const [register, range] of a) {
    const other = b.get(register);
    if (!other || other.low !== range.low || other.high !== range.high || other.access !== range.access)
      return false;
  }
  return true;
}

/** sp at the start of each block, relative to sp at the entry, where that is one constant; calls keep sp. */
function offsetsOfStack(region: Region, constants: ReadonlyMap<Block, Constants>): Map<Block, number> {
  const offsets = new Map<Block, number>([[region.blocks[0], 0]]);
  const unknown = new Set<Block>();
  for (const block of region.blocks) {
    const offset = offsets.get(block);
    if (offset === undefined || unknown.has(block)) continue;
    const values = new Values(valuesAtStart(constants.get(block) ?? []));
    for (const placed of block.body) values.step(placed);
    const { root, offset: moved } = values.of(SP);
    for (const next of block.successors) {
      const there = root === SP ? offset + moved : undefined;
      if (there === undefined || (offsets.has(next) && offsets.get(next) !== there)) unknown.add(next);
      else offsets.set(next, there);
    }
  }
  for (const block of unknown) offsets.delete(block);
  return offsets;
}

/** The range of all accesses relative to the entry's sp. */
function stackRange(
  region: Region,
  accesses: ReadonlyMap<Placed, Access>,
  offsets: ReadonlyMap<Block, number>,
  constants: ReadonlyMap<Block, Constants>,
): Range | undefined {
  let low = 0;
  let high = -1;
  let kinds = 0;
  for (const block of region.blocks) {
    const start = offsets.get(block);
    if (start === undefined) continue;
    const values = new Values(valuesAtStart(constants.get(block) ?? []));
    for (const placed of block.body) {
      const access = accesses.get(placed);
      if (access) {
        const { root, offset } = values.of(access.register);
        if (root === SP) {
          const at = start + offset + access.offset;
          const lower = high < low ? at : Math.min(low, at);
          const higher = high < low ? at + access.width - 1 : Math.max(high, at + access.width - 1);
          if (higher - lower < LONGEST) {
            low = lower;
            high = higher;
            kinds |= access.access;
          }
        }
      }
      values.step(placed);
    }
  }
  return high < low ? undefined : { low, high, access: kinds };
}
