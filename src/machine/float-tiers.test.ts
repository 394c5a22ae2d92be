import { describe, expect, test } from "vitest";
import { assemble, parseCommandLine } from "../asm/index.ts";
import { Report } from "../diagnostics/index.ts";
import { MemoryFileSystem } from "../files/index.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import { Memory } from "./memory.ts";

// Floating point in compiled code, which takes the host's instructions where it
// can, against the exact evaluator: results and flags, with the inexact flag
// raised before and not.

const BASE = 0x10000;
const DATA = 0x20000;
const ROW = 48;

function code(source: string): Uint8Array {
  const command = parseCommandLine(["-march=rv64gc", "-mabi=lp64d"]);
  if (!("options" in command)) throw new Error(command.message);
  const report = new Report();
  const bytes = new TextEncoder().encode(source);
  const object = assemble([{ name: "t.s", bytes }], command.options, new MemoryFileSystem(), report);
  if (!object) throw new Error(report.diagnostics.map(({ message }) => message).join());
  return object.sections.find(({ name }) => name === ".text")!.contents;
}

/** For each row: three operands, flags before; then the result and the flags after. */
function program(operation: string, load: string, integer: boolean): Uint8Array {
  return code(`
loop: ${load} fa0, 0(a0)
      ${load} fa1, 8(a0)
      ${load} fa2, 16(a0)
      ld    t1, 24(a0)
      csrw  fflags, t1
      ${operation}
      ${integer ? "sd t0, 32(a0)" : "fsd fa3, 32(a0)"}
      csrr  t0, fflags
      sd    t0, 40(a0)
      addi  a0, a0, ${ROW}
      bne   a0, a1, loop
      ecall
`);
}

function run(tier: MachineOptions["tier"], bytes: Uint8Array, rows: Uint8Array): Uint8Array {
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x200000 }]);
  memory.write(BASE, bytes);
  memory.write(DATA, rows);
  const machine = new Machine({ xlen: 64, memory, privileged: false, tier });
  const [hart] = machine.harts;
  hart.pcNumber = BASE;
  hart.setNumber(10, DATA);
  hart.setNumber(11, DATA + rows.length);
  expect(machine.run(1e7)).toMatchObject({ kind: "exception", cause: 8 });
  return memory.slice(DATA, rows.length)!.slice();
}

const doubles = [
  0,
  -0,
  1,
  -1,
  3,
  0.1,
  -0.3,
  1 / 3,
  2 ** 53,
  2 ** 53 + 2,
  1e16,
  1e-16,
  1.5e300,
  1.7e308,
  -1.7e308,
  4e-308,
  5e-324,
  2.2250738585072014e-308,
  1e-160,
  -1e160,
  123456789,
  2 ** 31,
  -(2 ** 31) - 1,
  0.5,
  -2.5,
  2 ** 62,
  2 ** 63,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  1 + 2 ** -52,
  1 - 2 ** -53,
  2 ** 27 + 1,
  7e-271,
];
const floats = [
  0,
  -0,
  1,
  -1,
  3,
  0.1,
  1 / 3,
  2 ** 24 - 1,
  16777216,
  1e10,
  3.3e38,
  -3.4e38,
  1.2e-38,
  1e-38,
  1e-45,
  6e-39,
  1e-20,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  1 + 2 ** -23,
  2 ** 31,
  -2.5,
  0.75,
  5e-20,
  4097,
];

/** Pairs of the values (each fifth one, so that each value meets many), a third one, and both states of the flag. */
function rowsOf(values: readonly number[], wide: boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length ** 2 / 5) * 2 * ROW);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let random = 1;
  const put = (place: number, value: number) => {
    if (wide) view.setFloat64(place, value, true);
    else view.setFloat32(place, value, true);
  };
  for (let pair = 0; pair < values.length ** 2; pair += 5)
    for (const flags of [0, 1]) {
      const a = values[Math.floor(pair / values.length)];
      const b = values[pair % values.length];
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      // Often near the product with the other sign, so that sums cancel.
      const c = random % 3 === 0 ? -a * b : values[(random >>> 8) % values.length];
      put(at, a);
      put(at + 8, b);
      put(at + 16, c);
      view.setUint32(at + 24, flags, true);
      at += ROW;
    }
  return bytes;
}

const binary = ["fadd", "fsub", "fmul", "fdiv"];
const fused = ["fmadd", "fmsub", "fnmadd", "fnmsub"];

describe.each(["d", "s"])("format %s", (format) => {
  const wide = format === "d";
  const rows = rowsOf(wide ? doubles : floats, wide);
  const operations = [
    ...binary.map((name) => `${name}.${format} fa3, fa0, fa1`),
    `fadd.${format} fa3, fa0, fa1, rup`,
    ...fused.map((name) => `${name}.${format} fa3, fa0, fa1, fa2`),
    `fsqrt.${format} fa3, fa0`,
    ...["feq", "flt", "fle"].map((name) => `${name}.${format} t0, fa0, fa1`),
    ...["w", "l"].map((to) => `fcvt.${to}.${format} t0, fa0, rtz`),
    `fcvt.w.${format} t0, fa0, rne`,
    `li t0, -7; fcvt.${format}.w fa3, t0`,
    `li t0, -7; fcvt.${format}.wu fa3, t0`,
  ];
  test.each(operations)("%s", (operation) => {
    const integer = /\bt0, fa/.test(operation);
    const bytes = program(operation, wide ? "fld" : "flw", integer);
    const exact = run("precise", bytes, rows);
    for (const tier of ["interpreter", "translator"] as const) expect(run(tier, bytes, rows)).toEqual(exact);
  });
});

test("a float that is not boxed is a NaN in compiled code, too", () => {
  const rows = rowsOf(floats, false);
  const bytes = program("fadd.s fa3, fa0, fa1", "fld", false);
  expect(run("translator", bytes, rows)).toEqual(run("precise", bytes, rows));
});
