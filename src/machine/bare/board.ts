import type { Report } from "../../diagnostics/index.ts";
import { readSymbols } from "../../elf/index.ts";
import type { LoadPlan } from "../load/plan.ts";
import type { Device } from "../memory.ts";

/**
 * A board: which addresses are memory and which are devices. It is described by
 * a JSON file, or made up from the image: like QEMU's `virt`, with memory also
 * where the image's segments and its stack are.
 */

export interface BoardRegion {
  readonly name: string;
  readonly base: number;
  readonly size: number;
  readonly readOnly?: boolean;
}

/** A device of the host's making, for those who use the library. */
export interface BoardDevice {
  readonly base: number;
  readonly size: number;
  readonly device: Device;
}

export interface Board {
  readonly regions: readonly BoardRegion[];
  readonly uart?: number;
  readonly finisher?: number;
  readonly harts?: number;
  /** Where the image's bytes go: at its load addresses, as into a ROM, or where it runs. */
  readonly placement?: "virtual" | "physical";
  readonly entry?: number;
  readonly devices?: readonly BoardDevice[];
}

const PAGE = 4096;
const MEGABYTE = 1 << 20;
const MOST = 3 * 2 ** 30;
const pageDown = (address: number) => Math.floor(address / PAGE) * PAGE;
const pageUp = (address: number) => Math.ceil(address / PAGE) * PAGE;

/** A number, or a text such as "0x80000000", "64K", "4M". */
export function quantity(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const match = /^(0x[0-9a-f]+|\d+)([kmg]?)$/i.exec(value.trim());
  if (!match) return undefined;
  return Number(match[1]) * { "": 1, k: 1024, m: MEGABYTE, g: 2 ** 30 }[match[2].toLowerCase()]!;
}

const asFields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

const FIELDS = ["regions", "uart", "finisher", "harts", "placement", "entry"];

/** Reads a board description; undefined, with diagnostics, if it is not one. */
export function readBoard(text: string, name: string, report: Report): Board | undefined {
  const before = report.errorCount;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    report.error("RUN0201", name, `it is not JSON: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
  const wrong = (message: string) => report.error("RUN0202", name, message);
  const fields = asFields(parsed);
  for (const key of Object.keys(fields))
    if (!FIELDS.includes(key)) wrong(`unknown field ${key}; a board has ${FIELDS.join(", ")}`);
  const regions = readRegions(fields.regions, wrong, (a, b) =>
    report.error("RUN0203", name, `region ${a} overlaps ${b}`),
  );
  const number = (key: string) => {
    const value = quantity(fields[key]);
    if (fields[key] !== undefined && value === undefined)
      wrong(`${key} is a number, or a text such as "0x10000000"`);
    return value;
  };
  const placement = fields.placement ?? "physical";
  if (placement !== "virtual" && placement !== "physical") wrong("placement is virtual or physical");
  const harts = number("harts");
  if (harts !== undefined && (harts < 1 || harts > 64)) wrong("there are 1 to 64 harts");
  const board: Board = {
    regions,
    uart: number("uart"),
    finisher: number("finisher"),
    harts,
    entry: number("entry"),
    placement: placement === "virtual" ? "virtual" : "physical",
  };
  return report.errorCount > before ? undefined : board;
}

function readRegions(
  value: unknown,
  wrong: (message: string) => void,
  overlap: (a: string, b: string) => void,
): BoardRegion[] {
  const list = Array.isArray(value) ? value : [];
  if (list.length === 0) wrong("`regions` is a list of at least one region");
  const regions: BoardRegion[] = [];
  for (const [index, item] of list.entries()) {
    const row = asFields(item);
    const base = quantity(row.base);
    const size = quantity(row.size);
    if (base === undefined || size === undefined || size === 0 || base % PAGE !== 0 || size % PAGE !== 0) {
      wrong(`regions[${index}]: base and size are multiples of 4096`);
      continue;
    }
    const label = typeof row.name === "string" ? row.name : `region${index}`;
    const other = regions.find((region) => base < region.base + region.size && region.base < base + size);
    if (other) overlap(label, other.name);
    else regions.push({ name: label, base, size, readOnly: row.readOnly === true });
  }
  if (regions.reduce((sum, { size }) => sum + size, 0) > MOST)
    wrong("the regions have more than 3 GiB together");
  return regions;
}

/** Symbols that say how far memory goes: the first stack pointer, the heap's end. */
const EXTENT_SYMBOLS = new Set(
  "__stack _stack __stack_top _stack_top stack_top _sp __heap_end _heap_end _estack".split(" "),
);

/** A board for an image without a description; undefined where its addresses are too far apart. */
export function boardFor(plan: LoadPlan): Board | undefined {
  const ranges: { start: number; end: number }[] = [{ start: 0x80000000, end: 0x80000000 + 128 * MEGABYTE }];
  const add = (start: number, end: number) => {
    if (end > start) ranges.push({ start: pageDown(start), end: pageUp(end) });
  };
  for (const step of plan.steps) {
    add(step.address, step.address + step.size);
    // Writable memory has room behind it for a heap and a stack.
    const room = (step.flags & 2) !== 0 ? MEGABYTE : 0;
    add(step.runAddress, step.runAddress + step.size + room);
  }
  for (const { name, value } of plan.elf ? readSymbols(plan.elf) : []) {
    if (!EXTENT_SYMBOLS.has(name)) continue;
    const end = Number(value);
    const below = ranges.filter(({ start }) => start < end).sort((a, b) => b.start - a.start)[0];
    if (below && end - below.start <= 256 * MEGABYTE) add(below.start, end);
  }
  ranges.sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  if (merged.reduce((sum, { start, end }) => sum + end - start, 0) > MOST) return undefined;
  const isMemory = (address: number) => merged.some(({ start, end }) => address >= start && address < end);
  // The largest first: the first region is the fast one.
  const regions = merged
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .map(({ start, end }) => ({ name: `memory-${start.toString(16)}`, base: start, size: end - start }));
  return {
    regions,
    uart: isMemory(0x10000000) ? undefined : 0x10000000,
    finisher: isMemory(0x100000) ? undefined : 0x100000,
    placement: "physical",
  };
}
