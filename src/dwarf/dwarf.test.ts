import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findLine, readLineTable, readUnits, readVariables } from "./index.ts";

const text = (s: string) => [...new TextEncoder().encode(s), 0];
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n), ...u16(n >>> 16)];
const u64 = (n: number) => [...u32(n), ...u32(0)];

/** Standard opcode lengths for opcode_base 13. */
const lengths = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
/** Rows: address 0 line 3, address 4 line 5, address 6 line 4; the end at 10. */
const code = [
  ...[0, 9, 2, ...u64(0)], // set_address 0
  ...[3, 2, 1], // advance_line 2, copy
  13 + 4 * 14 + (2 + 5), // special: address +4, line +2
  13 + 2 * 14 + (-1 + 5), // special: address +2, line -1
  ...[2, 4, 0, 1, 1], // advance_pc 4, end_sequence
];

function program(version: number, files: number[]): Uint8Array {
  const tail = [1, ...(version >= 4 ? [1] : []), 1, -5 & 255, 14, 13, ...lengths, ...files];
  const body = [...u16(version), ...(version >= 5 ? [8, 0] : []), ...u32(tail.length), ...tail, ...code];
  return Uint8Array.from([...u32(body.length), ...body]);
}

const files4 = [...text("sub"), 0, ...text("a.c"), 1, 0, 0, ...text("b.h"), 0, 0, 0, 0];
const files5 = [
  1,
  1,
  0x08,
  2,
  ...text("/home"),
  ...text("sub"),
  2,
  1,
  0x08,
  2,
  0x0b,
  2,
  ...text("z.c"),
  0,
  ...text("a.c"),
  1,
];
const programs: [number, Uint8Array][] = [
  [2, program(2, files4)],
  [4, program(4, files4)],
  [5, program(5, files5)],
];

describe.each(programs)("line table, version %i", (_, line) => {
  const start = line.indexOf(9, 30);
  const table = readLineTable({
    line,
    sectionAt: (offset) => (offset > start ? 7 : 0),
    directoryOf: () => "/home",
  });

  test.each([
    [0, 3],
    [3, 3],
    [4, 5],
    [5, 5],
    [6, 4],
    [9, 4],
  ])("address %i is on line %i", (address, expected) => {
    expect(findLine(table, 7, address)).toEqual({ file: "/home/sub/a.c", line: expected });
  });

  test("beyond the sequence and in other sections there is no line", () => {
    expect(findLine(table, 7, 10)).toBeUndefined();
    expect(findLine(table, 8, 0)).toBeUndefined();
  });
});

describe("a table of one section", () => {
  const set = (section: number) => [0, 9, 2, ...u64(section)];
  // What a program may be made of; section and line both show in what is found.
  const step = fc.oneof(
    fc.constantFrom(1, 2, 3).map(set),
    fc.constantFrom(1, 2, 3).map((section) => [...set(section), 1, 60, 80, 2, 9]),
    fc.constantFrom(1, 2, 3).map((section) => [...set(section), 3, 5, 1, 2, 7, 0, 1, 1]),
    fc.constant<number[]>([0, 1, 1]),
    fc.integer({ min: 13, max: 255 }).map((special) => [special]),
    fc.constantFrom<number[]>([1], [8], [9, 2, 0], [6], [4, 2], [0, 2, 4, 3]),
    fc.nat(300).map((n) => [2, (n & 127) | 128, n >> 7]),
    fc.nat(60).map((n) => [3, n]),
    fc.nat(127).map((n) => [5, n]),
  );

  function lines(steps: readonly number[][], only?: number) {
    const whole = program(4, files4);
    const line = Uint8Array.from([...whole.subarray(0, whole.length - code.length), ...steps.flat()]);
    new DataView(line.buffer).setUint32(0, line.length - 4, true);
    const table = readLineTable({ line, only, sectionAt: (offset) => line[offset], directoryOf: () => "/" });
    return (section: number) =>
      Array.from({ length: 100 }, (_, address) => findLine(table, section, address));
  }

  test("says of it what the table of all says", () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const all = lines(steps);
        for (const section of [1, 2]) {
          const expected = all(section);
          found += expected.filter((line) => line).length;
          expect(lines(steps, section)(section)).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(1000);
  });

  test("passes over the sequences of the others", () => {
    const steps = [1, 2, 3].flatMap((section) => [set(section), [1], [2, 9], [0, 1, 1]]);
    expect(lines(steps, 2)(1).filter((line) => line)).toEqual([]);
    expect(lines(steps, 2)(2).filter((line) => line)).toHaveLength(9);
  });
});

// One unit with a variable: DW_TAG_compile_unit { name, comp_dir, stmt_list }, DW_TAG_variable { name, file, line, external, location }.
const abbrev = Uint8Array.from([
  ...[1, 0x11, 1, 0x03, 0x08, 0x1b, 0x08, 0x10, 0x17, 0, 0],
  ...[2, 0x34, 0, 0x03, 0x08, 0x3a, 0x0b, 0x3b, 0x0b, 0x3f, 0x19, 0x02, 0x18, 0, 0],
  0,
]);
const dies = [
  1,
  ...text("a.c"),
  ...text("/home"),
  ...u32(0x20),
  2,
  ...text("counter"),
  1,
  42,
  9,
  3,
  ...u64(16),
  0,
];
const unit = [...u16(4), ...u32(0), 8, ...dies];
const info = Uint8Array.from([...u32(unit.length), ...unit]);

test("compilation units", () => {
  expect(readUnits(info, abbrev, {})).toEqual([{ lineProgram: 0x20, name: "a.c", directory: "/home" }]);
});

test("variables", () => {
  const found = readVariables({ info, abbrev, sectionAt: () => 5 });
  expect(found).toEqual([
    {
      name: "counter",
      linkageName: "",
      file: 1,
      line: 42,
      external: true,
      section: 5,
      address: 16,
      lineProgram: 0x20,
    },
  ]);
});

test("damaged tables give what they give, never exceptions", () => {
  const edit = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }));
  const mutate = (bytes: Uint8Array, edits: readonly (readonly [number, number])[]) => {
    const copy = bytes.slice();
    for (const [at, value] of edits) if (at < copy.length) copy[at] = value;
    return copy;
  };
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.array(edit, { maxLength: 6 }),
      fc.array(edit, { maxLength: 3 }),
      (which, one, two) => {
        readLineTable({ line: mutate(programs[which][1], one), sectionAt: () => 1 });
        readUnits(mutate(info, one), mutate(abbrev, two), {});
        readVariables({ info: mutate(info, one), abbrev: mutate(abbrev, two), sectionAt: () => 1 });
      },
    ),
    { numRuns: 1000 },
  );
});
