import type { Assembler } from "./assembler.ts";
import { emitExpression, emitLeb128 } from "./emit-data.ts";
import { ADD, difference, type Expression, symbolExpression } from "./expression.ts";
import { DebugWriter, labelAt, mapped } from "./lines-output.ts";
import { expressionSymbol } from "./parse-expression.ts";
import type { Section } from "./sections.ts";
import { GLOBAL, type SymbolId, WEAK } from "./symbols.ts";

/**
 * With -g a hand-written source gets a description as a compilation unit: its
 * name and folder, the code it covers, and each function that has a type and a
 * size. What a function returns is not known, and said to be so.
 */

const SHT_PROGBITS = 1;
const SHF_MERGE = 0x10;
const SHF_STRINGS = 0x20;
const STT_FUNC = 2;

const DW_TAG_compile_unit = 0x11;
const DW_TAG_subprogram = 0x2e;
const DW_TAG_unspecified_type = 0x3b;
const DW_AT_name = 0x03;
const DW_AT_stmt_list = 0x10;
const DW_AT_low_pc = 0x11;
const DW_AT_high_pc = 0x12;
const DW_AT_language = 0x13;
const DW_AT_comp_dir = 0x1b;
const DW_AT_producer = 0x25;
const DW_AT_external = 0x3f;
const DW_AT_type = 0x49;
const DW_AT_ranges = 0x55;
const DW_FORM_addr = 0x01;
const DW_FORM_data2 = 0x05;
const DW_FORM_data4 = 0x06;
const DW_FORM_flag = 0x0c;
const DW_FORM_strp = 0x0e;
const DW_FORM_udata = 0x0f;
const DW_FORM_ref_udata = 0x15;
const DW_FORM_sec_offset = 0x17;
const DW_FORM_flag_present = 0x19;
const DW_UT_compile = 1;
const DW_RLE_end_of_list = 0;
const DW_RLE_start_length = 7;
/** There is no number for assembly; this one is used since ever. */
const DW_LANG_Mips_Assembler = 0x8001;

const UNIT = 1;
const FUNCTION = 2;
const NO_TYPE = 3;

/** What GNU as of the version we follow calls itself. */
const PRODUCER = "GNU AS 2.40";

interface Covered {
  readonly section: Section;
  start: SymbolId;
  end: SymbolId;
}

interface DescribedFunction {
  readonly symbol: SymbolId;
  readonly size: number | Expression;
  readonly global: boolean;
}

export function writeDebugInfo(assembler: Assembler, lineSection: Section): void {
  const make = (name: string, flags = 0) => {
    const section = assembler.sections.byName(name) ?? assembler.sections.add(name, SHT_PROGBITS, flags);
    section.flags = flags;
    return section;
  };
  const { version } = assembler.lines;
  const info = make(".debug_info");
  const abbreviations = make(".debug_abbrev");
  const addresses = make(".debug_aranges");
  const strings = make(".debug_str", SHF_MERGE | SHF_STRINGS);
  strings.entrySize = 1;
  for (const section of [info, abbreviations, addresses, strings]) assembler.sections.switchTo(section);
  const alignment = assembler.target.xlen === 64 ? 4 : 3;
  addresses.alignment = Math.max(addresses.alignment, alignment);
  const covered: Covered[] = assembler.lines.sections.map(({ section }) => ({ section, start: -1, end: -1 }));
  let ranges: SymbolId = -1;
  if (covered.length > 1) {
    const section = make(version < 5 ? ".debug_ranges" : ".debug_rnglists");
    if (version < 5) section.alignment = Math.max(section.alignment, alignment);
    ranges =
      version < 5 ? writeRanges(assembler, section, covered) : writeRangeLists(assembler, section, covered);
  }
  writeAddresses(assembler, addresses, info, covered);
  const functions = describedFunctions(assembler);
  const external = writeAbbreviations(assembler, abbreviations, covered, functions);
  const texts = writeTexts(assembler, strings);
  const writer = new DebugWriter(assembler, info);
  const end = writer.length();
  writer.half(version);
  if (version >= 5) writer.byte(DW_UT_compile);
  else writer.symbol(assembler.sectionSymbol(abbreviations), 4);
  writer.byte(writer.addressSize);
  if (version >= 5) writer.symbol(assembler.sectionSymbol(abbreviations), 4);
  writer.unsigned(UNIT);
  writer.symbol(assembler.sectionSymbol(lineSection), 4);
  if (covered.length === 1) {
    writer.symbol(covered[0].start, writer.addressSize);
    if (version < 4) writer.symbol(covered[0].end, writer.addressSize);
    else emitLeb128(assembler, difference(covered[0].end, covered[0].start), false);
  } else writer.symbol(ranges, 4);
  for (const text of texts) writer.symbol(text, 4);
  writer.half(DW_LANG_Mips_Assembler);
  writeFunctions(writer, strings, functions, external);
  assembler.placeLabel(end);
}

