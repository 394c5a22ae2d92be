import type { Report } from "../../diagnostics/index.ts";
import {
  DF_1_INTERPOSE,
  DF_1_NODEFLIB,
  DF_1_NOW,
  DF_1_ORIGIN,
  DF_1_PIE,
  DF_BIND_NOW,
  DF_ORIGIN,
  DF_STATIC_TLS,
  DF_TEXTREL,
  DT_BIND_NOW,
  DT_DEBUG,
  DT_FLAGS,
  DT_FLAGS_1,
  DT_GNU_HASH,
  DT_HASH,
  DT_JMPREL,
  DT_NEEDED,
  DT_PLTGOT,
  DT_PLTREL,
  DT_PLTRELSZ,
  DT_REL,
  DT_RELA,
  DT_RELACOUNT,
  DT_RELAENT,
  DT_RELASZ,
  DT_RELCOUNT,
  DT_RELENT,
  DT_RELR,
  DT_RELRENT,
  DT_RELRSZ,
  DT_RELSZ,
  DT_RISCV_VARIANT_CC,
  DT_RPATH,
  DT_RUNPATH,
  DT_SONAME,
  DT_STRSZ,
  DT_STRTAB,
  DT_SYMENT,
  DT_SYMTAB,
  DT_TEXTREL,
  DT_VERNEED,
  DT_VERNEEDNUM,
  DT_VERSYM,
  STO_RISCV_VARIANT_CC,
} from "../../elf/index.ts";
import {
  Dyn,
  type DynamicLink,
  type ImageLayout,
  type LinkModel,
  type SectionId,
  type SymbolId,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import type { OutputStatement } from "../place/placement.ts";
import { initTags } from "./init-tags.ts";
import type { DynamicRows } from "./rows.ts";
import { type DynamicTables, runPath } from "./tables.ts";
import { type TagValue, writeTags } from "./write-tags.ts";

const DT_GNU_FLAGS_1 = 0x6ffffdf4;
const DT_AUDIT = 0x6ffffefc;
const DT_DEPAUDIT = 0x6ffffefb;

/** -z keywords that are no more than a bit of DT_FLAGS_1. */
const MARKS = [
  ["global", 0x2],
  ["nodelete", 0x8],
  ["loadfltr", 0x10],
  ["initfirst", 0x20],
  ["nodlopen", 0x40],
  ["nodump", 0x1000],
  ["globalaudit", 0x1000000],
] as const;

/** DF_1_INITFIRST, DF_1_NODELETE and DF_1_NOOPEN mean nothing in an executable. */
const OF_LIBRARIES = 0x20 | 0x8 | 0x40;

/** The entries of .dynamic in GNU ld's order, without the terminating ones; `outputOf`: an output section with inputs, by its name. */
export function dynamicTags(
  model: LinkModel,
  target: Target,
  dynamic: DynamicLink,
  rows: DynamicRows,
  tables: DynamicTables,
  stubs: readonly SymbolId[],
  outputOf: (name: string) => OutputStatement | undefined,
): [number, TagValue][] {
  const { options, sections } = model;
  const tags: [number, TagValue][] = [];
  const text = (tag: number, string: string) => tags.push([tag, tables.offsets.get(string) ?? 0]);
  const sonames = new Set(dynamic.libraries.filter(({ implied }) => !implied).map(({ soname }) => soname));
  for (const soname of sonames) text(DT_NEEDED, soname);
  if (options.soname !== undefined) text(DT_SONAME, options.soname);
  const path = runPath(options.rpath);
  if (path !== "") text(options.newDtags ? DT_RUNPATH : DT_RPATH, path);
  if (options.audit.length > 0) text(DT_AUDIT, options.audit.join(":"));
  if (options.depaudit.length > 0) text(DT_DEPAUDIT, options.depaudit.join(":"));
  tags.push(...initTags(model, (symbol) => isKnown(dynamic, symbol), outputOf));
  if (rows.hash) tags.push([DT_HASH, { row: rows.hash }]);
  if (rows.gnuHash) tags.push([DT_GNU_HASH, { row: rows.gnuHash }]);
  tags.push([DT_STRTAB, { row: rows.dynstr }], [DT_SYMTAB, { row: rows.dynsym }]);
  tags.push([DT_STRSZ, sections.size[rows.dynstr]], [DT_SYMENT, target.is64 ? 24 : 16]);
  const unique = options.zKeywords.findLast((word) => /^(no)?unique$/.test(word));
  if (unique === "unique") tags.push([DT_GNU_FLAGS_1, 1]);
  tags.push([DT_DEBUG, 0]);
  if (sections.size[rows.plt] > 0)
    tags.push([DT_PLTGOT, { row: target.pltGotIsGot ? rows.got : rows.gotPlt }]);
  if (sections.size[rows.relaPlt] > 0)
    tags.push(
      [DT_PLTRELSZ, { rowOutput: rows.relaPlt, size: true }],
      [DT_PLTREL, target.rela ? DT_RELA : DT_REL],
      [DT_JMPREL, { row: rows.relaPlt }],
    );
  const first = relocationRows(rows).find((row) => sections.size[row] > 0);
  const { countsStubs } = dynamic.facts;
  if (countsStubs || first !== undefined) {
    const without = countsStubs ? 0 : rows.relaPlt;
    tags.push(
      [target.rela ? DT_RELA : DT_REL, { relocations: "start", without }],
      [target.rela ? DT_RELASZ : DT_RELSZ, { relocations: "size", without }],
      [target.rela ? DT_RELAENT : DT_RELENT, sections.entsize[first ?? rows.relaGot]],
    );
  }
  if (dynamic.textRelocations) tags.push([DT_TEXTREL, 0]);
  const isVariant = (symbol: SymbolId) => (model.symbols.other[symbol] & STO_RISCV_VARIANT_CC) !== 0;
  if (stubs.some(isVariant)) tags.push([DT_RISCV_VARIANT_CC, 0]);
  const has = (word: string) => options.zKeywords.includes(word);
  const flags =
    (has("origin") ? DF_ORIGIN : 0) |
    (dynamic.textRelocations ? DF_TEXTREL : 0) |
    (options.now ? DF_BIND_NOW : 0) |
    (dynamic.staticTls ? DF_STATIC_TLS : 0);
  if ((options.newDtags && flags !== 0) || dynamic.staticTls) tags.push([DT_FLAGS, flags]);
  else if (flags & DF_BIND_NOW) tags.push([DT_BIND_NOW, 0]);
  const flags1 =
    (options.now ? DF_1_NOW : 0) |
    (has("interpose") ? DF_1_INTERPOSE : 0) |
    (has("nodefaultlib") ? DF_1_NODEFLIB : 0) |
    (has("origin") ? DF_1_ORIGIN : 0) |
    MARKS.reduce((bits, [word, bit]) => bits | (has(word) ? bit : 0), 0) |
    (options.kind === "pie" ? DF_1_PIE : 0);
  if (flags1 !== 0) tags.push([DT_FLAGS_1, flags1 & ~OF_LIBRARIES]);
  if (tables.versionNeeds > 0)
    tags.push(
      [DT_VERNEED, { row: rows.verneed }],
      [DT_VERNEEDNUM, tables.versionNeeds],
      [DT_VERSYM, { row: rows.versym }],
    );
  return tags;
}

/** The rows with relocations that the loader applies at once, in the order in which they were made. */
export function relocationRows(rows: DynamicRows): SectionId[] {
  return [rows.relaGot, rows.relaBss, rows.relaRelro, rows.relaIfunc, ...rows.relocations.values()].filter(
    (row) => row !== 0,
  );
}

function isKnown(dynamic: DynamicLink, symbol: SymbolId): boolean {
  return (dynamic.flags[symbol] & (Dyn.defRegular | Dyn.refRegular)) !== 0;
}

/** The bytes of .dynamic: addresses are final. `relatives`: how many relocations come first that only add the base. */
export function fillTags(
  model: LinkModel,
  target: Target,
  rows: DynamicRows,
  layout: ImageLayout,
  tags: readonly (readonly [number, TagValue])[],
  relatives: number,
  report: Report,
): void {
  const bytes = model.sections.contents.get(rows.dynamic);
  if (!bytes) return;
  for (const [, value] of tags)
    if (typeof value === "object" && "statement" in value && value.size && value.statement.size === 0)
      report.warning("LD0618", undefined, `${value.statement.name} section has zero size`);
  const count = target.rela ? DT_RELACOUNT : DT_RELCOUNT;
  const all = [...tags];
  if (relatives > 0) all.push([count, relatives]);
  const { size } = model.sections;
  if (rows.relr && size[rows.relr] > 0)
    all.push([DT_RELR, { row: rows.relr }], [DT_RELRSZ, size[rows.relr]], [DT_RELRENT, target.wordSize]);
  writeTags(model, target, layout, bytes, all);
}
