// code-cache.cjs BUNDLE ARGUMENTS...: runs the bundle with the arguments and
// then writes BUNDLE.cache, which holds the functions that this run compiled.
const { writeFileSync } = require("node:fs");
const { compile, run } = require("../bin/start.cjs");

const bundle = process.argv.splice(2, 1)[0];
const script = compile(bundle, undefined);
process.on("exit", () => writeFileSync(`${bundle}.cache`, script.createCachedData()));
run(script, bundle);
