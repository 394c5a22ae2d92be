import { deflate, inflateCompressed, inflateZdebug, SHF_COMPRESSED } from "../../elf/index.ts";
import { SEC_DEBUGGING, SEC_ELF_OCTETS, SEC_HAS_CONTENTS } from "../bfd/section.ts";
import { complain, type ToolHost } from "../host.ts";
import type { InputObject, InputSection } from "./model.ts";
import type { Settings } from "./settings.ts";

/** A section's contents after --compress-debug-sections or --decompress-debug-sections. */
export interface Converted {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Whether it has SHF_COMPRESSED now. */
  readonly compressed: boolean;
  readonly alignmentPower: number;
}

/** What becomes of a debugging section; undefined where nothing changes. */
export function convertDebugSection(
  input: InputObject,
  section: InputSection,
  settings: Settings,
  host: ToolHost,
): Converted | undefined {
  const { elf } = input;
  const wanted = SEC_DEBUGGING | SEC_HAS_CONTENTS | SEC_ELF_OCTETS;
  if (!elf || settings.compression === "none" || (section.flags & wanted) !== wanted) return undefined;
  const header = section.bfd?.header;
  const isGabi = header !== undefined && (header.flags & BigInt(SHF_COMPRESSED)) !== 0n;
  const isGnu = section.name.startsWith(".zdebug");
  const { is64, littleEndian } = elf.image;
  const plainName = isGnu ? `.${section.name.slice(2)}` : section.name;
  let contents = section.contents;
  let power = section.alignmentPower;
  if (isGabi || isGnu) {
    const inflated = isGabi ? inflateCompressed(contents, is64, littleEndian) : inflateZdebug(contents);
    if ("problem" in inflated) {
      complain(host, `${input.name}: unable to decompress section ${section.name}`);
      return undefined;
    }
    contents = inflated.bytes;
    if (isGabi && inflated.align >= 1) power = Math.round(Math.log2(inflated.align));
  }
  const plain: Converted = { name: plainName, contents, compressed: false, alignmentPower: power };
  if (settings.compression === "decompress") return isGabi || isGnu ? plain : undefined;
  if (settings.compression === "zlib" && isGabi) return undefined;
  if (settings.compression === "zlib-gnu" && isGnu) return undefined;
  if (contents.length === 0) return undefined;
  const stream = host.deflate ? host.deflate(contents) : deflate(contents);
  const start = settings.compression === "zlib-gnu" ? 12 : is64 ? 24 : 12;
  // Where compression gains nothing the section stays as it is.
  if (start + stream.length >= contents.length) return isGabi || isGnu ? plain : undefined;
  const bytes = new Uint8Array(start + stream.length);
  bytes.set(stream, start);
  const view = new DataView(bytes.buffer);
  if (settings.compression === "zlib-gnu") {
    bytes.set([0x5a, 0x4c, 0x49, 0x42]);
    view.setUint32(4, Math.floor(contents.length / 0x1_0000_0000));
    view.setUint32(8, contents.length >>> 0);
    return { name: `.z${plainName.slice(1)}`, contents: bytes, compressed: false, alignmentPower: power };
  }
  view.setUint32(0, 1, littleEndian);
  if (is64) {
    view.setBigUint64(8, BigInt(contents.length), littleEndian);
    view.setBigUint64(16, 1n << BigInt(power), littleEndian);
  } else {
    view.setUint32(4, contents.length, littleEndian);
    view.setUint32(8, 2 ** power, littleEndian);
  }
  return { name: plainName, contents: bytes, compressed: true, alignmentPower: is64 ? 3 : 2 };
}
