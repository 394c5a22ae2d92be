import { bigOfAddress } from "./addresses.ts";
import type { CodeKind } from "./architectures.ts";
import { armText } from "./arm-text.ts";
import type { CodePrinter, PrinterOptions } from "./printer.ts";

// The machines whose instructions we have no table of: Capstone decodes them.
// Its WebAssembly build is loaded when one of them is disassembled, and only
// then. Its spelling is not GNU's; arm-text.ts rewrites it.

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

/** A printer for AArch64 and ARM code. */
export async function capstonePrinter(kind: CodeKind, options: PrinterOptions): Promise<CodePrinter> {
  loading ??= loadCapstone();
  return new CapstonePrinter(await loading, kind, options);
}

class CapstonePrinter implements CodePrinter {
  readonly bytesPerLine = 4;
  bytesPerChunk = 4;
  readonly reversed = true;
  text = "";
  private readonly loadedCapstone: Loaded;
  private readonly module: Module;
  private readonly kind: CodeKind;
  private readonly options: PrinterOptions;
  private handle: number;
  private thumb = 0;
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
    for (const option of options.options)
      if (!/^(force-thumb|no-force-thumb|no-aliases|aliases|)$/.test(option)) options.unknown(option);
    this.handle = this.open(kind === "thumb");
    if (kind === "arm" && !options.options.includes("force-thumb")) this.thumb = this.open(true);
    this.window = capstone.window;
    this.pointers = capstone.pointers;
    this.instruction = capstone.module._cs_malloc(this.handle);
  }

  private open(thumb: boolean): number {
    const { module, kind } = this;
    const isArm64 = kind === "aarch64";
    const architecture = isArm64 ? module.ARCH_ARM64 : module.ARCH_ARM;
    const mode = isArm64 ? module.MODE_ARM : (thumb ? module.MODE_THUMB : module.MODE_ARM) | module.MODE_V8;
    const key = `${architecture} ${mode}`;
    const open = this.loadedCapstone.handles.get(key);
    if (open !== undefined) return open;
    const opened = new module.Capstone(architecture, mode);
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
    this.text = armText(mnemonic, operands, this.kind, this.options.address);
    if (this.kind === "thumb" || this.bytesPerChunk === 2) this.bytesPerChunk = 2;
    return size;
  }

  /** Bytes that are no instruction. */
  private bad(bytes: Uint8Array, offset: number, end: number): number {
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
