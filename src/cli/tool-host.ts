import { chmodSync, readFileSync, realpathSync, statSync, unlinkSync, utimesSync, writeSync } from "node:fs";
import type { FileProblem } from "../files/index.ts";
import type { FileStatus, ToolFiles, ToolHost } from "../tools/index.ts";
import { compression } from "./native.ts";
import { NodeFileSystem, problemOf } from "./node-files.ts";

/** Set by the bundler from package.json. */
declare const PREMAIN_VERSION: string;
const VERSION = typeof PREMAIN_VERSION === "string" ? PREMAIN_VERSION : "development";

/** The machine's files with what the object-file tools want to know and set beside their contents. */
class NodeToolFiles extends NodeFileSystem implements ToolFiles {
  status(path: string): FileStatus | FileProblem {
    try {
      const { size, mtimeMs, atimeMs, mode, uid, gid } = statSync(path);
      const kind =
        (mode & 0o170000) === 0o100000 ? "file" : (mode & 0o170000) === 0o040000 ? "folder" : "other";
      return { kind, size, modified: mtimeMs / 1000, accessed: atimeMs / 1000, mode, uid, gid };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  remove(path: string): FileProblem | undefined {
    try {
      unlinkSync(path);
      return undefined;
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  realPath(path: string): string {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  }

  setStatus(path: string, mode: number, times?: { modified: number; accessed: number }): void {
    try {
      chmodSync(path, mode & 0o7777);
      if (times) utimesSync(path, times.accessed, times.modified);
    } catch {
      // The contents are there; not everybody may set these.
    }
  }

  standardInput(): Uint8Array {
    try {
      return new Uint8Array(readFileSync(0));
    } catch {
      return new Uint8Array(0);
    }
  }
}

/** A host that writes to the process's streams. Call `flush` at the end. */
export function nodeHost(program: string): ToolHost & { flush(): void } {
  const chunk = Buffer.allocUnsafe(1 << 17);
  let at = 0;
  const write = (fd: number, bytes: Uint8Array): void => {
    let done = 0;
    while (done < bytes.length) {
      try {
        done += writeSync(fd, bytes, done, bytes.length - done);
      } catch (error) {
        if ((error as { code?: string }).code !== "EAGAIN") throw error;
      }
    }
  };
  const flush = (): void => {
    const end = at;
    at = 0;
    write(1, chunk.subarray(0, end));
  };
  const outBytes = (bytes: Uint8Array): void => {
    if (at + bytes.length > chunk.length) flush();
    if (bytes.length > chunk.length) write(1, bytes);
    else {
      chunk.set(bytes, at);
      at += bytes.length;
    }
  };
  return {
    program,
    version: VERSION,
    files: new NodeToolFiles(),
    out(text) {
      if (text.length * 2 > chunk.length) outBytes(Buffer.from(text, "latin1"));
      else {
        if (at + text.length > chunk.length) flush();
        at += chunk.write(text, at, "latin1");
      }
    },
    outBytes,
    error(text) {
      flush();
      write(2, Buffer.from(text, "latin1"));
    },
    now: () => Math.floor(Date.now() / 1000),
    deflate: compression?.zlib,
    flush,
  };
}
