import {
  SHF_ALLOC,
  SHF_EXCLUDE,
  SHF_EXECINSTR,
  SHF_GNU_RETAIN,
  SHF_GROUP,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
} from "../elf/index.ts";
import type { Assembler, SectionPlace } from "./assembler.ts";
import { AT, COMMA, DIGIT, kinds, PERCENT, QUOTE } from "./characters.ts";
import type { DirectiveTable } from "./directives.ts";
import { stringOperand } from "./directives-data.ts";
import type { Section } from "./sections.ts";
import { specialSection } from "./special-sections.ts";
import { SECTION_SYMBOL } from "./symbols.ts";

// Directives that choose where bytes go.

/** What `.section` says beside the name. */
interface Wanted {
  type: number;
  flags: number;
  entrySize: number;
  group?: string;
  comdat: boolean;
  linkedTo?: string;
  unique?: number;
}

/** The current place, for .previous. */
function remember(assembler: Assembler): SectionPlace {
  const { sections } = assembler;
  return { section: sections.current, subsection: sections.chain.subsection };
}

function leave(assembler: Assembler): void {
  assembler.previous = remember(assembler);
}

/** Makes a section of the file, with its symbol. */
export function createSection(
  assembler: Assembler,
  name: string,
  type: number,
  flags: number,
  unique?: number,
): Section {
  const { sections, symbols, names } = assembler;
  const section = sections.add(name, type, flags, unique);
  // Where the name is taken, by an earlier section too, the symbol is made when the file is written.
  const id = names.internText(name);
  if (symbols.find(id) < 0) symbols.bind(id, assembler.sectionSymbol(section));
  return section;
}

/** Goes to a section by its name alone, making it as usual sections of that name are. */
export function switchToNamed(assembler: Assembler, name: string, subsection = 0): void {
  const { sections } = assembler;
  const special = specialSection(name);
  const section =
    sections.byName(name) ??
    createSection(assembler, name, special?.type ?? SHT_PROGBITS, special?.flags ?? 0);
  sections.switchTo(section, subsection);
}

/** .text, .data, .bss: an optional subsection follows. */
function standard(name: string): (assembler: Assembler) => void {
  return (assembler) => {
    leave(assembler);
    assembler.reader.skipSpace();
    const subsection = assembler.reader.atEnd ? 0 : assembler.absoluteNumber();
    // -R: data stands behind the code, in subsections of its own.
    if (name === ".data" && assembler.options.dataInText)
      switchToNamed(assembler, ".text", subsection + 1000);
    else switchToNamed(assembler, name, subsection);
    assembler.endOfLine();
  };
}

/** The name of a section: in quotes, or anything up to a comma or a blank. */
function sectionName(assembler: Assembler): string | undefined {
  const { reader } = assembler;
  reader.skipSpace();
  if (reader.bytes[reader.at] === QUOTE) return stringOperand(assembler);
  const start = reader.at;
  while (!/[\n\t ,;]/.test(String.fromCharCode(reader.bytes[reader.at])) && reader.bytes[reader.at] !== 0)
    reader.at++;
  if (reader.at === start) {
    assembler.error("AS0501", "missing name");
    assembler.ignoreRest();
    return undefined;
  }
  const name = reader.text(start, reader.at);
  reader.skipSpace();
  return name;
}

/** .section and .pushsection. */
function section(assembler: Assembler, push: number): void {
  const { reader, sections, symbols } = assembler;
  const name = sectionName(assembler);
  if (name === undefined) return;
  const symbol = symbols.find(assembler.names.internText(name));
  if (symbol >= 0 && symbols.section[symbol] > 0 && !symbols.has(symbol, SECTION_SYMBOL)) {
    assembler.error("AS0502", `section name '${name}' already defined as another symbol`);
    assembler.ignoreRest();
    return;
  }
  const wanted: Wanted = { type: 0, flags: 0, entrySize: 0, comdat: false };
  let subsection: number | undefined;
  if (reader.takeComma()) {
    if (push === 1 && (kinds[reader.bytes[reader.at]] & DIGIT) !== 0) {
      subsection = assembler.absoluteNumber();
      if (!reader.takeComma()) {
        finish();
        return;
      }
    }
    if (reader.bytes[reader.at] === QUOTE) {
      if (!flagsAndMore(assembler, wanted)) return;
    } else if (!words(assembler, wanted)) return;
  }
  finish();

  function finish(): void {
    assembler.endOfLine();
    if (push === 1) assembler.sectionStack.push({ at: remember(assembler), previous: assembler.previous });
    leave(assembler);
    change(assembler, name!, wanted);
    if (subsection !== undefined) sections.switchTo(sections.current, subsection);
  }
}

