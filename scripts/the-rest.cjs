// Stands before the first part of a divided bundle (scripts/split-bundle.mjs), and loads the second: a function
// of the values that it needs of the first, which gives those that the first needs of it.

/** What makes `premain` run for the build's sake: then the compiled functions are kept, for the next to find. */
const KEEP = "PREMAIN_KEEP_REST";

// biome-ignore lint/correctness/noUnusedVariables: the bundle calls it.
function loadTheRest(given) {
  const fs = require("node:fs");
  const { Script } = process.getBuiltinModule?.("node:vm") ?? require("node:vm");
  const filename = `${bundleHere(fs)}.rest.cjs`;
  const cache = filename.replace(
    /cjs$/,
    `${process.execArgv.includes("--single-threaded") ? "alone." : ""}cache`,
  );
  let source;
  let cachedData;
  try {
    source = fs.readFileSync(filename, "latin1"); // it is ASCII
  } catch {
    fs.writeSync(2, `premain: ${filename} is missing: run \`npm run build\` where package.json is\n`);
    process.exit(1);
  }
  try {
    cachedData = fs.readFileSync(cache);
  } catch {}
  const script = new Script(`(function(module,require){${source}\n})`, { filename, cachedData });
  const module = { exports: undefined };
  script.runInThisContext()(module, require);
  if (KEEP in process.env)
    process.prependListener("exit", () => fs.writeFileSync(cache, script.createCachedData()));
  return module.exports(given);
}

/** The bundle without its ending: that whose snapshot we started from, wherever it is now, or this file. */
function bundleHere(fs) {
  const at = process.execArgv.indexOf("--snapshot-blob");
  if (at < 0 || process.argv.includes("--build-snapshot")) return __filename.replace(/\.cjs$/, "");
  return fs.realpathSync(process.execArgv[at + 1]).replace(/(-alone)?\.blob$/, "");
}
