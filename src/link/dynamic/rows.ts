import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_GNU_HASH,
  SHT_GNU_verdef,
  SHT_GNU_verneed,
  SHT_GNU_versym,
  SHT_HASH,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_RELR,
  SHT_STRTAB,
} from "../../elf/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { entrySize } from "../relocation-reader.ts";

/** The sections of a dynamic executable, in GNU ld's order of making; 0 for what this output never has. */
export interface DynamicRows {
  readonly interp: SectionId;
  /** Versions of this program's own: always empty. */
  readonly verdef: SectionId;
  readonly versym: SectionId;
  readonly verneed: SectionId;
  readonly dynsym: SectionId;
  readonly dynstr: SectionId;
  readonly dynamic: SectionId;
  readonly hash: SectionId;
  readonly gnuHash: SectionId;
  /** Packed relocations (packed-relocations.ts). */
  readonly relr: SectionId;
  readonly plt: SectionId;
  readonly relaPlt: SectionId;
  readonly relaGot: SectionId;
  readonly got: SectionId;
  readonly gotPlt: SectionId;
  /** Copies of variables: of writable ones, and of those that are read-only after relocation. */
  readonly bss: SectionId;
  readonly relro: SectionId;
  readonly relaBss: SectionId;
  readonly relaRelro: SectionId;
  /** On some targets made when the first such function is found. */
  relaIfunc: SectionId;
  readonly pltGot: SectionId;
  readonly pltSecond: SectionId;
  /** Where GNU ld would describe the stubs if objects had such tables: always empty. */
  readonly sframe: SectionId;
  /** Unwind tables of .plt, .plt.got and .plt.sec. */
  readonly unwind: readonly {
    readonly table: SectionId;
    readonly code: SectionId;
    readonly direct: boolean;
  }[];
  /** Relocations of the loader's for sections of one name, by that name. */
  readonly relocations: Map<string, SectionId>;
}

const READ = SHF_ALLOC;
const WRITE = SHF_ALLOC | SHF_WRITE;
const CODE = SHF_ALLOC | SHF_EXECINSTR;

/** Makes the rows, all empty: what of them the output needs is known when relocations have been looked at. `packs`: with .relr.dyn. */
export function createDynamicRows(model: LinkModel, target: Target, packs: boolean): DynamicRows {
  const { options } = model;
  const { dynamic } = target;
  if (!dynamic) throw new Error(`${target.name} has no dynamic executables`);
  const power = target.is64 ? 3 : 2;
  const word = target.wordSize;
  const make = (name: string, type: number, flags: number, align: number, entsize = 0): SectionId =>
    addRow(model, name, type, flags, align, entsize);
  const rel = target.rela ? ".rela" : ".rel";
  const relType = target.rela ? SHT_RELA : SHT_REL;
  const relocations = (name: string): SectionId =>
    make(`${rel}${name}`, relType, READ, power, entrySize(target.is64, target.rela));
  const form = dynamic.plt(false, options.kind === "pie");
  const usesHash = options.hashStyle !== "gnu";
  const usesGnuHash = options.hashStyle !== "sysv";
  const pltPower = Math.log2(form.entrySize);
  const makeGot = () => ({
    relaGot: relocations(".got"),
    got: make(".got", SHT_PROGBITS, WRITE, power, word),
    gotPlt: make(".got.plt", SHT_PROGBITS, WRITE, power, word),
  });
  const makePlt = () => ({
    plt: make(".plt", SHT_PROGBITS, CODE, pltPower, form.entrySize),
    relaPlt: relocations(".plt"),
  });
  const rows = {
    interp: options.noDynamicLinker ? 0 : make(".interp", SHT_PROGBITS, READ, 0),
    verdef: make(".gnu.version_d", SHT_GNU_verdef, READ, power),
    versym: make(".gnu.version", SHT_GNU_versym, READ, 1, 2),
    verneed: make(".gnu.version_r", SHT_GNU_verneed, READ, power),
    dynsym: make(".dynsym", SHT_DYNSYM, READ, power, target.is64 ? 24 : 16),
    dynstr: make(".dynstr", SHT_STRTAB, READ, 0),
    dynamic: make(".dynamic", SHT_DYNAMIC, WRITE, power, 2 * word),
    hash: usesHash ? make(".hash", SHT_HASH, READ, power, 4) : 0,
    gnuHash: usesGnuHash ? make(".gnu.hash", SHT_GNU_HASH, READ, power, target.is64 ? 0 : 4) : 0,
    relr: packs ? make(".relr.dyn", SHT_RELR, READ, power, word) : 0,
    ...(dynamic.gotFirst ? { ...makeGot(), ...makePlt() } : { ...makePlt(), ...makeGot() }),
    bss: make(".dynbss", SHT_NOBITS, WRITE, 0),
    relro: make(".data.rel.ro", SHT_PROGBITS, WRITE, 0),
    relaBss: relocations(".bss"),
    relaRelro: relocations(".data.rel.ro"),
    relaIfunc: options.kind === "pie" && !dynamic.facts.ifuncsLast ? relocations(".ifunc") : 0,
    pltGot: 0,
    pltSecond: 0,
    sframe: 0,
  };
  if (form.directSize > 0) {
    rows.pltGot = make(".plt.got", SHT_PROGBITS, CODE, Math.log2(form.directSize), form.directSize);
    rows.pltSecond = make(".plt.sec", SHT_PROGBITS, CODE, 4, 16);
  }
  const unwind: DynamicRows["unwind"][number][] = [];
  if (form.unwind && options.unwindStubs)
    for (const [code, direct] of [
      [rows.plt, false],
      [rows.pltGot, true],
      [rows.pltSecond, true],
    ] as const) {
      if (code === 0) continue;
      const bytes = form.unwind(direct, 1);
      const table = make(".eh_frame", SHT_PROGBITS, READ, power);
      setContents(model, table, bytes);
      unwind.push({ table, code, direct });
    }
  if (form.unwind && options.unwindStubs) rows.sframe = make(".sframe", SHT_PROGBITS, READ, 0);
  return { ...rows, unwind, relocations: new Map() };
}

