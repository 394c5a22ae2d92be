/**
 * Fuzzes the linker with mutated objects, archives and scripts:
 *
 *     node scripts/run.mjs conformance/fuzz/fuzz.ts [--seconds N] [--seed N] [--one N] [--save FOLDER]
 *
 * --seconds  how long (30)
 * --seed     the first number; each link has the next one, which says all of its mutations
 * --one      only the link with this number, with its messages: what a failure prints to repeat it
 * --save     writes the files of each failing link there
 *
 * What must hold of every link, whatever its input: no exception, an end within
 * two seconds of processor time, and an output only if there was no error. The links run in a
 * worker thread, so that one that hangs can be ended and named.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Report, renderDiagnostic } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem, type OutputFile } from "../../src/files/index.ts";
import { link, parseArguments } from "../../src/link/index.ts";
import { readCorpus, type Seed } from "./corpus.ts";
import { mutateBytes, mutateText, Random } from "./mutate.ts";

const LIMIT_MS = 2000;
/** Outputs beyond this are not kept, only their size: an absurd address makes an absurd file. */
const KEPT_BYTES = 1 << 26;

/** What the worker keeps up to date: the link it is at, when that began (ms, wrapping), how many succeeded. */
const LINK = 0;
const BEGAN = 1;
const SUCCEEDED = 2;

/** Processor time of this process, in ms: on a busy machine a link may take long without being slow. */
const now = () => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1000);
};

class FuzzFiles extends MemoryFileSystem {
  override create(name: string): OutputFile {
    const inner = super.create(name);
    return {
      ...inner,
      write(bytes, position) {
        if (position + bytes.length <= KEPT_BYTES) inner.write(bytes, position);
      },
    };
  }
}

const decoder = new TextDecoder("latin1");
const isText = (bytes: Uint8Array) => !(bytes[0] === 0x7f || (bytes[0] === 0x21 && bytes[1] === 0x3c));
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** The mutated files of a link: one or two of them changed. */
function mutate(seeds: readonly Seed[], number: number): Seed {
  const random = new Random(number);
  const seed = random.pick(seeds);
  const files = { ...seed.files };
  const names = Object.keys(files);
  for (let i = 1 + random.below(2); i > 0; i--) {
    const name = random.pick(names);
    const other = Object.values(random.pick(seeds).files);
    if (isText(files[name])) {
      const texts = other.filter(isText).map((bytes) => decoder.decode(bytes));
      files[name] = bytesOf(mutateText(random, decoder.decode(files[name]), texts.length ? texts : [""]));
    } else files[name] = mutateBytes(random, files[name], other);
  }
  const extra = [
    "--gc-sections",
    "-r",
    "--emit-relocs",
    "--build-id",
    "--eh-frame-hdr",
    "-O2",
    "--no-relax",
    "-s",
  ];
  const args = random.below(3) === 0 ? [...seed.args, random.pick(extra)] : seed.args;
  return { name: seed.name, args, files };
}

