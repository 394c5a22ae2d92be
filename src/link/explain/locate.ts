import { demangle } from "../../demangle/index.ts";
import {
  findLine,
  type LineTable,
  readLineTable,
  readUnits,
  readVariables,
  type StringSections,
  type VariableInfo,
} from "../../dwarf/index.ts";
import {
  EM_RISCV,
  SHF_EXECINSTR,
  SHN_XINDEX,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_SECTION,
  STV_HIDDEN,
  STV_INTERNAL,
} from "../../elf/index.ts";
import {
  type InputObject,
  type LinkModel,
  localName,
  nameInObject,
  type ObjectId,
  type SectionId,
  type SymbolId,
  sectionName,
  type WholeSymbols,
  wholeSymbols,
} from "../../model/index.ts";
import { debugBytes } from "./debug-bytes.ts";

// Says where in the user's source a place in an input section is: by the line
// table where the object has one, by the function around it, by the name of
// the source file that the assembler left in the symbol table. Used for
// messages only, so it reads what it needs when it is asked.

export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** A function of an object, with the source file that its symbol table names. */
export interface EnclosingFunction {
  readonly name: string;
  readonly file: string | undefined;
}

/** From this many places in an object on, its whole line table is read. */
const FEW_PLACES = 4;
/** The first entry of a compilation unit, which says what it is, is within so many bytes. */
const UNIT_HEAD = 4096;

/** Answers questions about places; keeps what it has read. */
export class Locator {
  private readonly model: LinkModel;
  private readonly tables = new Map<ObjectId, LineTable | undefined>();
  /** Of the section and offset in question: most links have one thing to say about an object, if any. */
  private readonly ofPlaces = new Map<string, LineTable | undefined>();
  private readonly directories = new Map<ObjectId, ReadonlyMap<number, string>>();
  private readonly asked = new Map<ObjectId, number>();
  private readonly tablesOfSymbols = new Map<ObjectId, WholeSymbols>();
  private readonly variables = new Map<ObjectId, readonly VariableInfo[]>();
  private lastFunction = "";

  constructor(model: LinkModel) {
    this.model = model;
  }

  /** Forgets which function the last message named. */
  startOver(): void {
    this.lastFunction = "";
  }

  /** A symbol's name as messages show it. */
  display(name: string): string {
    const { options } = this.model;
    return options.demangle ? demangle(name, options.compat === "lld" ? "llvm" : "gnu") : name;
  }

  nameOf(symbol: SymbolId): string {
    const { symbols, names, sections } = this.model;
    if (
      symbols.name[symbol] === 0 &&
      (symbols.info[symbol] & 15) === STT_SECTION &&
      symbols.section[symbol] > 0
    )
      return names.text(sections.name[symbols.section[symbol]]);
    return this.display(localName(this.model, symbol) ?? names.text(symbols.name[symbol]));
  }

  /** The line of a place, by the object's line table. */
  line(section: SectionId, offset: number): SourceLine | undefined {
    const object = this.model.sections.object[section];
    if (object < 0) return undefined;
    const table = this.tableFor(object, section, offset);
    if (!table) return undefined;
    return findLine(table, section, offset) ?? this.variableLine(object, table, section, offset);
  }

  /** A table that has at least the row of a place; that of all only for who asks about many. */
  private tableFor(object: ObjectId, section: SectionId, offset: number): LineTable | undefined {
    if (this.tables.has(object)) return this.tables.get(object);
    const place = `${section} ${offset}`;
    if (this.ofPlaces.has(place)) return this.ofPlaces.get(place);
    const asked = this.asked.get(object) ?? 0;
    if (asked >= FEW_PLACES) return this.tableOf(object);
    this.asked.set(object, asked + 1);
    const table = this.readTable(this.model.objects[object], section, offset);
    this.ofPlaces.set(place, table);
    return table;
  }

