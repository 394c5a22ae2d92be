import type { EmptySection } from "./target.ts";

const SHT_PROGBITS = 1;
const ALLOC = 2;
const ALLOC_WRITE = 3;
const ALLOC_EXEC = 6;

/** What GNU ld makes in the first x86 object of every static link, in its order. */
export function x86EmptySections(is64: boolean): readonly EmptySection[] {
  const word = is64 ? 3 : 2;
  const [prefix, type] = is64 ? [".rela", 4] : [".rel", 9];
  return [
    { name: `${prefix}.got`, type, flags: ALLOC, alignPower: word },
    { name: ".got", type: SHT_PROGBITS, flags: ALLOC_WRITE, alignPower: word },
    { name: ".got.plt", type: SHT_PROGBITS, flags: ALLOC_WRITE, alignPower: word },
    { name: ".iplt", type: SHT_PROGBITS, flags: ALLOC_EXEC, alignPower: 0 },
    { name: `${prefix}.iplt`, type, flags: ALLOC, alignPower: word },
    { name: ".igot.plt", type: SHT_PROGBITS, flags: ALLOC_WRITE, alignPower: word },
  ];
}
