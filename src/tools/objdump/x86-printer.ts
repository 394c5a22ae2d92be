import { X86Decoder } from "../../x86/index.ts";
import type { CodeKind } from "./architectures.ts";
import type { CodePrinter, PrinterOptions } from "./printer.ts";

/** A printer for x86 code in the syntax that -M asks for. */
export class X86Printer implements CodePrinter {
  readonly bytesPerLine = 7;
  readonly bytesPerChunk = 1;
  readonly reversed = false;
  text = "";
  private readonly decoder: X86Decoder;

  constructor(kind: CodeKind, { options, address, unknown }: PrinterOptions) {
    let bits: 16 | 32 | 64 = kind === "x86-64" ? 64 : kind === "i386" ? 32 : 16;
    let intel = false;
    let wide: boolean | undefined;
    let far: boolean | undefined;
    for (const option of options) {
      if (option === "x86-64") bits = 64;
      else if (option === "i386") bits = 32;
      else if (option === "i8086") bits = 16;
      else if (option.startsWith("intel")) intel = true;
      else if (option.startsWith("att")) intel = false;
      else if (/^addr(?:16|32|64)/.test(option)) far = option.startsWith(bits === 64 ? "addr64" : "addr32");
      else if (/^data(?:16|32)/.test(option)) wide = option.startsWith("data32");
      else if (!/^(?:amd64|intel64|suffix|)$/.test(option)) unknown(option);
    }
    this.decoder = new X86Decoder(bits, intel, address);
    this.decoder.operandsWide = wide;
    this.decoder.addressesWide = far;
  }

  print(bytes: Uint8Array, offset: number, end: number, address: number): number {
    const size = this.decoder.decode(bytes, offset, end, address);
    this.text = this.decoder.text;
    return size;
  }
}
