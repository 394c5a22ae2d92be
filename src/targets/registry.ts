import { i386 } from "./i386/index.ts";
import { riscv32, riscv64 } from "./riscv/index.ts";
import type { Target } from "./target.ts";
import { x86_64 } from "./x86-64/index.ts";

/** Every target, the first of its machine and class before others. */
export const targets: readonly Target[] = [x86_64, i386, riscv64, riscv32];

/** The target of an object's e_machine and class; undefined: not supported. */
export function targetFor(machine: number, is64: boolean): Target | undefined {
  return targets.find((target) => target.machine === machine && target.is64 === is64);
}

/** The target of an emulation's name (`-m`). */
export function targetOfEmulation(name: string): Target | undefined {
  // FreeBSD's name their system; it makes no difference here.
  const plain = (name.endsWith("_fbsd") ? name.slice(0, -5) : name).replace("amd64", "x86_64");
  return targets.find((target) => target.emulations.includes(plain));
}
