import fc from "fast-check";
import { expect, test } from "vitest";
import { add, fromWords, high32, low32, multiply, shiftRight, subtract, wrap } from "./integer.ts";

const value = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
);

test("arithmetic is that of 64-bit integers, and small results are numbers", () => {
  fc.assert(
    fc.property(value, value, (x, y) => {
      for (const [result, exact] of [
        [add(wrap(x), wrap(y)), x + y],
        [subtract(wrap(x), wrap(y)), x - y],
        [multiply(wrap(x), wrap(y)), x * y],
      ] as const) {
        const wrapped = BigInt.asIntN(64, exact);
        expect(BigInt(result)).toBe(wrapped);
        expect(typeof result).toBe(Number.isSafeInteger(Number(wrapped)) ? "number" : "bigint");
      }
    }),
  );
});

test("halves make the value again", () => {
  fc.assert(
    fc.property(value, (x) => {
      const whole = wrap(x);
      expect(fromWords(low32(whole), high32(whole))).toBe(whole);
    }),
  );
});

test("a shift to the right brings zeros in", () => {
  expect(shiftRight(-1, 60)).toBe(15);
  expect(shiftRight(-1, 0)).toBe(-1);
});
