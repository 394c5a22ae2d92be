// Runs dist/premain.cjs with the code cache that the build made of it, which
// spares a start the compilation of what a link needs (bench/README.md has the
// figures). A cache of another Node is refused by V8 and does no harm.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Script } = require("node:vm");

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
