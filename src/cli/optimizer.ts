import { setFlagsFromString, startupSnapshot } from "node:v8";
import type { ModuleKind } from "../machine/index.ts";

// When V8 optimises, and how. Most tools are done in tenths of a second, so most
// code runs too short a time to repay V8's optimising compiler, which by default
// starts after 132 KB of bytecode; a link of a large program lives by it. So a
// tool starts with eight times that, which takes a third off the links of
// small programs, and what reads a lot goes back to less
// (bench/README.md has the figures). V8 complains on standard error of a flag
// that it does not know, so each V8 is told only what was tried with it: that of
// Node 20, and that of Node 22, which counts calls instead of bytecode. A later
// one is left alone.

const v8 = Number.parseInt(process.versions.v8, 10);
const isNode20 = v8 === 11;
const isNode22 = v8 === 12;

/** Node 22's is eight times its default, too: without, a small link takes half as long again. */
const RELUCTANT = isNode20 ? "--interrupt-budget=1000000" : "--invocation-count-for-turbofan=24000";
/** For much work. */
const EAGER = isNode20 ? "--interrupt-budget=300000" : "--invocation-count-for-turbofan=3000";
const MUCH = 48 << 20;
let seen = 0;

/**
 * Optimising is a quarter of a link. Its functions are long loops: to peel the first iteration off, to inline all
 * that is called and to split blocks makes much more code that is hardly any faster.
 */
const BRIEF = [
  "--no-turbo-loop-peeling",
  "--max-inlined-bytecode-size-cumulative=300",
  "--no-turbo-splitting",
  "--no-turbo-store-elimination",
  "--no-turbo-escape",
  "--no-turbo-cf-optimization",
].join(" ");
const BRIEF_20 = "--turbo-force-mid-tier-regalloc";

/**
 * The linker's kernels are fast as V8 first compiles them; its slow compiler takes longer for them than most links last.
 * That they are valid is looked at as each is compiled.
 */
const PATIENT = "--wasm-tiering-budget=200000000 --wasm-lazy-validation";

/** To be called when a tool starts. */
export function startReluctant(): void {
  if (isNode20 || isNode22) setFlagsFromString(`${RELUCTANT} ${PATIENT}`);
}

/**
 * Whether V8's first compiler takes what was called a few times. What it took during a warm-up is marked so in a snapshot,
 * and it takes it again at the first call of each start, which costs a small link 1.5 ms. So not then.
 */
export function compileBaseline(wanted: boolean): void {
  if (isNode20 || isNode22) setFlagsFromString(wanted ? "--sparkplug" : "--no-sparkplug");
}

/** To be called before work of which optimising would be a large part. A start-up snapshot serves only under the flags that it was made with. */
export function optimizeBriefly(): void {
  if (startupSnapshot.isBuildingSnapshot()) return;
  if (isNode20) setFlagsFromString(`${BRIEF} ${BRIEF_20}`);
  else if (isNode22) setFlagsFromString(BRIEF);
}

/**
 * What V8 is told before it compiles a module of the machine's. The interpreter
 * is one large function, whose every instruction counts as a jump across half of
 * it; by default V8's slow compiler starts on it after some hundred instructions
 * and takes longer than most programs run. With this it starts after some
 * hundred thousand. Translated functions, too, must run some milliseconds first:
 * of a program that is done in a tenth of a second, few are worth it. A start-up
 * snapshot serves only under the flags that it was made with, so not there.
 */
export function adviseForModule(kind: ModuleKind): void {
  if (startupSnapshot.isBuildingSnapshot() || !(isNode20 || isNode22)) return;
  setFlagsFromString(`--wasm-tiering-budget=${kind === "interpreter" ? 2_000_000_000 : 50_000_000}`);
}

/** Counts bytes of inputs that are read. */
export function expectWork(bytes: number): void {
  if (seen < MUCH && seen + bytes >= MUCH) {
    if (isNode20 || isNode22) setFlagsFromString(EAGER);
    optimizeBriefly();
  }
  seen += bytes;
}
