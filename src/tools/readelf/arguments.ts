import { type OptionSpec, parseOptions } from "../options.ts";
import { defaultOptions, type ReadelfOptions, selectByLetters, selectByNames } from "./options.ts";

// The command line of GNU readelf.

interface Row extends OptionSpec {
  readonly id: string;
}

const flag = (short: string, ...long: string[]): Row => ({ id: short, short, long });
const long = (id: string, argument?: "required" | "optional", ...names: string[]): Row => ({
  id,
  long: names.length > 0 ? names : [id],
  argument,
});

const specs: readonly Row[] = [
  flag("A", "arch-specific"),
  flag("a", "all"),
  { id: "C", short: "C", argument: undefined },
  long("C", "optional", "demangle"),
  flag("c", "archive-index"),
  flag("D", "use-dynamic"),
  flag("d", "dynamic"),
  flag("e", "headers"),
  flag("g", "section-groups"),
  flag("H", "help"),
  flag("h", "file-header"),
  flag("I", "histogram"),
  flag("L", "lint", "enable-checks"),
  flag("l", "program-headers", "segments"),
  flag("N", "full-section-name"),
  flag("n", "notes"),
  flag("P", "process-links"),
  { ...flag("p", "string-dump"), argument: "required" },
  { ...flag("R", "relocated-dump"), argument: "required" },
  flag("r", "relocs"),
  flag("S", "section-headers", "sections"),
  flag("s", "symbols", "syms"),
  flag("T", "silent-truncation"),
  flag("t", "section-details"),
  { ...flag("U", "unicode"), argument: "required" },
  flag("u", "unwind"),
  flag("V", "version-info"),
  flag("v", "version"),
  flag("W", "wide"),
  { ...flag("w"), argument: "optional" },
  { ...flag("x", "hex-dump"), argument: "required" },
  flag("z", "decompress"),
  { ...flag("i"), argument: "required" },
  long("no-demangle"),
  long("recurse-limit", undefined, "recurse-limit", "no-recurse-limit", "no-recursion-limit"),
  long("dyn-syms"),
  long("lto-syms"),
  long("debug-dump", "optional"),
  long("dwarf-depth", "required"),
  long("dwarf-start", "required"),
  long("dwarf-check"),
  long("ctf", "required", "ctf", "ctf-symbols", "ctf-strings", "ctf-parent"),
  long("sframe", "optional"),
  long("sym-base", "optional"),
];

export interface ReadelfArguments {
  readonly options: ReadelfOptions;
  readonly paths: readonly string[];
  /** "usage" is for mistakes: the help goes to standard error. */
  readonly action: "run" | "help" | "version" | "usage";
  /** What is wrong with the line; those that start with "Warning: " or "Error: " say so themselves. */
  readonly messages: readonly string[];
  /** Options that are understood and not carried out. */
  readonly unsupported: readonly string[];
}

const unicodeStyles: Readonly<Record<string, ReadelfOptions["unicode"]>> = {
  default: "default",
  d: "default",
  locale: "locale",
  l: "locale",
  escape: "escape",
  e: "escape",
  invalid: "invalid",
  i: "invalid",
  hex: "hex",
  x: "hex",
  highlight: "highlight",
  h: "highlight",
};

/** The options that an option turns on, by its id. */
const switches: Readonly<Record<string, readonly (keyof ReadelfOptions)[]>> = {
  a: [
    "symbols",
    "relocations",
    "unwind",
    "dynamic",
    "header",
    "sections",
    "groups",
    "segments",
    "versions",
    "histogram",
    "archSpecific",
    "notes",
  ],
  A: ["archSpecific"],
  c: ["archiveIndex"],
  C: ["demangle"],
  D: ["useDynamic"],
  d: ["dynamic"],
  e: ["header", "sections", "segments"],
  g: ["groups"],
  h: ["header"],
  I: ["histogram"],
  L: ["checks"],
  l: ["segments"],
  N: ["sections", "sectionDetails"],
  n: ["notes"],
  r: ["relocations"],
  S: ["sections"],
  s: ["symbols"],
  T: ["silentTruncation"],
  t: ["sections", "sectionDetails"],
  u: ["unwind"],
  V: ["versions"],
  W: ["wide"],
  z: ["decompress"],
  "dyn-syms": ["dynamicSymbols"],
  "lto-syms": ["ltoSymbols"],
};

