import type { LinkModel, SectionId } from "../../model/index.ts";
import { sectionName } from "../liveness/liveness.ts";
import type { OutputStatement } from "../place/placement.ts";

/** More inputs than this are only counted. */
const MOST_INPUTS = 5;

/** What an output section is filled with: inputs, the largest by name, data of the script, padding. */
export function explainContents(model: LinkModel, output: OutputStatement): string[] {
  const sizes = model.sections.size;
  const inputs: SectionId[] = [];
  let data = 0;
  for (const child of output.children) {
    if (child.kind === "input") for (const section of child.sections) inputs.push(section);
    else if (child.kind === "data") data += child.bytes.length;
  }
  const content = inputs.reduce((sum, section) => sum + sizes[section], 0);
  const lines = [`${count(inputs.length, "input section")} with ${count(content, "byte")}`];
  const largest = inputs.filter((section) => sizes[section] > 0).sort((a, b) => sizes[b] - sizes[a]);
  if (largest.length > 1)
    lines.push(
      ...largest
        .slice(0, MOST_INPUTS)
        .map((section) => `  ${sizes[section]}  ${sectionName(model, section)}`),
    );
  if (largest.length > MOST_INPUTS) lines.push(`  and ${count(largest.length - MOST_INPUTS, "smaller one")}`);
  if (data > 0) lines.push(`${count(data, "byte")} of data of the script`);
  const padding = output.size - content - data;
  if (padding > 0) lines.push(`${count(padding, "byte")} of padding`);
  return lines;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
