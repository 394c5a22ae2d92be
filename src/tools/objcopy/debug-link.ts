import { isProblem } from "../../files/index.ts";
import type { ToolHost } from "../host.ts";
import { asByteText } from "../text-out.ts";

// .gnu_debuglink: the name of a file with the debugging information, without
// folders and filled up with zeros to a multiple of four, and its CRC-32.

const TABLE = new Uint32Array(256).map((_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of ISO 3309. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

/** The contents of the section for a file; a string is why the file cannot be read. */
export function debugLinkContents(path: string, littleEndian: boolean, host: ToolHost): Uint8Array | string {
  const file = host.files.open(path);
  if (isProblem(file)) return file.problem;
  const bytes = file.read(0, file.size);
  file.close();
  const name = asByteText(path.slice(path.lastIndexOf("/") + 1));
  const start = (name.length + 1 + 3) & ~3;
  const contents = new Uint8Array(start + 4);
  for (let i = 0; i < name.length; i++) contents[i] = name.charCodeAt(i);
  new DataView(contents.buffer).setUint32(start, crc32(bytes), littleEndian);
  return contents;
}
