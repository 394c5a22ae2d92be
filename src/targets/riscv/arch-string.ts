/**
 * The architecture strings of `Tag_RISCV_arch`, such as `rv64i2p1_m2p0_c2p0_zicsr2p0`:
 * a register width, then extensions with versions in canonical order: the
 * single letters in the order of the ISA manual, then Z extensions by the
 * single letter they belong to, then S, then vendors' X.
 */

export interface Extension {
  readonly name: string;
  /** -1 when the string gives no version. */
  readonly major: number;
  readonly minor: number;
}

export interface Arch {
  readonly xlen: number;
  /** In canonical order, each name once. */
  readonly extensions: readonly Extension[];
}

/** What is wrong with a string, in GNU ld's words. */
export interface ArchProblem {
  readonly problem: string;
}

const letters = "eigmafdqlcbkjtpvnh";
const prefixes = ["z", "s", "zxm", "x"];

/** 0 for a single letter, else the place of the prefix in the order, from 1. */
function prefixClass(name: string): number {
  if (name.startsWith("zxm")) return 3;
  return prefixes.indexOf(name[0]) + 1;
}

/** 0 for a letter that the standard does not use. */
function letterOrder(letter: string): number {
  return letters.indexOf(letter) + 1;
}

/** Below 0: `a` comes first. */
export function compareExtensions(a: string, b: string): number {
  const classA = prefixClass(a);
  const classB = prefixClass(b);
  if (classA !== classB) return classA - classB;
  if (classA === 0) return letterOrder(a[0]) - letterOrder(b[0]);
  if (classA === 1 && a[1] !== b[1]) {
    const difference = letterOrder(a[1] ?? "") - letterOrder(b[1] ?? "");
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isArch(result: Arch | ArchProblem): result is Arch {
  return "extensions" in result;
}

/** Reads a string as linkers do: extensions that nobody knows are fine, letters that the standard lacks are not. */
export function parseArch(text: string): Arch | ArchProblem {
  if (/[A-Z]/.test(text)) return { problem: `${text}: ISA string cannot contain uppercase letters` };
  const xlen = text.startsWith("rv32") ? 32 : text.startsWith("rv64") ? 64 : undefined;
  if (xlen === undefined) return { problem: `${text}: ISA string must begin with rv32 or rv64` };
  if (!["e", "i", "g"].includes(text[4])) {
    return { problem: `${text}: first ISA extension must be \`e', \`i' or \`g'` };
  }
  const found: Extension[] = [];
  for (let rest = text.slice(4); rest !== ""; ) {
    if (rest[0] === "_") {
      rest = rest.slice(1);
      continue;
    }
    const isSingle = prefixClass(rest) === 0;
    if (isSingle && letterOrder(rest[0]) === 0) {
      return { problem: `${text}: unknown standard ISA extension or prefix class \`${rest[0]}'` };
    }
    // A version follows: 2, or 2p1. The p of a single letter's version needs a digit after it.
    const match = isSingle
      ? /^([a-z])(?:(\d+)(?:p(\d+))?|p(\d+))?/.exec(rest)
      : /^([^_]*?[^\d_])(?:(\d+)(?:p(\d+))?)?(?=_|$)/.exec(rest);
    if (match === null) {
      return { problem: `${text}: prefixed ISA extension must separate with _` };
    }
    const [all, name, major, minor] = match;
    if (!isSingle && /\dp$/.test(name)) {
      return { problem: `${text}: invalid prefixed ISA extension \`${name}' ends with <number>p` };
    }
    rest = rest.slice(all.length);
    const known = major !== undefined && !(Number(major) === 0 && Number(minor ?? 0) === 0);
    if (!known && name !== "g" && name !== "zicsr" && name !== "zifencei") {
      // GNU ld says so and leaves it out.
      if (name[0] === "x") return { problem: `x ISA extension \`${name}' must be set with the versions` };
      return { problem: `cannot find default versions of the ISA extension \`${name}'` };
    }
    if (known) found.push({ name, major: Number(major), minor: Number(minor ?? 0) });
  }
  const extensions = sortExtensions(found);
  const conflict = findConflict(xlen, extensions);
  return conflict === undefined ? { xlen, extensions } : { problem: conflict };
}

function sortExtensions(found: readonly Extension[]): Extension[] {
  const byName = new Map<string, Extension>();
  for (const extension of found) if (!byName.has(extension.name)) byName.set(extension.name, extension);
  return [...byName.values()].sort((a, b) => compareExtensions(a.name, b.name));
}

/** Extensions that bring floating-point registers, and those that do without. */
const floatRegisters = ["f", "d", "q", "v", "zfh", "zfhmin", "zve32f", "zve64f", "zve64d"];
const floatInIntegers = ["zfinx", "zdinx", "zqinx", "zhinx", "zhinxmin"];

function findConflict(xlen: number, extensions: readonly Extension[]): string | undefined {
  const names = new Set(extensions.map((extension) => extension.name));
  if (names.has("e") && xlen > 32) return `rv${xlen} does not support the \`e' extension`;
  const q = extensions.find((extension) => extension.name === "q");
  if (q && xlen < 64 && (q.major < 2 || (q.major === 2 && q.minor < 2))) {
    return `rv${xlen} does not support the \`q' extension`;
  }
  if (floatInIntegers.some((name) => names.has(name)) && floatRegisters.some((name) => names.has(name))) {
    return "`zfinx' is conflict with the `f/d/q/zfh/zfhmin' extension";
  }
  const vectors = names.has("v") || [...names].some((name) => name.startsWith("zve"));
  if (!vectors && [...names].some((name) => name.startsWith("zvl"))) {
    return "zvl*b extensions need to enable either `v' or `zve' extension";
  }
  return undefined;
}

/** Every extension of both, each with the newer version. */
export function uniteArchs(a: Arch, b: Arch): Arch {
  const byName = new Map(a.extensions.map((extension) => [extension.name, extension]));
  for (const extension of b.extensions) {
    const known = byName.get(extension.name);
    if (known === undefined || isNewer(extension, known)) byName.set(extension.name, extension);
  }
  return { xlen: a.xlen, extensions: sortExtensions([...byName.values()]) };
}

function isNewer(a: Extension, b: Extension): boolean {
  return a.major > b.major || (a.major === b.major && a.minor > b.minor);
}

export function formatArch(arch: Arch): string {
  const names = arch.extensions.map(({ name, major, minor }) => `${name}${major}p${minor}`);
  return `rv${arch.xlen}${names.join("_")}`;
}