  private tableOf(object: ObjectId): LineTable | undefined {
    if (!this.tables.has(object)) this.tables.set(object, this.readTable(this.model.objects[object]));
    return this.tables.get(object);
  }

  /** Data has no lines, but a variable was declared on one. */
  private variableLine(
    object: ObjectId,
    table: LineTable,
    section: SectionId,
    offset: number,
  ): SourceLine | undefined {
    if ((this.model.sections.flags[section] & SHF_EXECINSTR) !== 0) return undefined;
    const found = this.variablesOf(object).find((v) => v.section === section && v.address === offset);
    return found && found.line !== 0
      ? { file: fileOf(found, table, table.files), line: found.line }
      : undefined;
  }

  private variablesOf(id: ObjectId): readonly VariableInfo[] {
    const known = this.variables.get(id);
    if (known) return known;
    const object = this.model.objects[id];
    const info = this.sectionNamed(object, ".debug_info");
    const abbrev = this.sectionNamed(object, ".debug_abbrev");
    let variables: readonly VariableInfo[] = [];
    if (info !== 0 && abbrev !== 0) {
      const { bytes, sectionAt } = debugBytes(this.model, info);
      variables = readVariables({
        info: bytes,
        abbrev: debugBytes(this.model, abbrev).bytes,
        ...this.stringsOf(object),
        sectionAt: (at) => sectionAt.get(at) ?? 0,
      });
    }
    this.variables.set(id, variables);
    return variables;
  }

  private stringsOf(object: InputObject): StringSections {
    return {
      str: this.debugSection(object, ".debug_str"),
      lineStr: this.debugSection(object, ".debug_line_str"),
    };
  }

  private debugSection(object: InputObject, name: string): Uint8Array | undefined {
    const section = this.sectionNamed(object, name);
    return section === 0 ? undefined : debugBytes(this.model, section).bytes;
  }

  private readTable(object: InputObject, only?: SectionId, until?: number): LineTable | undefined {
    const line = this.sectionNamed(object, ".debug_line");
    if (line === 0) return undefined;
    const strings = this.stringsOf(object);
    const { bytes, sectionAt } = debugBytes(this.model, line);
    let directories: ReadonlyMap<number, string> | undefined;
    return readLineTable({
      line: bytes,
      ...strings,
      only,
      until,
      sectionAt: (at) => sectionAt.get(at) ?? 0,
      directoryOf: (program) => {
        directories ??= this.directoriesOf(object, strings);
        return directories.get(program);
      },
    });
  }

  /** The directory of each unit, by the offset of its line program. */
  private directoriesOf(object: InputObject, strings: StringSections): ReadonlyMap<number, string> {
    const known = this.directories.get(object.id);
    if (known) return known;
    const directories = new Map<number, string>();
    this.directories.set(object.id, directories);
    const section = this.sectionNamed(object, ".debug_info");
    const abbrev = this.debugSection(object, ".debug_abbrev");
    if (section === 0 || !abbrev) return directories;
    let info = debugBytes(this.model, section, UNIT_HEAD).bytes;
    // What was not relocated matters unless the first unit is the only one, as it is in what a compiler wrote.
    const isAlone = object.machine !== EM_RISCV && info.length > 4 && firstWord(info) + 4 === info.length;
    if (!isAlone) info = debugBytes(this.model, section).bytes;
    for (const unit of readUnits(info, abbrev, strings)) directories.set(unit.lineProgram, unit.directory);
    return directories;
  }

  private sectionNamed(object: InputObject, text: string): SectionId {
    const { sections, names } = this.model;
    const name = names.find(text);
    if (name < 0) return 0;
    const last = object.sectionBase + object.sectionCount;
    return Math.max(0, sections.name.subarray(0, last).indexOf(name, object.sectionBase + 1));
  }

