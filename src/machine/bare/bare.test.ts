import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { MemoryTree } from "../linux/file-tree.ts";
import { readBoard } from "./board.ts";
import { usesSemihosting } from "./semihosting.ts";
import { type BareOptions, startBare } from "./system.ts";

const SEMIHOST = [0x01f01013, 0x00100073, 0x40705013];

/** A board with 64 KiB at 0x80000000 that runs instruction words, with what it printed. */
function boardWith(words: readonly number[], options: Partial<BareOptions> = {}) {
  let printed = "";
  const report = new Report();
  const system = startBare(
    new Uint8Array(Uint32Array.from(words).buffer),
    "image",
    {
      board: {
        regions: [{ name: "ram", base: 0x80000000, size: 0x10000 }],
        uart: 0x10000000,
        finisher: 0x100000,
      },
      console: {
        read: () => 0,
        write: (bytes) => void (printed += new TextDecoder().decode(bytes)),
        isTerminal: false,
      },
      commandLine: "image one",
      load: { flat: { address: 0x80000000, xlen: 64 } },
      ...options,
    },
    report,
  );
  if (!system) throw new Error(report.diagnostics.map(({ message }) => message).join());
  return { system, printed: () => printed };
}

/** Calls one semihosting operation with a parameter block, by registers set from outside. */
function request(operation: number, fields: readonly number[], texts: Readonly<Record<number, string>> = {}) {
  const files = new MemoryTree({ "/in.txt": "abc" });
  const { system, printed } = boardWith([...SEMIHOST, ...SEMIHOST, 0x6f], { files });
  const { memory, machine } = system;
  const block = 0x80001000;
  for (const [i, value] of fields.entries()) memory.write64(block + 8 * i, BigInt(value));
  for (const [at, text] of Object.entries(texts))
    memory.write(Number(at), new TextEncoder().encode(`${text}\0`));
  const [hart] = machine.harts;
  const call = (op: number) => {
    hart.pcNumber = 0x80000000;
    hart.setNumber(10, op);
    hart.setNumber(11, block);
    const result = system.run(3);
    return { result, value: hart.signed(10) };
  };
  return { ...call(operation), system, printed, files, call, block };
}

describe("semihosting", () => {
  test("SYS_WRITE0 prints", () => {
    const { system, printed } = boardWith([...SEMIHOST, 0x6f]);
    system.memory.write(0x80002000, new TextEncoder().encode("hi\0"));
    const [hart] = system.machine.harts;
    hart.setNumber(10, 4);
    hart.setNumber(11, 0x80002000);
    system.run(3);
    expect(printed()).toBe("hi");
  });

  test("files are opened, read and measured", () => {
    const { value, call, system, block } = request(1, [0x80002000, 0, 7], { 2147491840: "/in.txt" });
    expect(value).toBe(1);
    system.memory.write64(block, 1n);
    expect(call(12).value).toBe(3);
    system.memory.write64(block + 8, 0x80003000n);
    system.memory.write64(block + 16, 5n);
    // What SYS_READ did not read.
    expect(call(6).value).toBe(2);
    expect(system.memory.slice(0x80003000, 3)).toEqual(Uint8Array.of(97, 98, 99));
    expect(call(2).value).toBe(0);
    expect(call(2).value).toBe(-1);
  });

  test("a file that is not there is an error, with its number", () => {
    const { value, call } = request(1, [0x80002000, 0, 5], { 2147491840: "/none" });
    expect(value).toBe(-1);
    expect(call(19).value).toBe(2);
  });

  test("SYS_EXIT_EXTENDED ends with the code", () => {
    expect(request(32, [0x20026, 7]).result).toEqual({ kind: "exit", code: 7 });
  });

  test("the command line is given, and refused to a buffer that is too short", () => {
    const { value, system, call, block } = request(21, [0x80002000, 100]);
    expect(value).toBe(0);
    expect(new TextDecoder().decode(system.memory.readString(0x80002000))).toBe("image one");
    system.memory.write64(block + 8, 9n);
    expect(call(21).value).toBe(-1);
  });

  test("its sequence is found in a file", () => {
    const bytes = new Uint8Array(Uint32Array.from([0x13, ...SEMIHOST]).buffer);
    expect(usesSemihosting(bytes)).toBe(true);
    expect(usesSemihosting(bytes.subarray(0, 12))).toBe(false);
  });
});

test("the UART prints and the finisher ends", () => {
  // lui a0,0x10000; li a1,65; sb a1,0(a0); lui a0,0x100; lui a1,0x5; addi a1,a1,0x555; sw a1,0(a0)
  const words = [0x10000537, 0x04100593, 0x00b50023, 0x00100537, 0x000055b7, 0x55558593, 0x00b52023, 0x6f];
  const { system, printed } = boardWith(words);
  expect(system.run(100)).toEqual({ kind: "exit", code: 0 });
  expect(printed()).toBe("A");
});

test("an exception without a handler stops", () => {
  expect(boardWith([0]).system.run(10)).toMatchObject({ kind: "fault", cause: 2 });
});

test("an ebreak outside the sequence is no request", () => {
  expect(boardWith([0x00100073, 0x13, 0x13]).system.run(10)).toMatchObject({ kind: "fault", cause: 3 });
});

describe("board descriptions", () => {
  const read = (text: string) => {
    const report = new Report();
    const board = readBoard(text, "board.json", report);
    return { board, codes: report.diagnostics.map(({ code }) => code) };
  };

  test("have regions and devices", () => {
    const { board, codes } = read(
      '{"regions":[{"name":"flash","base":"0x20000000","size":"4M","readOnly":true},{"base":0,"size":"64K"}],"uart":"0x10000000"}',
    );
    expect(codes).toEqual([]);
    expect(board?.regions[0]).toEqual({ name: "flash", base: 0x20000000, size: 4 << 20, readOnly: true });
    expect(board?.uart).toBe(0x10000000);
  });

  test.each([
    ["{", "RUN0201"],
    ["{}", "RUN0202"],
    ['{"regions":[{"base":1,"size":4096}]}', "RUN0202"],
    ['{"regions":[{"base":0,"size":"1T"}]}', "RUN0202"],
    ['{"regions":[{"base":0,"size":8192},{"base":4096,"size":4096}]}', "RUN0203"],
    ['{"regions":[{"base":0,"size":4096}],"colour":1}', "RUN0202"],
  ])("%s is refused", (text, code) => {
    const { board, codes } = read(text);
    expect(board).toBeUndefined();
    expect(codes).toContain(code);
  });
});
