/**
 * C programs made up from a seed. They need not do anything sensible: what
 * counts is that a compiler turns them into as many kinds of directives,
 * instructions and relocations as it has. They compile without headers.
 */
import { Random } from "./random.ts";

const INTEGERS = [
  "int",
  "unsigned",
  "short",
  "unsigned char",
  "long",
  "long long",
  "unsigned long long",
  "signed char",
];
const FLOATS = ["float", "double"];

interface Variable {
  readonly name: string;
  readonly type: string;
}

interface Func {
  readonly name: string;
  readonly result: string;
  readonly parameters: readonly string[];
}

interface Program {
  readonly random: Random;
  readonly lines: string[];
  readonly globals: Variable[];
  readonly arrays: Variable[];
  readonly functions: Func[];
  readonly structs: string[];
  labels: number;
}

/** The text of the program of a seed. */
export function generateC(seed: number): string {
  const random = new Random(seed);
  const program: Program = {
    random,
    lines: [],
    globals: [],
    arrays: [],
    functions: [],
    structs: [],
    labels: 0,
  };
  const { lines } = program;
  lines.push(`/* program ${seed} */`, "typedef __SIZE_TYPE__ size_t;", "typedef __builtin_va_list va_list;");
  lines.push("extern void *memcpy(void *, const void *, size_t);", "extern int printf(const char *, ...);");
  lines.push("extern double sqrt(double);", "extern int outside;", "extern const char *const names[];");
  program.functions.push({ name: "printf", result: "int", parameters: ["const char *"] });
  for (let i = random.between(1, 3); i > 0; i--) makeStruct(program);
  for (let i = random.between(3, 10); i > 0; i--) makeGlobal(program);
  makeFixedParts(program);
  for (let i = random.between(2, 7); i > 0; i--) makeFunction(program);
  makeTables(program);
  return `${lines.join("\n")}\n`;
}

function makeStruct(program: Program): void {
  const { random, lines, structs } = program;
  const name = `S${structs.length}`;
  const fields: string[] = [];
  for (let i = random.between(1, 6); i > 0; i--) {
    const field = `f${fields.length}`;
    const kind = random.below(6);
    if (kind === 0) fields.push(`unsigned ${field} : ${random.between(1, 31)};`);
    else if (kind === 1) fields.push(`char ${field}[${random.between(1, 40)}];`);
    else if (kind === 2) fields.push(`${random.pick(FLOATS)} ${field};`);
    else if (kind === 3) fields.push(`void *${field};`);
    else if (kind === 4) fields.push(`union { int a; float b; long long c; } ${field};`);
    else fields.push(`${random.pick(INTEGERS)} ${field};`);
  }
  const packed = random.chance(15) ? " __attribute__((packed))" : "";
  lines.push(`struct ${name} { int key; ${fields.join(" ")} }${packed};`);
  structs.push(name);
}

const STRINGS = [
  "hello, world\\n",
  "",
  "%d %s %f\\n",
  'a\\tb\\\\c\\"d',
  "\\0inside\\0zeros",
  "\\377\\200\\001\\177",
  "\u00e4\u20ac\u{1f600}",
  "a string that is long enough to be worth a line of its own in the assembly, and then some more of it",
  "'; # // /* not a comment */",
];

function constant(random: Random, type: string): string {
  if (FLOATS.includes(type)) {
    const values = [
      "0.0",
      "-0.0",
      "1.0",
      "3.14159265358979",
      "1e-310",
      "1e30",
      "-2.5e-3",
      "__builtin_inf()",
      '__builtin_nan("")',
    ];
    return random.pick(values);
  }
  const small = random.between(-20, 300);
  const wide = random.bits();
  return random.pick([
    String(small),
    `${wide}u`,
    `0x${wide.toString(16)}${random.bits().toString(16).padStart(8, "0")}ULL`,
    String(random.between(-2100, 2100)),
    String(1 << random.below(31)),
    `${random.bits()}LL << ${random.below(32)}`,
  ]);
}

