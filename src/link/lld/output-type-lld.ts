import {
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
} from "../place/section-flags.ts";

// Types of output sections, as LLD joins and names them.

export function canBeProgbits(type: number): boolean {
  return (
    type === SHT_NOBITS ||
    type === SHT_PROGBITS ||
    type === SHT_INIT_ARRAY ||
    type === SHT_PREINIT_ARRAY ||
    type === SHT_FINI_ARRAY ||
    type === SHT_NOTE
  );
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: "SHT_PROGBITS",
  2: "SHT_SYMTAB",
  3: "SHT_STRTAB",
  4: "SHT_RELA",
  5: "SHT_HASH",
  6: "SHT_DYNAMIC",
  7: "SHT_NOTE",
  8: "SHT_NOBITS",
  9: "SHT_REL",
  14: "SHT_INIT_ARRAY",
  15: "SHT_FINI_ARRAY",
  16: "SHT_PREINIT_ARRAY",
  17: "SHT_GROUP",
  1879048193: "SHT_X86_64_UNWIND",
};

export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `Unknown (0x${(type >>> 0).toString(16).toUpperCase()})`;
}
