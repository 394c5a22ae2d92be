// Relocation types of the i386 psABI, section "Relocation Types".

export const R_386_NONE = 0;
export const R_386_32 = 1;
export const R_386_PC32 = 2;
export const R_386_GOT32 = 3;
export const R_386_PLT32 = 4;
export const R_386_RELATIVE = 8;
export const R_386_GOTOFF = 9;
export const R_386_GOTPC = 10;
export const R_386_TLS_IE = 15;
export const R_386_TLS_GOTIE = 16;
export const R_386_TLS_LE = 17;
export const R_386_TLS_GD = 18;
export const R_386_TLS_LDM = 19;
export const R_386_16 = 20;
export const R_386_PC16 = 21;
export const R_386_8 = 22;
export const R_386_PC8 = 23;
export const R_386_TLS_LDO_32 = 32;
export const R_386_TLS_IE_32 = 33;
export const R_386_TLS_LE_32 = 34;
export const R_386_SIZE32 = 38;
export const R_386_TLS_GOTDESC = 39;
export const R_386_TLS_DESC_CALL = 40;
export const R_386_IRELATIVE = 42;
export const R_386_GOT32X = 43;
export const R_386_GNU_VTINHERIT = 250;
export const R_386_GNU_VTENTRY = 251;

const names: Readonly<Record<number, string>> = {
  0: "NONE",
  1: "32",
  2: "PC32",
  3: "GOT32",
  4: "PLT32",
  5: "COPY",
  6: "GLOB_DAT",
  7: "JUMP_SLOT",
  8: "RELATIVE",
  9: "GOTOFF",
  10: "GOTPC",
  11: "32PLT",
  14: "TLS_TPOFF",
  15: "TLS_IE",
  16: "TLS_GOTIE",
  17: "TLS_LE",
  18: "TLS_GD",
  19: "TLS_LDM",
  20: "16",
  21: "PC16",
  22: "8",
  23: "PC8",
  24: "TLS_GD_32",
  25: "TLS_GD_PUSH",
  26: "TLS_GD_CALL",
  27: "TLS_GD_POP",
  28: "TLS_LDM_32",
  29: "TLS_LDM_PUSH",
  30: "TLS_LDM_CALL",
  31: "TLS_LDM_POP",
  32: "TLS_LDO_32",
  33: "TLS_IE_32",
  34: "TLS_LE_32",
  35: "TLS_DTPMOD32",
  36: "TLS_DTPOFF32",
  37: "TLS_TPOFF32",
  38: "SIZE32",
  39: "TLS_GOTDESC",
  40: "TLS_DESC_CALL",
  41: "TLS_DESC",
  42: "IRELATIVE",
  43: "GOT32X",
  250: "GNU_VTINHERIT",
  251: "GNU_VTENTRY",
};

/** `R_386_PC32`, or `unknown (99)`. */
export function relocationName(type: number): string {
  const name = names[type];
  return name === undefined ? `unknown (${type >>> 0})` : `R_386_${name}`;
}
