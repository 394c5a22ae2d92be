import { Report } from "../diagnostics/index.ts";
import { endArena, OutOfMemory } from "../kernels/index.ts";
import type { ImageLayout, LinkModel, LinkOptions, SectionId } from "../model/index.ts";
import { reportFirstTextRelocation, reportTextSegment, type Target } from "../targets/index.ts";
import {
  checkLibraries,
  chooseSectionSymbol,
  createDynamicRows,
  emptyRows,
  fillDynamicSections,
  growPacked,
  type DynamicSections as LoadedSections,
  leaveUnpacked,
  packRelocations,
  packsRelocations,
  reportPacking,
  reportTextRelocations,
  settleTags,
  takeOut,
} from "./dynamic/index.ts";
import { Locator } from "./explain/locate.ts";
import type { Host } from "./host.ts";
import { type ResolvedInputs, resolveInputs } from "./inputs/inputs.ts";
import { decideExecStack, markStackNote, mergePropertyNotes, reportWarningSections } from "./inputs/notes.ts";
import { greatestAlignment } from "./layout/alignment.ts";
import { assignAddresses, draftAddresses } from "./layout/layout.ts";
import { startLayout } from "./layout/layout-start.ts";
import { markLive } from "./liveness/gc.ts";
import { mergeSections } from "./merge/merge.ts";
import { placeSections } from "./place/place.ts";
import type { Placement } from "./place/placement.ts";
import { orderSections } from "./place/section-order.ts";
import { type LinkScripts, readScripts } from "./statements/scripts.ts";
import { checkSymbols } from "./symbols/check-symbols.ts";
import { allocateCommons } from "./symbols/common.ts";
import { checkCrossReferences } from "./symbols/cross-references.ts";
import { fillSynthetic } from "./synthetic/fill.ts";
import { scanRelocations } from "./synthetic/scan.ts";
import { createSynthetic, type SyntheticSections } from "./synthetic/synthetic.ts";
import { type EhFrames, editEhFrames, readEhFrames } from "./unwind/eh-frame.ts";
import { ehFrameHdrContent, ehFrameHdrSize } from "./unwind/eh-frame-hdr.ts";
import { dropsLocalLabels, outputPath, writeOutput } from "./write/output.ts";
import type { FilePart } from "./write/write.ts";

/** What a link found out, as far as it came: for the map, the report and `why`. */
export interface LinkResult {
  /** True when the output was written. */
  readonly succeeded: boolean;
  readonly report: Report;
  readonly options: LinkOptions;
  readonly scripts?: LinkScripts;
  readonly target?: Target;
  readonly inputs?: ResolvedInputs;
  readonly placement?: Placement;
  readonly layout?: ImageLayout;
  readonly synthetic?: SyntheticSections;
  /** What went where in the written file. */
  readonly file?: readonly FilePart[];
}

/** Links as the options say and writes the output to the host's files. */
export function link(options: LinkOptions, host: Host, report = new Report()): LinkResult {
  try {
    return linkInputs(options, host, report);
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    report.error("LD0914", undefined, `memory exhausted: ${error.message}`);
    return { succeeded: false, report, options };
  } finally {
    // What is made of the result afterwards, a map or a report, needs no kernels.
    endArena();
  }
}

/** What GNU ld does for ELF files only: bare bytes are the sections as they come. */
function forFormat(options: LinkOptions): LinkOptions {
  if (options.oformat !== "binary" || options.compat === "lld") return options;
  return { ...options, gcSections: false, ehFrameHdr: false, buildId: "none", packageMetadata: undefined };
}

/** What scripts and lists say that options say elsewhere. */
function withScripts(options: LinkOptions, { listed, binary }: LinkScripts): LinkOptions {
  const told = binary ? forFormat({ ...options, oformat: "binary" }) : options;
  return listed.length === 0 ? told : { ...told, exportSymbols: [...told.exportSymbols, ...listed] };
}