const letters: Readonly<Record<string, number>> = {
  a: SHF_ALLOC,
  e: SHF_EXCLUDE,
  o: SHF_LINK_ORDER,
  w: SHF_WRITE,
  x: SHF_EXECINSTR,
  M: SHF_MERGE,
  S: SHF_STRINGS,
  G: SHF_GROUP,
  T: SHF_TLS,
  R: SHF_GNU_RETAIN,
};

/** `"flags"[, @type][, entsize][, link][, group[, comdat]][, unique, n]`; false after a message. */
function flagsAndMore(assembler: Assembler, wanted: Wanted): boolean {
  const { reader, sections } = assembler;
  const text = stringOperand(assembler);
  if (text === undefined) return false;
  let clone = false;
  for (const piece of text.match(/0x[0-9a-fA-F]+|\d+|./g) ?? []) {
    if (piece === "?") clone = true;
    else if (/^\d/.test(piece)) wanted.flags += Number(piece.replace(/^0(?=\d)/, "0o")) || 0;
    else if (Object.hasOwn(letters, piece)) wanted.flags |= letters[piece];
    else {
      assembler.error("AS0503", "unrecognized .section attribute: want a,e,o,w,x,M,S,G,T or number");
      assembler.ignoreRest();
      return false;
    }
  }
  if ((wanted.flags & SHF_GNU_RETAIN) !== 0) assembler.gnuExtensions = true;
  // SHF_EXCLUDE is the sign bit.
  wanted.flags >>>= 0;
  if (reader.takeComma() && !sectionType(assembler, wanted)) reader.at = backToComma(reader.bytes, reader.at);
  if ((wanted.flags & SHF_MERGE) !== 0) {
    if (reader.takeComma()) wanted.entrySize = assembler.absoluteNumber();
    else assembler.warning("AS0504", "entity size for SHF_MERGE not specified");
    if (wanted.entrySize < 0) assembler.warning("AS0504", "invalid merge entity size");
    if (wanted.entrySize <= 0) {
      wanted.flags = (wanted.flags & ~SHF_MERGE) >>> 0;
      wanted.entrySize = 0;
    }
  }
  if ((wanted.flags & SHF_LINK_ORDER) !== 0 && reader.takeComma()) {
    const name = reader.name();
    wanted.linkedTo = name < 0 ? String(assembler.absoluteNumber()) : assembler.names.text(name);
  }
  if ((wanted.flags & SHF_GROUP) !== 0) {
    if (clone) assembler.warning("AS0505", "? section flag ignored with G present");
    clone = false;
    if (reader.takeComma()) {
      wanted.group = sectionName(assembler);
      if (reader.takeComma()) {
        if (takeWord(assembler, "comdat")) wanted.comdat = true;
        else reader.at = backToComma(reader.bytes, reader.at);
      }
    } else {
      assembler.warning("AS0506", "group name for SHF_GROUP not specified");
      wanted.flags = (wanted.flags & ~SHF_GROUP) >>> 0;
    }
  }
  if (clone && sections.current.group) {
    wanted.group = sections.current.group.name;
    wanted.comdat = sections.current.group.comdat;
    wanted.flags |= SHF_GROUP;
  }
  if (reader.takeComma()) {
    if (!takeWord(assembler, "unique")) reader.at = backToComma(reader.bytes, reader.at);
    else if (reader.takeComma()) wanted.unique = assembler.absoluteNumber();
  }
  return true;
}

function backToComma(bytes: Uint8Array, from: number): number {
  let at = from - 1;
  while (bytes[at] !== COMMA) at--;
  return at;
}

function takeWord(assembler: Assembler, word: string): boolean {
  const { reader } = assembler;
  const start = reader.at;
  const name = reader.name();
  if (name >= 0 && assembler.names.text(name) === word) return true;
  reader.at = start;
  return false;
}

