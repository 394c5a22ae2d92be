import { Report } from "../diagnostics/index.ts";
import type { ImageLayout, LinkModel, LinkOptions, SectionId } from "../model/index.ts";
import type { Target } from "../targets/index.ts";
import { checkSymbols } from "./check-symbols.ts";
import { allocateCommons } from "./common.ts";
import { type EhFrames, editEhFrames, readEhFrames } from "./eh-frame.ts";
import { ehFrameHdrContent, ehFrameHdrSize } from "./eh-frame-hdr.ts";
import { markLive } from "./gc.ts";
import type { Host } from "./host.ts";
import { type ResolvedInputs, resolveInputs } from "./inputs.ts";
import { assignAddresses } from "./layout.ts";
import { mergeSections } from "./merge.ts";
import { decideExecStack, mergePropertyNotes, reportWarningSections } from "./notes.ts";
import { writeOutput } from "./output.ts";
import { placeSections } from "./place.ts";
import type { Placement } from "./placement.ts";
import { scanRelocations } from "./scan.ts";
import { type LinkScripts, readScripts } from "./scripts.ts";
import { createSynthetic, fillSynthetic, type SyntheticSections } from "./synthetic.ts";

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
}

/** Links as the options say and writes the output to the host's files. */
const T: { l: number; u: NodeJS.CpuUsage } = { l: performance.now(), u: process.cpuUsage() };
function tick(n: string) {
  const d = process.cpuUsage(T.u);
  if (process.env.TIME)
    console.error(
      n.padEnd(22),
      "cpu",
      ((d.user + d.system) / 1000).toFixed(0).padStart(5),
      "sys",
      (d.system / 1000).toFixed(0).padStart(5),
      "wall",
      (performance.now() - T.l).toFixed(0).padStart(5),
      "rss",
      (process.memoryUsage().rss / 1e6).toFixed(0),
    );
  T.u = process.cpuUsage();
  T.l = performance.now();
}
export function link(options: LinkOptions, host: Host, report = new Report()): LinkResult {
  const scripts = readScripts(options, host.files, report);
  tick("readScripts");
  if (!scripts || report.hasErrors) return { succeeded: false, report, options, scripts };
  const { target } = scripts;

  // One definition for each name, pulling in archive members as needed.
  const inputs = resolveInputs(options, scripts.commands, host.files, report, scripts.parse, target);
  tick("resolveInputs");
  const { model, commands } = inputs;
  const read = { report, options, scripts, target, inputs };
  if (report.hasErrors) return { succeeded: false, ...read };
  // From here on no input file is added.

  const frames = readEhFrames(model, report);
  tick("readEhFrames");
  reportWarningSections(model, report);
  tick("reportWarningSections");
  mergePropertyNotes(model, target, report);
  tick("mergePropertyNotes");
  const execStack = decideExecStack(model, target, report);
  tick("decideExecStack");
  markLive(model, commands, frames, report);
  tick("markLive");
  allocateCommons(model, commands);
  tick("allocateCommons");
  scanRelocations(model, target, report);
  tick("scanRelocations");
  const synthetic = createSynthetic(model, target, report);
  tick("createSynthetic");
  // From here on no symbol and no section is added.

  const placement = placeSections(model, commands, target, report);
  tick("placeSections");
  checkSymbols(inputs, target, report);
  tick("checkSymbols");
  mergeSections(model, model.sections.output, report, placedSections(placement));
  tick("mergeSections");
  editUnwindTables(model, frames, placement, synthetic);
  tick("editUnwindTables");
  const layout = settleAddresses(model, placement, target, execStack, report);
  tick("settleAddresses");
  const result = { ...read, placement, layout, synthetic };
  // From here on every address is final.

  const { got, gotPlt, iplt, igotPlt } = synthetic;
  const context = { model, layout, target, report, got, gotPlt, iplt, igotPlt };
  fillSynthetic(context, target, synthetic);
  tick("fillSynthetic");
  fillUnwindIndex(model, frames, layout, synthetic, report);
  tick("fillUnwindIndex");
  if (report.hasErrors && !options.noinhibitExec) return { succeeded: false, ...result };
  const written = writeOutput(context, inputs, synthetic, frames, host);
  tick("writeOutput");
  return { succeeded: written, ...result };
}

/** The sections of the output, in its order. */
function* placedSections(placement: Placement): Iterable<SectionId> {
  for (const output of placement.outputs)
    for (const child of output.children) if (child.kind === "input") yield* child.sections;
}

/** Which unwind records stay is known once the sections that they describe have their places, or none. */
function editUnwindTables(
  model: LinkModel,
  frames: EhFrames,
  placement: Placement,
  synthetic: SyntheticSections,
): void {
  const output = placement.outputs.find((section) => section.name === ".eh_frame");
  if (!output) return;
  const order = output.children.flatMap((child) => (child.kind === "input" ? [...child.sections] : []));
  editEhFrames(model, frames, order);
  if (synthetic.ehFrameHdr) model.sections.size[synthetic.ehFrameHdr] = ehFrameHdrSize(frames);
}

/** .eh_frame_hdr lists the functions by address, so it is written last. */
function fillUnwindIndex(
  model: LinkModel,
  frames: EhFrames,
  layout: ImageLayout,
  synthetic: SyntheticSections,
  report: Report,
): void {
  const table = layout.sections.find((section) => section.name === ".eh_frame");
  const row = synthetic.ehFrameHdr;
  if (!row || !table) return;
  model.sections.contents.set(row, ehFrameHdrContent(model, frames, row, table.address, report));
}

/**
 * Addresses decide what can be relaxed, and relaxing moves addresses. It ends
 * because a target's `relax` only ever deletes bytes.
 */
function settleAddresses(
  model: LinkModel,
  placement: Placement,
  target: Target,
  execStack: boolean | undefined,
  report: Report,
): ImageLayout {
  let layout = assignAddresses(model, placement, target, execStack, report, target.relax ? "draft" : "final");
  if (!target.relax || model.options.kind === "relocatable") return layout;
  while (target.relax(model, layout, report)) {
    layout = assignAddresses(model, placement, target, execStack, report, "draft");
  }
  target.finishRelaxation?.(model, layout, report);
  return assignAddresses(model, placement, target, execStack, report, "final");
}
