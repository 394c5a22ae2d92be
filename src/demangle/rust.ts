// Rust's first mangling looks like C++'s nested names, with escapes in the
// components and a hash as the last one: _ZN4core3fmt5write17h0123456789abcdefE.

const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** The path of a Rust name in the first mangling, without the hash unless `verbose`; undefined for any other name. */
export function demangleRustLegacy(mangled: string, verbose = false): string | undefined {
  const match = /17h[0-9a-f]{16}E(?:\.[\w$.:@]*)?$/.exec(mangled);
  if (!match || !mangled.startsWith("_ZN") || match.index < 4) return undefined;
  const parts: string[] = [];
  for (let rest = mangled.slice(3, match.index); rest !== ""; ) {
    const length = /^\d+/.exec(rest);
    if (!length) return undefined;
    const start = length[0].length;
    const part = rest.slice(start, start + Number(length[0]));
    if (part.length !== Number(length[0])) return undefined;
    parts.push(withoutEscapes(part));
    rest = rest.slice(start + part.length);
  }
  // Hashes are random: fewer different digits than these are none.
  const hash = mangled.slice(match.index + 2, match.index + 19);
  if (new Set(hash.slice(1)).size < 5) return undefined;
  if (verbose) parts.push(hash);
  return parts.join("::");
}

function withoutEscapes(part: string): string {
  const text = part.startsWith("_$") ? part.slice(1) : part;
  return text
    .replace(/\$(u[0-9a-f]{1,6}|[A-Z]{1,2})\$/g, (whole, code: string) => {
      if (!code.startsWith("u")) return ESCAPES[code] ?? whole;
      const point = Number.parseInt(code.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    })
    .replace(/\.\./g, "::");
}
