import { DT_NULL, SHF_ALLOC, SHT_REL, SHT_RELA } from "../../elf/index.ts";
import type { ImageLayout, LinkModel, OutputSection, SectionId } from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import type { OutputStatement } from "../place/placement.ts";

/** A number, or the address of a row or symbol, or the address or size of an output section, by name, by its statement (which may be empty and not in the output) or by a row in it. */
export type TagValue =
  | number
  | { readonly row: SectionId }
  | { readonly symbol: string }
  | { readonly output: string; readonly size: boolean }
  | { readonly statement: OutputStatement; readonly size: boolean }
  | { readonly rowOutput: SectionId; readonly size: boolean }
  /** Where the loader's relocations begin, or how long they are, without those of a row. */
  | { readonly relocations: "start" | "size"; readonly without: SectionId };

/** All loaded sections of relocations count, wherever the script has put them. */
function ofRelocations(
  { sections }: LinkModel,
  target: Target,
  layout: ImageLayout,
  { relocations, without }: Extract<TagValue, { readonly relocations: string }>,
): bigint {
  const type = target.rela ? SHT_RELA : SHT_REL;
  const all = layout.sections.filter((section) => section.type === type && section.flags & SHF_ALLOC);
  const excluded = without === 0 ? 0n : BigInt(sections.size[without]);
  if (relocations === "size") return all.reduce((sum, { size }) => sum + BigInt(size), 0n) - excluded;
  let start = 0n;
  for (const { address } of all) if (start === 0n || address < start) start = address;
  if (without === 0) return start;
  // Packed relocations may leave nothing in there.
  if (all.reduce((sum, { size }) => sum + BigInt(size), 0n) === excluded) return 0n;
  const own =
    (BigInt(sections.addressHigh[without] >>> 0) << 32n) | BigInt(sections.addressLow[without] >>> 0);
  return start === own ? start + excluded : start;
}

/** Writes entries of .dynamic and the terminating one: addresses are final. What does not fit is left out. */
export function writeTags(
  model: LinkModel,
  target: Target,
  layout: ImageLayout,
  bytes: Uint8Array,
  tags: readonly (readonly [number, TagValue])[],
): void {
  const { sections, symbols } = model;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = target.wordSize;
  let at = 0;
  const put = (value: bigint) => {
    if (at + word > bytes.length) return;
    if (word === 8) view.setBigUint64(at, BigInt.asUintN(64, value), true);
    else view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    at += word;
  };
  const halves = (low: number, high: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const ofOutput = (output: OutputSection | undefined, size: boolean) =>
    output ? (size ? BigInt(output.size) : output.address) : 0n;
  for (const [tag, value] of tags) {
    put(BigInt(tag));
    if (typeof value === "number") put(BigInt(value));
    else if ("row" in value) put(halves(sections.addressLow[value.row], sections.addressHigh[value.row]));
    else if ("relocations" in value) put(ofRelocations(model, target, layout, value));
    else if ("symbol" in value) {
      const symbol = symbols.global(model.names.find(value.symbol));
      put(halves(symbols.addressLow[symbol], symbols.addressHigh[symbol]));
    } else if ("statement" in value)
      put(value.size ? BigInt(value.statement.size) : value.statement.ref.address);
    else if ("rowOutput" in value)
      put(ofOutput(layout.sections[sections.output[value.rowOutput]], value.size));
    else {
      const named = layout.sections.find((section) => section.name === value.output);
      put(ofOutput(named, value.size));
    }
  }
  put(BigInt(DT_NULL));
}
