import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, hexDigits, sharp, viewText } from "./context.ts";
import { expressionText } from "./expression.ts";
import { loadUnits, type UnitFacts } from "./info.ts";

// Range lists and location lists, of DWARF 2 to 4 and of DWARF 5.

const isMax = (value: bigint, size: number) => value === (1n << BigInt(size * 8)) - 1n;

/** A section of addresses cannot be read without knowing which units use it. */
function unitsFor(dump: DwarfDump, section: DebugSection): readonly UnitFacts[] | undefined {
  const units = loadUnits(dump);
  if (!units)
    dump.warn(
      `Unable to load/parse the .debug_info section, so cannot interpret the ${section.name} section.`,
    );
  return units;
}

const order = (begin: bigint, end: bigint) =>
  begin === end ? " (start == end)" : begin > end ? " (start > end)" : "";

export function showRanges(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section);
  if (section.name.includes("debug_rnglists")) {
    return showRangeLists(dump, section);
  }
  const units = unitsFor(dump, section);
  if (!units) return false;
  const entries = units.flatMap((unit) => unit.ranges.map((offset) => ({ offset, unit })));
  if (entries.length === 0) {
    out.text("No range lists in .debug_info section.\n");
    return true;
  }
  entries.sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
  out.text("\n    Offset   Begin    End\n");
  let last = -1n;
  for (const [i, { offset, unit }] of entries.entries()) {
    if (offset > BigInt(section.bytes.length) || offset < 0n) {
      dump.warn(`Corrupt offset (${sharp(offset)}) in range entry ${i}`);
      continue;
    }
    if (i > 0 && offset === last) continue;
    last = offset;
    showRangeList(dump, section, unit, offset);
  }
  out.byte(10);
  return true;
}

function showRangeList(dump: DwarfDump, section: DebugSection, unit: UnitFacts, offset: bigint): void {
  const { out } = dump;
  const size = unit.addressSize;
  const reader = dump.reader(section, Number(offset + unit.rangesBase));
  let base = unit.baseAddress;
  while (!reader.atEnd) {
    const begin = reader.uint(size);
    if (reader.atEnd) break;
    const end = reader.uint(size);
    out.text(`    ${dump.hex(offset, 4)}`);
    if (begin === 0n && end === 0n) {
      out.text("<End of list>\n");
      break;
    }
    if (isMax(begin, size) && !isMax(end, size)) {
      base = end;
      out.text(`${dump.hex(begin, size)}${dump.hex(end, size)}(base address)\n`);
      continue;
    }
    out.text(`${dump.hex(begin + base, size)}${hexDigits(end + base, size)}${order(begin, end)}\n`);
  }
}

function showRangeLists(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  const whole = dump.reader(section);
  while (!whole.atEnd) {
    const start = whole.at;
    const { length: stated, offsetSize } = whole.unitLength();
    let length = stated;
    if (length > whole.left) {
      if (!section.relocated.has(whole.at - offsetSize)) {
        dump.warn(
          `The length field (${sharp(length)}) in the debug_rnglists header is wrong - the section is too small`,
        );
        return false;
      }
      length = whole.left;
    }
    const end = whole.at + length;
    const version = whole.u16();
    const addressSize = whole.u8();
    const segmentSize = whole.u8();
    let count = whole.u32();
    out.text(` Table at Offset: ${sharp(start)}:\n  Length:          ${sharp(length)}\n`);
    out.text(`  DWARF version:   ${version}\n  Address size:    ${addressSize}\n`);
    out.text(`  Segment size:    ${segmentSize}\n  Offset entries:  ${count}\n`);
    if (segmentSize !== 0) {
      dump.warn(`The ${section.name} section contains unsupported segment selector size: ${segmentSize}.`);
      return false;
    }
    if (version < 5) {
      dump.warn("Only DWARF version 5+ debug_rnglists info is currently supported.");
      return false;
    }
    const tableStart = whole.at;
    if (count !== 0) {
      out.text(`\n   Offsets starting at ${sharp(whole.at)}:\n`);
      for (let i = 0; i < count && !whole.atEnd; i++)
        out.text(`    [${`${i}`.padStart(6)}] ${sharp(whole.uint(offsetSize))}\n`);
    } else count = 1;
    const reader = whole.from(whole.at, end);
    for (let i = 0; i < count; i++) {
      out.text(`\n  Offset: ${sharp(reader.at)}, Index: ${sharp(reader.at - tableStart)}\n`);
      out.text("    Offset   Begin    End\n");
      showRangeEntries(dump, reader, addressSize, offsetSize);
      if (reader.atEnd) break;
    }
    whole.at = end;
    if (!whole.atEnd) out.byte(10);
  }
  out.byte(10);
  return true;
}

