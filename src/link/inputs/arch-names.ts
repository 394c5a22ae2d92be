import { EM_386, EM_X86_64 } from "../../elf/index.ts";

const ARCHITECTURES: Readonly<Record<number, string>> = {
  2: "sparc",
  8: "mips",
  20: "powerpc:common",
  21: "powerpc:common64",
  40: "arm",
  183: "aarch64",
  258: "Loongarch64",
};

/** BFD's name of an architecture. */
export function archName(machine: number, is64: boolean): string {
  if (machine === EM_386) return "i386";
  if (machine === EM_X86_64) return is64 ? "i386:x86-64" : "i386:x64-32";
  if (machine === 243) return is64 ? "riscv:rv64" : "riscv:rv32";
  return ARCHITECTURES[machine] ?? "UNKNOWN!";
}
