import {
  EM_386,
  EM_RISCV,
  EM_X86_64,
  inflateCompressed,
  inflateZdebug,
  SHF_COMPRESSED,
  SHF_MERGE,
  SHT_NOBITS,
  SHT_RELA,
} from "../../elf/index.ts";
import type { InputObject, LinkModel, SectionId } from "../../model/index.ts";

/** A debug section of an object, with its relocations applied as far as an object alone can say. */
export interface DebugBytes {
  readonly bytes: Uint8Array;
  /** For each relocated field: the section it points into; the field then holds an offset in that section. */
  readonly sectionAt: ReadonlyMap<number, SectionId>;
}

/** Field sizes of the relocations that compilers use in debug sections; negative: subtracts. */
const SIZES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  // R_X86_64_64, R_X86_64_32, R_X86_64_32S, R_X86_64_DTPOFF64
  [EM_X86_64]: { 1: 8, 10: 4, 11: 4, 17: 8 },
  [EM_386]: { 1: 4 },
  // R_RISCV_32, 64, ADD8…64, SUB8…64, SET8, SET16, SET32
  [EM_RISCV]: { 1: 4, 2: 8, 33: 1, 34: 2, 35: 4, 36: 8, 37: -1, 38: -2, 39: -4, 40: -8, 54: 1, 55: 2, 56: 4 },
};

const FIRST_ADD = 33;
const LAST_SUB = 40;

/**
 * The bytes of a debug section before they are linked. With `until`, only the
 * relocations of fields before that offset are applied, and no sections are noted.
 */
export function debugBytes(model: LinkModel, section: SectionId, until?: number): DebugBytes {
  const { sections, objects } = model;
  const object = objects[sections.object[section]];
  const whole =
    (sections.flags[section] & SHF_MERGE) !== 0 ? asRead(object, section) : current(model, section);
  const sectionAt = new Map<number, SectionId>();
  const table = sections.relocations[section];
  const sizes = SIZES[object.machine];
  if (sections.type[section] === SHT_NOBITS) return { bytes: new Uint8Array(0), sectionAt };
  if (table === 0 || !sizes) return { bytes: whole, sectionAt };
  const bytes = whole.slice();
  const out = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { view, is64, symtabOffset, sectionBase, sectionCount } = object;
  const symbolSize = is64 ? 24 : 16;
  const rela = sections.type[table] === SHT_RELA;
  const entry = sections.entsize[table];
  const end = sections.fileOffset[table] + sections.size[table];
  const isRiscv = object.machine === EM_RISCV;
  const limit = until ?? bytes.length;
  for (let at = sections.fileOffset[table]; at < end; at += entry) {
    const offset = view.getUint32(at, true);
    // Assemblers write relocations in the order of their places.
    if (offset >= limit) break;
    const info = view.getUint32(at + (is64 ? 8 : 4), true);
    const type = is64 ? info : info & 0xff;
    const symbol = symtabOffset + symbolSize * (is64 ? view.getUint32(at + 12, true) : info >>> 8);
    const size = sizes[type];
    if (size === undefined || offset + Math.abs(size) > bytes.length) continue;
    const addend = rela ? view.getInt32(at + (is64 ? 16 : 8), true) : out.getInt32(offset, true);
    // What the object itself says of the symbol: the link may have taken another object's definition.
    const value = (view.getInt32(symbol + (is64 ? 8 : 4), true) + addend) | 0;
    const shndx = view.getUint16(symbol + (is64 ? 6 : 14), true);
    const place = shndx > 0 && shndx < sectionCount ? sectionBase + shndx : 0;
    const sums = isRiscv && type >= FIRST_ADD && type <= LAST_SUB;
    if (!sums && place > 0 && until === undefined) sectionAt.set(offset, place);
    const old = sums ? readField(out, offset, Math.abs(size)) : 0;
    writeField(out, offset, Math.abs(size), size < 0 ? old - value : old + value);
  }
  return { bytes, sectionAt };
}

function current({ sections, objects }: LinkModel, section: SectionId): Uint8Array {
  const start = sections.fileOffset[section];
  const { bytes } = objects[sections.object[section]];
  return sections.contents.get(section) ?? bytes.subarray(start, start + sections.size[section]);
}

/**
 * The bytes of a section in its file. Merging replaces contents and size of the
 * sections that it takes, and offsets of strings count in the old ones: a
 * message about a relocation, which comes after merging, still needs those.
 */
function asRead({ bytes, view, is64, sectionBase }: InputObject, section: SectionId): Uint8Array {
  const row = section - sectionBase;
  const header = view.getUint32(is64 ? 40 : 32, true) + row * (is64 ? 64 : 40);
  const start = view.getUint32(header + (is64 ? 24 : 16), true);
  const raw = bytes.subarray(start, start + view.getUint32(header + (is64 ? 32 : 20), true));
  const isOld = raw.length > 4 && raw[0] === 0x5a && raw[1] === 0x4c && raw[2] === 0x49 && raw[3] === 0x42;
  if ((view.getUint32(header + 8, true) & SHF_COMPRESSED) === 0 && !isOld) return raw;
  const inflated = isOld ? inflateZdebug(raw) : inflateCompressed(raw, is64, true);
  return "problem" in inflated ? new Uint8Array(0) : inflated.bytes;
}

function readField(view: DataView, at: number, size: number): number {
  if (size === 1) return view.getUint8(at);
  return size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

function writeField(view: DataView, at: number, size: number, value: number): void {
  if (size === 1) view.setUint8(at, value);
  else if (size === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value | 0, true);
  if (size === 8) view.setUint32(at + 4, 0, true);
}