const sectionTypes: Readonly<Record<string, number>> = {
  progbits: SHT_PROGBITS,
  nobits: SHT_NOBITS,
  note: SHT_NOTE,
  init_array: SHT_INIT_ARRAY,
  fini_array: SHT_FINI_ARRAY,
  preinit_array: SHT_PREINIT_ARRAY,
};

/** `@progbits`, `%nobits`, `"note"`, `@0x7000001e`; false if there is none. */
function sectionType(assembler: Assembler, wanted: Wanted): boolean {
  const { reader } = assembler;
  const byte = reader.bytes[reader.at];
  let text: string | undefined;
  if (byte === QUOTE) text = stringOperand(assembler);
  else if (byte === AT || byte === PERCENT) {
    reader.at++;
    const start = reader.at;
    while (/\w/.test(String.fromCharCode(reader.bytes[reader.at]))) reader.at++;
    text = reader.text(start, reader.at);
  } else return false;
  if (text !== undefined && Object.hasOwn(sectionTypes, text)) wanted.type = sectionTypes[text];
  else if (text !== undefined && /^\d/.test(text)) wanted.type = Number(text) || 0;
  else assembler.warning("AS0507", "unrecognized section type");
  return true;
}

const attributeWords: Readonly<Record<string, number>> = {
  write: SHF_WRITE,
  alloc: SHF_ALLOC,
  execinstr: SHF_EXECINSTR,
  exclude: SHF_EXCLUDE,
  tls: SHF_TLS,
};

/** Solaris's way: `#alloc,#write`. Never seen with GNU as for RISC-V, where `#` begins a comment. */
function words(assembler: Assembler, wanted: Wanted): boolean {
  const { reader } = assembler;
  do {
    reader.skipSpaceButComments();
    if (reader.bytes[reader.at] !== 0x23) {
      assembler.error("AS0508", "character following name is not '#'");
      assembler.ignoreRest();
      return false;
    }
    reader.at++;
    const name = reader.name();
    const text = name < 0 ? "" : assembler.names.text(name);
    if (Object.hasOwn(attributeWords, text)) wanted.flags = (wanted.flags | attributeWords[text]) >>> 0;
    else if (Object.hasOwn(sectionTypes, text)) wanted.type = sectionTypes[text];
    else assembler.warning("AS0509", "unrecognized section attribute");
  } while (reader.takeComma());
  return true;
}

/** Flags that must not differ when a section is named again. */
const KEPT = SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_MERGE | SHF_STRINGS | SHF_TLS | SHF_EXCLUDE;

/** Goes to a section, making it if it is not there. */
function change(assembler: Assembler, name: string, wanted: Wanted): void {
  const { sections } = assembler;
  const old = sections
    .list()
    .find(
      (each) =>
        each.name === name &&
        each.unique === wanted.unique &&
        each.linkedTo === wanted.linkedTo &&
        ((each.flags ^ wanted.flags) & SHF_GNU_RETAIN) === 0 &&
        each.group?.name === wanted.group,
    );
  const special = specialSection(name);
  let { type, flags } = wanted;
  if (special) {
    if (type === 0) type = special.type;
    else if (type !== special.type) {
      const arrays = [SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY];
      if (!old && !arrays.includes(special.type)) {
        if (special.type !== SHT_NOTE && type < 0x70000000)
          assembler.warning("AS0510", `setting incorrect section type for ${name}`);
      } else {
        assembler.warning("AS0511", `ignoring incorrect section type for ${name}`);
        type = special.type;
      }
    }
    if (!old) flags = withSpecial(assembler, name, flags, special, wanted.group !== undefined);
  }
  if (old) {
    sections.switchTo(old);
    if (type !== 0 && type !== old.type) {
      if (special) assembler.warning("AS0512", `ignoring changed section type for ${name}`);
      else assembler.error("AS0512", `changed section type for ${name}`);
    }
    if (flags === 0) return;
    if (((old.flags ^ flags) & KEPT) !== 0) {
      if (special) assembler.warning("AS0513", `ignoring changed section attributes for ${name}`);
      else assembler.error("AS0513", `changed section attributes for ${name}`);
    } else old.flags = flags >>> 0;
    if ((flags & SHF_MERGE) !== 0 && old.entrySize !== wanted.entrySize)
      assembler.error("AS0514", `changed section entity size for ${name}`);
    return;
  }
  if (type === 0) type = SHT_PROGBITS;
  const made = createSection(assembler, name, type, flags >>> 0, wanted.unique);
  if ((flags & SHF_MERGE) !== 0) made.entrySize = wanted.entrySize;
  made.linkedTo = wanted.linkedTo;
  if (wanted.group !== undefined) joinGroup(assembler, made, wanted.group, wanted.comdat);
  sections.switchTo(made);
}

