import type { Parser } from "./itanium.ts";
import { operators } from "./tables.ts";
import { type ParsedName, show, type Type } from "./type-text.ts";
import { expandedExpression, templateParameter } from "./types.ts";

// Expressions of mangled names: what turns up in signatures.

export function expression(p: Parser): string {
  p.enter();
  const text = expressionInside(p);
  p.depth--;
  return text;
}

export function expressionInside(p: Parser): string {
  if (p.next === "L") return p.literal();
  if (p.next === "T") return show(templateParameter(p, false));
  if (p.take("fpT")) return "this";
  if (p.take("fp")) return `{parm#${p.sequence() + 1}}`;
  if (p.take("sZ")) return packLength(p);
  if (p.take("st")) return `sizeof (${show(p.type())})`;
  if (p.take("sz")) return `sizeof (${expression(p)})`;
  if (p.take("at")) return `alignof (${show(p.type())})`;
  if (p.take("nx")) return `noexcept (${expression(p)})`;
  if (p.take("sp")) return p.expanded(expandedExpression(p)).join(", ");
  if (p.take("sr")) return scoped(p);
  if (p.take("cv")) return `(${show(p.type())})${operand(p)}`;
  if (p.take("sc")) return `static_cast<${show(p.type())}>(${expression(p)})`;
  if (p.take("tl")) {
    const type = show(p.type());
    return `${type}{${expressions(p).join(", ")}}`;
  }
  if (p.take("il")) return `{${expressions(p).join(", ")}}`;
  if (p.take("cl")) {
    const callee = operand(p);
    const values = expressions(p);
    // An empty pack leaves no comma.
    return `${callee}(${values.filter((value, i) => value !== "" || i === 0).join(", ")})`;
  }
  if (p.take("dt")) return `${operand(p)}.${memberName(p)}`;
  if (p.take("pt")) return `${operand(p)}->${memberName(p)}`;
  if (/\d/.test(p.next)) return memberName(p);
  const known = operators[p.input.slice(p.at, p.at + 2)];
  if (!known) return p.fail();
  p.at += 2;
  const [text, count] = known;
  if (text === "&" && count === 1 && p.style === "gnu" && p.peek("L_Z")) return addressOf(p);
  if (count === 1) return `${text}${operand(p)}`;
  if (text === "?") {
    const parts = [operand(p), operand(p), operand(p)];
    return `${parts[0]}?${parts[1]} : ${parts[2]}`;
  }
  if (text === "[]") return `${operand(p)}[${expression(p)}]`;
  const left = operand(p);
  const right = operand(p);
  return text === ">" ? `(${left}${text}${right})` : `${left}${text}${right}`;
}

/** `sizeof...`, which GNU's printer counts. */
export function packLength(p: Parser): string {
  if (p.next !== "T") return `sizeof...(${expression(p)})`;
  const { length } = p.expanded(templateParameter(p, false));
  return p.style === "gnu" ? String(length) : `sizeof...(${length})`;
}

/** The address of a function or object: parameters are left out of a qualified name that is no template's. */
export function addressOf(p: Parser): string {
  p.expect("L_Z");
  if (p.next === "T" || p.next === "G") {
    const special = p.encoding();
    p.expect("E");
    return `&(${special})`;
  }
  const start = p.at;
  const text = p.encoding();
  const end = p.at;
  p.at = start;
  const kept = p.substitutions.splice(0);
  const name = nameAgain(p, kept);
  p.at = end;
  p.expect("E");
  const isFunction = text !== name.text;
  if (name.hasReturn || name.text.endsWith(">")) return `&(${text})`;
  // What is const or the like is no plain qualified name.
  if (isFunction && (name.suffix !== "" || !name.text.includes("::"))) return `&(${text})`;
  return `&${name.text}`;
}

/** Reads a name once more that has left its substitutions already. */
export function nameAgain(p: Parser, substitutions: Type[]): ParsedName {
  const saved = p.templateArguments;
  p.substitutions.push(...substitutions);
  const name = p.name();
  p.substitutions.length = 0;
  p.substitutions.push(...substitutions);
  p.templateArguments = saved;
  return name;
}

/** A name in a scope that depends on template parameters. */
export function scoped(p: Parser): string {
  const levels: string[] = [];
  // GNU's demangler takes the qualifiers for a nested type, whose parts count as substitutions.
  if (p.style === "gnu" && p.next === "N") return `${show(p.type())}::${memberName(p)}`;
  const isLong = p.take("N");
  if (isLong || !/\d/.test(p.next)) levels.push(show(p.type()));
  if (isLong || levels.length === 0) while (!p.take("E")) levels.push(memberName(p));
  levels.push(memberName(p));
  return levels.join("::");
}

export function expressions(p: Parser): string[] {
  const list: string[] = [];
  while (!p.take("E")) list.push(expression(p));
  return list;
}

export function memberName(p: Parser): string {
  return p.sourceName() + (p.next === "I" ? p.arguments(false) : "");
}

export function operand(p: Parser): string {
  const isName = p.peek("sr") || /\d/.test(p.next);
  const isSimple = p.next === "f" || p.next === "L" || p.peek("il");
  const text = expression(p);
  // Template arguments make an expression of a name.
  return (isSimple || (isName && !text.endsWith(">"))) && p.style === "gnu" ? text : `(${text})`;
}
