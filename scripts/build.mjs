// Builds dist/: the library (ES modules and declarations, one folder per stage)
// and the command line as CommonJS files, one for each bundle of bin/tools.json,
// with their code caches: a single file starts faster than modules.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { early, hello, start } from "../examples/tour/inputs.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const tools = require("../bin/tools.json");
const bundles = [...new Set(Object.values(tools).map((tool) => tool.bundle))];

async function bundleCommandLine() {
  rmSync(path.join(root, "dist/bin"), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: bundles.map((name) => `src/cli/bundles/${name}.ts`),
    outdir: "dist/bin",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    charset: "ascii",
    legalComments: "none",
    define: {
      PREMAIN_VERSION: JSON.stringify(require("../package.json").version),
      PREMAIN_TOOLS: JSON.stringify(tools),
    },
    logLevel: "warning",
  });
}

/** A cache is made from a run, so that it holds what a link compiles: here the tour's, with the built-in script. */
function cacheLinker() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-build-"));
  const inputs = { "start.o": start, "hello.o": hello, "early.o": early };
  for (const [name, bytes] of Object.entries(inputs)) writeFileSync(path.join(folder, name), bytes);
  const symbols = ["--defsym=first_before_main=0", "--defsym=last_before_main=0"];
  makeCodeCache("link", folder, [
    "ld",
    "--gc-sections",
    "--eh-frame-hdr",
    ...symbols,
    ...Object.keys(inputs),
    "-o",
    "out",
  ]);
  rmSync(folder, { recursive: true });
}

/** Keeps what a bundle compiled when it ran with `args` in `folder`. */
function makeCodeCache(bundle, folder, args) {
  const cacher = path.join(root, "scripts/code-cache.cjs");
  spawnSync(process.execPath, [cacher, path.join(root, `dist/bin/${bundle}.cjs`), ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function compileLibrary() {
  rmSync(path.join(root, "dist/lib"), { recursive: true, force: true });
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  return status === 0;
}

// The command line first: it is wanted even while a type error is being mended.
await bundleCommandLine();
cacheLinker();
if (!process.argv.includes("--cli") && !compileLibrary()) process.exit(1);
