import type { FileSystem } from "../files/index.ts";
import type { Hashing } from "./write/build-id.ts";
import type { Compression } from "./write/compress.ts";

/** What a link takes from the world around it. */
export interface Host {
  readonly files: FileSystem;
  /** Faster hashes and compression than the portable ones, where the host has them. */
  readonly hashing?: Hashing;
  readonly compression?: Compression;
  /**
   * Set where nobody asks about the result afterwards, no map and no explanation. Then labels that the output
   * leaves out and nothing refers to need no rows: on RISC-V these are most symbols.
   */
  readonly outputOnly?: boolean;
  /** Why the output could not be written there, as far as can be told before; undefined: nothing known against it. */
  checkOutput?(path: string): string | undefined;
}
