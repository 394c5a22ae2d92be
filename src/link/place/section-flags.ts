import { uint8Column } from "../../binary/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { type OutputStatement, SectionFlag } from "./placement.ts";

// How the flags of input sections become those of an output section.
//
// GNU ld thinks in BFD's flags (alloc, load, readonly, code …), and its
// decisions show: an output section is writable as soon as one input is, code
// as soon as one input is, and its ELF type is that of its first input only if
// nothing else has changed its flags. So layout keeps BFD-like flags and turns
// them into sh_type and sh_flags at the very end.

export const SHT_PROGBITS = 1;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_DYNAMIC = 6;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHT_INIT_ARRAY = 14;
export const SHT_FINI_ARRAY = 15;
export const SHT_PREINIT_ARRAY = 16;

export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_MERGE = 0x10;
export const SHF_STRINGS = 0x20;
export const SHF_LINK_ORDER = 0x80;
export const SHF_GROUP = 0x200;
export const SHF_TLS = 0x400;
/** SHF_MASKOS and SHF_MASKPROC; of the latter SHF_EXCLUDE is left with -r only. */
export const SHF_MASK_SPECIAL = 0xfff00000;

/** Debug sections are known by their names alone. */
const DEBUG_NAME = /^\.(debug|gnu\.debuglto_\.debug_|gnu\.linkonce\.wi\.|zdebug|line|stab|gdb_index$)/;

/** The BFD-like flags of an input section, from its ELF header and name. */
export function inputFlags(type: number, elf: number, debugName: boolean): number {
  let flags = 0;
  if (type !== SHT_NOBITS) flags |= SectionFlag.hasContents;
  if ((elf & SHF_ALLOC) !== 0) {
    flags |= SectionFlag.alloc;
    if (type !== SHT_NOBITS) flags |= SectionFlag.load;
  }
  if ((elf & SHF_WRITE) === 0) flags |= SectionFlag.readonly;
  if ((elf & SHF_EXECINSTR) !== 0) flags |= SectionFlag.code;
  else if ((flags & SectionFlag.load) !== 0) flags |= SectionFlag.data;
  if ((elf & SHF_MERGE) !== 0) flags |= SectionFlag.merge;
  if ((elf & SHF_STRINGS) !== 0) flags |= SectionFlag.strings;
  if ((elf & SHF_TLS) !== 0) flags |= SectionFlag.threadLocal;
  if ((flags & SectionFlag.alloc) === 0 && debugName) flags |= SectionFlag.debugging;
  return flags;
}

/** Whether a name says that a section without SHF_ALLOC is for the debugger. */
export function isDebugName(name: string): boolean {
  return DEBUG_NAME.test(name);
}

/** Flags of sections by row, asking the name only where it matters and only once for each name. */
export class FlagReader {
  private readonly model: LinkModel;
  /** NameId to 0 unknown, 1 no, 2 yes. */
  private debug: Uint8Array = new Uint8Array(0);

  constructor(model: LinkModel) {
    this.model = model;
    this.debug = uint8Column(model.names.count);
  }

  of(section: SectionId): number {
    const { sections } = this.model;
    const elf = sections.flags[section];
    const isDebug = (elf & SHF_ALLOC) === 0 && this.isDebug(sections.name[section]);
    const flags = inputFlags(sections.type[section], elf, isDebug);
    // GNU ld fills its build identifier in at the very end and says that it has no contents before: as an orphan it
    // resembles no other section then, and goes first.
    if (sections.type[section] === SHT_NOTE && this.isOwnBuildId(section))
      return flags & ~SectionFlag.hasContents;
    return flags;
  }

  /** The inputs' identifiers are left out where the linker makes one. */
  private isOwnBuildId(section: SectionId): boolean {
    const { options, names, sections } = this.model;
    if (options.buildId === "none" || options.compat === "lld") return false;
    return sections.name[section] === names.find(".note.gnu.build-id");
  }

  private isDebug(name: number): boolean {
    if (name >= this.debug.length) return isDebugName(this.model.names.text(name));
    if (this.debug[name] === 0) this.debug[name] = isDebugName(this.model.names.text(name)) ? 2 : 1;
    return this.debug[name] === 2;
  }
}

