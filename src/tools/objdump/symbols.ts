import { isCommon } from "../bfd/section.ts";
import {
  type BfdSymbol,
  BSF_DEBUGGING,
  BSF_DYNAMIC,
  BSF_FILE,
  BSF_FUNCTION,
  BSF_GLOBAL,
  BSF_GNU_INDIRECT_FUNCTION,
  BSF_GNU_UNIQUE,
  BSF_INDIRECT,
  BSF_LOCAL,
  BSF_OBJECT,
  BSF_WARNING,
  BSF_WEAK,
  isSpecialSymbol,
} from "../bfd/symbols.ts";
import type { Dump } from "./context.ts";

// -t and -T. A line has address, seven letters of flags, section, size or
// alignment, version, visibility and name.

export function printSymbolTable(dump: Dump, isDynamic: boolean): void {
  const { out, object, options } = dump;
  const symbols = isDynamic ? dump.dynsyms : dump.symbols;
  out.text(isDynamic ? "DYNAMIC SYMBOL TABLE:\n" : "SYMBOL TABLE:\n");
  if (symbols.length === 0) out.text("no symbols\n");
  const { machine } = object.image.header;
  for (const symbol of symbols) {
    if (!dump.wants(symbol.section.name)) continue;
    if (!options.specialSymbols && isSpecialSymbol(machine, symbol.name)) continue;
    printSymbol(dump, symbol, isDynamic);
  }
  out.text("\n\n");
}

const other: Readonly<Record<number, string>> = { 0: "", 1: " .internal", 2: " .hidden", 3: " .protected" };

function printSymbol(dump: Dump, symbol: BfdSymbol, isDynamic: boolean): void {
  const { out, options } = dump;
  const { flags, section } = symbol;
  printAddress(dump, symbol);
  out.byte(32);
  const local = flags & BSF_LOCAL;
  const global = flags & BSF_GLOBAL;
  out.text(local ? (global ? "!" : "l") : global ? "g" : flags & BSF_GNU_UNIQUE ? "u" : " ");
  out.text(flags & BSF_WEAK ? "w" : " ");
  out.byte(32);
  out.text(flags & BSF_WARNING ? "W" : " ");
  out.text(flags & BSF_INDIRECT ? "I" : flags & BSF_GNU_INDIRECT_FUNCTION ? "i" : " ");
  out.text(flags & BSF_DEBUGGING ? "d" : flags & BSF_DYNAMIC ? "D" : " ");
  out.text(flags & BSF_FUNCTION ? "F" : flags & BSF_FILE ? "f" : flags & BSF_OBJECT ? "O" : " ");
  out.text(` ${section.name}\t`);
  if (isCommon(section)) {
    // The value of a common symbol is its alignment; its size has been shown as its address.
    const table = dump.commonAlignment(symbol);
    out.text(dump.address(table));
  } else {
    if (dump.digits === 16) out.hex8(symbol.sizeHigh);
    out.hex8(symbol.sizeLow);
  }
  const version = dump.version(symbol, isDynamic);
  if (version) {
    const { text, hidden } = version;
    if (hidden) out.text(` (${text})${" ".repeat(Math.max(0, 10 - text.length))}`);
    else out.text(`  ${text.padEnd(11)}`);
  }
  out.text(other[symbol.other] ?? ` 0x${symbol.other.toString(16).padStart(2, "0")}`);
  const name = options.demangle ? dump.demangled(symbol.name) : symbol.name;
  out.text(` ${options.unicode === "default" ? name : dump.shown(name)}\n`);
}

function printAddress(dump: Dump, symbol: BfdSymbol): void {
  const { out, object } = dump;
  const moved = dump.vma(symbol.section) - symbol.section.vma;
  const relative = !object.isExecutable && !object.isDynamic;
  if (moved === 0n && (!relative || symbol.section.vma === 0n)) {
    if (dump.digits === 16) out.hex8(symbol.high);
    out.hex8(symbol.low);
    return;
  }
  const value = (BigInt(symbol.high >>> 0) << 32n) | BigInt(symbol.low >>> 0);
  out.text(dump.address(value + moved + (relative ? symbol.section.vma : 0n)));
}
