import type { Assembler } from "./assembler.ts";
import type { DirectiveTable } from "./directives.ts";
import { moveTo } from "./directives-data.ts";
import {
  ABSENT,
  BIG,
  CONSTANT,
  copyExpression,
  type Expression,
  FLOAT,
  ILLEGAL,
  newExpression,
  REGISTER_OP,
  SUBTRACT,
  SYMBOL,
  setConstant,
} from "./expression.ts";
import { add, subtract } from "./integer.ts";
import type { NameId } from "./names.ts";
import { parseExpression } from "./parse-expression.ts";
import {
  ABSOLUTE,
  COMMON,
  EXPRESSION,
  FIRST_SECTION,
  ORG,
  REGISTER,
  UNDEFINED,
  ZERO_FRAGMENT,
} from "./sections.ts";
import {
  EQUATED,
  FORWARD_REFERENCE,
  GLOBAL,
  HAS_EXPRESSION,
  LOCAL_DIRECTIVE,
  SECTION_SYMBOL,
  type SymbolId,
  THREAD_LOCAL,
  USED,
  VOLATILE,
  WEAK,
  WEAKREF_ALIAS,
  WEAKREF_TARGET,
} from "./symbols.ts";

// Directives that define symbols or say something about them.

const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_COMMON = 5;
const STT_TLS = 6;
const STT_GNU_IFUNC = 10;
/** Not of ELF's types: a STB_GNU_UNIQUE object. */
export const UNIQUE_OBJECT = 0x101;

/** A name where the reader is, or undefined after a message. */
export function symbolName(assembler: Assembler): NameId | undefined {
  const { reader } = assembler;
  reader.skipSpace();
  const name = reader.name();
  if (name >= 0) return name;
  assembler.error("AS0401", "expected symbol name");
  assembler.ignoreRest();
  return undefined;
}

/** Names separated by commas, each handed to `each` as a full symbol. */
function forSymbols(assembler: Assembler, each: (symbol: SymbolId) => void): void {
  const { reader, symbols } = assembler;
  do {
    if (reader.atEnd) break;
    const name = symbolName(assembler);
    if (name === undefined) return;
    each(symbols.findOrMake(name));
  } while (reader.takeComma());
  assembler.endOfLine();
}

function global(assembler: Assembler): void {
  forSymbols(assembler, (id) => makeGlobal(assembler, id));
}

function makeGlobal(assembler: Assembler, id: SymbolId): void {
  const { symbols } = assembler;
  symbols.promote(id);
  if (symbols.has(id, WEAK)) return;
  if (symbols.has(id, SECTION_SYMBOL)) assembler.warning("AS0402", "can't make section symbol global");
  else symbols.flags[id] |= GLOBAL;
}

function weak(assembler: Assembler): void {
  const { symbols } = assembler;
  forSymbols(assembler, (id) => {
    symbols.promote(id);
    symbols.flags[id] = (symbols.flags[id] | WEAK) & ~GLOBAL;
  });
}

function local(assembler: Assembler): void {
  const { symbols } = assembler;
  forSymbols(assembler, (id) => {
    if (!symbols.has(id, WEAK)) symbols.flags[id] &= ~GLOBAL;
    symbols.promote(id);
    symbols.flags[id] |= LOCAL_DIRECTIVE;
  });
}

/** .hidden, .protected, .internal: the low bits of st_other. */
function visibility(assembler: Assembler, bits: number): void {
  const { symbols } = assembler;
  forSymbols(assembler, (id) => {
    symbols.promote(id);
    symbols.other.set(id, ((symbols.other.get(id) ?? 0) & ~3) | bits);
  });
}

/** .set and .equ (0), .equiv (1), .eqv (-1). */
function set(assembler: Assembler, mode: number): void {
  const name = symbolName(assembler);
  if (name === undefined) return;
  if (!assembler.reader.takeComma()) {
    const text = assembler.names.text(name);
    assembler.error("AS0403", `expected comma after "${text}"`);
    assembler.ignoreRest();
    return;
  }
  assign(assembler, name, mode);
  assembler.endOfLine();
}