// The ABI's sections, whose ELF type and flags follow from the name alone when
// no input says otherwise. `tail`: 0 the exact name, -2 also followed by a dot
// and more, -1 also followed by anything.
const ABI_SECTIONS: readonly (readonly [name: string, tail: 0 | -1 | -2, type: number, flags: number])[] = [
  [".bss", -2, SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  [".comment", 0, SHT_PROGBITS, 0],
  [".ctf", 0, SHT_PROGBITS, 0],
  [".data", -2, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  [".data1", 0, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  [".debug", 0, SHT_PROGBITS, 0],
  [".debug_line", 0, SHT_PROGBITS, 0],
  [".debug_info", 0, SHT_PROGBITS, 0],
  [".debug_abbrev", 0, SHT_PROGBITS, 0],
  [".debug_aranges", 0, SHT_PROGBITS, 0],
  [".dynamic", 0, SHT_DYNAMIC, SHF_ALLOC],
  [".dynstr", 0, SHT_STRTAB, SHF_ALLOC],
  [".fini", 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  [".fini_array", -2, SHT_FINI_ARRAY, SHF_ALLOC | SHF_WRITE],
  [".gnu.linkonce.b", -2, SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  [".gnu.linkonce.n", -2, SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  [".gnu.linkonce.p", -2, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  [".got", 0, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  [".init", 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  [".init_array", -2, SHT_INIT_ARRAY, SHF_ALLOC | SHF_WRITE],
  [".interp", 0, SHT_PROGBITS, 0],
  [".line", 0, SHT_PROGBITS, 0],
  [".noinit", -2, SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  [".note.GNU-stack", 0, SHT_PROGBITS, 0],
  [".note", -1, SHT_NOTE, 0],
  [".persistent.bss", 0, SHT_NOBITS, SHF_ALLOC | SHF_WRITE],
  [".persistent", -2, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE],
  [".preinit_array", -2, SHT_PREINIT_ARRAY, SHF_ALLOC | SHF_WRITE],
  [".plt", 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  [".rodata", -2, SHT_PROGBITS, SHF_ALLOC],
  [".rodata1", 0, SHT_PROGBITS, SHF_ALLOC],
  [".rela", -1, SHT_RELA, 0],
  [".rel", -1, SHT_REL, 0],
  [".shstrtab", 0, SHT_STRTAB, 0],
  [".strtab", 0, SHT_STRTAB, 0],
  [".symtab", 0, 2, 0],
  [".text", -2, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR],
  [".tbss", -2, SHT_NOBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS],
  [".tdata", -2, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS],
];

function abiSection(name: string): { readonly type: number; readonly flags: number } | undefined {
  for (let i = 0; i < ABI_SECTIONS.length; i++) {
    if (!name.startsWith(ABI_SECTIONS[i][0])) continue;
    const [prefix, tail, type, flags] = ABI_SECTIONS[i];
    const next = name[prefix.length];
    // `.rel` is followed by anything but where relocations have addends: then only by a dot.
    if (next === undefined || (tail === -2 && next === ".")) return { type, flags };
    if (tail === -1 && (next === "." || type !== SHT_REL)) return { type, flags };
  }
  return undefined;
}

/** Brings an output section into being, with the flags of what needed it first. */
export function createOutput(output: OutputStatement, flags: number): void {
  if (output.exists) return;
  output.exists = true;
  output.flags = flags;
  const abi = abiSection(output.name);
  output.elfType = abi?.type ?? 0;
  output.elfFlags = abi?.flags ?? 0;
}

/** The flags an input section brings to an output section, under the section type that the script gave. */
function broughtFlags(flags: number, output: OutputStatement): number {
  switch (output.type?.keyword) {
    case "COPY":
    case "INFO":
    case "DSECT":
    case "OVERLAY":
      return flags & ~SectionFlag.alloc;
    case "READONLY":
      return flags | SectionFlag.readonly;
    case "NOLOAD":
      return (flags & ~(SectionFlag.load | SectionFlag.hasContents)) | SectionFlag.neverLoad;
    default:
      return flags;
  }
}

/** Takes the flags, type, entry size and alignment of an input section over into its output section. */
export function addInput(
  model: LinkModel,
  output: OutputStatement,
  section: SectionId,
  inputFlag: number,
): void {
  const { sections } = model;
  let flags = broughtFlags(inputFlag, output);
  createOutput(output, flags);
  output.flags &= flags | ~SectionFlag.readonly;
  const mergeBits = SectionFlag.merge | SectionFlag.strings;
  if (output.hasInput) {
    flags &= ~SectionFlag.readonly;
    const differs = (output.flags & mergeBits) !== (flags & mergeBits);
    const entsizeDiffers = (flags & SectionFlag.merge) !== 0 && output.entsize !== sections.entsize[section];
    if (differs || entsizeDiffers) {
      output.flags &= ~mergeBits;
      flags &= ~mergeBits;
    }
    output.flags |= flags;
  } else {
    output.flags |= flags;
    output.hasInput = true;
    output.firstInput = section;
    takeElfHeader(model, output, section, inputFlag);
    if ((flags & SectionFlag.merge) !== 0) output.entsize = sections.entsize[section];
  }
  if (sections.alignPower[section] > output.alignPower) output.alignPower = sections.alignPower[section];
}

/** From the first input section: the ELF type, if the flags are still its own, and special flags. */
function takeElfHeader(
  model: LinkModel,
  output: OutputStatement,
  section: SectionId,
  inputFlag: number,
): void {
  const { sections } = model;
  const { elfType } = output;
  if (elfType === SHT_PROGBITS || elfType === SHT_NOTE || elfType === SHT_NOBITS) output.elfType = 0;
  if (output.elfType === 0 && output.flags === inputFlag) output.elfType = ownType(model, section);
  output.elfFlags = sections.flags[section] & SHF_MASK_SPECIAL;
  if (model.options.kind === "relocatable" && !model.options.forceGroupAllocation)
    output.elfFlags |= sections.flags[section] & SHF_GROUP;
  if ((sections.flags[section] & SHF_LINK_ORDER) !== 0) output.elfFlags |= SHF_LINK_ORDER;
}

/**
 * The ELF type that a section brings along. What the linker makes has one only
 * where its name is one of the ABI's: GNU ld makes .iplt without a type, and
 * orphans do not take it for their like.
 */
export function ownType(model: LinkModel, section: SectionId): number {
  const { sections, objects, names } = model;
  const type = sections.type[section];
  const last = objects[objects.length - 1];
  const isMade = last === undefined || section >= last.sectionBase + last.sectionCount;
  if (!isMade || (type !== SHT_PROGBITS && type !== SHT_NOBITS)) return type;
  return abiSection(names.text(sections.name[section]))?.type ?? 0;
}

/** A .tbss: thread-local and without contents. It takes no addresses. */
export function isTbss(output: OutputStatement): boolean {
  const bits = SectionFlag.load | SectionFlag.threadLocal;
  return (output.flags & bits) === SectionFlag.threadLocal;
}

/** sh_type of a finished output section. */
export function finalType(output: OutputStatement): { readonly type: number; readonly changed: boolean } {
  const { flags } = output;
  const plain =
    (flags & SectionFlag.alloc) !== 0 && (flags & (SectionFlag.load | SectionFlag.hasContents)) === 0
      ? SHT_NOBITS
      : SHT_PROGBITS;
  const wanted = output.scriptType !== 0 ? output.scriptType : plain;
  if (output.elfType === 0) return { type: wanted, changed: false };
  if (output.elfType === SHT_NOBITS && wanted === SHT_PROGBITS && (flags & SectionFlag.alloc) !== 0)
    return { type: SHT_PROGBITS, changed: true };
  return { type: output.elfType, changed: false };
}

/** sh_flags of a finished output section. */
export function finalFlags(output: OutputStatement): number {
  const { flags } = output;
  let elf = output.elfFlags;
  if ((flags & SectionFlag.alloc) !== 0) elf |= SHF_ALLOC;
  if ((flags & SectionFlag.readonly) === 0) elf |= SHF_WRITE;
  if ((flags & SectionFlag.code) !== 0) elf |= SHF_EXECINSTR;
  if ((flags & SectionFlag.merge) !== 0) elf |= SHF_MERGE;
  if ((flags & SectionFlag.strings) !== 0) elf |= SHF_STRINGS;
  if ((flags & SectionFlag.threadLocal) !== 0) elf |= SHF_TLS;
  return elf;
}

/** sh_entsize of a finished output section of ELF type `type`. */
export function finalEntsize(output: OutputStatement, type: number, is64: boolean): number {
  switch (type) {
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
      return is64 ? 8 : 4;
    case SHT_RELA:
      return is64 ? 24 : 12;
    case SHT_REL:
      return is64 ? 16 : 8;
    case SHT_DYNAMIC:
      return is64 ? 16 : 8;
    default:
      return (output.flags & SectionFlag.merge) !== 0 ? output.entsize : 0;
  }
}
