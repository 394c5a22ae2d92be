import { expression } from "./expressions.ts";
import { literalSuffixes, operators, specials, standard } from "./tables.ts";
import { baseName, Failure, type ParsedName, show, type Type } from "./type-text.ts";
import { expandedExpression, typeInside } from "./types.ts";

// Names of C++ as the Itanium ABI mangles them (section 5.1), read by recursive
// descent and turned into text at once. A type is two pieces of text, left and
// right of what it declares: `int (*` and `)(char)`. Substitutions (S_) refer
// to the types and prefixes met so far, in order; template parameters (T_) to
// the arguments of the name around them. A pack expansion reads its pattern
// once for each element of the pack.

/** GNU's and LLVM's demanglers word lambdas and clones differently. */
export type DemangleStyle = "gnu" | "llvm";

/** See DemangleDetails of the index. */
export interface ItaniumDetails {
  readonly verbose?: boolean;
  readonly parameters?: boolean;
}

const MAX_DEPTH = 200;
const MAX_LENGTH = 50_000;

/** The text of a mangled name (which starts with _Z); undefined where it is none we can read. */
export function demangleItanium(
  mangled: string,
  style: DemangleStyle = "gnu",
  details: ItaniumDetails = {},
): string | undefined {
  const start = mangled.startsWith("_Z") ? 2 : mangled.startsWith("___Z") ? 4 : -1;
  if (start < 0) return undefined;
  try {
    return new Parser(mangled, start, style, details).whole();
  } catch (failure) {
    if (failure instanceof Failure) return undefined;
    throw failure;
  }
}

/** The text of a mangled type; undefined where it is none. */
export function demangleItaniumType(mangled: string, details: ItaniumDetails = {}): string | undefined {
  try {
    return new Parser(mangled, 0, "gnu", details).wholeType();
  } catch (failure) {
    if (failure instanceof Failure) return undefined;
    throw failure;
  }
}

const LAMBDA: readonly Type[] = [];

/** Its parts are also read by types.ts and expressions.ts. */
export class Parser {
  readonly input: string;
  at: number;
  readonly style: DemangleStyle;
  readonly substitutions: Type[] = [];
  templateArguments: readonly Type[] = [];
  packIndex = -1;
  depth = 0;
  /** Of substitutions that template parameters are part of: where they stand, and whose parameters those are. */
  readonly origins = new Map<
    number,
    {
      readonly at: number;
      readonly scope: readonly Type[];
      readonly packIndex: number;
      readonly referred: boolean;
    }
  >();
  parameterUses = 0;
  /** The next type is what a reference refers to; the type being begun is. */
  referred = false;
  isReferred = false;
  /** Lambdas whose parameters are being read. */
  lambdas = 0;
  /** Within result types that are read only for their substitutions. */
  unprinted = 0;

  readonly verbose: boolean;
  readonly bare: boolean;

  constructor(input: string, at: number, style: DemangleStyle, details: ItaniumDetails) {
    this.verbose = details.verbose === true;
    this.bare = details.parameters === false;
    this.input = input;
    this.at = at;
    this.style = style;
  }

  wholeType(): string {
    const type = this.type();
    if (this.at < this.input.length) this.fail();
    return show(type);
  }

  whole(): string {
    // What follows the name does not matter then.
    if (this.bare && this.next !== "T" && this.next !== "G") return this.name().text;
    let text = this.encoding();
    if (this.at < this.input.length) {
      const rest = this.input.slice(this.at);
      if (!rest.startsWith(".") && !rest.startsWith("@")) this.fail();
      if (rest.startsWith("@")) text += rest;
      else if (this.style === "llvm") text += ` (${rest})`;
      else text += this.clones(rest);
    }
    return text;
  }

