import { targetFormats } from "../bfd/targets.ts";
import { Fatal, guarded } from "../fatal.ts";
import { checkFile, complain, type ToolHost, versionText } from "../host.ts";
import { expandArguments, helpText, type OptionSpec, type ParsedOption, parseOptions } from "../options.ts";
import { asByteText } from "../text-out.ts";
import { apply } from "./apply-options.ts";
import { copyFile } from "./copy-file.ts";
import { objcopyAll, stripAll } from "./option-table.ts";
import { newSettings, type Settings } from "./settings.ts";

// objcopy and strip: from the command line to copies.

/** `objcopy ARGUMENTS...` */
export function objcopy(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "objcopy",
    usage: "[OPTION]... INPUT [OUTPUT]",
    summary: "Copies an object file, changing it on the way.",
  };
  return guarded(host, () => {
    const parsed = readCommandLine(args, objcopyAll, use, host);
    if (typeof parsed === "number") return parsed;
    const settings = newSettings("objcopy");
    for (const { id, value = "" } of parsed.options) apply(settings, id, asByteText(value), value, host);
    const { operands } = parsed;
    if (operands.length === 0 || operands.length > 2) return usage(objcopyAll, use, host);
    if (settings.byte >= 0 && settings.byte >= settings.interleave)
      throw new Fatal("byte number must be less than interleave");
    if (settings.interleaveWidth > settings.interleave - Math.max(settings.byte, 0))
      throw new Fatal("interleave width must be less than or equal to interleave - byte`");
    settings.outputTarget ??= settings.inputTarget;
    const [from, to = from] = operands;
    const code = copyFile(from, to, settings, host);
    warnUnused(settings, host);
    return code;
  });
}

/** `strip ARGUMENTS...` */
export function strip(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "strip",
    usage: "[OPTION]... FILE...",
    summary: "Removes symbols and sections from files.",
  };
  return guarded(host, () => {
    const parsed = readCommandLine(args, stripAll, use, host);
    if (typeof parsed === "number") return parsed;
    const settings = newSettings("strip");
    let output: string | undefined;
    for (const { id, value = "" } of parsed.options) {
      if (id === "o") output = value;
      else apply(settings, id, asByteText(value), value, host);
    }
    if (settings.strip === "nothing" && settings.discard === "none" && settings.stripSymbols.size === 0)
      settings.strip = "all";
    settings.outputTarget ??= settings.inputTarget;
    const { operands } = parsed;
    if (operands.length === 0 || (output !== undefined && operands.length > 1))
      return usage(stripAll, use, host);
    let code = 0;
    for (const file of operands) {
      const size = checkFile(host, file);
      if (size === undefined || size < 1) {
        code = 1;
        continue;
      }
      if (copyFile(file, output ?? file, settings, host) !== 0) code = 1;
    }
    return code;
  });
}

function readCommandLine(
  args: readonly string[],
  specs: readonly OptionSpec[],
  use: { tool: string; usage: string; summary: string },
  host: ToolHost,
): { options: readonly ParsedOption[]; operands: readonly string[] } | number {
  const parsed = parseOptions(expandArguments(args, host), specs);
  if (parsed.problems.length > 0) {
    complain(host, asByteText(parsed.problems[0]));
    return usage(specs, use, host);
  }
  const has = (id: string) => parsed.options.some((option) => option.id === id);
  if (has("help")) {
    host.out(helpText(specs, host, use));
    return 0;
  }
  if (has("info")) {
    host.out(targetFormats.map(({ name }) => `${name}\n`).join(""));
    return 0;
  }
  if (has("version")) {
    host.out(versionText(host, use.tool));
    return 0;
  }
  return parsed;
}

function usage(
  specs: readonly OptionSpec[],
  use: { tool: string; usage: string; summary: string },
  host: ToolHost,
): number {
  host.error(helpText(specs, host, use));
  return 1;
}

/** Rules that set addresses, and that no section matched. */
function warnUnused(settings: Settings, host: ToolHost): void {
  if (!settings.changeWarnings) return;
  for (const { used, vma, lma, pattern } of settings.rules) {
    if (used || (!vma && !lma)) continue;
    const show = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}`;
    if (vma)
      complain(host, `--change-section-vma ${pattern}${vma.set ? "=" : "+"}${show(vma.value)} never used`);
    if (lma)
      complain(host, `--change-section-lma ${pattern}${lma.set ? "=" : "+"}${show(lma.value)} never used`);
  }
}
