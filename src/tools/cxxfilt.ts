import { demangle, demangleCxx, demangleRust, demangleType } from "../demangle/index.ts";
import { demangleStyles } from "./demangle-styles.ts";
import type { ToolHost } from "./host.ts";
import { finishOptions, type OptionSpec } from "./options.ts";
import { asByteText, byteText } from "./text-out.ts";

// c++filt: replaces mangled names in a text, or those of the command line.

const specs: readonly OptionSpec[] = [
  {
    id: "strip",
    short: "_",
    long: ["strip-underscore"],
    help: "Names have an underscore of the system in front",
  },
  { id: "no-strip", short: "n", long: ["no-strip-underscores"], help: "They have none (the default)" },
  { id: "bare", short: "p", long: ["no-params"], help: "No parameters of functions" },
  {
    id: "brief",
    short: "i",
    long: ["no-verbose"],
    help: "No hashes, and std::string for what it stands for",
  },
  { id: "types", short: "t", long: ["types"], help: "Mangled types such as PKc, too" },
  {
    id: "style",
    short: "s",
    long: ["format"],
    argument: "required",
    value: "STYLE",
    help: "none, auto, gnu-v3 or rust; java, gnat and dlang are accepted and find nothing",
  },
  { id: "ignored", short: "R", long: ["recurse-limit", "recursion-limit"] },
  { id: "ignored", short: "r", long: ["no-recurse-limit", "no-recursion-limit"] },
  { id: "help", short: "h", long: ["help"], help: "Print this" },
  { id: "version", short: "v", long: ["version"], help: "Print the version" },
];

interface FilterOptions {
  stripUnderscore: boolean;
  parameters: boolean;
  verbose: boolean;
  types: boolean;
  style: string;
}

/** `c++filt ARGUMENTS...` */
export function cxxfilt(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "c++filt",
    usage: "[OPTION]... [NAME]...",
    summary: "Shows mangled names as C++ and Rust write them; without names, those in standard input.",
  };
  const parsed = finishOptions(args, specs, host, use);
  if (typeof parsed === "number") return parsed;
  const options: FilterOptions = {
    stripUnderscore: false,
    parameters: true,
    verbose: true,
    types: false,
    style: "auto",
  };
  for (const { id, value = "" } of parsed.options) {
    if (id === "strip") options.stripUnderscore = true;
    else if (id === "no-strip") options.stripUnderscore = false;
    else if (id === "bare") options.parameters = false;
    else if (id === "brief") options.verbose = false;
    else if (id === "types") options.types = true;
    else if (id === "style") {
      if (!demangleStyles.includes(value)) {
        host.error(`${host.program}: unknown demangling style \`${asByteText(value)}'\n`);
        return 1;
      }
      options.style = value;
    }
  }
  if (parsed.operands.length > 0) {
    for (const name of parsed.operands) host.out(`${filterName(asByteText(name), options)}\n`);
    return 0;
  }
  const input = host.files.standardInput();
  const text = byteText(input, 0, input.length);
  host.out(text.replace(/[A-Za-z0-9_$.]+/g, (name) => filterName(name, options)));
  return 0;
}

/** A name, which may have a dot or dollar sign in front of the mangled one. */
function filterName(name: string, options: FilterOptions): string {
  let skip = /^[.$]/.test(name) ? 1 : 0;
  if (options.stripUnderscore && name[skip] === "_") skip++;
  const shown = demangled(name.slice(skip), options);
  if (shown === undefined) return name;
  return (name.startsWith(".") ? "." : "") + asByteText(shown);
}

function demangled(name: string, options: FilterOptions): string | undefined {
  const { style, verbose, parameters } = options;
  if (style === "none" || style === "java" || style === "gnat" || style === "dlang") return undefined;
  if (style === "rust") return demangleRust(name, verbose);
  const cxx = style === "gnu-v3" ? demangleCxx(name, { verbose, parameters }) : undefined;
  if (cxx !== undefined) return cxx;
  if (style === "gnu-v3" && name.startsWith("_R")) return undefined;
  const shown = demangle(name, "gnu", { verbose, parameters });
  if (shown !== name) return shown;
  return options.types ? demangleType(name, { verbose, parameters }) : undefined;
}
