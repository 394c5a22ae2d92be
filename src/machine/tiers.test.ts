import { describe, expect, test } from "vitest";
import { BASE, DATA, DATA_SIZE, randomProgram } from "../../conformance/machine/streams.ts";
import { instructions, supports } from "../riscv/index.ts";
import { Machine, type Tier } from "./machine.ts";
import { Memory } from "./memory.ts";
import { operationsOf } from "./operation.ts";

const tiers: readonly Tier[] = ["precise", "interpreter", "translator", "mixed"];

function machineWith(program: Uint8Array, tier: Tier, xlen: 32 | 64 = 64, harts = 1): Machine {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x40000 }]);
  memory.write(BASE, program);
  const machine = new Machine({ xlen, memory, privileged: false, tier, harts });
  for (const hart of machine.harts) {
    hart.pcNumber = BASE;
    hart.setNumber(2, BASE + 0x30000);
  }
  return machine;
}

function words(list: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(list).buffer);
}

/** Everything a program can see of a hart, and the retired count. */
function state(machine: Machine): string {
  const [hart] = machine.harts;
  const registers = Array.from(
    { length: 32 },
    (_, i) => `${hart.x(i).toString(16)} ${hart.f(i).toString(16)}`,
  );
  return [hart.pc, hart.fflags, machine.retired, ...registers].join(" ");
}

