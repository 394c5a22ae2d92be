// A very small assembler's back half: x86-64 object files from hexadecimal text.
// It stands in for a compiler, so that the tour needs nothing but Node.

const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_RELA = 4;
const FLAGS = { a: 2n, w: 1n, x: 4n };
const R_X86_64_64 = 1;
const R_X86_64_PC32 = 2;

/**
 * An object file. Each section has a name, flags (`ax`) and code: hexadecimal
 * bytes, `{name}` for the 32-bit distance to a symbol, `{=name}` for its 64-bit
 * address, `"text"` for characters, and `name:` to define a symbol here.
 */
export function objectFile(sections) {
  const symbols = new Map();
  const parts = sections.map(({ name, flags, code }, i) => ({
    name,
    flags: [...flags].reduce((sum, letter) => sum | FLAGS[letter], 0n),
    ...encode(code, i + 1, symbols),
  }));
  const names = [...symbols.keys()];
  const strings = new Strings();

  const symtab = new Bytes();
  symtab.skip(24);
  for (const name of names) {
    const { section, value } = symbols.get(name);
    symtab.u32(strings.add(name)).u8(0x10).u8(0).u16(section).u64(value).u64(0);
  }

  const headers = parts.map(({ name, flags, bytes }) => ({
    name,
    type: SHT_PROGBITS,
    flags,
    bytes,
    align: flags & FLAGS.x ? 16 : 8,
  }));
  const table = parts.length + 1;
  headers.push({
    name: ".symtab",
    type: SHT_SYMTAB,
    bytes: symtab.done(),
    link: table + 1,
    info: 1,
    entry: 24,
  });
  headers.push({ name: ".strtab", type: SHT_STRTAB, bytes: strings.bytes() });
  parts.forEach(({ name, relocations }, i) => {
    if (!relocations.length) return;
    const rela = new Bytes();
    for (const { offset, type, symbol, addend } of relocations)
      rela
        .u64(offset)
        .u32(type)
        .u32(names.indexOf(symbol) + 1)
        .u64(addend);
    headers.push({
      name: `.rela${name}`,
      type: SHT_RELA,
      bytes: rela.done(),
      link: table,
      info: i + 1,
      entry: 24,
    });
  });
  return elfFile(headers);
}

function encode(code, section, symbols) {
  const bytes = [];
  const relocations = [];
  for (const [token, text] of code.matchAll(/"([^"]*)"|\S+/g)) {
    if (text !== undefined) bytes.push(...new TextEncoder().encode(text.replaceAll("\\n", "\n")));
    else if (token.endsWith(":")) symbols.set(token.slice(0, -1), { section, value: bytes.length });
    else if (token.startsWith("{")) {
      const wide = token[1] === "=";
      const symbol = token.slice(wide ? 2 : 1, -1);
      if (!symbols.has(symbol)) symbols.set(symbol, { section: 0, value: 0 });
      // The processor counts a distance from the end of its field.
      relocations.push({
        offset: bytes.length,
        symbol,
        type: wide ? R_X86_64_64 : R_X86_64_PC32,
        addend: wide ? 0 : -4,
      });
      for (let i = 0; i < (wide ? 8 : 4); i++) bytes.push(0);
    } else bytes.push(Number.parseInt(token, 16));
  }
  return { bytes: Uint8Array.from(bytes), relocations };
}

function elfFile(sections) {
  const names = new Strings();
  const all = [...sections, { name: ".shstrtab", type: SHT_STRTAB }];
  const indexes = all.map(({ name }) => names.add(name));
  all[all.length - 1].bytes = names.bytes();

  const file = new Bytes();
  file.skip(64);
  const offsets = all.map(({ bytes }) => {
    file.alignTo(16);
    const offset = file.length;
    for (const byte of bytes) file.u8(byte);
    return offset;
  });
  file.alignTo(16);
  const table = file.length;
  file.skip(64);
  all.forEach(({ type, flags = 0n, bytes, link = 0, info = 0, align = 1, entry = 0 }, i) => {
    file.u32(indexes[i]).u32(type).u64(flags).u64(0).u64(offsets[i]).u64(bytes.length);
    file.u32(link).u32(info).u64(align).u64(entry);
  });
  const out = file.done();
  // ELF header: 64 bits, little-endian; ET_REL, EM_X86_64.
  const header = new Bytes();
  for (const byte of [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) header.u8(byte);
  header.skip(9);
  header.u16(1).u16(62).u32(1).u64(0).u64(0).u64(table).u32(0);
  header
    .u16(64)
    .u16(0)
    .u16(0)
    .u16(64)
    .u16(all.length + 1)
    .u16(all.length);
  out.set(header.done());
  return out;
}

class Bytes {
  #bytes = [];
  get length() {
    return this.#bytes.length;
  }
  u8(value) {
    this.#bytes.push(value & 255);
    return this;
  }
  u16(value) {
    return this.u8(value).u8(value >> 8);
  }
  u32(value) {
    return this.u16(value).u16(value >> 16);
  }
  u64(value) {
    const wide = BigInt.asUintN(64, BigInt(value));
    return this.u32(Number(wide & 0xffffffffn)).u32(Number(wide >> 32n));
  }
  skip(count) {
    for (let i = 0; i < count; i++) this.u8(0);
  }
  alignTo(size) {
    while (this.length % size) this.u8(0);
  }
  done() {
    return Uint8Array.from(this.#bytes);
  }
}

class Strings {
  #text = "\0";
  add(name) {
    const at = this.#text.length;
    this.#text += `${name}\0`;
    return at;
  }
  bytes() {
    return new TextEncoder().encode(this.#text);
  }
}
