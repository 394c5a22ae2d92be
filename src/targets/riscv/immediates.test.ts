import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as immediates from "./immediates.ts";

/** The value of bits [from, to] of a word, at `shift`. */
const bits = (word: number, from: number, to: number, shift: number) =>
  ((word >>> from) & (2 ** (to - from + 1) - 1)) * 2 ** shift;

const signed = (value: number, width: number) => (value >= 2 ** (width - 1) ? value - 2 ** width : value);

// The fields as the ISA manual draws them, read back.
const formats = {
  I: {
    width: 12,
    step: 1,
    encode: immediates.encodeI,
    mask: immediates.maskI,
    decode: (word: number) => bits(word, 20, 31, 0),
  },
  S: {
    width: 12,
    step: 1,
    encode: immediates.encodeS,
    mask: immediates.maskS,
    decode: (word: number) => bits(word, 25, 31, 5) + bits(word, 7, 11, 0),
  },
  B: {
    width: 13,
    step: 2,
    encode: immediates.encodeB,
    mask: immediates.maskB,
    decode: (word: number) =>
      bits(word, 31, 31, 12) + bits(word, 7, 7, 11) + bits(word, 25, 30, 5) + bits(word, 8, 11, 1),
  },
  J: {
    width: 21,
    step: 2,
    encode: immediates.encodeJ,
    mask: immediates.maskJ,
    decode: (word: number) =>
      bits(word, 31, 31, 20) + bits(word, 12, 19, 12) + bits(word, 20, 20, 11) + bits(word, 21, 30, 1),
  },
  CB: {
    width: 9,
    step: 2,
    encode: immediates.encodeCB,
    mask: immediates.maskCB,
    decode: (word: number) =>
      bits(word, 12, 12, 8) +
      bits(word, 5, 6, 6) +
      bits(word, 2, 2, 5) +
      bits(word, 10, 11, 3) +
      bits(word, 3, 4, 1),
  },
  CJ: {
    width: 12,
    step: 2,
    encode: immediates.encodeCJ,
    mask: immediates.maskCJ,
    decode: (word: number) =>
      bits(word, 12, 12, 11) +
      bits(word, 8, 8, 10) +
      bits(word, 9, 10, 8) +
      bits(word, 6, 6, 7) +
      bits(word, 7, 7, 6) +
      bits(word, 2, 2, 5) +
      bits(word, 11, 11, 4) +
      bits(word, 3, 5, 1),
  },
  CLui: {
    width: 18,
    step: 0x1000,
    encode: immediates.encodeCLui,
    mask: immediates.maskCLui,
    decode: (word: number) => bits(word, 12, 12, 17) + bits(word, 2, 6, 12),
  },
};

describe.each(Object.entries(formats))("%s", (_name, { width, step, encode, mask, decode }) => {
  const limit = 2 ** (width - 1);

  test("every value comes back from its field, and no other bit is set", () => {
    fc.assert(
      fc.property(fc.integer({ min: -limit / step, max: limit / step - 1 }), (count) => {
        const value = count * step;
        const word = encode(value);
        expect(signed(decode(word >>> 0), width)).toBe(value);
        expect(word & ~mask).toBe(0);
      }),
    );
  });

  test("the limits fit and their neighbours do not", () => {
    expect(immediates.fitsSigned(-limit, width)).toBe(true);
    expect(immediates.fitsSigned(-limit - 1, width)).toBe(false);
    expect(immediates.fitsSigned(limit - 1, width)).toBe(true);
    expect(immediates.fitsSigned(limit, width)).toBe(false);
  });
});

test("a high part and a signed low part make the value, modulo 2^32", () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (value) => {
      const low = signed(bits(immediates.encodeI(value) >>> 0, 20, 31, 0), 12);
      expect((immediates.encodeU(value) + low) | 0).toBe(value | 0);
      expect(immediates.highPart(value) + low).toBe(value);
    }),
  );
});

test("lui reaches 0x7ffff7ff and not 0x7ffff800", () => {
  expect(immediates.fitsHigh20(0x7ffff7ff)).toBe(true);
  expect(immediates.fitsHigh20(0x7ffff800)).toBe(false);
  expect(immediates.fitsHigh20(-0x80000800)).toBe(true);
  expect(immediates.fitsHigh20(-0x80000801)).toBe(false);
});
