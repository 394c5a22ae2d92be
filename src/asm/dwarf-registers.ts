/** Numbers of registers in DWARF: 0 the integer ones, 32 the floating-point ones, 96 the vector ones, 4096 the CSRs. */

import { csrNamed } from "../riscv/index.ts";

export const SP = 2;

const INTEGER =
  "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6";
const FLOAT =
  "ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11";

const numbers: ReadonlyMap<string, number> = makeNumbers();

function makeNumbers(): Map<string, number> {
  const table = new Map<string, number>();
  for (const [i, name] of INTEGER.split(" ").entries()) {
    table.set(name, i);
    table.set(`x${i}`, i);
  }
  table.set("fp", 8);
  for (const [i, name] of FLOAT.split(" ").entries()) {
    table.set(name, 32 + i);
    table.set(`f${i}`, 32 + i);
  }
  for (let i = 0; i < 32; i++) table.set(`v${i}`, 96 + i);
  return table;
}

/** The number of a register's name, or -1. */
export function dwarfRegister(name: string): number {
  const number = numbers.get(name);
  if (number !== undefined) return number;
  const csr = csrNamed(name);
  return csr ? 4096 + csr.number : -1;
}
