// Architecture strings, `rv64imac_zicsr`: which extensions they name, what
// these imply, in which order and version they are written out again. The
// rules, versions and messages are those of GNU binutils 2.40, because its
// assembler's `.riscv.attributes` must be met byte for byte; extensions that it
// does not know yet are added with the same rules.
import type { Isa } from "./isa.ts";

/** Versions of the unprivileged manual that `-misa-spec=` selects. */
export const isaSpecs = ["2.2", "20190608", "20191213"] as const;
export type IsaSpec = (typeof isaSpecs)[number];

/** An extension of an architecture; -1 for a version that is not known (it is not written out). */
export interface Extension {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
}

/** A machine as an architecture string describes it; extensions in canonical order. */
export interface Architecture extends Isa {
  readonly list: readonly Extension[];
  readonly spec: IsaSpec;
}

/** A known extension: its name, its version in each specification that has it, what it is. */
type Known = readonly [name: string, versions: string | readonly [string, string, string], words: string];

/** Known extensions; where there are three versions they are those of `isaSpecs`. */
const known: readonly Known[] = [
  ["e", "1.9", "16 integer registers"],
  ["i", ["2.0", "2.1", "2.1"], "base integer instructions"],
  ["m", "2.0", "multiplication and division"],
  ["a", ["2.0", "2.0", "2.1"], "atomic operations"],
  ["f", ["2.0", "2.2", "2.2"], "single-precision floating point"],
  ["d", ["2.0", "2.2", "2.2"], "double-precision floating point"],
  ["q", ["2.0", "2.2", "2.2"], "quad-precision floating point"],
  ["c", "2.0", "compressed instructions"],
  ["v", "1.0", "vectors"],
  ["h", "1.0", "hypervisor"],
  ["b", "1.0", "bit manipulation: Zba, Zbb, Zbs"],
  ["zicbom", "1.0", "cache-block management"],
  ["zicbop", "1.0", "cache-block prefetch"],
  ["zicboz", "1.0", "cache-block zero"],
  ["zicond", "1.0", "conditional operations"],
  ["zicntr", "2.0", "base counters"],
  ["zicsr", ["", "2.0", "2.0"], "control and status registers"],
  ["zifencei", ["", "2.0", "2.0"], "instruction-fetch fence"],
  ["zihintntl", "1.0", "non-temporal hints"],
  ["zihintpause", "2.0", "pause hint"],
  ["zimop", "1.0", "may-be-operations"],
  ["zmmul", "1.0", "multiplication"],
  ["zaamo", "1.0", "atomic memory operations"],
  ["zabha", "1.0", "atomic operations on bytes and half words"],
  ["zacas", "1.0", "atomic compare-and-swap"],
  ["zalrsc", "1.0", "load-reserved and store-conditional"],
  ["zawrs", "1.0", "waiting for a reservation"],
  ["zfa", "1.0", "additional floating point"],
  ["zfh", "1.0", "half-precision floating point"],
  ["zfhmin", "1.0", "half precision, conversions only"],
  ["zfinx", "1.0", "single precision in integer registers"],
  ["zdinx", "1.0", "double precision in integer registers"],
  ["zqinx", "1.0", "quad precision in integer registers"],
  ["zhinx", "1.0", "half precision in integer registers"],
  ["zhinxmin", "1.0", "half precision in integer registers, conversions only"],
  ["zbb", "1.0", "basic bit manipulation"],
  ["zba", "1.0", "address generation"],
  ["zbc", "1.0", "carry-less multiplication"],
  ["zbs", "1.0", "single-bit instructions"],
  ["zbkb", "1.0", "bit manipulation for cryptography"],
  ["zbkc", "1.0", "carry-less multiplication for cryptography"],
  ["zbkx", "1.0", "crossbar permutations"],
  ["zca", "1.0", "compressed instructions without floating point"],
  ["zcb", "1.0", "more compressed instructions"],
  ["zcd", "1.0", "compressed double-precision loads and stores"],
  ["zcf", "1.0", "compressed single-precision loads and stores"],
  ["zcmop", "1.0", "compressed may-be-operations"],
  ["zcmp", "1.0", "compressed push and pop"],
  ["zcmt", "1.0", "compressed table jump"],
  ["zk", "1.0", "scalar cryptography"],
  ["zkn", "1.0", "NIST cryptography"],
  ["zknd", "1.0", "AES decryption"],
  ["zkne", "1.0", "AES encryption"],
  ["zknh", "1.0", "SHA-2"],
  ["zkr", "1.0", "entropy source"],
  ["zks", "1.0", "ShangMi cryptography"],
  ["zksed", "1.0", "SM4"],
  ["zksh", "1.0", "SM3"],
  ["zkt", "1.0", "data-independent timing"],
  ["zve32x", "1.0", "vectors of integers up to 32 bits"],
  ["zve32f", "1.0", "vectors with single precision"],
  ["zve32d", "1.0", "vectors with double precision"],
  ["zve64x", "1.0", "vectors of integers up to 64 bits"],
  ["zve64f", "1.0", "vectors with single precision"],
  ["zve64d", "1.0", "vectors with double precision"],
  ["zvl32b", "1.0", "vector registers of 32 bits or more"],
  ["zvl64b", "1.0", "vector registers of 64 bits or more"],
  ["zvl128b", "1.0", "vector registers of 128 bits or more"],
  ["zvl256b", "1.0", "vector registers of 256 bits or more"],
  ["zvl512b", "1.0", "vector registers of 512 bits or more"],
  ["zvl1024b", "1.0", "vector registers of 1024 bits or more"],
  ["zvl2048b", "1.0", "vector registers of 2048 bits or more"],
  ["zvl4096b", "1.0", "vector registers of 4096 bits or more"],
  ["zvl8192b", "1.0", "vector registers of 8192 bits or more"],
  ["zvl16384b", "1.0", "vector registers of 16384 bits or more"],
  ["zvl32768b", "1.0", "vector registers of 32768 bits or more"],
  ["zvl65536b", "1.0", "vector registers of 65536 bits or more"],
  ["ztso", "0.1", "total store ordering"],
  ["smaia", "1.0", "advanced interrupts, machine mode"],
  ["smepmp", "1.0", "enhanced memory protection"],
  ["smstateen", "1.0", "state enable, machine mode"],
  ["ssaia", "1.0", "advanced interrupts, supervisor mode"],
  ["sscofpmf", "1.0", "counter overflow"],
  ["ssstateen", "1.0", "state enable, supervisor mode"],
  ["sstc", "1.0", "supervisor timer"],
  ["svinval", "1.0", "fine-grained address-translation invalidation"],
  ["svnapot", "1.0", "contiguous translations"],
  ["svpbmt", "1.0", "page-based memory types"],
  ["xtheadba", "1.0", "T-Head: address calculation"],
  ["xtheadbb", "1.0", "T-Head: basic bit manipulation"],
  ["xtheadbs", "1.0", "T-Head: single-bit instructions"],
  ["xtheadcmo", "1.0", "T-Head: cache management"],
  ["xtheadcondmov", "1.0", "T-Head: conditional moves"],
  ["xtheadfmemidx", "1.0", "T-Head: indexed floating-point loads and stores"],
  ["xtheadfmv", "1.0", "T-Head: floating-point moves"],
  ["xtheadint", "1.0", "T-Head: interrupt acceleration"],
  ["xtheadmac", "1.0", "T-Head: multiply-accumulate"],
  ["xtheadmemidx", "1.0", "T-Head: indexed loads and stores"],
  ["xtheadmempair", "1.0", "T-Head: paired loads and stores"],
  ["xtheadsync", "1.0", "T-Head: multi-core synchronization"],
];

