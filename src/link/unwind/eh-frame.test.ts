import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { Fate, type LinkModel } from "../../model/index.ts";
import { addObject, emptyModel, type TestObject, type TestSection } from "../testing-model.ts";
import { copyEhFrame, type EhFrames, editEhFrames, isEditedEhFrame, readEhFrames } from "./eh-frame.ts";
import { ehFrameHdrContent, ehFrameHdrSize, wantsEhFrameHdr } from "./eh-frame-hdr.ts";

const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
const record = (body: readonly number[]) => [...word(body.length), ...body];
/** "zR", code alignment 1, data alignment -8, return address 16, pcrel|sdata4; def_cfa rsp+8 and two bytes of padding. */
const cie = (last = 8) => record([0, 0, 0, 0, 1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, last, 0, 0]);
const fde = (pointer: number, range: number, instructions: readonly number[] = [0, 0, 0]) =>
  record([...word(pointer), 0, 0, 0, 0, ...word(range), 0, ...instructions]);
const terminator = [0, 0, 0, 0];

/** A CIE (22 bytes, 20 without padding) and for each function a FDE (20 bytes, 17 without padding). */
function unwindTable(
  functions: number,
  options: { last?: number; more?: readonly number[] } = {},
): TestSection {
  const bytes = cie(options.last);
  const relocations = [];
  for (let i = 0; i < functions; i++) {
    relocations.push({ offset: bytes.length + 8, type: 2, symbol: i + 1 });
    bytes.push(...fde(bytes.length + 4, 16 + i));
  }
  return {
    name: ".eh_frame",
    bytes: Uint8Array.from([...bytes, ...(options.more ?? [])]),
    align: 8,
    relocations,
  };
}

/** Section 1 is the unwind table, those after it are the functions. */
function object(functions: number, options: { last?: number; more?: readonly number[] } = {}): TestObject {
  const code = (i: number) => ({ name: `.text.${i}`, bytes: new Uint8Array(16 + i), flags: 6 });
  const indices = Array.from({ length: functions }, (_, i) => i);
  return {
    sections: [unwindTable(functions, options), ...indices.map(code)],
    symbols: indices.map((i) => ({ name: "", section: 2 + i, value: 0, info: 3 })),
  };
}

interface Edited {
  readonly model: LinkModel;
  readonly frames: EhFrames;
  readonly report: Report;
  readonly rows: readonly number[];
}

function edit(objects: readonly TestObject[], dead: readonly (readonly [number, number])[] = []): Edited {
  const model = emptyModel({ ehFrameHdr: true });
  for (const [index, one] of objects.entries()) addObject(model, `${index}.o`, one);
  const report = new Report();
  const frames = readEhFrames(model, report);
  for (const [at, section] of dead)
    model.sections.fate[model.objects[at].sectionBase + section] = Fate.garbage;
  const rows = model.objects.map((one) => one.sectionBase + 1);
  editEhFrames(model, frames, rows);
  let offset = 0;
  for (const row of rows) {
    model.sections.outputOffset[row] = offset;
    offset += model.sections.size[row];
  }
  return { model, frames, report, rows };
}

function bytesOf({ model, frames }: Edited, row: number): number[] {
  const out = new Uint8Array(model.sections.size[row] + 8).fill(0xee);
  copyEhFrame(model, frames, row, out, 4);
  expect([...out.subarray(0, 4), ...out.subarray(out.length - 4)]).toEqual(Array(8).fill(0xee));
  return [...out.subarray(4, out.length - 4)];
}

