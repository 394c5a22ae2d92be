import { EM_RISCV } from "../machines.ts";
import { addressOf } from "./addresses.ts";
import type { CodeKind } from "./architectures.ts";
import { riscvAttributes } from "./attributes.ts";
import { capstonePrinter } from "./capstone-printer.ts";
import { type Dump, isBinary, say } from "./context.ts";
import {
  addressWithSymbol,
  type CurrentSection,
  type Disassembly,
  disassembleSections,
  RelocatedWords,
} from "./disassemble.ts";
import { pltSymbols } from "./plt-symbols.ts";
import type { CodePrinter, PrinterOptions } from "./printer.ts";
import { RiscvPrinter } from "./riscv-printer.ts";
import { SortedSymbols } from "./sorted-symbols.ts";
import { InterleavedSource } from "./source-lines.ts";
import { X86Printer } from "./x86-printer.ts";

/** -d, -D and -S: chooses the machine's printer and disassembles. */
export async function disassemble(dump: Dump, kind: CodeKind, intel: boolean): Promise<void> {
  const isMapping = mappingSymbols(kind);
  if (isBinary(dump.object) && /64/.test(kind)) dump.digits = 16;
  const symbols = new SortedSymbols(dump, pltSymbols(dump), (name) => !isMapping(name));
  const current: CurrentSection = { section: undefined, vma: 0, end: 0 };
  const padded = dump.options.prefixAddresses;
  const options: PrinterOptions = {
    options: intel ? ["intel", ...dump.options.disassemblerOptions] : dump.options.disassemblerOptions,
    address: (address) => addressWithSymbol(disassembly, address, padded),
    unknown: (option) => say(dump.run, `unrecognized disassembler option: ${option}`),
  };
  const printer = await printerFor(dump, kind, options);
  const relocated = dump.object.dynsym && !dump.object.hasRelocations ? new RelocatedWords(dump) : undefined;
  const disassembly: Disassembly = {
    dump,
    symbols,
    printer,
    lines: dump.options.lineNumbers || dump.options.source ? new InterleavedSource(dump) : undefined,
    isMapping,
    relocated,
    current,
  };
  disassembleSections(disassembly);
}

function mappingSymbols(kind: CodeKind): (name: string) => boolean {
  switch (kind) {
    case "riscv32":
    case "riscv64":
      return (name) => name === "$x" || name === "$d" || name.startsWith("$xrv") || name === ".L0 ";
    case "aarch64":
      return (name) => /^\$[xd](\.|$)/.test(name);
    case "arm":
    case "thumb":
      return (name) => /^\$[adt](\.|$)/.test(name);
    default:
      return () => false;
  }
}

async function printerFor(dump: Dump, kind: CodeKind, options: PrinterOptions): Promise<CodePrinter> {
  if (kind === "riscv32" || kind === "riscv64") {
    const { image } = dump.object;
    const isRiscv = image.header.machine === EM_RISCV;
    const attributes = isRiscv ? riscvAttributes(image) : undefined;
    const pointer = dump.symbols.find(({ name }) => name === "__global_pointer$");
    const facts = {
      xlen: kind === "riscv32" ? (32 as const) : (64 as const),
      architecture: attributes?.architecture,
      privileged: attributes?.privileged,
      gp: pointer ? addressOf(pointer.low, pointer.high) : undefined,
    };
    return new RiscvPrinter(facts, options);
  }
  if (kind === "x86-64" || kind === "i386" || kind === "i8086") return new X86Printer(kind, options);
  return capstonePrinter(kind, options);
}
