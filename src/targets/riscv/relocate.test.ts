import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import * as T from "../../elf/index.ts";
import { EM_RISCV, STB_LOCAL } from "../../elf/index.ts";
import { type BuildObject, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { link, parseArguments } from "../../link/index.ts";

const START = 0x10000;

const script = `SECTIONS {
  . = ${START};
  .text : { *(.text) }
  .data : { *(.data) }
}`;

interface Linked {
  /** From START on. */
  readonly bytes: DataView;
  readonly messages: readonly string[];
  readonly lld: readonly string[];
}

function run(
  object: BuildObject,
  defsyms: Readonly<Record<string, number>> = {},
  args: string[] = [],
): Linked {
  const is64 = object.is64 ?? true;
  const files = new MemoryFileSystem({
    "a.o": buildObject({ machine: EM_RISCV, ...object }),
    "l.ld": script,
  });
  const report = new Report();
  const symbols = Object.entries(defsyms).map(([name, value]) => `--defsym=${name}=${value}`);
  const { options } = parseArguments(
    [
      `-melf${is64 ? 64 : 32}lriscv`,
      "-e0",
      "--oformat=binary",
      "--no-warn-rwx-segments",
      "-Tl.ld",
      ...symbols,
      ...args,
      "a.o",
      "-oout",
    ],
    "ld",
    args.includes("--compat=lld") ? "lld" : "gnu",
    files,
    report,
  );
  link(options, { files }, report);
  const bytes = files.files.get("out") ?? new Uint8Array(0);
  return {
    bytes: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    messages: report.diagnostics.map((diagnostic) => diagnostic.message),
    lld: report.diagnostics.map((diagnostic) => diagnostic.lld ?? diagnostic.message),
  };
}

/** One instruction at START with one relocation against `target`. */
function one(type: number, instruction: number[], target: number, is64 = true, args: string[] = []): Linked {
  const object: BuildObject = {
    is64,
    sections: [{ name: ".text", bytes: instruction, align: 4 }],
    symbols: [{ name: "target" }],
    relocations: [{ section: ".text", offset: 0, type, symbol: "target" }],
  };
  return run(object, { target }, args);
}

const JAL = [0xef, 0, 0, 0];
const BEQ = [0x63, 0, 0, 0];
const C_J = [0x01, 0xa0];
const C_BEQZ = [0x01, 0xc1];
const LUI = [0x37, 0x05, 0, 0];
const AUIPC_JALR = [0x97, 0, 0, 0, 0xe7, 0x80, 0, 0];

describe("limits of what an instruction reaches", () => {
  const jumps = [
    ["R_RISCV_JAL", T.R_RISCV_JAL, JAL, -0x100000, 0xffffe],
    ["R_RISCV_BRANCH", T.R_RISCV_BRANCH, BEQ, -0x1000, 0xffe],
    ["R_RISCV_RVC_JUMP", T.R_RISCV_RVC_JUMP, C_J, -0x800, 0x7fe],
    ["R_RISCV_RVC_BRANCH", T.R_RISCV_RVC_BRANCH, C_BEQZ, -0x100, 0xfe],
  ] as const;
  for (const [name, type, instruction, least, most] of jumps) {
    test(`${name}: ${least} to ${most}`, () => {
      // Lower addresses than 0 are not what is tested here.
      const base = Math.max(least, -START);
      expect(one(type, [...instruction], START + base).messages).toEqual([]);
      expect(one(type, [...instruction], START + most).messages).toEqual([]);
      const problem = `relocation truncated to fit: ${name} against symbol \`target' defined in *ABS* section in out`;
      expect(one(type, [...instruction], START + most + 2).messages).toEqual([problem]);
      if (base === least) expect(one(type, [...instruction], START + least - 2).messages).toEqual([problem]);
      // Odd distances are no multiples of 2 bytes.
      expect(one(type, [...instruction], START + 1).messages).toEqual([problem]);
    });
  }

  test("R_RISCV_HI20: 0x7ffff7ff on RV64, anything on RV32", () => {
    expect(one(T.R_RISCV_HI20, LUI, 0x7ffff7ff).messages).toEqual([]);
    expect(one(T.R_RISCV_HI20, LUI, 0x7ffff7ff).bytes.getInt32(0, true)).toBe(0x7ffff537);
    expect(one(T.R_RISCV_HI20, LUI, 0x7ffff800).messages).toHaveLength(1);
    expect(one(T.R_RISCV_HI20, LUI, 0x7ffff800, false).messages).toEqual([]);
    expect(one(T.R_RISCV_HI20, LUI, 0x7ffff800, false).bytes.getUint32(0, true)).toBe(0x80000537);
  });

  test("R_RISCV_CALL: 2 GiB", () => {
    expect(one(T.R_RISCV_CALL_PLT, AUIPC_JALR, START + 0x7ffff7fe).messages).toEqual([]);
    expect(one(T.R_RISCV_CALL_PLT, AUIPC_JALR, START + 0x7ffff800).messages).toHaveLength(1);
    const near = one(T.R_RISCV_CALL, AUIPC_JALR, START + 0x12345678);
    expect([near.bytes.getInt32(0, true), near.bytes.getInt32(4, true)]).toEqual([0x12345097, 0x678080e7]);
  });

  test("LLD counts in units of the field", () => {
    const jal = one(T.R_RISCV_JAL, JAL, START + 0x100000, true, ["--compat=lld"]);
    expect(jal.lld).toContain(
      "relocation R_RISCV_JAL out of range: 524288 is not in [-524288, 524287]; references target",
    );
    const odd = one(T.R_RISCV_JAL, JAL, START + 3, true, ["--compat=lld"]);
    expect(odd.lld).toContain("improper alignment for relocation R_RISCV_JAL: 0x3 is not aligned to 2 bytes");
    const lui = one(T.R_RISCV_HI20, LUI, 0x7ffff800, true, ["--compat=lld"]);
    expect(lui.lld).toContain(
      "relocation R_RISCV_HI20 out of range: 524288 is not in [-524288, 524287]; references target",
    );
  });
});

describe("undefined weak symbols", () => {
  const weak = (type: number, bytes: number[]): BuildObject => ({
    sections: [{ name: ".text", bytes, align: 4 }],
    symbols: [{ name: "nothing", binding: 2 }],
    relocations: [{ section: ".text", offset: 0, type, symbol: "nothing" }],
  });

  test("GNU ld calls address 0 by way of x0; LLD the next instruction's neighbour, itself", () => {
    const gnu = run(weak(T.R_RISCV_CALL_PLT, AUIPC_JALR)).bytes;
    expect([gnu.getInt32(0, true), gnu.getInt32(4, true)]).toEqual([0x00000097, 0x000000e7]);
    const lld = run(weak(T.R_RISCV_CALL_PLT, AUIPC_JALR), {}, ["--compat=lld"]).bytes;
    expect([lld.getInt32(0, true), lld.getInt32(4, true)]).toEqual([0x00000097, 0x000080e7]);
  });

  test("auipc becomes lui where address 0 is out of its reach", () => {
    const far = "SECTIONS { . = 0x100000000; .text : { *(.text) } }";
    const files = new MemoryFileSystem({
      "a.o": buildObject({ machine: EM_RISCV, ...weak(T.R_RISCV_PCREL_HI20, [0x17, 0x05, 0, 0]) }),
      "l.ld": far,
    });
    const report = new Report();
    const args = ["-melf64lriscv", "-e0", "--oformat=binary", "-Tl.ld", "a.o", "-oout"];
    link(parseArguments(args, "ld", "gnu", files, report).options, { files }, report);
    expect(report.diagnostics).toEqual([]);
    expect([...(files.files.get("out") ?? [])]).toEqual([0x37, 0x05, 0, 0]);
  });
});

describe("%pcrel_lo", () => {
  // auipc a0, %pcrel_hi(target); addi a0, a0, %pcrel_lo(label)
  const pair = (label: number, addend = 0, swap = false): BuildObject => {
    const relocations = [
      { section: ".text", offset: 4, type: T.R_RISCV_PCREL_HI20, symbol: "target" },
      { section: ".text", offset: swap ? 0 : 8, type: T.R_RISCV_PCREL_LO12_I, symbol: "label", addend },
    ];
    const nop = [0x13, 0, 0, 0];
    const addi = [0x13, 0x05, 0x05, 0];
    return {
      sections: [{ name: ".text", bytes: [...(swap ? addi : nop), 0x17, 0x05, 0, 0, ...addi], align: 4 }],
      symbols: [{ name: "label", section: ".text", value: label, binding: STB_LOCAL }, { name: "target" }],
      relocations: swap ? relocations.reverse() : relocations,
    };
  };

  test("gets the distance of its auipc, before or behind it", () => {
    const target = START + 4 + 0x12345fff;
    const behind = run(pair(4), { target }).bytes;
    expect([behind.getInt32(4, true), behind.getUint32(8, true)]).toEqual([0x12346517, 0xfff50513]);
    const before = run(pair(4, 0, true), { target }).bytes;
    expect(before.getUint32(0, true)).toBe(0xfff50513);
  });

  test("is told apart by the label, and wants one", () => {
    const message = "dangerous relocation: %pcrel_lo missing matching %pcrel_hi";
    expect(run(pair(0), { target: START }).messages).toEqual([message]);
  });

  test("an addend may not change the high part", () => {
    const target = START + 4 + 0x7f0;
    expect(run(pair(4, 8), { target }).messages).toEqual([]);
    expect(run(pair(4, 0x10), { target }).messages).toEqual([
      "dangerous relocation: %pcrel_lo overflow with an addend, the value of %pcrel_hi is 0x0 without any addend, " +
        "but may be 0x1000 after adding the %pcrel_lo addend",
    ]);
  });
});

describe("data", () => {
  const data = (
    bytes: number[],
    relocations: readonly (readonly [number, string, number?])[],
  ): BuildObject => ({
    sections: [
      { name: ".text", bytes: [0x13, 0, 0, 0] },
      { name: ".data", bytes },
    ],
    symbols: [{ name: "a" }, { name: "b" }],
    relocations: relocations.map(([type, symbol, addend = 0]) => ({
      section: ".data",
      offset: 0,
      type,
      symbol,
      addend,
    })),
  });
  const bytesOf = (object: BuildObject, symbols: Record<string, number>, length: number) => {
    const { bytes, messages } = run(object, symbols);
    expect(messages).toEqual([]);
    return Array.from({ length }, (_, i) => bytes.getUint8(4 + i));
  };

  test("differences of every width", () => {
    const at = { a: 0x1234, b: 0x1000 };
    const pairs = [
      [T.R_RISCV_ADD8, T.R_RISCV_SUB8, 1, [0x35]],
      [T.R_RISCV_ADD16, T.R_RISCV_SUB16, 2, [0x35, 0x02]],
      [T.R_RISCV_ADD32, T.R_RISCV_SUB32, 4, [0x35, 0x02, 0, 0]],
      [T.R_RISCV_ADD64, T.R_RISCV_SUB64, 8, [0x35, 0x02, 0, 0, 0, 0, 0, 0]],
      [T.R_RISCV_SET8, T.R_RISCV_SUB8, 1, [0x34]],
      [T.R_RISCV_SET16, T.R_RISCV_SUB16, 2, [0x34, 0x02]],
      [T.R_RISCV_SET32, T.R_RISCV_SUB32, 4, [0x34, 0x02, 0, 0]],
    ] as const;
    for (const [add, subtract, length, expected] of pairs) {
      // A 1 was there: ADD counts on from it, SET does not.
      const bytes = [1, 0, 0, 0, 0, 0, 0, 0].slice(0, length);
      expect(
        bytesOf(
          data(bytes, [
            [add, "a"],
            [subtract, "b"],
          ]),
          at,
          length,
        ),
      ).toEqual(expected);
    }
  });

  test("R_RISCV_SET6 and R_RISCV_SUB6 leave the two bits above alone", () => {
    const object = data(
      [0xc0],
      [
        [T.R_RISCV_SET6, "a"],
        [T.R_RISCV_SUB6, "b"],
      ],
    );
    expect(bytesOf(object, { a: 0x30, b: 0x31 }, 1)).toEqual([0xff]);
  });

  test("a ULEB128 number keeps its length", () => {
    const pair = [[T.R_RISCV_SET_ULEB128, "a"] as const, [T.R_RISCV_SUB_ULEB128, "b"] as const];
    expect(bytesOf(data([0x80, 0x80, 0], pair), { a: 0x1005, b: 0x1000 }, 3)).toEqual([0x85, 0x80, 0]);
    expect(bytesOf(data([0x80, 0x80, 0], pair), { a: 0x1fffff, b: 0 }, 3)).toEqual([0xff, 0xff, 0x7f]);
    const tooLong = run(data([0x80, 0x80, 0], pair), { a: 0x200000, b: 0 });
    expect(tooLong.messages).toEqual([
      "final size of uleb128 value at offset 0x0 in .data from a.o exceeds available space",
    ]);
    expect(tooLong.lld).toEqual(["ULEB128 value 2097152 exceeds available space; references 'b'"]);
  });

  test("words, and distances of 32 bits", () => {
    const word = bytesOf(data([0, 0, 0, 0, 0, 0, 0, 0], [[T.R_RISCV_64, "a", -1]]), { a: 0 }, 8);
    expect(word).toEqual([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const distance = bytesOf(data([0, 0, 0, 0], [[T.R_RISCV_32_PCREL, "a", 2]]), { a: START }, 4);
    expect(distance).toEqual([0xfe, 0xff, 0xff, 0xff]);
  });

  test("a type that no object file has", () => {
    expect(run(data([0, 0, 0, 0], [[11, "a"]]), { a: 0 }).messages[0]).toContain("0xb");
  });
});

test("TLS descriptors become offsets from tp, short ones with two instructions less", () => {
  // auipc a0; ld t0, (a0); addi a0, a0; jalr t0, t0
  const code = [0x17, 0x05, 0, 0, 0x83, 0x32, 0x05, 0, 0x13, 0x05, 0x05, 0, 0xe7, 0x82, 0x02, 0];
  const object = (offset: number): BuildObject => ({
    sections: [
      { name: ".text", bytes: code, align: 4 },
      { name: ".tdata", bytes: new Uint8Array(0x2000), flags: 0x403, align: 4 },
    ],
    symbols: [
      { name: "label", section: ".text", value: 0, binding: STB_LOCAL },
      { name: "variable", section: ".tdata", value: offset, type: 6 },
    ],
    relocations: [
      { section: ".text", offset: 0, type: T.R_RISCV_TLSDESC_HI20, symbol: "variable" },
      { section: ".text", offset: 4, type: T.R_RISCV_TLSDESC_LOAD_LO12, symbol: "label" },
      { section: ".text", offset: 8, type: T.R_RISCV_TLSDESC_ADD_LO12, symbol: "label" },
      { section: ".text", offset: 12, type: T.R_RISCV_TLSDESC_CALL, symbol: "label" },
    ],
  });
  const words = ({ bytes }: Linked) => [0, 4, 8, 12].map((at) => bytes.getUint32(at, true));
  const NOP = 0x13;
  expect(words(run(object(0x7ff)))).toEqual([NOP, NOP, NOP, 0x7ff00513]);
  expect(words(run(object(0x1800)))).toEqual([NOP, NOP, 0x00002537, 0x80050513]);
});
