import { inflateCompressed, inflateZdebug } from "../../elf/index.ts";
import { applyRelocations } from "../apply-relocations.ts";
import type { ImageSection } from "../elf-image.ts";
import { type Context, dataAt } from "./context.ts";
import type { SectionDump } from "./options.ts";
import { printableName, printHexLines } from "./print.ts";
import { relocationsOf } from "./relocations.ts";

// -x, -R and -p: the contents of a section as bytes and as strings.

/** The sections that a dump means; a missing one is warned of. */
export function sectionsOf(context: Context, dump: SectionDump): ImageSection[] {
  const { image } = context;
  if (isNumber(dump.section)) {
    const section = image.sections[Number(dump.section)];
    return section ? [section] : [];
  }
  return image.sections.filter((section) => section.name === dump.section);
}

/** Strings that C's strtoul reads to the end mean a section's index. */
const isNumber = (text: string): boolean => /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text);

export function warnOfMissing(context: Context, dumps: readonly SectionDump[], byName: boolean): void {
  const { complaints } = context;
  // GNU readelf keeps the names in a list that it adds to in front.
  for (const dump of byName ? [...dumps].reverse() : dumps) {
    if (isNumber(dump.section) === byName || sectionsOf(context, dump).length > 0) continue;
    if (byName) complaints.warning(`Section '${dump.section}' was not dumped because it does not exist`);
    else {
      complaints.warning(`Section ${Number(dump.section)} was not dumped because it does not exist!`);
      complaints.fail();
    }
  }
}

const hasNoData = (section: ImageSection) => section.size === 0 || section.type === 8;

/** The bytes to dump, decompressed for -z; undefined where there is nothing to show. */
function contentsOf(context: Context, section: ImageSection, heading: string): Uint8Array | undefined {
  const { image, out, options, complaints } = context;
  const name = printableName(section);
  if (hasNoData(section)) {
    out.text(`Section '${name}' has no data to dump.\n`);
    return undefined;
  }
  const bytes = dataAt(context, section.offset, section.size, "section contents");
  if (!bytes) {
    complaints.fail();
    return undefined;
  }
  out.text(`\n${heading} dump of section '${name}':\n`);
  if (!options.decompress) return bytes;
  const compressed = (section.flags & 0x800n) !== 0n;
  const isZdebug = bytes.length > 12 && String.fromCharCode(...bytes.subarray(0, 4)) === "ZLIB";
  if (!compressed && !isZdebug) return bytes;
  const inflated = compressed
    ? inflateCompressed(bytes, image.is64, image.littleEndian)
    : inflateZdebug(bytes);
  if ("bytes" in inflated) return inflated.bytes;
  if (inflated.problem.includes("not supported")) complaints.unsupported(inflated.problem);
  else complaints.error(`Unable to decompress section ${name}`);
  complaints.fail();
  return undefined;
}

export function dumpBytes(context: Context, section: ImageSection, relocated: boolean): void {
  const { image, out, complaints } = context;
  let bytes = contentsOf(context, section, "Hex");
  if (!bytes) return;
  if (relocated) bytes = applyRelocations(image, section, bytes, complaints).bytes;
  else if (relocationsOf(context, section))
    out.text(
      " NOTE: This section has relocations against it, but these have NOT been applied to this dump.\n",
    );
  printHexLines(context, bytes, section.address);
  out.byte(10);
}

const isPrintable = (byte: number) => byte >= 32 && byte < 127;

export function dumpStrings(context: Context, section: ImageSection): void {
  const { out } = context;
  const bytes = contentsOf(context, section, "String");
  if (!bytes) return;
  if (relocationsOf(context, section))
    out.text(
      "  Note: This section has relocations against it, but these have NOT been applied to this dump.\n",
    );
  const end = bytes.length;
  let shown = false;
  let continuing = false;
  for (let at = 0; at < end; ) {
    while (at < end && !isPrintable(bytes[at])) at++;
    if (at >= end) break;
    out.text(continuing ? "            " : `  [${at.toString(16).padStart(6)}]  `);
    continuing = false;
    shown = true;
    let byte = 0;
    while (at < end) {
      byte = bytes[at++];
      if (byte === 0) break;
      if (byte === 10) {
        out.text("\\n\n");
        continuing = at < end && bytes[at] !== 0;
        break;
      }
      if (isPrintable(byte) || byte >= 128) out.byte(byte);
      else out.text(`^${String.fromCharCode(byte + 0x40)}`);
    }
    if (byte !== 10) out.byte(10);
  }
  if (!shown) out.text("  No strings found in this section.");
  out.byte(10);
}
