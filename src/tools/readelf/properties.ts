import { EM_386, EM_AARCH64, EM_IAMCU, EM_X86_64 } from "../machines.ts";

// NT_GNU_PROPERTY_TYPE_0: what an object uses and needs, as a list of typed values.

export interface PropertyStyle {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly machine: number;
  /** Between two properties. */
  readonly separator: string;
}

const isa = ["x86-64-baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"];
const feature1 = ["IBT", "SHSTK", "LAM_U48", "LAM_U57"];
const feature2 = "x86 x87 MMX XMM YMM ZMM FXSR XSAVE XSAVEOPT XSAVEC TMM MASK".split(" ");
const compatIsa =
  "i486 586 686 SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 AVX AVX2 AVX512F AVX512CD AVX512ER AVX512PF AVX512VL AVX512DQ AVX512BW".split(
    " ",
  );
const compat2Isa =
  "CMOV SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 AVX AVX2 FMA AVX512F AVX512CD AVX512ER AVX512PF AVX512VL AVX512DQ AVX512BW AVX512_4FMAPS AVX512_4VNNIW AVX512_BITALG AVX512_IFMA AVX512_VBMI AVX512_VBMI2 AVX512_VNNI AVX512_BF16".split(
    " ",
  );

interface Bits {
  readonly label: string;
  readonly names: readonly string[];
  /** What no bit at all is shown as. */
  readonly none: string;
}

const x86Types: ReadonlyMap<number, Bits> = new Map([
  [0xc0000000, { label: "x86 ISA used", names: compatIsa, none: "" }],
  [0xc0000001, { label: "x86 ISA needed", names: compatIsa, none: "" }],
  [0xc0000002, { label: "x86 feature", names: feature1, none: "<None>" }],
  [0xc0008000, { label: "x86 ISA needed", names: compat2Isa, none: "" }],
  [0xc0008001, { label: "x86 feature needed", names: feature2, none: "<None>" }],
  [0xc0008002, { label: "x86 ISA needed", names: isa, none: "" }],
  [0xc0010000, { label: "x86 ISA used", names: compat2Isa, none: "" }],
  [0xc0010001, { label: "x86 feature used", names: feature2, none: "<None>" }],
  [0xc0010002, { label: "x86 ISA used", names: isa, none: "" }],
]);

const aarch64Types: ReadonlyMap<number, Bits> = new Map([
  [0xc0000000, { label: "AArch64 feature", names: ["BTI", "PAC"], none: "" }],
]);

function bitNames(value: number, { names, none }: Bits): string {
  if (value === 0) return none;
  const words: string[] = [];
  for (let bit = 0; bit < 32; bit++)
    if ((value >>> bit) & 1) words.push(names[bit] ?? `<unknown: ${(2 ** bit).toString(16)}>`);
  return words.join(", ");
}

/** The text of the properties of a note, as GNU readelf and objdump show them. */
export function propertyText(data: Uint8Array, style: PropertyStyle): string {
  const { littleEndian, machine } = style;
  const step = style.is64 ? 8 : 4;
  if (data.length < 8 || data.length % step !== 0)
    return `<corrupt GNU_PROPERTY_TYPE, size = ${sharp(data.length)}>`;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (let at = 0; at < data.length; ) {
    if (data.length - at < 8) return `${text}<corrupt descsz: ${sharp(data.length)}>`;
    const type = view.getUint32(at, littleEndian);
    const size = view.getUint32(at + 4, littleEndian);
    at += 8;
    if (size > data.length - at) return `${text}<corrupt type (${sharp(type)}) datasz: ${sharp(size)}>`;
    text += one(type, size);
    at += Math.ceil(size / step) * step;
    if (at < data.length) text += style.separator;

    function one(kind: number, length: number): string {
      const word = length === 4 ? view.getUint32(at, littleEndian) : 0;
      const corrupt = `<corrupt length: ${sharp(length)}> `;
      const x86 = machine === EM_X86_64 || machine === EM_386 || machine === EM_IAMCU;
      const bits = (x86 ? x86Types : machine === EM_AARCH64 ? aarch64Types : undefined)?.get(kind);
      if (bits) return `${bits.label}: ${length === 4 ? bitNames(word, bits) : corrupt}`;
      if (kind === 1) {
        if (length !== step) return `stack size: ${corrupt}`;
        return `stack size: ${sharp(step === 8 ? view.getBigUint64(at, littleEndian) : BigInt(word))}`;
      }
      if (kind === 2) return `no copy on protected ${length ? corrupt : ""}`;
      if (kind === 0xb0008000) {
        const names = { label: "1_needed", names: ["indirect external access"], none: "" };
        return `1_needed: ${length === 4 ? bitNames(word, names) : corrupt}`;
      }
      if (kind >= 0xb0000000 && kind <= 0xb000ffff) {
        const label = kind <= 0xb0007fff ? "UINT32_AND" : "UINT32_OR";
        return `${label} (${sharp(kind)}): ${length === 4 ? sharp(word) : corrupt}`;
      }
      const range =
        kind < 0xc0000000 ? "unknown" : kind < 0xe0000000 ? "processor-specific" : "application-specific";
      let bytes = "";
      for (let i = 0; i < length; i++) bytes += `${data[at + i].toString(16).padStart(2, "0")} `;
      return `<${range} type ${sharp(kind)} data: ${bytes}>`;
    }
  }
  return text;
}

const sharp = (value: number | bigint): string =>
  value === 0 || value === 0n ? "0" : `0x${value.toString(16)}`;
