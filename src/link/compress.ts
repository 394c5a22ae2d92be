/** zlib deflate with its header; the host's where it has one. */
export interface Compression {
  zlib(bytes: Uint8Array): Uint8Array;
}
export declare const portableCompression: Compression;
export interface CompressedSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** SHF_COMPRESSED, or 0 for zlib-gnu. */
  readonly flags: number;
  readonly align: number;
}
/** A .debug_* section compressed, or undefined where that would not make it smaller. */
export declare function compressSection(
  section: { readonly name: string; readonly bytes: Uint8Array; readonly align: number },
  mode: "zlib" | "zlib-gnu",
  is64: boolean,
  littleEndian: boolean,
  compression: Compression,
): CompressedSection | undefined;
