import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

/**
 * The folder of riscv-tests' sources with env/ in place: `tests` is such a
 * folder, or a git directory (bare or `.git`), then `env` is one of
 * riscv-test-env's, and both are unpacked below `to`. Undefined where they are not there.
 */
export function riscvTestsFolder(tests: string, env: string | undefined, to: string): string | undefined {
  if (existsSync(path.join(tests, "isa"))) return path.resolve(tests);
  const target = path.join(to, "riscv-tests");
  if (!env || !unpack(tests, target) || !unpack(env, path.join(target, "env"))) return undefined;
  return target;
}

function unpack(repository: string, to: string): boolean {
  const inner = path.join(repository, ".git");
  const git = path.resolve(existsSync(inner) ? inner : repository);
  if (!existsSync(path.join(git, "HEAD"))) return false;
  mkdirSync(to, { recursive: true });
  const { status } = spawnSync("sh", ["-c", `git --git-dir='${git}' archive HEAD | tar x -C '${to}'`]);
  return status === 0;
}
