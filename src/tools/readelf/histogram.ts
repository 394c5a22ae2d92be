import { type Context, plural } from "./context.ts";

// -I: how long the lists of the hash tables' buckets are.

export function printHistograms(context: Context): void {
  const { hash, gnuHash } = context.dynamic;
  if (hash) {
    const lengths = new Uint32Array(hash.buckets.length);
    const visited = new Uint8Array(hash.chains.length);
    for (const [bucket, first] of hash.buckets.entries())
      for (let symbol = first; symbol > 0; symbol = hash.chains[symbol]) {
        lengths[bucket]++;
        if (symbol >= hash.chains.length || visited[symbol]) {
          context.complaints.error("histogram chain is corrupt");
          break;
        }
        visited[symbol] = 1;
      }
    print(context, "", lengths);
  }
  if (gnuHash) {
    const { buckets, chains, first } = gnuHash;
    const lengths = new Uint32Array(buckets.length);
    for (const [bucket, symbol] of buckets.entries()) {
      if (symbol === 0) continue;
      let length = 1;
      for (let i = symbol - first; i < chains.length && (chains[i] & 1) === 0; i++) length++;
      lengths[bucket] = length;
    }
    print(context, " `.gnu.hash'", lengths);
  }
}

function print({ out }: Context, name: string, lengths: Uint32Array): void {
  const total = lengths.length;
  out.text(
    `\nHistogram for${name} bucket list length (total of ${total} ${plural(total, "bucket", "buckets")}):\n`,
  );
  out.text(" Length  Number     % of total  Coverage\n");
  let longest = 0;
  let symbols = 0;
  for (const length of lengths) {
    longest = Math.max(longest, length);
    symbols += length;
  }
  const counts = new Uint32Array(longest + 1);
  for (const length of lengths) counts[length]++;
  if (total === 0) return;
  const share = (part: number, whole: number) => oneDecimal((part * 100) / whole).padStart(5);
  out.text(`      0  ${`${counts[0]}`.padEnd(10)} (${share(counts[0], total)}%)\n`);
  let covered = 0;
  for (let length = 1; length <= longest; length++) {
    covered += counts[length] * length;
    out.text(
      `${`${length}`.padStart(7)}  ${`${counts[length]}`.padEnd(10)} (${share(counts[length], total)}%)`,
    );
    out.text(`    ${share(covered, symbols)}%\n`);
  }
}

/** As C's %.1f: a value half-way between two goes to the even one. */
function oneDecimal(value: number): string {
  const tenths = value * 10;
  if (tenths % 1 !== 0.5) return value.toFixed(1);
  const below = Math.floor(tenths);
  return ((below % 2 === 0 ? below : below + 1) / 10).toFixed(1);
}