export function parseReadelfArguments(args: readonly string[]): ReadelfArguments {
  const options = defaultOptions();
  const paths: string[] = [];
  const messages: string[] = [];
  const unsupported: string[] = [];
  const done = (action: ReadelfArguments["action"]) => ({ options, paths, action, messages, unsupported });
  if (args.length === 0) return done("usage");
  const on = options as unknown as Record<keyof ReadelfOptions, boolean>;
  const line = parseOptions(args, specs);
  paths.push(...line.operands);
  messages.push(...line.problems);
  if (messages.length > 0) return done("usage");
  for (const parsed of line.options) {
    const { id } = parsed;
    const value = parsed.value ?? "";
    if (Object.hasOwn(switches, id)) {
      for (const name of switches[id]) on[name] = true;
      continue;
    }
    switch (id) {
      case "H":
        return done("help");
      case "v":
        return done("version");
      case "P":
        break;
      case "x":
        options.dumps.push({ kind: "hex", section: value });
        break;
      case "p":
        options.dumps.push({ kind: "strings", section: value });
        break;
      case "R":
        options.dumps.push({ kind: "relocated", section: value });
        break;
      case "w":
        for (const letter of selectByLetters(options.debug, parsed.value))
          messages.push(`Warning: Unrecognized debug letter option '${letter}'`);
        break;
      case "debug-dump":
        for (const name of selectByNames(options.debug, parsed.value))
          messages.push(`Warning: Unrecognized debug option '${name}'`);
        break;
      case "dwarf-depth":
        options.debug.depth = Number(value) || 0;
        break;
      case "dwarf-start":
        options.debug.start = Number(value) || 0;
        break;
      case "no-demangle":
        options.demangle = false;
        break;
      case "U":
        if (Object.hasOwn(unicodeStyles, value)) options.unicode = unicodeStyles[value];
        else messages.push(`Error: invalid argument to -U/--unicode: ${value}`);
        break;
      case "sym-base":
        options.symbolBase = [8, 10, 16].includes(Number(value)) ? Number(value) : 0;
        break;
      case "recurse-limit":
      case "dwarf-check":
        break;
      case "i":
        messages.push("Error: Invalid option '-i'");
        return done("usage");
      default:
        unsupported.push(`--${id}`);
    }
  }
  const asked =
    [...new Set(Object.values(switches).flat())].some(
      (name) => !modifiers.has(name) && options[name] === true,
    ) ||
    options.dumps.length > 0 ||
    options.debug.parts.size > 0 ||
    unsupported.length > 0;
  if (!asked) {
    if (!options.checks) return done("usage");
    options.checkAll = true;
    for (const name of [...switches.a, "archiveIndex", "dynamicSymbols", "ltoSymbols"] as const)
      on[name] = true;
  }
  if (paths.length === 0) {
    messages.push("Warning: Nothing to do.");
    return done("usage");
  }
  return done("run");
}

/** Switches that say how, not what. */
const modifiers: ReadonlySet<keyof ReadelfOptions> = new Set([
  "demangle",
  "useDynamic",
  "checks",
  "sectionDetails",
  "silentTruncation",
  "wide",
  "decompress",
]);

export const readelfHelp = `Usage: readelf <option(s)> elf-file(s)
 Display information about the contents of ELF format files
 Options are:
  -a --all               Equivalent to: -h -l -S -s -r -d -V -A -I
  -h --file-header       Display the ELF file header
  -l --program-headers   Display the program headers (also --segments)
  -S --section-headers   Display the sections' header (also --sections)
  -g --section-groups    Display the section groups
  -t --section-details   Display the section details
  -e --headers           Equivalent to: -h -l -S
  -s --syms              Display the symbol table (also --symbols)
     --dyn-syms          Display the dynamic symbol table
     --sym-base=[0|8|10|16]
                         The base of symbols' sizes: mixed (the default), or as given
  -C --demangle          Decode mangled symbol names
     --no-demangle       Do not (the default)
  -U[dlexhi] --unicode=[default|locale|escape|hex|highlight|invalid]
                         How characters beyond ASCII are shown
  -n --notes             Display the notes
  -r --relocs            Display the relocations
  -u --unwind            Display the processor's unwind tables
  -d --dynamic           Display the dynamic section
  -V --version-info      Display the version sections
  -A --arch-specific     Display the processor's attributes
  -c --archive-index     Display the symbol index of an archive
  -D --use-dynamic       Find symbols and relocations by the dynamic section
  -L --lint              Display warnings about possible problems
  -x --hex-dump=<number|name>
                         Dump a section as bytes
  -p --string-dump=<number|name>
                         Dump a section as strings
  -R --relocated-dump=<number|name>
                         Dump a section as bytes with its relocations applied
  -z --decompress        Decompress sections before dumping them
  -w --debug-dump[a/=abbrev, A/=addr, r/=aranges, L/=decodedline, f/=frames,
     F/=frames-interp, i/=info, o/=loc, m/=macro, p/=pubnames, t/=pubtypes,
     R/=Ranges, l/=rawline, s/=str, O/=str-offsets, k/=links]
                         Display the contents of DWARF sections
  --dwarf-depth=N        Do not display entries at depth N or greater
  --dwarf-start=N        Display entries starting at offset N
  -I --histogram         Display how the buckets of hash tables are filled
  -W --wide              Allow lines wider than 80 characters
  -T --silent-truncation Do not add [...] to a truncated name
  @<file>                Read options from <file>
  -H --help              Display this information
  -v --version           Display the version
`;
