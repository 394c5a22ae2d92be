/**
 * Builds the programs of test/programs with each compiler's own driver, once
 * with GNU ld and once with ours, compares the two files and runs ours:
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-programs.ts [--ld FOLDER] [--keep] [REGEX]
 *
 * --ld  the folder with our `ld` (bin/), which is given to the driver as -B;
 *       `--ld reference` runs GNU ld twice, to check the programs themselves
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compareImages } from "./compare-images.ts";
import { judge, readReasons, showDifferences } from "./differences.ts";
import { isInstalled, runShell, Tally } from "./process.ts";

/** A way to build and run: a compiler, its options, and what its output runs on. */
interface Kit {
  readonly c: string;
  readonly cxx?: string;
  readonly run: string;
}

const semihost = (bits: string, options: string): Kit => ({
  c: `riscv64-unknown-elf-gcc --specs=picolibc.specs --oslib=semihost --crt0=semihost ${options} \
-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=4M,--defsym=__ram=0x80400000,--defsym=__ram_size=4M`,
  run: `qemu-system-riscv${bits} -M virt -bios none -display none -serial none -monitor none \
-semihosting-config enable=on,target=native -kernel`,
});

const KITS = {
  "x86-64": { c: "gcc -static -no-pie", cxx: "g++ -static -no-pie", run: "" },
  "x86-64-static-pie": { c: "gcc -static-pie -fPIE", cxx: "g++ -static-pie -fPIE", run: "" },
  "x86-64-pie": { c: "gcc -pie -fPIE", cxx: "g++ -pie -fPIE", run: "" },
  "x86-64-dynamic": { c: "gcc -no-pie -fno-pie", cxx: "g++ -no-pie -fno-pie", run: "" },
  "x86-64-clang": { c: "clang", cxx: "clang++", run: "" },
  riscv64: { c: "riscv64-linux-gnu-gcc -static", cxx: "riscv64-linux-gnu-g++ -static", run: "qemu-riscv64" },
  "riscv64-pie": {
    c: "riscv64-linux-gnu-gcc -pie -fPIE",
    cxx: "riscv64-linux-gnu-g++ -pie -fPIE",
    run: "qemu-riscv64 -L /usr/riscv64-linux-gnu",
  },
  "riscv64-dynamic": {
    c: "riscv64-linux-gnu-gcc -no-pie -fno-pie",
    cxx: "riscv64-linux-gnu-g++ -no-pie -fno-pie",
    run: "qemu-riscv64 -L /usr/riscv64-linux-gnu",
  },
  "picolibc-rv32": semihost("32", "-march=rv32imac -mabi=ilp32"),
  "picolibc-rv64": semihost("64", "-march=rv64imac -mabi=lp64 -mcmodel=medany"),
  "raw-x86-64": { c: "gcc -nostdlib -static", run: "" },
  "raw-riscv64": { c: "riscv64-linux-gnu-gcc -nostdlib -static", run: "qemu-riscv64" },
} as const satisfies Record<string, Kit>;

type KitName = keyof typeof KITS;

interface Program {
  /** NAME.out beside the sources is what it prints. */
  readonly name: string;
  readonly sources: readonly string[];
  readonly kits: readonly KitName[];
  /** Each is built with -O1 and these: the options that change what the linker gets. */
  readonly variants: readonly string[];
}

/** With shared libraries. */
const DYNAMIC: readonly KitName[] = [
  "x86-64-pie",
  "x86-64-dynamic",
  "x86-64-clang",
  "riscv64-pie",
  "riscv64-dynamic",
];
const HOSTED: readonly KitName[] = ["x86-64", "x86-64-static-pie", "riscv64", ...DYNAMIC];
const BARE: readonly KitName[] = ["picolibc-rv32", "picolibc-rv64"];
const LIST = `-Wl,--dynamic-list=${path.resolve("test/programs/exported.list")}`;
const GC = "-ffunction-sections -fdata-sections -Wl,--gc-sections";

