import {
  EI_CLASS,
  EI_DATA,
  EI_VERSION,
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EV_CURRENT,
} from "./constants.ts";

/** What a file is, by its first bytes. */
export type FileKind = "elf" | "archive" | "thin-archive" | "bitcode" | "text" | "binary";

/** Tells what a file is from its first bytes (a few hundred are enough). */
export function identify(bytes: Uint8Array): FileKind {
  // What each of hundreds of members is.
  if (bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46) return "elf";
  if (startsWith(bytes, "!<arch>\n")) return "archive";
  if (startsWith(bytes, "!<thin>\n")) return "thin-archive";
  if (startsWith(bytes, "BC\xc0\xde") || startsWith(bytes, "\xde\xc0\x17\x0b")) return "bitcode";
  const end = Math.min(bytes.length, 512);
  for (let i = 0; i < end; i++) {
    const byte = bytes[i];
    if (byte === 0 || byte === 0x7f || (byte < 32 && (byte < 9 || byte > 13) && byte !== 27)) return "binary";
  }
  return "text";
}

function startsWith(bytes: Uint8Array, magic: string): boolean {
  if (bytes.length < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}

/** The class and byte order that e_ident states. */
export interface Identity {
  readonly is64: boolean;
  readonly littleEndian: boolean;
}

/** Reads e_ident of a file that starts with the ELF magic; a string is what is wrong with it. */
export function readIdentity(bytes: Uint8Array): Identity | string {
  if (bytes.length < 16) return "the file ends within the ELF identification";
  const fileClass = bytes[EI_CLASS];
  const data = bytes[EI_DATA];
  if (fileClass !== ELFCLASS32 && fileClass !== ELFCLASS64) return `invalid ELF class ${fileClass}`;
  if (data !== ELFDATA2LSB && data !== ELFDATA2MSB) return `invalid ELF data encoding ${data}`;
  if (bytes[EI_VERSION] !== EV_CURRENT) return `unknown ELF version ${bytes[EI_VERSION]}`;
  return { is64: fileClass === ELFCLASS64, littleEndian: data === ELFDATA2LSB };
}
