/**
 * A string table section in which a name that ends another one shares its
 * bytes, as in the tables of GNU ld. Names keep the order of their first
 * mention, so equal inputs give equal tables. `sharesEnds` false: as in LLD's.
 */
export function stringTable(
  names: readonly string[],
  sharesEnds = true,
): {
  bytes: Uint8Array;
  offsets: ReadonlyMap<string, number>;
} {
  const distinct = [...new Set(names)].filter((name) => name !== "");
  const backwards = new Map(distinct.map((name) => [name, [...name].reverse().join("")]));
  const sorted = [...distinct].sort((a, b) => (backwards.get(a)! < backwards.get(b)! ? -1 : 1));
  // In the order of the reversed names, a name that is the end of others stands right before one of them.
  const host = new Map<string, string>();
  for (let i = sorted.length - 2; i >= 0 && sharesEnds; i--) {
    const next = sorted[i + 1];
    if (next.endsWith(sorted[i])) host.set(sorted[i], host.get(next) ?? next);
  }
  const offsets = new Map<string, number>([["", 0]]);
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let size = 1;
  for (const name of distinct) {
    if (host.has(name)) continue;
    const part = encoder.encode(name);
    offsets.set(name, size);
    parts.push(part);
    size += part.length + 1;
  }
  for (const [name, owner] of host) {
    const over = encoder.encode(owner).length - encoder.encode(name).length;
    offsets.set(name, offsets.get(owner)! + over);
  }
  const bytes = new Uint8Array(size);
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length + 1;
  }
  return { bytes, offsets };
}
