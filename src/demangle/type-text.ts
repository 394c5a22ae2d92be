// A type while it is read: in C's syntax some of it stands behind the name.

export interface Type {
  readonly left: string;
  readonly right: string;
  /** Needs parentheses when pointed to. */
  readonly declarator?: boolean;
  /** A pack of template arguments. */
  readonly pack?: readonly Type[];
}

export interface ParsedName {
  readonly text: string;
  /** Ends in template arguments and is no constructor or conversion: the return type is mangled too. */
  readonly hasReturn: boolean;
  /** ` const`, ` &` of a member function. */
  readonly suffix: string;
}

/** The name is none. */
export class Failure extends Error {}

export function show(type: Type): string {
  if (type.pack) return type.pack.map(show).join(", ");
  return type.left + type.right;
}

export function append(type: Type, text: string): Type {
  // What a template argument has already is not said twice.
  if (text === " const" && type.right === "" && type.left.endsWith(" const")) return type;
  // Of a pointer to a function it is the pointer that is qualified.
  const isArray = type.right.startsWith(" [");
  if (type.declarator && !type.left.endsWith("*") && !isArray) return { ...type, right: type.right + text };
  return { ...type, left: type.left + text };
}

export function point(type: Type, mark: string): Type {
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
export function baseName(text: string): string {
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
