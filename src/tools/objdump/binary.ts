import type { BfdObject } from "../bfd/object.ts";
import { SEC_ALLOC, SEC_DATA, SEC_HAS_CONTENTS, SEC_LOAD } from "../bfd/section.ts";
import { ElfImage } from "../elf-image.ts";

/** A file without a format (`-b binary`) as one section of data, as BFD sees it. */
export function binaryObject(name: string, bytes: Uint8Array, bigEndian: boolean): BfdObject {
  // An empty 64-bit header carries the bytes: everything that asks for them asks the image.
  const header = new Uint8Array(64 + bytes.length);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, bigEndian ? 2 : 1, 1]);
  header.set(bytes, 64);
  const image = new ElfImage(name, header);
  return {
    image,
    isExecutable: false,
    isDynamic: false,
    isPaged: false,
    hasRelocations: false,
    sections: [
      {
        name: ".data",
        index: 0,
        flags: SEC_HAS_CONTENTS | SEC_ALLOC | SEC_LOAD | SEC_DATA,
        vma: 0n,
        lma: 0n,
        size: bytes.length,
        alignmentPower: 0,
        entsize: 0,
        header: {
          index: 0,
          nameOffset: 0,
          name: ".data",
          type: 1,
          flags: 3n,
          address: 0n,
          offset: 64,
          size: bytes.length,
          link: 0,
          info: 0,
          align: 1,
          entsize: 0,
        },
        relocations: [],
      },
    ],
    sectionOfHeader: [],
    symtab: undefined,
    dynsym: undefined,
    warnings: [],
  };
}
