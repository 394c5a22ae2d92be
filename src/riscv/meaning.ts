// The language in which the instruction table says what an instruction does.
//
// A meaning is one line of text. It is the pseudo-code that the explainer
// shows, and the machine compiles it for its interpreter and its translator, so
// no instruction is described twice.
//
//   add    rd = rs1 + rs2
//   lb     rd = sext8(mem8[rs1 + imm])
//   beq    if (rs1 == rs2) pc = pc + imm
//   jalr   pc = (rs1 + imm) & ~1; rd = next
//
// Statements are separated by `;` and run in order:
//
//   place = expression
//   if (condition) statement [else statement]     { statements } groups
//   intrinsic(arguments)                          for its effect
//
// Names:
//
//   rd rs1 rs2 rs3    integer registers (also rsd, r1s, r2s): values of XLEN bits. Writing x0 does nothing.
//   fd fs1 fs2 fs3    floating-point registers: all 64 bits, boxing included
//   sp ra a0 a1       those very registers
//   imm shamt zimm csr rm pred succ bs rnum constant rlist spimm index
//                     the instruction's own operands: constants, sign-extended where the operand is signed
//   pc next XLEN      the instruction's address, the address after it, 32 or 64
//   mem8[a] … mem64[a]  memory: the value read is zero-extended; writing stores the low bits
//   amo32[a] amo64[a]   memory, read and written as one atomic step: the address must be aligned, and
//                     a fault of the reading is reported as one of writing
//   anything else     a local, known from its assignment to the end of the meaning
//
// Assigning pc jumps there when the instruction has ended (reading pc still
// gives the instruction's own address); otherwise it goes on at `next`. A trap (of memory, of a jump to a bad address, of an intrinsic)
// leaves no trace of the instruction: writers order statements so that what can
// trap comes before the first write to a register.
//
// Types: `x`, a value of XLEN bits, and `d`, a value of 64 bits on any machine:
// f registers, mem64, amo64, zext64 and sext64, intrinsics that say so. An
// operator has type d when one of its operands has, and an x operand is then
// zero-extended; constants fit either. Assigning a d to an x register takes its
// low bits. On RV64 the two are the same.
//
// Operators, tightest first, with their associativity to the left:
//
//   ~ ! -            complement, not (0 or 1), negation
//   * /s /u %s %u    division as RISC-V defines it: by zero gives all ones, the remainder is the dividend;
//                    the most negative number by -1 gives itself, remainder 0
//   + -
//   << >>s >>u       the amount is taken modulo the width of the left operand
//   <s <u >s >u <=s <=u >=s >=u     0 or 1
//   == !=
//   &   ^   |
//   && ||            both sides have no effects, so both may be evaluated
//   c ? a : b        right-associative; both may be evaluated
//
// Functions without a formula are intrinsics, listed in `intrinsics.ts` with
// their types and what they do.
import { intrinsics } from "./intrinsics.ts";

/** A parsed meaning. */
export interface Meaning {
  readonly text: string;
  readonly statements: readonly Statement[];
}

/** A value of XLEN bits, or of 64. */
export type ValueType = "x" | "d";

export type UnaryOperator = "~" | "!" | "-";
export type BinaryOperator =
  | "*"
  | "/s"
  | "/u"
  | "%s"
  | "%u"
  | "+"
  | "-"
  | "<<"
  | ">>s"
  | ">>u"
  | "<s"
  | "<u"
  | ">s"
  | ">u"
  | "<=s"
  | "<=u"
  | ">=s"
  | ">=u"
  | "=="
  | "!="
  | "&"
  | "^"
  | "|"
  | "&&"
  | "||";

export type Statement =
  | { readonly kind: "assign"; readonly target: Place; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "do"; readonly call: Call };

/** What can be assigned. */
export type Place =
  | { readonly kind: "register"; readonly name: string; readonly file: "x" | "f" }
  | { readonly kind: "pc" }
  | { readonly kind: "local"; readonly name: string; readonly type: ValueType }
  | Memory;

export interface Memory {
  readonly kind: "memory";
  readonly width: 8 | 16 | 32 | 64;
  readonly atomic: boolean;
  readonly address: Expression;
  readonly type: ValueType;
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly type: ValueType;
}