/** What is wrong with how a link went, or undefined; `succeeded` counts the links that made an output. */
function tryLink(seed: Seed, show: boolean, count?: Int32Array): string | undefined {
  const files = new FuzzFiles(seed.files);
  const report = new Report();
  const began = now();
  try {
    const { options, action } = parseArguments(seed.args, "ld", "gnu", files, report);
    if (action !== "link" || report.hasErrors) return undefined;
    const { succeeded } = link(options, { files }, report);
    if (show)
      for (const diagnostic of report.diagnostics)
        process.stdout.write(renderDiagnostic(diagnostic, { program: "ld", dialect: "gnu", color: false }));
    if (succeeded && count) Atomics.add(count, SUCCEEDED, 1);
    const took = now() - began;
    if (took > LIMIT_MS) return `took ${took} ms`;
    // The name may come from the script's OUTPUT.
    const made = [...files.files].some(([name, bytes]) => seed.files[name] !== bytes);
    if (succeeded && report.hasErrors) return "succeeded in spite of an error";
    if (!succeeded && !report.hasErrors) return "failed without a message";
    if (made !== succeeded) return succeeded ? "succeeded without an output" : "failed and left an output";
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function runWorker(): void {
  const { folder, first, progress } = workerData;
  const seeds = readCorpus(folder);
  parentPort?.postMessage({ ready: seeds.length });
  for (let number = first; ; number++) {
    const seed = mutate(seeds, number);
    Atomics.store(progress, BEGAN, now());
    Atomics.store(progress, LINK, number);
    const problem = tryLink(seed, false, progress);
    if (problem) parentPort?.postMessage({ number, problem });
  }
}

function parse(args: readonly string[]) {
  const options = { seconds: 30, seed: 1, one: undefined as number | undefined, save: "" };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--seconds") options.seconds = Number(args[++i]);
    else if (args[i] === "--seed") options.seed = Number(args[++i]);
    else if (args[i] === "--one") options.one = Number(args[++i]);
    else if (args[i] === "--save") options.save = args[++i];
    else throw new Error(`unknown option ${args[i]}`);
  }
  return options;
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  const folder = path.resolve("test/ld");
  if (options.one !== undefined) {
    const seed = mutate(readCorpus(folder), options.one);
    console.log(`${seed.name}: ld ${seed.args.join(" ")}`);
    if (options.save) save(seed, options.save);
    const problem = tryLink(seed, true);
    console.log(problem ?? "as it should be");
    return problem ? 1 : 0;
  }

  // A worker that hangs is ended, and the next begins after the link that did.
  const failures = new Map<number, string>();
  // The time begins when the corpus is assembled.
  let end = Number.POSITIVE_INFINITY;
  let links = 0;
  let succeeded = 0;
  let first = options.seed;
  while (performance.now() < end) {
    const progress = new Int32Array(new SharedArrayBuffer(12));
    const worker = new Worker(new URL(import.meta.url), { workerData: { folder, first, progress } });
    const last = await new Promise<number>((done) => {
      let seeds = 0;
      worker.on("message", (message) => {
        if (message.ready !== undefined) {
          seeds = message.ready;
          end = Math.min(end, performance.now() + options.seconds * 1000);
        } else failures.set(message.number, message.problem);
      });
      worker.on("error", (error) => {
        failures.set(progress[LINK], String(error));
        done(progress[LINK]);
      });
      const timer = setInterval(() => {
        if (!seeds) return;
        const at = Atomics.load(progress, LINK);
        const took = now() - Atomics.load(progress, BEGAN);
        const hangs = at !== 0 && took > 2 * LIMIT_MS;
        if (hangs) failures.set(at, `still running after ${took} ms`);
        if (hangs || performance.now() >= end) {
          clearInterval(timer);
          done(at);
        }
      }, 100);
      worker.on("exit", () => clearInterval(timer));
    });
    await worker.terminate();
    links += last - first + 1;
    succeeded += progress[SUCCEEDED];
    first = last + 1;
  }

  // The same exception counts once.
  const kinds = new Map<string, number>();
  for (const [number, problem] of failures) {
    const kind = problem
      .split("\n")
      .slice(0, 3)
      .join("\n")
      .replace(/\d{3,}/g, "N");
    if (kinds.has(kind)) continue;
    kinds.set(kind, number);
    console.log(`FAIL link ${number}: ${problem.split("\n").slice(0, 5).join("\n  ")}`);
    if (options.save) save(mutate(readCorpus(folder), number), path.join(options.save, String(number)));
  }
  console.log(
    `${links} links from seed ${options.seed}, ${succeeded} of them made an output, ${failures.size} failures of ${kinds.size} kinds`,
  );
  console.log(`${kinds.size ? 0 : 1} passed, ${kinds.size} failed`);
  return kinds.size ? 1 : 0;
}

function save(seed: Seed, place: string): void {
  for (const [name, bytes] of Object.entries(seed.files)) {
    mkdirSync(path.dirname(path.join(place, name)), { recursive: true });
    writeFileSync(path.join(place, name), bytes);
  }
  writeFileSync(path.join(place, "args"), `${seed.args.join("\n")}\n`);
}

if (isMainThread) process.exitCode = await main();
else runWorker();
