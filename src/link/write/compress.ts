import { zlibSync } from "fflate";
import { ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD, SHF_COMPRESSED } from "../../elf/index.ts";

/** zlib: deflate with its header and checksum; the host's where it has one. */
export interface Compression {
  zlib(bytes: Uint8Array): Uint8Array;
  /** A Zstandard stream; there is none of our own. */
  zstd?(bytes: Uint8Array): Uint8Array;
}

/** Without a host. At zlib's default level, whose output it resembles but does not equal. */
export const portableCompression: Compression = { zlib: (bytes) => zlibSync(bytes, { level: 6 }) };

export interface CompressedSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** SHF_COMPRESSED, or 0 for zlib-gnu. */
  readonly flags: number;
  readonly align: number;
}

/**
 * A .debug_* section compressed, or (but for `always`, which is LLD's way)
 * undefined where that would not make it smaller. `zlib` and `zstd` put an ELF compression header before the stream; `zlib-gnu`,
 * the older way, "ZLIB" and the size, and renames the section to .zdebug_*.
 */
export function compressSection(
  section: { readonly name: string; readonly bytes: Uint8Array; readonly align: number },
  mode: "zlib" | "zlib-gnu" | "zstd",
  is64: boolean,
  littleEndian: boolean,
  compression: Compression,
  always = false,
): CompressedSection | undefined {
  const { name, bytes, align } = section;
  const stream = (mode === "zstd" && compression.zstd?.(bytes)) || compression.zlib(bytes);
  const header = mode === "zlib-gnu" ? 12 : is64 ? 24 : 12;
  if (!always && header + stream.length >= bytes.length) return undefined;
  const compressed = new Uint8Array(header + stream.length);
  const view = new DataView(compressed.buffer);
  compressed.set(stream, header);
  if (mode === "zlib-gnu") {
    compressed.set([0x5a, 0x4c, 0x49, 0x42]);
    view.setBigUint64(4, BigInt(bytes.length), false);
    return { name: name.replace(/^\.debug/, ".zdebug"), bytes: compressed, flags: 0, align: 1 };
  }
  view.setUint32(0, mode === "zstd" ? ELFCOMPRESS_ZSTD : ELFCOMPRESS_ZLIB, littleEndian);
  if (is64) {
    view.setBigUint64(8, BigInt(bytes.length), littleEndian);
    view.setBigUint64(16, BigInt(align), littleEndian);
  } else {
    view.setUint32(4, bytes.length, littleEndian);
    view.setUint32(8, align, littleEndian);
  }
  return { name, bytes: compressed, flags: SHF_COMPRESSED, align: is64 ? 8 : 4 };
}