function linkInputs(line: LinkOptions, host: Host, report: Report): LinkResult {
  const asked = forFormat(line);
  const scripts = readScripts(asked, host.files, report);
  const options = scripts ? withScripts(asked, scripts) : asked;
  if (!scripts || report.hasErrors) return { succeeded: false, report, options, scripts };
  const { target } = scripts;
  reportPacking(options, target, report);
  if (options.inputs.length === 0 && scripts.commands.inputs.length === 0 && !scripts.commands.startup) {
    report.error("LD0713", undefined, "no input files");
    return { succeeded: false, report, options, scripts };
  }

  if (options.kind === "pie" && options.compat === "gnu" && !options.noDynamicLinker && !target.dynamic) {
    const what = `making a dynamic executable for ${target.name} (-pie without --no-dynamic-linker)`;
    report.error("LD0704", undefined, `${what} is not supported`);
    return { succeeded: false, report, options, scripts };
  }

  if (options.compressDebug === "zstd" && !host.compression?.zstd) {
    const what = "--compress-debug-sections=zstd by this host (Node 22.15 or later can do it)";
    report.error("LD0704", undefined, `${what} is not supported`);
    return { succeeded: false, report, options, scripts };
  }

  // One definition for each name, pulling in archive members as needed.
  const outputOnly = host.outputOnly === true;
  const leavesLabels = outputOnly && dropsLocalLabels(options, target);
  const { commands: given, parse } = scripts;
  const inputs = resolveInputs(options, given, host.files, report, parse, target, leavesLabels, outputOnly);
  const { model, commands } = inputs;
  model.arena.endReading();
  const read = { report, options, scripts, target, inputs };
  checkOutput(outputPath(options, commands), host, report);
  if (scripts.guessed && options.compat === "lld" && !report.hasErrors) {
    const archivesOnly = options.inputs.every(
      (input) => input.kind !== "symbols" && !("modes" in input && input.modes.wholeArchive),
    );
    const message = "target emulation unknown: -m or at least one .o file required";
    // Members that were taken for a symbol come too late to decide it.
    const decided =
      model.trace.extractions.some(({ symbol }) => symbol === 0) ||
      model.objects.some(({ file }) => file.member === undefined);
    if (archivesOnly && !decided) report.error("LD0724", undefined, message);
  }
  checkKeptRelocations(model, target, report);
  if (report.hasErrors) return { succeeded: false, ...read };
  // From here on no input file is added.

  const dynamicRows =
    model.dynamic && createDynamicRows(model, target, packsRelocations(model, model.dynamic));
  const frames = readEhFrames(model, report, dynamicRows?.unwind);
  reportWarningSections(model, report);
  mergePropertyNotes(model, target, report);
  // GNU ld looks at the stack when it has placed the sections.
  const aboutStack = new Report();
  aboutStack.warnings = report.warnings;
  const execStack = decideExecStack(model, target, aboutStack);
  markLive(model, commands, frames, report);
  allocateCommons(model, commands);
  scanRelocations(model, target, dynamicRows, report);
  const synthetic = createSynthetic(model, target, dynamicRows, report);
  // From here on no symbol and no section is added.

  const unneeded = synthetic.loaded ? emptyRows(model, synthetic.loaded) : [];
  const placement = placeSections(model, commands, target, unneeded, report);
  orderSections(model, placement, host.files, report);
  if (options.oformat !== "binary") report.take(aboutStack);
  reportFirstTextRelocation(model, report);
  if (model.dynamic && synthetic.loaded)
    synthetic.loaded = settleTags(model, target, model.dynamic, synthetic.loaded, placement, report);
  if (execStack && options.execStack === undefined) markStackNote(model, placement);
  const aboutUndefined = new Report();
  aboutUndefined.warnings = report.warnings;
  checkSymbols(inputs, target, report, aboutUndefined);
  if (model.dynamic) checkLibraries(model, model.dynamic, report);
  mergeSections(model, model.sections.output, report, placedSections(placement));
  editUnwindTables(model, target, frames, placement, synthetic);
  if (model.dynamic && synthetic.loaded) {
    placement.layout = startLayout(model, placement, target, report);
    const { loaded, ehFrameHdr } = synthetic;
    const named = chooseSectionSymbol(model, target, model.dynamic, loaded, ehFrameHdr, placement);
    synthetic.loaded = packRelocations(model, target, model.dynamic, named);
  }
  const layout = synthetic.loaded?.packed
    ? settlePacked(model, synthetic.loaded, placement, target, execStack, report)
    : settleAddresses(model, placement, target, execStack, report);
  report.take(aboutUndefined);
  reportTextSegment(model, report);
  const result = { ...read, placement, layout, synthetic };
  // From here on every address is final.

  const { got, gotPlt, iplt, igotPlt } = synthetic;
  const locator = new Locator(model);
  const gnuPlace = (section: SectionId, offset: number): string => {
    const line = locator.gnuPlace(section, offset);
    const place = locator.inSection(section, offset);
    return line.endsWith(place) ? line : `${line}:${place}`;
  };
  const context = { model, layout, target, report, got, gotPlt, iplt, igotPlt, gnuPlace };
  fillSynthetic(context, target, synthetic);
  if (model.dynamic && synthetic.loaded) {
    fillDynamicSections(context, target, model.dynamic, synthetic.loaded, frames);
    reportTextRelocations(model, model.dynamic, report);
  }
  fillUnwindIndex(model, frames, layout, synthetic, report);
  checkCrossReferences(model, placement, report);
  if (report.hasErrors && !options.noinhibitExec) return { succeeded: false, ...result };
  const file = writeOutput(context, inputs, synthetic, frames, host);
  target.release();
  return { succeeded: file !== undefined, ...result, file };
}