function cover(assembler: Assembler, covered: Covered): void {
  covered.start = labelAt(assembler, covered.section, "start");
  covered.end = labelAt(assembler, covered.section, "end");
}

/** Of DWARF 2 to 4. */
function writeRanges(assembler: Assembler, section: Section, covered: readonly Covered[]): SymbolId {
  const writer = new DebugWriter(assembler, section);
  const label = assembler.temporaryLabel();
  const size = writer.addressSize;
  // Addresses are not relative to anything.
  for (let i = 0; i < size; i++) writer.byte(0xff);
  for (let i = 0; i < size; i++) writer.byte(0);
  for (const each of covered) {
    cover(assembler, each);
    writer.symbol(each.start, size);
    writer.symbol(each.end, size);
  }
  for (let i = 0; i < 2 * size; i++) writer.byte(0);
  return label;
}

function writeRangeLists(assembler: Assembler, section: Section, covered: readonly Covered[]): SymbolId {
  const writer = new DebugWriter(assembler, section);
  const end = writer.length();
  writer.half(5);
  writer.byte(writer.addressSize);
  writer.byte(0);
  writer.word(0);
  const label = assembler.temporaryLabel();
  for (const each of covered) {
    writer.byte(DW_RLE_start_length);
    cover(assembler, each);
    writer.symbol(each.start, writer.addressSize);
    // The end's offset is the length, since the section starts at 0.
    emitLeb128(assembler, symbolExpression(each.end), false);
  }
  writer.byte(DW_RLE_end_of_list);
  assembler.placeLabel(end);
  return label;
}

function writeAddresses(
  assembler: Assembler,
  section: Section,
  info: Section,
  covered: readonly Covered[],
): void {
  const writer = new DebugWriter(assembler, section);
  const end = writer.length();
  writer.half(2);
  writer.symbol(assembler.sectionSymbol(info), 4);
  writer.byte(writer.addressSize);
  writer.byte(0);
  // Pairs of addresses are aligned as such.
  for (let size = 12; size % (2 * writer.addressSize) !== 0; size++) writer.byte(0);
  for (const each of covered) {
    cover(assembler, each);
    writer.symbol(each.start, writer.addressSize);
    writer.difference(each.end, each.start, writer.addressSize);
  }
  for (let i = 0; i < 2 * writer.addressSize; i++) writer.byte(0);
  assembler.placeLabel(end);
}

/** The functions of the source that have a size. */
function describedFunctions(assembler: Assembler): DescribedFunction[] {
  const { symbols } = assembler;
  const functions: DescribedFunction[] = [];
  for (const symbol of symbols.list) {
    if (!symbols.isDefined(symbol) || symbols.types.get(symbol) !== STT_FUNC) continue;
    const size = symbols.sizes.get(symbol);
    if (size === undefined || size === 0) continue;
    functions.push({
      symbol,
      size: typeof size === "object" ? size : Number(size),
      global: symbols.has(symbol, GLOBAL | WEAK),
    });
  }
  return functions;
}