function showRangeEntries(dump: DwarfDump, reader: Reader, size: number, offsetSize: number): void {
  const { out } = dump;
  const start = reader.at;
  const header = offsetSize === 4 ? 8n : 16n;
  const indexed = (index: bigint) => dump.indexedAddress(index * BigInt(size) + header, size);
  let base = 0n;
  for (;;) {
    if (reader.atEnd) {
      dump.warn(`Range list starting at offset ${sharp(start)} is not terminated.`);
      return;
    }
    out.text(`    ${dump.hex(reader.at, 4)}`);
    const kind = reader.u8();
    let begin = 0n;
    let end = 0n;
    switch (kind) {
      case 0:
        out.text("<End of list>\n");
        return;
      case 1:
        base = reader.uleb();
        out.text(`${dump.hex(base, size)}(base address index) `);
        base = indexed(base);
        out.text(`${dump.hex(base, size)}(base address)\n`);
        continue;
      case 2: {
        // GNU readelf takes the end from where the beginning points.
        const first = reader.uleb();
        reader.uleb();
        begin = indexed(first);
        end = indexed(begin);
        break;
      }
      case 3:
        begin = indexed(reader.uleb());
        end = begin + reader.uleb();
        break;
      case 4:
        begin = reader.uleb() + base;
        end = reader.uleb() + base;
        break;
      case 5:
        base = reader.uint(size);
        out.text(`${dump.hex(base, size)}(base address)\n`);
        continue;
      case 6:
        begin = reader.uint(size);
        end = reader.uint(size);
        break;
      case 7:
        begin = reader.uint(size);
        end = begin + reader.uleb();
        break;
      default:
        dump.error(`Invalid range list entry type ${kind}`);
        return;
    }
    out.text(`${dump.hex(begin, size)}${dump.hex(end, size)}${order(begin, end)}\n`);
  }
}

export function showLocations(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  const isLists = section.name.includes("debug_loclists");
  let headerSize = 0;
  if (isLists) {
    const reader = dump.reader(section);
    reader.unitLength();
    const version = reader.u16();
    if (version !== 5) {
      dump.warn(`The ${section.name} section contains corrupt or unsupported version number: ${version}.`);
      return false;
    }
    reader.u8();
    const segmentSize = reader.u8();
    if (segmentSize !== 0) {
      dump.warn(`The ${section.name} section contains unsupported segment selector size: ${segmentSize}.`);
      return false;
    }
    if (reader.u32() !== 0) {
      return showIndexedLocations(dump, section);
    }
    headerSize = reader.at;
  }
  const units = unitsFor(dump, section);
  if (!units) return false;
  const first = units.findIndex((unit) => unit.locations.length > 0);
  if (first < 0) dump.error("No location lists in .debug_info section!");
  const start = units[Math.max(first, 0)];
  if (
    start.locations.length > 0 &&
    start.locations[0] !== BigInt(headerSize) &&
    start.views[0] !== BigInt(headerSize)
  )
    dump.warn(
      `Location lists in ${section.name} section start at ${sharp(start.locations[0])} rather than ${sharp(headerSize)}`,
    );
  dump.introduce(section);
  if (section.relocated.has(0))
    out.text(" Warning: This section has relocations - addresses seen here may not be accurate.\n\n");
  out.text("    Offset   Begin            End              Expression\n");
  const sorted = isSorted(units);
  let at = 0;
  for (const unit of units.slice(Math.max(first, 0)))
    at = showUnitLocations(dump, section, unit, at, headerSize, sorted, isLists);
  const unused = section.bytes.length - at;
  if (unused > 0)
    dump.warn(
      unused === 1
        ? `There is 1 unused byte at the end of section ${section.name}`
        : `There are ${unused} unused bytes at the end of section ${section.name}`,
    );
  out.byte(10);
  return true;
}

