import { builtins, extendedBuiltins, literalSuffixes, operators, specials, standard } from "./tables.ts";

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

interface Type {
  readonly left: string;
  readonly right: string;
  /** Needs parentheses when pointed to. */
  readonly declarator?: boolean;
  /** A pack of template arguments. */
  readonly pack?: readonly Type[];
}

interface ParsedName {
  readonly text: string;
  /** Ends in template arguments and is no constructor or conversion: the return type is mangled too. */
  readonly hasReturn: boolean;
  /** ` const`, ` &` of a member function. */
  readonly suffix: string;
}

const MAX_DEPTH = 200;
const MAX_LENGTH = 50_000;

class Failure extends Error {}

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

class Parser {
  private readonly input: string;
  private at: number;
  private readonly style: DemangleStyle;
  private readonly substitutions: Type[] = [];
  private templateArguments: readonly Type[] = [];
  private packIndex = -1;
  private depth = 0;
  /** Of substitutions that template parameters are part of: where they stand, and whose parameters those are. */
  private readonly origins = new Map<
    number,
    { readonly at: number; readonly scope: readonly Type[]; readonly packIndex: number }
  >();
  private parameterUses = 0;
  /** Lambdas whose parameters are being read. */
  private lambdas = 0;

  private readonly verbose: boolean;
  private readonly bare: boolean;

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
  private clones(suffixes: string): string {
    if (!/^(?:\.[a-z0-9_]+(?:\.\d+)*)+$/.test(suffixes)) this.fail();
    const parts = suffixes.match(/\.[a-z0-9_]+(?:\.\d+)*/g) ?? [];
    return parts.map((part) => ` [clone ${part}]`).join("");
  }

  private fail(): never {
    throw new Failure();
  }

  private peek(text: string): boolean {
    return this.input.startsWith(text, this.at);
  }