/** Gives a symbol the value of the expression that the reader is at. */
export function assign(assembler: Assembler, name: NameId, mode: number): void {
  const { symbols } = assembler;
  if (symbols.names.lengthOf(name) === 1 && symbols.names.byteAt(name, 0) === 46) {
    const target = newExpression();
    parseExpression(assembler, target, "normal");
    moveTo(assembler, target, 0);
    return;
  }
  let id = symbols.findOrMake(name);
  const defined = symbols.section[id] !== UNDEFINED || symbols.has(id, HAS_EXPRESSION);
  if (defined) {
    const isVolatile = symbols.has(id, VOLATILE);
    if (mode !== 0 || !isVolatile) {
      assembler.error("AS0012", `symbol \`${symbols.text(id)}' is already defined`);
      assembler.ignoreRest();
      return;
    }
    id = symbols.replace(id);
  }
  symbols.promote(id);
  if (mode === 0) symbols.flags[id] |= VOLATILE;
  else if (mode < 0) symbols.flags[id] |= FORWARD_REFERENCE;
  const value = newExpression();
  parseExpression(assembler, value, mode < 0 ? "defer" : "normal");
  equate(assembler, id, value);
}

/** Makes an expression the value of a symbol, as far as it is known. */
export function equate(assembler: Assembler, id: SymbolId, value: Expression): void {
  const { symbols } = assembler;
  assembler.listing?.label(id);
  if (value.op === SYMBOL && value.symbol === id && symbols.has(id, HAS_EXPRESSION)) {
    // x = x + 1, where x stands for something that is not known yet.
    const old = symbols.expressions.get(id)!;
    symbols.expressions.set(id, { ...old, number: add(old.number, value.number) });
    return;
  }
  symbols.flags[id] &= ~(HAS_EXPRESSION | EQUATED);
  const forward = symbols.has(id, FORWARD_REFERENCE);
  if (value.op === ILLEGAL || value.op === ABSENT || value.op === BIG || value.op === FLOAT) {
    const problem =
      value.op === BIG
        ? "bignum invalid"
        : value.op === FLOAT
          ? "floating point number invalid"
          : "missing expression";
    assembler.error("AS0404", problem);
    setConstant(value, 0);
  } else if (value.op === SUBTRACT && !forward && symbols.section[value.symbol] >= FIRST_SECTION) {
    const { fragment } = symbols;
    const plain = !symbols.has(value.symbol, HAS_EXPRESSION) && !symbols.has(value.opSymbol, HAS_EXPRESSION);
    // What the number was is lost here, as it is in GNU as.
    if (plain && fragment[value.symbol] === fragment[value.opSymbol])
      setConstant(value, subtract(symbols.valueOf(value.symbol), symbols.valueOf(value.opSymbol)));
  }
  if (symbols.has(id, SECTION_SYMBOL)) {
    assembler.error("AS0405", "attempt to set value of section symbol");
    return;
  }
  symbols.fragment[id] = ZERO_FRAGMENT;
  if (value.op === CONSTANT) {
    symbols.section[id] = ABSOLUTE;
    symbols.setValue(id, value.number);
    return;
  }
  if (value.op === REGISTER_OP) {
    symbols.section[id] = REGISTER;
    symbols.setValue(id, value.number);
    return;
  }
  if (value.op === SYMBOL) {
    const target = value.symbol;
    const section = symbols.section[target];
    if (target === id && section !== UNDEFINED) {
      symbols.setValue(id, add(symbols.valueOf(id), value.number));
      return;
    }
    if (!forward && section !== UNDEFINED && !symbols.has(target, HAS_EXPRESSION)) {
      if (section === COMMON)
        assembler.error(
          "AS0406",
          `\`${symbols.text(id)}' can't be equated to common symbol \`${symbols.text(target)}'`,
        );
      symbols.section[id] = section;
      symbols.setValue(id, add(value.number, symbols.valueOf(target)));
      symbols.fragment[id] = symbols.fragment[target];
      copyAttributes(assembler, id, target);
      return;
    }
    symbols.section[id] = section === UNDEFINED || forward ? UNDEFINED : section;
    symbols.flags[id] |= HAS_EXPRESSION | EQUATED;
    symbols.expressions.set(id, copyExpression(value));
    copyAttributes(assembler, id, target);
    return;
  }
  symbols.section[id] = EXPRESSION;
  symbols.flags[id] |= HAS_EXPRESSION;
  symbols.expressions.set(id, copyExpression(value));
}

