/**
 * What a linker's map (`-Map`, in GNU ld's form, which `premain ld` writes too)
 * says of an address: from which section of which object its bytes came. A
 * linked image has forgotten that; the time line wants it for constructors,
 * whose priority is in the section's name.
 */

export interface InputPlace {
  readonly section: string;
  readonly object: string;
  readonly address: number;
  readonly size: number;
}

/** Sections that are not in memory where their addresses say: thread-local zeros, and what is not loaded. */
const elsewhere =
  /^\.(tbss|debug|zdebug|comment|stab|riscv\.attributes|symtab|strtab|shstrtab|note\.GNU-stack)\b/;

/** The input sections in memory that a map lists, in its order. */
export function readLinkMap(text: string): InputPlace[] {
  const places: InputPlace[] = [];
  let name = "";
  for (const line of text.split("\n")) {
    // A name that is too long for its column stands alone, and the rest on the next line.
    const match = /^(?: (\S+))?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$/.exec(line);
    if (match) {
      const section = match[1] ?? name;
      if (section !== "" && !section.startsWith("*") && !elsewhere.test(section))
        places.push({
          section,
          object: match[4],
          address: Number(`0x${match[2]}`),
          size: Number(`0x${match[3]}`),
        });
    }
    name = /^ (\.\S+)$/.exec(line)?.[1] ?? "";
  }
  return places.filter(({ size }) => size > 0);
}

/** The place that covers an address. */
export function placeAt(places: readonly InputPlace[], address: number): InputPlace | undefined {
  return places.find((place) => address >= place.address && address < place.address + place.size);
}

/** The priority that a section's name has: .init_array.00101; .ctors counts down from 65535. */
export function priorityOf(section: string): number | undefined {
  const match = /^\.(\w+)\.(\d+)$/.exec(section);
  if (!match) return undefined;
  const number = Number(match[2]);
  return match[1] === "ctors" || match[1] === "dtors" ? 65535 - number : number;
}
