import { afterEach, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { Memory } from "./memory.ts";
import { webAssemblyStandIn } from "./stand-in.ts";

const native = Reflect.get(globalThis, "WebAssembly");
afterEach(() => Reflect.set(globalThis, "WebAssembly", native));

/** Adds the numbers from 4096 down to 1 in a0, and makes a system call. */
const sum = [0x00000513, 0x000015b7, 0x00b50533, 0xfff58593, 0xfe059ce3, 0x00000073];

function run(tier: "mixed" | "precise") {
  const memory = new Memory([{ name: "ram", base: 0x10000, size: 0x1000 }]);
  sum.forEach((word, i) => void memory.write32(0x10000 + 4 * i, word));
  const machine = new Machine({ xlen: 64, memory, privileged: false, tier });
  machine.harts[0].pcNumber = 0x10000;
  const stop = machine.run(20_000);
  return { stop, sum: machine.harts[0].number(10), retired: machine.retired, made: machine.statistics };
}

test("without WebAssembly programs run as they do with it, and what is hot is translated for nothing", () => {
  const expected = run("precise");
  Reflect.set(globalThis, "WebAssembly", webAssemblyStandIn);
  const { made, ...result } = run("mixed");
  expect(result).toEqual({ stop: expected.stop, sum: 8_390_656, retired: expected.retired });
  expect(made).toMatchObject({ translated: 0 });
  expect(made?.modules).toBeGreaterThan(0);
});