  /** The function around a place, as GNU ld finds it: the last symbol at or before it that can be a function's. */
  functionAt(section: SectionId, offset: number): EnclosingFunction | undefined {
    const { sections, symbols, objects } = this.model;
    const object = objects[sections.object[section]];
    if (!object || object.foreign) return undefined;
    // The symbol table of the file itself: a row of the link may belong to another object's definition.
    const table = this.symbolsOf(object);
    const { view, bytes, is64, symtabOffset, symbolCount, firstGlobal } = table;
    const entry = is64 ? 24 : 16;
    const shndx = section - object.sectionBase;
    let best = 0;
    let bestValue = -1;
    let bestSize = 0;
    // Names are read of what is found only: an object has thousands of symbols, and a program few messages.
    let file = 0;
    let bestFile = 0;
    let afterSymbols = false;
    let seenSymbol = false;
    const described = object.machine === EM_RISCV && this.sectionNamed(object, ".debug_info") > 0;
    const notFunctions = described ? /^(\$[xd]|\.L|\.\.)/ : /^\$[xd]/;
    // There is no row for all that the file has.
    const left = symbolCount - object.symbolIds.length;
    for (let i = 1; i < symbolCount; i++) {
      const at = symtabOffset + i * entry;
      const type = bytes[at + (is64 ? 4 : 12)] & 15;
      if (type === STT_FILE) {
        file = i;
        if (seenSymbol) afterSymbols = true;
        continue;
      }
      seenSymbol = true;
      if (type !== STT_FUNC && type !== STT_NOTYPE && type !== STT_GNU_IFUNC) continue;
      const local = i < firstGlobal;
      const place = view.getUint16(at + (is64 ? 6 : 14), true);
      if (
        place !== shndx &&
        (place !== SHN_XINDEX || symbols.section[object.symbolIds[i - left]] !== section)
      )
        continue;
      const value = view.getUint32(at + (is64 ? 8 : 4), true);
      if (value > offset) continue;
      const visibility = bytes[at + (is64 ? 5 : 13)] & 3;
      const size = view.getUint32(at + (is64 ? 16 : 8), true);
      if (
        type === STT_NOTYPE &&
        local &&
        size === 0 &&
        (visibility === STV_HIDDEN || visibility === STV_INTERNAL)
      )
        continue;
      // RISC-V's assemblers keep local labels for relaxation. Where there is debug information, GNU ld has functions from it.
      if (type === STT_NOTYPE && local && notFunctions.test(nameInObject(table, i))) continue;
      // Of several at one place, one that has a size and a type says more.
      const covers = offset < value + Math.max(1, size);
      const bestCovers = offset < bestValue + Math.max(1, bestSize);
      if (value < bestValue || (value === bestValue && (bestCovers || !covers))) continue;
      best = i;
      bestValue = value;
      bestSize = size;
      bestFile = local || !afterSymbols ? file : 0;
    }
    if (best === 0) return undefined;
    return {
      // The link may know a global symbol by another name: without its version, say.
      name:
        best < firstGlobal
          ? this.display(nameInObject(table, best))
          : this.nameOf(object.symbolIds[best - left]),
      file: bestFile === 0 ? undefined : nameInObject(table, bestFile),
    };
  }

  private symbolsOf(object: InputObject): WholeSymbols {
    const known = this.tablesOfSymbols.get(object.id);
    if (known) return known;
    const table = wholeSymbols(this.model, object);
    this.tablesOfSymbols.set(object.id, table);
    return table;
  }

  /** The start of a line about a place in GNU's form (BFD's `%C`): names the function when it is not that of the last message. */
  gnuPlace(section: SectionId, offset: number): string {
    const { sections, objects } = this.model;
    const object = objects[sections.object[section]];
    const around = this.functionAt(section, offset);
    const line = this.line(section, offset);
    const file = line && line.file !== "" ? line.file : around?.file;
    const at = line ? `${line.line}` : this.inSection(section, offset);
    if (!object) return this.inSection(section, offset);
    if (!around) {
      this.lastFunction = "";
      return line && file
        ? `${object.name}:${file}:${at}`
        : `${object.name}:${this.inSection(section, offset)}`;
    }
    const key = `${object.id} ${file} ${around.name}`;
    const head = key === this.lastFunction ? "" : `${object.name}: in function \`${around.name}':\n`;
    this.lastFunction = key;
    return `${head}${file ? `${file}:` : ""}${at}`;
  }

