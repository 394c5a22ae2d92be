import { MemoryFileSystem } from "../files/index.ts";
import type { FileStatus, ToolFiles, ToolHost } from "./host.ts";

// A host for tests: files in memory, and what a tool prints as text.

class MemoryToolFiles extends MemoryFileSystem implements ToolFiles {
  readonly modes = new Map<string, number>();
  input = new Uint8Array(0);

  status(path: string): FileStatus | { problem: string } {
    const bytes = this.files.get(path);
    if (!bytes) return { problem: "No such file or directory" };
    const mode = 0o100000 | (this.modes.get(path) ?? 0o644);
    return { kind: "file", size: bytes.length, modified: 1_600_000_000, accessed: 0, mode, uid: 1, gid: 2 };
  }

  remove(path: string): undefined {
    this.files.delete(path);
  }

  realPath(path: string): string {
    return path.startsWith("/") ? path : `/work/${path}`;
  }

  setStatus(path: string, mode: number): void {
    this.modes.set(path, mode & 0o7777);
  }

  standardInput(): Uint8Array {
    return this.input;
  }
}

export interface TestRun {
  readonly code: number;
  /** Byte text. */
  readonly out: string;
  readonly error: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Runs a tool over files in memory. */
export function runTool(
  program: string,
  tool: (args: readonly string[], host: ToolHost) => number,
  args: readonly string[],
  files: Readonly<Record<string, Uint8Array | string>> = {},
  input = "",
): TestRun {
  const memory = new MemoryToolFiles(files);
  memory.input = new TextEncoder().encode(input);
  const out: string[] = [];
  const error: string[] = [];
  const host: ToolHost = {
    program,
    version: "test",
    files: memory,
    out: (text) => void out.push(text),
    outBytes: (bytes) => void out.push(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    error: (text) => void error.push(text),
    now: () => 1_600_000_000,
  };
  const code = tool(args, host);
  return { code, out: out.join(""), error: error.join(""), files: memory.files };
}
