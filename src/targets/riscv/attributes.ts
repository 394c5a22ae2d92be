import type { Report } from "../../diagnostics/index.ts";
import { SHT_RISCV_ATTRIBUTES } from "../../elf/index.ts";
import type { InputObject, LinkModel, SectionId } from "../../model/index.ts";
import { formatArch, isArch, parseArch, uniteArchs } from "./arch-string.ts";

// `.riscv.attributes`: what the objects were compiled for, as numbered
// attributes of the vendor "riscv" (psABI, "Attributes"). The output has one
// section with what fits all of them.
//
//   'A', then for each vendor: u32 length, name, then subsections:
//   ULEB tag (1: the whole file), u32 length, then attributes:
//   ULEB tag, and a ULEB number (even tags) or a string (odd tags)
//
// The first object's values are taken as they are; each further object is
// merged into them, so an architecture string is put in canonical form as soon
// as there are two of them.

const Tag_File = 1;
const Tag_stack_align = 4;
const Tag_arch = 5;
const Tag_unaligned_access = 6;
const Tag_priv_spec = 8;
const Tag_priv_spec_minor = 10;
const Tag_priv_spec_revision = 12;

const ATTRIBUTES_NAME = ".riscv.attributes";

export type Attributes = Map<number, number | string>;

/** Merges the attributes of all objects; undefined when none has any. See `Target.mergeAttributes`. */
export function mergeAttributes(
  model: LinkModel,
  report: Report,
): { type: number; bytes: Uint8Array } | undefined {
  const { objects, sections, arena } = model;
  let merged: Attributes | undefined;
  // What was merged last, without a word: most objects of a library say the same, and once more changes nothing.
  let last = 0;
  let lastSize = -1;
  let lastObject = -1;
  const types = sections.type.subarray(0, sections.count);
  const next = (from: SectionId) => types.indexOf(SHT_RISCV_ATTRIBUTES, from);
  for (let section = next(1); section > 0; section = next(section + 1)) {
    const id = sections.object[section];
    const object = objects[id];
    if (id === lastObject || !object || object.foreign) continue;
    lastObject = id;
    const at = object.address + sections.fileOffset[section];
    const size = sections.size[section];
    if (size === lastSize && arena.kernels.equalBytes(at, last, size) !== 0) continue;
    const own = attributesOf(model, object, section, report);
    if (own === undefined) continue;
    if (merged === undefined) {
      merged = own;
      continue;
    }
    const said = report.diagnostics.length;
    mergeInto(merged, own, model, object, report);
    last = at;
    lastSize = report.diagnostics.length === said ? size : -1;
  }
  if (merged === undefined) return undefined;
  const bytes = writeAttributes(merged);
  if (bytes.length === 0) return undefined;
  return { type: SHT_RISCV_ATTRIBUTES, bytes };
}

/** The first section of attributes of an object from a row on; 0 if there is none. */
function attributesSection({ sections }: LinkModel, object: InputObject, from: SectionId): SectionId {
  if (object.foreign) return 0;
  const rows = sections.type.subarray(0, object.sectionBase + object.sectionCount);
  return Math.max(0, rows.indexOf(SHT_RISCV_ATTRIBUTES, from));
}

function bytesOf({ sections }: LinkModel, object: InputObject, section: SectionId): Uint8Array {
  const at = sections.fileOffset[section];
  return object.bytes.subarray(at, at + sections.size[section]);
}

/** The attributes in the first section from `first` on that can be read. */
function attributesOf(
  model: LinkModel,
  object: InputObject,
  first: SectionId,
  report: Report,
): Attributes | undefined {
  for (let section = first; section !== 0; section = attributesSection(model, object, section + 1)) {
    const parsed = readAttributes(bytesOf(model, object, section));
    if (typeof parsed !== "string") return parsed;
    report.warning("LD0652", `${object.name}:(${ATTRIBUTES_NAME})`, parsed);
  }
  return undefined;
}

function mergeInto(
  merged: Attributes,
  own: Attributes,
  model: LinkModel,
  object: InputObject,
  report: Report,
): void {
  const before = report.errorCount;
  mergePrivilegedSpec(merged, own, object, report);
  for (const tag of new Set([...merged.keys(), ...own.keys()])) {
    const mine = merged.get(tag);
    const value = own.get(tag);
    switch (tag) {
      case Tag_arch:
        mergeArch(merged, own, object, report);
        break;
      case Tag_unaligned_access:
        merged.set(tag, number(mine) | number(value));
        break;
      case Tag_stack_align:
        if (!mine && value !== undefined) merged.set(tag, value);
        else if (value && mine !== value) {
          report.error(
            "LD0653",
            undefined,
            `error: ${object.name} use ${value}-byte stack aligned but the output use ${mine}-byte stack aligned`,
            {
              lld: `${object.name}:(${ATTRIBUTES_NAME}) has stack_align=${value} but the output has stack_align=${mine}`,
            },
          );
        }
        break;
      case Tag_priv_spec:
      case Tag_priv_spec_minor:
      case Tag_priv_spec_revision:
        break;
      default:
        // What nobody knows is passed on if all agree.
        if (mine !== value) merged.delete(tag);
    }
  }
  if (report.errorCount === before || model.options.compat === "lld") return;
  report.error("LD0651", undefined, `failed to merge target specific data of file ${object.name}`);
}

function number(value: number | string | undefined): number {
  return typeof value === "number" ? value : 0;
}

