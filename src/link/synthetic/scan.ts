import { int32Column, uint8Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import {
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_GNU_IFUNC,
} from "../../elf/index.ts";
import { type LinkModel, SymbolFlag, SymbolSection } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { type DynamicRows, scanDynamicRelocations } from "../dynamic/index.ts";
import { objectColumns } from "../object-columns.ts";
import { symbolOfEntry } from "../relocation-reader.ts";
import { orderAsGnu } from "../write/gnu-order.ts";

/** Words of the kernel's job: see src/kernels/assembly/scan.ts. */
const Scan = {
  file: 0,
  symbolIds: 1,
  symbols: 2,
  is64: 3,
  tableType: 4,
  kinds: 5,
  section: 6,
  entry: 7,
  end: 8,
  sections: 9,
  info: 10,
  home: 11,
  stub: 12,
  stubCount: 13,
  files: 14,
  ids: 15,
  idCounts: 16,
  are64: 17,
  bases: 18,
  sectionCounts: 19,
  objects: 20,
  object: 21,
  words: 22,
  size: 31,
} as const;

/** Of a kind of word in the GOT: where its numbers of entries are, its list of symbols, and how many are in there. */
const WORDS_SIZE = 3;

/**
 * Asks the target what the relocations of each live, allocated section need
 * (entries of the GOT, stubs), into `model.needs`, as far as a kernel finds those that need anything. After garbage collection.
 */
export function scanRelocations(
  model: LinkModel,
  target: Target,
  rows: DynamicRows | undefined,
  report: Report,
): void {
  const { sections, objects, needs } = model;
  if (model.options.kind === "relocatable") return;
  findDefinedLater(model);
  if (model.dynamic && rows) {
    scanDynamicRelocations(model, target, model.dynamic, rows, report);
    return;
  }
  needs.prepare(model.symbols.count);
  needs.hasIfunc = hasIfunc(model);
  const job = int32Column(Scan.size);
  const { kernels } = model.arena;
  job[Scan.tableType] = target.rela ? SHT_RELA : SHT_REL;
  job[Scan.kinds] = target.scanKinds(model).byteOffset;
  job[Scan.sections] = sections.block.byteOffset;
  job[Scan.info] = model.symbols.info.byteOffset;
  job[Scan.home] = model.symbols.section.byteOffset;
  job[Scan.stub] = needs.iplt.entry.byteOffset;
  job[Scan.stubCount] = needs.iplt.entry.length;
  const { files, ids, symbols, are64, bases, sections: counts } = objectColumns(model);
  job[Scan.files] = files.byteOffset;
  job[Scan.ids] = ids.byteOffset;
  job[Scan.idCounts] = symbols.byteOffset;
  job[Scan.are64] = are64.byteOffset;
  job[Scan.bases] = bases.byteOffset;
  job[Scan.sectionCounts] = counts.byteOffset;
  job[Scan.objects] = objects.length;
  const kinds = [needs.got, needs.gotTp, needs.gotTlsGd];
  const lists = kinds.map((need, i) => {
    const list = int32Column(need.entry.length);
    job[Scan.words + i * WORDS_SIZE] = need.entry.byteOffset;
    job[Scan.words + i * WORDS_SIZE + 1] = list.byteOffset;
    return list;
  });
  while (kernels.findAsking(job.byteOffset))
    job[Scan.entry] = target.scan(model, job[Scan.section], job[Scan.entry], report);
  for (const [i, need] of kinds.entries())
    need.take(lists[i].subarray(0, job[Scan.words + i * WORDS_SIZE + 2]));
  settleIfuncs(model);
  if (model.options.compat === "gnu") {
    for (const need of [needs.got, needs.gotTp, needs.gotTlsGd, needs.gotTlsDesc])
      orderAsGnu(model, need, true);
    orderAsGnu(model, needs.iplt, false);
  }
}

/** What LLD itself defines where GNU ld's default scripts do. */
const reservedByLld = [
  ...["__executable_start", "__dso_handle", "__global_pointer$", "__bss_start"],
  ...["end", "_end", "etext", "_etext", "edata", "_edata"],
  ...["preinit_array", "init_array", "fini_array"].flatMap((name) => [`__${name}_start`, `__${name}_end`]),
  ...["__rela_iplt_start", "__rela_iplt_end", "__rel_iplt_start", "__rel_iplt_end"],
];

/** Edges of sections, and of the image, that are referred to. */
function findDefinedLater(model: LinkModel): void {
  const { names, symbols, sections, needs, options, arena } = model;
  const later = (name: string): void => {
    const id = names.find(name);
    const symbol = id < 0 ? 0 : symbols.global(id);
    if (symbol !== 0 && symbols.section[symbol] === SymbolSection.undefined) needs.definedLater.add(symbol);
  };
  later("__ehdr_start");
  later("_GLOBAL_OFFSET_TABLE_");
  if (options.kind !== "executable") later("_DYNAMIC");
  if (options.compat === "lld") for (const name of reservedByLld) later(name);
  const found = int32Column(sections.count);
  const seen = uint8Column(names.count);
  const count = arena.kernels.plainNames(
    sections.block.byteOffset,
    sections.count,
    names.places(),
    seen.byteOffset,
    found.byteOffset,
  );
  for (let i = 0; i < count; i++) {
    const text = names.text(found[i]);
    if (!/^[A-Za-z0-9_]+$/.test(text)) continue;
    later(`__start_${text}`);
    later(`__stop_${text}`);
  }
}

function hasIfunc({ symbols: { info, count }, arena }: LinkModel): boolean {
  const from = info.byteOffset;
  return [STB_LOCAL, STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE].some(
    (binding) => arena.kernels.hasByte(from, from + count, (binding << 4) | STT_GNU_IFUNC) !== 0,
  );
}

/**
 * Decides which word serves loads of an IFUNC symbol's address from a table:
 * the one its stub jumps through, unless the stub stands for the address
 * everywhere else; then one in the GOT with the stub's address. Without a
 * stub, one in the GOT that IRELATIVE fills. LLD makes a stub whenever there
 * is any reference.
 */
function settleIfuncs(model: LinkModel): void {
  const { needs, symbols, options, sections } = model;
  if (options.compat === "lld") {
    for (const symbol of needs.ifuncGot.symbols) needs.iplt.add(symbol);
    if (options.kind === "executable")
      for (let i = 0; i < needs.ifuncPointers.count; i++) {
        const section = needs.ifuncPointers.section[i];
        const object = model.objects[sections.object[section]];
        needs.iplt.add(symbolOfEntry(model, section, needs.ifuncPointers.entry[i], object.is64));
      }
  }
  for (const symbol of needs.ifuncGot.symbols) {
    const canonical = (symbols.flags[symbol] & SymbolFlag.canonicalPlt) !== 0;
    if (needs.iplt.of(symbol) < 0 || (canonical && options.kind === "executable")) needs.got.add(symbol);
  }
}
