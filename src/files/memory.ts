import type { FileProblem, FileSystem, OutputFile, RandomAccess } from "./file-system.ts";

/** Files in memory: the file system of a page and of tests. */
export class MemoryFileSystem implements FileSystem {
  readonly files = new Map<string, Uint8Array>();

  constructor(files: Readonly<Record<string, Uint8Array | string>> = {}) {
    for (const [path, content] of Object.entries(files)) this.set(path, content);
  }

  set(path: string, content: Uint8Array | string): void {
    this.files.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }

  open(path: string): RandomAccess | FileProblem {
    const bytes = this.files.get(path);
    if (!bytes) return { problem: "No such file or directory" };
    return {
      size: bytes.length,
      read: (offset, length) => bytes.slice(offset, offset + length),
      close() {},
    };
  }

  isFile(path: string): boolean {
    return this.files.has(path);
  }

  create(path: string): OutputFile {
    let bytes = new Uint8Array(0);
    return {
      write(part, position) {
        const end = position + part.length;
        if (end > bytes.length) {
          const grown = new Uint8Array(end);
          grown.set(bytes);
          bytes = grown;
        }
        bytes.set(part, position);
      },
      finish: () => {
        this.files.set(path, bytes);
      },
      abandon() {},
    };
  }
}
