import {
  SHF_ALLOC,
  SHF_EXCLUDE,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
} from "../elf/index.ts";

/** Type and flags that a section has by its name (the special sections of the ELF specification and GNU's). */
interface SpecialSection {
  readonly type: number;
  readonly flags: number;
  /** The name may go on behind a dot: `.text.main`. */
  readonly dotted: boolean;
}

const AW = SHF_ALLOC | SHF_WRITE;
const AX = SHF_ALLOC | SHF_EXECINSTR;

/** name, how it may go on (nothing, behind a dot, in any way), type, flags. */
const rows: readonly (readonly [string, "exact" | "dotted" | "prefix", number, number])[] = [
  [".bss", "dotted", SHT_NOBITS, AW],
  [".comment", "exact", SHT_PROGBITS, 0],
  [".data", "dotted", SHT_PROGBITS, AW],
  [".data1", "exact", SHT_PROGBITS, AW],
  [".debug", "exact", SHT_PROGBITS, 0],
  [".debug_line", "exact", SHT_PROGBITS, 0],
  [".debug_info", "exact", SHT_PROGBITS, 0],
  [".debug_abbrev", "exact", SHT_PROGBITS, 0],
  [".debug_aranges", "exact", SHT_PROGBITS, 0],
  [".fini", "exact", SHT_PROGBITS, AX],
  [".fini_array", "dotted", SHT_FINI_ARRAY, AW],
  [".gnu.linkonce.b", "dotted", SHT_NOBITS, AW],
  [".gnu.linkonce.n", "dotted", SHT_NOBITS, AW],
  [".gnu.linkonce.p", "dotted", SHT_PROGBITS, AW],
  [".gnu.lto_", "prefix", SHT_PROGBITS, SHF_EXCLUDE],
  [".got", "exact", SHT_PROGBITS, AW],
  [".init", "exact", SHT_PROGBITS, AX],
  [".init_array", "dotted", SHT_INIT_ARRAY, AW],
  [".interp", "exact", SHT_PROGBITS, 0],
  [".line", "exact", SHT_PROGBITS, 0],
  [".noinit", "dotted", SHT_NOBITS, AW],
  [".note.GNU-stack", "exact", SHT_PROGBITS, 0],
  [".note", "prefix", SHT_NOTE, 0],
  [".persistent.bss", "exact", SHT_NOBITS, AW],
  [".persistent", "dotted", SHT_PROGBITS, AW],
  [".preinit_array", "dotted", SHT_PREINIT_ARRAY, AW],
  [".plt", "exact", SHT_PROGBITS, AX],
  [".rodata", "dotted", SHT_PROGBITS, SHF_ALLOC],
  [".rodata1", "exact", SHT_PROGBITS, SHF_ALLOC],
  [".rela", "prefix", 4, 0],
  [".rel", "prefix", 9, 0],
  [".text", "dotted", SHT_PROGBITS, AX],
  [".tbss", "dotted", SHT_NOBITS, AW | SHF_TLS],
  [".tdata", "dotted", SHT_PROGBITS, AW | SHF_TLS],
  // RISC-V: small data.
  [".sbss", "dotted", SHT_NOBITS, AW],
  [".sdata", "dotted", SHT_PROGBITS, AW],
];

/** What a name says about a section, if it says anything. */
export function specialSection(name: string): SpecialSection | undefined {
  for (const [prefix, how, type, flags] of rows) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    if (rest === "" || how === "prefix" || (how === "dotted" && rest.startsWith(".")))
      return { type, flags, dotted: how === "dotted" };
  }
  return undefined;
}