function isSorted(units: readonly UnitFacts[]): boolean {
  let offset = -1n;
  let view = -1n;
  for (const unit of units)
    for (const [i, next] of unit.locations.entries()) {
      const nextView = BigInt.asUintN(64, unit.views[i]);
      if (offset > next || (offset === next && view > nextView)) return false;
      offset = next;
      view = nextView;
    }
  return true;
}

function showUnitLocations(
  dump: DwarfDump,
  section: DebugSection,
  unit: UnitFacts,
  from: number,
  headerSize: number,
  sorted: boolean,
  isLists: boolean,
): number {
  let at = from;
  const indices = unit.locations.map((_, i) => i);
  const unsigned = (value: bigint) => BigInt.asUintN(64, value);
  if (!sorted)
    indices.sort((a, b) => {
      const one = unit.locations[a] - unit.locations[b] || unsigned(unit.views[a]) - unsigned(unit.views[b]);
      return one < 0n ? -1 : one > 0n ? 1 : 0;
    });
  if (unit.version === 5 && indices.length > 0) {
    const head = BigInt(at + headerSize);
    if (unit.locations[indices[0]] === head || unit.views[indices[0]] === head) at += headerSize;
  }
  let adjacent = true;
  for (const [k, j] of indices.entries()) {
    const before = indices[k - 1];
    if (k > 0 && unit.locations[before] === unit.locations[j] && unit.views[before] === unit.views[j])
      continue;
    const offset = Number(unit.locations[j]);
    const view = unit.views[j] === -1n ? -1 : Number(unit.views[j]);
    let viewAt = view;
    if (view >= 0 && view < offset) {
      const end = showViewPairs(dump, section, unit, view, offset);
      viewAt = end;
      if (at === view) at = end;
    }
    if (at < offset)
      dump.warn(
        `There is a hole [${sharp(at)} - ${sharp(view >= 0 && view < offset ? view : offset)}] in ${section.name} section.`,
      );
    else if (at > offset)
      dump.warn(`There is an overlap [${sharp(at)} - ${sharp(offset)}] in ${section.name} section.`);
    at = offset;
    if (offset >= section.bytes.length) {
      dump.warn(`Offset ${sharp(offset)} is bigger than ${section.name} section size.`);
      continue;
    }
    if (view >= section.bytes.length) {
      dump.warn(`View Offset ${sharp(view)} is bigger than ${section.name} section size.`);
      continue;
    }
    const views = view >= 0 ? dump.reader(section, view) : undefined;
    at = isLists
      ? showLocationList5(dump, section, unit, offset, views, unit.hasFrameBase[j])
      : showLocationList(dump, section, unit, offset, views, unit.hasFrameBase[j]);
    if (views) viewAt = views.at;
    if (adjacent && view >= 0 && view !== at && viewAt !== offset) {
      adjacent = false;
      dump.warn("Hole and overlap detection requires adjacent view lists and loclists.");
    }
    if (view >= 0 && view === at) at = showViewPairs(dump, section, unit, at, viewAt);
  }
  return at;
}

function showViewPairs(
  dump: DwarfDump,
  section: DebugSection,
  unit: UnitFacts,
  from: number,
  to: number,
): number {
  const { out } = dump;
  const reader = dump.reader(section, from, to);
  out.byte(10);
  while (!reader.atEnd) {
    const place = reader.at;
    const begin = reader.uleb();
    if (reader.atEnd) break;
    const end = reader.uleb();
    out.text(`    ${hexDigits(place, 4)} ${viewText(begin, unit.addressSize)}`);
    out.text(`${viewText(end, unit.addressSize)}location view pair\n`);
  }
  out.byte(10);
  return reader.at;
}

function showViews(dump: DwarfDump, views: Reader, unit: UnitFacts): [bigint, bigint] {
  const { out } = dump;
  const place = views.at;
  const begin = views.uleb();
  const end = views.uleb();
  out.text(`${viewText(begin, unit.addressSize)}${viewText(end, unit.addressSize)}`);
  out.text(`views at ${hexDigits(place, 4)} for:\n             `);
  return [begin, end];
}

function showEntry(
  dump: DwarfDump,
  reader: Reader,
  unit: UnitFacts,
  length: number,
  hasFrameBase: boolean,
): void {
  const inner = reader.from(reader.at, reader.at + length);
  const { text, needsFrameBase } = expressionText(dump, inner, unit);
  dump.out.text(`(${text})`);
  if (needsFrameBase && !hasFrameBase) dump.out.text(" [without DW_AT_frame_base]");
  reader.skip(length);
}

