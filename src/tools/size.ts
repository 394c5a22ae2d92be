import type { BfdObject } from "./bfd/object.ts";
import { openElf } from "./bfd/object.ts";
import { isCommon, SEC_ALLOC, SEC_CODE, SEC_HAS_CONTENTS, SEC_READONLY } from "./bfd/section.ts";
import { BSF_SECTION_SYM, readBfdSymbols } from "./bfd/symbols.ts";
import { complain, type ToolHost } from "./host.ts";
import { members, NOT_RECOGNIZED, openInput, warn } from "./inputs.ts";
import { finishOptions, type OptionSpec } from "./options.ts";
import { asByteText } from "./text-out.ts";

// size: how much memory the sections of programs take.

const specs: readonly OptionSpec[] = [
  { id: "sysv", short: "A", help: "As --format=sysv" },
  { id: "berkeley", short: "B", help: "As --format=berkeley" },
  { id: "gnu", short: "G", help: "As --format=gnu" },
  {
    id: "format",
    long: ["format"],
    argument: "required",
    value: "FORMAT",
    help: "sysv: each section; berkeley (the default): text, data, bss; gnu: read-only data is data",
  },
  { id: "octal", short: "o", help: "As --radix=8" },
  { id: "decimal", short: "d", help: "As --radix=10" },
  { id: "hex", short: "x", help: "As --radix=16" },
  { id: "radix", long: ["radix"], argument: "required", value: "RADIX", help: "Numbers to base 8, 10 or 16" },
  { id: "totals", short: "t", long: ["totals"], help: "Add a line of sums (berkeley and gnu)" },
  { id: "common", long: ["common"], help: "Count common symbols" },
  { id: "ignored", short: "f" },
  {
    id: "ignored",
    long: ["target"],
    argument: "required",
    value: "BFDNAME",
    help: "Accepted; the format is recognized",
  },
  { id: "bad-help", short: "hH?" },
  { id: "help", long: ["help"], help: "Print this" },
  { id: "version", short: "vV", long: ["version"], help: "Print the version" },
];

type Format = "sysv" | "berkeley" | "gnu";

interface Run {
  readonly host: ToolHost;
  format: Format;
  radix: 8 | 10 | 16;
  totals: boolean;
  common: boolean;
  headed: boolean;
  readonly sums: { text: bigint; data: bigint; bss: bigint };
  code: number;
}

/** `size ARGUMENTS...` */
export function size(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "size",
    usage: "[OPTION]... [FILE]...",
    summary: "Shows the sizes of sections in files (a.out by default).",
  };
  const parsed = finishOptions(args, specs, host, use);
  if (typeof parsed === "number") return parsed;
  const run: Run = {
    host,
    format: "berkeley",
    radix: 10,
    totals: false,
    common: false,
    headed: false,
    sums: { text: 0n, data: 0n, bss: 0n },
    code: 0,
  };
  for (const { id, value = "" } of parsed.options) {
    if (id === "sysv" || id === "berkeley" || id === "gnu") run.format = id;
    else if (id === "octal") run.radix = 8;
    else if (id === "decimal") run.radix = 10;
    else if (id === "hex") run.radix = 16;
    else if (id === "totals") run.totals = true;
    else if (id === "common") run.common = true;
    else if (id === "format") {
      const formats: Readonly<Record<string, Format>> = { b: "berkeley", s: "sysv", g: "gnu" };
      const format = formats[value.charAt(0).toLowerCase()];
      if (!format) return badValue(host, `invalid argument to --format: ${value}`);
      run.format = format;
    } else if (id === "radix") {
      const radix = Number.parseInt(value, 10);
      if (radix !== 8 && radix !== 10 && radix !== 16) return badValue(host, `Invalid radix: ${value}\n`);
      run.radix = radix;
    } else if (id === "bad-help") return badValue(host, undefined);
  }
  for (const path of parsed.operands.length > 0 ? parsed.operands : ["a.out"]) sizeFile(path, run);
  if (run.totals && run.format !== "sysv") {
    const { text, data, bss } = run.sums;
    host.out(`${row(run, text, data, bss)}(TOTALS)\n`);
  }
  return run.code;
}

function badValue(host: ToolHost, problem: string | undefined): number {
  if (problem !== undefined) complain(host, asByteText(problem));
  host.error(`Usage: ${host.program} [OPTION]... [FILE]...\n`);
  return 1;
}

