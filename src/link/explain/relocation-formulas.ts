// The arithmetic of relocations, as their psABIs write it: S the symbol's
// address, A the addend, P the place, G the symbol's offset in the GOT, GOT
// its start, L a stub, B the base. For explanations; the targets compute.

/** What the explanation can compute by itself, S, A and P being known. */
export interface RelocationFormula {
  readonly formula: string;
  compute?(s: bigint, a: bigint, p: bigint): bigint;
}

const absolute: RelocationFormula = { formula: "S + A", compute: (s, a) => s + a };
const relative: RelocationFormula = { formula: "S + A - P", compute: (s, a, p) => s + a - p };
const got: RelocationFormula = { formula: "G + GOT + A - P" };
const hi20 = (value: bigint) => ((value + 0x800n) >> 12n) & 0xfffffn;

const formulas: Readonly<Record<string, RelocationFormula>> = {
  // x86-64 and i386
  R_X86_64_64: absolute,
  R_X86_64_32: absolute,
  R_X86_64_32S: absolute,
  R_X86_64_16: absolute,
  R_X86_64_8: absolute,
  R_X86_64_PC64: relative,
  R_X86_64_PC32: relative,
  R_X86_64_PC16: relative,
  R_X86_64_PC8: relative,
  R_X86_64_PLT32: { formula: "L + A - P, with L = S: it needs no stub", compute: (s, a, p) => s + a - p },
  R_X86_64_GOTPCREL: got,
  R_X86_64_GOTPCRELX: got,
  R_X86_64_REX_GOTPCRELX: got,
  R_X86_64_GOT32: { formula: "G + A" },
  R_X86_64_GOTOFF64: { formula: "S + A - GOT" },
  R_X86_64_GOTPC32: { formula: "GOT + A - P" },
  R_X86_64_TPOFF32: { formula: "S + A - end of the TLS image" },
  R_X86_64_TPOFF64: { formula: "S + A - end of the TLS image" },
  R_X86_64_DTPOFF32: { formula: "S + A - start of the TLS image" },
  R_X86_64_DTPOFF64: { formula: "S + A - start of the TLS image" },
  R_X86_64_GOTTPOFF: { formula: "address of the TLS offset's GOT entry + A - P" },
  R_X86_64_TLSGD: { formula: "relaxed to local-exec" },
  R_X86_64_TLSLD: { formula: "relaxed to local-exec" },
  R_X86_64_SIZE32: { formula: "size of the symbol + A" },
  R_X86_64_SIZE64: { formula: "size of the symbol + A" },
  R_386_32: absolute,
  R_386_16: absolute,
  R_386_8: absolute,
  R_386_PC32: relative,
  R_386_PC16: relative,
  R_386_PC8: relative,
  R_386_PLT32: { formula: "L + A - P, with L = S: it needs no stub", compute: (s, a, p) => s + a - p },
  R_386_GOT32: { formula: "G + A" },
  R_386_GOT32X: { formula: "G + A" },
  R_386_GOTOFF: { formula: "S + A - GOT" },
  R_386_GOTPC: { formula: "GOT + A - P" },
  R_386_TLS_LE: { formula: "S + A - end of the TLS image" },
  // RISC-V
  R_RISCV_32: absolute,
  R_RISCV_64: absolute,
  R_RISCV_BRANCH: relative,
  R_RISCV_JAL: relative,
  R_RISCV_RVC_BRANCH: relative,
  R_RISCV_RVC_JUMP: relative,
  R_RISCV_CALL: relative,
  R_RISCV_CALL_PLT: relative,
  R_RISCV_32_PCREL: relative,
  R_RISCV_PCREL_HI20: {
    formula: "(S + A - P + 0x800) >> 12, 20 bits",
    compute: (s, a, p) => hi20(s + a - p),
  },
  R_RISCV_HI20: { formula: "(S + A + 0x800) >> 12, 20 bits", compute: (s, a) => hi20(s + a) },
  R_RISCV_LO12_I: { formula: "low 12 bits of S + A", compute: (s, a) => (s + a) & 0xfffn },
  R_RISCV_LO12_S: { formula: "low 12 bits of S + A", compute: (s, a) => (s + a) & 0xfffn },
  R_RISCV_PCREL_LO12_I: { formula: "low 12 bits of what the HI20 at S computes" },
  R_RISCV_PCREL_LO12_S: { formula: "low 12 bits of what the HI20 at S computes" },
  R_RISCV_GOT_HI20: { formula: "(G + GOT + A - P + 0x800) >> 12, 20 bits" },
  R_RISCV_TPREL_HI20: { formula: "(S + A - start of the TLS image + 0x800) >> 12, 20 bits" },
  R_RISCV_TPREL_LO12_I: { formula: "low 12 bits of S + A - start of the TLS image" },
  R_RISCV_TPREL_LO12_S: { formula: "low 12 bits of S + A - start of the TLS image" },
  R_RISCV_RELAX: { formula: "none: the relocation before it may be relaxed" },
  R_RISCV_ALIGN: { formula: "none: A bytes of padding, of which alignment needs some" },
};

const families: readonly (readonly [RegExp, RelocationFormula])[] = [
  [/^R_RISCV_ADD(8|16|32|64)$/, { formula: "V + S + A, V being what is there" }],
  [/^R_RISCV_SUB(6|8|16|32|64)$/, { formula: "V - S - A, V being what is there" }],
  [/^R_RISCV_SET(6|8|16|32|_ULEB128)$/, absolute],
  [/^R_RISCV_SUB_ULEB128$/, { formula: "V - S - A, V being what is there" }],
  [/_NONE$/, { formula: "none" }],
];

/** Undefined for a type that has no entry. */
export function relocationFormula(name: string): RelocationFormula | undefined {
  if (Object.hasOwn(formulas, name)) return formulas[name];
  return families.find(([pattern]) => pattern.test(name))?.[1];
}
