// Builds dist/: the library (ES modules and declarations, one folder per stage)
// and the command line as CommonJS files, one for each bundle of bin/tools.json,
// with what lets them start fast: a single file, a code cache, a snapshot.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { moduleInSource, standIn } from "./kernels.mjs";
import { calledFunctions, splitBundle } from "./split-bundle.mjs";
import { trimSnapshot } from "./trim-snapshot.mjs";

// --cli builds the command line only, --readable makes it fit for a profiler.
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const tools = require("../bin/tools.json");
const bundles = [...new Set(Object.values(tools).map((tool) => tool.bundle))];

/** What all files of the command line are. */
const FORM = {
  platform: "node",
  format: "cjs",
  target: "node20",
  charset: "ascii",
  legalComments: "none",
  supported: { "dynamic-import": false },
};

/** The program of the linker's second thread, which the linker has in it as a text. */
async function programOfThread() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/link-thread.ts"],
    write: false,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    charset: "ascii",
    treeShaking: true,
    logLevel: "warning",
  });
  return outputFiles[0].text;
}

/** The kernels' module as a file of its own, once, instead of a text in the bundle and in its snapshot (src/cli/bundles/link.ts). */
const kernelsInFile = {
  name: "kernels in a file",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]kernels[/\\]module\.ts$/ }, () => {
      writeFileSync(path.join(root, "dist/bin/kernels.wasm"), moduleInSource());
      return { contents: 'export const MODULE = "";' };
    });
  },
};

async function bundleCommandLine() {
  rmSync(path.join(root, "dist/bin"), { recursive: true, force: true });
  mkdirSync(path.join(root, "dist/bin"), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: bundles.map((name) => `src/cli/bundles/${name}.ts`),
    outdir: "dist/bin",
    outExtension: { ".js": ".cjs" },
    bundle: true,
    // The rest of what makes it small comes when it is divided.
    minifySyntax: true,
    ...FORM,
    // Capstone has its WebAssembly beside it and is loaded only for machines that need it.
    // As `require`: a script that bin/start.cjs compiles has no dynamic import.
    external: ["@alexaltea/capstone-js"],
    plugins: [kernelsInFile],
    alias: { fflate: "./scripts/lazy-fflate.mjs" },
    define: {
      PREMAIN_VERSION: JSON.stringify(require("../package.json").version),
      PREMAIN_TOOLS: JSON.stringify(JSON.stringify(tools)),
      PREMAIN_LINK_THREAD: JSON.stringify(await programOfThread()),
    },
    logLevel: "warning",
  });
}

/** Snapshots of a bundle, what is behind their names and V8's flags about threads, as in bin/premain. */
const ALONE = { "": ["--single-threaded"] };
const OF_LINKER = { "": ["--single-threaded-gc"], "-alone": ["--single-threaded"] };

/**
 * What a bundle starts from, made by running the commands of a warm-up: a code
 * cache, which holds what they compiled, and a start-up snapshot, which is the
 * whole heap with that in it and spares a start the loading of the bundle too.
 * The cache serves where the snapshot cannot (bin/premain says when).
 */
async function prepareStart(bundle, { files, commands, seldom = [], threads = ALONE }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-build-"));
  if (bundle === "link") files["web-assembly.js"] = await standIn();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const file = path.join(root, `dist/bin/${bundle}.cjs`);
  const run = (args, environment) =>
    spawnSync(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "", ...environment },
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
    });
  const warming = { PREMAIN_WARM_UP: JSON.stringify(commands), PREMAIN_STAND_IN: "web-assembly.js" };
  // What a start itself calls shows in starts.
  const called = calledFunctions(file, (environment) => {
    // Of the other tools too much is usual for somebody.
    if (bundle !== "link") return;
    const blob = path.join(folder, "snapshot");
    const make = ["--snapshot-blob", blob, "--build-snapshot", file];
    // Twice: the second time outputs are there that have to be replaced.
    for (let i = 0; i < 2; i++) run(make, { ...warming, ...environment });
    for (const command of [[commands[0][0], "--version"], commands[0]])
      run(["--snapshot-blob", blob, ...command], environment);
  });
  await divide(file, called);
  run([path.join(root, "scripts/code-cache.cjs"), file], warming);
  for (const [suffix, more] of Object.entries(threads)) {
    // V8's flags are part of a snapshot: they must be those of bin/premain. New seeds for all hashes, against
    // who would make a server slow with strings of equal ones, are nothing to a tool, and take a tenth of a start.
    const flags = ["--initial-old-space-size=200", "--no-rehash-snapshot", ...more];
    const blob = path.join(root, `dist/bin/${bundle}${suffix}.blob`);
    const made = run([...flags, "--snapshot-blob", blob, "--build-snapshot", file], warming);
    const start = (blob, command, environment) =>
      run([...flags, "--snapshot-blob", blob, ...command], environment);
    if (made.status === 0) trim(blob, (file) => start(file, commands[0]));
    finish(bundle, suffix, blob, made);
    if (made.status === 0) for (const command of seldom) start(blob, command, { PREMAIN_KEEP_REST: "" });
  }
  rmSync(folder, { recursive: true });
}

/** Makes two files of a bundle: the second has what was not called. */
async function divide(file, called) {
  const loader = readFileSync(path.join(root, "scripts/the-rest.cjs"), "utf8");
  const { first, second } = splitBundle(readFileSync(file, "utf8"), called, "loadTheRest");
  const parts = { [file]: `${loader}\n${first}`, [file.replace(/cjs$/, "rest.cjs")]: second };
  for (const [name, text] of Object.entries(parts)) {
    const { code } = await transform(text, { ...FORM, minify: !process.argv.includes("--readable") });
    writeFileSync(name, code);
  }
}

