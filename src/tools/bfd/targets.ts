import { EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64 } from "../../elf/index.ts";
import type { ElfImage } from "../elf-image.ts";

// BFD's names of formats. A file of a machine that is not listed here is in a
// generic format, as with GNU tools that were not built for it.

/** Such as `elf64-littleriscv`. */
export function elfTargetName(machine: number, is64: boolean, littleEndian: boolean): string {
  const bits = is64 ? "elf64" : "elf32";
  const order = littleEndian ? "little" : "big";
  if (machine === EM_RISCV) return `${bits}-${order}riscv`;
  if (machine === EM_X86_64 && littleEndian) return `${bits}-x86-64`;
  if (machine === EM_386 && littleEndian && !is64) return "elf32-i386";
  if (machine === EM_AARCH64) return `${bits}-${order}aarch64`;
  if (machine === EM_ARM && !is64) return `elf32-${order}arm`;
  return `${bits}-${order}`;
}

/** The format of a file. */
export function targetName(image: ElfImage): string {
  return elfTargetName(image.header.machine, image.is64, image.littleEndian);
}

/** What a name of a format stands for; undefined for those that are not ours to read or write. */
export type TargetFormat =
  | {
      readonly kind: "elf";
      readonly name: string;
      readonly is64: boolean;
      readonly littleEndian: boolean;
      /** 0 for a generic format. */
      readonly machine: number;
    }
  | {
      readonly kind: "binary" | "ihex" | "srec" | "symbolsrec" | "verilog" | "tekhex";
      readonly name: string;
    };

const elf = (name: string, is64: boolean, littleEndian: boolean, machine: number): TargetFormat => ({
  kind: "elf",
  name,
  is64,
  littleEndian,
  machine,
});

/** In the order in which --help lists them. */
export const targetFormats: readonly TargetFormat[] = [
  elf("elf64-littleriscv", true, true, EM_RISCV),
  elf("elf32-littleriscv", false, true, EM_RISCV),
  elf("elf64-bigriscv", true, false, EM_RISCV),
  elf("elf32-bigriscv", false, false, EM_RISCV),
  elf("elf64-x86-64", true, true, EM_X86_64),
  elf("elf32-x86-64", false, true, EM_X86_64),
  elf("elf32-i386", false, true, EM_386),
  elf("elf64-littleaarch64", true, true, EM_AARCH64),
  elf("elf64-bigaarch64", true, false, EM_AARCH64),
  elf("elf32-littlearm", false, true, EM_ARM),
  elf("elf32-bigarm", false, false, EM_ARM),
  elf("elf64-little", true, true, 0),
  elf("elf64-big", true, false, 0),
  elf("elf32-little", false, true, 0),
  elf("elf32-big", false, false, 0),
  { kind: "srec", name: "srec" },
  { kind: "symbolsrec", name: "symbolsrec" },
  { kind: "verilog", name: "verilog" },
  { kind: "tekhex", name: "tekhex" },
  { kind: "binary", name: "binary" },
  { kind: "ihex", name: "ihex" },
];

export function targetNamed(name: string): TargetFormat | undefined {
  return targetFormats.find((format) => format.name === name);
}
