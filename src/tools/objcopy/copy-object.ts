import {
  SHF_COMPRESSED,
  SHF_EXCLUDE,
  SHF_GROUP,
  SHF_LINK_ORDER,
  SHT_DYNSYM,
  SHT_GNU_verdef,
  SHT_GNU_verneed,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PROGBITS,
  SHT_RELA,
  SHT_SYMTAB,
} from "../../elf/index.ts";
import { isProblem } from "../../files/index.ts";
import {
  SEC_ALLOC,
  SEC_DATA,
  SEC_DEBUGGING,
  SEC_EXCLUDE,
  SEC_GROUP,
  SEC_HAS_CONTENTS,
  SEC_LOAD,
  SEC_READONLY,
  SEC_RELOC,
} from "../bfd/section.ts";
import { BSF_KEEP } from "../bfd/symbols.ts";
import { type TargetFormat, targetNamed } from "../bfd/targets.ts";
import { Fatal } from "../fatal.ts";
import { complain, type ToolHost } from "../host.ts";
import { asByteText } from "../text-out.ts";
import { convertDebugSection } from "./debug-compression.ts";
import { debugLinkContents } from "./debug-link.ts";
import {
  type InputObject,
  type InputSection,
  isLinked,
  MAX_SIZE,
  type OutputSection,
  readRelocations,
  usesRela,
} from "./model.ts";
import { planSegments } from "./segments.ts";
import { findRule, type Settings } from "./settings.ts";
import { specialSection } from "./special-sections.ts";
import { filterSymbols, filtersSymbols, isRemoved } from "./symbols.ts";
import { rememberTables, writeElfOutput } from "./write-elf.ts";
import { writeRaw } from "./write-raw.ts";

// The copy itself, in the order in which GNU objcopy goes about it: sections
// are set up, then symbols are chosen (those that relocations need stay), then
// contents move, and the file is laid out and written.

export interface CopyResult {
  readonly size: number;
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** The output is a program or library: it gets execute permission. */
  readonly executable: boolean;
  readonly code: number;
}

/** A copy of an input in a format; undefined after saying why there is none. `outputName` is byte text. */
export function copyObject(
  input: InputObject,
  target: TargetFormat,
  settings: Settings,
  outputName: string,
  host: ToolHost,
): CopyResult | undefined {
  if (
    target.kind === "elf" &&
    input.littleEndian !== undefined &&
    input.littleEndian !== target.littleEndian
  ) {
    complain(host, `unable to change endianness of '${input.name}'`);
    return undefined;
  }
  if (input.elf?.warnings.some((warning) => warning.includes("corrupt"))) {
    complain(host, `unable to modify '${input.name}' due to errors`);
    return undefined;
  }
  if (input.sections.length === 0) {
    complain(host, `error: the input file '${input.name}' has no sections`);
    return undefined;
  }
  if (settings.verbose)
    host.out(`copy from \`${input.name}' [${input.target}] to \`${outputName}' [${target.name}]\n`);
  const start = settings.extractSymbol
    ? 0n
    : BigInt.asUintN(64, (settings.setStart ?? input.start) + settings.changeStart);

  const outputs: OutputSection[] = [];
  for (const section of input.sections) setUpSection(input, section, outputs, target, settings, host);
  if (!settings.extractSymbol) fixGroups(input);
  // Before anything is added: what is new does not disturb the program headers.
  const sameTarget = input.target === target.name;
  const plans =
    isLinked(input) && target.kind === "elf" && !settings.extractSymbol
      ? planSegments(input, outputs, sameTarget, host)
      : [];
  addSections(outputs, outputName, settings, usesRela(input.elf?.image.header.machine ?? 0), host);
  const update = updateSections(input, settings, host);
  if (!update) return undefined;
  dumpSections(input, settings, host);
  const debugLink = addDebugLink(input, outputs, outputName, settings, host);
  const gaps = fillGaps(outputs, settings);

  let symbols = input.symbols;
  let code = 0;
  if (filtersSymbols(settings)) {
    if (settings.strip !== "all") markUsed(input);
    const filtered = filterSymbols(input, settings, outputs, host);
    symbols = filtered.symbols;
    code = filtered.code;
  }
  for (const section of input.sections) if (!copyContents(input, section, settings, host)) return undefined;
  for (const [section, contents] of update) section.contents = contents;
  if (debugLink) debugLink.section.contents = debugLink.contents;
  for (const [section, gap] of gaps) section.contents = extended(section, gap, settings.gapFill ?? 0);

  if (target.kind !== "elf")
    return writeRaw({ ...input, symbols }, outputs, start, target, settings, outputName, host, code);
  const elf = input.elf;
  const header = elf?.image.header;
  const output = {
    name: outputName,
    is64: target.is64,
    littleEndian: target.littleEndian,
    machine: settings.machineCode ?? (target.machine || (header?.machine ?? 0)),
    flags: header?.flags ?? 0,
    osabi: elf?.image.bytes[7] ?? 0,
    abiVersion: elf?.image.bytes[8] ?? 0,
    isExecutable: elf?.isExecutable ?? false,
    isDynamic: elf?.isDynamic ?? false,
    entry: start,
    sections: outputs,
    symbols,
    plans,
    keepSectionSymbols: settings.keepSectionSymbols || !isX86(header?.machine ?? 0),
    commonType: settings.elfCommon,
  };
  rememberTables(output, input);
  const image = writeElfOutput(input, output, host);
  if (!image) return undefined;
  // A copy in ELF is about as large as its input; where it is not, an address or an alignment is damaged.
  if (image.size > MAX_SIZE || image.size > 4 * (elf?.image.bytes.length ?? MAX_SIZE) + 2 ** 28) {
    complain(host, `${outputName}: file too big`);
    return undefined;
  }
  return { ...image, executable: output.isExecutable || output.isDynamic, code };
}