  /** Suffixes of copies of a function, all of them or none. */
  clones(suffixes: string): string {
    if (!/^(?:\.[a-z0-9_]+(?:\.\d+)*)+$/.test(suffixes)) this.fail();
    const parts = suffixes.match(/\.[a-z0-9_]+(?:\.\d+)*/g) ?? [];
    return parts.map((part) => ` [clone ${part}]`).join("");
  }

  fail(): never {
    throw new Failure();
  }

  peek(text: string): boolean {
    return this.input.startsWith(text, this.at);
  }

  take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  get next(): string {
    return this.input[this.at] ?? "";
  }

  enter(): void {
    if (++this.depth > MAX_DEPTH) this.fail();
  }

  number(): number {
    const digits = /^\d+/.exec(this.input.slice(this.at, this.at + 12));
    if (!digits) this.fail();
    this.at += digits[0].length;
    return Number(digits[0]);
  }

  /** `_` is 0, `0_` is 1 …, in base 36. */
  sequence(): number {
    if (this.take("_")) return 0;
    const digits = /^([0-9A-Z]+)_/.exec(this.input.slice(this.at, this.at + 12));
    if (!digits) this.fail();
    this.at += digits[0].length;
    return Number.parseInt(digits[1], 36) + 1;
  }

  // Encodings

  encoding(withReturn = true): string {
    this.enter();
    const saved = this.templateArguments;
    const text =
      this.next === "T" || (this.next === "G" && !this.peek("Gn"))
        ? this.special()
        : this.function(withReturn);
    this.templateArguments = saved;
    this.depth--;
    return text;
  }

  atEndOfEncoding(): boolean {
    return this.at >= this.input.length || this.next === "E" || this.next === "." || this.next === "@";
  }

  function(withReturn: boolean): string {
    const name = this.name();
    if (this.atEndOfEncoding()) {
      // GNU's demangler takes a suffix of what has no parameters for a type.
      if (this.next === "." && this.style === "gnu") this.fail();
      return name.text;
    }
    if (!withReturn) this.unprinted++;
    const result = name.hasReturn ? this.type() : undefined;
    if (!withReturn) this.unprinted--;
    const parameters = this.parameters();
    const signature = `${name.text}(${parameters})`;
    if (!result || !withReturn) return signature + name.suffix;
    const blank = result.left.endsWith("(*") || result.left.endsWith("(&") ? "" : " ";
    return result.left + blank + signature + result.right + name.suffix;
  }

  /** The types up to the end of the encoding; `void` alone is nothing. */
  parameters(): string {
    const types: string[] = [];
    while (!this.atEndOfEncoding()) {
      if ((this.next === "R" || this.next === "O") && this.input[this.at + 1] === "E") break;
      types.push(...this.expanded(this.type()));
    }
    return types.length === 1 && types[0] === "void" ? "" : types.join(", ");
  }

  expanded(type: Type): string[] {
    return type.pack ? type.pack.flatMap((element) => this.expanded(element)) : [show(type)];
  }

  special(): string {
    const two = this.input.slice(this.at, this.at + 2);
    const plain = specials[two];
    if (plain) {
      this.at += 2;
      return plain + (two === "TW" || two === "TH" || two === "GV" ? this.name().text : show(this.type()));
    }
    if (this.take("Th")) {
      this.callOffset("h");
      return `non-virtual thunk to ${this.encoding()}`;
    }
    if (this.take("Tv")) {
      this.callOffset("v");
      return `virtual thunk to ${this.encoding()}`;
    }
    if (this.take("Tc")) {
      this.callOffset(this.input[this.at++]);
      this.callOffset(this.input[this.at++]);
      return `covariant return thunk to ${this.encoding()}`;
    }
    if (this.take("TC")) {
      const derived = show(this.type());
      this.number();
      this.expect("_");
      return `construction vtable for ${show(this.type())}-in-${derived}`;
    }
    if (this.take("GR")) {
      const name = this.name().text;
      if (this.style === "gnu") {
        // GNU's demangler takes the temporary's number for a discriminator, and knows no underscore behind it.
        if (!/^_?\d*$/.test(this.input.slice(this.at)) || /_\d+_$/.test(this.input)) this.fail();
        this.take("_");
      }
      const index = this.atEndOfEncoding() ? 0 : this.style === "gnu" ? this.number() : this.sequence();
      return `reference temporary #${index} for ${name}`;
    }
    if (this.take("GTt")) return `transaction clone for ${this.encoding()}`;
    return this.fail();
  }

