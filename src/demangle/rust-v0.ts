// Rust's second mangling (RFC 2603, "Symbol name mangling v0"): `_R`, then a
// path, perhaps the crate that instantiated it, perhaps a suffix after a dot.
// A grammar of one letter per production; back references (B) are offsets of
// the text after `_R`, at which the same production is read once more.

const BASIC: Readonly<Record<string, string>> = {
  a: "i8",
  b: "bool",
  c: "char",
  d: "f64",
  e: "str",
  f: "f32",
  h: "u8",
  i: "isize",
  j: "usize",
  l: "i32",
  m: "u32",
  n: "i128",
  o: "u128",
  p: "_",
  s: "i16",
  t: "u16",
  u: "()",
  v: "...",
  x: "i64",
  y: "u64",
  z: "!",
};

const MAX_DEPTH = 512;
/** Back references can double a name again and again. */
const MAX_LENGTH = 100_000;

class Failure extends Error {}

/** The path of a Rust name in the second mangling; undefined for any other name. `verbose`: hashes and types of constants, too. */
export function demangleRustV0(mangled: string, verbose = false): string | undefined {
  const match = /^_R([A-Z][A-Za-z0-9_]*)(\..*)?$/.exec(mangled);
  if (!match) return undefined;
  try {
    return new Parser(match[1], verbose).symbol();
  } catch (failure) {
    if (failure instanceof Failure) return undefined;
    throw failure;
  }
}

class Parser {
  private readonly input: string;
  private readonly verbose: boolean;
  private at = 0;
  private depth = 0;
  private lifetimes = 0;
  /** Text is not wanted: the implementation's own path, the crate of an instantiation. */
  private silent = false;
  private length = 0;

  constructor(input: string, verbose: boolean) {
    this.input = input;
    this.verbose = verbose;
  }

  symbol(): string {
    const text = this.path(true);
    if (this.at < this.input.length) {
      this.silent = true;
      this.path(false);
    }
    if (this.at !== this.input.length) this.fail();
    return text;
  }

  private fail(): never {
    throw new Failure();
  }

  private take(letter: string): boolean {
    if (this.input[this.at] !== letter) return false;
    this.at++;
    return true;
  }

