import * as T from "../../elf/index.ts";
import { EM_RISCV, R_RISCV_IRELATIVE, R_RISCV_RELATIVE, riscvRelocationName } from "../../elf/index.ts";
import type { Target } from "../target.ts";
import { mergeAttributes } from "./attributes.ts";
import { scanDynamic } from "./dynamic-scan.ts";
import { mergeFlags } from "./flags.ts";
import { encodeI, encodeU } from "./immediates.ts";
import { keptRelocation } from "./kept.ts";
import { riscvPlt } from "./plt.ts";
import { startRelaxation } from "./relax.ts";
import { mayShrink } from "./relax-any.ts";
import { release, relocate } from "./relocate.ts";
import { scan, scanKinds, unusedGotRelocations } from "./scan.ts";
import { riscvWriting } from "./writing.ts";

/** lw or ld t3, 0(t3); auipc and jalr go with it. */
const LOAD_WORD = 0x000e2e03;
const LOAD_DOUBLE = 0x000e3e03;

const common = {
  keepsWithRelocations: true,
  name: "riscv",
  machine: EM_RISCV,
  bfdArch: "riscv",
  archNames: ["riscv", "riscv:rv32", "riscv:rv64"],
  rela: true,
  maxPageSize: 0x1000n,
  commonPageSize: 0x1000n,
  sectionSymbols: true,
  // R_RISCV_32, 64, RELATIVE, COPY, JUMP_SLOT, BRANCH, JAL, PCREL_HI20, HI20, TPREL_HI20, RVC_BRANCH, RVC_JUMP
  loaderTypes: new Set([1, 2, 3, 4, 5, 16, 17, 23, 26, 29, 44, 45]),
  keepsEhFrameInObjects: true,
  dropLocalLabels: "yes",
  // GNU ld fills with zeros, which is an illegal instruction.
  fillCode: (length: number) => new Uint8Array(length),
  relocationName: riscvRelocationName,
  scan,
  scanKinds,
  relocate,
  writing: riscvWriting,
  release,
  keptRelocation,
  mayShrink,
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

/** What is the same for 32 and 64 bits in dynamic executables. */
const dynamicFacts = {
  zeroWeak: false,
  copiesInPie: false,
  gotMakesDynamic: true,
  leavesAll: true,
  ifuncsLast: true,
  comparesPointers: false,
  warnsOfText: false,
  sizesEmptyGot: true,
  packsRelative: false,
  sectionSymbol: true,
  countsStubs: true,
  pltSymbol: "_PROCEDURE_LINKAGE_TABLE_",
  globalPointer: "__global_pointer$",
} as const;

const plt64 = riscvPlt(0x00003003, 8);
const plt32 = riscvPlt(0x00002003, 4);

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
  dynamic: {
    facts: dynamicFacts,
    gotFirst: true,
    interpreter: "/lib/ld.so.1",
    relocations: {
      address: T.R_RISCV_64,
      copy: T.R_RISCV_COPY,
      globDat: T.R_RISCV_64,
      jumpSlot: T.R_RISCV_JUMP_SLOT,
      tlsOffset: T.R_RISCV_TLS_TPREL64,
      tlsModule: T.R_RISCV_TLS_DTPMOD64,
      tlsModuleOffset: T.R_RISCV_TLS_DTPREL64,
    },
    plt: () => plt64,
    scan: scanDynamic,
  },
  writeIpltEntry: (out, at, address, slot) => writeIpltEntry(LOAD_DOUBLE, out, at, address, slot),
};

export const riscv32: Target = {
  ...common,
  is64: false,
  wordSize: 4,
  emulations: ["elf32lriscv", "elf32lriscv_ilp32f", "elf32lriscv_ilp32"],
  bfdName: "elf32-littleriscv",
  dynamic: {
    facts: dynamicFacts,
    gotFirst: true,
    interpreter: "/lib32/ld.so.1",
    relocations: {
      address: T.R_RISCV_32,
      copy: T.R_RISCV_COPY,
      globDat: T.R_RISCV_32,
      jumpSlot: T.R_RISCV_JUMP_SLOT,
      tlsOffset: T.R_RISCV_TLS_TPREL32,
      tlsModule: T.R_RISCV_TLS_DTPMOD32,
      tlsModuleOffset: T.R_RISCV_TLS_DTPREL32,
    },
    plt: () => plt32,
    scan: scanDynamic,
  },
  writeIpltEntry: (out, at, address, slot) => writeIpltEntry(LOAD_WORD, out, at, address, slot),
};
