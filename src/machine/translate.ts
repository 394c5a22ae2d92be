// From a region to the body of a WebAssembly function.
//
// The function takes the hart's block and how deep calls may still go, and
// gives the address at which to go on. All of the guest's state is in memory
// whenever it returns, so whoever called it may go on anywhere: a caller
// compares the address with the one after its call and, if they differ, returns
// it further up. That makes traps, fuel, unknown code and longjmp one case.
//
// Control flow is structured along the dominator tree (Ramsey, "Beyond
// Relooper", 2022): a block with several forward predecessors ends a wasm
// `block`, the head of a loop opens a `loop`, all others stand in the place of
// the branch to them.
//
// Fuel is counted per block and checked where a path starts that has no other
// check, against the longest way to the next one, so no instruction too many is
// done. What is checked before a loop's head is checked on the ways to it
// (`checkpoints.ts`). An instruction left to the evaluator sets WHERE to its place
// in the block and branches to code at the function's end (`exits.ts`).
import type { Expression } from "../riscv/index.ts";
import { AccessTests, distanceIn, type Window } from "./accessible.ts";
import { type CallContext, FLOAT_FUNCTION, writeCall } from "./calls.ts";
import { CheckCode } from "./check-code.ts";
import { CheckPoints } from "./checkpoints.ts";
import { type Checks, NO_CHECKS, planChecks } from "./checks.ts";
import { Body, Compiler, type Site, type Wordness } from "./emit.ts";
import { Exits } from "./exits.ts";
import { tlbLookup } from "./interpreter.ts";
import * as at from "./layout.ts";
import { accesses, analyse, type BlockFacts, dirtyOnEdge, type Registers } from "./liveness.ts";
import { operandValue } from "./operation.ts";
import type { Block, Placed, Region } from "./region.ts";
import { RegisterLocals } from "./registers.ts";
import { type Code, type FunctionBody, I32, I64, op, type ValueType } from "./wasm-code.ts";
import { Words } from "./words.ts";

/** What translation needs to know of the machine. */
export interface TranslationContext extends Window, CallContext {
  /** Accesses go through the TLB: page tables or protection are on. */
  readonly paged: boolean;
  readonly privileged: boolean;
  readonly compressed: boolean;
}

const HART = 0;
const DEPTH = 1;
const FUEL = 2;
const WHERE = 3;

/** The function of a region; its type is `(i32, i32) -> x`, which must be number 0. */
export function translateRegion(region: Region, context: TranslationContext): FunctionBody {
  return new RegionTranslator(region, context).translate();
}

class RegionTranslator implements Site {
  readonly xlen: 32 | 64;
  readonly body = new Body(2);
  readonly floatFunction = FLOAT_FUNCTION;
  readonly hart = HART;
  readonly #region: Region;
  readonly #context: TranslationContext;
  readonly #code: Code;
  readonly #compiler: Compiler;
  readonly #wide: boolean;
  readonly #x: ValueType;
  readonly #facts: Map<Block, BlockFacts>;
  readonly #locals: RegisterLocals;
  readonly #tests: AccessTests;
  readonly #exits: Exits;
  readonly #labels = new Map<Block, number>();
  readonly #heads = new Map<Block, number>();
  readonly #children = new Map<Block, Block[]>();
  readonly #checks: Checks;
  readonly #points: CheckPoints;
  readonly #check: CheckCode;
  #placed: Placed | undefined;
  readonly #words: Words;
  /** The exit for the instruction being compiled. */
  #exit = 0;