function isX86(machine: number): boolean {
  return machine === 3 || machine === 6 || machine === 62;
}

function setUpSection(
  input: InputObject,
  section: InputSection,
  outputs: OutputSection[],
  target: TargetFormat,
  settings: Settings,
  host: ToolHost,
): void {
  section.output = undefined;
  if (isRemoved(section, settings)) return;
  const { name: oldName } = section;
  let { flags } = section;
  const isElf = target.kind === "elf" && input.elf !== undefined;
  const renamed = settings.renames.get(oldName);
  if (renamed?.flags !== undefined) flags = renamed.flags;
  let name = renamed?.name ?? oldName;
  if (settings.prefixAllocSections !== "" && section.flags & SEC_ALLOC)
    name = settings.prefixAllocSections + name;
  else name = settings.prefixSections + name;

  let makeNobits = false;
  const flagRule = findRule(settings, oldName, (rule) => rule.flags !== undefined);
  const { header } = section.bfd ?? {};
  if (flagRule) flags = (flagRule.flags ?? 0) | (flags & (SEC_HAS_CONTENTS | SEC_RELOC));
  else if (
    settings.strip === "only-keep-debug" &&
    flags & (SEC_ALLOC | SEC_GROUP) &&
    header?.type !== SHT_NOTE
  ) {
    let clear = SEC_HAS_CONTENTS | SEC_LOAD | SEC_GROUP;
    if (isElf) {
      if (flags & SEC_GROUP) clear = SEC_LOAD;
      else makeNobits = true;
      // So that the program headers see no change.
      section.flags &= ~clear;
    }
    flags &= ~clear;
  }
  const converted = isElf ? convertDebugSection(input, section, settings, host) : undefined;
  if (converted) {
    if (converted.name !== oldName && name === oldName) name = converted.name;
    section.contents = converted.contents;
  }
  let size = converted ? converted.contents.length : section.size;
  if (settings.byte >= 0)
    size = Math.floor((size + settings.interleave - 1) / settings.interleave) * settings.interleaveWidth;
  else if (settings.extractSymbol) size = 0;

  const vmaRule = findRule(settings, oldName, (rule) => rule.vma !== undefined)?.vma;
  const lmaRule = findRule(settings, oldName, (rule) => rule.lma !== undefined)?.lma;
  const change = (address: bigint, rule: { set: boolean; value: bigint } | undefined) =>
    BigInt.asUintN(
      64,
      rule ? (rule.set ? rule.value : address + rule.value) : address + settings.changeAddresses,
    );
  const alignRule = findRule(settings, oldName, (rule) => rule.alignmentPower !== undefined);
  const output: OutputSection = {
    name,
    flags,
    vma: change(section.vma, vmaRule),
    lma: change(section.lma, lmaRule),
    size,
    alignmentPower: alignRule?.alignmentPower ?? converted?.alignmentPower ?? section.alignmentPower,
    entsize: section.entsize,
    type: 0,
    elfFlags: 0,
    headerEntsize: header && isElf ? header.entsize : 0,
    headerInfo: 0,
    contents: undefined,
    source: section,
    relocations: undefined,
    rela: true,
    filePosition: 0,
    index: outputs.length,
  };
  section.output = output;
  outputs.push(output);
  if (section.flags & SEC_GROUP && section.signature) section.signature.flags |= BSF_KEEP;
  if (header && isElf) {
    copyHeader(
      output,
      section,
      settings,
      converted?.compressed,
      usesRela(input.elf?.image.header.machine ?? 0),
    );
    if (makeNobits) output.type = SHT_NOBITS;
  }
  if (section.flags & SEC_RELOC) copyRelocations(input, section, output, settings);
}

