import { type FileProblem, type FileSystem, isProblem, type RandomAccess } from "../files/index.ts";
import { asByteText } from "./text-out.ts";

// What the tools want of the outside, beyond what a link wants: they copy
// times and modes, and say of a path why it cannot be read.

export interface FileStatus {
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly accessed: number;
  /** st_mode with the type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface ToolFiles extends FileSystem {
  status(path: string): FileStatus | FileProblem;
  remove(path: string): FileProblem | undefined;
  /** The absolute path without symbolic links; the path itself where there is no such file. */
  realPath(path: string): string;
  /** Sets permission bits, and the times if they are given. */
  setStatus(
    path: string,
    mode: number,
    times?: { readonly modified: number; readonly accessed: number },
  ): void;
  /** Standard input as a whole. */
  standardInput(): Uint8Array;
}

export interface ToolHost {
  /** The tool's name in messages. */
  readonly program: string;
  readonly version: string;
  readonly files: ToolFiles;
  /** Byte text to standard output. */
  out(text: string): void;
  /** Bytes to standard output. */
  outBytes(bytes: Uint8Array): void;
  /** Byte text to standard error, after what was printed before. */
  error(text: string): void;
  /** Seconds since 1970. */
  now(): number;
  /** A zlib stream; where the host has none, ours is taken. */
  deflate?(bytes: Uint8Array): Uint8Array;
}

/** `PROGRAM: message` on standard error. */
export function complain(host: ToolHost, message: string): void {
  host.error(`${host.program}: ${message}\n`);
}

/** The size of an ordinary file that is not empty; otherwise says why it is none and gives undefined. */
export function checkFile(host: ToolHost, path: string): number | undefined {
  const status = host.files.status(path);
  const shown = asByteText(path);
  if (isProblem(status)) {
    if (status.problem === "No such file or directory") complain(host, `'${shown}': No such file`);
    else complain(host, `Warning: could not locate '${shown}'.  reason: ${status.problem}`);
    return undefined;
  }
  if (status.kind === "folder") complain(host, `Warning: '${shown}' is a directory`);
  else if (status.kind === "other") complain(host, `Warning: '${shown}' is not an ordinary file`);
  else return status.size;
  return undefined;
}

/** A whole file; undefined after saying why it cannot be opened. */
export function readFile(host: ToolHost, path: string): Uint8Array | undefined {
  const file = openFile(host, path);
  if (!file) return undefined;
  const bytes = file.read(0, file.size);
  file.close();
  return bytes;
}

/** A file open for reading; undefined after saying why it is not. */
export function openFile(host: ToolHost, path: string): RandomAccess | undefined {
  const file = host.files.open(path);
  if (!isProblem(file)) return file;
  complain(host, `${asByteText(path)}: ${file.problem}`);
  return undefined;
}

/** What `--version` prints: the first line is what configure scripts look at. */
export function versionText(host: ToolHost, tool: string): string {
  return `GNU ${tool} (Premain ${host.version}) 2.40\nThis is Premain's ${tool}, which takes the command line of GNU's and prints as it does.\n`;
}
