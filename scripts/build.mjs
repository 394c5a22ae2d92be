// Builds dist/: the library (ES modules and declarations, one folder per stage)
// and the command line as one CommonJS file, which starts faster than modules.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

async function bundleCommandLine() {
  await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/premain.cjs",
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    legalComments: "none",
    define: { PREMAIN_VERSION: JSON.stringify(createRequire(import.meta.url)("../package.json").version) },
    logLevel: "warning",
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
if (!process.argv.includes("--cli") && !compileLibrary()) process.exit(1);