const SHF_MASKOS = 0x0ff00000;
const SHF_MASKPROC = 0xf0000000;

/** What goes from section header to section header beside BFD's flags. `compressed`: a change of SHF_COMPRESSED. */
function copyHeader(
  output: OutputSection,
  section: InputSection,
  settings: Settings,
  compressed: boolean | undefined,
  rela: boolean,
): void {
  const { header } = section.bfd ?? {};
  if (!header) return;
  const preset = specialSection(output.name, rela);
  if (preset && preset.type !== SHT_PROGBITS && preset.type !== SHT_NOTE && preset.type !== SHT_NOBITS)
    output.type = preset.type;
  if (output.type === 0 && output.flags === section.flags) output.type = header.type;
  const bits = Number(header.flags & 0xffffffffn);
  output.elfFlags = (bits & (SHF_MASKOS | SHF_MASKPROC) & ~SHF_EXCLUDE) | (bits & SHF_GROUP);
  if (bits & SHF_EXCLUDE) output.elfFlags |= SHF_EXCLUDE;
  if (compressed ?? ((bits & SHF_COMPRESSED) !== 0 && settings.compression !== "decompress"))
    output.elfFlags |= SHF_COMPRESSED;
  if (bits & SHF_LINK_ORDER) output.elfFlags |= SHF_LINK_ORDER;
  const { type } = header;
  if (type === SHT_SYMTAB || type === SHT_DYNSYM || type === SHT_GNU_verneed || type === SHT_GNU_verdef)
    output.headerInfo = header.info;
}

function copyRelocations(
  input: InputObject,
  section: InputSection,
  output: OutputSection,
  settings: Settings,
): void {
  const headers = section.bfd?.relocations ?? [];
  const nonEmpty = headers.filter((header) => header.size !== 0);
  output.rela =
    nonEmpty.length > 0
      ? nonEmpty.some(({ type }) => type === SHT_RELA)
      : usesRela(input.elf?.image.header.machine ?? 0);
  const skipped = section.size === 0 || isUpdated(section, settings) || (section.flags & SEC_GROUP) !== 0;
  if (settings.extractSymbol || skipped) {
    if (output.flags & SEC_RELOC) output.relocations = [];
    return;
  }
  if (settings.strip === "only-dwo" || findRule(settings, section.name, (rule) => rule.removeRelocations))
    return;
  let relocations = readRelocations(input, section);
  if (settings.strip === "all")
    relocations = relocations.filter(
      ({ symbol }) => symbol && settings.keepSymbols.has(symbol.name, settings.wildcards),
    );
  if (relocations.length > 0) output.relocations = relocations;
}

function isUpdated(section: InputSection, settings: Settings): boolean {
  return settings.updateSections.some(({ name }) => name === section.name);
}

/** Groups lose the members that are gone; one without any is not written as a group. */
function fixGroups(input: InputObject): void {
  for (const section of input.sections) {
    const { output } = section;
    if (!(section.flags & SEC_GROUP) || !output) continue;
    let size = 4;
    for (const member of section.members) {
      if (!member.output) continue;
      size += 4;
      if (member.relocationsInGroup && member.output.relocations) size += 4;
    }
    output.size = size;
    if (size > 4) continue;
    output.size = 0;
    output.flags |= SEC_EXCLUDE;
  }
}

