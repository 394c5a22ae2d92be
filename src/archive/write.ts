/** A member to put into an archive. */
export interface NewMember {
  readonly name: string;
  /** Ignored in a thin archive but for its size. */
  readonly bytes: Uint8Array;
  /** The symbols that the index lists for it. */
  readonly symbols?: readonly string[];
}

export interface ArchiveOptions {
  readonly format?: "gnu" | "gnu64" | "bsd" | "thin";
  /** No symbol index, as `ar S`. */
  readonly noIndex?: boolean;
}

const encoder = new TextEncoder();

/** The bytes of an archive, with no times, owners or modes (as `ar D`). */
export function writeArchive(members: readonly NewMember[], options: ArchiveOptions = {}): Uint8Array {
  const format = options.format ?? "gnu";
  const bsd = format === "bsd";
  const thin = format === "thin";
  const longNames: string[] = [];
  let longLength = 0;
  const headerNames = members.map(({ name }) => {
    if (bsd) return name.length > 16 || name.includes(" ") ? `#1/${padded(name).length}` : name;
    if (name.length < 16 && !thin) return `${name}/`;
    longNames.push(`${name}/\n`);
    longLength += encoder.encode(`${name}/\n`).length;
    return `/${longLength - encoder.encode(`${name}/\n`).length}`;
  });

  const symbols = members.flatMap((member, i) => (member.symbols ?? []).map((name) => ({ name, member: i })));
  const hasIndex = !options.noIndex;
  const strings = encoder.encode(symbols.map(({ name }) => `${name}\0`).join(""));
  const width = format === "gnu64" ? 8 : 4;
  const indexSize = bsd
    ? 8 + symbols.length * 8 + strings.length
    : width * (symbols.length + 1) + strings.length;
  const evenIndex = indexSize + (indexSize & 1);

  let at = 8 + (hasIndex ? 60 + evenIndex : 0);
  if (longLength > 0) at += 60 + longLength + (longLength & 1);
  const offsets: number[] = [];
  const stored = members.map(({ name, bytes }, i) => {
    offsets.push(at);
    const prefix = headerNames[i].startsWith("#1/") ? padded(name) : new Uint8Array(0);
    const body = thin ? new Uint8Array(0) : concat([prefix, bytes]);
    at += 60 + body.length + (body.length & 1);
    return { body, size: thin ? bytes.length : body.length };
  });

  const parts: Uint8Array[] = [encoder.encode(thin ? "!<thin>\n" : "!<arch>\n")];
  if (hasIndex) {
    const index = new Uint8Array(evenIndex);
    const view = new DataView(index.buffer);
    if (bsd) {
      view.setUint32(0, symbols.length * 8, true);
      let name = 0;
      symbols.forEach((symbol, i) => {
        view.setUint32(4 + i * 8, name, true);
        view.setUint32(8 + i * 8, offsets[symbol.member], true);
        name += encoder.encode(symbol.name).length + 1;
      });
      view.setUint32(4 + symbols.length * 8, strings.length, true);
    } else {
      const put = (slot: number, value: number) => {
        view.setUint32(slot * width + width - 4, value);
      };
      put(0, symbols.length);
      symbols.forEach((symbol, i) => {
        put(i + 1, offsets[symbol.member]);
      });
    }
    index.set(strings, indexSize - strings.length);
    parts.push(header(bsd ? "__.SYMDEF" : width === 8 ? "/SYM64/" : "/", evenIndex), index);
  }
  if (longLength > 0) parts.push(header("//", longLength), even(encoder.encode(longNames.join(""))));
  stored.forEach(({ body, size }, i) => {
    parts.push(header(headerNames[i], size), even(body));
  });
  return concat(parts);
}

function header(name: string, size: number): Uint8Array {
  const fields = name.padEnd(16) + "0".padEnd(12) + "0".padEnd(6) + "0".padEnd(6) + "644".padEnd(8);
  return encoder.encode(fields + String(size).padEnd(10) + "`\n");
}

/** A BSD long name, with zeros to a multiple of four. */
function padded(name: string): Uint8Array {
  const bytes = encoder.encode(name);
  const result = new Uint8Array((bytes.length + 3) & ~3);
  result.set(bytes);
  return result;
}

function even(bytes: Uint8Array): Uint8Array {
  return bytes.length & 1 ? concat([bytes, Uint8Array.of(0x0a)]) : bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
