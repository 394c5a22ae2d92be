// --vs-diagnostics: where LLD's messages begin with the linker's name, Visual
// Studio wants a place that it can jump to: `file.c(15): error: …`.

/** What a message says of its place, the most telling first. */
const PLACES: readonly RegExp[] = [
  /^undefined (?:\S+ )?symbol:.*\n>>> referenced by .+\((\S+):(\d+)\)/,
  /^undefined (?:\S+ )?symbol:.*\n>>> referenced by (\S+):(\d+)\n/,
  /^undefined (?:\S+ )?symbol:.*\n>>> referenced by (.*):/,
  /^duplicate symbol: .*\n>>> defined in (\S+)\n/,
  /^duplicate symbol: .*\n>>> defined at .+\((\S+):(\d+)\)/,
  /^duplicate symbol: .*\n>>> defined at (\S+):(\d+)/,
  /.*\n>>> defined in .*\n>>> referenced by (\S+):(\d+)/,
  /^(\S+):(\d+): unclosed quote/,
];

/** What stands in place of the linker's name before a message. */
export function placeOfMessage(message: string, program: string): string {
  for (const pattern of PLACES) {
    const match = pattern.exec(message);
    if (match) return match[2] === undefined ? match[1] : `${match[1]}(${match[2]})`;
  }
  return program;
}

/** Both definitions of a duplicate symbol are places to go to, so each becomes a message. */
export function splitMessage(message: string): string[] {
  const match =
    /^(duplicate symbol: .*)(\n>>> defined at \S+:\d+.*\n>>>.*)(\n>>> defined at \S+:\d+.*\n>>>.*)$/.exec(
      message,
    );
  return match ? [match[1] + match[2], match[1] + match[3]] : [message];
}
