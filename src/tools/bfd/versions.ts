import { SHT_GNU_verdef, SHT_GNU_verneed, SHT_GNU_versym } from "../../elf/index.ts";
import type { ElfImage, ImageSection } from "../elf-image.ts";
import { textAt } from "../text-out.ts";
import type { BfdObject } from "./object.ts";

// Symbol versions: .gnu.version has a number for each dynamic symbol; the
// numbers are names in .gnu.version_d (defined here) or .gnu.version_r (wanted
// of other libraries).

const VERSYM_HIDDEN = 0x8000;
const VER_FLG_BASE = 1;

interface Definition {
  readonly name: string;
  readonly flags: number;
}

/** Tells what stands behind a dynamic symbol's name: `@V`, `@@V` or nothing. Undefined: the file has no versions. */
export function readVersions(
  object: BfdObject,
): ((index: number, name: string, isUndefined: boolean) => string) | undefined {
  const { image } = object;
  const find = (type: number) => image.sections.find((section) => section.type === type);
  const versym = find(SHT_GNU_versym);
  const verdef = find(SHT_GNU_verdef);
  const verneed = find(SHT_GNU_verneed);
  if (!versym || (!verdef?.info && !verneed?.info)) return undefined;
  const numbers = image.contents(versym);
  const { dynsym } = object;
  const count = dynsym ? Math.floor(dynsym.size / (image.is64 ? 24 : 16)) : 0;
  if (Math.floor(numbers.length / 2) !== count) return undefined;
  const definitions = verdef ? readDefinitions(image, verdef) : [];
  const needs = verneed ? readNeeds(image, verneed) : new Map<number, string>();
  return (index, name, isUndefined) => {
    const number = image.u16(versym.offset + index * 2);
    const version = number & ~VERSYM_HIDDEN;
    let hidden = (number & VERSYM_HIDDEN) !== 0;
    let text: string;
    const base = definitions[1];
    if (version === 0) return "";
    if (version === 1 && (definitions.length <= 1 || ((base?.flags ?? VER_FLG_BASE) & VER_FLG_BASE) !== 0))
      return "";
    if (version < definitions.length) {
      text = definitions[version]?.name ?? "";
      if (text === name) return "";
    } else {
      const needed = needs.get(version);
      text = needed ?? "<corrupt>";
      if (needed !== undefined) hidden = true;
    }
    if (text === "") return "";
    return (hidden || isUndefined ? "@" : "@@") + text;
  };
}

/** By version number. */
function readDefinitions(image: ElfImage, section: ImageSection): (Definition | undefined)[] {
  const strings = stringsOf(image, section);
  const bytes = image.contents(section);
  const definitions: (Definition | undefined)[] = [undefined];
  let at = 0;
  for (let i = 0; i < section.info && at + 20 <= bytes.length; i++) {
    const place = section.offset + at;
    const number = image.u16(place + 4) & ~VERSYM_HIDDEN;
    const auxiliary = at + image.u32(place + 12);
    const name = auxiliary + 8 <= bytes.length ? textAt(strings, image.u32(section.offset + auxiliary)) : "";
    definitions[number] = { name, flags: image.u16(place + 2) };
    const next = image.u32(place + 16);
    if (next === 0) break;
    at += next;
  }
  return definitions;
}

function readNeeds(image: ElfImage, section: ImageSection): Map<number, string> {
  const strings = stringsOf(image, section);
  const bytes = image.contents(section);
  const needs = new Map<number, string>();
  let at = 0;
  for (let i = 0; i < section.info && at + 16 <= bytes.length; i++) {
    const place = section.offset + at;
    const count = image.u16(place + 2);
    let entry = at + image.u32(place + 8);
    for (let j = 0; j < count && entry + 16 <= bytes.length; j++) {
      const number = image.u16(section.offset + entry + 6);
      if (!needs.has(number)) needs.set(number, textAt(strings, image.u32(section.offset + entry + 8)));
      const next = image.u32(section.offset + entry + 12);
      if (next === 0) break;
      entry += next;
    }
    const next = image.u32(place + 12);
    if (next === 0) break;
    at += next;
  }
  return needs;
}

function stringsOf(image: ElfImage, section: ImageSection): Uint8Array {
  const strings = image.sections[section.link];
  return strings ? image.contents(strings) : new Uint8Array(0);
}