const PROGRAMS: readonly Program[] = [
  {
    name: "constructors",
    sources: ["constructors.c", "constructors-other.c"],
    kits: [...HOSTED, ...BARE],
    variants: ["", GC],
  },
  {
    name: "collected",
    sources: ["collected.c", "collected-other.c"],
    // Clang takes the weak tentative definition for one that is final.
    kits: [...HOSTED.filter((kit) => kit !== "x86-64-clang"), ...BARE],
    variants: ["", GC, "-g"],
  },
  {
    name: "tls",
    sources: ["tls.c", "tls-other.c"],
    kits: HOSTED,
    variants: ["", "-fPIC", "-fPIC -ftls-model=local-dynamic", "-ftls-model=initial-exec"],
  },
  { name: "tls", sources: ["tls.c", "tls-other.c"], kits: BARE, variants: ["", "-ftls-model=initial-exec"] },
  { name: "threads", sources: ["threads.c"], kits: HOSTED, variants: ["", "-fPIC"] },
  { name: "ifunc", sources: ["ifunc.c", "ifunc-other.c"], kits: HOSTED, variants: ["", "-fPIC", GC] },
  { name: "comdat", sources: ["comdat.cpp", "comdat-other.cpp"], kits: HOSTED, variants: ["", GC] },
  {
    name: "exceptions",
    sources: ["exceptions.cpp", "exceptions-other.cpp"],
    kits: HOSTED,
    variants: ["", GC],
  },
  {
    name: "shared",
    sources: ["shared.c", "shared-other.c"],
    kits: DYNAMIC,
    variants: [
      "-lm",
      `-lm ${GC}`,
      "-lm -Wl,-z,now",
      "-lm -fno-plt -fPIC",
      "-lm -Wl,--hash-style=both -Wl,-O1",
      "-lm -Wl,--hash-style=sysv -Wl,-z,norelro -Wl,-rpath,/nowhere:/else -s",
      "-lm -Wl,--no-as-needed -Wl,--disable-new-dtags -Wl,-rpath,/nowhere",
      "-lm -Wl,-q",
      "-lm -Wl,-z,nocombreloc",
      "-lm -Wl,-u,printf,-u,puts,-soname,it.so,-z,unique,-z,nodump,-z,nodelete,--package-metadata={}",
    ],
  },
  {
    name: "shared",
    sources: ["shared.c", "shared-other.c"],
    kits: ["x86-64-pie", "x86-64-dynamic"],
    variants: ["-lm -fcf-protection", "-lm -Wl,-z,ibtplt"],
  },
  {
    name: "exported",
    sources: ["exported.c"],
    kits: DYNAMIC,
    variants: ["-rdynamic", `-rdynamic ${GC}`, LIST, `${LIST} ${GC}`],
  },
  { name: "raw-x86-64", sources: ["raw-x86-64.s"], kits: ["raw-x86-64"], variants: [""] },
  {
    name: "raw-riscv64",
    sources: ["raw-riscv64.s"],
    kits: ["raw-riscv64"],
    variants: ["", "-Wl,--no-relax"],
  },
];

const root = process.cwd();
const folder = path.join(root, "test/programs");

function parse(args: readonly string[]) {
  const options = { ld: path.join(root, "bin"), keep: false, filter: /./ };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--ld") options.ld = args[++i];
    else if (args[i] === "--keep") options.keep = true;
    else options.filter = new RegExp(args[i]);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const reasons = readReasons(path.join(root, "conformance/gnu-ld/differences.json"));
const top = mkdtempSync(path.join(os.tmpdir(), "premain-programs-"));

/** What is wrong with our link of a program: nothing, if all is well. */
async function check(
  name: string,
  kit: Kit,
  driver: string,
  program: Program,
  variant: string,
): Promise<string[]> {
  const work = mkdtempSync(path.join(top, "p-"));
  const objects: string[] = [];
  for (const source of program.sources) {
    const object = path.join(work, source.replace(/\.\w+$/, ".o"));
    const made = await runShell(`${driver} -O1 ${variant} -c ${source} -o ${object}`, folder);
    if (made.status) return [`does not compile: ${made.stderr}`];
    objects.push(object);
  }
  // The same name for both, as the driver may write it into the file.
  const link = async (linker: string, place: string) => {
    mkdirSync(path.join(work, place));
    const pthread = program.name === "threads" ? "-pthread" : "";
    // Clang knows no plug-in but its own.
    const plain = driver.startsWith("clang") ? "" : "-fno-use-linker-plugin";
    const line = `${driver} ${linker} ${plain} ${pthread} ${objects.join(" ")} ${variant} -o program`;
    return runShell(line, path.join(work, place));
  };
  const gnu = await link("", "gnu");
  if (gnu.status) return [`GNU ld fails: ${gnu.stderr}`];
  const ours = await link(options.ld === "reference" ? "" : `-B${options.ld}/`, "ours");
  if (ours.status) return [`link fails: ${ours.stderr.split("\n").slice(0, 6).join("\n    ")}`];

  const problems: string[] = [];
  const [a, b] = [path.join(work, "gnu/program"), path.join(work, "ours/program")];
  const { rest } = judge(reasons, name, compareImages(readFileSync(a), readFileSync(b)));
  if (rest.length) problems.push(`${rest.length} differences\n${showDifferences(rest, 12)}`);
  const expected = readFileSync(path.join(folder, `${program.name}.out`), "utf8");
  for (const [who, file] of [
    ["GNU ld's", a],
    ["ours", b],
  ]) {
    const ran = await runShell(`timeout 20 ${kit.run} ${file} 2>&1`, work);
    // Semihosting ends lines as a terminal does.
    const output = ran.stdout.replaceAll("\r", "");
    if (output !== expected || ran.status) problems.push(`${who} prints (status ${ran.status})\n${output}`);
  }
  if (options.keep) problems.length && problems.push(work);
  else rmSync(work, { recursive: true, force: true });
  return problems;
}

const tally = new Tally();
for (const program of PROGRAMS)
  for (const kitName of program.kits)
    for (const variant of program.variants) {
      const name = `${program.name} ${kitName} ${variant}`.trim();
      if (!options.filter.test(name)) continue;
      const kit: Kit = KITS[kitName];
      const driver = program.sources[0].endsWith(".cpp") ? (kit.cxx ?? kit.c) : kit.c;
      const missing = [driver, kit.run]
        .map((line) => line.split(" ")[0])
        .find((tool) => tool && !isInstalled(tool));
      if (missing) {
        tally.skip(name, `${missing} is not installed`);
        continue;
      }
      const problems = await check(name, kit, driver, program, variant);
      if (problems.length) tally.fail(name, problems);
      else tally.pass();
    }
if (!options.keep) rmSync(top, { recursive: true, force: true });
process.exitCode = tally.finish();
