import { ElfImage } from "../elf-image.ts";
import { EM_386, EM_ARM, EM_X86_64, machineName } from "../machines.ts";
import type { TextOut } from "../text-out.ts";
import { printAttributes } from "./attributes.ts";
import { type Complaints, type Context, noDynamicFacts } from "./context.ts";
import { prepareDebug, showDebugSections } from "./debug.ts";
import { dumpBytes, dumpStrings, sectionsOf, warnOfMissing } from "./dumps.ts";
import { isPie, processDynamic } from "./dynamic.ts";
import { printGroups } from "./groups.ts";
import { fileType, printHeader, realCounts } from "./header.ts";
import { printHistograms } from "./histogram.ts";
import { printNotes } from "./notes.ts";
import type { ReadelfOptions } from "./options.ts";
import { printRelocations } from "./relocations.ts";
import { printSections } from "./sections.ts";
import { processSegments } from "./segments.ts";
import { printSymbols } from "./symbols.ts";
import { printVersions } from "./versions.ts";

/** Where an object comes from and where what is shown of it goes. */
export interface ObjectRequest {
  /** As messages and headings name it; byte text. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly out: TextOut;
  readonly options: ReadelfOptions;
  readonly complaints: Complaints;
  readonly inArchive: boolean;
  /** A heading with the name is wanted. */
  readonly showName: boolean;
}

/**
 * Shows what the options ask of one ELF file, in GNU readelf's order. False
 * where something was too damaged to be shown.
 */
export function readObject({
  name,
  bytes,
  out,
  options,
  complaints,
  inArchive,
  showName,
}: ObjectRequest): boolean {
  if (bytes.length < 16 || bytes.length < ElfImage.headerSize(bytes)) {
    complaints.error(`${name}: Failed to read file header`);
    return false;
  }
  if (showName) out.text(`\nFile: ${name}\n`);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== "\x7fELF") {
    const message = foreignFormats[magic];
    complaints.error(
      (inArchive ? message?.inArchive : undefined) ??
        message?.alone ??
        "Not an ELF file - it has the wrong magic bytes at the start",
    );
    return false;
  }
  const image = new ElfImage(name, bytes);
  const context: Context = { image, out, options, complaints, dynamic: noDynamicFacts() };
  // The first section header may hold the numbers that do not fit in 16 bits.
  image.readSections(1, 0);
  const counts = realCounts(context);
  if (options.header) printHeader(context, () => isPie(context));
  const what = { ...options };
  if (!readSectionHeaders(context, counts)) {
    what.unwind = what.versions = what.archSpecific = false;
    what.dumps = [];
    what.debug = { ...options.debug, parts: new Set(), all: false };
    if (!options.useDynamic) what.symbols = what.dynamicSymbols = what.relocations = false;
  }
  const shown: Context = { ...context, options: what };
  showParts(shown);
  return !complaints.failed;
}

const foreignFormats: Readonly<Record<string, { alone: string; inArchive?: string } | undefined>> = {
  "BC\xc0\xde": {
    alone: "This is a LLVM bitcode file - try using llvm-bcanalyzer",
    inArchive: "This is a LLVM bitcode file - try extracing and then using llvm-bcanalyzer",
  },
  "go o": { alone: "This is a GO binary file - try using 'go tool objdump' or 'go tool nm'" },
};

