/**
 * What every fuzzer here shares: trials with numbers, each of which says all of its mutations, run in a worker thread so
 * that one that hangs can be ended and named.
 *
 * --seconds N    how long (30)
 * --seed N       the first number
 * --one N        only the trial with this number, with what it prints: how a failure is repeated
 * --save FOLDER  writes the files of each failing trial there
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** No trial may take longer, in ms of processor time. */
export const LIMIT_MS = 2000;

/** What a trial is made of. */
export interface Seed {
  readonly name: string;
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface Fuzzer {
  /** What a trial is called: `link`. */
  readonly noun: string;
  /** The seeds of all trials. */
  prepare(): readonly Seed[];
  mutate(seeds: readonly Seed[], number: number): Seed;
  /** What is wrong with how it went, or undefined. `show`: print what it prints; `count` it if it made an output. */
  attempt(seed: Seed, show: boolean, count: () => void): string | undefined | Promise<string | undefined>;
}

/** What the worker keeps up to date: the trial it is at, when that began, how many made an output. */
const TRIAL = 0;
const BEGAN = 1;
const SUCCEEDED = 2;

/** Processor time of this process, in ms: on a busy machine a trial may take long without being slow. */
const now = () => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1000);
};

/** One trial, with its time and without its exceptions. */
async function attempt(fuzzer: Fuzzer, seed: Seed, show: boolean, count: () => void) {
  const began = now();
  try {
    const problem = await fuzzer.attempt(seed, show, count);
    const took = now() - began;
    return problem ?? (took > LIMIT_MS ? `took ${took} ms` : undefined);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** The whole program of a fuzzer: `url` is that of its file. */
export async function campaign(url: string, fuzzer: Fuzzer): Promise<void> {
  if (isMainThread) process.exitCode = await run(url, fuzzer);
  else await work(fuzzer);
}

async function work(fuzzer: Fuzzer): Promise<void> {
  const { first, progress } = workerData;
  const seeds = fuzzer.prepare();
  parentPort?.postMessage({ ready: seeds.length });
  for (let number = first; ; number++) {
    const seed = fuzzer.mutate(seeds, number);
    Atomics.store(progress, BEGAN, now());
    Atomics.store(progress, TRIAL, number);
    const problem = await attempt(fuzzer, seed, false, () => Atomics.add(progress, SUCCEEDED, 1));
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

async function run(url: string, fuzzer: Fuzzer): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options.one !== undefined) {
    const seed = fuzzer.mutate(fuzzer.prepare(), options.one);
    console.log(`${seed.name}: ${seed.args.join(" ")}`);
    if (options.save) save(seed, options.save);
    const problem = await attempt(fuzzer, seed, true, () => {});
    console.log(problem ?? "as it should be");
    return problem ? 1 : 0;
  }

  // A worker that hangs is ended, and the next begins after the trial that did.
  const failures = new Map<number, string>();
  // The time begins when the seeds are ready.
  let end = Number.POSITIVE_INFINITY;
  let trials = 0;
  let succeeded = 0;
  let first = options.seed;
  while (performance.now() < end) {
    const progress = new Int32Array(new SharedArrayBuffer(12));
    const worker = new Worker(new URL(url), { workerData: { first, progress } });
    const last = await new Promise<number>((done) => {
      let seeds = 0;
      worker.on("message", (message) => {
        if (message.ready !== undefined) {
          seeds = message.ready;
          end = Math.min(end, performance.now() + options.seconds * 1000);
        } else failures.set(message.number, message.problem);
      });
      worker.on("error", (error) => {
        failures.set(progress[TRIAL], String(error));
        done(progress[TRIAL]);
      });
      const timer = setInterval(() => {
        if (!seeds) return;
        const at = Atomics.load(progress, TRIAL);
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
    trials += last - first + 1;
    succeeded += progress[SUCCEEDED];
    first = last + 1;
  }

  // The same exception counts once.
  const kinds = new Set<string>();
  const seeds = options.save && failures.size ? fuzzer.prepare() : [];
  for (const [number, problem] of failures) {
    const kind = problem
      .split("\n")
      .slice(0, 3)
      .join("\n")
      .replace(/\d{3,}/g, "N");
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    console.log(`FAIL ${fuzzer.noun} ${number}: ${problem.split("\n").slice(0, 5).join("\n  ")}`);
    if (options.save) save(fuzzer.mutate(seeds, number), path.join(options.save, String(number)));
  }
  const all = `${trials} ${fuzzer.noun}s from seed ${options.seed}, ${succeeded} of them made an output`;
  console.log(`${all}, ${failures.size} failures of ${kinds.size} kinds`);
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
