import type { InstructionGroup } from "../instruction.ts";
import { a } from "./a.ts";
import { b } from "./b.ts";
import { c } from "./c.ts";
import { d } from "./d.ts";
import { f } from "./f.ts";
import { m } from "./m.ts";
import { privileged } from "./privileged.ts";
import { rv32i } from "./rv32i.ts";
import { rv64i } from "./rv64i.ts";
import { zabha } from "./zabha.ts";
import { zacas } from "./zacas.ts";
import { zawrs } from "./zawrs.ts";
import { zc } from "./zc.ts";
import { zfa } from "./zfa.ts";
import { zfh } from "./zfh.ts";
import { zicbo } from "./zicbo.ts";
import { zicond } from "./zicond.ts";
import { zicsr } from "./zicsr.ts";
import { zifencei } from "./zifencei.ts";
import { zihint } from "./zihint.ts";
import { zimop } from "./zimop.ts";
import { zk } from "./zk.ts";

/** Every group of instructions, in the manual's order. */
export const groups: readonly (readonly InstructionGroup[])[] = [
  rv32i,
  rv64i,
  zifencei,
  zicsr,
  zihint,
  zicond,
  zimop,
  m,
  a,
  zawrs,
  zacas,
  zabha,
  zicbo,
  f,
  d,
  zfh,
  zfa,
  c,
  zc,
  b,
  zk,
  privileged,
];
