import type { FileSystem } from "../files/index.ts";
import type { Hashing } from "./build-id.ts";
import type { Compression } from "./compress.ts";

/** What a link takes from the world around it. */
export interface Host {
  readonly files: FileSystem;
  /** Faster hashes and compression than the portable ones, where the host has them. */
  readonly hashing?: Hashing;
  readonly compression?: Compression;
  /** Why the output could not be written there, as far as can be told before; undefined: nothing known against it. */
  checkOutput?(path: string): string | undefined;
}
