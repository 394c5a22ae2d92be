import { csrNumbered, floatNames, integerNames } from "../../riscv/index.ts";
import { EM_386, EM_AARCH64, EM_IAMCU, EM_RISCV, EM_X86_64 } from "../machines.ts";

// The registers by their DWARF numbers, from the supplements to the ABI of each processor.

const range = (prefix: string, count: number, start = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${start + i}`);

function table(...parts: readonly (readonly [number, readonly string[]])[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [start, list] of parts)
    for (const [i, name] of list.entries()) if (name !== "") names.set(start + i, name);
  return names;
}

const i386 = table(
  [0, ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"]],
  [11, range("st", 8)],
  [21, range("xmm", 8)],
  [29, range("mm", 8)],
  [37, ["fcw", "fsw", "mxcsr", "es", "cs", "ss", "ds", "fs", "gs"]],
  [48, ["tr", "ldtr"]],
  [93, range("k", 8)],
);

const iamcu = table(
  [0, ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"]],
  [40, ["es", "cs", "ss", "ds", "fs", "gs"]],
  [48, ["tr", "ldtr"]],
);

const x86_64 = table(
  [0, ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"]],
  [8, range("r", 8, 8)],
  [16, ["rip"]],
  [17, range("xmm", 16)],
  [33, range("st", 8)],
  [41, range("mm", 8)],
  [49, ["rflags", "es", "cs", "ss", "ds", "fs", "gs"]],
  [58, ["fs.base", "gs.base"]],
  [62, ["tr", "ldtr", "mxcsr", "fcw", "fsw"]],
  [67, range("xmm", 16, 16)],
  [118, range("k", 8)],
);

const aarch64 = table(
  [0, range("x", 31)],
  [31, ["sp"]],
  [33, ["elr"]],
  [46, ["vg", "ffr"]],
  [48, range("p", 16)],
  [64, range("v", 32)],
  [96, range("z", 32)],
);

const riscv = table([0, integerNames], [32, floatNames], [96, range("v", 32)]);

/** The names, and how many registers there can be: 0 where nothing is known. */
export interface Registers {
  readonly count: number;
  name(number: number): string | undefined;
}

export function registersOf(machine: number): Registers {
  switch (machine) {
    case EM_386:
      return { count: 101, name: (n) => i386.get(n) };
    case EM_IAMCU:
      return { count: 101, name: (n) => iamcu.get(n) };
    case EM_X86_64:
      return { count: 126, name: (n) => x86_64.get(n) };
    case EM_AARCH64:
      return { count: 128, name: (n) => aarch64.get(n) };
    case EM_RISCV:
      return {
        count: 8192,
        name: (n) =>
          riscv.get(n) ??
          (n >= 4096 && n < 8192 ? (csrNumbered(n - 4096)?.name ?? `csr${n - 4096}`) : undefined),
      };
    default:
      return { count: 0, name: () => undefined };
  }
}

/** `rbp`, or with the number `r6 (rbp)`. */
export function registerText(registers: Registers, number: number, nameOnly: boolean): string {
  const name = registers.name(number);
  if (name === undefined) return `r${number}`;
  return nameOnly ? name : `r${number} (${name})`;
}
