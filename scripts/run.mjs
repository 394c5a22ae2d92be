// Runs a TypeScript program of this repository: node scripts/run.mjs FILE.ts ARGUMENTS...
// Node 20 does not strip types, so esbuild bundles the file first (milliseconds).
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.resolve(process.argv[2]);
const name = path.relative(root, source).replaceAll(path.sep, "-").replace(/\.ts$/, "");
const outfile = path.join(root, "dist/run", `${name}.mjs`);
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});
process.argv.splice(1, 2, source);
await import(pathToFileURL(outfile).href);
