import { isProblem } from "../files/index.ts";
import { type BfdObject, openElf } from "./bfd/object.ts";
import type { ToolHost } from "./host.ts";
import { crc32 } from "./objcopy/debug-link.ts";
import { byteText, textAt } from "./text-out.ts";

// A stripped program's debugging information may be in a file of its own,
// which it names by its build ID or by .gnu_debuglink.

const DEBUG_FOLDER = "/usr/lib/debug";
const NT_GNU_BUILD_ID = 3;

/** The file with the debugging information of an object that has none; undefined where there is no such file. */
export function openSeparateDebug(object: BfdObject, path: string, host: ToolHost): BfdObject | undefined {
  const { image } = object;
  if (image.sections.some(({ name }) => name === ".debug_info" || name === ".zdebug_info")) return undefined;
  const id = buildId(object);
  if (id !== undefined) {
    const found = open(`${DEBUG_FOLDER}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`, host);
    if (found && buildId(found) === id) return found;
  }
  const link = image.find(".gnu_debuglink");
  if (!link) return undefined;
  const bytes = image.contents(link);
  const name = textAt(bytes, 0);
  const at = (name.length + 4) & ~3;
  if (name === "" || at + 4 > bytes.length) return undefined;
  const crc = image.u32(link.offset + at);
  const real = host.files.realPath(path);
  const folder = real.slice(0, real.lastIndexOf("/") + 1);
  for (const candidate of [
    `${folder}${name}`,
    `${folder}.debug/${name}`,
    `${DEBUG_FOLDER}${folder}${name}`,
  ]) {
    if (candidate === real) continue;
    const found = open(candidate, host, crc);
    if (found) return found;
  }
  return undefined;
}

function open(path: string, host: ToolHost, crc?: number): BfdObject | undefined {
  if (!host.files.isFile(path)) return undefined;
  const file = host.files.open(path);
  if (isProblem(file)) return undefined;
  const bytes = file.read(0, file.size);
  file.close();
  if (crc !== undefined && crc32(bytes) !== crc) return undefined;
  return openElf(path, bytes);
}

/** In hexadecimal. */
function buildId({ image }: BfdObject): string | undefined {
  const section = image.find(".note.gnu.build-id");
  if (!section || section.size < 17 || section.offset + section.size > image.bytes.length) return undefined;
  const nameSize = image.u32(section.offset);
  const size = image.u32(section.offset + 4);
  const start = section.offset + 12 + ((nameSize + 3) & ~3);
  if (image.u32(section.offset + 8) !== NT_GNU_BUILD_ID || size > section.size) return undefined;
  const text = byteText(image.bytes, start, start + size);
  return [...text].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
