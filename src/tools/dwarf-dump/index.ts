import type { ImageSection } from "../elf-image.ts";
import type { DebugPart } from "../readelf/options.ts";
import type { DwarfDump } from "./context.ts";
import { showDecodedLines } from "./decoded-lines.ts";
import { showFrames } from "./frames.ts";
import { showAbbreviations, showInfo } from "./info.ts";
import { showRawLines } from "./lines.ts";
import { showLink } from "./links.ts";
import { showLocations, showRanges } from "./lists.ts";
import {
  showAddresses,
  showAddressRanges,
  showMacroInfo,
  showMacros,
  showNames,
  showStringOffsets,
  showStrings,
} from "./tables.ts";

export { DwarfDump, type DwarfDumpOptions } from "./context.ts";
export { preloadUnits } from "./info.ts";

/** The part of --debug-dump that a section belongs to, by its ordinary name; undefined where it is not shown. */
export function partOf(name: string): DebugPart | undefined {
  const plain = ordinaryName(name);
  if (plain === ".eh_frame") return "frames";
  if (plain === ".gdb_index" || plain === ".debug_names") return "gdb_index";
  if (plain === ".gnu_debuglink" || plain === ".gnu_debugaltlink") return "links";
  if (plain.startsWith(".gnu.linkonce.wi.")) return "info";
  if (!plain.startsWith(".debug_")) return undefined;
  const rest = plain.slice(7);
  const row = prefixes.find(([prefix, , exact]) => (exact ? rest === prefix : rest.startsWith(prefix)));
  return row?.[1];
}

/** Names after `.debug_`: those with `true` in full, the others by what they begin with. */
const prefixes: readonly (readonly [string, DebugPart, boolean?])[] = [
  ["info", "info"],
  ["types", "info"],
  ["abbrev", "abbrev"],
  ["line", "rawline", true],
  ["line.", "rawline"],
  ["pubnames", "pubnames"],
  ["pubtypes", "pubtypes"],
  ["gnu_pubnames", "pubnames"],
  ["gnu_pubtypes", "pubtypes"],
  ["aranges", "aranges"],
  ["ranges", "Ranges"],
  ["rnglists", "Ranges"],
  ["frame", "frames"],
  ["macinfo", "macro"],
  ["macro", "macro"],
  ["str_offsets", "str-offsets"],
  ["str", "str"],
  ["sup", "links"],
  ["loc", "loc"],
  ["addr", "addr"],
  ["cu_index", "cu_index"],
  ["tu_index", "cu_index"],
];

export const ordinaryName = (name: string): string =>
  name.startsWith(".zdebug_") ? `.debug_${name.slice(8)}` : name;

/** Shows a section; false where it cannot be shown. */
export function showDebugSection(dump: DwarfDump, header: ImageSection): boolean {
  const { out } = dump;
  let plain = ordinaryName(header.name).replace(/\.dwo$/, "");
  if (plain.startsWith(".gnu.linkonce.wi.")) plain = ".debug_info";
  const isLine = plain === ".debug_line" || plain.startsWith(".debug_line.");
  const show = isLine ? showLines : shows[plain];
  if (!show) {
    if (unsupported.has(plain)) {
      dump.error(`showing the contents of ${plain} is not supported`);
      return false;
    }
    out.text(`Unrecognized debug section: ${header.name}\n`);
    return false;
  }
  const section = dump.load(header);
  if (!section) return false;
  return show(dump, section) !== false;
}

type Show = (dump: DwarfDump, section: Parameters<typeof showFrames>[1]) => boolean | undefined;
const always =
  (show: (...args: Parameters<Show>) => void): Show =>
  (dump, section) => {
    show(dump, section);
    return true;
  };

function showLines(...[dump, section]: Parameters<Show>): boolean {
  const { rawLines, decodedLines } = dump.options;
  const raw = rawLines || !decodedLines ? showRawLines(dump, section) : true;
  return (decodedLines ? showDecodedLines(dump, section) : true) && raw;
}

const shows: Readonly<Record<string, Show | undefined>> = {
  ".debug_abbrev": always(showAbbreviations),
  ".debug_aranges": always(showAddressRanges),
  ".debug_frame": always(showFrames),
  ".eh_frame": always(showFrames),
  ".debug_info": (dump, section) => showInfo(dump, section, false),
  ".debug_types": (dump, section) => showInfo(dump, section, true),
  ".debug_pubnames": always((dump, section) => showNames(dump, section, false)),
  ".debug_pubtypes": always((dump, section) => showNames(dump, section, false)),
  ".debug_gnu_pubnames": always((dump, section) => showNames(dump, section, true)),
  ".debug_gnu_pubtypes": always((dump, section) => showNames(dump, section, true)),
  ".debug_macinfo": always(showMacroInfo),
  ".debug_macro": showMacros,
  ".debug_str": always(showStrings),
  ".debug_line_str": always(showStrings),
  ".debug_loc": showLocations,
  ".debug_loclists": showLocations,
  ".debug_ranges": showRanges,
  ".debug_rnglists": showRanges,
  ".debug_str_offsets": showStringOffsets,
  ".debug_addr": showAddresses,
  ".gnu_debuglink": always(showLink),
  ".gnu_debugaltlink": always(showLink),
};

/** Sections that GNU's tools show and ours do not. */
const unsupported = new Set([
  ".gdb_index",
  ".debug_names",
  ".debug_cu_index",
  ".debug_tu_index",
  ".debug_sup",
]);