function makeGlobal(program: Program): void {
  const { random, lines, globals, arrays, structs } = program;
  const name = `g${globals.length + arrays.length}`;
  const storage = random.pick([
    "",
    "",
    "static ",
    "static ",
    "const ",
    "static const ",
    "volatile ",
    "_Thread_local ",
    "static _Thread_local ",
  ]);
  const attribute = random.chance(25)
    ? random.pick([
        " __attribute__((aligned(64)))",
        ' __attribute__((section(".mydata")))',
        " __attribute__((weak))",
        ' __attribute__((visibility("hidden")))',
        ' __attribute__((visibility("protected")))',
        " __attribute__((used))",
        ' __attribute__((section(".sdata.mine")))',
      ])
    : "";
  const usable = storage.startsWith("static") && /weak|visibility/.test(attribute) ? "" : attribute;
  const type = random.chance(75) ? random.pick(INTEGERS) : random.pick(FLOATS);
  const kind = random.below(7);
  // One section cannot hold both constant and variable data.
  const sectioned = /section/.test(usable) ? "" : usable;
  const plain = storage.includes("const") || storage.includes("Thread") ? sectioned : usable;
  if (kind <= 2) {
    const value = random.chance(30) ? "" : ` = (${type})(${constant(random, type)})`;
    lines.push(`${storage}${type} ${name}${plain}${value};`);
    globals.push({ name: storage.includes("const") ? `(${name} + 0)` : name, type });
  } else if (kind === 3) {
    const size = random.pick([1, 3, 8, 17, 100, 5000]);
    const values = Array.from(
      { length: random.below(Math.min(size, 12)) },
      () => `(${type})(${constant(random, type)})`,
    );
    const value = random.chance(40) ? "" : ` = { ${values.length ? values.join(", ") : "0"} }`;
    lines.push(`${storage}${type} ${name}[${size}]${plain}${value};`);
    arrays.push({ name, type });
  } else if (kind === 4) {
    const text = random.pick(STRINGS);
    const shape = random.pick([
      `char ${name}[]`,
      `char ${name}[256]`,
      `char *${name}`,
      `const char *${name}`,
    ]);
    const constantText = /\*/.test(shape) ? "" : plain;
    lines.push(`${storage.replace("volatile ", "")}${shape}${constantText} = "${text}";`);
    arrays.push({ name, type: "char" });
  } else if (kind === 5) {
    lines.push(
      `${storage}struct ${random.pick(structs)} ${name}${plain}${random.chance(50) ? " = { 7 }" : ""};`,
    );
    globals.push({ name: storage.includes("const") ? `(${name}.key + 0)` : `${name}.key`, type: "int" });
  } else {
    lines.push(
      `static int ${name}_target; int *${storage.includes("const") ? "const " : ""}${name}${/section/.test(plain) ? plain : ""} = &${name}_target;`,
    );
    globals.push({ name: `(*${name})`, type: "int" });
  }
}

