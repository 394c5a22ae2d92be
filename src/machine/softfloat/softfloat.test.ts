import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as fp from "./index.ts";
import { asDouble, asFloat, asHalves } from "./state.ts";

// Berkeley TestFloat judges every function (conformance/machine/testfloat.ts).
// Here: what TestFloat does not cover, and agreement with the host.

const halves = (value: number): [number, number] => {
  asDouble[0] = value;
  return [asHalves[0], asHalves[1]];
};
const result = () => {
  asHalves[0] = fp.out[fp.LOW];
  asHalves[1] = fp.out[fp.HIGH];
  return asDouble[0];
};
/** RISC-V has one NaN; which one the host makes is its own affair. */
const f32 = (value: number) => {
  asFloat[0] = value;
  return Number.isNaN(value) ? 0x7fc00000 : asHalves[0];
};
const flags = () => {
  const raised = fp.out[fp.FLAGS];
  fp.out[fp.FLAGS] = 0;
  return raised;
};

const anyDouble = fc.double();
const anyFloat = fc.float();

describe("to nearest, results are the host's", () => {
  test("f64", () => {
    fc.assert(
      fc.property(anyDouble, anyDouble, (a, b) => {
        const x = halves(a);
        const y = halves(b);
        fp.f64Add(...x, ...y, fp.RNE);
        expect(result()).toBe(a + b);
        fp.f64Sub(...x, ...y, fp.RNE);
        expect(result()).toBe(a - b);
        fp.f64Mul(...x, ...y, fp.RNE);
        expect(result()).toBe(a * b);
        fp.f64Div(...x, ...y, fp.RNE);
        expect(result()).toBe(a / b);
        fp.f64Sqrt(...x, fp.RNE);
        expect(result()).toBe(Math.sqrt(a));
      }),
      { numRuns: 2000 },
    );
  });

  test("f32", () => {
    fc.assert(
      fc.property(anyFloat, anyFloat, (a, b) => {
        expect(fp.f32Add(f32(a), f32(b), fp.RNE)).toBe(f32(Math.fround(a + b)));
        expect(fp.f32Mul(f32(a), f32(b), fp.RNE)).toBe(f32(Math.fround(a * b)));
        expect(fp.f32Div(f32(a), f32(b), fp.RNE)).toBe(f32(Math.fround(a / b)));
      }),
      { numRuns: 2000 },
    );
  });
});

test("rounding down and up enclose the sum", () => {
  fc.assert(
    fc.property(anyDouble, anyDouble, (a, b) => {
      fc.pre(Number.isFinite(a) && Number.isFinite(b));
      flags();
      fp.f64Add(...halves(a), ...halves(b), fp.RDN);
      const down = result();
      const inexact = (flags() & fp.NX) !== 0;
      fp.f64Add(...halves(a), ...halves(b), fp.RUP);
      const up = result();
      expect(inexact ? down < up : down === up).toBe(true);
      expect(a + b >= down && a + b <= up).toBe(true);
    }),
  );
});

describe("NaNs", () => {
  test("a signalling one is invalid and comes out canonical", () => {
    flags();
    fp.f64Add(1, 0x7ff00000, ...halves(1), fp.RNE);
    expect([fp.out[fp.LOW], fp.out[fp.HIGH], flags()]).toEqual([0, fp.NAN_F64_HIGH, fp.NV]);
    expect([fp.f32Sub(0x7fc12345, f32(1), fp.RNE), flags()]).toEqual([fp.NAN_F32, 0]);
  });

  test("infinity times 0 plus a quiet NaN is invalid", () => {
    expect([fp.f32MulAdd(0x7f800000, 0, fp.NAN_F32, fp.RNE), flags()]).toEqual([fp.NAN_F32, fp.NV]);
    fp.f64MulAdd(...halves(Infinity), ...halves(0), 0, fp.NAN_F64_HIGH, fp.RNE);
    expect(flags()).toBe(fp.NV);
  });
});

describe("minimum and maximum", () => {
  test("-0 is less than 0", () => {
    expect(fp.f32Min(0, -0x80000000)).toBe(-0x80000000);
    expect(fp.f32Max(-0x80000000, 0)).toBe(0);
    fp.f64Max(0, -0x80000000, 0, 0);
    expect(fp.out[fp.HIGH]).toBe(0);
    expect(fp.f16Min(0, 0x8000)).toBe(0x8000);
  });

  test("a number wins against a NaN, in fminm the NaN", () => {
    expect([fp.f32Min(fp.NAN_F32, f32(2)), flags()]).toEqual([f32(2), 0]);
    expect([fp.f32Min(f32(2), 0x7f800001), flags()]).toEqual([f32(2), fp.NV]);
    expect([fp.f32MinNaN(fp.NAN_F32, f32(2)), flags()]).toEqual([fp.NAN_F32, 0]);
    fp.f64MaxNaN(...halves(2), 0, fp.NAN_F64_HIGH);
    expect(fp.out[fp.HIGH]).toBe(fp.NAN_F64_HIGH);
  });

  test("of numbers is the host's", () => {
    fc.assert(
      fc.property(anyDouble, anyDouble, (a, b) => {
        fc.pre(!Number.isNaN(a) && !Number.isNaN(b));
        fp.f64Min(...halves(a), ...halves(b));
        expect(result()).toBe(Math.min(a, b));
        fp.f64Max(...halves(a), ...halves(b));
        expect(result()).toBe(Math.max(a, b));
      }),
    );
  });
});

test("each class has its bit", () => {
  const values = [0xff800000, 0xc0000000, 0x80000001, 0x80000000, 0, 1, 0x40000000, 0x7f800000, 0x7f800001];
  expect(values.map((v) => Math.log2(fp.f32Class(v | 0)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(fp.f32Class(fp.NAN_F32)).toBe(1 << 9);
  expect([fp.f16Class(0xfc00), fp.f16Class(0x8001), fp.f16Class(0x7e00)]).toEqual([1, 4, 512]);
  expect([fp.f64Class(0, -0x80000000), fp.f64Class(1, 0), fp.f64Class(1, 0x7ff00000)]).toEqual([8, 32, 256]);
});

test("fcvtmod.w.d wraps where fcvt.w.d saturates", () => {
  flags();
  expect([fp.f64ToI32Modular(...halves(2 ** 32 + 5.5)), flags()]).toEqual([5, fp.NV]);
  expect([fp.f64ToI32Modular(...halves(-1.5)), flags()]).toEqual([-1, fp.NX]);
  expect([fp.f64ToI32Modular(...halves(Infinity)), flags()]).toEqual([0, fp.NV]);
  expect([fp.f64ToI32(...halves(2 ** 32 + 5.5), fp.RTZ), flags()]).toEqual([0x7fffffff, fp.NV]);
  expect([fp.f64ToI32(...halves(2147483647), fp.RTZ), flags()]).toEqual([0x7fffffff, 0]);
});
