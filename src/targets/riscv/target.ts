import { EM_RISCV } from "../../elf/index.ts";
import type { Target } from "../target.ts";
import { mergeAttributes } from "./attributes.ts";
import { mergeFlags } from "./flags.ts";
import { encodeI, encodeU } from "./immediates.ts";
import { keptRelocation } from "./kept.ts";
import { startRelaxation } from "./relax.ts";
import { release, relocate } from "./relocate.ts";
import { R_RISCV_IRELATIVE, R_RISCV_RELATIVE, relocationName } from "./relocation-types.ts";
import { scan, unusedGotRelocations } from "./scan.ts";

/** lw or ld t3, 0(t3); auipc and jalr go with it. */
const LOAD_WORD = 0x000e2e03;
const LOAD_DOUBLE = 0x000e3e03;

const common = {
  name: "riscv",
  machine: EM_RISCV,
  bfdArch: "riscv",
  rela: true,
  maxPageSize: 0x1000n,
  commonPageSize: 0x1000n,
  sectionSymbols: true,
  keepsEhFrameInObjects: true,
  dropLocalLabels: "yes",
  // GNU ld fills with zeros, which is an illegal instruction.
  fillCode: (length: number) => new Uint8Array(length),
  relocationName,
  scan,
  relocate,
  release,
  keptRelocation,
  startRelaxation,
  ipltEntrySize: 16,
  ipltSlotValue: (iplt: bigint) => iplt,
  globalPointer: { symbol: "__global_pointer$", section: ".sdata", offset: 0x800 },
  gotSymbol: "got",
  gotHeaderWords: 1,
  gotPltHeaderWords: 2,
  gotPltMark: -1n,
  localizesGotSymbols: true,
  irelativeType: R_RISCV_IRELATIVE,
  relativeType: R_RISCV_RELATIVE,
  tlsVariant: 1,
  dtpOffset: -0x800n,
  unusedGotRelocations,
  mergeFlags,
  mergeAttributes,
} as const;

function writeIpltEntry(load: number, out: Uint8Array, at: number, address: bigint, slot: bigint): void {
  const distance = Number(BigInt.asIntN(64, slot - address));
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setInt32(at, 0x00000e17 | encodeU(distance), true); // auipc t3, %hi
  view.setInt32(at + 4, load | encodeI(distance), true); // l[wd] t3, %lo(t3)
  view.setInt32(at + 8, 0x000e0367, true); // jalr t1, t3
  view.setInt32(at + 12, 0x00000013, true); // nop
}

export const riscv64: Target = {
  ...common,
  is64: true,
  wordSize: 8,
  emulations: ["elf64lriscv", "elf64lriscv_lp64f", "elf64lriscv_lp64"],
  bfdName: "elf64-littleriscv",
  writeIpltEntry: (out, at, address, slot) => writeIpltEntry(LOAD_DOUBLE, out, at, address, slot),
};

export const riscv32: Target = {
  ...common,
  is64: false,
  wordSize: 4,
  emulations: ["elf32lriscv", "elf32lriscv_ilp32f", "elf32lriscv_ilp32"],
  bfdName: "elf32-littleriscv",
  writeIpltEntry: (out, at, address, slot) => writeIpltEntry(LOAD_WORD, out, at, address, slot),
};
