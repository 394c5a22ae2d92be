// Compiles src/kernels/assembly (AssemblyScript) to src/kernels/module.ts, which
// is committed, so that whoever uses or builds Premain needs no compiler for it.
//
//   node scripts/kernels.mjs           writes the module
//   node scripts/kernels.mjs --check   says whether it is up to date
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, "src/kernels/assembly");
const target = path.join(root, "src/kernels/module.ts");

/** Their exported functions are the kernels; columns.ts has constants, parts/ what they share. */
const sources = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "columns.ts")
    .sort();

/** The bytes of the module; undefined where there is no compiler. */
async function compile() {
  const { default: asc } = await import("assemblyscript/asc").catch(() => ({}));
  if (asc === undefined) return undefined;
  const output = mkdtempSync(path.join(os.tmpdir(), "premain-kernels-"));
  try {
    const file = path.join(output, "module.wasm");
    const options = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--sharedMemory"];
    options.push(
      "--initialMemory",
      "1",
      "--maximumMemory",
      "65536",
      "--enable",
      "threads",
      "-o",
      "module.wasm",
    );
    const { error, stderr } = await asc.main([...sources(), ...options], {
      readFile: (name, base) => {
        try {
          return readFileSync(path.join(base.endsWith("assembly") ? base : folder, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => writeFileSync(path.join(output, path.basename(name)), contents),
      listFiles: () => [],
    });
    if (error) throw new Error(`the kernels cannot be compiled:\n${stderr}`);
    return readFileSync(file);
  } finally {
    rmSync(output, { recursive: true });
  }
}

/** Parameters are numbers to us: addresses, counts, 32-bit values. */
function signatures() {
  const lines = [];
  for (const name of sources()) {
    const text = readFileSync(path.join(folder, name), "utf8");
    for (const [, kernel, parameters, result] of text.matchAll(
      /^export function (\w+)\(([^)]*)\): (\w+)/gm,
    )) {
      const typed = parameters.replaceAll(/\s+/g, " ").replaceAll(/: \w+/g, ": number").trim();
      lines.push(`  ${kernel}(${typed.replace(/,$/, "")}): ${result === "void" ? "void" : "number"};`);
    }
  }
  return lines;
}

/** The text of src/kernels/module.ts; undefined where there is no compiler. */
export async function generate() {
  const wasm = await compile();
  if (wasm === undefined) return undefined;
  const base64 = wasm.toString("base64").replaceAll(/.{120}(?=.)/g, '$&" +\n  "');
  return `// Made by scripts/kernels.mjs of the files in assembly/, which have the comments.

export interface Kernels {
${signatures().join("\n")}
}

/** The WebAssembly module, in base64. */
export const MODULE =
  "${base64}";
`;
}

/** The bytes of the WebAssembly module that src/kernels/module.ts has as a text. */
export function moduleInSource() {
  const text = readFileSync(target, "latin1");
  const lines = text.slice(text.indexOf("MODULE =")).matchAll(/"([^"]+)"/g);
  return Buffer.from([...lines].map((match) => match[1]).join(""), "base64");
}

/**
 * A script whose result does for WebAssembly what the kernels ask of it, while a
 * start-up snapshot is made: there is no WebAssembly then, and what the linker
 * does around the kernels is to be run. Every access is made one to any address,
 * which a typed array is not for.
 */
export async function standIn() {
  const { default: binaryen } = await import("binaryen");
  const bytes = moduleInSource();
  // The import's limits: with a maximum, but not shared.
  bytes[bytes.indexOf(Buffer.from([2, 3]), bytes.indexOf("memory")) + 1] = 1;
  const unaligned = binaryen
    .readBinary(bytes)
    .emitText()
    // Binaryen makes no script of the conversion that does not trap, which the compiler prefers.
    .replaceAll("i64.trunc_sat_f64", "i64.trunc_f64")
    .replaceAll(
      /\(((?:i32|i64|f32|f64)\.(?:load|store)(?:16|32)?(?:_[su])?(?: offset=\d+)?)(?: align=\d+)?(?=\s)/g,
      "($1 align=1",
    );
  const module = binaryen.parseText(unaligned);
  module.setFeatures(binaryen.Features.All);
  const script = module.emitAsmjs().replace(/^import .*/, "");
  // One buffer for all links: many would make the garbage collector run, which drops the bytecode of what was not
  // called for some time: what the first links compiled. No link of a warm-up needs more.
  return `${script.slice(0, script.indexOf("\nvar memasmFunc"))}
const buffer = new ArrayBuffer(1 << 26);
return {
  Module: class {},
  Memory: class {
    constructor() {
      this.buffer = buffer;
      new Uint8Array(buffer).fill(0);
    }
  },
  Instance: class {
    constructor(_module, imports) {
      this.exports = asmFunc(imports);
    }
  },
};`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await generate();
  if (text === undefined) throw new Error("assemblyscript is not installed");
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error("src/kernels/module.ts is not what scripts/kernels.mjs makes");
    process.exitCode = 1;
  }
}
