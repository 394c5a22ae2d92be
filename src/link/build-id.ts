import type { LinkOptions } from "../model/index.ts";

export type HashAlgorithm = "md5" | "sha1" | "fast";
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}
/** Where hashes come from: the host's, where it has them. */
export interface Hashing {
  create(algorithm: HashAlgorithm): Hasher;
  randomBytes(count: number): Uint8Array;
}
/** Hashing without a host. */
export declare const portableHashing: Hashing;
/** Size of the .note.gnu.build-id section; 0 for none. */
export declare function buildIdNoteSize(option: LinkOptions["buildId"]): number;
/** The note with the identifier's bytes still zero (except 0xHEX and uuid). */
export declare function buildIdNote(
  option: LinkOptions["buildId"],
  littleEndian: boolean,
  hashing: Hashing,
): Uint8Array;
/** The algorithm that a finished image is to be hashed with, if the option asks for one; the digest goes to offset 16 of the note. */
export declare function buildIdAlgorithm(option: LinkOptions["buildId"]): HashAlgorithm | undefined;