/** An alias is a function, an object, of the size of what it stands for. */
export function copyAttributes(assembler: Assembler, to: SymbolId, from: SymbolId): void {
  const { symbols } = assembler;
  symbols.promote(to);
  symbols.promote(from);
  const type = symbols.types.get(from);
  if (type === STT_FUNC || type === STT_OBJECT || type === STT_GNU_IFUNC) symbols.types.set(to, type);
  const size = symbols.sizes.get(from);
  if (size !== undefined && !symbols.sizes.get(to)) symbols.sizes.set(to, size);
}

function size(assembler: Assembler): void {
  const { symbols, reader } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return;
  if (!reader.takeComma()) {
    assembler.error("AS0407", `expected comma after name \`${symbols.names.text(name)}' in .size directive`);
    assembler.ignoreRest();
    return;
  }
  const value = newExpression();
  parseExpression(assembler, value, "normal");
  if (value.op === ABSENT) {
    assembler.error("AS0408", "missing expression in .size directive");
    setConstant(value, 0);
  }
  const id = symbols.findOrMake(name);
  symbols.promote(id);
  symbols.sizes.set(id, value.op === CONSTANT ? value.number : value);
  assembler.endOfLine();
}

const typeNames: Readonly<Record<string, number>> = {
  notype: 0,
  object: STT_OBJECT,
  function: STT_FUNC,
  common: STT_COMMON,
  tls_object: STT_TLS,
  gnu_indirect_function: STT_GNU_IFUNC,
  gnu_unique_object: UNIQUE_OBJECT,
  "0": 0,
  "1": STT_OBJECT,
  "2": STT_FUNC,
  "5": STT_COMMON,
  "6": STT_TLS,
  "10": STT_GNU_IFUNC,
  STT_NOTYPE: 0,
  STT_OBJECT,
  STT_FUNC,
  STT_COMMON,
  STT_TLS,
  STT_GNU_IFUNC,
};

/** .type name, @function and the other ways to write it. */
function type(assembler: Assembler): void {
  const { symbols, reader } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return;
  const id = symbols.findOrMake(name);
  symbols.promote(id);
  reader.takeComma();
  reader.skipSpaceButComments();
  const { bytes } = reader;
  if ([0x23, 0x40, 0x25, 0x22].includes(bytes[reader.at])) reader.at++;
  const start = reader.at;
  while (/[\w]/.test(String.fromCharCode(bytes[reader.at]))) reader.at++;
  const text = reader.text(start, reader.at);
  if (bytes[reader.at] === 0x22) reader.at++;
  if (!Object.hasOwn(typeNames, text)) {
    assembler.error("AS0409", `unrecognized symbol type "${text}"`, {
      notes: [
        {
          message:
            "allowed are function, object, tls_object, notype, common, gnu_indirect_function and gnu_unique_object",
        },
      ],
    });
    assembler.endOfLine();
    return;
  }
  setType(assembler, id, typeNames[text]);
  assembler.endOfLine();
}

function setType(assembler: Assembler, id: SymbolId, value: number): void {
  const { symbols } = assembler;
  if (value === STT_GNU_IFUNC || value === UNIQUE_OBJECT) assembler.gnuExtensions = true;
  if (value === STT_COMMON) {
    if (symbols.section[id] !== COMMON) {
      if (symbols.section[id] !== UNDEFINED)
        assembler.error("AS0012", `symbol '${symbols.text(id)}' is already defined`);
      else {
        symbols.section[id] = COMMON;
        makeGlobal(assembler, id);
      }
    }
    symbols.types.set(id, STT_OBJECT);
    return;
  }
  const old = symbols.types.get(id) ?? 0;
  if (symbols.section[id] === COMMON && value !== STT_OBJECT) {
    if (value !== 0 || old === STT_OBJECT)
      assembler.error("AS0410", `cannot change type of common symbol '${symbols.text(id)}'`);
    return;
  }
  const compatible =
    old === 0 || old === value || value === 0 || (old === STT_FUNC && value === STT_GNU_IFUNC);
  if (!compatible && !(old === STT_OBJECT && (value === STT_TLS || value === UNIQUE_OBJECT)))
    assembler.warning("AS0411", `symbol '${symbols.text(id)}' already has its type set`);
  if (value === 0) symbols.flags[id] &= ~THREAD_LOCAL;
  if (value === STT_FUNC && old === STT_GNU_IFUNC) return;
  if (value === STT_TLS) {
    symbols.flags[id] |= THREAD_LOCAL;
    symbols.types.set(id, STT_OBJECT);
  } else symbols.types.set(id, value);
}

