import { closeSync, openSync, readFileSync, realpathSync, statSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { startupSnapshot } from "node:v8";
import { Report, renderDiagnostic } from "../diagnostics/index.ts";
import { readElf, readSymbols } from "../elf/index.ts";
import {
  adviseCompiler,
  type BareResult,
  type BareSystem,
  type Board,
  CallTrace,
  CallTracker,
  type Clock,
  causeName,
  coverageText,
  describeLoad,
  ExecutionCounts,
  type FileTree,
  flatText,
  foldedText,
  InstructionTrace,
  LinuxProcess,
  MountedTrees,
  type ProcessWatcher,
  Profile,
  ProgramSymbols,
  printAccess,
  type RunResult,
  readBoard,
  readLinkMap,
  runObserved,
  SIGNAL_NAMES,
  type StepObserver,
  type Stream,
  shareMemory,
  startBare,
  startLinux,
  systemCallTrace,
  Timeline,
  TraceFilter,
  timelineText,
  treeText,
  usesSemihosting,
} from "../machine/index.ts";
import { serveGdb } from "./gdb.ts";
import { problemOf } from "./node-files.ts";
import { inputPoller, restoreTerminal, sleepMilliseconds, standardStream } from "./node-streams.ts";
import { NodeTree } from "./node-tree.ts";
import { adviseForModule } from "./optimizer.ts";
import { parseRunOptions, RUN_HELP, type RunOptions } from "./run-options.ts";

/** `premain run`: loads a program into a machine, runs it, and tells what was asked for. */

/** Instructions between two looks at what the host has to say: signals. */
const SLICE = 100_000_000;
const LIMIT_REACHED = 124;

type Result = RunResult | BareResult;
type System = LinuxProcess | BareSystem;

const complain = (text: string) => process.stderr.write(`premain run: ${text}\n`);

function readBytes(file: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    complain(`cannot open ${file}: ${problemOf(error)}`);
    return undefined;
  }
}

/** Which machine a program is made for. A Linux program says so, or has nothing that a bare one has. */
function chooseMachine(bytes: Uint8Array, options: RunOptions): "linux" | "bare" {
  if (options.machine !== "auto") return options.machine;
  if (options.board !== undefined || options.flat !== undefined) return "bare";
  const elf = readElf(bytes, new Report(), options.program);
  if (!elf) return "linux";
  if (elf.sections.some(({ name }) => name === ".note.ABI-tag")) return "linux";
  const moved = elf.segments.some(
    ({ type, address, loadAddress, fileSize }) => type === 1 && fileSize > 0 && address !== loadAddress,
  );
  if (moved || elf.entry >= 0x80000000n || usesSemihosting(bytes)) return "bare";
  return readSymbols(elf).some(({ name }) => name === "tohost") ? "bare" : "linux";
}

/** The folders that the guest was granted, and where its relative paths start. */
function openTrees(options: RunOptions): { files: FileTree; folder: string } | undefined {
  const mounts: Record<string, FileTree> = {};
  for (const { host, guest, writable } of options.directories) {
    try {
      if (!statSync(host).isDirectory()) throw new Error("ENOTDIR: not a directory, open");
      mounts[path.posix.normalize(`/${guest ?? realpathSync(host)}`).replace(/(.)\/$/, "$1")] = new NodeTree(
        host,
        writable,
      );
    } catch (error) {
      complain(`--dir ${host}: ${problemOf(error)}`);
      return undefined;
    }
  }
  return { files: new MountedTrees(mounts), folder: options.folder ?? realpathSync(".") };
}

const realClock: Clock = {
  realTime: () => BigInt(Date.now()) * 1_000_000n,
  monotonic: () => process.hrtime.bigint(),
  sleep: (nanoseconds) => sleepMilliseconds(Math.min(Number(nanoseconds) / 1e6, 1000)),
};

