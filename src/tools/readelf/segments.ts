import type { ImageSection, ImageSegment } from "../elf-image.ts";
import { EM_AARCH64, EM_ARM, EM_RISCV } from "../machines.ts";
import { byteText } from "../text-out.ts";
import { type Context, plural } from "./context.ts";
import { fullHex, prefixHex, printableName, sharpHex } from "./print.ts";

// -l: the program headers, and which sections lie in which segment.

const typeNames: ReadonlyMap<number, string> = new Map([
  [0, "NULL"],
  [1, "LOAD"],
  [2, "DYNAMIC"],
  [3, "INTERP"],
  [4, "NOTE"],
  [5, "SHLIB"],
  [6, "PHDR"],
  [7, "TLS"],
  [0x6474e550, "GNU_EH_FRAME"],
  [0x6474e551, "GNU_STACK"],
  [0x6474e552, "GNU_RELRO"],
  [0x6474e553, "GNU_PROPERTY"],
  [0x6474e554, "GNU_SFRAME"],
  [0x65a3dbe6, "OPENBSD_RANDOMIZE"],
  [0x65a3dbe7, "OPENBSD_WXNEEDED"],
  [0x65a41be6, "OPENBSD_BOOTDATA"],
]);

const MBIND_LOW = 0x6474e555;

/** PT_* by number; `machine` and the OS decide what the reserved ranges mean. */
export function segmentTypeName(type: number, machine: number, osabi: number): string {
  const name = typeNames.get(type);
  if (name) return name;
  if (type >= 0x70000000 && type <= 0x7fffffff) {
    if (machine === EM_RISCV && type === 0x70000003) return "RISCV_ATTRIBUTES";
    if (machine === EM_ARM && type === 0x70000001) return "EXIDX";
    if (machine === EM_AARCH64 && type === 0x70000000) return "AARCH64_ARCHEXT";
    if (machine === EM_AARCH64 && type === 0x70000002) return "AARCH64_MEMTAG_MTE";
    return `LOPROC+${sharpHex(type - 0x70000000)}`;
  }
  if (type >= 0x60000000 && type <= 0x6fffffff) {
    if ((osabi === 3 || osabi === 9) && type >= MBIND_LOW && type < MBIND_LOW + 4096)
      return `GNU_MBIND+${sharpHex(type - MBIND_LOW)}`;
    return `LOOS+${sharpHex(type - 0x60000000)}`;
  }
  return `<unknown>: ${type.toString(16)}`;
}

/** Whether a section belongs to a segment as GNU's tools see it: by file offset and, where it is loaded, by address. */
export function isInSegment(section: ImageSection, segment: ImageSegment, strict: boolean): boolean {
  const tls = (section.flags & 0x400n) !== 0n;
  const { type } = segment;
  const noBits = section.type === 8;
  // PT_TLS has only TLS sections; such sections are also in the segments that load them.
  if (tls ? !(type === 7 || type === 0x6474e552 || type === 1) : type === 7 || type === 6) return false;
  const allocated = (section.flags & 2n) !== 0n;
  // Segments that are loaded have only sections that are.
  const loads =
    type === 1 ||
    type === 2 ||
    (type >= 0x6474e550 && type <= 0x6474e554 && type !== 0x6474e553) ||
    (type >= MBIND_LOW && type < MBIND_LOW + 4096);
  if (!allocated && loads) return false;
  // .tbss takes no room in any segment but PT_TLS.
  const size = tls && noBits && type !== 7 ? 0 : section.size;
  if (!noBits) {
    if (section.offset < segment.offset) return false;
    if (strict && segment.fileSize > 0 && section.offset - segment.offset > segment.fileSize - 1)
      return false;
    if (section.offset - segment.offset + size > segment.fileSize) return false;
  }
  if (allocated) {
    const from = section.address - segment.address;
    if (from < 0n) return false;
    if (strict && segment.memorySize > 0 && from > BigInt(segment.memorySize) - 1n) return false;
    if (from + BigInt(size) > BigInt(segment.memorySize)) return false;
  }
  // An empty section at the edge of PT_DYNAMIC or PT_NOTE is not of it.
  if ((type === 2 || type === 4) && section.size === 0 && segment.memorySize !== 0) {
    const inside =
      (noBits || (section.offset > segment.offset && section.offset - segment.offset < segment.fileSize)) &&
      (!allocated ||
        (section.address > segment.address &&
          section.address - segment.address < BigInt(segment.memorySize)));
    if (!inside) return false;
  }
  return true;
}