  private letter(): string {
    if (this.at >= this.input.length) this.fail();
    return this.input[this.at++];
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) this.fail();
    const result = read();
    this.depth--;
    if (typeof result === "string") {
      this.length += this.silent ? 0 : 1;
      if (result.length > MAX_LENGTH || this.length > MAX_LENGTH) this.fail();
    }
    return result;
  }

  /** base-62-number: `_` is 0, `0_` is 1. */
  private base62(): number {
    if (this.take("_")) return 0;
    let value = 0;
    while (!this.take("_")) {
      const char = this.letter();
      const digit =
        char >= "0" && char <= "9"
          ? char.charCodeAt(0) - 48
          : char >= "a" && char <= "z"
            ? char.charCodeAt(0) - 87
            : char.charCodeAt(0) - 29;
      value = value * 62 + digit;
    }
    if (value >= Number.MAX_SAFE_INTEGER) return value;
    return value + 1;
  }

  private optional62(tag: string): number {
    return this.take(tag) ? this.base62() + 1 : 0;
  }

  /** As base62, exactly: hashes of crates have 64 bits. */
  private disambiguator(): bigint {
    if (!this.take("s")) return 0n;
    if (this.take("_")) return 1n;
    let value = 0n;
    while (!this.take("_")) {
      const code = this.letter().charCodeAt(0);
      const digit = code <= 57 ? code - 48 : code >= 97 ? code - 87 : code - 29;
      value = value * 62n + BigInt(digit);
    }
    return BigInt.asUintN(64, value + 2n);
  }

  private backReference<T>(read: () => T, nothing: T): T {
    const target = this.base62();
    if (this.silent) return nothing;
    const here = this.at;
    if (target >= here) this.fail();
    this.at = target;
    const result = this.nested(read);
    this.at = here;
    return result;
  }

  private identifier(): string {
    const isPunycode = this.take("u");
    const digits = /^(0|[1-9]\d*)/.exec(this.input.slice(this.at, this.at + 9));
    if (!digits) this.fail();
    this.at += digits[0].length;
    this.take("_");
    const end = this.at + Number(digits[0]);
    if (end > this.input.length) this.fail();
    const text = this.input.slice(this.at, end);
    this.at = end;
    if (!isPunycode) return text;
    const bar = text.lastIndexOf("_");
    return decodePunycode(bar < 0 ? "" : text.slice(0, bar), text.slice(bar + 1)) ?? this.fail();
  }

  private path(inValue: boolean): string {
    return this.nested(() => this.pathInside(inValue));
  }

  private pathInside(inValue: boolean): string {
    const tag = this.letter();
    switch (tag) {
      case "C": {
        const hash = this.disambiguator();
        const name = this.identifier();
        return this.verbose ? `${name}[${hash.toString(16)}]` : name;
      }
      case "N": {
        const namespace = this.letter();
        if (!/[A-Za-z]/.test(namespace)) this.fail();
        const outer = this.path(inValue);
        const number = this.disambiguator();
        const name = this.identifier();
        if (namespace >= "a") return name === "" ? outer : `${outer}::${name}`;
        const kind = namespace === "C" ? "closure" : namespace === "S" ? "shim" : namespace;
        return `${outer}::{${kind}${name === "" ? "" : `:${name}`}#${number}}`;
      }
      case "M":
      case "X":
      case "Y": {
        if (tag !== "Y") {
          this.disambiguator();
          const before = this.silent;
          this.silent = true;
          this.path(inValue);
          this.silent = before;
        }
        const type = this.type();
        return tag === "M" ? `<${type}>` : `<${type} as ${this.path(false)}>`;
      }
      case "I": {
        const generic = this.path(inValue);
        return `${generic}${inValue ? "::" : ""}<${this.list(() => this.genericArgument())}>`;
      }
      case "B":
        return this.backReference(() => this.path(inValue), "");
      default:
        return this.fail();
    }
  }

  /** Elements up to an E. */
  private list(element: () => string, separator = ", "): string {
    const parts: string[] = [];
    while (!this.take("E")) parts.push(element());
    return parts.join(separator);
  }

  private genericArgument(): string {
    if (this.take("L")) return this.lifetime(this.base62());
    return this.take("K") ? this.constant() : this.type();
  }

  /** 0 is `'_`; others count the binders around, the innermost being 1. */
  private lifetime(index: number): string {
    if (index === 0) return "'_";
    const depth = this.lifetimes - index;
    if (depth < 0) return this.silent ? "" : this.fail();
    return depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`;
  }

  private binder(): string {
    const count = this.optional62("G");
    if (count === 0) return "";
    if (count > 1000) this.fail();
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      this.lifetimes++;
      names.push(this.lifetime(1));
    }
    return `for<${names.join(", ")}> `;
  }

  private type(): string {
    return this.nested(() => this.typeInside());
  }

  private typeInside(): string {
    const tag = this.letter();
    const basic = BASIC[tag];
    if (basic !== undefined) return basic;
    switch (tag) {
      case "R":
      case "Q": {
        let text = "&";
        if (this.take("L")) {
          const index = this.base62();
          if (index !== 0) text += `${this.lifetime(index)} `;
        }
        return `${text}${tag === "Q" ? "mut " : ""}${this.type()}`;
      }
      case "P":
        return `*const ${this.type()}`;
      case "O":
        return `*mut ${this.type()}`;
      case "S":
        return `[${this.type()}]`;
      case "A": {
        const element = this.type();
        return `[${element}; ${this.constant()}]`;
      }
      case "T": {
        const parts: string[] = [];
        while (!this.take("E")) parts.push(this.type());
        return `(${parts.join(", ")}${parts.length === 1 ? "," : ""})`;
      }
      case "F":
        return this.functionType();
      case "D":
        return this.traitObject();
      case "B":
        return this.backReference(() => this.type(), "");
      default:
        this.at--;
        return this.path(false);
    }
  }

  private functionType(): string {
    const outside = this.lifetimes;
    let text = this.binder();
    if (this.take("U")) text += "unsafe ";
    // An underscore in the name of an ABI stands for a hyphen.
    if (this.take("K")) text += `extern "${this.take("C") ? "C" : this.identifier().replaceAll("_", "-")}" `;
    text += `fn(${this.list(() => this.type())})`;
    if (!this.take("u")) text += ` -> ${this.type()}`;
    this.lifetimes = outside;
    return text;
  }

  private traitObject(): string {
    const outside = this.lifetimes;
    let text = `dyn ${this.binder()}${this.list(() => this.boundTrait(), " + ")}`;
    this.lifetimes = outside;
    if (!this.take("L")) this.fail();
    const index = this.base62();
    if (index !== 0) text += ` + ${this.lifetime(index)}`;
    return text;
  }

  /** A trait with the associated types that it binds, which stand among its arguments. */
  private boundTrait(): string {
    let [text, open] = this.openPath();
    while (this.take("p")) {
      text += open ? ", " : "<";
      open = true;
      const name = this.identifier();
      text += `${name} = ${this.type()}`;
    }
    return open ? `${text}>` : text;
  }

  /** A path whose generic arguments are not closed yet. */
  private openPath(): [string, boolean] {
    if (this.take("B")) return this.backReference((): [string, boolean] => this.openPath(), ["", false]);
    if (!this.take("I")) return [this.path(false), false];
    const path = this.path(false);
    return [`${path}<${this.list(() => this.genericArgument())}`, true];
  }

  private constant(): string {
    return this.nested(() => this.constantInside());
  }

  private constantInside(): string {
    if (this.take("B")) return this.backReference(() => this.constant(), "");
    const tag = this.letter();
    if (tag === "p") return "_";
    let text: string;
    if (/[htmyoj]/.test(tag)) text = this.integer();
    else if (/[aslxni]/.test(tag)) text = (this.take("n") ? "-" : "") + this.integer();
    else if (tag === "b") {
      const value = this.hexadecimal();
      if (value !== "0" && value !== "1") this.fail();
      text = value === "1" ? "true" : "false";
    } else if (tag === "c") text = this.character();
    else this.fail();
    return this.verbose ? `${text}: ${BASIC[tag]}` : text;
  }

  private hexadecimal(): string {
    const match = /^([0-9a-f]*)_/.exec(this.input.slice(this.at));
    if (!match || match[1] === "") this.fail();
    this.at += match[0].length;
    return match[1];
  }

  private integer(): string {
    const digits = this.hexadecimal();
    return digits.length > 16 ? `0x${digits}` : BigInt(`0x${digits}`).toString();
  }

  private character(): string {
    const digits = this.hexadecimal();
    if (digits.length > 8) this.fail();
    const code = Number.parseInt(digits, 16);
    const named: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r" };
    if (named[code]) return `'${named[code]}'`;
    return code > 32 && code < 126 ? `'${String.fromCharCode(code)}'` : `'\\u{${code.toString(16)}}'`;
  }
}

/** RFC 3492 with `_` as the separator; undefined where it is malformed. */
function decodePunycode(basic: string, encoded: string): string | undefined {
  if (encoded === "") return undefined;
  const points = [...basic].map((char) => char.charCodeAt(0));
  let code = 0x80;
  let index = 0;
  let bias = 72;
  for (let at = 0; at < encoded.length; ) {
    const before = index;
    for (let weight = 1, k = 36; ; k += 36) {
      const char = encoded.charCodeAt(at++);
      const digit = char >= 97 && char <= 122 ? char - 97 : char >= 48 && char <= 57 ? char - 22 : -1;
      if (digit < 0) return undefined;
      index += digit * weight;
      const threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < threshold) break;
      weight *= 36 - threshold;
      if (weight > 1e12) return undefined;
    }
    const count = points.length + 1;
    let delta = Math.floor((index - before) / (before === 0 ? 700 : 2));
    delta += Math.floor(delta / count);
    let k = 0;
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    code += Math.floor(index / count);
    index %= count;
    if (code > 0x10ffff) return undefined;
    points.splice(index++, 0, code);
  }
  return String.fromCodePoint(...points);
}