function joinGroup(assembler: Assembler, made: Section, name: string, comdat: boolean): void {
  const group = assembler.groups.get(name) ?? { name, comdat, members: [] };
  assembler.groups.set(name, group);
  group.members.push(made);
  made.group = group;
}

/** The flags of a new section that has a usual meaning by its name. */
function withSpecial(
  assembler: Assembler,
  name: string,
  flags: number,
  special: NonNullable<ReturnType<typeof specialSection>>,
  grouped: boolean,
): number {
  const ignored = SHF_LINK_ORDER | 0x0ff00000 | 0xf0000000;
  const beyond = flags & ~ignored & ~special.flags;
  if (beyond === 0) return flags | special.flags;
  const generic = flags & ~SHF_GNU_RETAIN;
  if (special.type === SHT_NOTE && (generic === SHF_ALLOC || generic === SHF_EXECINSTR))
    return flags | special.flags;
  if (special.dotted && (generic & ~special.flags & ~SHF_MERGE & ~SHF_STRINGS) === 0)
    return flags | special.flags;
  if (generic === SHF_ALLOC && [".interp", ".strtab", ".symtab"].includes(name)) return flags;
  if (generic === SHF_EXECINSTR && name === ".note.GNU-stack") return flags;
  if (!grouped) assembler.warning("AS0515", `setting incorrect section attributes for ${name}`);
  return flags;
}

function popSection(assembler: Assembler): void {
  const top = assembler.sectionStack.pop();
  if (!top) {
    assembler.warning("AS0516", ".popsection without corresponding .pushsection; ignored");
    assembler.ignoreRest();
    return;
  }
  assembler.previous = top.previous;
  assembler.sections.switchTo(top.at.section, top.at.subsection);
  assembler.endOfLine();
}

function previous(assembler: Assembler): void {
  const to = assembler.previous;
  if (!to) {
    assembler.warning("AS0517", ".previous without corresponding .section; ignored");
    assembler.ignoreRest();
    return;
  }
  leave(assembler);
  assembler.sections.switchTo(to.section, to.subsection);
  assembler.endOfLine();
}

function subsection(assembler: Assembler): void {
  const { sections } = assembler;
  leave(assembler);
  const number = assembler.absoluteNumber();
  sections.switchTo(sections.current, number);
  assembler.endOfLine();
}

/** .struct and .offset: labels get numbers, until another section is chosen. */
function struct(assembler: Assembler): void {
  const { sections } = assembler;
  leave(assembler);
  sections.absoluteOffset = assembler.absoluteNumber();
  sections.absolute = true;
  assembler.endOfLine();
}

/** .ident "text": a string of .comment, which begins with an empty one. */
function ident(assembler: Assembler): void {
  const { sections } = assembler;
  const { current, chain } = sections;
  const text = stringOperand(assembler);
  if (text === undefined) return;
  if (!assembler.comment) {
    // Its symbol is made only when the file is written.
    const comment = sections.byName(".comment") ?? sections.add(".comment", SHT_PROGBITS, 0);
    comment.flags = SHF_MERGE | SHF_STRINGS;
    comment.entrySize = 1;
    assembler.comment = comment;
    sections.switchTo(comment);
    sections.emitByte(0);
  } else sections.switchTo(assembler.comment);
  for (const byte of new TextEncoder().encode(text)) sections.emitByte(byte);
  sections.emitByte(0);
  sections.switchTo(current, chain.subsection);
  assembler.endOfLine();
}

/** Directives that choose a section. */
export const sectionDirectives: DirectiveTable = {
  text: standard(".text"),
  data: standard(".data"),
  bss: standard(".bss"),
  section: [section, 0],
  "section.s": [section, 0],
  sect: [section, 0],
  pushsection: [section, 1],
  popsection: popSection,
  previous,
  subsection,
  struct,
  offset: struct,
  ident,
};