function endMark(begin: bigint, end: bigint, viewBegin: bigint, viewEnd: bigint): string {
  if (begin === end && viewBegin === viewEnd) return " (start == end)";
  return begin > end || (begin === end && viewBegin > viewEnd) ? " (start > end)" : "";
}

function showLocationList(
  dump: DwarfDump,
  section: DebugSection,
  unit: UnitFacts,
  offset: number,
  views: Reader | undefined,
  hasFrameBase: boolean,
): number {
  const { out } = dump;
  const size = unit.addressSize;
  const reader = dump.reader(section, offset);
  const unterminated = () =>
    dump.warn(`Location list starting at offset ${sharp(offset)} is not terminated.`);
  let base = unit.baseAddress;
  for (;;) {
    if (size * 2 > reader.left) {
      unterminated();
      break;
    }
    const place = reader.at;
    out.text(`    ${dump.hex(place, 4)}`);
    const begin = reader.uint(size);
    const end = reader.uint(size);
    const relocated = section.relocated.has(place) || section.relocated.has(place + size);
    if (begin === 0n && end === 0n && !relocated) {
      out.text("<End of list>\n");
      break;
    }
    if (isMax(begin, size) && !isMax(end, size)) {
      base = end;
      out.text(`${dump.hex(begin, size)}${dump.hex(end, size)}(base address)\n`);
      continue;
    }
    const [viewBegin, viewEnd] = views ? showViews(dump, views, unit) : [-1n, -1n];
    if (reader.left < 2) {
      unterminated();
      break;
    }
    const length = reader.u16();
    if (length > reader.left) {
      unterminated();
      break;
    }
    out.text(`${dump.hex(begin + base, size)}${dump.hex(end + base, size)}`);
    showEntry(dump, reader, unit, length, hasFrameBase);
    out.text(`${endMark(begin, end, viewBegin, viewEnd)}\n`);
  }
  return reader.at;
}

function showLocationList5(
  dump: DwarfDump,
  section: DebugSection,
  unit: UnitFacts,
  offset: number,
  views: Reader | undefined,
  hasFrameBase: boolean,
): number {
  const { out } = dump;
  const size = unit.addressSize;
  const reader = dump.reader(section, offset);
  let base = unit.baseAddress;
  let viewBegin = -1n;
  let viewEnd = -1n;
  for (;;) {
    if (reader.atEnd) {
      dump.warn(`Location list starting at offset ${sharp(offset)} is not terminated.`);
      break;
    }
    out.text(`    ${dump.hex(reader.at, 4)}`);
    const kind = reader.u8();
    if (views && (kind === 4 || kind === 7 || kind === 8))
      [viewBegin, viewEnd] = showViews(dump, views, unit);
    if (kind === 9) {
      if (views) out.text("View pair entry in loclist with locviews attribute\n");
      viewBegin = reader.uleb();
      viewEnd = reader.uleb();
      out.text(`${viewText(viewBegin, size)}${viewText(viewEnd, size)}views for:\n`);
      continue;
    }
    const range = readRange(dump, reader, kind, base, size);
    if (range === "end") break;
    if (range === "invalid") return reader.at;
    if ("base" in range) {
      base = range.base;
      continue;
    }
    const { begin, end } = range;
    if (reader.at === reader.end) {
      dump.warn(`Location list starting at offset ${sharp(offset)} is not terminated.`);
      break;
    }
    const length = reader.ulebNumber();
    if (length > reader.left) {
      dump.warn(`Location list starting at offset ${sharp(offset)} is not terminated.`);
      break;
    }
    out.text(`${dump.hex(begin, size)}${dump.hex(end, size)}`);
    showEntry(dump, reader, unit, length, hasFrameBase);
    out.text(`${endMark(begin, end, viewBegin, viewEnd)}\n`);
    viewBegin = -1n;
    viewEnd = -1n;
  }
  if (viewBegin !== -1n || viewEnd !== -1n) out.text("Trailing view pair not used in a range");
  return reader.at;
}

type Range = { readonly begin: bigint; readonly end: bigint } | { readonly base: bigint } | "end" | "invalid";

