import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type LinkRun, runLink } from "./ld.ts";
import type { Trial } from "./second-thread.ts";

// For tests: a folder with assembled objects, GNU ld and ours run in it.

/** Whether a program can be run; says so when it cannot, so that a skipped test is seen. */
export function isInstalled(program: string): boolean {
  const found = spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
  if (!found) console.log(`SKIP: ${program} is not installed`);
  return found;
}

export interface Folder {
  readonly path: string;
  /** Assembles `text` for x86-64 as `NAME.o`. */
  assemble(name: string, text: string): void;
  write(name: string, text: string): void;
  /** Runs a program in the folder. */
  run(program: string, ...args: string[]): { status: number; out: string; error: string };
  /** Runs ours, in this process; file names are taken from the folder. */
  ld(
    args: readonly string[],
    flavor?: "gnu" | "lld",
    trial?: Trial,
  ): LinkRun & { out: string; error: string };
  remove(): void;
}

export function newFolder(): Folder {
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-test-"));
  const run = (program: string, ...args: string[]) => {
    const done = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    return { status: done.status ?? -1, out: done.stdout, error: done.stderr };
  };
  return {
    path: folder,
    write: (name, text) => writeFileSync(path.join(folder, name), text),
    run,
    assemble(name, text) {
      writeFileSync(path.join(folder, `${name}.s`), text);
      const { status, error } = run("as", "--64", `${name}.s`, "-o", `${name}.o`);
      if (status !== 0) throw new Error(error);
    },
    ld(args, flavor = "gnu", trial) {
      let out = "";
      let error = "";
      const before = process.cwd();
      process.chdir(folder);
      try {
        const streams = {
          out: (text: string) => void (out += text),
          error: (text: string) => void (error += text),
        };
        const done = runLink(args, flavor, streams, trial);
        return { ...done, out, error };
      } finally {
        process.chdir(before);
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
