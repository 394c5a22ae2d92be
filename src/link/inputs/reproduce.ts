import type { FileSystem } from "../../files/index.ts";
import { readArguments } from "../options/read-options.ts";
import { expandResponseFiles } from "../options/response-files.ts";

// LLD's --reproduce: a tar file with every input and a command line that works
// where it is unpacked: `cd repro; ld.lld @response.txt`.

/** A file that the link read. */
export interface ReproducedFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Options whose value is a file or a directory that goes along. */
const PATH_OPTIONS = new Set([
  ..."T script dT default-script L library-path dynamic-list version-script symbol-ordering-file".split(" "),
  ..."call-graph-ordering-file sysroot retain-symbols-file just-symbols R rpath export-dynamic-symbol-list".split(
    " ",
  ),
]);

/** The options' names as LLD writes them, where one letter stands for them on the command line. */
const LONG_NAMES: Readonly<Record<string, string>> = { T: "--script", L: "--library-path" };

const encoder = new TextEncoder();

/** The text of response.txt; `absolute` makes a path absolute, or gives undefined for what does not exist. */
export function reproduceResponse(
  argv: readonly string[],
  files: FileSystem,
  absolute: (path: string) => string | undefined,
): string {
  const rewrite = (path: string) => quoted(absolute(path)?.replace(/^\/+/, "") ?? path);
  let text = "--chroot .\n";
  for (const argument of readArguments(expandResponseFiles(argv, files), "lld")) {
    if (argument.kind === "file") text += `${rewrite(argument.path)}\n`;
    else if (argument.kind === "option") {
      const { name, value, row } = argument;
      const dashes = /^-+/.exec(argument.spelled)?.[0] ?? "-";
      const option = LONG_NAMES[name] ?? dashes + name;
      if (name === "reproduce") continue;
      if (row.argument === "none" || value === "") text += `${option}\n`;
      else if (name === "o" || name === "--output" || name === "output")
        text += `-o ${quoted(value.slice(value.lastIndexOf("/") + 1))}\n`;
      else if (PATH_OPTIONS.has(name)) text += `${option} ${rewrite(value)}\n`;
      else text += `${option} ${quoted(value)}\n`;
    }
  }
  return text;
}

function quoted(text: string): string {
  return /\s/.test(text) || text === "" ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : text;
}

/** A POSIX tar file with response.txt, version.txt and the inputs, all below `name`/. */
export function reproduceTar(
  name: string,
  response: string,
  version: string,
  inputs: readonly ReproducedFile[],
): Uint8Array {
  const members: [string, Uint8Array][] = [
    [`${name}/response.txt`, encoder.encode(response)],
    [`${name}/version.txt`, encoder.encode(version)],
  ];
  const seen = new Set<string>();
  for (const { path, bytes } of inputs) {
    if (seen.has(path)) continue;
    seen.add(path);
    members.push([`${name}/${path.replace(/^\/+/, "")}`, bytes]);
  }
  const blocks: Uint8Array[] = [];
  const add = (block: Uint8Array) => {
    blocks.push(block);
    const rest = block.length % 512;
    if (rest !== 0) blocks.push(new Uint8Array(512 - rest));
  };
  for (const [path, bytes] of members) {
    if (encoder.encode(path).length > 100) {
      // A name that does not fit the header goes before it, in an extended one.
      const extended = encoder.encode(pathRecord(path));
      add(header("././@PaxHeader", extended.length, "x"));
      add(extended);
    }
    add(header(path, bytes.length, "0"));
    add(bytes);
  }
  blocks.push(new Uint8Array(1024));
  const result = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    result.set(block, at);
    at += block.length;
  }
  return result;
}

/** `LENGTH path=NAME\n`, the length counting itself. */
function pathRecord(path: string): string {
  const rest = ` path=${path}\n`;
  const size = encoder.encode(rest).length;
  let length = size + String(size).length;
  length = size + String(length).length;
  return `${length}${rest}`;
}

/** The fields of a ustar header, at their offsets. */
function header(path: string, size: number, type: string): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string, width: number) =>
    block.set(encoder.encode(text).subarray(0, width), at);
  put(0, path, 100);
  put(100, "0000664\0", 8);
  put(108, "0000000\0", 8);
  put(116, "0000000\0", 8);
  put(124, `${size.toString(8).padStart(11, "0")}\0`, 12);
  put(136, "00000000000\0", 12);
  put(148, "        ", 8);
  put(156, type, 1);
  put(257, "ustar\0", 6);
  put(263, "00", 2);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `, 8);
  return block;
}
