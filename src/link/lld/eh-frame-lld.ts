import type { Report } from "../../diagnostics/index.ts";
import type { LinkModel, SectionId } from "../../model/index.ts";
import { RelocationReader } from "../relocation-reader.ts";
import { type EhFrames, RecordKind } from "../unwind/eh-frame-records.ts";

// LLD reads .eh_frame more simply than GNU ld: it takes the section apart into
// records and looks into a CIE only for what .eh_frame_hdr needs; padding stays.
// What it cannot take apart is an error.

const OMIT = 0xff;

/** Reads one section into `frames`; false: it is damaged, and the report says how. */
export function readEhFrameAsLld(
  model: LinkModel,
  frames: EhFrames,
  section: SectionId,
  report: Report,
): boolean {
  const { sections } = model;
  const object = model.objects[sections.object[section]];
  const stored = sections.contents.get(section);
  const base = stored ? 0 : sections.fileOffset[section];
  const bytes = (stored ?? object.bytes).subarray(base, base + sections.size[section]);
  const relocations = new RelocationReader(model);
  relocations.open(section);
  const fail = (at: number, message: string): false => {
    const text = `corrupted .eh_frame: ${message}`;
    const place = `${object.name}:(.eh_frame+0x${at.toString(16).toUpperCase()})`;
    report.error("LD0811", undefined, text, { lld: `${text}\n>>> defined in ${place}` });
    return false;
  };
  const first = frames.count;
  const cies = new Map<number, number>();
  let next = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 4) return fail(at, "CIE/FDE too small");
    const length = wordAt(bytes, at);
    if (length === 0xffffffff) return fail(at, "CIE/FDE too large");
    const end = at + 4 + length;
    if (end > bytes.length) return fail(at, "CIE/FDE ends past the end of the section");
    if (length === 0) break;
    const id = length < 4 ? 0 : wordAt(bytes, at + 4);
    const record = frames.add(section, id === 0 ? RecordKind.cie : RecordKind.fde, at);
    frames.size[record] = end - at;
    while (next < relocations.count && relocations.offset(next) < at) next++;
    frames.relocationStart[record] = next;
    while (next < relocations.count && relocations.offset(next) < end) next++;
    frames.relocationEnd[record] = next;
    if (id === 0) {
      cies.set(at, record);
      frames.cie[record] = frames.cies.length;
      const personality = frames.relocationStart[record] < next ? frames.relocationStart[record] : -1;
      const encoding = model.options.ehFrameHdr ? readEncoding(bytes, at, end, object.is64 ? 8 : 4) : 0;
      if (typeof encoding !== "number") return fail(encoding.at, encoding.message);
      frames.cies.push({
        record,
        version: 0,
        augmentation: "",
        factors: [],
        personalityEncoding: OMIT,
        lsdaEncoding: OMIT,
        fdeEncoding: encoding,
        personalityRelocation: personality,
        instructions: at,
        instructionsEnd: end,
      });
    } else {
      const cie = cies.get(at + 4 - id);
      if (cie === undefined) return fail(at, "invalid CIE reference");
      frames.cie[record] = cie;
      frames.encoding[record] = frames.cies[frames.cie[cie]].fdeEncoding;
      if (frames.relocationStart[record] < next)
        frames.nextFde[record] = relocations.definingSection(frames.relocationStart[record]);
    }
    at = end;
  }
  frames.firstRecord[section] = first;
  frames.endRecord[section] = frames.count;
  return true;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

interface Complaint {
  readonly at: number;
  readonly message: string;
}

/** The encoding of the addresses in a CIE's FDEs, or what keeps it from being found. */
function readEncoding(bytes: Uint8Array, start: number, end: number, wordSize: number): number | Complaint {
  let at = start + 8;
  let problem: Complaint | undefined;
  const fail = (where: number, message: string): Complaint => ({ at: where, message });
  const byte = (): number => {
    if (at >= end) problem ??= fail(at, "unexpected end of CIE");
    return at < end ? bytes[at++] : 0;
  };
  const skipLeb = (): void => {
    const from = at;
    while (at < end) if (bytes[at++] < 0x80) return;
    problem ??= fail(from, "corrupted CIE (failed to read LEB128)");
  };
  if (end - start < 8) return fail(start, "CIE is too small");
  const version = byte();
  if (problem) return problem;
  if (version !== 1 && version !== 3) return fail(at - 1, `FDE version 1 or 3 expected, but got ${version}`);
  const text = at;
  let augmentation = "";
  while (at < end && bytes[at] !== 0) augmentation += String.fromCharCode(bytes[at++]);
  if (at >= end) return fail(text, "corrupted CIE (failed to read string)");
  at++;
  skipLeb();
  skipLeb();
  if (version === 1) byte();
  else skipLeb();
  for (const letter of augmentation) {
    if (problem) return problem;
    if (letter === "R") {
      const encoding = byte();
      return problem ?? encoding;
    }
    if (letter === "z") skipLeb();
    else if (letter === "L") byte();
    else if (letter === "P") {
      const encoding = byte();
      if (problem) return problem;
      if ((encoding & 0xf0) === 0x50) return fail(at - 1, "DW_EH_PE_aligned encoding is not supported");
      const size = personalitySize(encoding, wordSize);
      if (size === 0) return fail(at - 1, "unknown FDE encoding");
      if (size >= end - at) return fail(at - 1, "corrupted CIE");
      at += size;
    } else if (letter !== "B" && letter !== "S")
      return fail(text, `unknown .eh_frame augmentation string: ${augmentation}`);
  }
  return problem ?? 0;
}

function personalitySize(encoding: number, wordSize: number): number {
  switch (encoding & 15) {
    case 0:
    case 8:
      return wordSize;
    case 2:
    case 10:
      return 2;
    case 3:
    case 11:
      return 4;
    case 4:
    case 12:
      return 8;
    default:
      return 0;
  }
}
