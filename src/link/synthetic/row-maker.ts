import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STV_HIDDEN,
} from "../../elf/index.ts";
import {
  type LinkModel,
  type SectionId,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { entrySize } from "../relocation-reader.ts";

/** Adds rows with bytes of zero, which are written when addresses are known. */
export class RowMaker {
  private readonly model: LinkModel;
  private readonly owner: number;
  private readonly wordPower: number;

  constructor(model: LinkModel, owner: number, wordPower: number) {
    this.model = model;
    this.owner = owner;
    this.wordPower = wordPower;
  }

  data(name: string, size: number): SectionId {
    return this.add(name, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, this.wordPower, size, 0);
  }

  code(name: string, size: number, alignPower: number): SectionId {
    return this.add(name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, alignPower, size, 0);
  }

  readOnly(name: string, size: number, alignPower: number): SectionId {
    return this.add(name, SHT_PROGBITS, SHF_ALLOC, alignPower, size, 0);
  }

  relocations(name: string, target: Target, count: number): SectionId {
    const size = entrySize(target.is64, target.rela);
    const type = target.rela ? SHT_RELA : SHT_REL;
    return this.add(name, type, SHF_ALLOC, this.wordPower, count * size, size);
  }

  add(
    name: string,
    type: number,
    flags: number,
    alignPower: number,
    size: number,
    entsize: number,
  ): SectionId {
    const { sections, names } = this.model;
    const row = sections.addSynthetic({
      object: this.owner,
      name: names.addString(name),
      type,
      flags,
      alignPower,
      entsize,
      size,
    });
    sections.contents.set(row, new Uint8Array(size));
    return row;
  }
}

/** Defines a symbol of the linker's own, unless an object or the script did. */
export function define(
  model: LinkModel,
  name: string,
  section: SectionId,
  value: number,
  type: number,
): SymbolId {
  const { symbols } = model;
  const symbol = symbols.addGlobal(model.names.addString(name));
  if (symbols.section[symbol] !== SymbolSection.undefined) return symbol;
  symbols.section[symbol] = section;
  symbols.valueLow[symbol] = value;
  symbols.valueHigh[symbol] = 0;
  symbols.object[symbol] = -1;
  symbols.info[symbol] = (STB_GLOBAL << 4) | type;
  symbols.other[symbol] = model.options.compat === "lld" ? STV_HIDDEN : 0;
  // Garbage collection may have taken it for a name that nobody defines.
  symbols.flags[symbol] =
    (symbols.flags[symbol] & ~SymbolFlag.omit) | SymbolFlag.forcedLocal | SymbolFlag.live;
  return symbol;
}
