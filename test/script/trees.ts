/** A copy of a tree without places, comments and absent fields, to be compared. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const skipped = ["span", "source", "comments"];
  const entries = Object.entries(value).filter(
    ([key, inner]) => !skipped.includes(key) && inner !== undefined,
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, bare(inner)]));
}
