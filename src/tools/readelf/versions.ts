import type { ImageSection } from "../elf-image.ts";
import { textAt } from "../text-out.ts";
import { type Context, dataAt, plural } from "./context.ts";
import { DT } from "./dynamic.ts";
import { nameOfIndex, printableName, stringIn } from "./print.ts";
import { VersionTables } from "./version-tables.ts";

// -V: the three kinds of version sections.

function flagWords(flags: number): string {
  if (flags === 0) return "none";
  const words: string[] = [];
  if (flags & 1) words.push("BASE");
  if (flags & 2) words.push("WEAK");
  if (flags & 4) words.push("INFO");
  if (flags & ~7) words.push("<unknown>");
  return words.join(" | ");
}

/** C's %#06x: six characters with the prefix; a zero has none. */
const place = (offset: number) => (offset === 0 ? "000000" : `0x${offset.toString(16).padStart(4, "0")}`);

export function printVersions(context: Context): void {
  let found = false;
  for (const section of context.image.sections) {
    if (section.type === 0x6ffffffd) {
      printDefinitions(context, section);
      found = true;
    } else if (section.type === 0x6ffffffe) {
      printNeeds(context, section);
      found = true;
    } else if (section.type === 0x6fffffff) found = printSymbolVersions(context, section) || found;
  }
  if (!found) context.out.text("\nNo version information found in this file.\n");
}

function heading(context: Context, section: ImageSection, what: string, count: number): void {
  const { out } = context;
  out.text(`\nVersion ${what} section '${printableName(section)}' contains ${count} `);
  out.text(`${plural(count, "entry", "entries")}:\n`);
  out.text(` Addr: 0x${section.address.toString(16).padStart(16, "0")}  Offset: 0x`);
  out.text(`${section.offset.toString(16).padStart(8, "0")}  Link: ${section.link} (`);
  out.text(`${nameOfIndex(context, section.link)})\n`);
}

function printDefinitions(context: Context, section: ImageSection): void {
  const { image, out, complaints, dynamic } = context;
  const count = section.info;
  heading(context, section, "definition", count);
  if (!dataAt(context, section.offset, section.size, "version definition section")) return;
  const end = section.offset + section.size;
  let done = 0;
  for (let at = section.offset; done < count; done++) {
    if (at + 20 > end) break;
    const entries = image.u16(at + 6);
    out.text(
      `  ${place(at - section.offset)}: Rev: ${image.u16(at)}  Flags: ${flagWords(image.u16(at + 2))}`,
    );
    out.text(`  Index: ${image.u16(at + 4)}  Cnt: ${entries}  `);
    let aux = at + image.u32(at + 12);
    if (aux + 8 > end) break;
    const name = stringIn(dynamic.strings, image.u32(aux));
    out.text(name === undefined ? `Name index: ${image.u32(aux)}\n` : `Name: ${name}\n`);
    let i = 1;
    for (; i < entries; i++) {
      const step = image.u32(aux + 4);
      if (step < 8 && !(i === entries - 1 && step === 0)) {
        complaints.warning(`Invalid vda_next field of ${step.toString(16)}`);
        i = entries;
        break;
      }
      aux += step;
      if (aux + 8 > end) break;
      const parent = stringIn(dynamic.strings, image.u32(aux));
      out.text(`  ${place(aux - section.offset)}: Parent ${i}`);
      out.text(parent === undefined ? `, name index: ${image.u32(aux)}\n` : `: ${parent}\n`);
    }
    if (i < entries) out.text("  Version def aux past end of section\n");
    const next = image.u32(at + 16);
    if (next < 20 && !(done === count - 1 && next === 0)) {
      complaints.warning(`Invalid vd_next field of ${next.toString(16)}`);
      done = count;
      break;
    }
    at += next;
    if (at > end) break;
  }
  if (done < count) out.text("  Version definition past end of section\n");
}

