import {
  PT_DYNAMIC,
  PT_GNU_EH_FRAME,
  PT_GNU_RELRO,
  PT_GNU_STACK,
  PT_LOAD,
  PT_NOTE,
  PT_PHDR,
  PT_TLS,
  SHF_ALLOC,
  SHF_TLS,
  SHT_NOBITS,
} from "../../elf/index.ts";
import type { ImageSection, ImageSegment } from "../elf-image.ts";

const PT_GNU_SFRAME = 0x6474e554;
const PT_GNU_MBIND_LO = 0x6474e555;
const PT_GNU_MBIND_HI = 0x6474f554;

/** Segments of these types hold no section that is not allocated. */
function wantsAllocated(type: number): boolean {
  switch (type) {
    case PT_LOAD:
    case PT_DYNAMIC:
    case PT_GNU_EH_FRAME:
    case PT_GNU_STACK:
    case PT_GNU_RELRO:
    case PT_GNU_SFRAME:
      return true;
    default:
      return type >= PT_GNU_MBIND_LO && type <= PT_GNU_MBIND_HI;
  }
}

/** Whether a section is in a segment as BFD sees it; `strict`: an empty one at the segment's end is not. */
export function isInSegment(section: ImageSection, segment: ImageSegment, strict = false): boolean {
  const isTls = (section.flags & BigInt(SHF_TLS)) !== 0n;
  const isAllocated = (section.flags & BigInt(SHF_ALLOC)) !== 0n;
  const { type } = segment;
  if (
    isTls ? type !== PT_TLS && type !== PT_GNU_RELRO && type !== PT_LOAD : type === PT_TLS || type === PT_PHDR
  )
    return false;
  if (!isAllocated && wantsAllocated(type)) return false;
  const isNobits = section.type === SHT_NOBITS;
  // .tbss takes no room outside its own segment.
  const size = isTls && isNobits && type !== PT_TLS ? 0 : section.size;
  const inFile = section.offset - segment.offset;
  if (!isNobits && !within(inFile, size, segment.fileSize, strict)) return false;
  const inMemory = Number(section.address - segment.address);
  if (isAllocated && !within(inMemory, size, segment.memorySize, strict)) return false;
  if ((type !== PT_DYNAMIC && type !== PT_NOTE) || section.size !== 0 || segment.memorySize === 0)
    return true;
  return (
    (isNobits || (inFile > 0 && inFile < segment.fileSize)) &&
    (!isAllocated || (inMemory > 0 && inMemory < segment.memorySize))
  );
}

function within(start: number, size: number, room: number, strict: boolean): boolean {
  // In unsigned arithmetic, room - 1 of an empty segment is as large as can be.
  return start >= 0 && (!strict || room === 0 || start <= room - 1) && start + size <= room;
}