/** A description in JSON; or a CommonJS module that exports one, with `devices` that are code. */
function readBoardFile(file: string, report: Report): Board | undefined {
  if (!/\.c?js$/.test(file)) {
    const bytes = readBytes(file);
    return bytes && readBoard(new TextDecoder().decode(bytes), file, report);
  }
  try {
    const exported: unknown = createRequire(path.resolve(file))(path.resolve(file));
    const { devices, ...rest }: { readonly devices?: Board["devices"] } = Object(exported);
    const board = readBoard(JSON.stringify(rest), file, report);
    return board && { ...board, devices };
  } catch (error) {
    complain(`--board ${file}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function start(bytes: Uint8Array, options: RunOptions, report: Report): System | undefined {
  adviseCompiler(adviseForModule);
  shareMemory();
  const trees = openTrees(options);
  if (!trees) return undefined;
  const standard: readonly Stream[] = [0, 1, 2].map(standardStream);
  const [input, output, errors] = standard;
  // What is to be repeated exactly must not depend on the host's time.
  const virtual = options.clock === "virtual";
  const { program } = options;
  if (chooseMachine(bytes, options) === "linux") {
    return startLinux(
      bytes,
      program,
      {
        ...trees,
        path: path.resolve(program),
        arguments: [program, ...options.arguments],
        environment: options.environment,
        input,
        output,
        errors,
        clock: virtual ? undefined : realClock,
        seed: options.seed,
        memorySize: options.memory,
        stackSize: options.stack,
        tier: options.tier,
      },
      report,
    );
  }
  const board = options.board === undefined ? undefined : readBoardFile(options.board, report);
  if (options.board !== undefined && !board) return undefined;
  const flat = options.flat === undefined ? undefined : { address: options.flat, xlen: options.xlen };
  let poll: ((into: Uint8Array) => number) | undefined;
  const console = {
    poll: (into: Uint8Array) => {
      poll ??= inputPoller();
      return poll(into);
    },
    read: (into: Uint8Array) => input.read(into),
    write: (text: Uint8Array, toErrors: boolean) => void (toErrors ? errors : output).write(text),
    isTerminal: input.terminal !== undefined,
  };
  return startBare(
    bytes,
    program,
    {
      ...trees,
      board,
      console,
      commandLine: [program, ...options.arguments].join(" "),
      load: flat ? { flat } : undefined,
      tier: options.tier,
      time: virtual ? undefined : () => Math.floor(Date.now() / 1000),
    },
    report,
  );
}

/** Where traces and tables go. */
class Output {
  readonly #fd: number;
  #text = "";

  constructor(file: string | undefined) {
    this.#fd = file === undefined ? 2 : openSync(file, "w");
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length > 65536) this.flush();
  }

  readonly line = (text: string): void => this.write(`${text}\n`);

  flush(): void {
    const bytes = Buffer.from(this.#text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#text = "";
  }

  close(): void {
    this.flush();
    if (this.#fd !== 2) closeSync(this.#fd);
  }
}

const runTarget = (system: System) => ({
  machine: system.machine,
  run: (limit: number): Result => system.run(limit),
});

/** Runs with what has to see each instruction. */
function runWatched(system: System, options: RunOptions, output: Output): Result {
  const symbols = new ProgramSymbols(system.plan);
  const filter = new TraceFilter(options.only, symbols);
  for (const text of filter.unknown) complain(`--only ${text}: no function has that name`);
  const observers: StepObserver[] = [];
  const tracker = new CallTracker(symbols);
  const profile = options.profile ? new Profile(tracker) : undefined;
  const counts = profile || options.coverage !== undefined ? new ExecutionCounts() : undefined;
  if (options.trace.has("calls")) tracker.watchers.push(new CallTrace(symbols, filter, output.line));
  if (options.trace.has("instructions"))
    observers.push(new InstructionTrace(system.machine, symbols, filter, output.line));
  if (profile) observers.push(profile);
  if (counts) observers.push(counts);
  if (tracker.watchers.length > 0) observers.push(tracker);
  let pc = 0;
  observers.push({
    step: (_hart, at) => {
      pc = at;
    },
  });
  const access = options.trace.has("memory")
    ? printAccess(system.machine, symbols, filter, output.line)
    : undefined;
  const result = runObserved(runTarget(system), observers, options.limit, {
    access: access && ((_hart, stop) => access(pc, stop)),
  });
  if (profile && counts) {
    const tree = profile.tree();
    if (options.profile === "tree") output.write(treeText(tree));
    else if (options.profile === "folded") output.write(foldedText(tree));
    else output.write(flatText(profile.flat(), counts.lines(symbols)));
  }
  if (counts && options.coverage !== undefined)
    writeFileSync(options.coverage, coverageText(symbols, counts.counts));
  return result;
}

function runTimeline(system: System, options: RunOptions, output: Output): Result {
  const symbols = new ProgramSymbols(system.plan);
  const text = options.map === undefined ? undefined : readBytes(options.map);
  const map = text && readLinkMap(new TextDecoder().decode(text));
  const { plan } = system;
  const timeline = new Timeline(runTarget(system), { plan, symbols, limit: options.limit, map });
  const result = timeline.run();
  const { events } = timeline;
  output.write(
    options.timeline === "json" ? `${JSON.stringify(events, undefined, 1)}\n` : timelineText(events),
  );
  return result;
}

/** Runs at full speed; comes back to the host now and then once the program wants to hear of its signals. */
async function runFree(system: System, limit: number): Promise<Result> {
  let left = limit;
  let wantsSignals = false;
  if (system instanceof LinuxProcess) {
    const linux = system;
    const signals: Readonly<Record<number, NodeJS.Signals>> = { 1: "SIGHUP", 2: "SIGINT", 15: "SIGTERM" };
    const { watcher } = linux;
    linux.watcher = {
      ...watcher,
      action(signal) {
        const name = signals[signal];
        if (!name || process.listenerCount(name) > 0) return;
        wantsSignals = true;
        linux.machine.requestStop();
        process.on(name, () => linux.signal({ signal, code: 0, value: 1 }));
      },
    };
  }
  for (;;) {
    const slice = wantsSignals ? Math.min(left, SLICE / 10) : left;
    const before = system.machine.retired;
    const result = system.run(slice);
    left -= result.kind === "limit" ? slice : system.machine.retired - before;
    if (result.kind !== "requested" && (result.kind !== "limit" || left <= 0)) return result;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The exit code, after saying what is to be said about an end that is none. */
function exitCodeOf(result: Result, system: System, options: RunOptions): number {
  switch (result.kind) {
    case "exit":
      return result.code;
    case "signal": {
      const { signal, value } = result.info;
      const name = SIGNAL_NAMES[signal] ?? `signal ${signal}`;
      const fault = [4, 5, 7, 8, 11].includes(signal) && result.info.code > 0;
      const hart = system.machine.lastHart;
      const symbols = new ProgramSymbols(system.plan);
      complain(
        fault
          ? `${name} at ${symbols.place(hart.pcNumber)} (pc 0x${hart.pc.toString(16)}), address 0x${value.toString(16)}`
          : `ended by ${name}`,
      );
      return 128 + signal;
    }
    case "fault": {
      const symbols = new ProgramSymbols(system.plan);
      const pc = system.machine.harts[result.hart].pcNumber;
      complain(
        `${causeName(result.cause)} at ${symbols.place(pc)} (pc 0x${pc.toString(16)}, mcause ${result.cause}, mtval 0x${result.value.toString(16)}), and no trap handler is set`,
      );
      return 128 + 6;
    }
    case "limit":
      complain(`stopped after ${options.limit} instructions`);
      return LIMIT_REACHED;
    case "deadlock":
    case "input":
      complain("stopped: every hart waits for something that cannot happen");
      return 125;
    default:
      complain(`stopped: ${result.kind}`);
      return 125;
  }
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseRunOptions(args, (name) => process.env[name]);
  if (options === "help") {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  if (typeof options === "string") {
    complain(`${options}\nTry premain run --help`);
    return 2;
  }
  const bytes = readBytes(options.program);
  if (!bytes) return 127;
  const report = new Report();
  const system = start(bytes, options, report);
  for (const diagnostic of report.diagnostics)
    process.stderr.write(
      renderDiagnostic(diagnostic, { program: "premain run", dialect: "gnu", color: false }),
    );
  if (!system || report.hasErrors) return 126;
  if (startupSnapshot.isBuildingSnapshot()) system.machine.prepare();
  const output = new Output(options.output);
  if (options.loadMap) output.write(describeLoad(system.plan));
  if (system instanceof LinuxProcess) {
    const trace: ProcessWatcher = options.trace.has("syscalls") ? systemCallTrace(system, output.line) : {};
    system.watcher = { ...trace, unsupported: (what) => complain(`${what}: not supported`) };
  }
  let result: Result;
  try {
    if (options.gdb) return await serveGdb(system, options.gdb, options.program);
    if (options.timeline) result = runTimeline(system, options, output);
    else if (options.profile || options.coverage !== undefined || hasStepTrace(options))
      result = runWatched(system, options, output);
    else result = await runFree(system, options.limit);
  } finally {
    restoreTerminal();
  }
  if (options.count) output.line(`${system.machine.instructions} instructions`);
  output.close();
  return exitCodeOf(result, system, options);
}

function hasStepTrace(options: RunOptions): boolean {
  return [...options.trace].some((what) => what !== "syscalls");
}
