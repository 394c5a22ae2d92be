import { setFlagsFromString } from "node:v8";

// When V8 optimises. Most tools are done in tenths of a second, so most code
// runs too short a time to repay V8's optimising compiler, which by default
// starts after 132 KB of bytecode; a link of a large program lives by it. So a
// tool starts with eight times that, which takes a third off the links of
// small programs, and what reads a lot goes back to the default
// (bench/README.md has the figures). V8 ignores a flag it does not know.

const RELUCTANT = "--interrupt-budget=1000000";
/**
 * For much work. Optimising is a quarter of a large link. Its functions are long loops: to peel the first iteration
 * off, to inline all that is called and to split blocks makes much more code that is hardly any faster, and without
 * it a large link takes a tenth less.
 */
const EAGER = [
  "--interrupt-budget=132000",
  "--no-turbo-loop-peeling",
  "--max-inlined-bytecode-size-cumulative=300",
  "--no-turbo-splitting",
  "--no-turbo-store-elimination",
  "--no-turbo-escape",
  "--no-turbo-cf-optimization",
  "--turbo-force-mid-tier-regalloc",
];
const MUCH = 48 << 20;
let seen = 0;

/** To be called when a tool starts. */
export function startReluctant(): void {
  setFlagsFromString(RELUCTANT);
}

/** Counts bytes of inputs that are read. */
export function expectWork(bytes: number): void {
  if (seen < MUCH && seen + bytes >= MUCH) for (const flag of EAGER) setFlagsFromString(flag);
  seen += bytes;
}
