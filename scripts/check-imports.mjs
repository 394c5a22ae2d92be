// Checks that imports point one way: the table of docs/architecture, as data.
// Prints each import that breaks the rule; exit code 1 if there is one.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** What each folder of src/ may import of the others. */
export const mayImport = {
  kernels: [],
  binary: ["kernels"],
  diagnostics: [],
  files: [],
  elf: ["binary", "diagnostics"],
  archive: ["binary", "diagnostics", "files"],
  demangle: [],
  dwarf: ["binary", "diagnostics", "elf"],
  riscv: ["binary"],
  x86: [],
  preprocess: ["diagnostics", "files"],
  asm: ["binary", "diagnostics", "files", "elf", "dwarf", "riscv"],
  machine: ["binary", "diagnostics", "files", "elf", "dwarf", "demangle", "riscv"],
  script: ["diagnostics"],
  model: ["kernels", "binary", "diagnostics", "files", "elf", "archive", "script"],
  targets: ["kernels", "binary", "diagnostics", "elf", "model"],
  link: [
    "kernels",
    "binary",
    "diagnostics",
    "files",
    "elf",
    "archive",
    "dwarf",
    "demangle",
    "script",
    "model",
    "targets",
  ],
  tools: ["binary", "diagnostics", "files", "elf", "archive", "dwarf", "demangle", "riscv", "x86"],
  cli: [
    "kernels",
    "asm",
    "binary",
    "diagnostics",
    "files",
    "elf",
    "archive",
    "dwarf",
    "riscv",
    "preprocess",
    "machine",
    "script",
    "model",
    "targets",
    "link",
    "tools",
  ],
};

/** Packages that a folder may use, beside what its tests use. */
const packages = { link: ["fflate", "@noble/hashes"], elf: ["fflate"], tools: ["@alexaltea/capstone-js"] };
const testPackages = ["vitest", "fast-check"];

/** The rule that an import of `specifier` by `file` (relative to src/) breaks, or undefined. */
export function brokenRule(file, specifier) {
  const folder = file.split("/")[0];
  const isTest = /\.test\.ts$/.test(file);
  if (specifier.startsWith(".")) {
    if (!specifier.endsWith(".ts")) return "an import names a file with its .ts extension";
    const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
    const other = target.split("/")[0];
    if (other === folder) return undefined;
    if (other === "..") return isTest ? undefined : "src/ imports nothing outside itself";
    if (!(folder in mayImport)) return `the folder ${folder}/ has no row in scripts/check-imports.mjs`;
    if (!isTest && !mayImport[folder].includes(other)) return `${folder}/ may not import ${other}/`;
    // What kernels and their callers agree upon, numbers, is with the kernels.
    if (/^kernels\/assembly\/parts\/[\w-]+-fields\.ts$/.test(target)) return undefined;
    if (!isTest && target !== `${other}/index.ts`)
      return `another folder is imported through ${other}/index.ts`;
    return undefined;
  }
  if (folder === "cli" || isTest) {
    const allowed = specifier.startsWith("node:") || testPackages.includes(specifier);
    if (allowed) return undefined;
  }
  if (specifier.startsWith("node:")) return "only cli/ may import node:";
  const known = (packages[folder] ?? []).some(
    (name) => specifier === name || specifier.startsWith(`${name}/`),
  );
  return known || isTest ? undefined : `${folder}/ may not use the package ${specifier}`;
}

/** Every specifier of `import`, `export … from` and `import()` with its line. */
export function importsOf(text) {
  const found = [];
  const pattern =
    /^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  for (const match of text.matchAll(pattern)) {
    const line = text.slice(0, match.index + match[0].length).split("\n").length;
    found.push({ specifier: match[1] ?? match[2] ?? match[3], line });
  }
  return found;
}

function check(src) {
  let broken = 0;
  let count = 0;
  for (const entry of readdirSync(src, { recursive: true })) {
    const file = String(entry).replaceAll("\\", "/");
    // What is in assembly/ is AssemblyScript, for another compiler.
    if (!file.endsWith(".ts") || file.startsWith("kernels/assembly/")) continue;
    for (const { specifier, line } of importsOf(readFileSync(path.join(src, file), "utf8"))) {
      count++;
      const rule = brokenRule(file, specifier);
      if (!rule) continue;
      broken++;
      console.error(`src/${file}:${line}: ${specifier}: ${rule}`);
    }
  }
  console.log(`${count} imports, ${broken} against the rule`);
  return broken === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const src = fileURLToPath(new URL("../src", import.meta.url));
  if (!check(src)) process.exit(1);
}
