import type { ElfImage } from "../elf-image.ts";
import { EM_386, EM_AARCH64, EM_ARM, EM_IAMCU, EM_RISCV, EM_X86_64 } from "../machines.ts";

// BFD's names of architectures.

/** Such as `riscv:rv64`: what -f shows and -m takes. */
export function architectureName(image: ElfImage): string {
  switch (image.header.machine) {
    case EM_RISCV:
      return image.is64 ? "riscv:rv64" : "riscv:rv32";
    case EM_X86_64:
      return image.is64 ? "i386:x86-64" : "i386:x64-32";
    case EM_386:
      return "i386";
    case EM_IAMCU:
      return "iamcu";
    case EM_AARCH64:
      return image.is64 ? "aarch64" : "aarch64:ilp32";
    case EM_ARM:
      return "arm";
    default:
      return "UNKNOWN!";
  }
}

/** What can be disassembled. */
export type CodeKind = "riscv32" | "riscv64" | "x86-64" | "i386" | "i8086" | "aarch64" | "arm" | "thumb";

/** The code of a file by its header. */
export function codeKind(image: ElfImage): CodeKind | undefined {
  switch (image.header.machine) {
    case EM_RISCV:
      return image.is64 ? "riscv64" : "riscv32";
    case EM_X86_64:
      return "x86-64";
    case EM_386:
    case EM_IAMCU:
      return "i386";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "arm";
    default:
      return undefined;
  }
}

/** The code that an argument of -m names, with what it says about the syntax of x86. */
export function codeNamed(name: string): { readonly kind: CodeKind; readonly intel: boolean } | undefined {
  const intel = name.endsWith(":intel");
  const plain = intel ? name.slice(0, -6) : name;
  const kinds: Readonly<Record<string, CodeKind>> = {
    riscv: "riscv64",
    "riscv:rv64": "riscv64",
    "riscv:rv32": "riscv32",
    rv64: "riscv64",
    rv32: "riscv32",
    i386: "i386",
    "i386:i386": "i386",
    "i386:x86-64": "x86-64",
    "x86-64": "x86-64",
    "i386:x64-32": "x86-64",
    i8086: "i8086",
    aarch64: "aarch64",
    arm: "arm",
    armv7: "arm",
    "armv7-a": "arm",
  };
  return Object.hasOwn(kinds, plain) ? { kind: kinds[plain], intel } : undefined;
}

/** The names that -i lists. */
export const architectureNames: readonly string[] = [
  "riscv",
  "riscv:rv64",
  "riscv:rv32",
  "i386",
  "i386:x86-64",
  "i386:x64-32",
  "i8086",
  "i386:intel",
  "i386:x86-64:intel",
  "aarch64",
  "arm",
];
