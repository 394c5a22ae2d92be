import { md5, sha1 } from "@noble/hashes/legacy.js";
import type { LinkOptions } from "../../model/index.ts";
import { Xxh32 } from "./xxh32.ts";

export type HashAlgorithm = "md5" | "sha1" | "fast";

/** Takes bytes in parts; they must not change until the backlog of the output file (files/) is done, if it has one. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Where hashes and random numbers come from: the host's, where it has them. */
export interface Hashing {
  create(algorithm: HashAlgorithm): Hasher;
  randomBytes(count: number): Uint8Array;
}

/** Hashing without a host. */
export const portableHashing: Hashing = {
  create(algorithm) {
    if (algorithm === "fast") return createFastHasher();
    return algorithm === "md5" ? md5.create() : sha1.create();
  },
  randomBytes(count) {
    // An identifier, no secret: what the language has will do.
    return Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 256));
  },
};

/** 64 bits, for telling builds apart and nothing else: two 32-bit hashes with different seeds. */
export function createFastHasher(): Hasher {
  const low = new Xxh32(0);
  const high = new Xxh32(0x9e3779b1);
  return {
    update(bytes) {
      low.update(bytes);
      high.update(bytes);
    },
    digest() {
      const digest = new Uint8Array(8);
      const view = new DataView(digest.buffer);
      view.setInt32(0, low.digest(), true);
      view.setInt32(4, high.digest(), true);
      return digest;
    },
  };
}

const NT_GNU_BUILD_ID = 3;
/** namesz, descsz, type, "GNU". */
const NOTE_HEADER = 16;

/** The algorithm that a finished image is to be hashed with, if the option asks for one; the digest goes to offset 16 of the note. */
export function buildIdAlgorithm(option: LinkOptions["buildId"]): HashAlgorithm | undefined {
  return option === "md5" || option === "sha1" || option === "fast" ? option : undefined;
}

function identifierSize(option: LinkOptions["buildId"]): number {
  switch (option) {
    case "none":
      return 0;
    case "fast":
      return 8;
    case "md5":
    case "uuid":
      return 16;
    case "sha1":
      return 20;
    default:
      return hexBytes(option).length;
  }
}

/** Size of the .note.gnu.build-id section; 0 for none. */
export function buildIdNoteSize(option: LinkOptions["buildId"]): number {
  const size = identifierSize(option);
  return size === 0 ? 0 : NOTE_HEADER + size;
}

/** The note with the identifier's bytes still zero (except 0xHEX and uuid). */
export function buildIdNote(
  option: LinkOptions["buildId"],
  littleEndian: boolean,
  hashing: Hashing,
): Uint8Array {
  const size = identifierSize(option);
  const note = new Uint8Array(NOTE_HEADER + size);
  const view = new DataView(note.buffer);
  view.setUint32(0, 4, littleEndian);
  view.setUint32(4, size, littleEndian);
  view.setUint32(8, NT_GNU_BUILD_ID, littleEndian);
  note.set([0x47, 0x4e, 0x55, 0], 12);
  if (option === "uuid") note.set(randomUuid(hashing), NOTE_HEADER);
  else if (option.startsWith("0x")) note.set(hexBytes(option), NOTE_HEADER);
  return note;
}

/** RFC 9562, version 4. */
function randomUuid(hashing: Hashing): Uint8Array {
  const bytes = hashing.randomBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes;
}

/** The digits after 0x by pairs, `-` and `:` between them being left out. */
function hexBytes(option: string): Uint8Array {
  const digits = option.slice(2).replace(/[-:]/g, "");
  const bytes = new Uint8Array(digits.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