function text(value: number | string | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Strings that formatArch made. */
const canonical = new Set<string>();

function mergeArch(merged: Attributes, own: Attributes, object: InputObject, report: Report): void {
  const input = text(own.get(Tag_arch));
  const output = text(merged.get(Tag_arch));
  if (input === undefined) return;
  // The output of an earlier merge, so what merging with itself would give.
  if (input === output && canonical.has(input)) return;
  if (output === undefined) {
    merged.set(Tag_arch, input);
    return;
  }
  const problem = (message: string) => {
    report.error("LD0654", undefined, message, {
      lld: `${object.name}:(${ATTRIBUTES_NAME}): ${input}: ${message}`,
    });
    merged.set(Tag_arch, "");
  };
  const a = parseArch(input);
  const b = input === output ? a : parseArch(output);
  if (!isArch(a)) problem(a.problem);
  else if (!isArch(b)) {
    // Was reported when it became empty.
    if (output !== "") problem(b.problem);
  } else if (a.xlen !== b.xlen) {
    problem(`error: ${object.name}: ISA string of input (${input}) doesn't match output (${output})`);
  } else if (a.extensions[0]?.name !== b.extensions[0]?.name) {
    problem(
      `error: ${object.name}: mis-matched ISA string to merge '${a.extensions[0]?.name}' and '${b.extensions[0]?.name}'`,
    );
  } else if (a.xlen !== (object.is64 ? 64 : 32)) {
    problem(`error: ${object.name}: unsupported XLEN (${a.xlen}), you might be using wrong emulation`);
  } else {
    const united = formatArch(uniteArchs(b, a));
    canonical.add(united);
    merged.set(Tag_arch, united);
  }
}

/** The versions of the privileged specification, oldest first; others count as none. */
const privilegedSpecs = ["1.9.1", "1.10.0", "1.11.0", "1.12.0"];

function mergePrivilegedSpec(merged: Attributes, own: Attributes, object: InputObject, report: Report): void {
  const tags = [Tag_priv_spec, Tag_priv_spec_minor, Tag_priv_spec_revision];
  const version = (from: Attributes) => tags.map((tag) => number(from.get(tag))).join(".");
  const input = version(own);
  const output = version(merged);
  const inputClass = privilegedSpecs.indexOf(input);
  const outputClass = privilegedSpecs.indexOf(output);
  const copy = () => {
    for (const tag of tags) merged.set(tag, number(own.get(tag)));
  };
  if (outputClass < 0) copy();
  else if (inputClass >= 0 && inputClass !== outputClass) {
    report.warning(
      "LD0655",
      undefined,
      `${object.name} use privileged spec version ${input} but the output use version ${output}`,
    );
    if (inputClass === 0 || outputClass === 0) {
      report.warning(
        "LD0655",
        undefined,
        "privileged spec version 1.9.1 can not be linked with other spec versions",
      );
    }
    if (inputClass > outputClass) copy();
  }
}

/** The attributes of a section's bytes, or what is wrong with them. */
export function readAttributes(bytes: Uint8Array): Attributes | string {
  const attributes: Attributes = new Map();
  if (bytes.length === 0) return attributes;
  if (bytes[0] !== 0x41) return `unrecognized format version 0x${bytes[0].toString(16)}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 1;
  while (at + 4 <= bytes.length) {
    const vendorEnd = at + view.getUint32(at, true);
    if (vendorEnd > bytes.length || vendorEnd < at + 5) return `invalid section length ${vendorEnd - at}`;
    const nameEnd = bytes.indexOf(0, at + 4);
    if (nameEnd < 0 || nameEnd >= vendorEnd) return "unterminated vendor name";
    const vendor = new TextDecoder().decode(bytes.subarray(at + 4, nameEnd));
    at = nameEnd + 1;
    while (vendor === "riscv" && at + 5 <= vendorEnd) {
      const tag = bytes[at];
      const end = at + view.getUint32(at + 1, true);
      if (end > vendorEnd || end < at + 5) return `invalid subsection length ${end - at}`;
      if (tag === Tag_File && !readList(bytes, at + 5, end, attributes)) return "truncated attribute";
      at = end;
    }
    at = vendorEnd;
  }
  return attributes;
}

function readList(bytes: Uint8Array, start: number, end: number, attributes: Attributes): boolean {
  let at = start;
  const uleb = (): number => {
    let value = 0;
    for (let scale = 1; at < end; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if ((byte & 0x80) === 0) return value;
    }
    return -1;
  };
  while (at < end) {
    const tag = uleb();
    if (tag < 0) return false;
    if (tag % 2 === 0) {
      const value = uleb();
      if (value < 0) return false;
      attributes.set(tag, value);
    } else {
      const zero = bytes.indexOf(0, at);
      if (zero < 0 || zero >= end) return false;
      attributes.set(tag, new TextDecoder().decode(bytes.subarray(at, zero)));
      at = zero + 1;
    }
  }
  return true;
}

/** Zeros and empty strings are the defaults and are left out; with nothing left, there is no section. */
export function writeAttributes(attributes: Attributes): Uint8Array {
  const list: number[] = [];
  const uleb = (value: number) => {
    let rest = value;
    while (rest >= 0x80) {
      list.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    list.push(rest);
  };
  for (const [tag, value] of [...attributes].sort(([a], [b]) => a - b)) {
    if (value === 0 || value === "") continue;
    uleb(tag);
    if (typeof value === "number") uleb(value);
    else list.push(...new TextEncoder().encode(value), 0);
  }
  if (list.length === 0) return new Uint8Array(0);
  const vendor = new TextEncoder().encode("riscv\0");
  const fileLength = 5 + list.length;
  const bytes = new Uint8Array(1 + 4 + vendor.length + fileLength);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x41;
  view.setUint32(1, 4 + vendor.length + fileLength, true);
  bytes.set(vendor, 5);
  bytes[5 + vendor.length] = Tag_File;
  view.setUint32(6 + vendor.length, fileLength, true);
  bytes.set(list, 10 + vendor.length);
  return bytes;
}