/** Whether the output can be written is better known before the work than after it. */
function checkOutput(path: string, host: Host, report: Report): void {
  const problem = host.checkOutput?.(path);
  if (problem !== undefined) report.error("LD0910", undefined, `cannot open output file ${path}: ${problem}`);
}

/** Bare bytes hold no relocations. */
function checkKeptRelocations(
  { options, objects, sections }: LinkModel,
  target: Target,
  report: Report,
): void {
  if (options.oformat !== "binary" || options.compat === "lld") return;
  if (options.kind !== "relocatable" && !options.emitRelocations) return;
  const hasRelocations = ({ sectionBase: base, sectionCount }: (typeof objects)[number]) =>
    sections.relocations.subarray(base, base + sectionCount).some((table) => table !== 0);
  const object = objects.find(hasRelocations);
  if (object)
    report.error(
      "LD0325",
      undefined,
      `relocatable linking with relocations from format ${target.bfdName} (${object.name}) to format binary (${options.output}) is not supported`,
    );
}

/** The sections of the output, in its order. */
function* placedSections(
  placement: Placement,
  wanted: (output: { readonly name: string }) => boolean = () => true,
): Iterable<SectionId> {
  const { several } = placement;
  for (const output of placement.outputs) {
    if (!wanted(output)) continue;
    for (const child of output.children) {
      if (child.kind !== "input") continue;
      if (!several) yield* child.sections;
      else for (const row of child.sections) if (several.isHome(output, row)) yield row;
    }
  }
}

/** Which unwind records stay is known once the sections that they describe have their places, or none. */
function editUnwindTables(
  model: LinkModel,
  target: Target,
  frames: EhFrames,
  placement: Placement,
  synthetic: SyntheticSections,
): void {
  const { kind, oformat, compat } = model.options;
  if (kind === "relocatable" && target.keepsEhFrameInObjects) return;
  if (oformat === "binary" && compat === "gnu") return;
  const order = [...placedSections(placement, (output) => holdsUnwindTable(model, output))];
  if (order.length === 0) return;
  editEhFrames(
    model,
    frames,
    order.filter((section) => frames.mayEdit(section) && model.sections.size[section] > 0),
  );
  if (synthetic.ehFrameHdr) model.sections.size[synthetic.ehFrameHdr] = ehFrameHdrSize(frames);
}

/** For GNU ld it is the name of the output section that counts; for LLD that of the inputs, wherever they are. */
function holdsUnwindTable(model: LinkModel, output: { readonly name: string }): boolean {
  return model.options.compat === "lld" || output.name === ".eh_frame";
}

/** .eh_frame_hdr lists the functions by address, so it is written last. */
function fillUnwindIndex(
  model: LinkModel,
  frames: EhFrames,
  layout: ImageLayout,
  synthetic: SyntheticSections,
  report: Report,
): void {
  const row = synthetic.ehFrameHdr;
  const table = layout.sections.find(
    (section) => holdsUnwindTable(model, section) && section.order.includes(frames.order[0]),
  );
  if (!row || !table || frames.order.length === 0) return;
  const first = model.options.compat === "lld" ? model.sections.outputOffset[frames.order[0]] : 0;
  const address = table.address + BigInt(first);
  model.sections.contents.set(row, ehFrameHdrContent(model, frames, row, address, report));
}

/**
 * Addresses decide what can be relaxed, and relaxing moves addresses. It ends
 * because relaxation only ever deletes bytes.
 */
function settleAddresses(
  model: LinkModel,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
): ImageLayout {
  if (!target.startRelaxation || model.options.kind === "relocatable")
    return assignAddresses(model, placement, target, execStack, report);
  if (!target.mayShrink?.(model)) return assignAddresses(model, placement, target, execStack, report);
  draftAddresses(model, placement, target, execStack, report);
  const relaxer = target.startRelaxation(model, greatestAlignment(placement), report);
  while (relaxer.begin()) draftAddresses(model, placement, target, execStack, report, relaxer);
  return assignAddresses(model, placement, target, execStack, report);
}

/** As `settleAddresses`, where the addresses decide how long .relr.dyn is. */
function settlePacked(
  model: LinkModel,
  loaded: LoadedSections,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
): ImageLayout {
  const { rows, packed } = loaded;
  const draft = () => assignAddresses(model, placement, target, execStack, new Report());
  if (packed && packed.list.length > 0) {
    // GNU ld's first addresses are those with all relocations in the other sections.
    leaveUnpacked(model, rows);
    draft();
    takeOut(model, target, rows, packed);
    while (growPacked(model, target, rows, packed)) draft();
  }
  return settleAddresses(model, placement, target, execStack, report);
}