describe("reading", () => {
  test("a function leads to its record, its relocations and its CIE", () => {
    const model = emptyModel();
    const { sectionBase } = addObject(model, "a.o", object(3));
    const frames = readEhFrames(model, new Report());
    const second = frames.firstFde[sectionBase + 3];
    expect(frames.offset[second]).toBe(22 + 20);
    expect([frames.relocationStart[second], frames.relocationEnd[second]]).toEqual([1, 2]);
    expect(frames.offset[frames.cie[second]]).toBe(0);
    expect(frames.nextFde[second]).toBe(0);
  });

  test.each([
    ["a length beyond the section", [...word(400), 0, 0, 0, 0]],
    ["a record that is cut off", [1, 2]],
    ["a terminator that is not the end", [...terminator, ...cie()]],
    ["64-bit records", [255, 255, 255, 255, 0, 0, 0, 0]],
    ["an unknown CIE version", record([0, 0, 0, 0, 9, 0, 1, 1, 1, 0])],
    ["an unknown augmentation", record([0, 0, 0, 0, 1, 0x7a, 0x51, 0, 1, 1, 1, 0])],
    ["an unknown instruction", record([0, 0, 0, 0, 1, 0, 1, 1, 1, 0x3f])],
    ["an FDE without its CIE", fde(100, 1)],
  ])("%s: the section stays as it is", (_, more) => {
    const edited = edit([object(1, { more })]);
    expect(edited.report.diagnostics.map((one) => one.message)).toEqual([
      "error in 0.o(.eh_frame); no .eh_frame_hdr table will be created",
    ]);
    expect(isEditedEhFrame(edited.frames, edited.rows[0])).toBe(false);
    expect(ehFrameHdrSize(edited.frames)).toBe(8);
  });

  test("any bytes are read or refused", () => {
    const base = unwindTable(3, { more: terminator });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(base.bytes.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        fc.nat(base.bytes.length),
        (changes, length) => {
          const bytes = base.bytes.slice(0, length);
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          const whole = object(3);
          const edited = edit(
            [{ ...whole, sections: [{ ...base, bytes }, ...whole.sections.slice(1)] }, object(2)],
            [[0, 3]],
          );
          for (const row of edited.rows) if (isEditedEhFrame(edited.frames, row)) bytesOf(edited, row);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("editing", () => {
  test("padding is dropped, but for what aligns the next record", () => {
    const edited = edit([object(2)]);
    // 20 for the CIE, 20 for each FDE.
    expect(bytesOf(edited, edited.rows[0])).toEqual(
      [
        ...word(16),
        ...cie().slice(4, 20),
        ...word(16),
        ...fde(24, 16).slice(4, 24),
        ...word(16),
        ...fde(44, 17).slice(4, 24),
      ].slice(0, 60),
    );
  });

  test("the record of a function that is gone goes too, and a CIE that nobody uses", () => {
    const edited = edit(
      [object(2), object(1, { last: 16 })],
      [
        [0, 2],
        [1, 2],
      ],
    );
    const bytes = bytesOf(edited, edited.rows[0]);
    expect(bytes.length).toBe(40);
    expect(bytes.slice(24, 28)).toEqual(word(24));
    expect(bytes.slice(32, 36)).toEqual(word(17));
    expect(edited.model.sections.size[edited.rows[1]]).toBe(0);
    const { count, start, length } = edited.model.deletions.get(edited.rows[0])!;
    expect(Array.from({ length: count }, (_, i) => [start[i], length[i]])).toContainEqual([20, 22]);
  });

  test("equal CIEs are merged; others are not", () => {
    const edited = edit([object(1), object(1), object(1, { last: 16 })]);
    expect(edited.rows.map((row) => edited.model.sections.size[row])).toEqual([40, 24, 40]);
    // The second section's FDE points back across the first section.
    expect(bytesOf(edited, edited.rows[1]).slice(4, 8)).toEqual(word(44));
    expect(bytesOf(edited, edited.rows[2]).slice(24, 28)).toEqual(word(24));
  });

  test("only the last section keeps its terminator", () => {
    const edited = edit([object(1, { more: terminator }), object(1, { more: terminator })]);
    expect(bytesOf(edited, edited.rows[0]).length).toBe(40);
    expect(bytesOf(edited, edited.rows[1]).slice(-4)).toEqual(terminator);
  });

  test("symbols go with their records", () => {
    const one = object(2);
    const symbols = [
      ...(one.symbols ?? []),
      { name: "first", section: 1, value: 22 },
      { name: "second", section: 1, value: 42 },
      { name: "end", section: 1, value: 62 },
    ];
    const { model, rows } = edit([{ ...one, symbols }], [[0, 2]]);
    const value = (name: string) => model.symbols.valueLow[model.symbols.global(model.names.addString(name))];
    expect([value("first"), value("second")]).toEqual([20, 20]);
    expect(value("end")).toBe(40);
    expect(model.sections.size[rows[0]]).toBe(40);
  });
});

describe(".eh_frame_hdr", () => {
  function placed(edited: Edited): Edited {
    const { model } = edited;
    const { sections, symbols } = model;
    sections.addressLow = new Int32Array(sections.count + 1);
    sections.addressHigh = new Int32Array(sections.count + 1);
    symbols.addressLow = new Int32Array(symbols.count);
    symbols.addressHigh = new Int32Array(symbols.count);
    let address = 0x500000;
    for (let symbol = 1; symbol < symbols.count; symbol++) symbols.addressLow[symbol] = address -= 0x100;
    for (const row of edited.rows) sections.addressLow[row] = 0x402000 + sections.outputOffset[row];
    return edited;
  }

  test("lists functions by address", () => {
    const edited = placed(edit([object(2), object(1)]));
    const { model, frames } = edited;
    expect(wantsEhFrameHdr(model)).toBe(true);
    model.sections.addressLow[0] = 0x401000;
    const report = new Report();
    const bytes = ehFrameHdrContent(model, frames, 0, 0x402000n, report);
    expect(report.diagnostics).toEqual([]);
    const words = new Int32Array(bytes.slice().buffer);
    expect([...bytes.subarray(0, 4)]).toEqual([1, 0x1b, 0x03, 0x3b]);
    expect([...words.subarray(1)]).toEqual([
      0x402000 - 0x401004,
      3,
      0x4ffd00 - 0x401000,
      0x1000 + 64,
      0x4ffe00 - 0x401000,
      0x1000 + 40,
      0x4fff00 - 0x401000,
      0x1000 + 20,
    ]);
  });

  test("functions that overlap are an error", () => {
    const { model, frames } = placed(edit([object(2)]));
    model.symbols.addressLow[2] = model.symbols.addressLow[1] + 15;
    const report = new Report();
    ehFrameHdrContent(model, frames, 0, 0x402000n, report);
    expect(report.diagnostics[0].message).toBe(".eh_frame_hdr refers to overlapping FDEs");
    model.symbols.addressLow[2]++;
    const calm = new Report();
    ehFrameHdrContent(model, frames, 0, 0x402000n, calm);
    expect(calm.diagnostics).toEqual([]);
  });
});