function sizeFile(path: string, run: Run): void {
  const { host } = run;
  const input = openInput(host, path);
  const name = asByteText(path);
  if (!input) {
    run.code = 1;
    return;
  }
  if (input.kind === "object") {
    sizeObject(input.object, name, undefined, run);
    return;
  }
  if (input.kind === "unknown") {
    complain(host, `${name}: ${NOT_RECOGNIZED}`);
    run.code = 3;
    return;
  }
  const walk = members(host, path, input.archive);
  for (;;) {
    const { value: member, done } = walk.next();
    if (done) {
      if (member !== undefined) {
        complain(host, `${name}: ${member}`);
        run.code = 2;
      }
      break;
    }
    if (/^!<(arch|thin)>\n/.test(String.fromCharCode(...member.bytes.subarray(0, 8)))) continue;
    const object = openElf(member.name, member.bytes);
    if (object) {
      warn(host, object);
      sizeObject(object, member.name, name, run);
    } else {
      complain(host, `${member.name}: ${NOT_RECOGNIZED}`);
      run.code = 3;
    }
  }
  input.file.close();
}

function sizeObject(object: BfdObject, name: string, archive: string | undefined, run: Run): void {
  const common = run.common ? commonSize(object) : 0n;
  if (run.format === "sysv") run.host.out(`${sysv(object, name, archive, common, run)}\n`);
  else run.host.out(`${berkeley(object, name, archive, common, run)}\n`);
}

function commonSize(object: BfdObject): bigint {
  if (object.isExecutable || object.isDynamic) return 0n;
  let sum = 0n;
  for (const symbol of readBfdSymbols(object) ?? []) {
    if (isCommon(symbol.section) && !(symbol.flags & BSF_SECTION_SYM))
      sum += (BigInt(symbol.high) << 32n) | BigInt(symbol.low);
  }
  return sum;
}

function number(value: bigint | number, radix: 8 | 10 | 16): string {
  const digits = value.toString(radix);
  return radix === 16 ? `0x${digits}` : radix === 8 ? `0${digits}` : digits;
}

/** The columns before the name. */
function row(run: Run, text: bigint, data: bigint, bss: bigint): string {
  const { radix, format } = run;
  const total = BigInt.asUintN(64, text + data + bss);
  const [width, gap] = format === "berkeley" ? [7, "\t"] : [10, " "];
  const columns = [text, data, bss].map((value) => number(value, radix).padStart(width));
  if (format === "gnu") columns.push(number(total, radix).padStart(width));
  else columns.push(total.toString(radix === 8 ? 8 : 10).padStart(7), total.toString(16).padStart(7));
  return columns.join(gap) + gap;
}

function berkeley(
  object: BfdObject,
  name: string,
  archive: string | undefined,
  common: bigint,
  run: Run,
): string {
  let text = 0n;
  let data = 0n;
  let bss = common;
  for (const { flags, size: bytes } of object.sections) {
    if (!(flags & SEC_ALLOC)) continue;
    if (flags & SEC_CODE || (run.format === "berkeley" && flags & SEC_READONLY)) text += BigInt(bytes);
    else if (flags & SEC_HAS_CONTENTS) data += BigInt(bytes);
    else bss += BigInt(bytes);
  }
  let heading = "";
  if (!run.headed) {
    run.headed = true;
    heading =
      run.format === "gnu"
        ? "      text       data        bss      total filename\n"
        : `   text\t   data\t    bss\t    ${run.radix === 8 ? "oct" : "dec"}\t    hex\tfilename\n`;
  }
  run.sums.text += text;
  run.sums.data += data;
  run.sums.bss += bss;
  return `${heading}${row(run, text, data, bss)}${name}${archive === undefined ? "" : ` (ex ${archive})`}`;
}

function sysv(
  object: BfdObject,
  name: string,
  archive: string | undefined,
  common: bigint,
  run: Run,
): string {
  const { radix } = run;
  const shown = object.sections.filter((section) => section.flags !== 0);
  const rows = shown.map((section) => ({ name: section.name, size: BigInt(section.size), vma: section.vma }));
  if (run.common) rows.push({ name: "*COM*", size: common, vma: 0n });
  const total = rows.reduce((sum, { size: bytes }) => sum + bytes, 0n);
  let highest = 0n;
  for (const { vma } of rows) if (vma > highest) highest = vma;
  const nameWidth = rows.reduce((max, section) => Math.max(max, section.name.length), 0);
  const sizeWidth = Math.max(4, number(total, radix).length);
  const addressWidth = Math.max(4, number(highest, radix).length);
  const line = (first: string, second: string, third: string) =>
    `${first.padEnd(nameWidth)}   ${second.padStart(sizeWidth)}   ${third.padStart(addressWidth)}\n`;
  let text = `${name}  ${archive === undefined ? "" : ` (ex ${archive})`}:\n${line("section", "size", "addr")}`;
  for (const section of rows)
    text += line(section.name, number(section.size, radix), number(section.vma, radix));
  return `${text}${"Total".padEnd(nameWidth)}   ${number(total, radix).padStart(sizeWidth)}\n\n`;
}
