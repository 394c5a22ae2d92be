import type { BfdObject } from "../bfd/object.ts";
import { textAt } from "../text-out.ts";

interface SymbolVersion {
  readonly text: string;
  readonly hidden: boolean;
}

const NO_VERSION: SymbolVersion = { text: "", hidden: false };

/**
 * What BFD says of a symbol's version, given its index in the dynamic symbol
 * table or -1 for symbols of the main one: undefined in files without versions,
 * an empty text for symbols without one, "Base" for the file's own name.
 */
export function versionNames(object: BfdObject): (index: number) => SymbolVersion | undefined {
  const { image } = object;
  const find = (type: number) => image.sections.find((section) => section.type === type && section.size > 0);
  const numbers = find(0x6fffffff);
  const definitions = find(0x6ffffffd);
  const needs = find(0x6ffffffe);
  if (!numbers || (!definitions && !needs)) return () => undefined;
  const defined: { name: string; flags: number }[] = [];
  const needed = new Map<number, string>();
  const stringsOf = (link: number) => {
    const section = image.sections[link];
    return section ? image.contents(section) : new Uint8Array(0);
  };
  if (definitions) {
    const strings = stringsOf(definitions.link);
    let at = definitions.offset;
    for (let i = 0; i < definitions.info && image.range(at, 20); i++) {
      const index = image.u16(at + 4) & 0x7fff;
      const aux = at + image.u32(at + 12);
      const name = image.range(aux, 8) ? textAt(strings, image.u32(aux)) : "";
      if (index > 0) defined[index - 1] = { name, flags: image.u16(at + 2) };
      const next = image.u32(at + 16);
      if (next === 0) break;
      at += next;
    }
  }
  if (needs) {
    const strings = stringsOf(needs.link);
    let at = needs.offset;
    for (let i = 0; i < needs.info && image.range(at, 16); i++) {
      let aux = at + image.u32(at + 8);
      for (let j = image.u16(at + 2); j > 0 && image.range(aux, 16); j--) {
        const other = image.u16(aux + 6);
        if (!needed.has(other)) needed.set(other, textAt(strings, image.u32(aux + 8)));
        const next = image.u32(aux + 12);
        if (next === 0) break;
        aux += next;
      }
      const next = image.u32(at + 12);
      if (next === 0) break;
      at += next;
    }
  }
  return (index) => {
    if (index < 0) return NO_VERSION;
    const at = numbers.offset + index * 2;
    if (index * 2 + 2 > numbers.size || !image.range(at, 2)) return NO_VERSION;
    const raw = image.u16(at);
    const hidden = (raw & 0x8000) !== 0;
    const number = raw & 0x7fff;
    if (number === 0) return { text: "", hidden };
    if (number === 1 && (defined.length < 1 || defined[0]?.flags === 1)) return { text: "Base", hidden };
    if (number <= defined.length) return { text: defined[number - 1]?.name ?? "<corrupt>", hidden };
    const name = needed.get(number);
    return name === undefined ? { text: "<corrupt>", hidden } : { text: name, hidden: true };
  };
}
