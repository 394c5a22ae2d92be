import type { Note } from "../../diagnostics/index.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import { isTbss } from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";

/** Reports sections that wrap around the address space, and sections that overlap in memory or in what is loaded. */
export function checkOverlaps(context: LayoutContext, report: LayoutContext["report"]): void {
  const { placement } = context;
  const live = placement.headerOrder.filter(
    (output) => output.exists && !output.excluded && (output.flags & SectionFlag.alloc) !== 0,
  );
  for (const output of live) checkWrap(context, output);
  const sections = live.filter((output) => !isTbss(output) && output.size !== 0);
  if (sections.length < 2) return;
  const range = (start: bigint, output: OutputStatement) => ({
    start,
    end: BigInt.asUintN(64, start + BigInt(output.size) - 1n),
  });
  const show = (start: bigint, end: bigint) =>
    `[${context.formatAddress(start)},${context.formatAddress(end)}]`;
  const warned = new Set<OutputStatement>();
  // At one address, in the order in which they were made: the script's, then orphans as inputs brought them.
  const made = [
    ...placement.made.filter((output) => !output.isOrphan && sections.includes(output)),
    ...sections.filter((output) => !output.isOrphan && !placement.made.includes(output)),
    ...sections.filter((output) => output.isOrphan).sort((a, b) => a.firstInput - b.firstInput),
  ];
  const sorted = (key: (output: OutputStatement) => bigint) =>
    [...made].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));

  const check = (
    kind: "LMA" | "VMA",
    key: (output: OutputStatement) => bigint,
    counts: (output: OutputStatement) => boolean,
  ): void => {
    let previous: { readonly output: OutputStatement; start: bigint; end: bigint } | undefined;
    for (const output of sorted(key)) {
      if (!counts(output)) continue;
      const { start, end } = range(key(output), output);
      if (previous && !(kind === "VMA" && warned.has(output))) {
        if (start <= previous.end || previous.end < previous.start) {
          if (kind === "LMA") warned.add(output);
          const message = `section ${output.name} ${kind} ${show(start, end)} overlaps section ${previous.output.name} ${kind} ${show(previous.start, previous.end)}`;
          const code = kind === "LMA" ? "LD0545" : "LD0546";
          report.error(code, undefined, message, {
            lld: overlapLld(kind, output, previous.output),
            notes: notesFor(kind, output, previous.output),
          });
        }
      }
      previous = { output, start, end };
    }
  };
  check(
    "LMA",
    (output) => output.loadAddress,
    (output) => (output.flags & SectionFlag.load) !== 0,
  );
  // Two sections at one address are an overlay on purpose, and then nothing can be said of addresses.
  const byAddress = sorted((output) => output.ref.address);
  const overlays = byAddress.some(
    (output, i) => i > 0 && output.ref.address === byAddress[i - 1].ref.address,
  );
  if (!overlays) {
    check(
      "VMA",
      (output) => output.ref.address,
      () => true,
    );
  }
}

function checkWrap(context: LayoutContext, output: OutputStatement): void {
  const bits = context.formatAddress(0n).length * 4;
  const wrap = (value: bigint) => BigInt.asUintN(bits, value);
  for (const [kind, start] of [
    ["VMA", output.ref.address],
    ["LMA", output.loadAddress],
  ] as const) {
    const end = wrap(start + BigInt(output.size));
    if (end === 0n || end >= wrap(start)) continue;
    const message = `section ${output.name} ${kind} wraps around address space`;
    context.report.error("LD0547", output.span, message, { unplaced: true });
    return;
  }
}

function overlapLld(kind: "LMA" | "VMA", output: OutputStatement, previous: OutputStatement): string {
  const hex = (value: bigint) => `0x${value.toString(16).toUpperCase()}`;
  const line = (each: OutputStatement) => {
    const start = kind === "LMA" ? each.loadAddress : each.ref.address;
    return `>>> ${each.name} range is [${hex(start)}, ${hex(start + BigInt(each.size) - 1n)}]`;
  };
  const what = kind === "LMA" ? "load address" : "virtual address";
  return `section ${previous.name} ${what} range overlaps with ${output.name}\n${line(previous)}\n${line(output)}`;
}

/** Where both are described; and the usual reason: a load address computed by hand. */
function notesFor(kind: "LMA" | "VMA", output: OutputStatement, previous: OutputStatement): Note[] {
  const notes: Note[] = [];
  for (const each of [output, previous])
    if (each.span) notes.push({ message: `${each.name} is placed here`, where: each.span });
  const computed = [output, previous].find((each) => each.loadBase);
  if (kind === "LMA" && computed?.loadBase) {
    notes.push({
      message: `the load address of ${computed.name} is computed by AT(); AT> REGION instead lets the linker find room and count it`,
      where: computed.loadBase.span,
    });
  }
  return notes;
}
