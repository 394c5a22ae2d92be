import { unzlibSync, zlibSync } from "fflate";
import { ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD } from "./constants.ts";
import { decodeZstd } from "./zstd.ts";

/** A section's bytes after decompression, or what is wrong with them. */
export type Inflated =
  | { readonly bytes: Uint8Array /** ch_addralign; 0 where the format has none. */; readonly align: number }
  | { readonly problem: string };

/** What a compression header says. */
export interface CompressionHeader {
  readonly kind: number;
  readonly size: number;
  readonly align: number;
  /** Where the stream starts. */
  readonly start: number;
}

/** More than this many times its size a deflate stream cannot grow to. */
const MAX_DEFLATE_RATIO = 1040;

/** Reads the Elf32_Chdr or Elf64_Chdr of a section with SHF_COMPRESSED; undefined where it is cut short. */
export function readCompressionHeader(
  bytes: Uint8Array,
  is64: boolean,
  littleEndian: boolean,
): CompressionHeader | undefined {
  const start = is64 ? 24 : 12;
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint32(0, littleEndian);
  if (!is64)
    return { kind, size: view.getUint32(4, littleEndian), align: view.getUint32(8, littleEndian), start };
  const word = (at: number) => Number(view.getBigUint64(at, littleEndian));
  return { kind, size: word(8), align: word(16), start };
}

/** The contents of a section with SHF_COMPRESSED. */
export function inflateCompressed(bytes: Uint8Array, is64: boolean, littleEndian: boolean): Inflated {
  const header = readCompressionHeader(bytes, is64, littleEndian);
  if (!header) return { problem: "corrupted compressed section" };
  if (header.kind !== ELFCOMPRESS_ZLIB && header.kind !== ELFCOMPRESS_ZSTD)
    return { problem: `unsupported compression type (${header.kind})` };
  const decode = header.kind === ELFCOMPRESS_ZSTD ? decodeZstd : inflate;
  const inflated = decode(bytes.subarray(header.start), header.size);
  return inflated ? { bytes: inflated, align: header.align } : { problem: "uncompress failed" };
}

/** The contents of a `.zdebug_*` section of old compilers: "ZLIB", the size as 8 bytes big-endian, the stream. */
export function inflateZdebug(bytes: Uint8Array): Inflated {
  const isZlib =
    bytes.length >= 12 && bytes[0] === 90 && bytes[1] === 76 && bytes[2] === 73 && bytes[3] === 66;
  if (!isZlib) return { problem: "corrupted compressed section header" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inflated = inflate(bytes.subarray(12), Number(view.getBigUint64(4)));
  return inflated ? { bytes: inflated, align: 0 } : { problem: "uncompress failed" };
}

function inflate(stream: Uint8Array, size: number): Uint8Array | undefined {
  // A hostile size must not make us allocate what the stream could never fill.
  if (size > stream.length * MAX_DEFLATE_RATIO) return undefined;
  try {
    const bytes = unzlibSync(stream, { out: new Uint8Array(size) });
    return bytes.length === size ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A zlib stream of the bytes. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return zlibSync(bytes, { level: 6 });
}