/** What needs exact wording to be compiled at all. */
function makeFixedParts({ random, lines }: Program): void {
  const parts = [
    'int aliased(int x) { return x * 3; }\nextern __typeof(aliased) other_name __attribute__((alias("aliased")));\nextern __typeof(aliased) weak_name __attribute__((weak, alias("aliased")));',
    "extern int maybe(int) __attribute__((weak));\nint try_maybe(void) { return maybe ? maybe(1) : 0; }",
    "static void __attribute__((constructor(200))) at_start(void) { outside++; }\nstatic void __attribute__((destructor)) at_end(void) { outside--; }",
    "int variadic(int n, ...) { va_list l; int s = 0; __builtin_va_start(l, n); while (n--) s += __builtin_va_arg(l, int); __builtin_va_end(l); return s; }",
    "double variadic_double(const char *f, ...) { va_list l; double s = 0; __builtin_va_start(l, f); for (; *f; f++) s += *f == 'd' ? __builtin_va_arg(l, double) : (double)__builtin_va_arg(l, long long); __builtin_va_end(l); return s; }",
    "int computed(int x) { static const void *const t[] = { &&a, &&b, &&c }; goto *t[x % 3]; a: return 1; b: return x; c: return outside; }",
    "static const int offsets(int x) { static const int t[] = { &&a - &&a, &&b - &&a }; goto *(&&a + t[x & 1]); a: return 1; b: return x; }\nint call_offsets(int x) { return offsets(x); }",
    "void atomics(int *p, long *q, unsigned char *c) { __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST); __atomic_store_n(q, 5, __ATOMIC_RELEASE); *p = __atomic_exchange_n(p, 3, __ATOMIC_ACQUIRE); int e = 4; __atomic_compare_exchange_n(p, &e, 9, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED); __atomic_fetch_or(c, 1, __ATOMIC_RELAXED); __sync_synchronize(); }",
    'static inline unsigned long cycles(void) { unsigned long r; __asm__ volatile("rdcycle %0" : "=r"(r)); return r; }\nunsigned long spin(unsigned long n) { unsigned long t = cycles(); __asm__ volatile("1:\\n\\taddi %0, %0, -1\\n\\tbnez %0, 1b" : "+r"(n)); return cycles() - t; }',
    '__asm__(".pushsection .note.mine, \\"a\\", @note\\n\\t.balign 4\\n\\t.4byte 4, 8, 1\\n\\t.asciz \\"abc\\"\\n\\t.8byte 0x1122334455667788\\n\\t.popsection");',
    '__asm__("\\n\\t.globl asm_entry\\n\\t.type asm_entry, @function\\nasm_entry:\\n\\tla a0, outside\\n\\tlw a0, 0(a0)\\n\\tli a1, 0x12345678\\n\\tcall printf\\n\\ttail asm_entry\\n\\t.size asm_entry, .-asm_entry");',
    "void big_frame(void (*f)(char *)) { char room[6000]; f(room); f(room + 5000); }",
    "int dynamic(int n, int (*f)(int *)) { int a[n]; int *b = __builtin_alloca(n * 4); return f(a) + f(b); }",
    "long long wide(long long a, long long b, int s) { return (a * b) + (a / (b | 1)) - (a << (s & 63)) + ((unsigned long long)b >> (s & 63)); }",
    "double mixed(float a, double b, int c, long long d, unsigned e) { return a * b + (double)c - (float)d / (b + 1) + e + sqrt(b); }",
    "int to_int(float a, double b) { return (int)a + (int)(long long)b + (unsigned char)b; }",
    "int compare(float a, float b, double c, double d) { return (a < b) + (a <= b) * 2 + (c == d) * 4 + (c != d) * 8 + __builtin_isnan(a); }",
    "static int __attribute__((noinline, cold)) rare(int x) { return x ? rare(x - 1) * 2 : outside; }\nint hot_path(int x) { if (__builtin_expect(x == 77, 0)) return rare(x); return x; }",
    '__attribute__((section(".text.mine"), noinline, aligned(16))) int placed(int x) { return x ^ outside; }',
    "void __attribute__((interrupt)) handler(void) { outside++; }",
    '__attribute__((naked)) void bare(void) { __asm__("ret"); }',
    'const unsigned short wide_text[] = u"w\\u00e4"; const unsigned long_text[] = U"long"; const int plain_wide[] = L"x\\xff";',
    "static struct { char a; short b; long long c; char d[3]; double e; } blob = { 1, 2, 3, { 4, 5, 6 }, 7.5 };\nvoid *get_blob(void) { return &blob; }",
    "int tentative; static int local_bss[300]; char tentative_array[33]; int *where(int i) { return i ? &local_bss[i] : &tentative; }",
    "int bits(unsigned x, unsigned long long y) { return __builtin_clz(x | 1) + __builtin_popcountll(y) + __builtin_ctz(x | 8) + __builtin_bswap32(x) + __builtin_parity(x); }",
    "_Complex double turn(_Complex double z) { return z * z + 1; }",
    "long double very_long(long double x) { return x * 1.5L + 3; }",
    "static int inner(int x) { return x * 5 + outside; }\nint many(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) { return inner(a) + b * c - d + e * f + g - h * i + j; }",
    "struct pair { int a; long b; }; struct pair make_pair(int a) { struct pair p = { a, a + 1 }; return p; } long use_pair(struct pair p) { return p.a + p.b; } struct big { long v[9]; }; struct big make_big(long x) { struct big b = { { x } }; return b; }",
  ];
  for (const part of parts) if (random.chance(28)) lines.push(part);
}

