import type { LinkReport } from "./report.ts";

/**
 * What is wrong with a report: bytes without an owner or with two, totals that
 * do not add up, references to what is not there. Empty when it is sound.
 */
export function auditReport(report: LinkReport): string[] {
  const problems: string[] = [];
  const { output, output_sections, input_sections } = report;

  const covers = (what: string, size: number, ranges: readonly { offset: number; size: number }[]) => {
    let end = 0;
    for (const range of ranges) {
      if (range.size <= 0) problems.push(`${what}: an empty range at ${range.offset}`);
      if (range.offset > end) problems.push(`${what}: nobody owns ${end}..${range.offset}`);
      if (range.offset < end) problems.push(`${what}: two own ${range.offset}..${end}`);
      end = Math.max(end, range.offset + range.size);
    }
    if (end !== size) problems.push(`${what}: owners end at ${end}, its size is ${size}`);
  };
  if (output.written) covers("file", output.size, output.contents);
  const fileTotal = Object.values(output.totals).reduce((sum, part) => sum + part, 0);
  if (fileTotal !== output.size)
    problems.push(`file: totals add up to ${fileTotal}, its size is ${output.size}`);

  const known = new Set(input_sections.map((input) => input.id));
  const placed = new Set<number>();
  output_sections.forEach((section, index) => {
    const what = `section ${section.name}`;
    if (section.id !== index) problems.push(`${what}: number ${section.id} at place ${index}`);
    covers(what, section.size, section.contents);
    const { input, data, padding } = section.totals;
    if (input + data + padding !== section.size)
      problems.push(`${what}: totals add up to ${input + data + padding}, its size is ${section.size}`);
    for (const range of section.contents) {
      if (range.kind === "data" || range.input === undefined) continue;
      if (!known.has(range.input)) problems.push(`${what}: input ${range.input} is not listed`);
      if (range.kind !== "input") continue;
      if (placed.has(range.input)) problems.push(`${what}: input ${range.input} is placed twice`);
      placed.add(range.input);
    }
  });
  for (const input of input_sections) {
    if (input.size > 0 && !placed.has(input.id))
      problems.push(`input ${input.id} (${input.object}:${input.name}) has no place in its output section`);
    const base = output_sections[input.output_section]?.address;
    if (base === undefined) problems.push(`input ${input.id}: no output section ${input.output_section}`);
    else if (BigInt(base) + BigInt(input.offset) !== BigInt(input.address))
      problems.push(`input ${input.id}: ${base} + ${input.offset} is not ${input.address}`);
  }
  if (output.written) {
    const inFile = output.contents.reduce((sum, range) => sum + (range.kind === "input" ? range.size : 0), 0);
    const bySection = output_sections.reduce((sum, section) => {
      const raw = output.contents.some(
        (range) => range.kind === "compressed" && range.output_section === section.id,
      );
      const loaded = output.bfd_format !== "binary" || (BigInt(section.flags) & 2n) !== 0n;
      return section.in_file && !raw && loaded ? sum + section.totals.input : sum;
    }, 0);
    if (inFile !== bySection)
      problems.push(`file: ${inFile} bytes of inputs, ${bySection} in the output sections`);
  }
  for (const region of report.memory_regions)
    if (BigInt(region.used) > BigInt(region.length) && output.written)
      problems.push(`region ${region.name}: ${region.used} used of ${region.length}`);
  return problems;
}
