/**
 * Runs a static program that only writes and exits, in this process:
 *
 *     node scripts/run.mjs bench/machine/run-kernel.ts [--tier TIER] [--quantum N] [--time] FILE ARGUMENTS...
 */
import { readFileSync, writeSync } from "node:fs";
import { loadInto } from "../../conformance/machine/load.ts";
import { type Hart, Machine, Memory, type Stop, type Tier } from "../../src/machine/index.ts";

const args = process.argv.slice(2);
let tier: Tier = "mixed";
let quantum = 2 ** 50;
let timing = false;
while (args[0]?.startsWith("--")) {
  const option = args.shift();
  if (option === "--tier") tier = args.shift() as Tier;
  else if (option === "--quantum") quantum = Number(args.shift());
  else if (option === "--time") timing = true;
}
const started = performance.now();
const memory = new Memory([{ name: "ram", base: 0x10000, size: 0x8000000 }]);
const image = loadInto(memory, readFileSync(args[0]), true);
memory.protectPages();
memory.protect(0x10000, 0x8000000, 7);

function exception(hart: Hart, cause: number): "trap" | "resume" | Stop {
  if (cause !== 8) return "trap";
  hart.pcNumber += 4;
  switch (hart.number(17)) {
    case 64: {
      const bytes = memory.slice(hart.number(11), hart.number(12));
      if (bytes) writeSync(1, bytes);
      hart.setX(10, hart.x(12));
      return "resume";
    }
    case 93:
    case 94:
      return { kind: "exit", code: hart.number(10) };
  }
  hart.setNumber(10, -38);
  return "resume";
}

const machine = new Machine({
  xlen: image.xlen,
  memory,
  privileged: false,
  tier,
  environment: { exception },
});
const hart = machine.harts[0];
hart.pcNumber = image.entry;
// The stack as the kernel lays it out: argc, argv, a null.
let strings = 0x8000000;
const word = image.xlen / 8;
const pointers = args.map((text) => {
  const bytes = new TextEncoder().encode(`${text}\0`);
  strings -= bytes.length;
  memory.write(strings, bytes);
  return strings;
});
const sp = (strings - (args.length + 4) * word) & ~15;
[args.length, ...pointers, 0, 0].forEach((value, i) => {
  memory.write32(sp + i * word, value);
});
hart.setNumber(2, sp);
const ready = performance.now();
let stop: Stop;
do stop = machine.run(quantum);
while (stop.kind === "limit");
const ended = performance.now();
if (timing) {
  console.error(
    `${stop.kind} ${stop.kind === "exit" ? stop.code : JSON.stringify(stop, (_, v) => (typeof v === "bigint" ? v.toString(16) : v))} retired ${machine.retired} in ${(ended - ready).toFixed(0)} ms (${(machine.retired / (ended - ready) / 1000).toFixed(0)} MIPS), start ${(ready - started).toFixed(0)} ms, pc ${hart.pc.toString(16)}, ${JSON.stringify(machine.statistics)}`,
  );
}
process.exitCode = stop.kind === "exit" ? stop.code : 1;
