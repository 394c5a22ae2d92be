import { setFlagsFromString } from "node:v8";

// When V8 optimises. A link of a small program is over before optimised code
// has repaid its compilation; a link of a large one lives by it. bin/start.cjs
// starts V8 reluctant, and this makes it eager once there is much to read.

const EAGER = "--interrupt-budget=132000";
const MUCH = 32 << 20;
let opened = 0;

/** Counts the bytes of an input that is opened. */
export function expectWork(bytes: number): void {
  if (opened < MUCH && opened + bytes >= MUCH) setFlagsFromString(EAGER);
  opened += bytes;
}