/** Reads an entry of .debug_loclists; shows those that are no ranges. */
function readRange(dump: DwarfDump, reader: Reader, kind: number, base: bigint, size: number): Range {
  const { out } = dump;
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  switch (kind) {
    case 0:
      out.text("<End of list>\n");
      return "end";
    case 1: {
      const index = reader.uleb();
      out.text(`${dump.hex(index, size)}(index into .debug_addr) `);
      const value = dump.indexedAddress(index, size);
      out.text(`${dump.hex(value, size)}(base address)\n`);
      return { base: value };
    }
    case 2:
      return {
        begin: dump.indexedAddress(reader.uleb(), size),
        end: dump.indexedAddress(reader.uleb(), size),
      };
    case 3: {
      const begin = dump.indexedAddress(reader.uleb(), size);
      return { begin, end: wrap(begin + reader.uleb()) };
    }
    case 4:
      return { begin: wrap(reader.uleb() + base), end: wrap(reader.uleb() + base) };
    case 5:
      return { begin: 0n, end: 0n };
    case 6: {
      const value = reader.uint(size);
      out.text(`${dump.hex(value, size)}(base address)\n`);
      return { base: value };
    }
    case 7:
      return { begin: reader.uint(size), end: reader.uint(size) };
    case 8: {
      const begin = reader.uint(size);
      return { begin, end: wrap(begin + reader.uleb()) };
    }
    default:
      dump.error(`Invalid location list entry type ${kind}`);
      return "invalid";
  }
}

/** .debug_loclists with a table of offsets, as Clang makes it. */
function showIndexedLocations(dump: DwarfDump, section: DebugSection): boolean {
  const { out } = dump;
  dump.introduce(section);
  const reader = dump.reader(section);
  do {
    out.text(`Table at Offset ${sharp(reader.at)}\n`);
    const { length, offsetSize } = reader.unitLength();
    const version = reader.u16();
    const size = reader.u8();
    const segmentSize = reader.u8();
    const count = reader.u32();
    out.text(`  Length:          ${sharp(length)}\n  DWARF version:   ${version}\n`);
    out.text(`  Address size:    ${size}\n  Segment size:    ${segmentSize}\n  Offset entries:  ${count}\n`);
    const warning =
      version < 5
        ? `contains a corrupt or unsupported version number: ${version}.`
        : segmentSize !== 0
          ? `contains an unsupported segment selector size: ${segmentSize}.`
          : count === 0
            ? "contains a table without offset"
            : undefined;
    if (warning !== undefined) {
      dump.warn(`The ${section.name} section ${warning}`);
      return false;
    }
    out.text(`\n   Offset Entries starting at ${sharp(reader.at)}:\n`);
    for (let i = 0; i < count && !reader.atEnd; i++)
      out.text(`    [${`${i}`.padStart(6)}] ${sharp(reader.uint(offsetSize))}\n`);
    out.byte(10);
    const unit = { addressSize: size, offsetSize: size, version, unitOffset: 0 };
    let shown = -1;
    for (let i = 0; i < count; ) {
      if (shown !== i) {
        if (i !== 1 || shown !== -1) out.text(`   Offset Entry ${i}\n`);
        shown = i;
      }
      const place = reader.at;
      out.text(`    ${dump.hex(place, 4)}`);
      // GNU readelf forgets the base after each entry.
      const kind = reader.u8();
      const range = readRange(dump, reader, kind, 0n, size);
      if (range === "invalid") return false;
      if (range === "end") {
        out.byte(10);
        i++;
        continue;
      }
      if ("base" in range) continue;
      if (reader.atEnd) {
        dump.warn(`Location list starting at offset ${sharp(place)} is not terminated.`);
        break;
      }
      out.text(`${dump.hex(range.begin, size)}${dump.hex(range.end, size)}`);
      out.text(order(range.begin, range.end).trimStart());
      const inner = reader.ulebNumber();
      if (inner > reader.left) {
        dump.warn(`Location list starting at offset ${sharp(place)} is not terminated.`);
        break;
      }
      out.text(`${expressionText(dump, reader.from(reader.at, reader.at + inner), unit).text}\n`);
      reader.skip(inner);
    }
    out.byte(10);
  } while (!reader.atEnd);
  return true;
}
