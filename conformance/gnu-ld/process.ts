import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell line in the C locale; a line that takes longer than a minute is killed and has failed. */
export function runShell(command: string, folder: string): Promise<Result> {
  return new Promise((done) => {
    const child = spawn("sh", ["-c", command], {
      cwd: folder,
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += data.toString("latin1");
    });
    child.stderr.on("data", (data) => {
      stderr += data.toString("latin1");
    });
    child.on("close", (code) => done({ status: code ?? 128, stdout, stderr }));
  });
}

/** Whether a program is in PATH. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(path.join(folder, program)));
}

/** A missing peer is a skip on a developer's machine and a failure in CI. */
export const inCi = process.env.CI === "true";

/** Passed, failed and skipped checks, counted and printed as they come. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;

  pass(): void {
    this.passed++;
  }

  fail(name: string, problems: readonly string[]): void {
    this.failed++;
    console.log(`FAIL ${name}\n  ${problems.join("\n  ")}`);
  }

  skip(name: string, reason: string): void {
    if (inCi) this.fail(name, [reason]);
    else {
      this.skipped++;
      console.log(`SKIP ${name}: ${reason}`);
    }
  }

  /** What needs another project's files, which are never installed: a path to them was not given. */
  leaveOut(name: string, reason: string): void {
    this.skipped++;
    console.log(`SKIP ${name}: ${reason}`);
  }

  /** The last line, and the exit code. */
  finish(): number {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    return this.failed ? 1 : 0;
  }
}
