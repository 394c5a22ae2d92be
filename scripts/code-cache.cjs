// code-cache.cjs BUNDLE: runs the bundle for the commands of PREMAIN_WARM_UP and
// then writes BUNDLE.cache, which holds the functions that they compiled.
const { writeFileSync } = require("node:fs");
const { compile, run } = require("../bin/start.cjs");

const bundle = process.argv[2];
const script = compile(bundle, undefined);
process.on("exit", () => writeFileSync(`${bundle}.cache`, script.createCachedData()));
run(script, bundle);