  constructor(region: Region, context: TranslationContext) {
    this.#region = region;
    this.#context = context;
    this.xlen = context.xlen;
    this.#wide = context.xlen === 64;
    this.#x = this.#wide ? I64 : I32;
    this.#code = this.body.code;
    this.#locals = new RegisterLocals(this.body, HART, context.xlen);
    this.#exits = new Exits(this.body, this.#locals);
    this.#tests = new AccessTests(this.body, context, context.xlen);
    this.#checks = context.paged ? NO_CHECKS : planChecks(region, context.xlen, context);
    const points = new CheckPoints(region, this.#checks);
    this.#points = points;
    this.#facts = analyse(region, {
      at: (placed) => points.mayLeave(placed),
      before: (block) => points.before(block) && !points.onEdges(block),
      onEdges: (block) => points.onEdges(block),
      keepsStack: (block) => points.keepsStack(block),
    });
    this.#check = new CheckCode(
      {
        body: this.body,
        locals: this.#locals,
        exits: this.#exits,
        tests: this.#tests,
        points,
        windowBase: context.windowBase,
        entry: region.entry,
        hart: HART,
        fuel: FUEL,
        where: WHERE,
      },
      context.xlen,
    );
    this.#words = new Words(region, this.body, this.#locals, context.xlen);
    this.#compiler = new Compiler(this);
    this.body.local(I32);
    this.body.local(I32);
  }

  translate(): FunctionBody {
    const { blocks } = this.#region;
    const code = this.#code;
    for (const block of blocks) {
      if (block.dominator && block.order > 0) {
        const list = this.#children.get(block.dominator);
        if (list) list.push(block);
        else this.#children.set(block.dominator, [block]);
      }
    }
    // Not even the entry may be translated without depth, so recursion ends.
    code.get(DEPTH);
    code.byte(op.i32_eqz);
    this.body.open(op.if);
    this.#pushAddress(this.#region.entry);
    code.byte(op.return);
    this.body.close();
    if (this.#usesFloat()) {
      code.get(HART);
      code.memory(op.i32_load, at.FP_OFF);
      this.body.open(op.if);
      this.#pushAddress(this.#region.entry);
      code.byte(op.return);
      this.body.close();
    }
    code.get(HART);
    code.memory(op.i32_load, at.FUEL);
    code.set(FUEL);
    const { needIn } = this.#facts.get(blocks[0])!;
    this.#locals.load(needIn);
    if (this.#checks.stack) {
      if ((needIn.x & 4) === 0) this.#locals.load({ x: 4, f: 0 });
      this.#check.stack(this.#checks.stack, this.#region.entry);
    }
    this.#wantExits();
    this.#exits.open();
    this.#tree(blocks[0]);
    code.byte(op.unreachable);
    this.#exits.close(() => Exits.end(this.body, HART, FUEL, WHERE, this.#region.entry, this.#wide));
    code.byte(op.unreachable);
    return { type: 0, locals: this.body.locals, code };
  }

  #usesFloat(): boolean {
    return this.#region.blocks.some(
      (block) =>
        block.body.some(({ operation }) => operation.traits.float) ||
        block.last?.operation.traits.float === true,
    );
  }

  // Ways out

  /** An exit for each set of dirty registers that there may be where the function is left. */
  #wantExits(): void {
    const none = { x: 0, f: 0 };
    for (const block of this.#region.blocks) {
      const fact = this.#facts.get(block)!;
      if (this.#points.onEdges(block)) {
        this.#exits.want(fact.dirtyForward);
        for (const from of block.predecessors) {
          if (from.order >= block.order) this.#exits.want(dirtyOnEdge(this.#facts, from, block));
        }
      } else if (this.#points.before(block)) this.#exits.want(fact.dirtyIn);
      const dirty = { ...fact.dirtyIn };
      for (const placed of block.body) {
        if (this.#points.mayLeave(placed)) this.#exits.want(dirty);
        accesses(placed, none, dirty);
      }
    }
  }

  #pushAddress(pc: number): void {
    if (this.#wide) this.#code.i64(pc);
    else this.#code.i32(pc | 0);
  }

  /** Leaves to a known address that is not in the region. */
  #leaveTo(pc: number, dirty: Registers): void {
    this.#locals.store(dirty);
    this.#check.storeFuel();
    this.#pushAddress(pc);
    this.#code.byte(op.return);
  }

  // Control flow

  #mergeChildren(block: Block): Block[] {
    return (this.#children.get(block) ?? [])
      .filter((child) => this.#isMerge(child))
      .sort((a, b) => a.order - b.order);
  }

  #isMerge(block: Block): boolean {
    let forward = 0;
    for (const earlier of block.predecessors) if (earlier.order < block.order) forward++;
    return forward > 1;
  }

  #tree(block: Block): void {
    const merges = this.#mergeChildren(block);
    if (block.loops) {
      this.#locals.store(this.#facts.get(block)!.stored);
      if (this.#points.onEdges(block)) {
        const forward = block.predecessors.filter((from) => from.order < block.order);
        const dirty = this.#facts.get(block)!.dirtyForward;
        const rounds = this.#points.rounds(block);
        if (rounds) this.#check.rounds(block, rounds, forward, dirty);
        else this.#check.entry(block, forward, dirty);
      }
      this.#heads.set(block, this.body.open(op.loop));
      this.#within(block, merges, merges.length);
      this.body.close();
      this.#code.byte(op.unreachable);
    } else this.#within(block, merges, merges.length);
  }

  /** The block, followed by the first `count` of its merges, the later ones outside the earlier. */
  #within(block: Block, merges: readonly Block[], count: number): void {
    if (count === 0) {
      this.#block(block);
      return;
    }
    const merge = merges[count - 1];
    this.#labels.set(merge, this.body.open(op.block));
    this.#within(block, merges, count - 1);
    this.body.close();
    this.#tree(merge);
  }

  /** Pushes nothing and does not come back: goes to a block by its edge from another. */
  #goTo(from: Block, pc: number, dirty: Registers): void {
    for (const [target, { dispatcher, index }] of from.redirected) {
      if (target.pc !== pc || target.ending.kind === "dispatch") continue;
      this.#code.i32(index);
      this.#code.set(this.#chooser(dispatcher));
      this.#goToBlock(from, this.#through(from, dispatcher));
      return;
    }
    const to = from.successors.find((block) => block.pc === pc && block.ending.kind !== "dispatch");
    if (to) this.#goToBlock(from, to);
    else this.#leaveTo(pc, dirty);
  }

  /** A dispatching block may itself be reached by another one. */
  #through(from: Block, dispatcher: Block): Block {
    let at = dispatcher;
    for (let outer = from.redirected.get(at); outer; outer = from.redirected.get(at)) {
      this.#code.i32(outer.index);
      this.#code.set(this.#chooser(outer.dispatcher));
      at = outer.dispatcher;
    }
    return at;
  }

  /** Where an edge really goes. */
  #redirect(from: Block, to: Block): Block {
    const by = from.redirected.get(to);
    if (!by) return to;
    this.#code.i32(by.index);
    this.#code.set(this.#chooser(by.dispatcher));
    return this.#through(from, by.dispatcher);
  }

  readonly #choosers = new Map<Block, number>();

  /** The local that says where a dispatching block goes on. */
  #chooser(dispatcher: Block): number {
    let local = this.#choosers.get(dispatcher);
    if (local === undefined) {
      local = this.body.local(I32);
      this.#choosers.set(dispatcher, local);
    }
    return local;
  }

  #goToBlock(from: Block, to: Block): void {
    const label = this.#labelOf(from, to);
    if (this.#isCheckedEdge(from, to)) {
      const dirty = dirtyOnEdge(this.#facts, from, to);
      const rounds = this.#points.rounds(to);
      if (rounds) {
        this.#check.rounds(to, rounds, [from], dirty, () => this.body.br(label!));
        return;
      }
      this.#check.entry(to, [from], dirty);
    }
    if (label !== undefined) this.body.br(label);
    else this.#tree(to);
  }

  #isCheckedEdge(from: Block, to: Block): boolean {
    return to.order <= from.order && this.#points.onEdges(to);
  }

  #labelOf(from: Block, to: Block): number | undefined {
    if (to.order <= from.order) return this.#heads.get(to);
    return this.#isMerge(to) ? this.#labels.get(to) : undefined;
  }

  #block(block: Block): void {
    const fact = this.#facts.get(block)!;
    const dirty = { x: fact.dirtyIn.x, f: fact.dirtyIn.f };
    const none = { x: 0, f: 0 };
    if (!this.#points.onEdges(block)) this.#check.entry(block, block.predecessors, dirty);
    if (block.count > 0) this.#check.useFuel(block.count);
    this.#words.start(block);
    block.body.forEach((placed, i) => {
      this.#placed = placed;
      if (this.#points.mayLeave(placed)) {
        this.#exit = this.#exits.label(dirty);
        this.#check.where(placed.pc, block.count - i);
      }
      if (this.#words.compile(placed)) this.endX("rd");
      else this.#compiler.instruction(placed.operation.meaning.statements);
      if (placed.operation.traits.dirtiesFloat && this.#context.privileged) this.#setFloatDirty();
      accesses(placed, none, dirty);
      this.#words.follow(placed, this.#compiler.computesWord);
    });
    this.#words.end();
    this.#placed = block.last;
    this.#ending(block, fact.dirtyEnd);
  }

  #setFloatDirty(): void {
    this.#code.get(HART);
    this.#code.i32(1);
    this.#code.memory(op.i32_store, at.FP_DIRTY);
  }

  #ending(block: Block, dirty: Registers): void {
    const code = this.#code;
    const { body } = this;
    const { ending } = block;
    switch (ending.kind) {
      case "fall":
        this.#goTo(block, ending.next, dirty);
        return;
      case "leave":
        this.#leaveTo(ending.pc, dirty);
        return;
      case "jump":
        this.#goTo(block, ending.target, dirty);
        return;
      case "dispatch": {
        const last = ending.targets.length - 1;
        ending.targets.forEach((target, i) => {
          if (i < last) {
            code.get(this.#chooser(block));
            code.i32(i);
            code.byte(op.i32_eq);
            body.open(op.if);
          }
          this.#goToBlock(block, this.#redirect(block, target));
          if (i < last) body.close();
        });
        return;
      }
      case "branch": {
        const plain = (pc: number): Block | undefined =>
          block.successors.find((to) => to.pc === pc && to.ending.kind !== "dispatch");
        const taken = plain(ending.taken);
        const label = taken && this.#labelOf(block, taken);
        const next = plain(ending.next);
        const nextLabel = next && this.#labelOf(block, next);
        this.#compiler.condition(ending.condition);
        if (label !== undefined && !this.#isCheckedEdge(block, taken!)) {
          body.brIf(label);
          this.#goTo(block, ending.next, dirty);
          return;
        }
        if (nextLabel !== undefined && !this.#isCheckedEdge(block, next!)) {
          code.byte(op.i32_eqz);
          body.brIf(nextLabel);
          this.#goTo(block, ending.taken, dirty);
          return;
        }
        body.open(op.if);
        this.#goTo(block, ending.taken, dirty);
        body.close();
        this.#goTo(block, ending.next, dirty);
        return;
      }
      case "call":
        this.#call(block, ending, dirty);
        return;
      case "computed": {
        const target = body.temporary(this.#x);
        this.#compiler.push(ending.address, "x");
        code.set(target);
        for (const known of ending.known) {
          code.get(target);
          this.#pushAddress(known);
          code.byte(this.#wide ? op.i64_eq : op.i32_eq);
          body.open(op.if);
          this.#goTo(block, known, dirty);
          body.close();
        }
        this.#locals.store(dirty);
        this.#check.storeFuel();
        if (!ending.returns) {
          code.get(HART);
          code.i32(this.#context.siteOf(block.last!.pc, false));
          code.memory(op.i32_store, at.EXIT_SITE);
        }
        code.get(target);
        code.byte(op.return);
        body.release(this.#x, target);
        return;
      }
    }
  }

  #call(block: Block, ending: Block["ending"] & { kind: "call" }, dirty: Registers): void {
    const code = this.#code;
    const { body } = this;
    const target = body.temporary(this.#x);
    const { target: known, next } = ending;
    if (known === undefined) {
      this.#compiler.push(ending.address, "x");
      code.set(target);
    }
    const link = block.last!.operation.operands.find(({ name }) => name === "rd");
    const rd = link ? operandValue(link, block.last!.word) : 0;
    this.#pushAddress(next);
    code.set(this.#locals.x(rd));
    this.#locals.store(dirty);
    this.#check.storeFuel();
    writeCall(body, this.#context, { hart: HART, depth: DEPTH, target }, block.last!.pc, known);
    code.get(target);
    this.#pushAddress(next);
    code.byte(this.#wide ? op.i64_ne : op.i32_ne);
    body.open(op.if);
    code.get(target);
    code.byte(op.return);
    body.close();
    body.release(this.#x, target);
    const after = block.successors[0];
    if (!after) {
      this.#pushAddress(next);
      code.byte(op.return);
      return;
    }
    code.get(HART);
    code.memory(op.i32_load, at.FUEL);
    code.set(FUEL);
    const { needIn, stored } = this.#facts.get(after)!;
    const need = { x: needIn.x, f: needIn.f };
    if (after.order > block.order) {
      need.x |= stored.x;
      need.f |= stored.f;
    }
    if (this.#points.onEdges(after)) {
      const dirtyThere = dirtyOnEdge(this.#facts, block, after);
      need.x |= dirtyThere.x;
      need.f |= dirtyThere.f;
    }
    if (this.#points.keepsStack(block)) {
      // What is accessible cannot have changed, since system calls leave all translated code; sp should not have.
      code.get(HART);
      code.memory(this.#wide ? op.i64_load : op.i32_load, at.X + 16);
      code.get(this.#locals.x(2));
      code.byte(this.#wide ? op.i64_ne : op.i32_ne);
      body.open(op.if);
      this.#pushAddress(next);
      code.byte(op.return);
      body.close();
      need.x &= ~4;
    }
    this.#locals.load(need);
    this.#goTo(block, next, { x: 0, f: 0 });
  }

  // Site: what instructions ask

  #number(name: string): number {
    if (name === "sp") return 2;
    const { operation, word } = this.#placed!;
    for (const source of operation.operands) if (source.name === name) return operandValue(source, word);
    throw new Error(`machine: ${operation.instruction.mnemonic} has no operand ${name}`);
  }

  pushX(name: string): void {
    const register = this.#number(name);
    if (register === 0) this.#compiler.constant(0, "x");
    else this.#code.get(this.#locals.x(register));
  }

  beginX(): void {}

  endX(name: string): void {
    const register = this.#number(name);
    if (register === 0) this.#code.byte(op.drop);
    else this.#code.set(this.#locals.x(register));
  }

  pushF(name: string): void {
    this.#code.get(this.#locals.f(this.#number(name)));
  }

  beginF(): void {}

  endF(name: string): void {
    this.#code.set(this.#locals.f(this.#number(name)));
  }

  wordness(name: string): Wordness {
    return this.#words.wordness(this.#number(name));
  }

  operandValue(name: string): number | undefined {
    return this.#number(name);
  }

  pushOperand(name: string): void {
    this.#compiler.constant(this.#number(name), "x");
  }

  pushPc(): void {
    this.#pushAddress(this.#placed!.pc);
  }

  pushNext(): void {
    this.#pushAddress(this.#placed!.pc + this.#placed!.operation.size);
  }

  jump(): void {
    throw new Error("machine: a jump within a block");
  }

  giveUp(): void {
    this.body.br(this.#exit);
  }

  place(address: Expression, width: number, write: boolean, aligned: boolean): number {
    const code = this.#code;
    const { body } = this;
    const { windowBase, paged } = this.#context;
    const wide = this.#wide;
    const plan = aligned || paged ? undefined : this.#checks.plans.get(this.#placed!);
    if (plan === "known") {
      const distance =
        this.#number("rs1") === 0
          ? undefined
          : distanceIn(this.#context, address, (name) => this.#number(name));
      if (distance !== undefined) {
        this.pushX("rs1");
        if (wide) code.byte(op.i32_wrap_i64);
        return at.RAM - windowBase + distance;
      }
    }
    const a = body.temporary(this.#x);
    this.#compiler.push(address, "x");
    if (paged) {
      code.set(a);
      tlbLookup(body, wide, a, HART, width, write, aligned, this.#exit);
      body.release(this.#x, a);
      return 0;
    }
    this.#tests.add(-windowBase);
    if (plan !== "known") {
      code.set(a);
      if (plan && (plan.low !== 0 || plan.high !== width - 1)) this.#tests.leaveUnless(a, plan, this.#exit);
      else this.#tests.leaveUnlessAligned(a, width, write, aligned, this.#exit);
      code.get(a);
    }
    if (wide) code.byte(op.i32_wrap_i64);
    body.release(this.#x, a);
    return at.RAM;
  }
}
