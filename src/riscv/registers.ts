// Registers: numbers, ABI names, and what the psABI's calling convention makes of them.

/** Who must keep a register's value over a call, or "fixed" where nobody may change it. */
export type Saver = "caller" | "callee" | "fixed";

/** A register of the integer or the floating-point file. */
export interface Register {
  readonly file: "x" | "f";
  readonly number: number;
  /** x10, f10. */
  readonly name: string;
  /** a0, fa0. */
  readonly abiName: string;
  readonly saver: Saver;
  /** What programs use it for. */
  readonly role: string;
}

type Run = readonly [
  abiName: string,
  from: number,
  to: number,
  firstSuffix: number,
  saver: Saver,
  role: string,
];

const integerRuns: readonly Run[] = [
  ["zero", 0, 0, -1, "fixed", "always zero"],
  ["ra", 1, 1, -1, "caller", "return address"],
  ["sp", 2, 2, -1, "callee", "stack pointer"],
  ["gp", 3, 3, -1, "fixed", "global pointer"],
  ["tp", 4, 4, -1, "fixed", "thread pointer"],
  ["t", 5, 5, 0, "caller", "temporary, alternate return address"],
  ["t", 6, 7, 1, "caller", "temporary"],
  ["s", 8, 8, 0, "callee", "saved register, frame pointer"],
  ["s", 9, 9, 1, "callee", "saved register"],
  ["a", 10, 11, 0, "caller", "argument, return value"],
  ["a", 12, 17, 2, "caller", "argument"],
  ["s", 18, 27, 2, "callee", "saved register"],
  ["t", 28, 31, 3, "caller", "temporary"],
];

const floatRuns: readonly Run[] = [
  ["ft", 0, 7, 0, "caller", "temporary"],
  ["fs", 8, 9, 0, "callee", "saved register"],
  ["fa", 10, 11, 0, "caller", "argument, return value"],
  ["fa", 12, 17, 2, "caller", "argument"],
  ["fs", 18, 27, 2, "callee", "saved register"],
  ["ft", 28, 31, 8, "caller", "temporary"],
];

function file(letter: "x" | "f", runs: readonly Run[]): readonly Register[] {
  const registers: Register[] = [];
  for (const [name, from, to, suffix, saver, role] of runs) {
    for (let number = from; number <= to; number++) {
      const abiName = suffix < 0 ? name : `${name}${suffix + number - from}`;
      registers.push({ file: letter, number, name: `${letter}${number}`, abiName, saver, role });
    }
  }
  return registers;
}

/** x0 to x31. */
export const integerRegisters: readonly Register[] = file("x", integerRuns);

/** f0 to f31. */
export const floatRegisters: readonly Register[] = file("f", floatRuns);

/** Their names as objdump prints them. */
export const integerNames: readonly string[] = integerRegisters.map((register) => register.abiName);
export const integerNumericNames: readonly string[] = integerRegisters.map((register) => register.name);
export const floatNames: readonly string[] = floatRegisters.map((register) => register.abiName);
export const floatNumericNames: readonly string[] = floatRegisters.map((register) => register.name);

let byName: Map<string, Register> | undefined;

/** The register with a name: x10, a0, fp (which is s0), f10, fa0. */
export function registerNamed(name: string): Register | undefined {
  if (!byName) {
    byName = new Map();
    for (const register of [...integerRegisters, ...floatRegisters]) {
      byName.set(register.name, register);
      byName.set(register.abiName, register);
    }
    byName.set("fp", integerRegisters[8]);
  }
  return byName.get(name);
}

/** Rounding modes by their number; 5 and 6 are reserved. */
export const roundingModes: readonly (string | undefined)[] = [
  "rne",
  "rtz",
  "rdn",
  "rup",
  "rmm",
  undefined,
  undefined,
  "dyn",
];

/** What each rounding mode does. */
export const roundingModeWords: Readonly<Record<string, string>> = {
  rne: "to nearest, ties to even",
  rtz: "towards zero",
  rdn: "down",
  rup: "up",
  rmm: "to nearest, ties away from zero",
  dyn: "as the frm register says",
};

/** A fence's set of accesses as it is written: bits 3..0 are i, o, r, w. The empty set has no name. */
export function fenceSet(bits: number): string | undefined {
  if (bits === 0) return undefined;
  return ["i", "o", "r", "w"].filter((_, i) => bits & (8 >> i)).join("");
}

/** The number of a fence set as it is written, or undefined. */
export function fenceBits(text: string): number | undefined {
  if (!/^i?o?r?w?$/.test(text) || text === "") return undefined;
  let bits = 0;
  for (let i = 0; i < 4; i++) if (text.includes("iorw"[i])) bits |= 8 >> i;
  return bits;
}

/** The constants that Zfa's fli loads, as objdump prints them; min is the format's smallest normal number. */
export const fliConstants: readonly string[] = (
  "-0x1p+0 min 0x1p-16 0x1p-15 0x1p-8 0x1p-7 0x1p-4 0x1p-3 0x1p-2 0x1.4p-2 0x1.8p-2 0x1.cp-2 0x1p-1 0x1.4p-1 " +
  "0x1.8p-1 0x1.cp-1 0x1p+0 0x1.4p+0 0x1.8p+0 0x1.cp+0 0x1p+1 0x1.4p+1 0x1.8p+1 0x1p+2 0x1p+3 0x1p+4 0x1p+7 " +
  "0x1p+8 0x1p+15 0x1p+16 inf nan"
).split(" ");

/** The values of `fliConstants`; min is NaN here, as it depends on the format. */
export const fliValues: readonly number[] = [
  -1,
  Number.NaN,
  2 ** -16,
  2 ** -15,
  2 ** -8,
  2 ** -7,
  2 ** -4,
  2 ** -3,
  0.25,
  0.3125,
  0.375,
  0.4375,
  0.5,
  0.625,
  0.75,
  0.875,
  1,
  1.25,
  1.5,
  1.75,
  2,
  2.5,
  3,
  4,
  8,
  16,
  128,
  256,
  2 ** 15,
  2 ** 16,
  Number.POSITIVE_INFINITY,
  Number.NaN,
];

/** The registers of a Zcmp list, 4 to 15, as it is written; undefined where the number is none. */
export function registerListText(list: number, numeric = false): string | undefined {
  if (list < 4 || list > 15) return undefined;
  const count = list === 15 ? 12 : list - 4;
  const name = (number: number) => (numeric ? integerNumericNames : integerNames)[number];
  const saved = (n: number) => name(n < 2 ? 8 + n : 16 + n);
  if (count === 0) return `{${name(1)}}`;
  if (count === 1) return `{${name(1)}, ${saved(0)}}`;
  // By number the s registers are two runs: x8 and x9, and from x18 on.
  if (numeric && count > 2) {
    const rest = count === 3 ? name(18) : `${name(18)}-${saved(count - 1)}`;
    return `{${name(1)}, ${name(8)}-${name(9)}, ${rest}}`;
  }
  return `{${name(1)}, ${saved(0)}-${saved(count - 1)}}`;
}

/** Bytes by which Zcmp's push moves sp for a list alone: its registers, rounded up to 16. */
export function registerListSize(list: number, xlen: 32 | 64): number {
  const count = list === 15 ? 13 : list - 3;
  return Math.ceil((count * (xlen / 8)) / 16) * 16;
}
