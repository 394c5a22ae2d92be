/** Compares two object files: all that compareImages looks at, and what only objects have. */
import { compareImages, type Difference } from "../gnu-ld/compare-images.ts";
import { type Elf, readElf, type Section, SHT } from "../gnu-ld/read-elf.ts";

/** Differences, and whether the files are the same bit for bit. */
export function compareObjects(
  gnu: Uint8Array,
  ours: Uint8Array,
): { differences: Difference[]; same: boolean } {
  if (Buffer.compare(gnu, ours) === 0) return { differences: [], same: true };
  const differences = compareImages(gnu, ours);
  const [a, b] = [readElf(gnu), readElf(ours)];
  const groups = [describeGroups(a), describeGroups(b)];
  if (groups[0] !== groups[1])
    differences.push({ category: "section", subject: "groups", gnu: groups[0], ours: groups[1] });
  if (!differences.length) {
    // What has the same meaning can still be in another order.
    const order = (elf: Elf) => elf.symbols.map((s) => s.name).join(" ");
    const [x, y] = [order(a), order(b)];
    if (x !== y) {
      let at = 0;
      while (x[at] === y[at]) at++;
      const from = Math.max(0, x.lastIndexOf(" ", at));
      differences.push({
        category: "symbol",
        subject: "order",
        gnu: x.slice(from, from + 60),
        ours: y.slice(from, from + 60),
      });
    } else differences.push({ category: "file", subject: "layout", gnu: "other bytes", ours: "other bytes" });
  }
  // Offsets in the file follow from all the rest.
  const telling = differences.filter((d) => d.category !== "section" || !d.subject.endsWith(" offset"));
  return { differences: telling.length ? telling : differences, same: false };
}

function describeGroups(elf: Elf): string {
  return elf.sections
    .filter((s) => s.type === SHT.GROUP)
    .map((s) => `${signature(elf, s)}(${members(elf, s)})`)
    .join(" ");
}

function signature(elf: Elf, group: Section): string {
  return elf.symbols[group.info - 1]?.name ?? `symbol ${group.info}`;
}

function members(elf: Elf, group: Section): string {
  const view = new DataView(group.bytes.buffer, group.bytes.byteOffset, group.bytes.byteLength);
  const names: string[] = [];
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, elf.littleEndian);
    names.push(at === 0 ? `flags ${word}` : (elf.sections[word]?.name ?? `section ${word}`));
  }
  return names.join(" ");
}
