import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import path from "node:path";

// A driver that is given our bin/ (`gcc -B bin/`) calls whatever it finds there.
// Ours assemble for RISC-V only, so what a driver of another machine means for
// its own assembler goes on to that: the next program of the name in PATH.

/** What GCC for x86 passes, and no driver for RISC-V does. */
const FOR_X86 = ["--32", "--64", "--x32"];

/** Whether a command line of `as` is meant for another machine. */
export function isForAnotherMachine(args: readonly string[]): boolean {
  return args.some((arg) => FOR_X86.includes(arg));
}

/** Runs the next program of that name with the same arguments; undefined where there is none. */
export function handOver(name: string, args: readonly string[]): number | undefined {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const candidate = path.join(folder, name);
    if (isOurs(candidate)) continue;
    const { status, error } = spawnSync(candidate, args, { stdio: "inherit" });
    if (!error) return status ?? 1;
  }
  return undefined;
}

/** Whether a path leads to bin/premain, perhaps that of another checkout; one that leads nowhere is left to the call. */
function isOurs(file: string): boolean {
  try {
    return path.basename(realpathSync(file)) === "premain";
  } catch {
    return false;
  }
}
