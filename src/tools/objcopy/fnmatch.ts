const compiled = new Map<string, RegExp | null>();

/** Shell patterns: `*`, `?`, `[a-z]`, `[!a]`, `\x`. */
export function fnmatch(pattern: string, name: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = /[*?[\\]/.test(pattern) ? compile(pattern) : null;
    compiled.set(pattern, expression);
  }
  return expression === null ? pattern === name : expression.test(name);
}

function compile(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === "*") source += "[^]*";
    else if (char === "?") source += "[^]";
    else if (char === "\\" && i + 1 < pattern.length) source += quote(pattern[++i]);
    else if (char === "[") {
      const negated = pattern[i + 1] === "!" || pattern[i + 1] === "^";
      const start = i + (negated ? 2 : 1);
      // A closing bracket right at the start stands for itself.
      const end = pattern.indexOf("]", start + 1);
      if (end < 0) source += "\\[";
      else {
        const inner = pattern.slice(start, end).replace(/[\]\\^[]/g, "\\$&");
        source += `[${negated ? "^" : ""}${inner}]`;
        i = end;
      }
    } else source += quote(char);
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    // A range such as [z-a] matches nothing.
    return /^(?!)/;
  }
}

function quote(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
