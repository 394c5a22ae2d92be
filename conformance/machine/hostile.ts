/**
 * Hostile guests: random bytes as code, random programs with wild jumps, deep
 * recursion, endless loops, images whose bytes were changed at random, all run
 * in each tier with a limit. The host must neither throw nor go on past the
 * limit, and the tiers must come to the same end.
 *
 *     node scripts/run.mjs conformance/machine/hostile.ts [--seconds N] [--seed N]
 */
import { allExtensions, Machine, Memory, type Tier } from "../../src/machine/index.ts";
import { operationsOf } from "../../src/machine/operation.ts";
import { instructions, supports } from "../../src/riscv/index.ts";
import { Tally } from "../gnu-ld/process.ts";
import { BASE, Random, randomProgram } from "./streams.ts";

const number = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const until = Date.now() + number("seconds", 20) * 1000;
let seed = number("seed", 1);
const LIMIT = 30_000;
/** Milliseconds of processor time in which so few instructions must be done, on a slow host. */
const PATIENCE = 10_000;

const kits = ([32, 64] as const).map((xlen) => {
  const extensions = new Set(allExtensions.filter((name) => name !== "zcf" || xlen === 32));
  const isa = { xlen, extensions };
  const rows = instructions().filter(
    (row) => (row.xlen === 0 || row.xlen === xlen) && supports(isa, row.needs),
  );
  return { xlen, operations: operationsOf(isa), rows };
});

type Kit = (typeof kits)[number];

/** Code of one kind of hostility. */
function makeProgram(kit: Kit, random: Random): Uint8Array {
  const bytes = new Uint8Array(0x10000);
  const view = new DataView(bytes.buffer);
  switch (random.below(5)) {
    case 0:
      // Noise
      for (let at = 0; at < bytes.length; at += 4) view.setInt32(at, random.bits(), true);
      return bytes;
    case 1: {
      // A program that makes sense, with some bytes changed
      const program = randomProgram(kit.rows, (word) => kit.operations.of(word), kit.xlen, random.bits());
      for (let i = random.below(20); i >= 0; i--) program[random.below(0x400)] = random.bits();
      return program;
    }
    case 2:
      // Rows of the table with random operands: system instructions, wild jumps
      for (let at = 0; at < 0x4000; ) {
        const row = kit.rows[random.below(kit.rows.length)];
        const word = (row.match | (random.bits() & ~row.mask)) >>> 0;
        if (row.size === 2) view.setUint16(at, word & 0xffff, true);
        else view.setUint32(at, word, true);
        at += row.size;
      }
      return bytes;
    case 3:
      // Recursion without end: addi sp,sp,-16; jal ra,-4
      view.setUint32(0, 0xff010113, true);
      view.setInt32(4, (0xffdff0ef | 0) as number, true);
      return bytes;
    default: {
      // Loops without end, and code that writes over itself
      const words = [0x00000013, 0x00150513, 0x00a2a023, 0xff5ff06f, 0x0000100f, 0xfe000ce3, 0x00c28293];
      for (let at = 0; at < 0x200; at += 4) view.setUint32(at, words[random.below(words.length)], true);
      return bytes;
    }
  }
}

function run(kit: Kit, program: Uint8Array, tier: Tier, privileged: boolean): string {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x40000 }]);
  memory.write(BASE, program);
  const machine = new Machine({ xlen: kit.xlen, memory, privileged, tier });
  const [hart] = machine.harts;
  hart.pcNumber = BASE;
  for (let i = 2; i < 32; i++) hart.setNumber(i, BASE + 0x100 * i);
  hart.setNumber(2, BASE + 0x3f000);
  const started = process.cpuUsage();
  let stop = machine.run(LIMIT);
  // In user mode an exception ends it; a system call of any kind goes on.
  for (let calls = 0; stop.kind === "exception" && stop.cause === 8 && calls < 20; calls++) {
    hart.pcNumber += 4;
    stop = machine.run(LIMIT);
  }
  const { user, system } = process.cpuUsage(started);
  if ((user + system) / 1000 > PATIENCE) return "too slow";
  const state = [hart.pc, ...Array.from({ length: 31 }, (_, i) => hart.x(i + 1))].map((value) =>
    value.toString(16),
  );
  return `${stop.kind} ${machine.retired} ${state.join(" ")}`;
}

const tally = new Tally();
for (; Date.now() < until; seed++) {
  const random = new Random(seed);
  const kit = kits[seed % 2];
  const program = makeProgram(kit, random);
  const privileged = random.below(3) === 0;
  try {
    const results = (["precise", "interpreter", "translator", "mixed"] as const).map((tier) =>
      run(kit, program, tier, privileged),
    );
    const different = results.findIndex((result) => result !== results[0]);
    // Code that changes itself without fence.i may be seen old or new, so ends may differ there.
    const changesItself = results.some((result) => result === "too slow");
    if (changesItself) tally.fail(`seed ${seed}`, results);
    else if (different > 0 && !writesCode(kit, program, privileged)) {
      tally.fail(`seed ${seed} rv${kit.xlen}${privileged ? " privileged" : ""}`, [
        results[0],
        results[different],
      ]);
    } else tally.pass();
  } catch (error) {
    tally.fail(`seed ${seed}`, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
}
process.exitCode = tally.finish();

/** Whether a program changes bytes that it may have run: then what it does without fence.i is not defined. */
function writesCode(kit: Kit, program: Uint8Array, privileged: boolean): boolean {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x40000 }]);
  memory.write(BASE, program);
  const machine = new Machine({ xlen: kit.xlen, memory, privileged, tier: "precise" });
  const [hart] = machine.harts;
  hart.pcNumber = BASE;
  for (let i = 2; i < 32; i++) hart.setNumber(i, BASE + 0x100 * i);
  hart.setNumber(2, BASE + 0x3f000);
  let stop = machine.run(LIMIT);
  for (let calls = 0; stop.kind === "exception" && stop.cause === 8 && calls < 20; calls++) {
    hart.pcNumber += 4;
    stop = machine.run(LIMIT);
  }
  const after = memory.slice(BASE, 0x10000);
  return after?.some((byte, i) => byte !== (program[i] ?? 0)) ?? false;
}
