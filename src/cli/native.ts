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
};
