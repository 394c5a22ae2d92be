import { closeSync, openSync, readSync } from "node:fs";
import type { Tool } from "./main.ts";

// V8 puts a WebAssembly memory into 10 GB of addresses, so that an access beyond
// its end is caught by the processor. Where addresses are limited (ulimit -v)
// there may be no room for that, and V8 has to check accesses itself.

/** WebAssembly's memory and what is around it, and Node. */
const ENOUGH = 14 * 2 ** 30;
const UNGUARDED = "--disable-wasm-trap-handler";

/** Whether the text of Linux's /proc/self/limits says that addresses are too few. */
export function isTight(limits: string): boolean {
  const limit = /^Max address space +(\d+)/m.exec(limits)?.[1];
  return limit !== undefined && Number(limit) < ENOUGH;
}

function readLimits(): string {
  const limits = Buffer.allocUnsafe(4096);
  try {
    const file = openSync("/proc/self/limits", "r");
    const length = readSync(file, limits, 0, limits.length, 0);
    closeSync(file);
    return limits.toString("latin1", 0, length);
  } catch {
    return "";
  }
}

const LINE = "Max address space ";
const NINE = 0x39;

/** Nearly nobody has one, and each link asks: without a pattern to compile. */
function mayBeTight(limits: string): boolean {
  let at = limits.indexOf(LINE) + LINE.length;
  if (at < LINE.length) return false;
  while (limits.charCodeAt(at) === 0x20) at++;
  return limits.charCodeAt(at) <= NINE && isTight(limits);
}

/** Whether there may be no room for more than one WebAssembly memory and Node need: none for another heap of V8, say. */
export function isLimited(): boolean {
  return mayBeTight(readLimits());
}

/**
 * Does what this process was started for in another one without such guards, if
 * addresses are too few for them; its exit code. Undefined where they are not, or
 * Node cannot do without.
 */
function rerunUnguarded(): number | undefined {
  if (!isLimited()) return undefined;
  // What the build runs beforehand has no WebAssembly.
  if (process.env.PREMAIN_WARM_UP !== undefined) return undefined;
  if (process.execArgv.includes(UNGUARDED)) return undefined;
  // Since Node 20.15.
  if (!process.allowedNodeEnvironmentFlags.has(UNGUARDED)) return undefined;
  // Not imported: a start-up snapshot would hold what they need, a quarter of Node.
  const child = process.getBuiltinModule?.("node:child_process");
  const os = process.getBuiltinModule?.("node:os");
  if (!child || !os) return undefined;
  const args = [...process.execArgv, UNGUARDED, ...process.argv.slice(1)];
  const { status, signal } = child.spawnSync(process.execPath, args, { stdio: "inherit" });
  return status ?? 128 + (signal === null ? 0 : os.constants.signals[signal]);
}

/** A tool that uses WebAssembly, which runs where addresses are limited, too. */
export function withMemory(tool: Tool): Tool {
  return (args) => rerunUnguarded() ?? tool(args);
}
