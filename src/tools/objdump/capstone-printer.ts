import { bigOfAddress } from "./addresses.ts";
import type { CodeKind } from "./architectures.ts";
import { armText } from "./arm-text.ts";
import type { CodePrinter, PrinterOptions } from "./printer.ts";
import { X86Text } from "./x86-text.ts";

// The machines whose instructions we have no table of: Capstone decodes them.
// Its WebAssembly build is loaded when one of them is disassembled, and only
// then. Its spelling is not GNU's; x86-text.ts and arm-text.ts rewrite it.

/** Where things are in Capstone's `cs_insn`. */
const SIZE_AT = 16;
const MNEMONIC_AT = 42;
const OPERANDS_AT = 74;

/** How much of a section is in Capstone's memory at a time. */
const WINDOW = 1 << 20;

type Module = Awaited<ReturnType<typeof loadCapstone>>["module"];

const importCapstone = () => import("@alexaltea/capstone-js");
let findCapstone: () => Promise<{ default: unknown }> = importCapstone;

/** Where an import of the package does not find it: what does. */
export function findCapstoneWith(find: () => Promise<{ default: unknown }>): void {
  findCapstone = find;
}

async function loadCapstone() {
  const { default: load } = (await findCapstone()) as Awaited<ReturnType<typeof importCapstone>>;
  const module = await load();
  const handles = new Map<string, number>();
  return { module, window: module._malloc(WINDOW), pointers: module._malloc(24), handles };
}

type Loaded = Awaited<ReturnType<typeof loadCapstone>>;

/** Loaded once: an archive may have hundreds of members. */
let loading: Promise<Loaded> | undefined;

/** A printer for x86, AArch64 and ARM code. */
export async function capstonePrinter(kind: CodeKind, options: PrinterOptions): Promise<CodePrinter> {
  loading ??= loadCapstone();
  return new CapstonePrinter(await loading, kind, options);
}

/** Whether `fwait` before the instruction is part of its name (`fstcw` for `fnstcw`). */
function waits(opcode: number, modrm: number): boolean {
  const group = (modrm >> 3) & 7;
  if (opcode === 0xd9 || opcode === 0xdd) return modrm < 0xc0 && group >= 6;
  if (opcode === 0xdb) return modrm === 0xe2 || modrm === 0xe3;
  return opcode === 0xdf && modrm === 0xe0;
}

class CapstonePrinter implements CodePrinter {
  bytesPerLine: number;
  bytesPerChunk: number;
  readonly reversed: boolean;
  text = "";
  private readonly loadedCapstone: Loaded;
  private readonly module: Module;
  private readonly kind: CodeKind;
  private readonly options: PrinterOptions;
  private handle: number;
  private thumb = 0;
  private readonly x86: X86Text | undefined;
  private readonly window: number;
  private readonly pointers: number;
  private readonly instruction: number;
  private loaded: Uint8Array | undefined;
  private from = 0;
  private to = 0;

  constructor(capstone: Loaded, kind: CodeKind, options: PrinterOptions) {
    this.loadedCapstone = capstone;
    this.module = capstone.module;
    this.kind = kind;
    this.options = options;
    const isX86 = kind === "x86-64" || kind === "i386" || kind === "i8086";
    this.bytesPerLine = isX86 ? 7 : 4;
    this.bytesPerChunk = isX86 ? 1 : 4;
    this.reversed = !isX86;
    const intel = options.options.some((option) => /^intel/.test(option));
    for (const option of options.options)
      if (
        !/^(intel|att|intel-syntax|att-syntax|intel-mnemonic|att-mnemonic|x86-64|i386|i8086|addr\d+|data\d+|suffix|force-thumb|no-force-thumb|no-aliases|aliases|)$/.test(
          option,
        )
      )
        options.unknown(option);
    this.handle = this.open(kind === "thumb", intel);
    if (kind === "arm" && !options.options.includes("force-thumb")) this.thumb = this.open(true, intel);
    if (isX86)
      this.x86 = new X86Text(kind === "x86-64" ? 64 : kind === "i386" ? 32 : 16, intel, options.address);
    this.window = capstone.window;
    this.pointers = capstone.pointers;
    this.instruction = capstone.module._cs_malloc(this.handle);
  }

