// What a machine has: the width of its integer registers and its extensions.

/** A set of extensions on registers of one width. */
export interface Isa {
  readonly xlen: 32 | 64;
  /** Names in lower case without versions, implied ones included: "i", "m", "zicsr". */
  readonly extensions: ReadonlySet<string>;
}

/** Makes an `Isa` of extension names as they are; nothing is implied. */
export function isa(xlen: 32 | 64, extensions: Iterable<string>): Isa {
  return { xlen, extensions: new Set(Array.from(extensions, (name) => name.toLowerCase())) };
}

/**
 * Whether a machine has what a row needs: "M", "D&C" (both), "Zbb|Zbkb"
 * (either); `&` binds tighter.
 */
export function supports(machine: Isa, needs: string): boolean {
  if (needs === "I") return true;
  return needs
    .toLowerCase()
    .split("|")
    .some((choice) => choice.split("&").every((name) => machine.extensions.has(name)));
}
