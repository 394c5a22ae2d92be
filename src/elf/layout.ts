// Where the fields of the ELF structures are, in bytes from the start of the
// structure. ELF32 and ELF64 differ in the order of fields as well as in sizes.

/** Elf32_Ehdr and Elf64_Ehdr. */
export interface HeaderFields {
  readonly size: number;
  readonly e_type: number;
  readonly e_machine: number;
  readonly e_version: number;
  readonly e_entry: number;
  readonly e_phoff: number;
  readonly e_shoff: number;
  readonly e_flags: number;
  readonly e_ehsize: number;
  readonly e_phentsize: number;
  readonly e_phnum: number;
  readonly e_shentsize: number;
  readonly e_shnum: number;
  readonly e_shstrndx: number;
}

export const header32: HeaderFields = {
  size: 52,
  e_type: 16,
  e_machine: 18,
  e_version: 20,
  e_entry: 24,
  e_phoff: 28,
  e_shoff: 32,
  e_flags: 36,
  e_ehsize: 40,
  e_phentsize: 42,
  e_phnum: 44,
  e_shentsize: 46,
  e_shnum: 48,
  e_shstrndx: 50,
};

export const header64: HeaderFields = {
  size: 64,
  e_type: 16,
  e_machine: 18,
  e_version: 20,
  e_entry: 24,
  e_phoff: 32,
  e_shoff: 40,
  e_flags: 48,
  e_ehsize: 52,
  e_phentsize: 54,
  e_phnum: 56,
  e_shentsize: 58,
  e_shnum: 60,
  e_shstrndx: 62,
};

/** Elf32_Shdr and Elf64_Shdr. */
export interface SectionFields {
  readonly size: number;
  readonly sh_name: number;
  readonly sh_type: number;
  readonly sh_flags: number;
  readonly sh_addr: number;
  readonly sh_offset: number;
  readonly sh_size: number;
  readonly sh_link: number;
  readonly sh_info: number;
  readonly sh_addralign: number;
  readonly sh_entsize: number;
}

export const section32: SectionFields = {
  size: 40,
  sh_name: 0,
  sh_type: 4,
  sh_flags: 8,
  sh_addr: 12,
  sh_offset: 16,
  sh_size: 20,
  sh_link: 24,
  sh_info: 28,
  sh_addralign: 32,
  sh_entsize: 36,
};

export const section64: SectionFields = {
  size: 64,
  sh_name: 0,
  sh_type: 4,
  sh_flags: 8,
  sh_addr: 16,
  sh_offset: 24,
  sh_size: 32,
  sh_link: 40,
  sh_info: 44,
  sh_addralign: 48,
  sh_entsize: 56,
};

/** Elf32_Sym and Elf64_Sym. */
export interface SymbolFields {
  readonly size: number;
  readonly st_name: number;
  readonly st_info: number;
  readonly st_other: number;
  readonly st_shndx: number;
  readonly st_value: number;
  readonly st_size: number;
}

export const symbol32: SymbolFields = {
  size: 16,
  st_name: 0,
  st_value: 4,
  st_size: 8,
  st_info: 12,
  st_other: 13,
  st_shndx: 14,
};

export const symbol64: SymbolFields = {
  size: 24,
  st_name: 0,
  st_info: 4,
  st_other: 5,
  st_shndx: 6,
  st_value: 8,
  st_size: 16,
};

/** Elf32_Phdr and Elf64_Phdr. */
export interface SegmentFields {
  readonly size: number;
  readonly p_type: number;
  readonly p_flags: number;
  readonly p_offset: number;
  readonly p_vaddr: number;
  readonly p_paddr: number;
  readonly p_filesz: number;
  readonly p_memsz: number;
  readonly p_align: number;
}

export const segment32: SegmentFields = {
  size: 32,
  p_type: 0,
  p_offset: 4,
  p_vaddr: 8,
  p_paddr: 12,
  p_filesz: 16,
  p_memsz: 20,
  p_flags: 24,
  p_align: 28,
};

export const segment64: SegmentFields = {
  size: 56,
  p_type: 0,
  p_flags: 4,
  p_offset: 8,
  p_vaddr: 16,
  p_paddr: 24,
  p_filesz: 32,
  p_memsz: 40,
  p_align: 48,
};

/** Bytes of a relocation: Elf32_Rel, Elf32_Rela, Elf64_Rel, Elf64_Rela. */
export const REL32_SIZE = 8;
export const RELA32_SIZE = 12;
export const REL64_SIZE = 16;
export const RELA64_SIZE = 24;