  callOffset(kind: string): void {
    const match = /^n?\d+_/.exec(this.input.slice(this.at));
    if (!match) this.fail();
    this.at += match[0].length;
    if (kind !== "v") return;
    const second = /^n?\d+_/.exec(this.input.slice(this.at));
    if (!second) this.fail();
    this.at += second[0].length;
  }

  // Names

  name(): ParsedName {
    this.enter();
    const result = this.nameInside();
    this.depth--;
    return result;
  }

  nameInside(): ParsedName {
    if (this.take("N")) return this.nested();
    if (this.take("Z")) return this.local();
    if (this.next === "S" && this.input[this.at + 1] !== "t") {
      const text = show(this.substitution());
      if (!this.peek("I")) return { text, hasReturn: false, suffix: "" };
      return { text: text + this.arguments(true), hasReturn: true, suffix: "" };
    }
    let text = "";
    if (this.take("St")) text = "std::";
    const isOperator = /^[a-z]/.test(this.next);
    const conversion = this.peek("cv");
    text += this.unqualified("", isOperator);
    if (!this.peek("I")) return { text, hasReturn: false, suffix: "" };
    this.substitutions.push({ left: text, right: "" });
    return { text: text + this.spacedArguments(text), hasReturn: !conversion, suffix: "" };
  }

