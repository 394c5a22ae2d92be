/** Names of relocation types in the psABI's order; "" where there is none. */
const names =
  "NONE 32 64 RELATIVE COPY JUMP_SLOT TLS_DTPMOD32 TLS_DTPMOD64 TLS_DTPREL32 TLS_DTPREL64 TLS_TPREL32 TLS_TPREL64 " +
  "TLSDESC - - - BRANCH JAL CALL CALL_PLT GOT_HI20 TLS_GOT_HI20 TLS_GD_HI20 PCREL_HI20 PCREL_LO12_I PCREL_LO12_S " +
  "HI20 LO12_I LO12_S TPREL_HI20 TPREL_LO12_I TPREL_LO12_S TPREL_ADD ADD8 ADD16 ADD32 ADD64 SUB8 SUB16 SUB32 SUB64 " +
  "GNU_VTINHERIT GNU_VTENTRY ALIGN RVC_BRANCH RVC_JUMP RVC_LUI GPREL_I GPREL_S TPREL_I TPREL_S RELAX SUB6 SET6 SET8 " +
  "SET16 SET32 32_PCREL IRELATIVE PLT32 SET_ULEB128 SUB_ULEB128";

const generic: Readonly<Record<string, number>> = { NONE: 0, "32": 1, "64": 2 };

/** The number of a relocation type by its name, as .reloc takes it. */
export function relocationNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  if (upper.startsWith("BFD_RELOC_")) return generic[upper.slice(10)];
  if (!upper.startsWith("R_RISCV_")) return undefined;
  const number = names.split(" ").indexOf(upper.slice(8));
  return number < 0 ? undefined : number;
}