  /** A place in GNU's form without function (BFD's `%D`). */
  gnuPlain(section: SectionId, offset: number): string {
    const { sections, objects } = this.model;
    const object = objects[sections.object[section]];
    this.lastFunction = "";
    const around = this.functionAt(section, offset);
    const line = this.line(section, offset);
    const file = line && line.file !== "" ? line.file : around?.file;
    const at = line ? `${line.line}` : this.inSection(section, offset);
    return `${object?.name ?? "linker"}:${file ? `${file}:` : ""}${at}`;
  }

  inSection(section: SectionId, offset: number): string {
    return `(${sectionName(this.model, section)}+0x${offset.toString(16)})`;
  }

  /** LLD's two lines about a place: the source, where it is known, and the object. */
  lldPlace(section: SectionId, offset: number, symbol: SymbolId, indent: string): string {
    const source = this.lldSource(section, offset, symbol);
    const object = this.lldObject(section, offset);
    return source === "" ? object : `${source}\n>>>${indent}${object}`;
  }

  private lldSource(section: SectionId, offset: number, symbol: SymbolId): string {
    const object = this.model.sections.object[section];
    const table = object < 0 ? undefined : this.tableOf(object);
    const line = table && (findLine(table, section, offset) ?? this.externalVariable(object, table, symbol));
    if (line && line.file !== "") {
      const base = line.file.slice(line.file.lastIndexOf("/") + 1);
      const short = `${base}:${line.line}`;
      return base === line.file ? short : `${short} (${line.file}:${line.line})`;
    }
    return this.sourceFile(object) ?? "";
  }

  /** Where an object declares a variable that others can see; LLD goes by the name. */
  private externalVariable(object: ObjectId, table: LineTable, symbol: SymbolId): SourceLine | undefined {
    const name = this.model.names.text(this.model.symbols.name[symbol]);
    const found = this.variablesOf(object).find((v) => v.external && (v.linkageName || v.name) === name);
    return found && { file: fileOf(found, table, table.plainFiles), line: found.line };
  }

  private sourceFile(id: ObjectId): string | undefined {
    const { symbols, objects } = this.model;
    const object = objects[id];
    if (!object) return undefined;
    for (let i = object.firstGlobal - 1; i > 0; i--)
      if ((symbols.info[object.symbolIds[i]] & 15) === STT_FILE) return nameInObject(object, i);
    return undefined;
  }

  private lldObject(section: SectionId, offset: number): string {
    const { sections, symbols, names, objects } = this.model;
    const object = objects[sections.object[section]];
    if (!object) return this.inSection(section, offset);
    const { file } = object;
    const path = file.member ?? file.path;
    const archive = file.member === undefined ? "" : ` in archive ${file.path}`;
    // Like LLD, by what the link took: a definition that lost is no symbol here.
    for (let i = 1; i < object.symbolIds.length; i++) {
      const id = object.symbolIds[i];
      if (symbols.section[id] !== section) continue;
      const value = symbols.valueLow[id] >>> 0;
      if (value <= offset && offset < value + symbols.size[id])
        return `${path}:(${this.nameOf(id)})${archive}`;
    }
    const place = `${names.text(sections.name[section])}+0x${offset.toString(16).toUpperCase()}`;
    return `${path}:(${place})${archive}`;
  }
}

function firstWord(bytes: Uint8Array): number {
  return (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
}

function fileOf(variable: VariableInfo, table: LineTable, files: readonly string[]): string {
  const base = table.programs.get(variable.lineProgram);
  return base === undefined ? "" : (files[base + variable.file] ?? "");
}