  nested(): ParsedName {
    let suffix = "";
    if (this.take("r")) suffix += " restrict";
    if (this.take("V")) suffix = ` volatile${suffix}`;
    if (this.take("K")) suffix = ` const${suffix}`;
    if (this.take("R")) suffix += " &";
    else if (this.take("O")) suffix += " &&";
    let text = "";
    let last = "";
    let hasReturn = false;
    let plain = false;
    while (!this.take("E")) {
      if (this.at >= this.input.length) this.fail();
      let isSubstitution = false;
      const scope = text === "" ? "" : `${text}::`;
      if (this.next === "S") {
        if (this.take("St")) {
          text = "std";
          isSubstitution = true;
        } else {
          const code = this.input[this.at + 1];
          const known = standard[code];
          const following = this.input[this.at + 2];
          // A constructor of std::string names its class in full.
          if (known && (following === "C" || following === "D")) {
            this.at += 2;
            text = known[1];
            last = known[2];
          } else {
            text = show(this.substitution());
            last = baseName(text);
          }
          isSubstitution = true;
        }
        hasReturn = false;
      } else if (this.next === "I") {
        if (text === "") this.fail();
        text += this.spacedArguments(text);
        hasReturn = !plain;
      } else if (this.next === "T") {
        text = show(this.type());
        last = baseName(text);
        isSubstitution = true;
      } else if (this.peek("Dt") || this.peek("DT")) {
        text = show(this.type());
        isSubstitution = true;
      } else if (this.next === "M") {
        this.at++;
        continue;
      } else {
        plain = false;
        if (this.next === "C" || (this.next === "D" && /[0-5]/.test(this.input[this.at + 1] ?? ""))) {
          plain = true;
          const isDestructor = this.next === "D";
          this.at++;
          const inherited = this.take("I");
          if (!/[0-5]/.test(this.next)) this.fail();
          this.at++;
          if (inherited) this.type();
          text = `${scope}${isDestructor ? "~" : ""}${last}${this.tags()}`;
        } else {
          plain = this.peek("cv");
          const component = this.unqualified(last, /^[a-z]/.test(this.next));
          text = scope + component;
          last = component.replace(/(\[abi:[^\]]*\])+$/, "");
        }
        hasReturn = false;
      }
      if (!isSubstitution && this.next !== "E") this.substitutions.push({ left: text, right: "" });
      if (text.length > MAX_LENGTH) this.fail();
    }
    if (text === "") this.fail();
    return { text, hasReturn, suffix };
  }

  local(): ParsedName {
    const outer = this.encoding(this.style === "llvm");
    this.expect("E");
    if (this.take("s")) {
      this.discriminator();
      return { text: `${outer}::string literal`, hasReturn: false, suffix: "" };
    }
    let scope = "";
    if (this.take("d")) {
      const number = /\d/.test(this.next) ? this.number() + 2 : 1;
      this.expect("_");
      if (this.style === "gnu") scope = `{default arg#${number}}::`;
    }
    const inner = this.name();
    this.discriminator();
    return { ...inner, text: `${outer}::${scope}${inner.text}` };
  }

  discriminator(): void {
    const match = /^(__\d+_|_\d)/.exec(this.input.slice(this.at));
    if (match) this.at += match[0].length;
  }

  tags(): string {
    let text = "";
    while (this.take("B")) text += `[abi:${this.sourceName()}]`;
    return text;
  }

  sourceName(): string {
    const length = this.number();
    const text = this.input.slice(this.at, this.at + length);
    if (text.length !== length || length === 0) this.fail();
    this.at += length;
    return /^_GLOBAL_[._$]N/.test(text) ? "(anonymous namespace)" : text;
  }

  unqualified(_scope: string, isOperator: boolean): string {
    if (this.take("L")) return this.unqualified(_scope, false);
    if (/\d/.test(this.next)) return this.sourceName() + this.tags();
    if (this.take("Ut")) {
      const index = this.index();
      if (this.style === "llvm") return `'unnamed${index === 1 ? "" : index - 2}'`;
      return `{unnamed type#${index}}`;
    }
    if (this.take("Ul")) {
      this.lambdas++;
      const parameters = this.parameters();
      this.lambdas--;
      this.expect("E");
      const index = this.index();
      if (this.style === "llvm") return `'lambda${index === 1 ? "" : index - 2}'(${parameters})`;
      return `{lambda(${parameters})#${index}}`;
    }
    if (this.take("DC")) {
      const names: string[] = [];
      while (!this.take("E")) names.push(this.sourceName());
      return `[${names.join(", ")}]`;
    }
    if (!isOperator) return this.fail();
    if (this.take("cv")) return `operator ${show(this.type())}`;
    if (this.take("li")) return `operator"" ${this.sourceName()}`;
    const known = operators[this.input.slice(this.at, this.at + 2)];
    if (!known) return this.fail();
    this.at += 2;
    const blank = /^[a-z]/.test(known[0]) ? " " : "";
    return `operator${blank}${known[0]}${this.tags()}`;
  }

  /** The number of a lambda or unnamed type among those of its scope, from 1. */
  index(): number {
    if (this.take("_")) return 1;
    const number = this.number();
    this.expect("_");
    return number + 2;
  }

  substitution(): Type {
    this.expect("S");
    const known = standard[this.next];
    if (known) {
      this.at++;
      const tags = this.tags();
      return { left: known[this.verbose ? 1 : 0] + tags, right: "" };
    }
    const index = this.sequence();
    this.markReferred(index);
    return this.readAgain(index) ?? this.substitutions[index] ?? this.fail();
  }

  /** A reference to a parameter that was read only for its substitutions is printed now. */
  private markReferred(index: number): void {
    const origin = this.origins.get(index);
    if (!origin || this.unprinted > 0 || !/^[RO]T/.test(this.input.slice(origin.at, origin.at + 2))) return;
    const inner = this.origins.get(index - 1);
    if (inner?.at === origin.at + 1) this.origins.set(index - 1, { ...inner, referred: true });
  }

  /** What template parameters stood for where a type was read first, they need not where it is repeated. */
  readAgain(index: number): Type | undefined {
    const origin = this.origins.get(index);
    const known = this.substitutions[index];
    if (!origin || !known || this.style !== "gnu") return undefined;
    if (origin.scope === this.scope && origin.packIndex < 0 && this.packIndex < 0) return undefined;
    // GNU's printer keeps what a parameter was where a reference to it came first.
    if (origin.referred && this.isReferred) return undefined;
    const { at, depth, packSize } = this;
    const kept = this.substitutions.slice();
    this.at = origin.at;
    let type: Type | undefined;
    try {
      type = this.type();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      // There is no such parameter here.
      this.packSize = packSize;
    }
    this.at = at;
    this.depth = depth;
    this.substitutions.length = 0;
    this.substitutions.push(...kept);
    return type;
  }

  // Template arguments

  /** `I … E` as text; `remember`: later T_ refer to them. */
  arguments(remember: boolean): string {
    this.expect("I");
    const list: Type[] = [];
    while (!this.take("E")) {
      if (this.at >= this.input.length) this.fail();
      list.push(this.argument());
    }
    if (remember) this.templateArguments = list;
    const texts = list.flatMap((type) => this.expanded(type));
    const text = texts.join(", ");
    // GNU's printer forgets the blank where an empty pack comes last.
    const last = list.at(-1);
    const forgets = this.style === "gnu" && list.length > 1 && last?.pack && this.expanded(last).length === 0;
    return text.endsWith(">") && !forgets ? `<${text} >` : `<${text}>`;
  }

  /** Template arguments after a name: `operator<< <int>` in GNU's style. */
  spacedArguments(name: string): string {
    return (this.style === "gnu" && name.endsWith("<") ? " " : "") + this.arguments(true);
  }

  argument(): Type {
    if (this.take("X")) {
      const argument = this.take("sp") ? expandedExpression(this) : { left: expression(this), right: "" };
      this.expect("E");
      return argument;
    }
    if (this.next === "L") return { left: this.literal(), right: "" };
    if (this.take("J") || this.take("I")) {
      const pack: Type[] = [];
      while (!this.take("E")) {
        if (this.at >= this.input.length) this.fail();
        pack.push(this.argument());
      }
      return { left: "", right: "", pack };
    }
    return this.type();
  }

  literal(): string {
    this.expect("L");
    if (this.take("_Z")) {
      const text = this.encoding();
      this.expect("E");
      return text;
    }
    const code = this.next;
    const type = show(this.type());
    const match = /^(n?)([^E]*)E/.exec(this.input.slice(this.at));
    if (!match) this.fail();
    this.at += match[0].length;
    const value = `${match[1] ? "-" : ""}${match[2]}`;
    if (code === "b" && (value === "0" || value === "1")) return value === "1" ? "true" : "false";
    const suffix = literalSuffixes[code];
    return suffix === undefined ? `(${type})${value}` : value + suffix;
  }

  // Types

  remember(type: Type): Type {
    if (type.left.length > MAX_LENGTH) this.fail();
    this.substitutions.push(type);
    return type;
  }

  /** What template parameters stand for here. */
  get scope(): readonly Type[] {
    return this.lambdas > 0 ? LAMBDA : this.templateArguments;
  }

  type(): Type {
    this.enter();
    const { at, parameterUses, scope, referred } = this;
    this.isReferred = referred;
    this.referred = false;
    const count = this.substitutions.length;
    const type = typeInside(this);
    const last = this.substitutions.length - 1;
    if (this.parameterUses !== parameterUses && last >= count && !this.origins.has(last))
      this.origins.set(last, {
        at,
        scope,
        packIndex: this.packIndex,
        referred: referred && this.unprinted === 0 && this.input[at] === "T",
      });
    this.depth--;
    return type;
  }

  packSize = -1;
}