/** Prints the table of -l if it is wanted, and finds the dynamic section and the interpreter. */
export function processSegments(context: Context, fileType: () => string): void {
  const { image, out, options, complaints, dynamic } = context;
  const { header } = image;
  const count = image.segmentCount();
  if (count === 0) {
    if (header.phoff !== 0)
      complaints.warning(
        "possibly corrupt ELF header - it has a non-zero program header offset, but no program headers",
      );
    else if (options.segments) out.text("\nThere are no program headers in this file.\n");
    return;
  }
  if (options.segments && !options.header) {
    out.text(`\nElf file type is ${fileType()}\nEntry point ${prefixHex(header.entry)}\n`);
    out.text(
      `There ${plural(count, "is", "are")} ${count} program ${plural(count, "header", "headers")}, starting at offset ${header.phoff}\n`,
    );
  }
  const segments = image.segments(count);
  if (segments.length === 0) {
    const size = image.is64 ? 56 : 32;
    if (count * size >= image.bytes.length)
      complaints.error(`Too many program headers - ${sharpHex(count)} - the file is not that big`);
    else if (header.phentsize < size)
      complaints.error(
        "The e_phentsize field in the ELF header is less than the size of an ELF program header",
      );
    else
      complaints.error(
        `Reading ${count * header.phentsize} bytes extends past end of file for program headers`,
      );
    return;
  }
  if (options.segments) printHeading(context);
  let seenLoad = false;
  for (const [index, segment] of segments.entries()) {
    if (options.segments) printRow(context, segment);
    if (segment.type === 1) {
      if (segment.memorySize < segment.fileSize)
        complaints.error("the segment's file size is larger than its memory size");
      seenLoad = true;
    } else if (segment.type === 6) checkHeaderSegment(context, segment, index > 0 && seenLoad);
    else if (segment.type === 2) locateDynamic(context, segment);
    else if (segment.type === 3) {
      const end = segment.offset + segment.fileSize;
      if (segment.offset >= image.bytes.length || end > image.bytes.length || segment.fileSize === 0)
        complaints.error("Unable to find program interpreter name");
      else {
        const name = byteText(image.bytes, segment.offset, end).split("\0")[0];
        dynamic.interpreter = name;
        if (options.segments) out.text(`      [Requesting program interpreter: ${name}]\n`);
      }
    }
  }
  if (dynamic.size === 0) dynamic.size = 1;
  if (options.segments && image.sections.length > 0 && image.sectionNames) printMapping(context, segments);
}

function printHeading({ image, out, options }: Context): void {
  out.text("\nProgram Headers:\n");
  if (!image.is64) out.text("  Type           Offset   VirtAddr   PhysAddr   FileSiz MemSiz  Flg Align\n");
  else if (options.wide)
    out.text("  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align\n");
  else {
    out.text("  Type           Offset             VirtAddr           PhysAddr\n");
    out.text("                 FileSiz            MemSiz              Flags  Align\n");
  }
}

function printRow(context: Context, segment: ImageSegment): void {
  const { image, out, options } = context;
  const { header } = image;
  const short = (value: number, width: number) => `0x${value.toString(16).padStart(width, "0")}`;
  const flags = `${segment.flags & 4 ? "R" : " "}${segment.flags & 2 ? "W" : " "}${segment.flags & 1 ? "E" : " "}`;
  const type = segmentTypeName(segment.type, header.machine, image.bytes[7]);
  out.text(`  ${type.slice(0, 14).padEnd(14)} `);
  if (!image.is64 || options.wide) {
    const width = image.is64 ? 6 : 5;
    out.text(`${short(segment.offset, 6)} ${fullHex(context, segment.address)} `);
    out.text(`${fullHex(context, segment.loadAddress)} `);
    out.text(`${short(segment.fileSize, width)} ${short(segment.memorySize, width)} ${flags} `);
    out.text(`${sharpHex(segment.align)}\n`);
    return;
  }
  out.text(`${short(segment.offset, 16)} ${fullHex(context, segment.address)} `);
  out.text(`${fullHex(context, segment.loadAddress)}\n                 `);
  out.text(`${short(segment.fileSize, 16)} ${short(segment.memorySize, 16)}  ${flags}    `);
  out.text(`${prefixHex(segment.align)}\n`);
}

function checkHeaderSegment(context: Context, segment: ImageSegment, late: boolean): void {
  const { image, complaints } = context;
  if (late) complaints.error("the PHDR segment must occur before any LOAD segment");
  const covered = image
    .segments()
    .some(
      (load, index) =>
        index > 0 &&
        load.type === 1 &&
        load.offset <= segment.offset &&
        load.offset + load.fileSize >= segment.offset + segment.fileSize &&
        load.address <= segment.address &&
        load.address + BigInt(load.fileSize) >= segment.address + BigInt(segment.fileSize),
    );
  if (!covered) complaints.error("the PHDR segment is not covered by a LOAD segment");
}

function locateDynamic(context: Context, segment: ImageSegment): void {
  const { image, complaints, dynamic } = context;
  if (dynamic.segments++ > 0) complaints.error("more than one dynamic segment");
  dynamic.address = segment.offset;
  dynamic.size = segment.fileSize;
  if (image.sections.length > 0) {
    const section = image.find(".dynamic");
    if (!section || section.size === 0) {
      complaints.error("no .dynamic section in the dynamic segment");
      return;
    }
    if (section.type === 8) {
      dynamic.address = 0;
      dynamic.size = 0;
      return;
    }
    dynamic.address = section.offset;
    dynamic.size = section.size;
    if (context.options.checks && (section.offset !== segment.offset || section.size !== segment.fileSize))
      complaints.warning("the .dynamic section is not the same as the dynamic segment");
  }
  if (dynamic.address + dynamic.size > image.bytes.length) {
    complaints.error("the dynamic segment offset + size exceeds the size of the file");
    dynamic.address = 0;
    dynamic.size = 0;
  }
}

function printMapping({ image, out }: Context, segments: readonly ImageSegment[]): void {
  out.text("\n Section to Segment mapping:\n  Segment Sections...\n");
  for (const [index, segment] of segments.entries()) {
    out.text(`   ${`${index}`.padStart(2, "0")}     `);
    for (const section of image.sections.slice(1)) {
      const tbss = (section.flags & 0x400n) !== 0n && section.type === 8 && segment.type !== 7;
      if (!tbss && isInSegment(section, segment, true)) out.text(`${printableName(section)} `);
    }
    out.byte(10);
  }
}
