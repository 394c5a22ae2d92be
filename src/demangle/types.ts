import { expression } from "./expressions.ts";
import type { Parser } from "./itanium.ts";
import { builtins, extendedBuiltins } from "./tables.ts";
import { append, point, show, type Type } from "./type-text.ts";

// Types of mangled names.

export function typeInside(p: Parser): Type {
  const code = p.next;
  const builtin = builtins[code];
  if (builtin) {
    p.at++;
    return { left: builtin, right: "" };
  }
  switch (code) {
    case "r":
    case "V":
    case "K":
      return qualified(p);
    case "P":
      return pointer(p, "*");
    case "R":
      return pointer(p, "&");
    case "O":
      return pointer(p, "&&");
    case "C":
      p.at++;
      return p.remember(append(p.type(), " _Complex"));
    case "G":
      p.at++;
      return p.remember(append(p.type(), " _Imaginary"));
    case "F":
      return p.remember(functionType(p, ""));
    case "A":
      return p.remember(array(p));
    case "M":
      return p.remember(memberPointer(p));
    case "D":
      return extended(p);
    case "T":
      return templateParameter(p);
    case "u": {
      p.at++;
      return p.remember({ left: p.sourceName(), right: "" });
    }
    case "U": {
      p.at++;
      const qualifier = p.sourceName() + (p.next === "I" ? p.arguments(false) : "");
      return p.remember(append(p.type(), ` ${qualifier}`));
    }
    case "S":
      if (p.input[p.at + 1] !== "t") {
        const type = p.substitution();
        if (p.next !== "I") return type;
        return p.remember({ left: show(type) + p.arguments(false), right: "" });
      }
      break;
  }
  const saved = p.templateArguments;
  const { text } = p.name();
  p.templateArguments = saved;
  return p.remember({ left: text, right: "" });
}

export function qualified(p: Parser): Type {
  let qualifiers = "";
  if (p.take("r")) qualifiers += " restrict";
  if (p.take("V")) qualifiers = ` volatile${qualifiers}`;
  if (p.take("K")) qualifiers = ` const${qualifiers}`;
  if (p.next === "F") return p.remember(functionType(p, qualifiers));
  return p.remember(append(p.type(), qualifiers));
}

export function pointer(p: Parser, mark: string): Type {
  p.at++;
  p.referred = mark !== "*";
  const type = p.type();
  if (type.pack) return { left: "", right: "", pack: type.pack.map((element) => point(element, mark)) };
  return p.remember(point(type, mark));
}

export function functionType(p: Parser, suffix: string): Type {
  p.expect("F");
  p.take("Y");
  const result = p.type();
  const parameters = p.parameters();
  if (p.take("R")) suffix += " &";
  else if (p.take("O")) suffix += " &&";
  p.expect("E");
  return { left: `${result.left} `, right: `(${parameters})${suffix}${result.right}`, declarator: true };
}

export function array(p: Parser): Type {
  p.expect("A");
  let size = "";
  if (/\d/.test(p.next)) size = String(p.number());
  else if (p.next !== "_") size = expression(p);
  p.expect("_");
  const element = p.type();
  const inner = element.declarator && element.right.startsWith(" [") ? element.right.slice(1) : element.right;
  return { left: element.left, right: ` [${size}]${inner}`, declarator: true };
}

export function memberPointer(p: Parser): Type {
  p.expect("M");
  const owner = show(p.type());
  const member = p.type();
  if (!member.declarator) return { left: `${member.left} ${owner}::*`, right: member.right };
  return { left: `${member.left}(${owner}::*`, right: `)${member.right}` };
}

export function extended(p: Parser): Type {
  const code = p.input[p.at + 1] ?? "";
  const builtin = extendedBuiltins[code];
  if (builtin) {
    p.at += 2;
    return { left: builtin, right: "" };
  }
  if (p.take("Dp")) return p.remember(expansion(p));
  if (p.take("Dt") || p.take("DT")) {
    const text = expression(p);
    p.expect("E");
    return p.remember({ left: `decltype (${text})`, right: "" });
  }
  if (p.take("Dv")) {
    const size = p.next === "_" ? "" : String(p.number());
    p.expect("_");
    return p.remember(append(p.type(), ` __vector(${size})`));
  }
  if (p.take("Do")) return p.remember(functionType(p, " noexcept"));
  if (p.take("DF")) {
    const bits = p.number();
    p.take("x");
    p.take("_");
    return { left: `_Float${bits}`, right: "" };
  }
  return p.fail();
}

/** Reads the pattern for each element of the pack in it; without a pack, once with `...`. */
export function expansion(p: Parser, read: () => Type = () => p.type()): Type {
  const start = p.at;
  const saved = p.packIndex;
  const remembered = p.substitutions.length;
  p.packSize = -1;
  p.packIndex = 0;
  const first = read();
  const size = p.packSize;
  const elements: Type[] = [first];
  const end = p.at;
  for (let i = 1; i < size; i++) {
    p.at = start;
    p.packIndex = i;
    const kept = p.substitutions.splice(remembered);
    elements.push(read());
    p.substitutions.splice(remembered);
    p.substitutions.push(...kept);
  }
  p.packIndex = saved;
  p.at = end;
  if (size < 0) return append(first, "...");
  return { left: "", right: "", pack: size === 0 ? [] : elements };
}

export function expandedExpression(p: Parser): Type {
  return expansion(p, () => ({ left: expression(p), right: "" }));
}

/** Only as a type it counts for later substitutions. */
export function templateParameter(p: Parser, isType = true): Type {
  p.expect("T");
  if (/[sue]/.test(p.next) && /[0-9NSZ]/.test(p.input[p.at + 1] ?? "")) {
    p.at++;
    return p.type();
  }
  const index = p.sequence();
  p.parameterUses++;
  // Between a lambda's parentheses GNU's printer takes each parameter for the lambda's own.
  if (p.lambdas > 0 && p.style === "gnu") {
    const own = { left: `auto:${index + 1}`, right: "" };
    return isType ? p.remember(own) : own;
  }
  const argument = p.templateArguments[index];
  let type = argument ?? p.fail();
  if (type.pack && p.packIndex >= 0) {
    p.packSize = type.pack.length;
    type = type.pack[p.packIndex] ?? { left: "", right: "" };
  }
  if (!isType) return type;
  p.remember(type);
  if (p.next !== "I") return type;
  return p.remember({ left: show(type) + p.arguments(false), right: "" });
}
