import type { LinkOptions } from "../../model/index.ts";

const NOTHING = new Uint8Array(0);

/** What LINKER_VERSION puts into its section: a string with its end, if --enable-linker-version asks for it. */
export function linkerVersion({ linkerVersion: wanted, comment }: LinkOptions): Uint8Array {
  return wanted && comment !== undefined ? new TextEncoder().encode(`GNU ld (${comment})\0`) : NOTHING;
}
