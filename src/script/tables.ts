import type { Expression } from "./syntax.ts";

// Names of ELF that a script may use where a number is wanted.

const phdrTypes: Readonly<Record<string, bigint>> = {
  PT_NULL: 0n,
  PT_LOAD: 1n,
  PT_DYNAMIC: 2n,
  PT_INTERP: 3n,
  PT_NOTE: 4n,
  PT_SHLIB: 5n,
  PT_PHDR: 6n,
  PT_TLS: 7n,
  PT_GNU_EH_FRAME: 0x6474e550n,
  PT_GNU_STACK: 0x6474e551n,
  PT_GNU_RELRO: 0x6474e552n,
  PT_GNU_PROPERTY: 0x6474e553n,
  // Known to LLD only.
  PT_OPENBSD_RANDOMIZE: 0x65a3dbe6n,
  PT_OPENBSD_WXNEEDED: 0x65a3dbe7n,
  PT_OPENBSD_BOOTDATA: 0x65a41be6n,
};

/** The number of a program-header type written by name; undefined for any other expression. */
export function phdrTypeOf(expression: Expression): bigint | undefined {
  if (expression.kind !== "symbol") return undefined;
  const { text } = expression.name;
  return Object.hasOwn(phdrTypes, text) ? phdrTypes[text] : undefined;
}

const sectionTypes: Readonly<Record<string, bigint>> = {
  SHT_PROGBITS: 1n,
  SHT_STRTAB: 3n,
  SHT_NOTE: 7n,
  SHT_NOBITS: 8n,
  SHT_INIT_ARRAY: 14n,
  SHT_FINI_ARRAY: 15n,
  SHT_PREINIT_ARRAY: 16n,
};

/** The number of a section type that `TYPE = …` gives by name; undefined for any other expression. */
export function sectionTypeOf(expression: Expression): bigint | undefined {
  if (expression.kind !== "symbol") return undefined;
  const { text } = expression.name;
  return Object.hasOwn(sectionTypes, text) ? sectionTypes[text] : undefined;
}

const sectionFlags: Readonly<Record<string, bigint>> = {
  SHF_WRITE: 1n << 0n,
  SHF_ALLOC: 1n << 1n,
  SHF_EXECINSTR: 1n << 2n,
  SHF_MERGE: 1n << 4n,
  SHF_STRINGS: 1n << 5n,
  SHF_INFO_LINK: 1n << 6n,
  SHF_LINK_ORDER: 1n << 7n,
  SHF_OS_NONCONFORMING: 1n << 8n,
  SHF_GROUP: 1n << 9n,
  SHF_TLS: 1n << 10n,
  SHF_COMPRESSED: 1n << 11n,
  SHF_GNU_RETAIN: 1n << 21n,
  SHF_X86_64_LARGE: 1n << 28n,
  SHF_MASKOS: 0x0ff00000n,
  SHF_EXCLUDE: 0x80000000n,
};

/** The value of a flag in INPUT_SECTION_FLAGS: a name, or a number. */
export function sectionFlagOf(name: string): bigint | undefined {
  if (Object.hasOwn(sectionFlags, name)) return sectionFlags[name];
  return /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(name) ? BigInt(name) : undefined;
}

/** What a memory region takes: the attributes a section must have one of, and those it must not have. */
export interface MemoryAttributes {
  /** Of `r`, `w`, `x`, `a`, `i`; `l` counts as `i`. */
  readonly wanted: ReadonlySet<string>;
  readonly unwanted: ReadonlySet<string>;
}

/** Reads the attributes of a memory region, such as `rx!w`. */
export function memoryAttributes(text: string): MemoryAttributes {
  const wanted = new Set<string>();
  const unwanted = new Set<string>();
  let negated = false;
  for (const character of text.toLowerCase()) {
    if (character === " ") negated = false;
    else if (character === "!") negated = !negated;
    else (negated ? unwanted : wanted).add(character === "l" ? "i" : character);
  }
  return { wanted, unwanted };
}

/** The bytes of an ASCII or ASCIZ text: C's escapes replaced, the rest as UTF-8, without a final zero. */
export function stringBytes(text: string): number[] {
  const bytes: number[] = [];
  const simple: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, b: 8, v: 11, a: 7 };
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "\\" || at + 1 >= text.length) {
      const character = text.codePointAt(at) ?? 0;
      pushUtf8(bytes, character);
      at += character > 0xffff ? 2 : 1;
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
    const hexadecimal = /^x([0-9a-fA-F]{1,2})/.exec(text.slice(at + 1, at + 4));
    if (octal) {
      bytes.push(Number.parseInt(octal, 8) & 0xff);
      at += 1 + octal.length;
    } else if (hexadecimal) {
      bytes.push(Number.parseInt(hexadecimal[1], 16));
      at += 1 + hexadecimal[0].length;
    } else {
      const escaped = text[at + 1];
      if (escaped in simple) bytes.push(simple[escaped]);
      else pushUtf8(bytes, escaped.charCodeAt(0));
      at += 2;
    }
  }
  return bytes;
}

function pushUtf8(bytes: number[], code: number): void {
  if (code < 0x80) bytes.push(code);
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  else {
    bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f));
    bytes.push(0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
}
