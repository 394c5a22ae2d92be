import fc from "fast-check";
import { expect, test } from "vitest";
import { type LoadConstantStep, loadConstant, lookup, macroNames, macrosNamed } from "./index.ts";

function run(steps: readonly LoadConstantStep[], xlen: 32 | 64): bigint {
  let value = 0n;
  for (const step of steps) {
    if (step.mnemonic === "lui") value = BigInt.asIntN(32, BigInt(step.value) << 12n);
    else if (step.mnemonic === "slli") value = BigInt.asIntN(xlen, value << BigInt(step.value));
    else {
      value = (step.first ? 0n : value) + BigInt(step.value);
      value = BigInt.asIntN(step.mnemonic === "addiw" ? 32 : xlen, value);
    }
  }
  return value;
}

const edges = [0n, -1n, 2047n, 2048n, -2048n, -2049n, 0x7fffffffn, 0x80000000n, -0x80000000n, 1n << 63n];

test.each(edges)("li of %s", (value) => {
  for (const xlen of [32, 64] as const) {
    expect(run(loadConstant(value, xlen), xlen)).toBe(BigInt.asIntN(xlen, value));
  }
});

test("li loads every constant", () => {
  fc.assert(
    fc.property(fc.bigInt(-(1n << 63n), (1n << 64n) - 1n), fc.nat(63), (value, shift) => {
      for (const xlen of [32, 64] as const) {
        const wanted = BigInt.asIntN(xlen, value >> BigInt(shift));
        expect(run(loadConstant(wanted, xlen), xlen)).toBe(wanted);
      }
    }),
  );
});

test("macros expand to instructions that exist", () => {
  for (const name of macroNames()) {
    for (const macro of macrosNamed(name)) {
      for (const line of macro.lines) {
        const mnemonic = line.split(" ")[0].replace("[wd]", macro.xlen === 64 ? "d" : "w");
        expect(lookup(mnemonic).length, line).toBeGreaterThan(0);
      }
    }
  }
});