function addSections(
  outputs: OutputSection[],
  file: string,
  settings: Settings,
  rela: boolean,
  host: ToolHost,
): void {
  for (const added of [...settings.addSections].reverse()) {
    if (outputs.some(({ name }) => name === added.name)) {
      complain(host, `${file}: can't add section '${added.name}': file format not recognized`);
      throw new Fatal("");
    }
    const flagRule = findRule(settings, added.name, (rule) => rule.flags !== undefined);
    const flags = flagRule
      ? (flagRule.flags ?? 0) | SEC_HAS_CONTENTS
      : SEC_HAS_CONTENTS | SEC_READONLY | SEC_DATA;
    const special = specialSection(added.name, rela);
    const vma = findRule(settings, added.name, (rule) => rule.vma !== undefined)?.vma?.value ?? 0n;
    const lma = findRule(settings, added.name, (rule) => rule.lma !== undefined)?.lma?.value ?? vma;
    outputs.push({
      name: added.name,
      flags,
      vma,
      lma,
      size: added.contents.length,
      alignmentPower:
        findRule(settings, added.name, (rule) => rule.alignmentPower !== undefined)?.alignmentPower ?? 0,
      entsize: 0,
      type: special?.type ?? 0,
      elfFlags: special?.flags ?? 0,
      headerEntsize: 0,
      headerInfo: 0,
      contents: added.contents,
      source: undefined,
      relocations: undefined,
      rela: true,
      filePosition: 0,
      index: outputs.length,
    });
  }
}

function updateSections(
  input: InputObject,
  settings: Settings,
  host: ToolHost,
): Map<OutputSection, Uint8Array> | undefined {
  const updated = new Map<OutputSection, Uint8Array>();
  for (const { name, contents } of settings.updateSections) {
    const output = input.sections.find((section) => section.name === name)?.output;
    if (!output) {
      complain(host, `error: ${name} not found, can't be updated`);
      return undefined;
    }
    output.size = contents.length;
    updated.set(output, contents);
  }
  return updated;
}

function dumpSections(input: InputObject, settings: Settings, host: ToolHost): void {
  for (const { name, file } of [...settings.dumpSections].reverse()) {
    const section = input.sections.find((other) => other.name === name);
    if (!section) {
      complain(
        host,
        `${input.name}: can't dump section '${name}' - it does not exist: file format not recognized`,
      );
      continue;
    }
    if (!(section.flags & SEC_HAS_CONTENTS)) {
      complain(
        host,
        `${input.name}[${name}]: can't dump section - it has no contents: file format not recognized`,
      );
      continue;
    }
    const output = host.files.create(file);
    if (isProblem(output)) {
      complain(host, `${asByteText(file)}: could not open section dump file: ${output.problem}`);
      continue;
    }
    output.write(section.contents, 0);
    output.finish();
  }
}

function addDebugLink(
  input: InputObject,
  outputs: OutputSection[],
  file: string,
  settings: Settings,
  host: ToolHost,
): { section: OutputSection; contents: Uint8Array } | undefined {
  if (settings.debugLink === undefined) return undefined;
  if (outputs.some(({ name }) => name === ".gnu_debuglink")) {
    complain(host, `${input.name}: debuglink section already exists`);
    return undefined;
  }
  const contents = debugLinkContents(settings.debugLink, input.littleEndian !== false, host);
  if (typeof contents === "string")
    throw new Fatal(
      `${file}: cannot fill debug link section \`${asByteText(settings.debugLink)}': ${contents}`,
    );
  const section: OutputSection = {
    name: ".gnu_debuglink",
    flags: SEC_HAS_CONTENTS | SEC_READONLY | SEC_DEBUGGING,
    vma: 0n,
    lma: 0n,
    size: contents.length,
    alignmentPower: 2,
    entsize: 0,
    type: 0,
    elfFlags: 0,
    headerEntsize: 0,
    headerInfo: 0,
    contents: undefined,
    source: undefined,
    relocations: undefined,
    rela: true,
    filePosition: 0,
    index: outputs.length,
  };
  outputs.push(section);
  return { section, contents };
}