function printNeeds(context: Context, section: ImageSection): void {
  const { image, out, complaints, dynamic } = context;
  const count = section.info;
  heading(context, section, "needs", count);
  if (!dataAt(context, section.offset, section.size, "Version Needs section")) return;
  const end = section.offset + section.size;
  let done = 0;
  for (let at = section.offset; done < count; done++) {
    if (at + 16 > end) break;
    const entries = image.u16(at + 2);
    const file = image.u32(at + 4);
    out.text(`  ${place(at - section.offset)}: Version: ${image.u16(at)}`);
    out.text(`  File: ${stringIn(dynamic.strings, file) ?? file.toString(16)}  Cnt: ${entries}\n`);
    let aux = at + image.u32(at + 8);
    if (aux > end) break;
    let i = 0;
    for (; i < entries; i++) {
      if (aux + 16 > end) break;
      const nameOffset = image.u32(aux + 8);
      const name = stringIn(dynamic.strings, nameOffset);
      out.text(`  ${place(aux - section.offset)}:   Name`);
      out.text(name === undefined ? ` index: ${nameOffset.toString(16)}` : `: ${name}`);
      out.text(`  Flags: ${flagWords(image.u16(aux + 4))}  Version: ${image.u16(aux + 6)}\n`);
      const step = image.u32(aux + 12);
      if (step < 16 && !(i === entries - 1 && step === 0)) {
        complaints.warning(`Invalid vna_next field of ${step.toString(16)}`);
        i = entries;
        break;
      }
      aux += step;
      if (aux > end) break;
    }
    if (i < entries) complaints.warning("Missing Version Needs auxiliary information");
    const next = image.u32(at + 12);
    if (next < 16 && !(done === count - 1 && next === 0)) {
      complaints.warning(`Invalid vn_next field of ${next.toString(16)}`);
      done = count;
      break;
    }
    at += next;
    if (at > end) break;
  }
  if (done < count) complaints.warning("Missing Version Needs information");
}

function printSymbolVersions(context: Context, section: ImageSection): boolean {
  const { image, out, complaints, dynamic } = context;
  const linked = image.sections[section.link];
  const strings = linked && image.sections[linked.link];
  if (!linked || !strings) return false;
  const symbolCount = Math.floor(linked.size / (image.is64 ? 24 : 16));
  if (symbolCount === 0 || !image.range(linked.offset, linked.size)) return true;
  const names = dataAt(context, strings.offset, strings.size, "version string table");
  if (!names) return true;
  const total = Math.floor(section.size / 2);
  heading(context, section, "symbols", total);
  const tables = VersionTables.read(context);
  if (!tables || total === 0 || tables.numberOf(total - 1) === undefined) {
    if (total > 0)
      complaints.error(`Reading ${total * 2} bytes extends past end of file for version symbol data`);
    return true;
  }
  const nameAt = (offset: number) => (offset < names.length ? textAt(names, offset) : "*invalid*");
  const hasDefinitions = (dynamic.info.get(DT.VERDEF) ?? 0n) !== 0n;
  for (let row = 0; row < total; row += 4) {
    out.text(`  ${row.toString(16).padStart(3, "0")}:`);
    for (let i = row; i < Math.min(row + 4, total); i++) {
      const number = tables.numberOf(i) ?? 0;
      if (number === 0) out.text("   0 (*local*)    ");
      else if (number === 1) out.text("   1 (*global*)   ");
      else {
        let text = `${(number & 0x7fff).toString(16).padStart(4)}${number & 0x8000 ? "h" : " "}`;
        if (i >= symbolCount) {
          complaints.warning("invalid index into symbol array");
          out.text(text);
          continue;
        }
        const needed = tables.needed.get(number);
        let name = needed === undefined ? undefined : nameAt(needed);
        const definition =
          hasDefinitions && number !== 0x8001 ? tables.defined.get(number & 0x7fff) : undefined;
        if (definition) {
          const defined = nameAt(definition.nameOffset);
          name = defined !== "*invalid*" && name !== undefined && name !== "*invalid*" ? "*both*" : defined;
        }
        if (name !== undefined) text += `(${name}${")".padEnd(Math.abs(12 - name.length))}`;
        out.text(text.padEnd(18));
      }
    }
    out.byte(10);
  }
  return true;
}