  private open(thumb: boolean, intel: boolean): number {
    const { module, kind } = this;
    let architecture = module.ARCH_X86;
    let mode = module.MODE_64;
    if (kind === "i386") mode = module.MODE_32;
    else if (kind === "i8086") mode = module.MODE_16;
    else if (kind === "aarch64") {
      architecture = module.ARCH_ARM64;
      mode = module.MODE_ARM;
    } else if (kind === "arm" || kind === "thumb") {
      architecture = module.ARCH_ARM;
      mode = (thumb ? module.MODE_THUMB : module.MODE_ARM) | module.MODE_V8;
    }
    const key = `${architecture} ${mode} ${intel}`;
    const open = this.loadedCapstone.handles.get(key);
    if (open !== undefined) return open;
    const opened = new module.Capstone(architecture, mode);
    if (architecture === module.ARCH_X86)
      opened.option(module.OPT_SYNTAX, intel ? module.OPT_SYNTAX_INTEL : module.OPT_SYNTAX_ATT);
    const handle = module.getValue(opened.handle_ptr, "*");
    this.loadedCapstone.handles.set(key, handle);
    return handle;
  }

  /** `$t` and `$a` of ARM: which of the two instruction sets follows. */
  enter(mapping: string): void {
    if (this.kind !== "arm" || this.thumb === 0) return;
    const wantsThumb = mapping.startsWith("$t");
    const isThumb = this.bytesPerChunk === 2;
    if (mapping.startsWith("$d") || wantsThumb === isThumb) return;
    [this.handle, this.thumb] = [this.thumb, this.handle];
    this.bytesPerChunk = wantsThumb ? 2 : 4;
  }

  print(bytes: Uint8Array, offset: number, end: number, address: number): number {
    if (
      this.x86 &&
      bytes[offset] === 0x9b &&
      waits(bytes[offset + 1], bytes[offset + 2]) &&
      offset + 3 <= end
    ) {
      const size = this.print(bytes, offset + 1, end, address + 1);
      this.text = this.text.replace(/^fn(\S+)(\s*)/, (_, name, blank) =>
        blank === "" ? `f${name}` : `${`f${name}`.padEnd(6)} `,
      );
      return size + 1;
    }
    const { module, pointers } = this;
    if (bytes !== this.loaded || offset < this.from || Math.min(offset + 16, end) > this.to) {
      this.from = offset;
      this.to = Math.min(offset + WINDOW, end);
      this.loaded = bytes;
      module.writeArrayToMemory(bytes.subarray(this.from, this.to), this.window);
    }
    module.setValue(pointers, this.window + offset - this.from, "i32");
    module.setValue(pointers + 4, this.to - offset, "i32");
    module.setValue(pointers + 8, bigOfAddress(address), "i64");
    const found = module._cs_disasm_iter(this.handle, pointers, pointers + 4, pointers + 8, this.instruction);
    if (!found) return this.bad(bytes, offset, end);
    const size = module.getValue(this.instruction + SIZE_AT, "i16");
    const mnemonic = module.UTF8ToString(this.instruction + MNEMONIC_AT);
    const operands = module.UTF8ToString(this.instruction + OPERANDS_AT);
    if (this.x86) this.text = this.x86.rewrite(mnemonic, operands, bytes, offset, size, address);
    else {
      this.text = armText(mnemonic, operands, this.kind, this.options.address);
      if (this.kind === "thumb" || this.bytesPerChunk === 2) this.bytesPerChunk = 2;
    }
    return size;
  }

  /** Bytes that are no instruction. */
  private bad(bytes: Uint8Array, offset: number, end: number): number {
    if (this.x86) {
      this.text = "(bad)";
      return 1;
    }
    const size = Math.min(this.bytesPerChunk, end - offset);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i];
    const hex = value.toString(16).padStart(size * 2, "0");
    this.text =
      this.kind === "aarch64"
        ? `.inst\t0x${hex} ; undefined`
        : size === 2
          ? `\t\t\t; <UNDEFINED> instruction: 0x${hex}`
          : `\t\t; <UNDEFINED> instruction: 0x${hex}`;
    return size;
  }

  data(bytes: Uint8Array, offset: number, _end: number, size: number): number {
    let text = "";
    for (let i = size - 1; i >= 0; i--) text += bytes[offset + i].toString(16).padStart(2, "0");
    const directive = size === 4 ? ".word" : size === 2 ? ".short" : ".byte";
    this.text = `${directive}\t0x${text}`;
    return size;
  }
}
