// Runs dist/premain.cjs with the code cache that the build made of it, which
// spares a start the compilation of what a link needs (bench/README.md has the
// figures). A cache of another Node is refused by V8 and does no harm.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const v8 = require("node:v8");
const { Script } = require("node:vm");

// A link is over in tenths of a second, so most code runs too short a time to
// repay V8's optimising compiler, which by default starts after 132 KB of
// bytecode. Four times that takes a third off the links of small programs and
// costs large ones nothing (bench/README.md). V8 ignores a flag it does not know.
v8.setFlagsFromString("--interrupt-budget=2000000");

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
  const filename = path.join(__dirname, "../dist/premain.cjs");
  run(compile(filename, cacheOf(filename)), filename);
} else module.exports = { compile, run };
