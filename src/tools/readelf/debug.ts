import { DwarfDump, ordinaryName, partOf, preloadUnits, showDebugSection } from "../dwarf-dump/index.ts";
import type { ImageSection } from "../elf-image.ts";
import type { Context } from "./context.ts";
import { printableName } from "./print.ts";

// --debug-dump: which sections are shown.

const dumps = new WeakMap<Context["image"], DwarfDump>();

/**
 * GNU readelf reads all units before it shows anything that might be in a
 * separate file, and complains of what it meets there.
 */
export function prepareDebug(context: Context): void {
  const { image, options } = context;
  const { parts } = options.debug;
  const info = image.sections.find(({ name }) => name === ".debug_info" || name === ".zdebug_info");
  if (!info || info.size === 0 || info.type === 8) return;
  if (parts.size > 0) preloadUnits(dumpOf(context));
}

function dumpOf({ image, out, options, complaints }: Context): DwarfDump {
  let dump = dumps.get(image);
  if (!dump) {
    const { parts, depth, start } = options.debug;
    dump = new DwarfDump(
      image,
      out,
      {
        wide: options.wide,
        depth,
        start,
        decodedLines: parts.has("decodedline"),
        rawLines: parts.has("rawline"),
        interpretFrames: parts.has("frames-interp"),
      },
      (message) => complaints.warning(message),
      (message) => complaints.error(message),
    );
    dumps.set(image, dump);
  }
  return dump;
}

/** Shows a section for --debug-dump if it is one of those selected. */
export function showDebugSections(context: Context, section: ImageSection): void {
  const { out, options, complaints } = context;
  const { parts } = options.debug;
  const isAny = options.debug.all && /^\.z?debug_/.test(section.name);
  if (parts.size === 0 || !(isAny || isWanted(parts, section.name))) return;
  if (section.size === 0) {
    out.text(`\nSection '${printableName(section)}' has no debugging data.\n`);
    return;
  }
  if (section.type === 8) {
    out.text(`section '${printableName(section)}' has the NOBITS type - its contents are unreliable.\n`);
    complaints.fail();
    return;
  }
  const dump = dumpOf(context);
  const plain = ordinaryName(section.name);
  const isEmptyList = section.size === 0 && /^\.debug_(loc|ranges|str|addr)/.test(plain);
  if (isEmptyList) out.text(`\nThe ${section.name} section is empty.\n`);
  else if (!showDebugSection(dump, section)) complaints.fail();
}

/** GNU readelf takes every section whose name begins like that of a selected one. */
function isWanted(parts: Context["options"]["debug"]["parts"], name: string): boolean {
  const part = partOf(name);
  if (part === undefined) return false;
  if (part === "rawline") return parts.has("rawline") || parts.has("decodedline");
  if (part === "str-offsets") return parts.has("str-offsets") || parts.has("str");
  return parts.has(part);
}
