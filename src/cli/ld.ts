/** `ld ARGUMENTS...`: the exit code is 0 after a link, 1 after an error, as with GNU ld and LLD. */
export function ld(_args: readonly string[], flavor: "gnu" | "lld"): number {
  process.stderr.write(`${flavor === "gnu" ? "ld" : "ld.lld"}: error: linking is not supported yet\n`);
  return 1;
}