  private take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  private get next(): string {
    return this.input[this.at] ?? "";
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) this.fail();
  }

  private number(): number {
    const digits = /^\d+/.exec(this.input.slice(this.at, this.at + 12));
    if (!digits) this.fail();
    this.at += digits[0].length;
    return Number(digits[0]);
  }

  /** `_` is 0, `0_` is 1 …, in base 36. */
  private sequence(): number {
    if (this.take("_")) return 0;
    const digits = /^([0-9A-Z]+)_/.exec(this.input.slice(this.at, this.at + 12));
    if (!digits) this.fail();
    this.at += digits[0].length;
    return Number.parseInt(digits[1], 36) + 1;
  }

  // Encodings

  private encoding(withReturn = true): string {
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

  private atEndOfEncoding(): boolean {
    return this.at >= this.input.length || this.next === "E" || this.next === "." || this.next === "@";
  }

  private function(withReturn: boolean): string {
    const name = this.name();
    if (this.atEndOfEncoding()) {
      // GNU's demangler takes a suffix of what has no parameters for a type.
      if (this.next === "." && this.style === "gnu") this.fail();
      return name.text;
    }
    const result = name.hasReturn ? this.type() : undefined;
    const parameters = this.parameters();
    const signature = `${name.text}(${parameters})`;
    if (!result || !withReturn) return signature + name.suffix;
    const blank = result.left.endsWith("(*") || result.left.endsWith("(&") ? "" : " ";
    return result.left + blank + signature + result.right + name.suffix;
  }

  /** The types up to the end of the encoding; `void` alone is nothing. */
  private parameters(): string {
    const types: string[] = [];
    while (!this.atEndOfEncoding()) {
      if ((this.next === "R" || this.next === "O") && this.input[this.at + 1] === "E") break;
      types.push(...this.expanded(this.type()));
    }
    return types.length === 1 && types[0] === "void" ? "" : types.join(", ");
  }

  private expanded(type: Type): string[] {
    return type.pack ? type.pack.flatMap((element) => this.expanded(element)) : [show(type)];
  }

  private special(): string {
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

  private callOffset(kind: string): void {
    const match = /^n?\d+_/.exec(this.input.slice(this.at));
    if (!match) this.fail();
    this.at += match[0].length;
    if (kind !== "v") return;
    const second = /^n?\d+_/.exec(this.input.slice(this.at));
    if (!second) this.fail();
    this.at += second[0].length;
  }

  // Names

  private name(): ParsedName {
    this.enter();
    const result = this.nameInside();
    this.depth--;
    return result;
  }

  private nameInside(): ParsedName {
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

  private nested(): ParsedName {
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

  private local(): ParsedName {
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

  private discriminator(): void {
    const match = /^(__\d+_|_\d)/.exec(this.input.slice(this.at));
    if (match) this.at += match[0].length;
  }

  private tags(): string {
    let text = "";
    while (this.take("B")) text += `[abi:${this.sourceName()}]`;
    return text;
  }

  private sourceName(): string {
    const length = this.number();
    const text = this.input.slice(this.at, this.at + length);
    if (text.length !== length || length === 0) this.fail();
    this.at += length;
    return /^_GLOBAL_[._$]N/.test(text) ? "(anonymous namespace)" : text;
  }

  private unqualified(_scope: string, isOperator: boolean): string {
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
  private index(): number {
    if (this.take("_")) return 1;
    const number = this.number();
    this.expect("_");
    return number + 2;
  }

  private substitution(): Type {
    this.expect("S");
    const known = standard[this.next];
    if (known) {
      this.at++;
      const tags = this.tags();
      return { left: known[this.verbose ? 1 : 0] + tags, right: "" };
    }
    const index = this.sequence();
    return this.readAgain(index) ?? this.substitutions[index] ?? this.fail();
  }

  /** What template parameters stood for where a type was read first, they need not where it is repeated. */
  private readAgain(index: number): Type | undefined {
    const origin = this.origins.get(index);
    const known = this.substitutions[index];
    if (!origin || !known || this.style !== "gnu") return undefined;
    if (origin.scope === this.scope && origin.packIndex < 0 && this.packIndex < 0) return undefined;
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
  private arguments(remember: boolean): string {
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
  private spacedArguments(name: string): string {
    return (this.style === "gnu" && name.endsWith("<") ? " " : "") + this.arguments(true);
  }

  private argument(): Type {
    if (this.take("X")) {
      const argument = this.take("sp") ? this.expandedExpression() : { left: this.expression(), right: "" };
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

  private literal(): string {
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

  private remember(type: Type): Type {
    if (type.left.length > MAX_LENGTH) this.fail();
    this.substitutions.push(type);
    return type;
  }

  /** What template parameters stand for here. */
  private get scope(): readonly Type[] {
    return this.lambdas > 0 ? LAMBDA : this.templateArguments;
  }

  private type(): Type {
    this.enter();
    const { at, parameterUses, scope } = this;
    const count = this.substitutions.length;
    const type = this.typeInside();
    const last = this.substitutions.length - 1;
    if (this.parameterUses !== parameterUses && last >= count && !this.origins.has(last))
      this.origins.set(last, { at, scope, packIndex: this.packIndex });
    this.depth--;
    return type;
  }

  private typeInside(): Type {
    const code = this.next;
    const builtin = builtins[code];
    if (builtin) {
      this.at++;
      return { left: builtin, right: "" };
    }
    switch (code) {
      case "r":
      case "V":
      case "K":
        return this.qualified();
      case "P":
        return this.pointer("*");
      case "R":
        return this.pointer("&");
      case "O":
        return this.pointer("&&");
      case "C":
        this.at++;
        return this.remember(append(this.type(), " _Complex"));
      case "G":
        this.at++;
        return this.remember(append(this.type(), " _Imaginary"));
      case "F":
        return this.remember(this.functionType(""));
      case "A":
        return this.remember(this.array());
      case "M":
        return this.remember(this.memberPointer());
      case "D":
        return this.extended();
      case "T":
        return this.templateParameter();
      case "u": {
        this.at++;
        return this.remember({ left: this.sourceName(), right: "" });
      }
      case "U": {
        this.at++;
        const qualifier = this.sourceName() + (this.next === "I" ? this.arguments(false) : "");
        return this.remember(append(this.type(), ` ${qualifier}`));
      }
      case "S":
        if (this.input[this.at + 1] !== "t") {
          const type = this.substitution();
          if (this.next !== "I") return type;
          return this.remember({ left: show(type) + this.arguments(false), right: "" });
        }
        break;
    }
    const saved = this.templateArguments;
    const { text } = this.name();
    this.templateArguments = saved;
    return this.remember({ left: text, right: "" });
  }

  private qualified(): Type {
    let qualifiers = "";
    if (this.take("r")) qualifiers += " restrict";
    if (this.take("V")) qualifiers = ` volatile${qualifiers}`;
    if (this.take("K")) qualifiers = ` const${qualifiers}`;
    if (this.next === "F") return this.remember(this.functionType(qualifiers));
    return this.remember(append(this.type(), qualifiers));
  }

  private pointer(mark: string): Type {
    this.at++;
    const type = this.type();
    if (type.pack) return { left: "", right: "", pack: type.pack.map((element) => point(element, mark)) };
    return this.remember(point(type, mark));
  }

  private functionType(suffix: string): Type {
    this.expect("F");
    this.take("Y");
    const result = this.type();
    const parameters = this.parameters();
    if (this.take("R")) suffix += " &";
    else if (this.take("O")) suffix += " &&";
    this.expect("E");
    return { left: `${result.left} `, right: `(${parameters})${suffix}${result.right}`, declarator: true };
  }

  private array(): Type {
    this.expect("A");
    let size = "";
    if (/\d/.test(this.next)) size = String(this.number());
    else if (this.next !== "_") size = this.expression();
    this.expect("_");
    const element = this.type();
    const inner =
      element.declarator && element.right.startsWith(" [") ? element.right.slice(1) : element.right;
    return { left: element.left, right: ` [${size}]${inner}`, declarator: true };
  }

  private memberPointer(): Type {
    this.expect("M");
    const owner = show(this.type());
    const member = this.type();
    if (!member.declarator) return { left: `${member.left} ${owner}::*`, right: member.right };
    return { left: `${member.left}(${owner}::*`, right: `)${member.right}` };
  }

  private extended(): Type {
    const code = this.input[this.at + 1] ?? "";
    const builtin = extendedBuiltins[code];
    if (builtin) {
      this.at += 2;
      return { left: builtin, right: "" };
    }
    if (this.take("Dp")) return this.remember(this.expansion());
    if (this.take("Dt") || this.take("DT")) {
      const text = this.expression();
      this.expect("E");
      return this.remember({ left: `decltype (${text})`, right: "" });
    }
    if (this.take("Dv")) {
      const size = this.next === "_" ? "" : String(this.number());
      this.expect("_");
      return this.remember(append(this.type(), ` __vector(${size})`));
    }
    if (this.take("Do")) return this.remember(this.functionType(" noexcept"));
    if (this.take("DF")) {
      const bits = this.number();
      this.take("x");
      this.take("_");
      return { left: `_Float${bits}`, right: "" };
    }
    return this.fail();
  }

  /** Reads the pattern for each element of the pack in it; without a pack, once with `...`. */
  private expansion(read: () => Type = () => this.type()): Type {
    const start = this.at;
    const saved = this.packIndex;
    const remembered = this.substitutions.length;
    this.packSize = -1;
    this.packIndex = 0;
    const first = read();
    const size = this.packSize;
    const elements: Type[] = [first];
    const end = this.at;
    for (let i = 1; i < size; i++) {
      this.at = start;
      this.packIndex = i;
      const kept = this.substitutions.splice(remembered);
      elements.push(read());
      this.substitutions.splice(remembered);
      this.substitutions.push(...kept);
    }
    this.packIndex = saved;
    this.at = end;
    if (size < 0) return append(first, "...");
    return { left: "", right: "", pack: size === 0 ? [] : elements };
  }
  private packSize = -1;

  private expandedExpression(): Type {
    return this.expansion(() => ({ left: this.expression(), right: "" }));
  }

  /** Only as a type it counts for later substitutions. */
  private templateParameter(isType = true): Type {
    this.expect("T");
    if (/[sue]/.test(this.next) && /[0-9NSZ]/.test(this.input[this.at + 1] ?? "")) {
      this.at++;
      return this.type();
    }
    const index = this.sequence();
    this.parameterUses++;
    // Between a lambda's parentheses GNU's printer takes each parameter for the lambda's own.
    if (this.lambdas > 0 && this.style === "gnu") {
      const own = { left: `auto:${index + 1}`, right: "" };
      return isType ? this.remember(own) : own;
    }
    const argument = this.templateArguments[index];
    let type = argument ?? this.fail();
    if (type.pack && this.packIndex >= 0) {
      this.packSize = type.pack.length;
      type = type.pack[this.packIndex] ?? { left: "", right: "" };
    }
    if (!isType) return type;
    this.remember(type);
    if (this.next !== "I") return type;
    return this.remember({ left: show(type) + this.arguments(false), right: "" });
  }

  // Expressions: what turns up in signatures

  private expression(): string {
    this.enter();
    const text = this.expressionInside();
    this.depth--;
    return text;
  }

  private expressionInside(): string {
    if (this.next === "L") return this.literal();
    if (this.next === "T") return show(this.templateParameter(false));
    if (this.take("fpT")) return "this";
    if (this.take("fp")) return `{parm#${this.sequence() + 1}}`;
    if (this.take("sZ")) return this.packLength();
    if (this.take("st")) return `sizeof (${show(this.type())})`;
    if (this.take("sz")) return `sizeof (${this.expression()})`;
    if (this.take("at")) return `alignof (${show(this.type())})`;
    if (this.take("nx")) return `noexcept (${this.expression()})`;
    if (this.take("sp")) return this.expanded(this.expandedExpression()).join(", ");
    if (this.take("sr")) return this.scoped();
    if (this.take("cv")) return `(${show(this.type())})${this.operand()}`;
    if (this.take("sc")) return `static_cast<${show(this.type())}>(${this.expression()})`;
    if (this.take("tl")) {
      const type = show(this.type());
      return `${type}{${this.expressions().join(", ")}}`;
    }
    if (this.take("il")) return `{${this.expressions().join(", ")}}`;
    if (this.take("cl")) {
      const callee = this.operand();
      const values = this.expressions();
      // An empty pack leaves no comma.
      return `${callee}(${values.filter((value, i) => value !== "" || i === 0).join(", ")})`;
    }
    if (this.take("dt")) return `${this.operand()}.${this.memberName()}`;
    if (this.take("pt")) return `${this.operand()}->${this.memberName()}`;
    if (/\d/.test(this.next)) return this.memberName();
    const known = operators[this.input.slice(this.at, this.at + 2)];
    if (!known) return this.fail();
    this.at += 2;
    const [text, count] = known;
    if (text === "&" && count === 1 && this.style === "gnu" && this.peek("L_Z")) return this.addressOf();
    if (count === 1) return `${text}${this.operand()}`;
    if (text === "?") {
      const parts = [this.operand(), this.operand(), this.operand()];
      return `${parts[0]}?${parts[1]} : ${parts[2]}`;
    }
    if (text === "[]") return `${this.operand()}[${this.expression()}]`;
    const left = this.operand();
    const right = this.operand();
    return text === ">" ? `(${left}${text}${right})` : `${left}${text}${right}`;
  }

  /** `sizeof...`, which GNU's printer counts. */
  private packLength(): string {
    if (this.next !== "T") return `sizeof...(${this.expression()})`;
    const { length } = this.expanded(this.templateParameter(false));
    return this.style === "gnu" ? String(length) : `sizeof...(${length})`;
  }

  /** The address of a function or object: parameters are left out of a qualified name that is no template's. */
  private addressOf(): string {
    this.expect("L_Z");
    if (this.next === "T" || this.next === "G") {
      const special = this.encoding();
      this.expect("E");
      return `&(${special})`;
    }
    const start = this.at;
    const text = this.encoding();
    const end = this.at;
    this.at = start;
    const kept = this.substitutions.splice(0);
    const name = this.nameAgain(kept);
    this.at = end;
    this.expect("E");
    const isFunction = text !== name.text;
    if (name.hasReturn || name.text.endsWith(">")) return `&(${text})`;
    if (isFunction && !name.text.includes("::")) return `&(${text})`;
    return `&${name.text}`;
  }

  /** Reads a name once more that has left its substitutions already. */
  private nameAgain(substitutions: Type[]): ParsedName {
    const saved = this.templateArguments;
    this.substitutions.push(...substitutions);
    const name = this.name();
    this.substitutions.length = 0;
    this.substitutions.push(...substitutions);
    this.templateArguments = saved;
    return name;
  }

  /** A name in a scope that depends on template parameters. */
  private scoped(): string {
    const levels: string[] = [];
    const isLong = this.take("N");
    if (isLong || !/\d/.test(this.next)) levels.push(show(this.type()));
    if (isLong || levels.length === 0) while (!this.take("E")) levels.push(this.memberName());
    levels.push(this.memberName());
    return levels.join("::");
  }

  private expressions(): string[] {
    const list: string[] = [];
    while (!this.take("E")) list.push(this.expression());
    return list;
  }

  private memberName(): string {
    return this.sourceName() + (this.next === "I" ? this.arguments(false) : "");
  }

  private operand(): string {
    const isName = this.peek("sr") || /\d/.test(this.next);
    const isSimple = this.next === "f" || this.next === "L" || this.peek("il");
    const text = this.expression();
    // Template arguments make an expression of a name.
    return (isSimple || (isName && !text.endsWith(">"))) && this.style === "gnu" ? text : `(${text})`;
  }
}

function show(type: Type): string {
  if (type.pack) return type.pack.map(show).join(", ");
  return type.left + type.right;
}

function append(type: Type, text: string): Type {
  // What a template argument has already is not said twice.
  if (text === " const" && type.right === "" && type.left.endsWith(" const")) return type;
  // Of a pointer to a function it is the pointer that is qualified.
  const isArray = type.right.startsWith(" [");
  if (type.declarator && !type.left.endsWith("*") && !isArray) return { ...type, right: type.right + text };
  return { ...type, left: type.left + text };
}

function point(type: Type, mark: string): Type {
  // References collapse here as well.
  if (type.declarator && mark !== "*" && /\(\*+&+$/.test(type.left))
    return mark === "&" ? { ...type, left: type.left.replace(/&+$/, "&") } : type;
  if (type.declarator)
    return {
      left: `${type.left}${type.left.endsWith(" ") || type.right.startsWith("(") ? "" : " "}(${mark}`,
      right: `)${type.right.replace(/^ \[/, " [")}`,
    };
  if (mark !== "*" && /\(&+$/.test(type.left))
    return mark === "&" ? { ...type, left: type.left.replace(/&+$/, "&") } : type;
  // References collapse: && of a reference is that reference, & of any is &.
  if (mark !== "*" && type.left.endsWith("&") && type.right === "")
    return mark === "&" ? { left: `${type.left.replace(/&+$/, "")}&`, right: "" } : type;
  return { left: type.left + mark, right: type.right };
}

/** The last component of a qualified name, without template arguments. */
function baseName(text: string): string {
  let depth = 0;
  let end = text.length;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ">") depth++;
    else if (text[i] === "<") {
      depth--;
      if (depth === 0) end = i;
    } else if (depth === 0 && text[i] === ":" && text[i - 1] === ":") return text.slice(i + 1, end);
  }
  return text.slice(0, end);
}
