/** Inputs for any script: objects with sections for all its patterns, in assembly that GNU as takes for every target. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { Report, type Source } from "../../src/diagnostics/index.ts";
import { parseScript } from "../../src/script/index.ts";

export interface ScriptInputs {
  /** `a.s`, `b.s`, `script.ld` and what that includes, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Symbols that expressions mention and nothing defines. */
  readonly undefinedSymbols: readonly string[];
}

/** What a walk through the tree of a script collects. */
interface Mentioned {
  readonly patterns: Set<string>;
  readonly assigned: Set<string>;
  readonly used: Set<string>;
  readonly kept: Set<string>;
  hasSections: boolean;
}

/** The inputs for a script, or why it cannot be linked by itself. */
export function inputsFor(
  text: string,
  searched: (name: string) => string | undefined,
): ScriptInputs | string {
  const files: Record<string, string> = {};
  let missing = false;
  const include = (name: string): Source | undefined => {
    const found = searched(name);
    if (!found) {
      missing = true;
      return undefined;
    }
    const content = forAnyTarget(readFileSync(found, "latin1"));
    const local = path.basename(name);
    files[local] = content;
    return { name: local, text: content } as Source;
  };
  const script = forAnyTarget(text).replace(/^(\s*INCLUDE\s+)\S*\/([^/\s]+)/gm, "$1$2");
  const report = new Report();
  const tree = parseScript({ name: "script.ld", text: script } as Source, report, { include });
  if (missing) return "includes a file that is not there";
  const mentioned: Mentioned = {
    patterns: new Set(),
    assigned: new Set(),
    used: new Set(),
    kept: new Set(),
    hasSections: false,
  };
  collect(tree, mentioned);
  if (!mentioned.hasSections) return "has no SECTIONS";
  const sections = [...new Set([...mentioned.patterns].flatMap(instances))].sort();
  files["script.ld"] = script;
  files["a.s"] = source("a", sections, mentioned);
  files["b.s"] = source("b", sections.filter((_, i) => i % 3 !== 1).reverse(), mentioned);
  const ours = new Set(["_start", "main", "."]);
  const undefinedSymbols = [...mentioned.used]
    .filter((name) => !mentioned.assigned.has(name) && !ours.has(name))
    .filter((name) => /^[A-Za-z_][\w.$]*$/.test(name));
  return { files, undefinedSymbols };
}

/** Without what ties a script to an architecture or to libraries that are not here. */
function forAnyTarget(text: string): string {
  const ties =
    /\b(OUTPUT_FORMAT|OUTPUT_ARCH|TARGET|STARTUP|INPUT|GROUP|SEARCH_DIR|OUTPUT)\s*\(([^()]|\([^()]*\))*\)\s*;?/g;
  return text.replace(ties, "");
}

/** Walks all nodes: what holds a pattern, a symbol or an assignment differs, what it is called does not. */
function collect(node: unknown, into: Mentioned): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, into);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  const fields = node as Record<string, unknown>;
  switch (fields.kind) {
    case "sections":
      into.hasSections = true;
      break;
    case "assignment":
      into.assigned.add((fields.target as { text: string }).text);
      break;
    case "symbol":
      into.used.add((fields.name as { text: string }).text);
      break;
    case "input-sections":
      for (const { pattern } of (fields.sections as { pattern: { text: string } }[] | undefined) ?? [])
        into.patterns.add(pattern.text);
      break;
  }
  for (const [key, value] of Object.entries(fields))
    if (key !== "source" && key !== "span") collect(value, into);
}

/** Names that a pattern matches: as short as can be, and with something for each star. */
function instances(pattern: string): string[] {
  if (/^\*+$/.test(pattern) || pattern === "COMMON") return [];
  const fill = (star: string) =>
    pattern
      .replace(/\[(\^?)([^\]])[^\]]*\]/g, (_, not, first) => (not ? "Z" : first))
      .replaceAll("?", "q")
      .replaceAll("*", star);
  const names = pattern.includes("*") ? [fill(""), fill("x1"), fill("10")] : [fill("")];
  return names.filter((name) => /^[\w.$+-]+$/.test(name));
}

/** A number that depends on the text alone. */
function hash(text: string): number {
  let value = 2166136261;
  for (const c of text) value = Math.imul(value ^ (c.codePointAt(0) ?? 0), 16777619) >>> 0;
  return value;
}

/** `"ax",@progbits` and the like, by the name's custom. */
function attributes(name: string): string {
  if (/^\.?(stab|debug|comment|line|note\.GNU)|attributes/.test(name)) return '"",@progbits';
  if (/bss|noinit|COMMON|uninit|heap|stack|\.scommon/i.test(name)) return '"aw",@nobits';
  if (/^\.(init|fini|preinit)_array/.test(name))
    return `"aw",@${name.split(".")[1].split("_array")[0]}_array`;
  if (/text|\.init\b|\.fini\b|vector|\.plt|isr|boot|reset|entry|start|iram|ramfunc/i.test(name))
    return '"ax",@progbits';
  if (/^\.note/.test(name)) return '"a",@note';
  if (/rodata|rdata|eh_frame|gcc_except|ARM|const|vermagic|table|conf/i.test(name)) return '"a",@progbits';
  if (/^\.(tdata|tbss)/.test(name)) return name.startsWith(".tbss") ? '"awT",@nobits' : '"awT",@progbits';
  return ['"aw",@progbits', '"a",@progbits', '"ax",@progbits', '"aw",@progbits'][hash(name) & 3];
}

/** One object's source. Sizes, alignments and references follow from the names. */
function source(file: string, names: readonly string[], mentioned: Mentioned): string {
  const lines = file === "a" ? [".text", ".globl _start, main", "_start: main:", ".byte 1, 2, 3, 4"] : [];
  const wanted = [...mentioned.assigned].filter((name) => /^[A-Za-z_]\w*$/.test(name));
  for (const [i, name] of names.entries()) {
    if (
      /^\.(stab|[cd]tors|riscv\.attributes|symtab|strtab|shstrtab|rel|got|plt|igot|iplt|dyn|interp|hash|gnu|eh_frame)/.test(
        name,
      )
    )
      continue;
    const h = hash(`${file}${name}`);
    const flags = attributes(name);
    lines.push(`.section "${name}",${flags}`, `.balign ${1 << (h % 4)}`);
    lines.push(`.globl ${file}_${i}`, `${file}_${i}:`);
    if (flags.includes("nobits")) lines.push(`.skip ${1 + (h % 40)}`);
    else {
      // Relaxation wants whole instructions.
      lines.push(`.fill ${1 + ((h >>> 4) % 20)}, ${flags.startsWith('"ax"') ? 4 : 1}, ${h & 255}`);
      // Symbols of the script are found in data, where any value fits.
      if (wanted.length > 0 && (h & 3) === 0 && flags.startsWith('"aw"'))
        lines.push(`.balign 8`, `.8byte ${wanted[h % wanted.length]}`);
      if ((h & 0x30) === 0 && i > 0 && flags.startsWith('"ax"'))
        lines.push(`.balign 4`, `.4byte ${file}_${i}`);
    }
  }
  // Orphans, and common symbols.
  lines.push(`.section .premain_orphan_${file},"a"`, ".byte 9", '.section .premain_code,"ax"', ".byte 7");
  lines.push('.section .premain_data,"aw"', ".byte 8", '.section .premain_zero,"aw",@nobits', ".skip 5");
  lines.push(`.comm common_${file}, 12, 4`);
  return `${lines.join("\n")}\n`;
}
