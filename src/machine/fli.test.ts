import { expect, test } from "vitest";
import { fliValues } from "../riscv/index.ts";
import { Machine } from "./machine.ts";
import { Memory } from "./memory.ts";

/** What fli of a format leaves in f10 for each of the constants that the assembler writes, in the interpreter and in the evaluator. */
function load(format: number, tier: "precise" | "interpreter"): bigint[] {
  return fliValues.map((_, index) => {
    const memory = new Memory([{ name: "ram", base: 0x10000, size: 0x1000 }]);
    memory.write32(0x10000, 0xf0100553 | (format << 25) | (index << 15));
    const machine = new Machine({ xlen: 64, memory, privileged: false, tier });
    machine.harts[0].pcNumber = 0x10000;
    expect(machine.run(1)).toEqual({ kind: "limit" });
    return machine.harts[0].f(10);
  });
}

test.each(["precise", "interpreter"] as const)("fli loads the constants of the manual: %s", (tier) => {
  const view = new DataView(new ArrayBuffer(8));
  const wide = (value: number) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  };
  const single = (value: number) => {
    view.setFloat32(0, value);
    return 0xffffffff00000000n | BigInt(view.getUint32(0));
  };
  const half = [
    0xbc00, 0x0400, 0x0100, 0x0200, 0x1c00, 0x2000, 0x2c00, 0x3000, 0x3400, 0x3500, 0x3600, 0x3700, 0x3800,
    0x3900, 0x3a00, 0x3b00, 0x3c00, 0x3d00, 0x3e00, 0x3f00, 0x4000, 0x4100, 0x4200, 0x4400, 0x4800, 0x4c00,
    0x5800, 0x5c00, 0x7800, 0x7c00, 0x7c00, 0x7e00,
  ];
  expect(load(1, tier)).toEqual(fliValues.map((value, i) => wide(i === 1 ? 2 ** -1022 : value)));
  expect(load(0, tier)).toEqual(fliValues.map((value, i) => single(i === 1 ? 2 ** -126 : value)));
  expect(load(2, tier)).toEqual(half.map((bits) => 0xffffffffffff0000n | BigInt(bits)));
});