/** .tls_common: .comm of a symbol that each thread has. */
function threadCommon(assembler: Assembler): void {
  const id = common(assembler, 0);
  if (id !== undefined) assembler.symbols.flags[id] |= THREAD_LOCAL;
}

/** .comm name, size, alignment; `isLocal`: .lcomm. */
function common(assembler: Assembler, isLocal: number): SymbolId | undefined {
  const { symbols, reader } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return undefined;
  reader.takeComma();
  const value = newExpression();
  parseExpression(assembler, value, "evaluate");
  if (value.op !== CONSTANT) {
    if (value.op === ABSENT) assembler.error("AS0412", "missing size expression");
    else assembler.error("AS0011", "bad or irreducible absolute expression");
    assembler.ignoreRest();
    return undefined;
  }
  if (value.number < 0 || !value.unsigned) {
    assembler.warning("AS0413", `size (${value.number}) out of range, ignored`);
    assembler.ignoreRest();
    return undefined;
  }
  let id = symbols.findOrMake(name);
  symbols.promote(id);
  if (
    (symbols.section[id] !== UNDEFINED || symbols.has(id, HAS_EXPRESSION)) &&
    symbols.section[id] !== COMMON
  ) {
    if (!symbols.has(id, VOLATILE)) {
      assembler.error("AS0012", `symbol \`${symbols.text(id)}' is already defined`);
      assembler.ignoreRest();
      return undefined;
    }
    id = assembler.cloneSymbol(id);
    symbols.section[id] = UNDEFINED;
    symbols.setValue(id, 0);
  }
  let bytes = Number(value.number);
  const known = symbols.section[id] === COMMON ? Number(symbols.valueOf(id)) : 0;
  if (known !== 0 && known !== bytes) {
    assembler.warning(
      "AS0414",
      `size of "${symbols.text(id)}" is already ${known}; not changing to ${bytes}`,
    );
    bytes = known;
  }
  const toBss = isLocal === 1 || symbols.has(id, LOCAL_DIRECTIVE);
  const alignment = reader.takeComma() ? commonAlignment(assembler) : undefined;
  if (toBss) {
    // .lcomm aligns by the size where nothing is said.
    const implied = isLocal === 1 ? Math.min(3, Math.floor(Math.log2(Math.max(bytes, 1)))) : 0;
    allocateBss(assembler, id, bytes, alignment ?? implied);
    if (!symbols.has(id, WEAK)) symbols.flags[id] &= ~GLOBAL;
  } else {
    symbols.section[id] = COMMON;
    symbols.setValue(id, bytes);
    symbols.alignments.set(id, alignment === undefined ? 0 : 2 ** alignment);
    makeGlobal(assembler, id);
  }
  symbols.types.set(id, STT_OBJECT);
  assembler.endOfLine();
  return id;
}

/** The alignment in bytes as the exponent of a power of two. */
function commonAlignment(assembler: Assembler): number {
  const bytes = assembler.absoluteNumber();
  if (bytes < 0) {
    assembler.warning("AS0415", "alignment negative; 0 assumed");
    return 0;
  }
  if (bytes === 0) return 0;
  const exponent = Math.log2(bytes);
  if (!Number.isInteger(exponent)) {
    assembler.error("AS0416", "alignment not a power of 2");
    return 0;
  }
  return exponent;
}

/** Space for a symbol in .bss, in its subsection 1. */
function allocateBss(assembler: Assembler, id: SymbolId, bytes: number, alignment: number): void {
  const { sections, symbols } = assembler;
  const { current, chain } = sections;
  const bss = sections.byName(".bss")!;
  sections.switchTo(bss, 1);
  if (alignment > 0) {
    bss.alignment = Math.max(bss.alignment, alignment);
    const at = sections.variable(2, 1, 1, 0, -1, alignment);
    sections.chain.bytes[at] = 0;
  }
  symbols.fragment[id] = sections.fragment;
  assembler.listing?.label(id);
  symbols.setValue(id, 0);
  const at = sections.variable(ORG, 1, 1, 0, id, bytes);
  sections.chain.bytes[at] = 0;
  symbols.sizes.set(id, bytes);
  symbols.section[id] = bss.id;
  sections.switchTo(current, chain.subsection);
}