interface Scope {
  readonly program: Program;
  readonly variables: Variable[];
  readonly out: string[];
  depth: number;
}

function makeFunction(program: Program): void {
  const { random, lines, functions, structs } = program;
  const name = `fn${program.labels++}`;
  const result = random.chance(15) ? "void" : random.chance(75) ? random.pick(INTEGERS) : random.pick(FLOATS);
  const parameters = Array.from({ length: random.below(6) }, () =>
    random.chance(10)
      ? `struct ${random.pick(structs)}`
      : random.chance(15)
        ? "int *"
        : random.chance(70)
          ? random.pick(INTEGERS)
          : random.pick(FLOATS),
  );
  const prefix = random.pick([
    "",
    "",
    "",
    "static ",
    "static __attribute__((noinline)) ",
    "__attribute__((weak)) ",
    "__attribute__((noinline)) ",
  ]);
  const variables: Variable[] = parameters.map((type, i) =>
    type.startsWith("struct")
      ? { name: `p${i}.key`, type: "int" }
      : type === "int *"
        ? { name: `(*p${i})`, type: "int" }
        : { name: `p${i}`, type },
  );
  lines.push(
    `${prefix}${result} ${name}(${parameters.map((type, i) => `${type} p${i}`).join(", ") || "void"}) {`,
  );
  const scope: Scope = { program, variables, out: lines, depth: 1 };
  for (let i = random.between(0, 4); i > 0; i--) {
    const type = random.chance(70) ? random.pick(INTEGERS) : random.pick(FLOATS);
    lines.push(`  ${type} v${i} = ${expression(scope, 2)};`);
    variables.push({ name: `v${i}`, type });
  }
  for (let i = random.between(1, 6); i > 0; i--) statement(scope);
  if (result !== "void") lines.push(`  return ${expression(scope, 3)};`);
  lines.push("}");
  // Callers need values they can make up.
  if (!parameters.some((type) => type.startsWith("struct"))) functions.push({ name, result, parameters });
  else lines.push(`void *keep_${name} = (void *)${name};`);
}

function anyVariable({ program, variables }: Scope): Variable {
  const { random, globals } = program;
  if (variables.length && (random.chance(75) || !globals.length)) return random.pick(variables);
  return globals.length ? random.pick(globals) : { name: "outside", type: "int" };
}

function expression(scope: Scope, depth: number): string {
  const { random, functions, arrays } = scope.program;
  const kind = depth <= 0 ? random.below(2) : random.below(11);
  const part = () => expression(scope, depth - 1);
  const whole = () => `(long)(${part()})`;
  switch (kind) {
    case 0:
      return `(${constant(random, random.chance(85) ? "int" : "double")})`;
    case 1:
    case 2:
      return anyVariable(scope).name;
    case 3:
      return `(${part()} ${random.pick(["+", "-", "*"])} ${part()})`;
    case 4:
      return `(${whole()} ${random.pick(["&", "|", "^"])} ${whole()})`;
    case 5:
      return `(${whole()} ${random.pick(["<<", ">>"])} (${whole()} & 15))`;
    case 6:
      return `(${part()} ${random.pick(["<", ">", "<=", ">=", "==", "!="])} ${part()})`;
    case 7:
      return `(${part()} ? ${part()} : ${part()})`;
    case 8:
      return `(${whole()} ${random.pick(["/", "%"])} (${whole()} | 1))`;
    case 9: {
      const usable = functions.filter((f) => f.result !== "void");
      return usable.length ? call(scope, random.pick(usable), depth) : "outside";
    }
    default: {
      if (!arrays.length) return "names[0][1]";
      return `${random.pick(arrays).name}[${whole()} & 7]`;
    }
  }
}