/** What an extension implies, in the order in which it is looked at (once, from the top). */
const implied: readonly (readonly [name: string, implies: string])[] = [
  ["e", "i"],
  ["i", "zicsr"],
  ["i", "zifencei"],
  ["g", "i"],
  ["g", "m"],
  ["g", "a"],
  ["g", "f"],
  ["g", "d"],
  ["g", "zicsr"],
  ["g", "zifencei"],
  ["b", "zba"],
  ["b", "zbb"],
  ["b", "zbs"],
  ["m", "zmmul"],
  ["h", "zicsr"],
  ["q", "d"],
  ["v", "d"],
  ["v", "zve64d"],
  ["v", "zvl128b"],
  ["zve64d", "d"],
  ["zve64d", "zve64f"],
  ["zve64f", "zve32f"],
  ["zve64f", "zve64x"],
  ["zve64f", "zvl64b"],
  ["zve32f", "f"],
  ["zve32f", "zvl32b"],
  ["zve32f", "zve32x"],
  ["zve64x", "zve32x"],
  ["zve64x", "zvl64b"],
  ["zve32x", "zvl32b"],
  ["zvl65536b", "zvl32768b"],
  ["zvl32768b", "zvl16384b"],
  ["zvl16384b", "zvl8192b"],
  ["zvl8192b", "zvl4096b"],
  ["zvl4096b", "zvl2048b"],
  ["zvl2048b", "zvl1024b"],
  ["zvl1024b", "zvl512b"],
  ["zvl512b", "zvl256b"],
  ["zvl256b", "zvl128b"],
  ["zvl128b", "zvl64b"],
  ["zvl64b", "zvl32b"],
  ["zcd", "d"],
  ["d", "f"],
  ["zfh", "zfhmin"],
  ["zfhmin", "f"],
  ["zfa", "f"],
  ["zcf", "f"],
  ["f", "zicsr"],
  ["zqinx", "zdinx"],
  ["zdinx", "zfinx"],
  ["zhinx", "zhinxmin"],
  ["zhinxmin", "zfinx"],
  ["zfinx", "zicsr"],
  ["zicntr", "zicsr"],
  ["zacas", "a"],
  ["zabha", "a"],
  ["zcb", "zca"],
  ["zcd", "zca"],
  ["zcf", "zca"],
  ["zcmop", "zca"],
  ["zcmop", "zimop"],
  ["zcmp", "zca"],
  ["zcmt", "zca"],
  ["zcmt", "zicsr"],
  ["zk", "zkn"],
  ["zk", "zkr"],
  ["zk", "zkt"],
  ["zkn", "zbkb"],
  ["zkn", "zbkc"],
  ["zkn", "zbkx"],
  ["zkn", "zkne"],
  ["zkn", "zknd"],
  ["zkn", "zknh"],
  ["zks", "zbkb"],
  ["zks", "zbkc"],
  ["zks", "zbkx"],
  ["zks", "zksed"],
  ["zks", "zksh"],
  ["smaia", "ssaia"],
  ["smstateen", "ssstateen"],
  ["smepmp", "zicsr"],
  ["ssaia", "zicsr"],
  ["sscofpmf", "zicsr"],
  ["ssstateen", "zicsr"],
  ["sstc", "zicsr"],
];

