import { type OptionRow, optionGroups } from "./option-table.ts";
import { zKeywordHelp } from "./z-keywords.ts";

// The text of --help. GNU's flavour is grouped by subject, since 300 options in
// one list help nobody; LLD's is one list, as LLD's own.

export interface HelpFacts {
  readonly program: string;
  /** BFD's names: `elf64-x86-64`. */
  readonly targets: readonly string[];
  readonly emulations: readonly string[];
}

const COLUMN = 30;

export function helpText(flavor: "gnu" | "lld", facts: HelpFacts): string {
  return flavor === "gnu" ? gnuHelp(facts) : lldHelp(facts);
}

function gnuHelp({ program, targets, emulations }: HelpFacts): string {
  let text = `Usage: ${program} [options] file...\n`;
  for (const { title, rows } of optionGroups) {
    const shown = rows.filter((row) => row.help !== "" && row.flavor !== "lld");
    if (shown.length === 0) continue;
    text += `\n${title}:\n`;
    for (const row of shown) text += entry(row.names.map((name) => spelling(name, row)).join(", "), row.help);
  }
  text += "\n-z keywords; those that concern dynamic linking only are accepted too:\n";
  for (const [keyword, help] of zKeywordHelp) text += entry(`-z ${keyword}`, help);
  text += entry("@FILE", "Read further options from FILE");
  text += "\nOne dash or two may stand before a long name, and names may be shortened.\n";
  text += `${program}: supported targets: ${targets.join(" ")}\n`;
  text += `${program}: supported emulations: ${emulations.join(" ")}\n`;
  return text;
}

function spelling(name: string, row: OptionRow): string {
  const long = name.replace(/^--/, "");
  const { argument, metavar } = row;
  if (long.length === 1) return argument === "value" ? `-${long} ${metavar}` : `-${long}`;
  if (argument === "optional") return `--${long}[=${metavar}]`;
  return argument === "value" ? `--${long} ${metavar}` : `--${long}`;
}

function lldHelp({ program }: HelpFacts): string {
  const lines: { key: string; text: string }[] = [];
  for (const { rows } of optionGroups)
    for (const row of rows) {
      if (row.help === "" || row.flavor === "gnu") continue;
      const metavar = row.metavar === "" ? "" : `<${row.metavar.toLowerCase()}>`;
      for (const name of row.names) {
        const long = name.replace(/^--/, "");
        const dashed = long.length === 1 ? `-${long}` : `--${long}`;
        const add = (shape: string) => lines.push({ key: long, text: entry(shape, row.help, 26) });
        if (row.argument === "none") add(dashed);
        else if (long.length === 1) add(`${dashed} ${metavar}`);
        else {
          if (row.argument === "optional") add(dashed);
          add(`${dashed}=${metavar}`);
          if (name.startsWith("--")) add(`${dashed} ${metavar}`);
        }
      }
    }
  // Longer names first among those that begin alike, as `--output` before `-o`.
  const compare = (a: string, b: string) => (a.startsWith(b) ? -1 : b.startsWith(a) ? 1 : a < b ? -1 : 1);
  lines.sort((a, b) => (a.key === b.key ? 0 : compare(a.key, b.key)));
  return (
    `OVERVIEW: lld\n\nUSAGE: ${program} [options] file...\n\nOPTIONS:\n` +
    `${lines.map((line) => line.text).join("")}\n${program}: supported targets: elf\n`
  );
}

function entry(shape: string, help: string, column = COLUMN): string {
  const head = `  ${shape}`;
  return head.length < column ? `${head.padEnd(column)}${help}\n` : `${head}\n${" ".repeat(column)}${help}\n`;
}
