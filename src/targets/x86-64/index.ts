import { EM_X86_64 } from "../../elf/index.ts";
import { x86ArchNames } from "../arch-names.ts";
import { x86EmptySections } from "../empty-sections.ts";
import type { Target } from "../target.ts";
import { fillWithNops } from "../x86-fill.ts";
import { scanDynamic } from "./dynamic-scan.ts";
import { keptRelocation } from "./kept.ts";
import { pltForm } from "./plt.ts";
import { prepareWriting, release, relocate, relocateLeft } from "./relocate.ts";
import { scan, scanKinds } from "./scan.ts";
import {
  R_X86_64_64,
  R_X86_64_COPY,
  R_X86_64_DTPMOD64,
  R_X86_64_DTPOFF64,
  R_X86_64_GLOB_DAT,
  R_X86_64_IRELATIVE,
  R_X86_64_JUMP_SLOT,
  R_X86_64_RELATIVE,
  R_X86_64_TPOFF64,
  relocationName,
} from "./types.ts";

function writeDisplacement(out: Uint8Array, at: number, value: bigint): void {
  new DataView(out.buffer, out.byteOffset).setInt32(at, Number(BigInt.asIntN(32, value)), true);
}

export const x86_64: Target = {
  name: "x86-64",
  machine: EM_X86_64,
  is64: true,
  wordSize: 8,
  emulations: ["elf_x86_64", "elf_x86_64_fbsd", "elf_x86_64_sol2"],
  bfdName: "elf64-x86-64",
  archNames: x86ArchNames,
  bfdArch: "i386:x86-64",
  rela: true,
  maxPageSize: 0x1000n,
  commonPageSize: 0x1000n,
  separateCode: true,
  lldImageBase: 0x200000n,
  trapByte: 0xcc,
  emptySections: x86EmptySections(true),
  // R_X86_64_64, PC32, 32, 32S, 16, PC16, 8, PC8, PC64, SIZE32, SIZE64
  loaderTypes: new Set([1, 2, 10, 11, 12, 13, 14, 15, 24, 32, 33]),
  sectionSymbols: false,
  dropLocalLabels: "merge",
  defaultExecStack: true,
  processorProperties: "x86",
  fillCode: (length) => fillWithNops(length, 10),
  relocationName,
  scan,
  scanKinds,
  relocate,
  writing: {
    doesDeletions: false,
    doesFrames: true,
    run: (kernels, work) => kernels.writeX8664(work),
    prepare: prepareWriting,
    relocateLeft,
  },
  release,
  keptRelocation,

  ipltEntrySize: 8,
  writeIpltEntry(out, at, address, slot) {
    // jmp *slot(%rip); xchg %ax, %ax
    out.set([0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90], at);
    writeDisplacement(out, at + 2, slot - address - 6n);
  },
  ipltSlotValue: (_iplt, entry) => entry + 6n,
  ibtIplt: {
    entrySize: 16,
    write(out, at, address, slot) {
      // endbr64; jmp *slot(%rip); nopw 0(%rax,%rax,1)
      out.set([0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0], at);
      writeDisplacement(out, at + 6, slot - address - 10n);
    },
  },
  lldIplt: {
    entrySize: 16,
    write(out, at, address, slot, index) {
      // As its lazy stubs: jmp *slot(%rip); push $index; jmp to a header that is not there (0)
      out.set([0xff, 0x25, 0, 0, 0, 0, 0x68, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0], at);
      writeDisplacement(out, at + 2, slot - address - 6n);
      writeDisplacement(out, at + 7, BigInt(index));
      writeDisplacement(out, at + 12, -address - 16n);
    },
  },
  isNative: true,
  dynamic: {
    facts: {
      zeroWeak: true,
      refusesDistances: true,
      copiesInPie: true,
      gotMakesDynamic: false,
      leavesAll: false,
      ifuncsLast: false,
      comparesPointers: true,
      warnsOfText: true,
      sizesEmptyGot: false,
      packsRelative: true,
      sectionSymbol: false,
      countsStubs: false,
    },
    interpreter: "/lib/ld64.so.1",
    relocations: {
      address: R_X86_64_64,
      copy: R_X86_64_COPY,
      globDat: R_X86_64_GLOB_DAT,
      jumpSlot: R_X86_64_JUMP_SLOT,
      tlsOffset: R_X86_64_TPOFF64,
      tlsModule: R_X86_64_DTPMOD64,
      tlsModuleOffset: R_X86_64_DTPOFF64,
    },
    plt: pltForm,
    scan: scanDynamic,
  },
  gotSymbol: "gotPlt",
  gotHeaderWords: 0,
  gotPltHeaderWords: 3,
  irelativeType: R_X86_64_IRELATIVE,
  lastIrelativeFirst: true,
  relativeType: R_X86_64_RELATIVE,
  tlsVariant: 2,
  dtpOffset: 0n,
  tlsCallTypes: [19, 20],
  mergeFlags: () => 0,
};