/** Reads all section headers and prints them; false where the file has none that can be read. */
function readSectionHeaders(context: Context, counts: ReturnType<typeof realCounts>): boolean {
  const { image, out, options, complaints } = context;
  const { header } = image;
  if (counts.sections === 0) {
    image.sections = [];
    if (header.shoff !== 0) {
      complaints.warning(
        "possibly corrupt ELF file header - it has a non-zero section header offset, but no section headers",
      );
      return false;
    }
    if (options.sections) out.text("\nThere are no sections in this file.\n");
    return true;
  }
  image.sections = [];
  if (!image.readSections(counts.sections, counts.nameSection)) {
    if (header.shentsize < (image.is64 ? 64 : 40))
      complaints.error(
        "The e_shentsize field in the ELF header is less than the size of an ELF section header",
      );
    else if (header.shoff !== 0)
      complaints.error(
        `Reading ${counts.sections * header.shentsize} bytes extends past end of file for section headers`,
      );
    return false;
  }
  const names = image.sections[counts.nameSection];
  if (counts.nameSection !== 0 && names.size > 0 && !image.sectionNames)
    complaints.error(`Reading ${names.size} bytes extends past end of file for string table`);
  for (const section of image.sections) {
    if (section.link > counts.sections)
      complaints.warning(`Section ${section.index} has an out of range sh_link value of ${section.link}`);
    if (section.flags & 0x40n && section.info > counts.sections)
      complaints.warning(`Section ${section.index} has an out of range sh_info value of ${section.info}`);
  }
  checkEntrySizes(context);
  if (options.sections) printSections(context);
  return true;
}

/** The sizes of entries that have to be right, because GNU readelf goes on with the right ones. */
function checkEntrySizes({ image, options, complaints }: Context): void {
  const sizes: Readonly<Record<number, number>> = image.is64
    ? { 2: 24, 4: 24, 9: 16, 11: 24, 17: 4, 19: 8 }
    : { 2: 16, 4: 12, 9: 8, 11: 16, 17: 4, 19: 4 };
  for (const section of image.sections) {
    const expected = sizes[section.type];
    if (expected !== undefined && section.entsize !== expected) {
      complaints.error(`Section ${section.index} has invalid sh_entsize of ${section.entsize.toString(16)}`);
      complaints.error(`(Using the expected size of ${expected.toString(16)} for the rest of this dump)`);
      section.entsize = expected;
    }
    if (options.checks && section.size === 0) {
      if (section.type === 4 || section.type === 9)
        complaints.warning(`Section '${section.name}': zero-sized relocation section`);
      else if ((section.type === 1 || section.type === 7) && section.index > 0 && isNoted(section.name))
        complaints.warning(`Section '${section.name}': has a size of zero - is this intended ?`);
    }
  }
}

/** Sections that are worth a word when they are empty. */
const isNoted = (name: string) => /^\.(debug|gnu\.debug|zdebug)/.test(name);

/** The parts in GNU readelf's order; the section headers are known. */
function showParts(context: Context): void {
  const { image, out, options, complaints } = context;
  if (options.groups) printGroups(context);
  processSegments(context, () => fileType(context, () => isPie(context)));
  if (!processDynamic(context)) complaints.fail();
  if (options.relocations) printRelocations(context);
  if (options.unwind) {
    const { machine } = image.header;
    if (machine === EM_ARM) complaints.unsupported("the decoding of ARM unwind tables is not supported");
    else if (machine === EM_386 || machine === EM_X86_64)
      out.text("No processor specific unwind information to decode\n");
    else
      out.text(
        `\nThe decoding of unwind sections for machine type ${machineName(machine)} is not currently supported.\n`,
      );
  }
  if (options.symbols || options.dynamicSymbols) printSymbols(context);
  if (options.histogram) printHistograms(context);
  if (options.ltoSymbols) showLtoSymbols(context);
  if (options.versions) printVersions(context);
  prepareDebug(context);
  warnOfMissing(context, options.dumps, true);
  for (const section of image.sections) {
    const wanted = new Set(
      options.dumps.filter((dump) => sectionsOf(context, dump).includes(section)).map((dump) => dump.kind),
    );
    if (wanted.has("hex")) dumpBytes(context, section, false);
    if (wanted.has("relocated")) dumpBytes(context, section, true);
    if (wanted.has("strings")) dumpStrings(context, section);
    showDebugSections(context, section);
  }
  warnOfMissing(context, options.dumps, false);
  if (options.notes) printNotes(context);
  if (options.archSpecific) printAttributes(context);
}

function showLtoSymbols({ image, complaints }: Context): void {
  if (image.sections.some((section) => section.name.startsWith(".gnu.lto_.symtab.")))
    complaints.unsupported("the symbol tables of link-time optimisation are not supported");
}