const canonicalOrder = "eigmafdqlcbkjtpvnh";

let versions: Map<string, Known> | undefined;

function knownExtension(name: string): Known | undefined {
  versions ??= new Map(known.map((row) => [row[0], row]));
  return versions.get(name);
}

/** What an extension is, in words. */
export function extensionWords(name: string): string | undefined {
  return knownExtension(name)?.[2];
}

/** Names with more than one letter by their prefix; the later come later in the canonical order. */
function prefixClass(name: string): 0 | 1 | 2 | 3 | 4 {
  if (name.startsWith("zxm")) return 3;
  if (name.startsWith("z")) return 1;
  if (name.startsWith("s")) return 2;
  if (name.startsWith("x")) return 4;
  return 0;
}

/** The canonical order: single letters, then Z, S, Zxm and X; Z by the letter after it, the rest by name. */
export function compareExtensions(a: string, b: string): number {
  const classA = prefixClass(a);
  const classB = prefixClass(b);
  if (classA !== classB) return classA - classB;
  if (classA === 0) return canonicalOrder.indexOf(a) - canonicalOrder.indexOf(b);
  if (classA === 1) {
    const letters = canonicalOrder.indexOf(a[1]) - canonicalOrder.indexOf(b[1]);
    if (letters !== 0) return letters;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Extensions while they are being collected. */
class Collector {
  readonly messages: string[] = [];
  readonly spec: IsaSpec;
  xlen: 32 | 64;
  list: Extension[];

  constructor(xlen: 32 | 64, spec: IsaSpec, list: readonly Extension[] = []) {
    this.xlen = xlen;
    this.spec = spec;
    this.list = [...list];
  }

  has(name: string): boolean {
    return this.list.some((extension) => extension.name === name);
  }

  find(name: string): Extension | undefined {
    return this.list.find((extension) => extension.name === name);
  }

  add(name: string, major: number, minor: number, implicit: boolean): void {
    if (major < 0 || minor < 0) {
      const version = knownExtension(name)?.[1];
      const text = typeof version === "string" ? version : version?.[isaSpecs.indexOf(this.spec)];
      if (text) [major, minor] = text.split(".").map(Number);
    }
    if (!implicit && (major < 0 || minor < 0)) {
      if (name[0] === "x") this.messages.push(`x ISA extension \`${name}' must be set with the versions`);
      else if (name !== "zicsr" && name !== "zifencei") {
        this.messages.push(`cannot find default versions of the ISA extension \`${name}'`);
      }
      return;
    }
    if (this.has(name)) return;
    this.list.push({ name, major, minor });
    this.list.sort((a, b) => compareExtensions(a.name, b.name));
  }

  addImplied(): void {
    for (const [name, implies] of implied) {
      const extension = this.find(name);
      if (!extension) continue;
      // The base before 2.1 contained what became extensions.
      if (name === "i" && (extension.major > 2 || (extension.major === 2 && extension.minor >= 1))) continue;
      this.add(implies, -1, -1, true);
    }
  }

  checkConflicts(): void {
    if (this.has("e") && this.xlen > 32)
      this.messages.push(`rv${this.xlen} does not support the \`e' extension`);
    const q = this.find("q");
    if (q && (q.major < 2 || (q.major === 2 && q.minor < 2)) && this.xlen < 64) {
      this.messages.push(`rv${this.xlen} does not support the \`q' extension`);
    }
    if (this.has("zfinx") && this.has("f")) {
      this.messages.push("`zfinx' is conflict with the `f/d/q/zfh/zfhmin' extension");
    }
    const has = (prefix: string) => this.list.some((extension) => extension.name.startsWith(prefix));
    if (has("zvl") && !has("zve")) {
      this.messages.push("zvl*b extensions need to enable either `v' or `zve' extension");
    }
  }

  finish(): ParsedArchitecture {
    return {
      architecture: {
        xlen: this.xlen,
        extensions: new Set(this.list.map((extension) => extension.name)),
        list: this.list,
        spec: this.spec,
      },
      messages: this.messages,
    };
  }
}

/** An architecture, and what is wrong with its string: with messages it is what could be understood. */
export interface ParsedArchitecture {
  readonly architecture: Architecture;
  readonly messages: readonly string[];
}

/** The version at the end of a name: where it starts, and its two numbers (-1 where there is none). */
function versionAt(text: string, start: number): { end: number; major: number; minor: number } {
  const match = /^(\d*)(?:p(\d+))?/.exec(text.slice(start))!;
  const major = Number(match[1] || 0);
  const minor = Number(match[2] || 0);
  const none = major === 0 && minor === 0;
  return { end: start + match[0].length, major: none ? -1 : major, minor: none ? -1 : minor };
}

/** Where the version of a prefixed name starts: at its last letter's end, "zfoo" of "zfoo1p2". */
function splitPrefixed(text: string): number {
  let at = text.length;
  let anyDigit = false;
  let minorSeen = false;
  while (at > 0) {
    const c = text[at - 1];
    if (/\d/.test(c)) anyDigit = true;
    else if (anyDigit && !minorSeen && c === "p" && /\d/.test(text[at - 2] ?? "")) minorSeen = true;
    else break;
    at--;
  }
  return at;
}

function isRecognized(name: string): boolean {
  if (prefixClass(name) === 4) return name !== "x";
  return knownExtension(name) !== undefined;
}

/**
 * Parses an architecture string. `checked` refuses names with a prefix that are
 * not known, as the assembler does; a disassembler takes them.
 */
export function parseArchitecture(
  text: string,
  options: { readonly spec?: IsaSpec; readonly checked?: boolean } = {},
): ParsedArchitecture {
  const spec = options.spec ?? "20191213";
  const collector = new Collector(text.startsWith("rv32") ? 32 : 64, spec);
  const fail = (message: string): ParsedArchitecture => {
    collector.messages.push(message);
    return collector.finish();
  };
  if (/[A-Z]/.test(text)) return fail(`${text}: ISA string cannot contain uppercase letters`);
  if (!/^rv(32|64)/.test(text)) {
    return text === "" ? collector.finish() : fail(`${text}: ISA string must begin with rv32 or rv64`);
  }
  let at = 4;
  if (!/[eig]/.test(text[at] ?? "")) {
    return fail(`${text}: first ISA extension must be \`e', \`i' or \`g'`);
  }
  while (at < text.length) {
    if (text[at] === "_") {
      at++;
      continue;
    }
    const prefixed = prefixClass(text.slice(at)) !== 0;
    let nameEnd = at + 1;
    if (!prefixed) {
      if (!canonicalOrder.includes(text[at])) {
        return fail(`${text}: unknown standard ISA extension or prefix class \`${text[at]}'`);
      }
    } else {
      const underscore = text.indexOf("_", at);
      const whole = text.slice(at, underscore < 0 ? text.length : underscore);
      nameEnd = at + splitPrefixed(whole);
      if (/\dp$/.test(text.slice(at, nameEnd))) {
        const name = text.slice(at, nameEnd);
        return fail(`${text}: invalid prefixed ISA extension \`${name}' ends with <number>p`);
      }
    }
    const name = text.slice(at, nameEnd);
    const version = versionAt(text, nameEnd);
    if (prefixed && (options.checked ?? true) && !isRecognized(name)) {
      return fail(`${text}: unknown prefixed ISA extension \`${name}'`);
    }
    if (name === "g") collector.add(name, -1, -1, true);
    else collector.add(name, version.major, version.minor, false);
    at = version.end;
    if (prefixed && at < text.length && text[at] !== "_") {
      return fail(`${text}: prefixed ISA extension must separate with _`);
    }
  }
  collector.addImplied();
  collector.checkConflicts();
  return collector.finish();
}

/**
 * What `.option arch, +zbb, -c` makes of an architecture; without a sign the
 * text is a whole new string.
 */
export function updateArchitecture(before: Architecture, text: string): ParsedArchitecture {
  const collector = new Collector(before.xlen, before.spec, before.list);
  const fail = (message: string): ParsedArchitecture => {
    collector.messages.push(message);
    return collector.finish();
  };
  const parts = text.split(",");
  for (const [i, part] of parts.entries()) {
    const sign = part[0];
    if (sign !== "+" && sign !== "-")
      return parseArchitecture(parts.slice(i).join(","), { spec: before.spec });
    const whole = part.slice(1);
    const nameEnd = splitPrefixed(whole);
    const name = whole.slice(0, nameEnd);
    if (name.length > 1 && /\dp$/.test(name)) {
      return fail(`invalid ISA extension ends with <number>p in .option arch \`${text}'`);
    }
    const unknown = name.length === 1 ? !canonicalOrder.includes(name) : name === "" || !isRecognized(name);
    if (unknown) return fail(`unknown ISA extension \`${name}' in .option arch \`${text}'`);
    if (name === "i" || name === "e" || name === "g") {
      return fail(`cannot + or - base extension \`${name}' in .option arch \`${text}'`);
    }
    const version = versionAt(whole, nameEnd);
    if (sign === "-") collector.list = collector.list.filter((extension) => extension.name !== name);
    else collector.add(name, version.major, version.minor, true);
  }
  collector.addImplied();
  collector.checkConflicts();
  return collector.finish();
}

/** The string of `.riscv.attributes`: `rv64i2p1_m2p0_a2p1`. */
export function architectureString(architecture: Architecture): string {
  let text = `rv${architecture.xlen}`;
  const list = architecture.list;
  let afterE = false;
  for (const { name, major, minor } of list) {
    const skip = (afterE && name === "i") || major < 0 || minor < 0;
    afterE = name === "e";
    if (skip) continue;
    text += `${name === "i" || name === "e" ? "" : "_"}${name}${major}p${minor}`;
  }
  return text;
}

/**
 * A machine with all extensions that the instruction table has, but Zcmp and
 * Zcmt: their words are c.fsdsp's on machines with D.
 */
export function everyExtension(xlen: 32 | 64): Architecture {
  const more =
    "zicbom_zicbop_zicboz_zicond_zihintntl_zihintpause_zimop_zabha_zacas_zawrs_zfa_zfh" +
    "_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zknd_zkne_zknh_zksed_zksh_zcb_zcmop_svinval";
  return parseArchitecture(`rv${xlen}gch_${more}`).architecture;
}
