import { type Compression, type Hashing, portableHashing } from "../link/index.ts";

// Node's own hashes and compression. Both modules take milliseconds to load,
// a tenth of a small link, so they are loaded when something is hashed or
// compressed. Before Node 20.16 there is no way to do that from here, and the
// portable ones of the linker stand in.

export const hashing: Hashing = {
  create(algorithm) {
    const crypto = algorithm === "fast" ? undefined : process.getBuiltinModule?.("node:crypto");
    if (!crypto) return portableHashing.create(algorithm);
    const hash = crypto.createHash(algorithm);
    return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
  },
  randomBytes(count) {
    const crypto = process.getBuiltinModule?.("node:crypto");
    return crypto ? new Uint8Array(crypto.randomBytes(count)) : portableHashing.randomBytes(count);
  },
};

/** Absent where Node's zlib cannot be had: the linker's own is taken. */
export const compression: Compression | undefined = process.getBuiltinModule && {
  zlib: (bytes) => process.getBuiltinModule("node:zlib").deflateSync(bytes),
  ...zstd(),
};

/** Node 22.15 and 23.8 brought Zstandard. */
function zstd(): Pick<Compression, "zstd"> {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 15) || (major === 23 && minor < 8)) return {};
  return {
    zstd(bytes) {
      // The types are those of the baseline, Node 20.
      const zlib: typeof import("node:zlib") & { zstdCompressSync?(bytes: Uint8Array): Uint8Array } =
        process.getBuiltinModule("node:zlib");
      if (!zlib.zstdCompressSync) throw new Error("this Node has no zstdCompressSync");
      return zlib.zstdCompressSync(bytes);
    },
  };
}
