import type { BfdObject } from "./bfd/object.ts";
import { type BfdSection, SEC_ALLOC } from "./bfd/section.ts";
import { type BfdSymbol, readBfdSymbols, symbolAddress } from "./bfd/symbols.ts";
import { demangleStyles } from "./demangle-styles.ts";
import { demangleName } from "./demangled.ts";
import { complain, type ToolHost } from "./host.ts";
import { NOT_RECOGNIZED, openInput } from "./inputs.ts";
import { LineFinder } from "./lines.ts";
import { finishOptions, type OptionSpec } from "./options.ts";
import { openSeparateDebug } from "./separate-debug.ts";
import { asByteText, byteText } from "./text-out.ts";

// addr2line: from addresses to files and lines.

const specs: readonly OptionSpec[] = [
  { id: "addresses", short: "a", long: ["addresses"], help: "Print the address first" },
  {
    id: "ignored",
    short: "b",
    long: ["target"],
    argument: "required",
    value: "BFDNAME",
    help: "Accepted; the format is recognized",
  },
  {
    id: "exe",
    short: "e",
    long: ["exe"],
    argument: "required",
    value: "FILE",
    help: "The program (a.out by default)",
  },
  { id: "inlines", short: "i", long: ["inlines"], help: "Print the calls into which the place was inlined" },
  {
    id: "section",
    short: "j",
    long: ["section"],
    argument: "required",
    value: "NAME",
    help: "Addresses are offsets in a section",
  },
  { id: "pretty", short: "p", long: ["pretty-print"], help: "A line for each place, to be read by people" },
  { id: "basenames", short: "s", long: ["basenames"], help: "Files without folders" },
  { id: "functions", short: "f", long: ["functions"], help: "Print the function, too" },
  { id: "demangle", short: "C" },
  {
    id: "demangle",
    long: ["demangle"],
    argument: "optional",
    value: "STYLE",
    help: "As C++ and Rust write it; also -C",
  },
  {
    id: "ignored",
    short: "Rr",
    long: ["recurse-limit", "recursion-limit", "no-recurse-limit", "no-recursion-limit"],
  },
  { id: "help", short: "hH", long: ["help"], help: "Print this" },
  { id: "version", short: "vV", long: ["version"], help: "Print the version" },
];

interface Query {
  readonly object: BfdObject;
  readonly symbols: readonly BfdSymbol[];
  readonly finder: LineFinder;
  readonly section: BfdSection | undefined;
  readonly has: (id: string) => boolean;
}

/** `addr2line ARGUMENTS...` */
export function addr2line(args: readonly string[], host: ToolHost): number {
  const use = {
    tool: "addr2line",
    usage: "[OPTION]... [ADDRESS]...",
    summary: "Says which line of the source addresses belong to; without addresses, those in standard input.",
  };
  const parsed = finishOptions(args, specs, host, use);
  if (typeof parsed === "number") return parsed;
  const value = (id: string) => parsed.options.findLast((option) => option.id === id)?.value;
  const has = (id: string) => parsed.options.some((option) => option.id === id);
  for (const { id, value: style } of parsed.options) {
    if (id !== "demangle" || style === undefined || demangleStyles.includes(style)) continue;
    complain(host, `unknown demangling style \`${asByteText(style)}'`);
    return 1;
  }
  const path = value("exe") ?? "a.out";
  const input = openInput(host, path);
  if (!input) return 1;
  const name = asByteText(path);
  if (input.kind === "archive") {
    input.file.close();
    complain(host, `${name}: cannot get addresses from archive`);
    return 1;
  }
  if (input.kind === "unknown") {
    complain(host, `${name}: ${NOT_RECOGNIZED}`);
    return 1;
  }
  const { object } = input;
  const wanted = value("section");
  const section = object.sections.find((each) => each.name === (wanted && asByteText(wanted)));
  if (wanted !== undefined && !section) {
    complain(host, `${name}: cannot find section ${asByteText(wanted)}`);
    return 1;
  }
  const own = readBfdSymbols(object);
  const symbols = own && own.length > 0 ? own : (readBfdSymbols(object, true) ?? []);
  const query: Query = {
    object,
    symbols,
    finder: new LineFinder(object, symbols, openSeparateDebug(object, path, host)),
    section,
    has,
  };
  if (parsed.operands.length > 0)
    for (const text of parsed.operands) host.out(answer(asByteText(text), query));
  else {
    const bytes = host.files.standardInput();
    const lines = byteText(bytes, 0, bytes.length).split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) host.out(answer(line, query));
  }
  return 0;
}

/** An address in hexadecimal, or a symbol with an offset. */
function parseAddress(text: string, { symbols, object }: Query): bigint {
  const trimmed = text.trim();
  const isNumber =
    trimmed === "" || /^\d/.test(trimmed) || (/^[a-f]/i.test(trimmed) && !trimmed.includes("+"));
  if (isNumber) {
    const digits = /^(?:0x)?([0-9a-f]+)/i.exec(trimmed);
    return digits ? BigInt.asUintN(64, BigInt(`0x${digits[1]}`)) : 0n;
  }
  const match = /^([^\s+]*)\s*(?:\+\s*(0x[0-9a-f]+|\d+))?/i.exec(trimmed);
  const name = match?.[1] ?? "";
  const offset = BigInt(match?.[2] ?? 0);
  const symbol =
    symbols.find((each) => each.name === name) ?? symbols.find((each) => demangleName(each.name) === name);
  return symbol ? symbolAddress(object, symbol) + offset : 0n;
}

function answer(text: string, query: Query): string {
  const { object, finder, section, has } = query;
  const { is64 } = object.image;
  const address = BigInt.asUintN(is64 ? 64 : 32, parseAddress(text, query));
  const pretty = has("pretty");
  const functions = has("functions");
  let shown = "";
  if (has("addresses"))
    shown += `0x${address.toString(16).padStart(is64 ? 16 : 8, "0")}${pretty ? ": " : "\n"}`;
  const place = section
    ? section.flags & SEC_ALLOC && address < BigInt(section.size)
      ? finder.nearest(section, address)
      : undefined
    : inSections(object, finder, address);
  if (!place) return `${shown}${functions ? (pretty ? "?? " : "??\n") : ""}??:0\n`;
  const chain = has("inlines") ? [place, ...place.callers] : [place];
  chain.forEach((each, i) => {
    if (i > 0 && pretty) shown += " (inlined by) ";
    if (functions) {
      const name = each.function === undefined || each.function === "" ? "??" : each.function;
      shown += `${has("demangle") ? demangleName(name) : name}${pretty ? " at " : "\n"}`;
    }
    const file =
      each.file === undefined
        ? "??"
        : has("basenames")
          ? each.file.slice(each.file.lastIndexOf("/") + 1)
          : each.file;
    // The calls around have no discriminator of their own: that of the place is printed again.
    const discriminator = place.discriminator !== 0 ? ` (discriminator ${place.discriminator})` : "";
    shown += `${file}:${each.line === 0 ? "?" : `${each.line}${discriminator}`}\n`;
  });
  return shown;
}

function inSections(object: BfdObject, finder: LineFinder, address: bigint) {
  for (const section of object.sections) {
    if (!(section.flags & SEC_ALLOC) || address < section.vma) continue;
    if (address >= section.vma + BigInt(section.size)) continue;
    const place = finder.nearest(section, address - section.vma);
    if (place) return place;
  }
  return undefined;
}
