import { isProblem } from "../files/index.ts";
import { targetFormats } from "./bfd/targets.ts";
import { type ToolHost, versionText } from "./host.ts";
import { asByteText } from "./text-out.ts";

// Command lines as getopt_long reads them: options and operands in any order,
// `-abc`, `-oFILE`, long options cut short where that is clear, `--` as the
// end, and its wording when something is wrong.

export interface OptionSpec {
  /** What the option is called in the result. */
  readonly id: string;
  /** Letters. */
  readonly short?: string;
  /** Names without dashes. */
  readonly long?: readonly string[];
  readonly argument?: "required" | "optional";
  /** How --help calls the argument. */
  readonly value?: string;
  /** A line for --help; options without one are not listed. */
  readonly help?: string;
}

export interface ParsedOption {
  readonly id: string;
  readonly value: string | undefined;
}

export interface ParsedOptions {
  readonly options: readonly ParsedOption[];
  readonly operands: readonly string[];
  /** What getopt would print, without the program's name. Parsing went on after it. */
  readonly problems: readonly string[];
}

/** Parses the arguments after the program's name. */
export function parseOptions(args: readonly string[], specs: readonly OptionSpec[]): ParsedOptions {
  const options: ParsedOption[] = [];
  const operands: string[] = [];
  const problems: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      continue;
    }
    if (arg.startsWith("--")) {
      const equals = arg.indexOf("=");
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const given = equals < 0 ? undefined : arg.slice(equals + 1);
      const found = findLong(name, specs);
      if (typeof found === "string") {
        problems.push(found === "" ? `unrecognized option '--${name}'` : found);
        continue;
      }
      const [spec, full] = found;
      if (spec.argument === undefined && given !== undefined) {
        problems.push(`option '--${full}' doesn't allow an argument`);
        continue;
      }
      if (spec.argument !== "required" || given !== undefined) options.push({ id: spec.id, value: given });
      else if (at + 1 < args.length) options.push({ id: spec.id, value: args[++at] });
      else problems.push(`option '--${full}' requires an argument`);
      continue;
    }
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i];
      const spec = specs.find((s) => s.short?.includes(letter));
      if (!spec) {
        problems.push(`invalid option -- '${letter}'`);
        continue;
      }
      if (spec.argument === undefined) {
        options.push({ id: spec.id, value: undefined });
        continue;
      }
      const rest = arg.slice(i + 1);
      if (rest !== "") options.push({ id: spec.id, value: rest });
      else if (spec.argument === "optional") options.push({ id: spec.id, value: undefined });
      else if (at + 1 < args.length) options.push({ id: spec.id, value: args[++at] });
      else problems.push(`option requires an argument -- '${letter}'`);
      break;
    }
  }
  return { options, operands, problems };
}

/** The option and its full name; a string is the problem, empty for an unknown option. */
function findLong(name: string, specs: readonly OptionSpec[]): [OptionSpec, string] | string {
  const candidates: [OptionSpec, string][] = [];
  for (const spec of specs)
    for (const long of spec.long ?? []) {
      if (long === name) return [spec, long];
      if (long.startsWith(name)) candidates.push([spec, long]);
    }
  if (candidates.length === 0) return "";
  if (candidates.every(([spec]) => spec === candidates[0][0])) return candidates[0];
  const list = candidates.map(([, long]) => ` '--${long}'`).join("");
  return `option '--${name}' is ambiguous; possibilities:${list}`;
}

/** The lines of --help for the options that have one. */
export function optionHelp(specs: readonly OptionSpec[]): string {
  let text = "";
  for (const { short = "", long = [], help, value, argument } of specs) {
    if (help === undefined) continue;
    const shown = argument === "optional" ? `[=${value ?? "VALUE"}]` : argument ? `=${value ?? "VALUE"}` : "";
    const names = [...[...short].map((letter) => `-${letter}`), ...long.map((name) => `--${name}`)];
    const last = names.at(-1) ?? "";
    const all = `${names.join(", ")}${last.startsWith("--") ? shown : shown.replace(/^=/, " ")}`;
    text += all.length > 30 ? `  ${all}\n${" ".repeat(34)}${help}\n` : `  ${all.padEnd(30)}  ${help}\n`;
  }
  return text;
}

/** Replaces `@FILE` by the arguments in the file, as all GNU tools do. An `@FILE` that cannot be read stays. */
export function expandArguments(args: readonly string[], host: ToolHost): string[] {
  const result: string[] = [];
  let budget = 2000;
  const expand = (list: readonly string[]): void => {
    for (const arg of list) {
      const file = arg.startsWith("@") && budget-- > 0 ? host.files.open(arg.slice(1)) : undefined;
      if (!file || isProblem(file)) {
        result.push(arg);
        continue;
      }
      const text = new TextDecoder().decode(file.read(0, file.size));
      file.close();
      expand(splitArguments(text));
    }
  };
  expand(args);
  return result;
}

/** Splits at white space; quotes and backslashes protect. */
function splitArguments(text: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\" && i + 1 < text.length) current = (current ?? "") + text[++i];
    else if (quote !== "") {
      if (char === quote) quote = "";
      else current = (current ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      current ??= "";
    } else if (/\s/.test(char)) {
      if (current !== undefined) found.push(current);
      current = undefined;
    } else current = (current ?? "") + char;
  }
  if (current !== undefined) found.push(current);
  return found;
}

export interface ToolUsage {
  readonly tool: string;
  /** What follows the program's name, such as `[OPTION]... [FILE]...`. */
  readonly usage: string;
  readonly summary: string;
  /** Further lines after the options. */
  readonly more?: string;
}

/** The text of --help. */
export function helpText(specs: readonly OptionSpec[], host: ToolHost, use: ToolUsage): string {
  const formats = targetFormats.map((format) => ` ${format.name}`).join("");
  return (
    `Usage: ${host.program} ${use.usage}\n ${use.summary}\n Options:\n${optionHelp(specs)}${use.more ?? ""}` +
    `  @FILE                           Read options from FILE\n${host.program}: supported targets:${formats}\n`
  );
}

/**
 * Expands response files, parses, and carries out --help and --version. A
 * number is the exit code of a command line that is done with that.
 */
export function finishOptions(
  args: readonly string[],
  specs: readonly OptionSpec[],
  host: ToolHost,
  use: ToolUsage,
): ParsedOptions | number {
  const parsed = parseOptions(expandArguments(args, host), specs);
  if (parsed.problems.length > 0) {
    for (const problem of parsed.problems) host.error(`${host.program}: ${asByteText(problem)}\n`);
    host.error(helpText(specs, host, use));
    return 1;
  }
  const first = parsed.options.find(({ id }) => id === "help" || id === "version");
  if (first?.id === "help") {
    host.out(helpText(specs, host, use));
    return 0;
  }
  if (first) {
    host.out(versionText(host, use.tool));
    return 0;
  }
  return parsed;
}
