// Loops as compilers make them: pointers that are advanced, rotations made of
// shifts, words in registers of 64 bits. The tiers must agree at any limit, and
// where a pointer leaves memory.
import { expect, test } from "vitest";
import { Random } from "../../conformance/machine/streams.ts";
import { Machine } from "./machine.ts";
import { Memory } from "./memory.ts";

const BASE = 0x10000;
const SIZE = 0x10000;

const r = (f7: number, rs2: number, rs1: number, f3: number, rd: number, opcode: number): number =>
  (f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode;
const i = (imm: number, rs1: number, f3: number, rd: number, opcode: number): number =>
  (imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode;
const s = (imm: number, rs2: number, rs1: number, f3: number): number =>
  ((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | 0x23;
const b = (distance: number, rs2: number, rs1: number, f3: number): number =>
  ((distance >> 12) << 31) |
  (((distance >> 5) & 0x3f) << 25) |
  (rs2 << 20) |
  (rs1 << 15) |
  (f3 << 12) |
  (((distance >> 1) & 15) << 8) |
  (((distance >> 11) & 1) << 7) |
  0x63;

const jump = (distance: number): number =>
  ((distance >> 20) << 31) |
  (((distance >> 1) & 0x3ff) << 21) |
  (((distance >> 11) & 1) << 20) |
  (((distance >> 12) & 0xff) << 12) |
  0x6f;

/** x8 and x9 are pointers, x18 and x19 count rounds; x10 to x15 are what is computed with. */
function body(random: Random, xlen: 32 | 64, length: number, stores: boolean): number[] {
  const value = (): number => 10 + random.below(6);
  const code: number[] = [];
  while (code.length < length) {
    const [rd, a, c] = [value(), value(), value()];
    switch (random.below(11)) {
      case 0: {
        const wide = xlen === 64 && random.below(2) === 0;
        const width = wide ? 64 : 32;
        const opcode = xlen === 64 && !wide ? 0x1b : 0x13;
        const amount = 1 + random.below(width - 1);
        const second = random.below(4) === 0 ? a : c;
        code.push(i(amount, a, random.below(2) === 0 ? 1 : 5, rd, opcode));
        if (random.below(4) === 0) code.push(i(1, value(), 0, value(), 0x13));
        code.push(i(width - amount, a, (code[code.length - 1] >> 12) & 4 ? 1 : 5, second, opcode));
        code.push(r(0, second, rd, random.below(2) === 0 ? 6 : 4, value(), 0x33));
        break;
      }
      case 1:
        if (xlen === 32) break;
        code.push(i(32, a, 1, rd, 0x13), i(random.below(64), rd, 5, c, 0x13));
        break;
      case 2:
        code.push(r(random.below(2) << 5, c, a, 0, rd, xlen === 64 ? 0x3b : 0x33));
        break;
      case 3:
        code.push(r(0, c, a, [0, 4, 6, 7, 3][random.below(5)], rd, 0x33));
        break;
      case 4:
        code.push(i(random.below(64) - 32, a, [0, 4, 7][random.below(3)], rd, 0x13));
        break;
      case 5:
      case 6:
        code.push(
          i(random.below(200) - 100, 8 + random.below(2), random.below(xlen === 64 ? 4 : 3), rd, 0x03),
        );
        break;
      case 7:
        if (stores) code.push(s(random.below(64) - 32, a, 8 + random.below(2), random.below(3)));
        break;
      case 8:
        // Over the next instruction, or the next two
        code.push(b(random.below(2) === 0 ? 8 : 12, c, a, [0, 1, 4, 5, 6, 7][random.below(6)]));
        code.push(i(1, a, 0, a, 0x13), r(0, c, a, 4, rd, 0x33));
        break;
      case 9:
        code.push(i([4, 8, -4, 1, 256][random.below(5)], 8, 0, 8, 0x13));
        break;
      case 10:
        code.push(i([4, 16, -8][random.below(3)], 9, 0, 9, 0x13));
        break;
    }
  }
  return code;
}

function program(random: Random, xlen: 32 | 64): Uint8Array {
  const stores = random.below(3) > 0;
  const outer = body(random, xlen, random.below(6), stores);
  const inner = body(random, xlen, 1 + random.below(12), stores);
  // li x18, n; outer; inner: …; x18--; bnez inner; x19--; bnez outer; ecall
  const code = [i(1 + random.below(90), 0, 0, 18, 0x13), ...outer, ...inner, i(-1, 18, 0, 18, 0x13)];
  code.push(b(-4 * (inner.length + 1), 0, 18, 1));
  code.push(i(-1, 19, 0, 19, 0x13));
  code.push(b(-4 * code.length, 0, 19, 1), 0x73);
  return new Uint8Array(Int32Array.from(code).buffer);
}

/** The same with a call in the inner loop, on some of its ways, and code around the loop that assigns registers. */
function programWithCalls(random: Random, xlen: 32 | 64): Uint8Array {
  const part = (most: number): number[] => body(random, xlen, random.below(most), true);
  const [outer, first, second, last, callee] = [part(8), part(6), part(6), part(6), part(6)];
  const skipped = random.below(2) === 0 ? [b(8, 10 + random.below(6), 10 + random.below(6), 4)] : [];
  // outer: …; li x18, n; inner: …; call (or not); …; x18--; bnez inner; …; x19--; bnez outer; ecall; f: …; ret
  const code = [...outer, i(1 + random.below(9), 0, 0, 18, 0x13)];
  const inner = code.length;
  code.push(...first, ...skipped);
  const call = code.length;
  code.push(0, ...second, i(-1, 18, 0, 18, 0x13));
  code.push(b(-4 * (code.length - inner), 0, 18, 1));
  code.push(...last, i(-1, 19, 0, 19, 0x13));
  code.push(b(-4 * code.length, 0, 19, 1), 0x73);
  code[call] = jump(4 * (code.length - call)) | (1 << 7);
  code.push(...callee, 0x8067);
  return new Uint8Array(Int32Array.from(code).buffer);
}

function state(machine: Machine, stop: unknown): string {
  const [hart] = machine.harts;
  const registers = Array.from({ length: 32 }, (_, n) => hart.x(n).toString(16));
  const shown = JSON.stringify(stop, (_, v) => (typeof v === "bigint" ? v.toString(16) : v));
  return [shown, hart.pc.toString(16), machine.retired, ...registers].join(" ");
}

test.each([
  ["loops over memory and past its end", 32, program],
  ["loops over memory and past its end", 64, program],
  ["loops with calls", 32, programWithCalls],
  ["loops with calls", 64, programWithCalls],
] as const)(
  "tiers agree on %s, rv%d",
  (_, xlen, made) => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed * 77 + xlen);
      const bytes = made(random, xlen);
      const near = random.below(3) === 0;
      const pointers = [8, 9].map(
        () => BASE + (near ? SIZE - random.below(3000) : 0x4000 + random.below(0x4000)),
      );
      const values = Array.from(
        { length: 6 },
        () => BigInt(random.bits()) * (xlen === 64 ? 0x9e3779b9n : 1n),
      );
      const quanta = Array.from({ length: 12 }, () => 1 + random.below(random.below(2) === 0 ? 900 : 8000));
      const machines = (["precise", "interpreter", "translator"] as const).map((tier) => {
        const memory = new Memory([{ name: "ram", base: BASE, size: SIZE }]);
        memory.write(BASE, bytes);
        const machine = new Machine({ xlen, memory, privileged: false, tier });
        const [hart] = machine.harts;
        hart.pcNumber = BASE;
        pointers.forEach((value, n) => void hart.setNumber(8 + n, value));
        values.forEach((value, n) => void hart.setX(10 + n, BigInt.asUintN(xlen, value)));
        hart.setNumber(19, 20);
        return machine;
      });
      for (const quantum of quanta) {
        const [expected, ...others] = machines.map((machine) => state(machine, machine.run(quantum)));
        for (const other of others) expect(other, `seed ${seed}`).toBe(expected);
        if (!expected.includes('"limit"')) break;
      }
      const [expected, ...others] = machines.map(({ memory }) => memory.slice(BASE, SIZE));
      // Comparing arrays of this size with toEqual takes seconds.
      for (const other of others)
        expect(
          other?.every((byte, n) => byte === expected?.[n]),
          `seed ${seed}`,
        ).toBe(true);
    }
  },
  120_000,
);

test("a block for each of thousands of instructions does not exhaust the host's stack", () => {
  // Each branch goes to the same place, and none is taken; x12 counts rounds, which a jump begins.
  const length = 3000;
  const code = Array.from({ length }, (_, n) =>
    b(n < 1000 ? 4 * (1000 - n) : 4 * (n < 2000 ? 2000 - n : length - n), 11, 10, 0),
  );
  const bytes = new Uint8Array(
    Int32Array.from([...code, i(-1, 12, 0, 12, 0x13), b(8, 0, 12, 0), jump(-4 * (length + 2)), 0x73]).buffer,
  );
  const ends = (["interpreter", "translator"] as const).map((tier) => {
    const memory = new Memory([{ name: "ram", base: BASE, size: SIZE }]);
    memory.write(BASE, bytes);
    const machine = new Machine({ xlen: 64, memory, privileged: false, tier });
    machine.harts[0].pcNumber = BASE;
    machine.harts[0].setNumber(11, 1);
    machine.harts[0].setNumber(12, 20);
    return state(machine, machine.run(100_000));
  });
  expect(ends[1]).toBe(ends[0]);
  expect(ends[0]).toContain("exception");
});

test("what is known before a loop says nothing of its later rounds", () => {
  // outer: lw x8,0(x21); x21 += 4; lw x10,0(x8); li x19,40; inner: lw x10,0(x8); x8 += 4; x19--; bnez inner; j outer
  const code = [i(0, 21, 2, 8, 3), i(4, 21, 0, 21, 0x13), i(0, 8, 2, 10, 3), i(40, 0, 0, 19, 0x13)];
  code.push(
    i(0, 8, 2, 10, 3),
    i(4, 8, 0, 8, 0x13),
    i(-1, 19, 0, 19, 0x13),
    b(-12, 0, 19, 1),
    b(-32, 0, 0, 0),
  );
  const ends = (["precise", "interpreter", "translator", "mixed"] as const).map((tier) => {
    const memory = new Memory([{ name: "ram", base: BASE, size: SIZE }]);
    memory.write(BASE, new Uint8Array(Int32Array.from(code).buffer));
    memory.protectPages();
    const end = BASE + SIZE - 0x1000;
    memory.protect(BASE, end - BASE, 7);
    for (let n = 0; n < 50; n++) memory.write32(BASE + 0x4000 + 4 * n, n < 49 ? BASE + 0x5000 : end - 40);
    const machine = new Machine({ xlen: 64, memory, privileged: false, tier });
    const [hart] = machine.harts;
    hart.pcNumber = BASE;
    hart.setNumber(21, BASE + 0x4000);
    return state(machine, machine.run(100_000));
  });
  expect(ends[0]).toContain('"cause":5');
  for (const end of ends) expect(end).toBe(ends[0]);
});