/** Extends sections over the gaps behind them (--gap-fill) and the last one to an address (--pad-to). */
function fillGaps(outputs: readonly OutputSection[], settings: Settings): Map<OutputSection, number> {
  const gaps = new Map<OutputSection, number>();
  const { gapFill, padTo } = settings;
  if (outputs.length === 0 || (gapFill === undefined && padTo === undefined)) return gaps;
  const wanted = SEC_HAS_CONTENTS | SEC_LOAD;
  // Sections that are not loaded come first, then by load address.
  const sorted = [...outputs].sort((a, b) => {
    const loadedA = (a.flags & wanted) === wanted;
    const loadedB = (b.flags & wanted) === wanted;
    if (loadedA !== loadedB) return loadedA ? 1 : -1;
    if (a.lma !== b.lma) return a.lma < b.lma ? -1 : 1;
    return a.size - b.size;
  });
  if (gapFill !== undefined)
    for (let i = 0; i + 1 < sorted.length; i++) {
      const section = sorted[i];
      if ((section.flags & wanted) !== wanted) continue;
      const gap = sorted[i + 1].lma - (section.lma + BigInt(section.size));
      if (gap > 0n) gaps.set(section, Number(gap));
    }
  const last = sorted[sorted.length - 1];
  if (padTo !== undefined) {
    const end = last.lma + BigInt(last.size);
    if (end < padTo) gaps.set(last, Number(padTo - end));
  }
  for (const [section, gap] of gaps) section.size += gap;
  return gaps;
}

function extended(section: OutputSection, gap: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(section.size).fill(fill, section.size - gap);
  bytes.set((section.contents ?? new Uint8Array(0)).subarray(0, section.size - gap));
  return bytes;
}

/** Symbols that relocations of the output name are kept. */
function markUsed(input: InputObject): void {
  for (const section of input.sections) {
    if (!section.output) continue;
    for (const { symbol } of readRelocations(input, section)) if (symbol) symbol.flags |= BSF_KEEP;
  }
}

/** False after saying why the contents cannot be copied. */
function copyContents(
  input: InputObject,
  section: InputSection,
  settings: Settings,
  host: ToolHost,
): boolean {
  const { output } = section;
  if (!output || settings.extractSymbol || section.size === 0 || section.flags & SEC_GROUP) return true;
  const hasContents = (section.flags & SEC_HAS_CONTENTS) !== 0;
  if (!hasContents || !(output.flags & SEC_HAS_CONTENTS)) {
    const rule = findRule(settings, section.name, (each) => each.flags !== undefined);
    if (!rule || !((rule.flags ?? 0) & SEC_HAS_CONTENTS)) return true;
    if (section.size > MAX_SIZE) return tooLarge(input, section, "file too big", host);
    output.contents = new Uint8Array(section.size);
    return true;
  }
  // A section that the file does not hold as a whole.
  if (section.contents.length < Math.min(section.size, output.size))
    return tooLarge(input, section, "file truncated", host);
  let bytes = section.contents;
  if (settings.reverseBytes > 0) bytes = reversed(bytes, section, settings.reverseBytes);
  if (settings.byte >= 0) bytes = interleaved(bytes, section, output, settings);
  output.contents = bytes;
  return true;
}

function tooLarge(input: InputObject, section: InputSection, problem: string, host: ToolHost): false {
  complain(host, `${input.name}[${section.name}]: ${problem}`);
  return false;
}

function reversed(bytes: Uint8Array, section: InputSection, count: number): Uint8Array {
  if (bytes.length % count !== 0)
    throw new Fatal(
      `cannot reverse bytes: length of section ${section.name} must be evenly divisible by ${count}`,
    );
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += count)
    for (let i = 0; i < count; i++) result[at + i] = bytes[at + count - 1 - i];
  return result;
}

/** --byte and --interleave: every n-th byte from a start, for ROMs side by side. */
function interleaved(
  bytes: Uint8Array,
  section: InputSection,
  output: OutputSection,
  settings: Settings,
): Uint8Array {
  const { byte, interleave, interleaveWidth } = settings;
  const extra = Number(section.lma % BigInt(interleave));
  let from = byte - extra;
  if (byte < extra) from += interleave;
  const kept: number[] = [];
  for (; from < bytes.length; from += interleave)
    for (let i = 0; i < interleaveWidth && from + i < bytes.length; i++) kept.push(bytes[from + i]);
  output.lma = output.lma / BigInt(interleave) + (byte < extra ? 1n : 0n);
  const length = Math.floor((bytes.length + interleave - 1 - byte) / interleave) * interleaveWidth;
  const result = new Uint8Array(Math.min(length, output.size));
  result.set(kept.slice(0, result.length));
  return result;
}

/** The format of an output by its name. */
export function outputFormat(name: string): TargetFormat {
  const format = targetNamed(name);
  if (!format) throw new Fatal(`invalid bfd target`);
  return format;
}
