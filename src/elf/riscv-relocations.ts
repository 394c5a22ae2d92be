// The relocations of the RISC-V ELF psABI, in its order and under its names.

export const R_RISCV_NONE = 0;
export const R_RISCV_32 = 1;
export const R_RISCV_64 = 2;
export const R_RISCV_RELATIVE = 3;
export const R_RISCV_COPY = 4;
export const R_RISCV_JUMP_SLOT = 5;
export const R_RISCV_TLS_DTPMOD32 = 6;
export const R_RISCV_TLS_DTPMOD64 = 7;
export const R_RISCV_TLS_DTPREL32 = 8;
export const R_RISCV_TLS_DTPREL64 = 9;
export const R_RISCV_TLS_TPREL32 = 10;
export const R_RISCV_TLS_TPREL64 = 11;
export const R_RISCV_TLSDESC = 12;
export const R_RISCV_BRANCH = 16;
export const R_RISCV_JAL = 17;
export const R_RISCV_CALL = 18;
export const R_RISCV_CALL_PLT = 19;
export const R_RISCV_GOT_HI20 = 20;
export const R_RISCV_TLS_GOT_HI20 = 21;
export const R_RISCV_TLS_GD_HI20 = 22;
export const R_RISCV_PCREL_HI20 = 23;
export const R_RISCV_PCREL_LO12_I = 24;
export const R_RISCV_PCREL_LO12_S = 25;
export const R_RISCV_HI20 = 26;
export const R_RISCV_LO12_I = 27;
export const R_RISCV_LO12_S = 28;
export const R_RISCV_TPREL_HI20 = 29;
export const R_RISCV_TPREL_LO12_I = 30;
export const R_RISCV_TPREL_LO12_S = 31;
export const R_RISCV_TPREL_ADD = 32;
export const R_RISCV_ADD8 = 33;
export const R_RISCV_ADD16 = 34;
export const R_RISCV_ADD32 = 35;
export const R_RISCV_ADD64 = 36;
export const R_RISCV_SUB8 = 37;
export const R_RISCV_SUB16 = 38;
export const R_RISCV_SUB32 = 39;
export const R_RISCV_SUB64 = 40;
/** Was R_RISCV_GNU_VTINHERIT, which nothing emits. */
export const R_RISCV_GOT32_PCREL = 41;
export const R_RISCV_GNU_VTENTRY = 42;
export const R_RISCV_ALIGN = 43;
export const R_RISCV_RVC_BRANCH = 44;
export const R_RISCV_RVC_JUMP = 45;
export const R_RISCV_RVC_LUI = 46;
// What GNU ld turns relaxed low parts into: no object has them, messages name them.
export const R_RISCV_GPREL_I = 47;
export const R_RISCV_GPREL_S = 48;
export const R_RISCV_TPREL_I = 49;
export const R_RISCV_TPREL_S = 50;
export const R_RISCV_RELAX = 51;
export const R_RISCV_SUB6 = 52;
export const R_RISCV_SET6 = 53;
export const R_RISCV_SET8 = 54;
export const R_RISCV_SET16 = 55;
export const R_RISCV_SET32 = 56;
export const R_RISCV_32_PCREL = 57;
export const R_RISCV_IRELATIVE = 58;
export const R_RISCV_PLT32 = 59;
export const R_RISCV_SET_ULEB128 = 60;
export const R_RISCV_SUB_ULEB128 = 61;
export const R_RISCV_TLSDESC_HI20 = 62;
export const R_RISCV_TLSDESC_LOAD_LO12 = 63;
export const R_RISCV_TLSDESC_ADD_LO12 = 64;
export const R_RISCV_TLSDESC_CALL = 65;

const names: readonly string[] = [
  "NONE",
  "32",
  "64",
  "RELATIVE",
  "COPY",
  "JUMP_SLOT",
  "TLS_DTPMOD32",
  "TLS_DTPMOD64",
  "TLS_DTPREL32",
  "TLS_DTPREL64",
  "TLS_TPREL32",
  "TLS_TPREL64",
  "TLSDESC",
  "",
  "",
  "",
  "BRANCH",
  "JAL",
  "CALL",
  "CALL_PLT",
  "GOT_HI20",
  "TLS_GOT_HI20",
  "TLS_GD_HI20",
  "PCREL_HI20",
  "PCREL_LO12_I",
  "PCREL_LO12_S",
  "HI20",
  "LO12_I",
  "LO12_S",
  "TPREL_HI20",
  "TPREL_LO12_I",
  "TPREL_LO12_S",
  "TPREL_ADD",
  "ADD8",
  "ADD16",
  "ADD32",
  "ADD64",
  "SUB8",
  "SUB16",
  "SUB32",
  "SUB64",
  "GOT32_PCREL",
  "GNU_VTENTRY",
  "ALIGN",
  "RVC_BRANCH",
  "RVC_JUMP",
  "RVC_LUI",
  "GPREL_I",
  "GPREL_S",
  "TPREL_I",
  "TPREL_S",
  "RELAX",
  "SUB6",
  "SET6",
  "SET8",
  "SET16",
  "SET32",
  "32_PCREL",
  "IRELATIVE",
  "PLT32",
  "SET_ULEB128",
  "SUB_ULEB128",
  "TLSDESC_HI20",
  "TLSDESC_LOAD_LO12",
  "TLSDESC_ADD_LO12",
  "TLSDESC_CALL",
];

/** `R_RISCV_CALL_PLT`, or `unknown (250)`. */
export function riscvRelocationName(type: number): string {
  const name = names[type];
  return name ? `R_RISCV_${name}` : `unknown (${type})`;
}