/** Gives a snapshot its name for each tool, if it was made. */
function finish(bundle, suffix, blob, made) {
  // Whose snapshot it is shows in its time of modification, which a shell can compare for nothing.
  if (made.status !== 0 || spawnSync("touch", ["-r", process.execPath, blob]).status !== 0) {
    rmSync(blob, { force: true });
    console.error(`no start-up snapshot of ${bundle}${suffix}: ${made.stderr}`);
    return;
  }
  for (const [tool, row] of Object.entries(tools))
    if (row.bundle === bundle)
      symlinkSync(path.basename(blob), path.join(root, `dist/bin/${tool}${suffix}.snapshot`));
}

/** Trims a snapshot, if a trial shows that it still serves. */
function trim(blob, tryIt) {
  const trimmed = `${blob}.trimmed`;
  copyFileSync(blob, trimmed);
  if (trimSnapshot(trimmed) && tryIt(trimmed).status === 0) renameSync(trimmed, blob);
  else rmSync(trimmed);
}

/** The links that stand for those of users (scripts/warm-up.ts). */
async function warmUpOfLinker() {
  const options = {
    entryPoints: [path.join(root, "scripts/warm-up.ts")],
    bundle: true,
    write: false,
    format: "esm",
  };
  const { outputFiles } = await build({ ...options, platform: "node", logLevel: "warning" });
  const { warmUp } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return warmUp();
}

/**
 * The runs that stand for those of users: a program that does what a C library
 * does and has hot code, for RV64 and for RV32, and one that stops a board. Our
 * own tools make them, from bundles that are there already.
 */
function warmUpOfMachine() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-build-"));
  const tool = (bundle, ...args) => {
    const file = path.join(root, `dist/bin/${bundle}.cjs`);
    const made = spawnSync(process.execPath, [file, ...args], { cwd: folder, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`the warm-up of the machine cannot be made: ${made.stderr}`);
  };
  const source = path.join(root, "scripts/warm-up-machine.s");
  tool("assemble", "as", "-march=rv64gc", "-mabi=lp64d", "--defsym", "WIDE=1", source, "-o", "linux64.o");
  tool("assemble", "as", "-march=rv32gc", "-mabi=ilp32d", source, "-o", "linux32.o");
  for (const xlen of [64, 32])
    tool("link", "ld", "-m", `elf${xlen}lriscv`, `linux${xlen}.o`, "-o", `linux${xlen}`);
  writeFileSync(path.join(folder, "bare.s"), "lui t0, 0x100\nli t1, 0x5555\nsw t1, 0(t0) # the finisher\n");
  tool("assemble", "as", "-march=rv64gc", "-mabi=lp64d", "bare.s", "-o", "bare.o");
  tool("link", "ld", "-m", "elf64lriscv", "-Ttext=0x80000000", "-e", "0x80000000", "bare.o", "-o", "bare");
  const names = ["linux64", "linux32", "bare"];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name))]));
  rmSync(folder, { recursive: true });
  const commands = names.map((name) => ["run", "--memory", "16M", name]);
  return { files, commands, threads: { "": [] } };
}

/** The tour's board, assembled, disassembled, listed and explained: a bit of everything that the other tools do. */
function warmUps(files) {
  const source = readFileSync(path.join(root, "examples/tour/board.s"), "utf8");
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-build-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  writeFileSync(path.join(folder, "board.s"), source);
  const make = (bundle, line) =>
    spawnSync(process.execPath, [path.join(root, `dist/bin/${bundle}.cjs`), ...line.split(" ")], {
      cwd: folder,
    });
  make("assemble", "as -g board.s -o board.o");
  make("link", "ld -L. x86.o x86-few.o --start-group -lx86 --end-group -o program");
  make("link", "ld -static -pie --no-dynamic-linker x86-few.o -o pie");
  const names = ["board.o", "x86.o", "program", "pie"];
  const made = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name))]));
  rmSync(folder, { recursive: true });
  const on = (...lines) => lines.map((line) => line.split(" "));
  return {
    assemble: {
      files: { "board.s": source, "wrong.s": "addi a0, a0, 5000\n frob\n" },
      commands: on("as -g board.s -o board.o"),
      seldom: on("as wrong.s -o wrong.o", "as -al board.s -o board.o"),
    },
    objects: {
      files: made,
      commands: on(
        "nm board.o",
        "nm program",
        "size program",
        "ar rc board.a board.o",
        "ranlib board.a",
        "objcopy board.o copy.o",
        "strip board.o -o copy.o",
        "strip program -o copy",
        "objcopy -O binary program copy.bin",
      ),
      seldom: on(
        "ar tv board.a",
        "nm -CS board.a",
        "strings board.o",
        "c++filt _ZN3std3abcIiEEvRKT_ _RNvC4warm4main",
        "addr2line -fe board.o 4",
        "objcopy -O ihex -j .text program copy.hex",
      ),
    },
    inspect: {
      files: made,
      commands: on(
        "readelf -aW board.o",
        "readelf -aW pie",
        "readelf -aW program",
        "objdump -dr board.o",
        "objdump -dr x86.o",
        "objdump -dh program",
      ),
      seldom: on("readelf -w board.o", "objdump -xsSl board.o", "objdump -d -M intel x86.o"),
    },
    explain: {
      files: {},
      commands: [["explain", "addi a0, a0, 1"]],
      seldom: on("explain csrw", "explain sp"),
    },
  };
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
const linker = await warmUpOfLinker();
await prepareStart("link", { ...linker, threads: OF_LINKER });
await prepareStart("run", warmUpOfMachine());
for (const [bundle, warmUp] of Object.entries(warmUps(linker.files))) await prepareStart(bundle, warmUp);
if (!process.argv.includes("--cli") && !compileLibrary()) process.exit(1);
