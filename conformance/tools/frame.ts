import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

// One case: a tool, its arguments and its files. The peer runs as a process,
// ours as a function in this process (a start of Node for each of thousands of
// cases would be most of the time), each in a folder of its own with copies of
// the inputs. What they print, their exit codes and every file in the folders
// afterwards must be equal.

/** Runs one of our tools in the current folder; its output goes to the sink if there is one. */
export type OurTool = (
  args: readonly string[],
  stdin: Uint8Array,
  sink?: { out(bytes: Uint8Array): void },
) => Promise<Outcome>;

export interface Outcome {
  readonly code: number;
  readonly out: Uint8Array;
  /** Byte text. */
  readonly error: string;
}

export interface ToolCase {
  readonly tool: string;
  /** The peer: binutils for this machine, or for RISC-V. */
  readonly peer: "native" | "riscv";
  readonly args: readonly string[];
  /** Name in the folder to the file to copy there; a Uint8Array is its contents. */
  readonly inputs: Readonly<Record<string, string | Uint8Array>>;
  readonly stdin?: Uint8Array;
}

/** A difference that stays, with its reason: the expressions must match a case's name and what differs. */
export interface Accepted {
  readonly why: string;
  readonly case: string;
  readonly difference?: string;
}

const PREFIX = { native: "", riscv: "riscv64-unknown-elf-" } as const;

/** The program that a case is compared with. */
export function peerProgram(toolCase: ToolCase): string {
  return PREFIX[toolCase.peer] + toolCase.tool;
}

export function caseName(toolCase: ToolCase): string {
  return [peerProgram(toolCase), ...toolCase.args].join(" ");
}

/** What differs between the peer and ours; empty where nothing does. */
export async function compare(toolCase: ToolCase, ours: OurTool, work: string): Promise<string[]> {
  const gnuFolder = prepare(path.join(work, "gnu"), toolCase);
  const gnu = runPeer(toolCase, gnuFolder);
  const folder = prepare(path.join(work, "ours"), toolCase);
  const before = process.cwd();
  process.chdir(folder);
  let result: Outcome;
  try {
    result = await ours(toolCase.args, toolCase.stdin ?? new Uint8Array(0));
  } catch (error) {
    return [`exception: ${error instanceof Error ? error.stack : error}`];
  } finally {
    process.chdir(before);
  }
  return [
    ...(gnu.code === result.code ? [] : [`exit code: ${gnu.code} against ${result.code}`]),
    ...firstDifference("output", text(gnu.out), text(result.out)),
    ...firstDifference("errors", withoutUsage(gnu.error), withoutUsage(result.error)),
    ...compareFolders(gnuFolder, folder),
  ];
}

/** The times of all inputs. */
const FILE_TIME = 1_600_000_000;

function prepare(folder: string, { inputs }: ToolCase): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(inputs)) {
    const target = path.join(folder, name);
    if (name.includes("/")) mkdirSync(path.dirname(target), { recursive: true });
    if (typeof source === "string") copyFileSync(source, target);
    else writeFileSync(target, source);
    utimesSync(target, FILE_TIME, FILE_TIME);
  }
  return folder;
}

function runPeer(toolCase: ToolCase, folder: string): Outcome {
  const { status, stdout, stderr } = spawnSync(peerProgram(toolCase), toolCase.args, {
    argv0: toolCase.tool,
    cwd: folder,
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    input: toolCase.stdin ?? new Uint8Array(0),
    maxBuffer: 1 << 30,
    timeout: 60_000,
  });
  return { code: status ?? 128, out: new Uint8Array(stdout), error: stderr.toString("latin1") };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** What follows "Usage:" is ours to word. */
function withoutUsage(error: string): string {
  const at = error.search(/^(Usage|Recognized)/m);
  return at < 0 ? error : error.slice(0, at);
}

function firstDifference(what: string, gnu: string, ours: string): string[] {
  if (gnu === ours) return [];
  const a = gnu.split("\n");
  const b = ours.split("\n");
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at < 0 ? a.length : at;
  const show = (value: string | undefined) =>
    value === undefined ? "(nothing)" : JSON.stringify(value.slice(0, 300));
  return [`${what}, line ${line + 1}: ${show(a[line])} against ${show(b[line])}`];
}

function filesIn(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true })) {
    const name = String(entry);
    if (!statSync(path.join(folder, name)).isDirectory()) files.set(name, path.join(folder, name));
  }
  return files;
}

function compareFolders(gnuFolder: string, folder: string): string[] {
  const problems: string[] = [];
  const gnu = filesIn(gnuFolder);
  const ours = filesIn(folder);
  for (const name of ours.keys()) if (!gnu.has(name)) problems.push(`file ${name}: ours alone`);
  for (const [name, file] of gnu) {
    const own = ours.get(name);
    if (!own) {
      problems.push(`file ${name}: GNU's alone`);
      continue;
    }
    const a = readFileSync(file);
    const b = readFileSync(own);
    if (!a.equals(b)) {
      let at = 0;
      while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
      problems.push(`file ${name}: differs at byte 0x${at.toString(16)}, sizes ${a.length} and ${b.length}`);
    }
    const modes = [statSync(file).mode & 0o777, statSync(own).mode & 0o777];
    if (modes[0] !== modes[1])
      problems.push(`file ${name}: mode ${modes[0].toString(8)} against ${modes[1].toString(8)}`);
  }
  return problems;
}
