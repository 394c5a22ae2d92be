import { applyRelocations } from "../apply-relocations.ts";
import type { ImageSection } from "../elf-image.ts";
import { byteText } from "../text-out.ts";
import { type Context, dataAt } from "./context.ts";
import { coreNoteTypes } from "./core-notes.ts";
import { fullHex, printableName, printName } from "./print.ts";
import { propertyText } from "./properties.ts";

// -n: the notes of sections or, where there are none, of segments.

interface Note {
  readonly name: string;
  readonly nameSize: number;
  readonly type: number;
  readonly data: Uint8Array;
}

export function printNotes(context: Context): void {
  const { image, out } = context;
  if (image.header.type === 4) {
    if (image.segmentCount() > 0) printSegments(context);
    else out.text("No notes found file.\n");
    return;
  }
  const sections = image.sections.filter((section) => section.type === 7);
  for (const section of sections) {
    if (section.size === 0) {
      context.complaints.fail();
      continue;
    }
    const bytes = dataAt(context, section.offset, section.size, "section contents");
    if (!bytes) {
      context.complaints.fail();
      continue;
    }
    const applied = applyRelocations(image, section, bytes, context.complaints);
    printRange(context, applied.bytes, section.align, section);
  }
  if (sections.length === 0) printSegments(context);
}

function printSegments(context: Context): void {
  for (const segment of context.image.segments()) {
    if (segment.type !== 4) continue;
    const bytes = dataAt(context, segment.offset, segment.fileSize, "notes");
    if (bytes) printRange(context, bytes, Number(segment.align), segment);
    else context.complaints.fail();
  }
}

function printRange(
  context: Context,
  bytes: Uint8Array,
  stated: number,
  place: ImageSection | { readonly offset: number; readonly fileSize: number },
): void {
  const { image, out, complaints } = context;
  out.byte(10);
  if ("fileSize" in place) {
    const hex = (value: number) => value.toString(16).padStart(8, "0");
    out.text(
      `Displaying notes found at file offset 0x${hex(place.offset)} with length 0x${hex(place.fileSize)}:\n`,
    );
  } else out.text(`Displaying notes found in: ${printableName(place)}\n`);
  const align = Math.max(stated, 4);
  if (align !== 4 && align !== 8) {
    complaints.warning(`Corrupt note: alignment ${align}, expecting 4 or 8`);
    complaints.fail();
    return;
  }
  out.text("  Owner                Data size \tDescription\n");
  const up = (value: number) => Math.ceil(value / align) * align;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, image.littleEndian);
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < 12) {
      complaints.warning(
        `Corrupt note: only ${left} ${left === 1 ? "byte remains" : "bytes remain"}, not enough for a full note`,
      );
      break;
    }
    const nameSize = u32(at);
    const size = u32(at + 4);
    const type = u32(at + 8);
    const data = at + up(12 + nameSize);
    const next = at + up(data - at + size);
    if (data > bytes.length || next > bytes.length) {
      const hex = (value: number) => (value === 0 ? "0" : `0x${value.toString(16)}`);
      complaints.warning(`note with invalid namesz and/or descsz found at offset ${hex(at)}`);
      complaints.warning(
        ` type: ${hex(type)}, namesize: ${hex(nameSize)}, descsize: ${hex(size)}, alignment: ${align}`,
      );
      break;
    }
    const name = byteText(bytes, at + 12, at + 12 + nameSize).split("\0")[0];
    printNote(context, { name, nameSize, type, data: bytes.subarray(data, data + size) });
    at = next;
  }
}

const gnuTypes: Readonly<Record<number, string>> = {
  1: "NT_GNU_ABI_TAG (ABI version tag)",
  2: "NT_GNU_HWCAP (DSO-supplied software HWCAP info)",
  3: "NT_GNU_BUILD_ID (unique build ID bitstring)",
  4: "NT_GNU_GOLD_VERSION (gold version)",
  5: "NT_GNU_PROPERTY_TYPE_0",
  256: "NT_GNU_BUILD_ATTRIBUTE_OPEN",
  257: "NT_GNU_BUILD_ATTRIBUTE_FUNC",
};

const objectTypes: Readonly<Record<number, string>> = {
  1: "NT_VERSION (version)",
  2: "NT_ARCH (architecture)",
  4: "GO BUILDID",
  256: "OPEN",
  257: "func",
  3405650558: "FDO_PACKAGING_METADATA",
};

const netBsdTypes: Readonly<Record<number, string>> = {
  1: "NT_NETBSD_IDENT",
  2: "NT_NETBSD_EMULATION",
  3: "NT_NETBSD_PAX",
  4: "NT_NETBSD_MARCH",
};

function typeName(context: Context, { name, type }: Note): string {
  const unknown = `Unknown note type: (0x${type.toString(16).padStart(8, "0")})`;
  if (name.startsWith("GNU")) return gnuTypes[type] ?? unknown;
  if (name.startsWith("stapsdt")) return type === 3 ? "NT_STAPSDT (SystemTap probe descriptors)" : unknown;
  if (name.startsWith("SPU/")) return name.slice(4);
  const table = context.image.header.type === 4 ? coreNoteTypes : objectTypes;
  return table[type] ?? unknown;
}