/** The form of DW_AT_external, or 0 if it is left out. */
function writeAbbreviations(
  assembler: Assembler,
  section: Section,
  covered: readonly Covered[],
  functions: readonly DescribedFunction[],
): number {
  const { version } = assembler.lines;
  const writer = new DebugWriter(assembler, section);
  const entry = (
    number: number,
    tag: number,
    children: boolean,
    attributes: readonly (readonly [number, number])[],
  ) => {
    writer.unsigned(number);
    writer.unsigned(tag);
    writer.byte(children ? 1 : 0);
    for (const [name, form] of [...attributes, [0, 0] as const]) {
      writer.unsigned(name);
      writer.unsigned(form);
    }
  };
  const offset = version < 4 ? DW_FORM_data4 : DW_FORM_sec_offset;
  const length = version < 4 ? DW_FORM_addr : DW_FORM_udata;
  const place: [number, number][] =
    covered.length === 1
      ? [
          [DW_AT_low_pc, DW_FORM_addr],
          [DW_AT_high_pc, length],
        ]
      : [[DW_AT_ranges, offset]];
  entry(UNIT, DW_TAG_compile_unit, functions.length > 0, [
    [DW_AT_stmt_list, offset],
    ...place,
    [DW_AT_name, DW_FORM_strp],
    [DW_AT_comp_dir, DW_FORM_strp],
    [DW_AT_producer, DW_FORM_strp],
    [DW_AT_language, DW_FORM_data2],
  ]);
  let external = 0;
  if (functions.length) {
    const some = functions.some((f) => f.global);
    const all = functions.every((f) => f.global);
    if (some) external = !all || version < 4 ? DW_FORM_flag : DW_FORM_flag_present;
    const attributes: [number, number][] = [[DW_AT_name, DW_FORM_strp]];
    if (external) attributes.push([DW_AT_external, external]);
    if (version > 2) attributes.push([DW_AT_type, DW_FORM_ref_udata]);
    attributes.push([DW_AT_low_pc, DW_FORM_addr], [DW_AT_high_pc, length]);
    entry(FUNCTION, DW_TAG_subprogram, false, attributes);
    if (version > 2) entry(NO_TYPE, DW_TAG_unspecified_type, false, []);
  }
  writer.byte(0);
  return external;
}

/** Name, folder and producer; the labels of their strings. */
function writeTexts(assembler: Assembler, section: Section): SymbolId[] {
  const writer = new DebugWriter(assembler, section);
  const { files, folders } = assembler.lines.files;
  const file = files[assembler.lines.lineVersion > 4 ? 0 : 1];
  const folder = file?.folder ? `${mapped(assembler, folders[file.folder] ?? "")}/` : "";
  const texts = [
    folder + (file?.name ?? ""),
    mapped(assembler, assembler.options.currentDirectory ?? ""),
    PRODUCER,
  ];
  return texts.map((text) => {
    const label = assembler.temporaryLabel();
    writer.text(text);
    return label;
  });
}

function writeFunctions(
  writer: DebugWriter,
  strings: Section,
  functions: readonly DescribedFunction[],
  external: number,
): void {
  if (!functions.length) return;
  const { assembler } = writer;
  const { symbols } = assembler;
  const { version } = assembler.lines;
  const noType = version > 2 ? assembler.futureLabel(".Ldebug_no_type_tag") : -1;
  for (const { symbol, size, global } of functions) {
    const text = new DebugWriter(assembler, strings);
    const name = assembler.temporaryLabel();
    text.text(symbols.text(symbol));
    writer.resume();
    writer.unsigned(FUNCTION);
    writer.symbol(name, 4);
    if (external === DW_FORM_flag) writer.byte(global ? 1 : 0);
    if (version > 2) emitLeb128(assembler, symbolExpression(noType), false);
    writer.symbol(symbol, writer.addressSize);
    if (version >= 4) {
      if (typeof size === "number") writer.unsigned(size);
      else emitLeb128(assembler, { ...size }, false);
    } else if (typeof size === "number")
      emitExpression(assembler, symbolExpression(symbol, size), writer.addressSize);
    else emitExpression(assembler, sum(symbol, expressionSymbol(assembler, { ...size })), writer.addressSize);
  }
  if (version > 2) {
    writer.resume();
    assembler.placeLabel(noType);
    writer.unsigned(NO_TYPE);
  }
  writer.byte(0);
}

/** symbol + the value of another symbol. */
function sum(symbol: SymbolId, added: SymbolId): Expression {
  return { ...difference(symbol, added), op: ADD };
}
