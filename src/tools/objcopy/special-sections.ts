import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_FINI_ARRAY,
  SHT_GNU_HASH,
  SHT_HASH,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
} from "../../elf/index.ts";

interface Special {
  readonly type: number;
  readonly flags: number;
}

const AW = SHF_ALLOC | SHF_WRITE;
const AX = SHF_ALLOC | SHF_EXECINSTR;

/** Types and flags that names stand for by convention (gABI, "Special Sections", and GNU's additions). */
const table: readonly (readonly [name: RegExp, type: number, flags: number])[] = [
  [/^\.bss(\.|$)/, SHT_NOBITS, AW],
  [/^\.comment$/, SHT_PROGBITS, 0],
  [/^\.data1?(\.|$)/, SHT_PROGBITS, AW],
  [/^\.z?debug/, SHT_PROGBITS, 0],
  [/^\.dynamic$/, SHT_DYNAMIC, SHF_ALLOC],
  [/^\.dynstr$/, SHT_STRTAB, SHF_ALLOC],
  [/^\.dynsym$/, SHT_DYNSYM, SHF_ALLOC],
  [/^\.fini$/, SHT_PROGBITS, AX],
  [/^\.fini_array(\.|$)/, SHT_FINI_ARRAY, AW],
  [/^\.gnu\.hash$/, SHT_GNU_HASH, SHF_ALLOC],
  [/^\.got$/, SHT_PROGBITS, AW],
  [/^\.hash$/, SHT_HASH, SHF_ALLOC],
  [/^\.init$/, SHT_PROGBITS, AX],
  [/^\.init_array(\.|$)/, SHT_INIT_ARRAY, AW],
  [/^\.interp$/, SHT_PROGBITS, 0],
  [/^\.line$/, SHT_PROGBITS, 0],
  [/^\.note\.GNU-stack$/, SHT_PROGBITS, 0],
  [/^\.note/, SHT_NOTE, 0],
  [/^\.plt$/, SHT_PROGBITS, AX],
  [/^\.preinit_array(\.|$)/, SHT_PREINIT_ARRAY, AW],
  [/^\.rela/, SHT_RELA, 0],
  [/^\.rel/, SHT_REL, 0],
  [/^\.rodata1?(\.|$)/, SHT_PROGBITS, SHF_ALLOC],
  [/^\.s(hstr|tr)tab$/, SHT_STRTAB, 0],
  [/^\.symtab$/, SHT_SYMTAB, 0],
  [/^\.stab.*str$/, SHT_STRTAB, 0],
  [/^\.tbss(\.|$)/, SHT_NOBITS, AW | SHF_TLS],
  [/^\.tdata(\.|$)/, SHT_PROGBITS, AW | SHF_TLS],
  [/^\.text(\.|$)/, SHT_PROGBITS, AX],
];

/** Where relocations have addends of their own, ".rel" stands for itself and ".rel.…" only. */
export function specialSection(name: string, rela: boolean): Special | undefined {
  const row = table.find(
    ([pattern, type]) => pattern.test(name) && !(rela && type === SHT_REL && !/^\.rel(\.|$)/.test(name)),
  );
  return row && { type: row[1], flags: row[2] };
}
