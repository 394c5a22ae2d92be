import { expect, test } from "vitest";
import { decodeZstd } from "./zstd.ts";

// Streams that zstd 1.5 made of what `letters` gives.

/** Letters, the first ones more often, and pieces of what is there. */
function letters(seed: number, count: number, kinds: number, reach: number): Uint8Array {
  let state = seed;
  const next = () => {
    state = Number((BigInt(state) * 1103515245n + 12345n) & 0x7fffffffn);
    return state >> 8;
  };
  const out: number[] = [];
  while (out.length < count) {
    if (out.length > 20 && next() % 3 === 0) {
      const distance = 1 + (next() % Math.min(reach, out.length));
      for (let length = 3 + (next() % 40); length > 0; length--) out.push(out[out.length - distance]);
    } else out.push(97 + Math.min(next() % kinds, next() % kinds));
  }
  return Uint8Array.from(out.slice(0, count));
}

const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const streams: readonly (readonly [name: string, expected: Uint8Array, stream: string])[] = [
  [
    "huffman and sequences",
    letters(1, 1500, 20, 400),
    "KLUv/QRo1QYAoscTELC5AaSKkW2T3b3pTJIkURdpooD50baKHA23zMXl+ig83euXcGJ6qFk2SLwgzlDRd76XyIo0yeEDynZ1WncgjMRcEfWGPmlxoC40rw/MBTig8cmbaQp7HCBEgIi5PcSUYkakddSUHiZ1LKEww0sUoGZAxjncywixmwIo7Huu0jVJlXGXkwiXE2jO0r5ztRJ33VvO1AWGm0ADes867HhFrIEmyR8/hfBXPvghu4QNFcdFIGLAwJaUTtesyveXXcKfSUAiphquDeRc5k1Il5EbipGv+CFmswrZpyoZ",
  ],
  [
    "few kinds of letters",
    letters(2, 900, 3, 40),
    "KLUv/QRY5QUAlAJhYmJhYWJhYWFiYWNhYmJiYmFiYWFjYWNhYmNiY2NiYWJiY2FiYmJhYz8gQALD2NU8pcAoGUjPQAsZhzEDdEGAOQQARQOqmmSBcQ2oBjyVOIdigAAxgOgHswLiDR4Vvmt3GBueATXDoBNAoGEDxBEECAETB0QI+DcEc1A3gBnQMQKfG7CwAQbrcdTllsWMhikGlJBwPsAOVAjwLPABQRsgMjATIMNDASL4KMYFoBADB3wcMC1ICZhsMgE65qvC",
  ],
  ["one letter", letters(3, 70000, 1, 10), "KLUv/QRIVQAAEGFhAQBrETnAAqGp+B8="],
];

test.each(streams)("%s", (_, expected, stream) => {
  expect(decodeZstd(bytesOf(stream), expected.length)).toEqual(expected);
});

test("bytes as they are, a block of one byte, and a frame to skip", () => {
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 6, 0x18, 0, 0, 1, 2, 3, 0x1b, 0, 0, 9];
  const skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7];
  expect(decodeZstd(Uint8Array.from([...skipped, ...frame]), 6)).toEqual(Uint8Array.of(1, 2, 3, 9, 9, 9));
});

test("what is damaged, cut short or of another size gives nothing, or at least ends", () => {
  for (const [, expected, stream] of streams) {
    const bytes = bytesOf(stream);
    expect(decodeZstd(bytes, expected.length + 1)).toBeUndefined();
    expect(decodeZstd(bytes, expected.length - 1)).toBeUndefined();
    for (let end = 1; end < Math.min(bytes.length - 4, 300); end++)
      expect(decodeZstd(bytes.subarray(0, end), expected.length)).toBeUndefined();
    for (let at = 0; at < bytes.length; at++)
      for (const change of [1, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] ^= change;
        const decoded = decodeZstd(damaged, expected.length);
        expect(decoded === undefined || decoded.length === expected.length).toBe(true);
      }
  }
});

test("a size that the stream could never fill is not believed", () => {
  expect(decodeZstd(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0), 2 ** 40)).toBeUndefined();
});
