import { Cursor } from "../../dwarf/index.ts";
import type { ElfImage } from "../elf-image.ts";

export interface RiscvAttributes {
  readonly architecture: string | undefined;
  /** Such as "1.11". */
  readonly privileged: string | undefined;
}

/** What .riscv.attributes says of the whole file. */
export function riscvAttributes(image: ElfImage): RiscvAttributes | undefined {
  const section = image.sections.find(({ type }) => type === 0x70000003);
  const bytes = section && image.contents(section);
  if (bytes?.[0] !== 0x41) return undefined;
  let architecture: string | undefined;
  const version = [0, 0, 0];
  const subsections = new Cursor(bytes, 1, bytes.length, image.littleEndian);
  while (!subsections.atEnd) {
    const start = subsections.offset;
    const length = subsections.u32();
    if (length < 5) break;
    const vendor = new Cursor(bytes, start + 4, start + length, image.littleEndian);
    subsections.skip(length - 4);
    if (vendor.string() !== "riscv") continue;
    while (!vendor.atEnd) {
      const from = vendor.offset;
      const kind = vendor.u8();
      const size = vendor.u32();
      if (size < 6) break;
      vendor.skip(size - 5);
      if (kind !== 1) continue;
      const cursor = new Cursor(bytes, from + 5, from + size, image.littleEndian);
      while (!cursor.atEnd) {
        const tag = cursor.uleb();
        if (tag & 1) {
          const text = cursor.string();
          if (tag === 5) architecture = text;
        } else {
          const value = cursor.uleb();
          if (tag === 8) version[0] = value;
          else if (tag === 10) version[1] = value;
          else if (tag === 12) version[2] = value;
        }
      }
    }
  }
  const [major, minor, revision] = version;
  const privileged = major === 0 ? undefined : `${major}.${minor}${revision ? `.${revision}` : ""}`;
  return { architecture, privileged };
}