describe("tiers", () => {
  test.each([
    [32, 11],
    [64, 12],
    [32, 13],
    [64, 14],
  ] as const)("agree on random programs at any limit, rv%d seed %d", (xlen, seed) => {
    const isa = { xlen, extensions: new Set("i m a f d c zicsr zba zbb zbs".split(" ")) };
    const operations = operationsOf(isa);
    const rows = instructions().filter(
      (row) =>
        (row.xlen === 0 || row.xlen === xlen) &&
        supports(isa, row.needs) &&
        !/^(c\.)?(j|b)/.test(row.mnemonic),
    );
    const program = randomProgram(rows, (word) => operations.of(word), xlen, seed);
    const machines = tiers.map((tier) => machineWith(program, tier, xlen));
    for (let i = 0; i < 40; i++) {
      const [expected, ...others] = machines.map((machine) => {
        machine.run(17 + i);
        return state(machine);
      });
      for (const other of others) expect(other).toBe(expected);
    }
    const [memory, ...others] = machines.map((machine) => machine.memory.slice(DATA, DATA_SIZE));
    for (const other of others) expect(other).toEqual(memory);
  });

  // t0 = code; loop: lw/addi/sw on the instruction at `patch`, fence.i, run it; 20 times; ecall
  const modifying = words([
    0x00000297, // auipc t0, 0
    0x01400313, // li t1, 20
    0x01c2a383, // loop: lw t2, 28(t0)
    0x00100e37, // lui t3, 0x100
    0x01c383b3, // add t2, t2, t3
    0x0072ae23, // sw t2, 28(t0)
    0x0000100f, // fence.i
    0x00050513, // patch: addi a0, a0, 0
    0xfff30313, // addi t1, t1, -1
    0xfe0312e3, // bnez t1, loop
    0x00000073, // ecall
  ]);

  test.each(tiers)("%s sees changed instructions after fence.i", (tier) => {
    const machine = machineWith(modifying, tier);
    expect(machine.run(10_000).kind).toBe("exception");
    // 1 + 2 + … + 20
    expect(machine.harts[0].number(10)).toBe(210);
  });

  // li a0,0; li a1,5000; loop: addi a0,a0,1; sw a0,0(sp); bne a0,a1,loop; ecall
  const counting = words([
    0x00000513, 0x000015b7, 0x38858593, 0x00150513, 0x00a12023, 0xfeb51ce3, 0x00000073,
  ]);

  test.each(tiers)("%s stops at breakpoints and goes on", (tier) => {
    const machine = machineWith(counting, tier);
    machine.run(3000);
    machine.addBreakpoint(BASE + 0x10);
    expect(machine.run(10_000)).toEqual({ kind: "breakpoint", hart: 0, address: BASE + 0x10 });
    const first = machine.harts[0].number(10);
    expect(machine.run(10_000).kind).toBe("breakpoint");
    expect(machine.harts[0].number(10)).toBe(first + 1);
    machine.removeBreakpoint(BASE + 0x10);
    expect(machine.run(100_000).kind).toBe("exception");
    expect(machine.harts[0].number(10)).toBe(5000);
  });

  test.each(tiers)("%s stops after a watched store", (tier) => {
    const machine = machineWith(counting, tier);
    machine.run(3000);
    machine.watch(BigInt(BASE + 0x30000), 4, false, true);
    const stop = machine.run(10_000);
    expect(stop).toMatchObject({ kind: "watchpoint", address: BigInt(BASE + 0x30000), size: 4, write: true });
    machine.unwatch(BigInt(BASE + 0x30000), 4);
    expect(machine.run(100_000).kind).toBe("exception");
  });

  // la a2; li a1,30000; loop: lr.w a0,(a2); addi a0,a0,1; sc.w a3,a0,(a2); bnez a3,loop; addi a1,a1,-1; bnez a1,loop; j .
  const atomic = words([
    0x00030637, 0x000075b7, 0x53058593, 0x1006252f, 0x00150513, 0x18a626af, 0xfe069ae3, 0xfff58593,
    0xfe0596e3, 0x0000006f,
  ]);

  test("several harts count together without losing one, and alike in all tiers", () => {
    const ends = (["interpreter", "translator", "mixed"] as const).map((tier) => {
      const machine = machineWith(atomic, tier, 64, 3);
      machine.run(1_000_000);
      expect(machine.memory.read32(0x30000)).toBe(90_000);
      return state(machine);
    });
    expect(new Set(ends).size).toBe(1);
  });

  // One way of the loop is taken at first, then another with a function of its own, then a third:
  //        li s0,15000; li s1,10000; li s2,5000
  //  loop: addi s0,s0,-1; blt s0,s2,third; blt s0,s1,second; addi a0,a0,1; bnez s0,loop; j .
  // second: jal ra,f; bnez s0,loop; j .     third: xor a0,a0,s0; slli a1,a0,1; add a0,a0,a1; bnez s0,loop; j .
  //     f: addi a0,a0,3; ret
  const phases = words([
    0x00004437, 0xa984041b, 0x000024b7, 0x7104849b, 0x00001937, 0x3889091b, 0xfff40413, 0x03244063,
    0x00944863, 0x00150513, 0xfe0418e3, 0x0000006f, 0x020000ef, 0xfe0412e3, 0x0000006f, 0x00854533,
    0x00151593, 0x00b50533, 0xfc0418e3, 0x0000006f, 0x00350513, 0x00008067,
  ]);

  test("what was never run when a loop was translated is translated when it is", () => {
    const [precise, mixed] = (["precise", "mixed"] as const).map((tier) => {
      const machine = machineWith(phases, tier);
      machine.run(100_000);
      return machine;
    });
    expect(precise.harts[0].number(8)).toBe(0);
    expect(state(mixed)).toBe(state(precise));
    // Most of each way ran as translated code.
    expect(mixed.statistics?.translated).toBeGreaterThan(50_000);
    expect(mixed.statistics?.modules).toBeGreaterThan(2);
  });

  test("a program that jumps wildly ends in an exception", () => {
    for (const tier of tiers) {
      // li a0,-1; slli a0,a0,20; jr a0
      const machine = machineWith(words([0xfff00513, 0x01451513, 0x00050067]), tier);
      expect(machine.run(100)).toMatchObject({ kind: "exception", cause: 1 });
    }
  });

  test("recursion without end runs out of stack memory, not of ours", () => {
    for (const tier of ["interpreter", "translator", "mixed"] as const) {
      // addi sp,sp,-16; sd ra,0(sp); jal ra,-8
      const machine = machineWith(new Uint8Array(), tier);
      machine.memory.write(BASE + 0x38000, words([0xff010113, 0x00113023, 0xff9ff0ef]));
      machine.harts[0].pcNumber = BASE + 0x38000;
      expect(machine.run(10_000_000)).toMatchObject({ kind: "exception", cause: 7 });
    }
  });
});
