import { type OutputStatement, type Placement, SectionFlag } from "../place/placement.ts";

/**
 * The number of the output section that a symbol of `output` belongs to in the
 * symbol table; -1 for none. A symbol of a section that was dropped for being
 * empty moves to a neighbour: the one that would have shared its segment.
 */
export function homeOf(placement: Placement, output: OutputStatement | undefined, address: bigint): number {
  if (!output) return -1;
  if (!output.excluded) return output.index;
  const order = placement.headerOrder;
  const at = order.indexOf(output);
  const kept = (other: OutputStatement) => other.exists && !other.excluded;
  let previous: OutputStatement | undefined;
  for (let i = at - 1; i >= 0 && !previous; i--) if (kept(order[i])) previous = order[i];
  const next = order.slice(at + 1).find(kept);
  if (!previous || !next) return (previous ?? next)?.index ?? -1;
  return prefersPrevious(output, previous, next, address) ? previous.index : next.index;
}

function prefersPrevious(
  output: OutputStatement,
  previous: OutputStatement,
  next: OutputStatement,
  address: bigint,
): boolean {
  const { alloc, threadLocal, load, readonly, code } = SectionFlag;
  const differs = previous.flags ^ next.flags;
  const fromNext = next.flags ^ output.flags;
  if ((differs & (alloc | threadLocal | load)) !== 0) {
    const loadsOnlyBefore = (previous.flags & load) !== 0 && (next.flags & load) === 0;
    return (fromNext & (alloc | threadLocal)) !== 0 || loadsOnlyBefore;
  }
  if ((differs & readonly) !== 0) return (fromNext & readonly) !== 0;
  if ((differs & code) !== 0) return (fromNext & code) !== 0;
  return address < next.ref.address;
}
