import { setFlagsFromString } from "node:v8";

// When V8 optimises. Most tools are done in tenths of a second, so most code
// runs too short a time to repay V8's optimising compiler, which by default
// starts after 132 KB of bytecode; a link of a large program lives by it. So a
// tool starts with eight times that, which takes a third off the links of
// small programs, and what reads a lot goes back to the default
// (bench/README.md has the figures). V8 ignores a flag it does not know.

const RELUCTANT = "--interrupt-budget=1000000";
const EAGER = "--interrupt-budget=132000";
const MUCH = 48 << 20;
let seen = 0;

/** To be called when a tool starts. */
export function startReluctant(): void {
  setFlagsFromString(RELUCTANT);
}

/** Counts bytes of inputs that are read. */
export function expectWork(bytes: number): void {
  if (seen < MUCH && seen + bytes >= MUCH) setFlagsFromString(EAGER);
  seen += bytes;
}
