// Relocation types of the x86-64 psABI, section "Relocation Types".

export const R_X86_64_NONE = 0;
export const R_X86_64_64 = 1;
export const R_X86_64_PC32 = 2;
export const R_X86_64_GOT32 = 3;
export const R_X86_64_PLT32 = 4;
export const R_X86_64_COPY = 5;
export const R_X86_64_GLOB_DAT = 6;
export const R_X86_64_JUMP_SLOT = 7;
export const R_X86_64_RELATIVE = 8;
export const R_X86_64_GOTPCREL = 9;
export const R_X86_64_32 = 10;
export const R_X86_64_32S = 11;
export const R_X86_64_16 = 12;
export const R_X86_64_PC16 = 13;
export const R_X86_64_8 = 14;
export const R_X86_64_PC8 = 15;
export const R_X86_64_DTPMOD64 = 16;
export const R_X86_64_DTPOFF64 = 17;
export const R_X86_64_TPOFF64 = 18;
export const R_X86_64_TLSGD = 19;
export const R_X86_64_TLSLD = 20;
export const R_X86_64_DTPOFF32 = 21;
export const R_X86_64_GOTTPOFF = 22;
export const R_X86_64_TPOFF32 = 23;
export const R_X86_64_PC64 = 24;
export const R_X86_64_GOTOFF64 = 25;
export const R_X86_64_GOTPC32 = 26;
export const R_X86_64_GOT64 = 27;
export const R_X86_64_GOTPCREL64 = 28;
export const R_X86_64_GOTPC64 = 29;
export const R_X86_64_GOTPLT64 = 30;
export const R_X86_64_PLTOFF64 = 31;
export const R_X86_64_SIZE32 = 32;
export const R_X86_64_SIZE64 = 33;
export const R_X86_64_GOTPC32_TLSDESC = 34;
export const R_X86_64_TLSDESC_CALL = 35;
export const R_X86_64_TLSDESC = 36;
export const R_X86_64_IRELATIVE = 37;
export const R_X86_64_RELATIVE64 = 38;
export const R_X86_64_PC32_BND = 39;
export const R_X86_64_PLT32_BND = 40;
export const R_X86_64_GOTPCRELX = 41;
export const R_X86_64_REX_GOTPCRELX = 42;
export const R_X86_64_CODE_4_GOTPCRELX = 43;
export const R_X86_64_CODE_4_GOTTPOFF = 44;
export const R_X86_64_CODE_4_GOTPC32_TLSDESC = 45;
export const R_X86_64_GNU_VTINHERIT = 250;
export const R_X86_64_GNU_VTENTRY = 251;

const names = [
  "NONE",
  "64",
  "PC32",
  "GOT32",
  "PLT32",
  "COPY",
  "GLOB_DAT",
  "JUMP_SLOT",
  "RELATIVE",
  "GOTPCREL",
  "32",
  "32S",
  "16",
  "PC16",
  "8",
  "PC8",
  "DTPMOD64",
  "DTPOFF64",
  "TPOFF64",
  "TLSGD",
  "TLSLD",
  "DTPOFF32",
  "GOTTPOFF",
  "TPOFF32",
  "PC64",
  "GOTOFF64",
  "GOTPC32",
  "GOT64",
  "GOTPCREL64",
  "GOTPC64",
  "GOTPLT64",
  "PLTOFF64",
  "SIZE32",
  "SIZE64",
  "GOTPC32_TLSDESC",
  "TLSDESC_CALL",
  "TLSDESC",
  "IRELATIVE",
  "RELATIVE64",
  "PC32_BND",
  "PLT32_BND",
  "GOTPCRELX",
  "REX_GOTPCRELX",
  "CODE_4_GOTPCRELX",
  "CODE_4_GOTTPOFF",
  "CODE_4_GOTPC32_TLSDESC",
];

/** `R_X86_64_PC32`, or `unknown (99)`. */
export function relocationName(type: number): string {
  if (type === R_X86_64_GNU_VTINHERIT) return "R_X86_64_GNU_VTINHERIT";
  if (type === R_X86_64_GNU_VTENTRY) return "R_X86_64_GNU_VTENTRY";
  const name = names[type];
  return name === undefined ? `unknown (${type >>> 0})` : `R_X86_64_${name}`;
}
