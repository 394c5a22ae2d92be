/** Assembly sources full of macros, made up from a seed, for the preprocessor. */
import { Random } from "./random.ts";

const WORDS = [
  "x",
  "y",
  "alpha",
  "a0",
  "t1",
  ".word",
  "1",
  "0x1f",
  "1b",
  "2.5e+3",
  "'c'",
  '"text"',
  "\\n",
  "+",
  "-",
  "--",
  "<<",
  ".",
  ",",
  "(",
  ")",
  "(a, b)",
  "#",
  "$",
  "@",
  "%hi(sym)",
  "/**/",
  "/* gap */",
  "=",
  "==",
  "&",
  "L",
  "...",
  "1e",
  "0x1p",
  "it's",
  "?",
  ":",
  "[",
  "}",
  "~",
  "!",
];

interface Definition {
  readonly name: string;
  readonly parameters: number;
  readonly variadic: boolean;
}

export function generateMacros(seed: number): string {
  const random = new Random(seed + 333);
  const lines: string[] = [];
  const macros: Definition[] = [];
  const gap = () => random.pick(["", " ", " ", " ", "\t", "  "]);
  const word = (): string => {
    if (macros.length && random.chance(45)) return use(1);
    return random.pick(WORDS);
  };
  const balanced = (count: number) => {
    let text = "";
    let depth = 0;
    for (let i = 0; i < count; i++) {
      const next = word();
      if (next === "it's" || next === "#") continue;
      if (next === "(") depth++;
      if (next === ")" && --depth < 0) {
        depth = 0;
        continue;
      }
      text += next + gap();
    }
    return text + ")".repeat(depth);
  };
  const use = (depth: number): string => {
    const m = random.pick(macros);
    if (m.parameters < 0 || random.chance(8)) return m.name;
    const count = m.variadic ? m.parameters - 1 + random.below(3) : m.parameters;
    const values = Array.from({ length: count }, () =>
      random.chance(15) ? "" : depth > 2 ? "z" : argument(depth),
    );
    const comma = random.pick([",", ", ", " , "]);
    return `${m.name}${random.pick(["", "", " "])}(${gap()}${values.join(comma)}${gap()})`;
  };
  const argument = (depth: number) => {
    const parts = Array.from({ length: random.between(1, 3) }, () => {
      if (macros.length && random.chance(30)) return use(depth + 1);
      return random.pick(WORDS.filter((w) => !/[(),'"#\\]/.test(w)));
    });
    return parts.join(gap());
  };
  const define = () => {
    const name = random.chance(15) && macros.length ? random.pick(macros).name : `M${macros.length}`;
    const parameters = random.chance(45) ? -1 : random.below(4);
    const variadic = parameters > 0 && random.chance(30);
    const names = Array.from({ length: Math.max(0, parameters) }, (_, i) => `p${i}`);
    const last = variadic ? random.pick(["...", "rest..."]) : "";
    if (variadic) names[parameters - 1] = last;
    const inBody = names.map((n) => (n === "..." ? "__VA_ARGS__" : n.replace("...", "")));
    const parts: string[] = [];
    for (let i = random.below(7); i > 0; i--) {
      const kind = random.below(10);
      if (kind < 4 && inBody.length) parts.push(random.pick(inBody));
      else if (kind === 4 && inBody.length) parts.push(`#${random.pick(inBody)}`);
      else if (kind === 5 && parts.length && i > 1) parts.push("##");
      else if (kind === 6) parts.push(name);
      else parts.push(word());
    }
    // A paste has two sides.
    const body = parts.filter(
      (p, i) => p !== "##" || (i > 0 && i < parts.length - 1 && parts[i - 1] !== "##"),
    );
    while (body.at(-1) === "##") body.pop();
    lines.push(`#define ${name}${parameters < 0 ? "" : `(${names.join(", ")})`} ${body.join(gap())}`);
    if (!/^[\s\S]*'/.test(lines.at(-1) ?? "")) {
      const at = macros.findIndex((m) => m.name === name);
      if (at >= 0) {
        lines.splice(lines.length - 1, 0, `#undef ${name}`);
        macros[at] = { name, parameters, variadic };
      } else macros.push({ name, parameters, variadic });
    } else lines.pop();
  };
  const condition = (): string => {
    const number = () =>
      random.pick([
        "0",
        "1",
        "2",
        "-1",
        "10u",
        "0x7fffffffffffffff",
        "'A'",
        "defined M0",
        "defined(M1)",
        "__riscv_xlen",
        "missing",
        "010",
        "(3)",
      ]);
    const operator = () =>
      random.pick([
        "+",
        "-",
        "*",
        "<",
        ">",
        "==",
        "!=",
        "&&",
        "||",
        "&",
        "|",
        "^",
        "<<",
        ">>",
        "<=",
        ">=",
        ",",
        "?1:",
      ]);
    let text = number();
    for (let i = random.below(4); i > 0; i--)
      text += ` ${operator()} ${random.pick(["", "!", "~", "-"])}${number()}`;
    return text;
  };
  for (let i = random.between(3, 8); i > 0; i--) define();
  for (let i = random.between(5, 30); i > 0; i--) {
    const kind = random.below(14);
    if (kind === 0) define();
    else if (kind === 1)
      lines.push(
        `#if ${condition()}`,
        balanced(3),
        random.pick(["#else", `#elif ${condition()}`, "# else"]),
        balanced(2),
        "#endif",
      );
    else if (kind === 2)
      lines.push(
        random.pick([
          "# a comment with it's quote",
          "/* a comment",
          "#",
          "// rest M0",
          "",
          "# 12 M0",
          "nop # M0 M1",
          '"open string M0',
        ]),
      );
    else if (kind === 3) lines.push(`${balanced(2)} \\`, `  ${balanced(2)}`);
    else if (kind === 4 && macros.length) lines.push(use(0).replace(/([(,])/, "$1\n   "), "after");
    else lines.push(`${gap()}${balanced(random.between(1, 6))}`);
    if (lines.at(-1) === "/* a comment") lines.push("   of M0 two lines */ M0 M1");
  }
  return `${lines.join("\n")}\n`;
}
