import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { Memory } from "./memory.ts";

/** A machine in user mode with a program at 0x10000, made of instruction words. */
function machineWith(words: readonly number[], xlen: 32 | 64 = 64): Machine {
  const memory = new Memory([{ name: "ram", base: 0x10000, size: 0x100000 }]);
  memory.write(0x10000, new Uint8Array(Uint32Array.from(words).buffer));
  const machine = new Machine({ xlen, memory, privileged: false });
  machine.harts[0].pcNumber = 0x10000;
  return machine;
}

// li a0,0; li a1,10; add a0,a0,a1; addi a1,a1,-1; bnez a1,-8; ecall
const sum = [0x00000513, 0x00a00593, 0x00b50533, 0xfff58593, 0xfe059ce3, 0x00000073];

describe("Machine", () => {
  test.each([32, 64] as const)("runs a loop until the ecall, rv%d", (xlen) => {
    const machine = machineWith(sum, xlen);
    expect(machine.run(1000)).toEqual({ kind: "exception", hart: 0, cause: 8, value: 0n });
    expect(machine.harts[0].number(10)).toBe(55);
    expect(machine.harts[0].pcNumber).toBe(0x10014);
    expect(machine.retired).toBe(2 + 3 * 10);
  });

  test("stops at the limit exactly", () => {
    const machine = machineWith(sum);
    expect(machine.run(7)).toEqual({ kind: "limit" });
    expect(machine.retired).toBe(7);
    expect(machine.harts[0].pcNumber).toBe(0x10010);
  });

  test("faults outside memory with the address as value", () => {
    // lui a0,0x20000; lw a1,4(a0)
    const machine = machineWith([0x20000537, 0x00452583]);
    expect(machine.run(10)).toEqual({ kind: "exception", hart: 0, cause: 5, value: 0x20000004n });
  });

  test("faults where the environment protects the page", () => {
    // lui a0,0x11; lw a1,0(a0); sw a1,0(a0)
    const machine = machineWith([0x00011537, 0x00052583, 0x00b52023]);
    machine.memory.protectPages();
    machine.memory.protect(0x10000, 0x1000, 5);
    machine.memory.protect(0x11000, 0x1000, 1);
    expect(machine.run(10)).toEqual({ kind: "exception", hart: 0, cause: 7, value: 0x11000n });
    machine.memory.protect(0x11000, 0x1000, 3);
    machine.memory.protect(0x10000, 0x1000, 3);
    expect(machine.run(10)).toEqual({ kind: "exception", hart: 0, cause: 1, value: 0x10008n });
  });

  test("restores a snapshot", () => {
    const machine = machineWith(sum);
    machine.run(5);
    const snapshot = machine.snapshot();
    machine.run(9);
    const a0 = machine.harts[0].x(10);
    machine.restore(snapshot);
    expect(machine.retired).toBe(5);
    machine.run(9);
    expect(machine.harts[0].x(10)).toBe(a0);
  });
});
