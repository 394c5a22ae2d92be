import { DwarfDump, ordinaryName, partOf, preloadUnits, showDebugSection } from "../dwarf-dump/index.ts";
import { type Dump, say } from "./context.ts";

/** -W: the debugging sections that the options select, in the order of the file. */
export function printDwarf(dump: Dump): void {
  const { options, out, run } = dump;
  const { image } = dump.object;
  const { parts, depth, start } = options.debug;
  const dwarf = new DwarfDump(
    image,
    out,
    {
      wide: options.wide,
      depth,
      start,
      decodedLines: parts.has("decodedline"),
      rawLines: parts.has("rawline"),
      asBfd: true,
      interpretFrames: parts.has("frames-interp"),
    },
    // BFD knows how to apply all relocations.
    (message) => {
      if (!message.startsWith("unable to apply")) say(run, `Warning: ${message}`);
    },
    (message) => say(run, `Error: ${message}`),
  );
  preloadUnits(dwarf);
  for (const section of dump.object.sections) {
    const { header } = section;
    if (!header || header.size === 0 || header.type === 8) continue;
    const plain = ordinaryName(header.name);
    const part = plain === ".debug_line_str" ? "str" : partOf(plain);
    if (part === undefined) continue;
    const wanted = part === "rawline" ? parts.has("rawline") || parts.has("decodedline") : parts.has(part);
    if (wanted) showDebugSection(dwarf, header);
  }
}