function printNote(context: Context, note: Note): void {
  const { out, options, complaints } = context;
  const { name, data } = note;
  if (name.startsWith("NetBSD") && !name.startsWith("NetBSD-CORE")) {
    complaints.unsupported(`the note ${netBsdTypes[note.type] ?? "of NetBSD"} is not supported`);
    return;
  }
  const builds = /^(GA)?[*$!+]/.test(name) && (note.type === 256 || note.type === 257);
  if (builds) {
    complaints.unsupported("GNU build attribute notes are not supported");
    return;
  }
  out.text("  ");
  printName(context, -20, note.nameSize === 0 ? "(NONE)" : name.startsWith("SPU/") ? "SPU" : name);
  out.text(` 0x${data.length.toString(16).padStart(8, "0")}\t${typeName(context, note)}`);
  out.text(options.wide ? "\t" : "\n");
  if (name.startsWith("GNU")) printGnu(context, note);
  else if (name.startsWith("stapsdt")) printProbe(context, data);
  else if (name.startsWith("CORE") && note.type === 0x46494c45) printMappedFiles(context, data);
  else if (name.startsWith("CORE")) {
    if (options.wide) out.byte(10);
  } else if (name.startsWith("FDO")) {
    if (data.length > 0 && note.type === 0xcafe1a7e)
      out.text(`    Packaging Metadata: ${byteText(data, 0, data.length).split("\0")[0]}\n`);
    else complaints.fail();
  } else {
    if (data.length > 0) {
      out.text("   description data: ");
      for (const byte of data) {
        out.hex2(byte);
        out.byte(32);
      }
      if (!options.wide) out.byte(10);
    }
    if (options.wide) out.byte(10);
  }
}

const osNames = ["Linux", "Hurd", "Solaris", "FreeBSD", "NetBSD", "Syllable", "NaCl"];

function printGnu(context: Context, { type, data }: Note): void {
  const { image, out, complaints } = context;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const u32 = (at: number) => view.getUint32(at, image.littleEndian);
  if (type === 3) {
    out.text("    Build ID: ");
    for (const byte of data) out.hex2(byte);
    out.byte(10);
  } else if (type === 1) {
    if (data.length < 16) out.text("    <corrupt GNU_ABI_TAG>\n");
    else
      out.text(`    OS: ${osNames[u32(0)] ?? "Unknown"}, ABI: ${u32(4) | 0}.${u32(8) | 0}.${u32(12) | 0}\n`);
  } else if (type === 4) out.text(`    Version: ${byteText(data, 0, data.length).split("\0")[0]}\n`);
  else if (type === 2) {
    out.text("      Hardware Capabilities: ");
    if (data.length < 8) {
      complaints.error("<corrupt GNU_HWCAP>");
      complaints.fail();
    } else out.text(`num entries: ${u32(0) | 0}, enabled mask: ${u32(4).toString(16)}\n`);
  } else if (type === 5) {
    out.text("      Properties: ");
    out.text(
      propertyText(data, {
        is64: image.is64,
        littleEndian: image.littleEndian,
        machine: image.header.machine,
        separator: context.options.wide ? ", " : "\n\t",
      }),
    );
    out.byte(10);
  } else {
    out.text("    Description data: ");
    for (const byte of data) {
      out.hex2(byte);
      out.byte(32);
    }
    out.byte(10);
  }
}

/** A SystemTap probe: three addresses and three strings. */
function printProbe(context: Context, data: Uint8Array): void {
  const { image, out, complaints } = context;
  const step = image.is64 ? 8 : 4;
  const strings: string[] = [];
  let at = step * 3;
  while (strings.length < 3 && at < data.length) {
    const end = data.indexOf(0, at);
    if (end < 0) break;
    strings.push(byteText(data, at, end));
    at = end + 1;
  }
  if (strings.length < 3) {
    out.text("  <corrupt - note is too small>\n");
    complaints.error("corrupt stapdt note - the data size is too small");
    complaints.fail();
    return;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const address = (index: number) =>
    fullHex(
      context,
      image.is64
        ? view.getBigUint64(index * 8, image.littleEndian)
        : BigInt(view.getUint32(index * 4, image.littleEndian)),
    );
  out.text(`    Provider: ${strings[0]}\n    Name: ${strings[1]}\n`);
  out.text(`    Location: ${address(0)}, Base: ${address(1)}, Semaphore: ${address(2)}\n`);
  out.text(`    Arguments: ${strings[2]}\n`);
  if (at !== data.length) complaints.fail();
}

/** NT_FILE of a core file: which files were mapped where. */
function printMappedFiles(context: Context, data: Uint8Array): void {
  const { image, out, complaints } = context;
  const step = image.is64 ? 8 : 4;
  if (data.length < 2 * step) {
    out.text("    Malformed note - too short for header\n");
    complaints.fail();
    return;
  }
  if (data[data.length - 1] !== 0) {
    out.text("    Malformed note - does not end with \\0\n");
    complaints.fail();
    return;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const word = (at: number) =>
    image.is64 ? view.getBigUint64(at, image.littleEndian) : BigInt(view.getUint32(at, image.littleEndian));
  const count = Number(word(0));
  const pageSize = word(step);
  if ((data.length - 2 * step) / (3 * step + 1) < count) {
    out.text("    Malformed note - too short for supplied file count\n");
    complaints.fail();
    return;
  }
  out.text(`    Page size: ${pageSize}\n`);
  out.text(`${headingOf(step)}\n`);
  let names = (2 + count * 3) * step;
  for (let i = 0; i < count; i++) {
    const at = (2 + i * 3) * step;
    out.text(
      `    ${fullHex(context, word(at))}  ${fullHex(context, word(at + step))}  ${fullHex(context, word(at + 2 * step))}\n`,
    );
    if (names >= data.length) {
      out.text("    Malformed note - filenames end too early\n");
      complaints.fail();
      return;
    }
    const end = data.indexOf(0, names);
    out.text(`        ${byteText(data, names, end)}\n`);
    names = end + 1;
  }
}

const headingOf = (step: number): string => {
  const width = 2 + step * 2;
  return `    ${"Start".padStart(width)}  ${"End".padStart(width)}  ${"Page Offset".padStart(width)}`;
};
