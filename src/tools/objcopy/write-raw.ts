import { BSF_DEBUGGING } from "../bfd/symbols.ts";
import type { TargetFormat } from "../bfd/targets.ts";
import { complain, type ToolHost } from "../host.ts";
import type { CopyResult } from "./copy-object.ts";
import { type InputObject, MAX_SIZE, type OutputSection } from "./model.ts";
import { writeBinary, writeIhex, writeSrec, writeVerilog } from "./raw-formats.ts";
import type { Settings } from "./settings.ts";
import { isLocalOf } from "./symbols.ts";

/** An output that is but bytes, or text that stands for bytes; undefined after a complaint. */
export function writeRaw(
  input: InputObject,
  outputs: readonly OutputSection[],
  start: bigint,
  target: TargetFormat,
  settings: Settings,
  name: string,
  host: ToolHost,
  code: number,
): CopyResult | undefined {
  const whole = (text: string): CopyResult => {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    return { size: bytes.length, pieces: [{ offset: 0, bytes }], executable, code };
  };
  // BFD makes a copy of a program executable even where it is but bytes or text, with some formats.
  const executable = target.kind !== "ihex" && (input.elf?.isExecutable ?? false);
  switch (target.kind) {
    case "binary": {
      const pieces = writeBinary(outputs, name, host);
      const size = pieces.reduce((end: number, piece) => Math.max(end, piece.offset + piece.bytes.length), 0);
      if (size > MAX_SIZE) {
        complain(host, `${name}: file too big`);
        return undefined;
      }
      return { size, pieces, executable, code };
    }
    case "ihex": {
      const { text, problem } = writeIhex(outputs, start, name);
      if (problem === undefined) return whole(text);
      complain(host, problem);
      complain(host, `${name}: bad value`);
      return undefined;
    }
    case "srec":
    case "symbolsrec": {
      const symbols = target.kind === "symbolsrec" ? srecSymbols(input) : undefined;
      const options = { length: settings.srecLength, forceS3: settings.srecForceS3, symbols };
      return whole(writeSrec(outputs, start, name, options));
    }
    case "verilog":
      return whole(writeVerilog(outputs, settings.verilogWidth, input.littleEndian !== false));
    default:
      complain(host, `${name}: writing the format ${target.name} is not supported`);
      return undefined;
  }
}

function srecSymbols(input: InputObject): { name: string; address: bigint }[] {
  const list: { name: string; address: bigint }[] = [];
  for (const symbol of input.symbols) {
    const { name, section, value, flags } = symbol;
    if (flags & BSF_DEBUGGING || isLocalOf(symbol)) continue;
    const output = "members" in section ? section.output : section;
    if (output) list.push({ name, address: BigInt.asUintN(64, value + output.lma) });
  }
  return list;
}
