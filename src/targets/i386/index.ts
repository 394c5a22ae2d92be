import { EM_386 } from "../../elf/index.ts";
import { x86ArchNames } from "../arch-names.ts";
import { x86EmptySections } from "../empty-sections.ts";
import type { Target } from "../target.ts";
import { fillWithNops } from "../x86-fill.ts";
import { keptRelocation } from "./kept.ts";
import { release, relocate } from "./relocate.ts";
import { scan, scanKinds } from "./scan.ts";
import { R_386_IRELATIVE, R_386_RELATIVE, relocationName } from "./types.ts";

function writeWord(out: Uint8Array, at: number, value: bigint): void {
  new DataView(out.buffer, out.byteOffset).setInt32(at, Number(BigInt.asIntN(32, value)), true);
}

export const i386: Target = {
  name: "i386",
  machine: EM_386,
  is64: false,
  wordSize: 4,
  emulations: ["elf_i386", "elf_i386_fbsd", "elf_i386_sol2"],
  bfdName: "elf32-i386",
  archNames: x86ArchNames,
  bfdArch: "i386",
  rela: false,
  maxPageSize: 0x1000n,
  commonPageSize: 0x1000n,
  separateCode: true,
  lldImageBase: 0x400000n,
  trapByte: 0xcc,
  emptySections: x86EmptySections(false),
  // R_386_32, PC32, TLS_IE, TLS_LE, TLS_LE_32, SIZE32
  loaderTypes: new Set([1, 2, 15, 17, 34, 38]),
  sectionSymbols: false,
  dropLocalLabels: "merge",
  defaultExecStack: true,
  processorProperties: "x86",
  // Not every i386 has the longer instructions.
  fillCode: (length) => fillWithNops(length, 2),
  relocationName,
  scan,
  scanKinds,
  relocate,
  release,
  keptRelocation,

  ipltEntrySize: 8,
  writeIpltEntry(out, at, _address, slot) {
    // jmp *slot; xchg %ax, %ax
    out.set([0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90], at);
    writeWord(out, at + 2, slot);
  },
  ipltSlotValue: (_iplt, entry) => entry + 6n,
  ibtIplt: {
    entrySize: 16,
    write(out, at, _address, slot) {
      // endbr32; jmp *slot; nopw 0(%eax,%eax,1)
      out.set([0xf3, 0x0f, 0x1e, 0xfb, 0xff, 0x25, 0, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0], at);
      writeWord(out, at + 6, slot);
    },
  },
  picIplt: {
    entrySize: 8,
    write(out, at, _address, slot, _index, gotBase) {
      // jmp *slot@GOTOFF(%ebx); xchg %ax, %ax
      out.set([0xff, 0xa3, 0, 0, 0, 0, 0x66, 0x90], at);
      writeWord(out, at + 2, slot - gotBase);
    },
  },
  lldIplt: {
    entrySize: 16,
    write(out, at, address, slot, index) {
      // As its lazy stubs: jmp *slot; push $offset; jmp to a header that is not there (0)
      out.set([0xff, 0x25, 0, 0, 0, 0, 0x68, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0], at);
      writeWord(out, at + 2, slot);
      writeWord(out, at + 7, BigInt(index * 8));
      writeWord(out, at + 12, -address - 16n);
    },
  },
  gotSymbol: "gotPlt",
  gotHeaderWords: 0,
  gotPltHeaderWords: 3,
  irelativeType: R_386_IRELATIVE,
  lastIrelativeFirst: true,
  relativeType: R_386_RELATIVE,
  tlsVariant: 2,
  dtpOffset: 0n,
  tlsCallTypes: [18, 19],
  mergeFlags: () => 0,
};