export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly type: "x" }
  /** A register of the instruction's operands, by its name in meanings. */
  | { readonly kind: "register"; readonly name: string; readonly file: "x" | "f"; readonly type: ValueType }
  /** An operand that is a constant of the instruction. */
  | { readonly kind: "operand"; readonly name: string; readonly type: "x" }
  | { readonly kind: "pc"; readonly type: "x" }
  | { readonly kind: "next"; readonly type: "x" }
  | { readonly kind: "xlen"; readonly type: "x" }
  /** A bare word that an intrinsic takes: trap(ecall). */
  | { readonly kind: "word"; readonly name: string; readonly type: "x" }
  | { readonly kind: "local"; readonly name: string; readonly type: ValueType }
  | Memory
  | {
      readonly kind: "unary";
      readonly operator: UnaryOperator;
      readonly operand: Expression;
      readonly type: ValueType;
    }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly type: ValueType;
    }
  | {
      readonly kind: "choose";
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
      readonly type: ValueType;
    }
  | Call;

/** Names of the operands that are constants. */
const constants = new Set([
  "imm",
  "shamt",
  "zimm",
  "csr",
  "rm",
  "pred",
  "succ",
  "bs",
  "rnum",
  "constant",
  "rlist",
  "spimm",
  "index",
]);

/** Registers that meanings name themselves. */
export const fixedRegisters: Readonly<Record<string, number>> = { ra: 1, sp: 2, a0: 10, a1: 11 };

const integerRegisters = new Set([
  "rd",
  "rs1",
  "rs2",
  "rs3",
  "rsd",
  "r1s",
  "r2s",
  ...Object.keys(fixedRegisters),
]);
const floatRegisters = new Set(["fd", "fs1", "fs2", "fs3"]);

