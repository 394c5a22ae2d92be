import type { OutputStatement, Placement } from "../place/placement.ts";

/** The greatest power of two up to its alignment by which the address of a section can be divided. */
export function alignmentOf({ ref, alignPower }: OutputStatement): number {
  let align = 2 ** alignPower;
  while (align > 1 && ref.address % BigInt(align) !== 0n) align /= 2;
  return align;
}

/** The greatest alignment of a section of the output. */
export function greatestAlignment({ headerOrder }: Placement): number {
  let greatest = 1;
  for (const output of headerOrder)
    if (output.exists && !output.excluded) greatest = Math.max(greatest, alignmentOf(output));
  return greatest;
}