/** .symver symbol, name@version[, local|hidden|remove]. */
function symbolVersion(assembler: Assembler): void {
  const { symbols, reader } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return;
  const symbol = symbols.findOrMake(name);
  symbols.promote(symbol);
  if (!reader.takeComma()) {
    assembler.error("AS0417", "expected comma after name in .symver");
    assembler.ignoreRest();
    return;
  }
  const start = reader.at;
  while (/[\w.$@]/.test(String.fromCharCode(reader.bytes[reader.at]))) reader.at++;
  const versioned = reader.text(start, reader.at);
  if (!versioned.includes("@")) {
    assembler.error(
      "AS0418",
      `missing version name in \`${versioned}' for symbol \`${symbols.text(symbol)}'`,
    );
    assembler.ignoreRest();
    return;
  }
  let how = "";
  if (reader.takeComma()) {
    const word = reader.name();
    how = word < 0 ? "" : symbols.names.text(word);
  }
  assembler.versions.push({ symbol, name: versioned, visibility: how, place: reader.place });
  assembler.endOfLine();
}

/** .weakref alias, target: the alias is a weak reference to the target, if nothing else refers to that. */
function weakReference(assembler: Assembler): void {
  const { symbols, reader } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return;
  const alias = symbols.findOrMake(name);
  if (symbols.section[alias] !== UNDEFINED) {
    assembler.error("AS0012", `symbol \`${symbols.text(alias)}' is already defined`);
    assembler.ignoreRest();
    return;
  }
  if (!reader.takeComma()) {
    assembler.error("AS0403", `expected comma after "${symbols.text(alias)}"`);
    assembler.ignoreRest();
    return;
  }
  const targetName = symbolName(assembler);
  if (targetName === undefined) return;
  const known = symbols.find(targetName);
  const target = known < 0 ? symbols.findOrMake(targetName) : known;
  if (target === alias) {
    assembler.error("AS0419", `weakref: ${symbols.text(alias)} would close weakref loop`);
    assembler.ignoreRest();
    return;
  }
  symbols.promote(alias);
  symbols.promote(target);
  if (known < 0) symbols.flags[target] |= WEAKREF_TARGET | WEAK;
  if (symbols.has(alias, USED)) symbols.flags[target] |= USED;
  symbols.flags[alias] |= WEAKREF_ALIAS | HAS_EXPRESSION | EQUATED;
  symbols.expressions.set(alias, { op: SYMBOL, symbol: target, opSymbol: -1, number: 0, unsigned: true });
  assembler.endOfLine();
}

const STO_RISCV_VARIANT_CC = 0x80;

function variantCc(assembler: Assembler): void {
  const { symbols } = assembler;
  const name = symbolName(assembler);
  if (name === undefined) return;
  const id = symbols.findOrMake(name);
  symbols.promote(id);
  symbols.other.set(id, (symbols.other.get(id) ?? 0) | STO_RISCV_VARIANT_CC);
  assembler.endOfLine();
}

/** Directives that have no effect on the object. */
function ignored(assembler: Assembler): void {
  assembler.ignoreRest();
}

/** .func and .endfunc: they say something for stabs only, but must be paired. */
function functionScope(assembler: Assembler, isEnd: number): void {
  if (isEnd === 1) {
    if (!assembler.inFunction) {
      assembler.error("AS0430", "missing .func");
      assembler.ignoreRest();
      return;
    }
    assembler.inFunction = false;
  } else {
    if (assembler.inFunction) {
      assembler.error("AS0431", ".endfunc missing for previous .func");
      assembler.ignoreRest();
      return;
    }
    if (symbolName(assembler) === undefined) return;
    if (assembler.reader.takeComma() && symbolName(assembler) === undefined) return;
    assembler.inFunction = true;
  }
  assembler.endOfLine();
}

/** Directives about symbols. */
export const symbolDirectives: DirectiveTable = {
  globl: global,
  global,
  xdef: global,
  weak,
  local,
  hidden: [visibility, 2],
  protected: [visibility, 3],
  internal: [visibility, 1],
  set: [set, 0],
  equ: [set, 0],
  equiv: [set, 1],
  eqv: [set, -1],
  size,
  type,
  comm: [common, 0],
  common: [common, 0],
  lcomm: [common, 1],
  tls_common: threadCommon,
  func: [functionScope, 0],
  endfunc: [functionScope, 1],
  symver: symbolVersion,
  weakref: weakReference,
  variant_cc: variantCc,
  extern: ignored,
  xref: ignored,
  addrsig: ignored,
  addrsig_sym: ignored,
  lflags: ignored,
  name: ignored,
  debug: ignored,
  format: ignored,
  noformat: ignored,
};
