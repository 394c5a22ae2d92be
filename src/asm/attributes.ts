import type { Assembler } from "./assembler.ts";

const TAG_STACK_ALIGN = 4;
const TAG_ARCH = 5;
const TAG_UNALIGNED_ACCESS = 6;
const TAG_PRIV_SPEC = 8;
const TAG_PRIV_SPEC_MINOR = 10;
const TAG_PRIV_SPEC_REVISION = 12;

const tags: Readonly<Record<string, number>> = {
  stack_align: TAG_STACK_ALIGN,
  arch: TAG_ARCH,
  unaligned_access: TAG_UNALIGNED_ACCESS,
  priv_spec: TAG_PRIV_SPEC,
  priv_spec_minor: TAG_PRIV_SPEC_MINOR,
  priv_spec_revision: TAG_PRIV_SPEC_REVISION,
};

/** What .attribute and the instructions say about the object: the contents of .riscv.attributes. */
export class Attributes {
  readonly values: Map<number, number | string> = new Map();
  /** .attribute was used: the section is written in any case. */
  explicit = false;
  /** An instruction has been read: the architecture is settled. */
  started = false;
  /** Instructions or registers of the privileged specification were used, so its version matters. */
  privileged = false;
}

/** The number of a tag by its name, with or without `Tag_RISCV_`. */
export function attributeTag(name: string): number | undefined {
  const bare = name.replace(/^Tag_RISCV_/, "");
  return Object.hasOwn(tags, bare) ? tags[bare] : undefined;
}

/** Odd tags are strings, even ones numbers. */
export function attributeTakesString(tag: number): boolean {
  return (tag & 1) === 1;
}

/** The contents of the section, or undefined if there is nothing to say. */
export function attributesBytes(assembler: Assembler): Uint8Array | undefined {
  const { attributes, target, options } = assembler;
  const values = new Map(attributes.values);
  if ((options.archAttributes ?? true) || attributes.explicit) {
    values.set(TAG_ARCH, target.architecture);
    if (attributes.privileged) {
      const [major, minor, revision] = target.privilegedSpec.split(".").map(Number);
      values.set(TAG_PRIV_SPEC, major);
      values.set(TAG_PRIV_SPEC_MINOR, minor);
      values.set(TAG_PRIV_SPEC_REVISION, revision ?? 0);
    }
  }
  const body: number[] = [];
  for (const [tag, value] of [...values].sort(([a], [b]) => a - b)) {
    if (value === 0 || value === "") continue;
    uleb(body, tag);
    if (typeof value === "number") uleb(body, value);
    else body.push(...new TextEncoder().encode(value), 0);
  }
  if (body.length === 0) return undefined;
  const vendor = [...new TextEncoder().encode("riscv"), 0];
  const file = [1, ...word(body.length + 5), ...body];
  return Uint8Array.from([0x41, ...word(4 + vendor.length + file.length), ...vendor, ...file]);
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

function uleb(out: number[], value: number): void {
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
}
