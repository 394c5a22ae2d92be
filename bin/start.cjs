// Runs a tool's bundle out of dist/ with the code cache that the build made of
// it, which spares a start the compilation of what the tool needs
// (bench/README.md has the figures). A cache of another Node is refused by V8
// and does no harm.
const { existsSync, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Script } = require("node:vm");
const tools = require("./tools.json");

/** Other names of tools. */
const also = { "ld.bfd": "ld", lld: "ld.lld" };

/**
 * The tool that a name stands for: `ld`, or `riscv64-unknown-elf-ld` as a cross
 * compiler's driver looks for it. Undefined where there is none.
 */
function toolNamed(name = "") {
  for (const plain of [name, name.slice(name.lastIndexOf("-") + 1)]) {
    const tool = Object.hasOwn(also, plain) ? also[plain] : plain;
    if (Object.hasOwn(tools, tool)) return tool;
  }
  return undefined;
}

/** The bundle as a function, compiled; `cachedData` may be undefined. */
function compile(filename, cachedData) {
  const source = readFileSync(filename, "latin1"); // the bundle is ASCII
  const wrapped = `(function(exports,require,module,__filename,__dirname){${source}\n})`;
  return new Script(wrapped, { filename, cachedData });
}

function run(script, filename) {
  const module = { exports: {} };
  const main = script.runInThisContext();
  main(module.exports, createRequire(filename), module, filename, path.dirname(filename));
}

function cacheOf(filename) {
  try {
    return readFileSync(`${filename}.cache`);
  } catch {
    return undefined;
  }
}

if (require.main === module) {
  const tool = toolNamed(process.argv[2]);
  if (tool) process.argv[2] = tool;
  // A name that is no tool's is the linker's to complain about: it has the help.
  const bundle = tool ? tools[tool].bundle : "link";
  const filename = path.join(__dirname, `../dist/bin/${bundle}.cjs`);
  if (!existsSync(filename)) {
    process.stderr.write("premain: not built: run `npm run build` where package.json is\n");
    process.exit(1);
  }
  run(compile(filename, cacheOf(filename)), filename);
} else module.exports = { compile, run };
