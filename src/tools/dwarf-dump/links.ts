import { byteText } from "../text-out.ts";
import type { DebugSection, DwarfDump } from "./context.ts";

/** .gnu_debuglink and .gnu_debugaltlink: the name of the file that has the rest, and how to know it. */
export function showLink(dump: DwarfDump, section: DebugSection): void {
  const { out } = dump;
  const { bytes } = section;
  dump.introduce(section);
  const end = bytes.indexOf(0);
  if (end < 0) {
    dump.warn("The debuglink filename is corrupt/missing");
    return;
  }
  const isAlternative = section.name === ".gnu_debugaltlink";
  out.text(`  Separate debug info file: ${byteText(bytes, 0, end)}\n`);
  if (isAlternative) {
    const id = bytes.subarray(end + 1);
    out.text(`  Build-ID (${`0x${id.length.toString(16)}`} bytes):\n`);
    for (const byte of id) out.text(` ${byte.toString(16).padStart(2, "0")}`);
    out.text("\n\n");
    return;
  }
  const at = (end + 4) & ~3;
  if (at + 4 > bytes.length) {
    dump.warn(`CRC offset missing/truncated`);
    return;
  }
  const crc = dump.reader(section, at).u32();
  out.text(`  CRC value: 0x${crc.toString(16)}\n`);
  if (at + 4 < bytes.length)
    dump.warn(
      `There are 0x${(bytes.length - at - 4).toString(16)} extraneous bytes at the end of the section`,
    );
  out.byte(10);
}