function addRow(
  model: LinkModel,
  name: string,
  type: number,
  flags: number,
  alignPower: number,
  entsize: number,
): SectionId {
  const { sections, names, objects } = model;
  const object = objects.findIndex(({ foreign }) => !foreign);
  const row = { object, name: names.addString(name), type, flags, alignPower, entsize, size: 0 };
  return sections.addSynthetic(row);
}

/** The row for relocations that the loader applies to sections called `name`. */
export function relocationsFor(model: LinkModel, target: Target, rows: DynamicRows, name: string): SectionId {
  const known = rows.relocations.get(name) ?? madeFor(rows, name);
  if (known !== undefined) return known;
  const type = target.rela ? SHT_RELA : SHT_REL;
  const prefix = target.rela ? ".rela" : ".rel";
  const size = entrySize(target.is64, target.rela);
  const row = addRow(model, `${prefix}${name}`, type, READ, target.is64 ? 3 : 2, size);
  rows.relocations.set(name, row);
  return row;
}

/** The row for relocations of functions that are chosen at start-up, where it is made late. */
export function makeIfuncRow(model: LinkModel, target: Target, rows: DynamicRows): void {
  const name = target.rela ? ".rela.ifunc" : ".rel.ifunc";
  const size = entrySize(target.is64, target.rela);
  const type = target.rela ? SHT_RELA : SHT_REL;
  if (rows.relaIfunc === 0) rows.relaIfunc = addRow(model, name, type, READ, target.is64 ? 3 : 2, size);
}

/** Those of the linker's own tables serve sections of the same name, too. */
function madeFor(rows: DynamicRows, name: string): SectionId | undefined {
  if (name === ".bss") return rows.relaBss;
  return name === ".data.rel.ro" ? rows.relaRelro : undefined;
}

/** Gives a row its bytes, and so its size. */
export function setContents(model: LinkModel, row: SectionId, bytes: Uint8Array): void {
  if (row === 0) return;
  model.sections.contents.set(row, bytes);
  model.sections.size[row] = bytes.length;
}

/** All rows, in the order in which they were made. */
export function allRows(rows: DynamicRows): SectionId[] {
  const { unwind, relocations, ...single } = rows;
  const list = Object.values(single).concat(
    unwind.map(({ table }) => table),
    [...relocations.values()],
  );
  return list.filter((row) => row !== 0).sort((a, b) => a - b);
}
