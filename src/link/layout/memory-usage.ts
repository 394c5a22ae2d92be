import type { LinkResult } from "../link.ts";

/** The table of --print-memory-usage, byte for byte GNU ld's: the last region, mostly the default one, is not in it. */
export function memoryUsage(result: LinkResult): string {
  const regions = result.placement?.layout?.context.regions.ordered.slice(0, -1) ?? [];
  let text = "Memory region         Used Size  Region Size  %age Used\n";
  for (const { name, origin, length, current } of regions) {
    const used = BigInt.asUintN(64, current - origin);
    text += `${name.padStart(16)}: ${size(used)}${size(length)}`;
    if (length !== 0n) text += `    ${((Number(used) * 100) / Number(length)).toFixed(2).padStart(6)}%`;
    text += "\n";
  }
  return text;
}

/** In the largest unit that divides it. */
function size(bytes: bigint): string {
  for (const [shift, unit] of [
    [30n, "GB"],
    [20n, "MB"],
    [10n, "KB"],
  ] as const)
    if ((bytes & ((1n << shift) - 1n)) === 0n) return `${String(bytes >> shift).padStart(10)} ${unit}`;
  return ` ${String(bytes).padStart(10)} B`;
}