function call(scope: Scope, { name, parameters }: Func, depth: number): string {
  const { random } = scope.program;
  if (name === "printf")
    return `printf("${random.pick(STRINGS)}", ${expression(scope, 0)}, ${expression(scope, depth - 1)})`;
  const values = parameters.map((type) => (type === "int *" ? "&outside" : expression(scope, depth - 1)));
  return `${name}(${values.join(", ")})`;
}

function statement(scope: Scope): void {
  const { program, out } = scope;
  const { random, functions } = program;
  const indent = "  ".repeat(scope.depth);
  const block = (head: string, count: number, tail = "}") => {
    out.push(`${indent}${head} {`);
    scope.depth++;
    for (let i = 0; i < count; i++) statement(scope);
    scope.depth--;
    out.push(`${indent}${tail}`);
  };
  const assigned = () => {
    const { name } = anyVariable(scope);
    return name.startsWith("(g") ? "outside" : name;
  };
  const kind = scope.depth > 3 ? random.below(3) : random.below(10);
  switch (kind) {
    case 0:
    case 1:
      out.push(`${indent}${assigned()} = ${expression(scope, 3)};`);
      break;
    case 2:
      out.push(`${indent}${call(scope, random.pick(functions), 2)};`);
      break;
    case 3:
      block(`if (${expression(scope, 2)})`, random.between(1, 2));
      break;
    case 4:
      block(`if (${expression(scope, 2)})`, 1, "} else");
      block("", 1);
      break;
    case 5: {
      const counter = `i${program.labels++}`;
      block(
        `for (int ${counter} = 0; ${counter} < ${random.between(2, 90)}; ${counter}++)`,
        random.between(1, 2),
      );
      break;
    }
    case 6:
      block(`while ((long)(${expression(scope, 1)}) & 1)`, 1, "  if (outside) break; }");
      break;
    case 7: {
      // Dense cases become a jump table, sparse ones a tree of branches.
      const dense = random.chance(60);
      let value = random.between(-3, 10);
      out.push(`${indent}switch ((int)(${expression(scope, 1)})) {`);
      for (let i = random.between(3, 12); i > 0; i--) {
        out.push(`${indent}case ${value}:`);
        if (random.chance(80)) {
          scope.depth++;
          statement(scope);
          scope.depth--;
          out.push(`${indent}  break;`);
        } else out.push(`${indent}  outside += ${random.between(1, 3000)};`);
        value += dense ? 1 : random.between(1, 5000);
      }
      out.push(`${indent}default: outside = ${value};`, `${indent}}`);
      break;
    }
    case 8: {
      const [label, counter] = [`again${program.labels++}`, `n${program.labels++}`];
      out.push(`${indent}{ int ${counter} = 0; ${label}: ;`);
      scope.depth++;
      statement(scope);
      scope.depth--;
      out.push(`${indent}  if (${counter}++ < 3) goto ${label}; }`);
      break;
    }
    default:
      out.push(
        `${indent}${random.pick(["outside ^= 5;", '__asm__ volatile("nop" ::: "memory");', "outside += names[0][0];", '__asm__ volatile("# a comment; %0\\n\\tmv %0, %0" : "+r"(outside));'])}`,
      );
  }
}

/** Tables of addresses and of differences, after all they refer to. */
function makeTables({ random, lines, functions, arrays }: Program): void {
  const usable = functions.filter((f) => f.name !== "printf");
  if (usable.length && random.chance(50))
    lines.push(`void *const table[] = { ${usable.map((f) => `(void *)${f.name}`).join(", ")} };`);
  if (usable.length && random.chance(20))
    lines.push(
      `static void *volatile writable[] = { ${usable.map((f) => `(char *)${f.name} + 4`).join(", ")} };`,
    );
  const plain = arrays.filter((a) => a.type === "char");
  if (plain.length)
    lines.push(`int sum_texts(void) { return ${plain.map((a) => `${a.name}[1]`).join(" + ")}; }`);
}