/** Binary operators by precedence, loosest first. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<s", "<u", ">s", ">u", "<=s", "<=u", ">=s", ">=u"],
  ["<<", ">>s", ">>u"],
  ["+", "-"],
  ["*", "/s", "/u", "%s", "%u"],
];
const comparisons = new Set<string>([...levels[5], ...levels[6], "&&", "||"]);
const shifts = new Set<string>(levels[7]);

const lexemes =
  /\s*(0x[0-9a-fA-F]+|[0-9]+|[A-Za-z_]\w*|>>[su]|<<|[<>]=[su](?!\w)|[<>][su](?!\w)|==|!=|&&|\|\||[/%][su](?!\w)|[-+*&|^~!?:;=(){}[\],])/gy;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  lexemes.lastIndex = 0;
  let end = 0;
  for (let match = lexemes.exec(text); match; match = lexemes.exec(text)) {
    tokens.push(match[1]);
    end = lexemes.lastIndex;
  }
  if (text.slice(end).trim() !== "") throw new Error(`meaning: cannot read ${text.slice(end)} in ${text}`);
  return tokens;
}

/** Parses a meaning. A mistake in one is a mistake of the table, and throws. */
export function parseMeaning(text: string): Meaning {
  const tokens = tokenize(text);
  const locals = new Map<string, ValueType>();
  let at = 0;

  const fail = (what: string): never => {
    throw new Error(`meaning: ${what} at ${tokens.slice(at, at + 3).join(" ") || "the end"} in ${text}`);
  };
  const accept = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at++;
    return true;
  };
  const expect = (token: string): void => {
    if (!accept(token)) fail(`expected ${token}`);
  };

  function statements(end: string | undefined): Statement[] {
    const list: Statement[] = [];
    for (;;) {
      if (end === undefined ? at >= tokens.length : tokens[at] === end) break;
      list.push(...statement());
      if (!accept(";") && (end === undefined ? at < tokens.length : tokens[at] !== end)) {
        fail("expected ;");
      }
    }
    return list;
  }

  function block(): Statement[] {
    if (!accept("{")) return statement();
    const list = statements("}");
    expect("}");
    return list;
  }

  function statement(): Statement[] {
    if (accept("if")) {
      expect("(");
      const condition = expression();
      expect(")");
      const then = block();
      const otherwise = accept("else") ? block() : [];
      return [{ kind: "if", condition, then, otherwise }];
    }
    const name = tokens[at];
    if (tokens[at + 1] === "(") {
      const call = primary();
      if (call.kind !== "call") return fail("expected a call");
      return [{ kind: "do", call }];
    }
    if (tokens[at + 1] === "[") {
      const target = primary();
      if (target.kind !== "memory") return fail("expected memory");
      expect("=");
      return [{ kind: "assign", target, value: expression() }];
    }
    at++;
    expect("=");
    const value = expression();
    if (name === "pc") return [{ kind: "assign", target: { kind: "pc" }, value }];
    if (integerRegisters.has(name)) {
      return [{ kind: "assign", target: { kind: "register", name, file: "x" }, value }];
    }
    if (floatRegisters.has(name)) {
      return [{ kind: "assign", target: { kind: "register", name, file: "f" }, value }];
    }
    if (!/^[a-z]\w*$/.test(name) || constants.has(name)) fail(`cannot assign ${name}`);
    const type = locals.get(name) ?? value.type;
    locals.set(name, type);
    return [{ kind: "assign", target: { kind: "local", name, type }, value }];
  }

  function expression(): Expression {
    const condition = binary(0);
    if (!accept("?")) return condition;
    const then = expression();
    expect(":");
    const otherwise = expression();
    return { kind: "choose", condition, then, otherwise, type: wider(then, otherwise) };
  }

  function binary(level: number): Expression {
    if (level === levels.length) return unary();
    let left = binary(level + 1);
    for (;;) {
      const operator = levels[level].find((candidate) => candidate === tokens[at]);
      if (!operator) return left;
      at++;
      const right = binary(level + 1);
      const type = comparisons.has(operator) ? "x" : shifts.has(operator) ? left.type : wider(left, right);
      left = { kind: "binary", operator, left, right, type };
    }
  }

  function unary(): Expression {
    const operator = tokens[at];
    if (operator === "~" || operator === "!" || operator === "-") {
      at++;
      const operand = unary();
      return { kind: "unary", operator, operand, type: operator === "!" ? "x" : operand.type };
    }
    return primary();
  }

  function primary(): Expression {
    if (accept("(")) {
      const inner = expression();
      expect(")");
      return inner;
    }
    const token = tokens[at++];
    if (token === undefined) return fail("expected a value");
    if (/^[0-9]/.test(token)) return { kind: "number", value: Number(token), type: "x" };
    if (!/^[A-Za-z_]/.test(token)) return fail("expected a value");
    if (tokens[at] === "[") {
      const memory = /^(mem|amo)(8|16|32|64)$/.exec(token);
      if (!memory) return fail(`no such memory: ${token}`);
      at++;
      const address = expression();
      expect("]");
      const width = Number(memory[2]) as 8 | 16 | 32 | 64;
      return {
        kind: "memory",
        width,
        atomic: memory[1] === "amo",
        address,
        type: width === 64 ? "d" : "x",
      };
    }
    if (tokens[at] === "(") return call(token);
    if (token === "pc") return { kind: "pc", type: "x" };
    if (token === "next") return { kind: "next", type: "x" };
    if (token === "XLEN") return { kind: "xlen", type: "x" };
    if (integerRegisters.has(token)) {
      return { kind: "register", name: token, file: "x", type: "x" };
    }
    if (floatRegisters.has(token)) return { kind: "register", name: token, file: "f", type: "d" };
    if (constants.has(token)) return { kind: "operand", name: token, type: "x" };
    const type = locals.get(token);
    if (type === undefined) return fail(`${token} has no value here`);
    return { kind: "local", name: token, type };
  }

  function call(name: string): Expression {
    const intrinsic = intrinsics[name];
    if (!intrinsic) return fail(`no such intrinsic: ${name}`);
    expect("(");
    const list: Expression[] = [];
    while (tokens[at] !== ")") {
      const wanted = intrinsic.parameters[list.length];
      if (wanted === "word") list.push({ kind: "word", name: tokens[at++], type: "x" });
      else list.push(expression());
      if (!accept(",")) break;
    }
    expect(")");
    if (list.length !== intrinsic.parameters.length) fail(`${name} takes ${intrinsic.parameters.length}`);
    return { kind: "call", name, arguments: list, type: intrinsic.result === "d" ? "d" : "x" };
  }

  const parsed = statements(undefined);
  return { text, statements: parsed };
}

function wider(a: Expression, b: Expression): ValueType {
  return a.type === "d" || b.type === "d" ? "d" : "x";
}
