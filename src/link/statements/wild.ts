import { columnOf, int32Column } from "../../binary/index.ts";
import type { InputObject, LinkModel, SectionId } from "../../model/index.ts";
import {
  type InputSectionFlags,
  type InputSections,
  type SectionPattern,
  type SortKey,
  sectionFlagOf,
} from "../../script/index.ts";
import type { InputStatement, OutputStatement } from "../place/placement.ts";
import { FileTest, fileMatches, isExcludedBy } from "./file-match.ts";
import { nameMatches } from "./glob.ts";

// A pattern statement such as `KEEP(*crt?.o(SORT(.init.*) .init))`, ready to be
// asked, and the order in which it hands over what it took.

/** How one pattern sorts what it takes; the first key counts first. */
export type SectionSort =
  | "none"
  | "by-none"
  | "name"
  | "alignment"
  | "init-priority"
  | "name-alignment"
  | "alignment-name";

export interface Spec {
  readonly pattern: string;
  readonly exclude: FileTest | undefined;
  readonly sort: SectionSort;
  readonly reverse: boolean;
  /** Patterns that one sorting command encloses have the same number. */
  readonly list: number;
  /** As written. */
  readonly keys: readonly SortKey[];
}

/** A pattern statement with what it has matched so far. */
export interface Wild {
  readonly statement: InputStatement;
  readonly output: OutputStatement;
  /** Undefined: any file. */
  readonly file: FileTest | undefined;
  readonly exclude: FileTest | undefined;
  readonly flags: { readonly all: number; readonly none: number } | undefined;
  readonly specs: readonly Spec[];
  readonly sortFiles: boolean;
  readonly reverseFiles: boolean;
  /** Whatever it matches, it takes, so that later statements need not be asked. */
  readonly final: boolean;
  /** Rows in file order, and which of `specs` matched. */
  matched: Int32Array;
  matchedSpec: Int32Array;
}

const NO_ROWS = new Int32Array(0);

/** What INPUT_SECTION_FLAGS asks of SHF_…; with a flag that is not known no section has all that and lacks it, too. */
export function flagMask(flags: InputSectionFlags): { readonly all: number; readonly none: number } {
  let all = 0;
  let none = 0;
  for (const { name, negated } of flags.flags) {
    const value = sectionFlagOf(name.text);
    if (value === undefined) return { all: -1, none: -1 };
    const bits = Number(BigInt.asIntN(32, value));
    if (negated) none |= bits;
    else all |= bits;
  }
  return { all, none };
}

/** `--sort-section` applies to patterns that do not say how they sort. */
function sortOf(spec: SectionPattern, option: "none" | "name" | "alignment"): SectionSort {
  const outer = spec.sort[0];
  const inner = spec.sort[1];
  let sort: SectionSort = "none";
  if (outer === "none") sort = "by-none";
  else if (outer === "init-priority") sort = "init-priority";
  else if (outer === "name") sort = inner === "alignment" ? "name-alignment" : "name";
  else if (outer === "alignment") sort = inner === "name" ? "alignment-name" : "alignment";
  if (option === "none" || spec.pattern.text === ".init" || spec.pattern.text === ".fini") return sort;
  if (sort === "none") return option;
  if (sort === "name" && option === "alignment") return "name-alignment";
  if (sort === "alignment" && option === "name") return "alignment-name";
  return sort;
}

/** Prepares a pattern statement. */
export function newWild(
  model: LinkModel,
  statement: InputStatement,
  node: InputSections,
  output: OutputStatement,
): Wild {
  const { file } = node;
  const anyFile = file === undefined || file.pattern.text === "*";
  // LLD knows an archive member as `lib.a(member.o)`, and no colon.
  const isLld = model.options.compat === "lld";
  const holds = (pattern: string, object: InputObject): boolean =>
    isLld ? nameMatches(pattern, object.name) : fileMatches(pattern, object);
  const excludes = (pattern: string, object: InputObject): boolean =>
    isLld ? nameMatches(pattern, object.name) : isExcludedBy(pattern, object);
  const excluding = (names: readonly { readonly text: string }[]): FileTest | undefined =>
    names.length === 0
      ? undefined
      : new FileTest(model, (object) => names.some((name) => excludes(name.text, object)));
  const specs: Spec[] = [];
  const given = node.sections ?? [];
  for (let list = 0; list < given.length; list++) {
    const spec = given[list];
    const { pattern, reverse, alternatives, sort: keys } = spec;
    const exclude = excluding(spec.exclude);
    const sort = sortOf(spec, model.options.sortSection);
    specs.push({ pattern: pattern.text, list, exclude, sort, reverse, keys });
    if (alternatives)
      for (const { text } of alternatives) specs.push({ pattern: text, list, exclude, sort, reverse, keys });
  }
  if (specs.length === 0)
    specs.push({ pattern: "*", list: 0, exclude: undefined, sort: "none", reverse: false, keys: [] });
  const exclude = excluding(file?.exclude ?? []);
  const flags = node.flags ? flagMask(node.flags) : undefined;
  const constrained = output.constraint === "ONLY_IF_RO" || output.constraint === "ONLY_IF_RW";
  return {
    statement,
    output,
    file: anyFile ? undefined : new FileTest(model, (object) => holds(file.pattern.text, object)),
    exclude,
    flags,
    specs,
    sortFiles: file?.sort === "name",
    reverseFiles: file?.reverse ?? false,
    final: anyFile && !exclude && !flags && !constrained && specs.every((spec) => !spec.exclude),
    matched: NO_ROWS,
    matchedSpec: NO_ROWS,
  };
}

/** Whether the statement's files hold a section of `object`, for its pattern number `spec`. */
export function wildHolds(wild: Wild, object: number, spec: number): boolean {
  if (wild.file && !wild.file.holds(object)) return false;
  if (wild.exclude?.holds(object)) return false;
  const { exclude } = wild.specs[spec];
  return !exclude?.holds(object);
}

/** Whether a statement's patterns match a section, whoever takes it. */
export function wildMatches({ names, sections }: LinkModel, wild: Wild, section: SectionId): boolean {
  const name = names.text(sections.name[section]);
  return wild.specs.some(
    ({ pattern }, i) => nameMatches(pattern, name) && wildHolds(wild, sections.object[section], i),
  );
}

/** What the statement matched, in the order in which it adds it. */
export function wildOrder(model: LinkModel, wild: Wild): Int32Array {
  const { specs, matched } = wild;
  if (matched.length < 2) return matched;
  const isSorted = (spec: Spec) => spec.sort !== "none" && spec.sort !== "by-none";
  if (!wild.sortFiles && !specs.some(isSorted)) return matched;
  const order = new SectionOrder(model, wild.sortFiles, wild.reverseFiles);
  const first = specs[0];
  const isUniform = specs.every((spec) => spec.sort === first.sort && spec.reverse === first.reverse);
  if (isUniform && !(first.sort === "init-priority" && matched.some((s) => order.priority(s) < 0))) {
    // Sorting is stable here, as GNU ld's search tree is.
    return columnOf(matched).sort((a, b) => order.compare(first, a, b));
  }
  return treeOrder(wild, order);
}

/**
 * As `wildOrder`, by LLD: one list after the other, each sorted by its inner
 * key, then by its outer one; `--sort-section` stands in for a missing inner
 * key. Neighbours that do not sort are one list, in the order of the inputs.
 */
export function wildOrderLld(model: LinkModel, wild: Wild): Iterable<SectionId> {
  const { specs, matched, matchedSpec } = wild;
  if (matched.length < 2) return matched;
  const order = new SectionOrder(model, false, false);
  const rows: SectionId[] = [];
  for (let from = 0; from < specs.length; ) {
    const first = specs[from];
    const isSame = (spec: Spec) =>
      spec.list === first.list || (spec.keys.length === 0 && first.keys.length === 0);
    let end = from + 1;
    while (end < specs.length && isSame(specs[end])) end++;
    const part = matched.filter((_, k) => matchedSpec[k] >= from && matchedSpec[k] < end);
    for (const key of sortKeysLld(first.keys, model.options.sortSection)) {
      if (key === "none") continue;
      part.sort((a, b) => order.compareLld(key, a, b));
    }
    rows.push(...part);
    from = end;
  }
  return rows;
}

/** The keys to sort by one after the other: stable sorting makes the last the first that counts. */
function sortKeysLld(keys: readonly SortKey[], option: "none" | "name" | "alignment"): SortKey[] {
  const [outer, inner] = keys;
  if (outer === "none") return [];
  return [inner ?? option, outer ?? "none"];
}

/**
 * Patterns of one statement that sort differently: GNU ld inserts one section
 * after the other into a search tree, comparing by the newcomer's pattern; a
 * newcomer whose pattern does not sort goes to the far end.
 */
function treeOrder(wild: Wild, order: SectionOrder): Int32Array {
  const { matched, matchedSpec, specs } = wild;
  const left = new Int32Array(matched.length).fill(-1);
  const right = new Int32Array(matched.length).fill(-1);
  let last = 0;
  for (let i = 1; i < matched.length; i++) {
    const spec = specs[matchedSpec[i]];
    if (!wild.sortFiles && (spec.sort === "none" || spec.sort === "by-none")) {
      right[last] = i;
      last = i;
      continue;
    }
    for (let at = 0; ; ) {
      const side = order.compare(spec, matched[i], matched[at]) < 0 ? left : right;
      if (side[at] >= 0) {
        at = side[at];
        continue;
      }
      side[at] = i;
      if (side === right && at === last) last = i;
      break;
    }
  }
  const sorted = int32Column(matched.length);
  let count = 0;
  const pending: number[] = [];
  for (let at = 0; at >= 0 || pending.length > 0; ) {
    if (at >= 0) {
      pending.push(at);
      at = left[at];
    } else {
      const node = pending.pop() as number;
      sorted[count++] = matched[node];
      at = right[node];
    }
  }
  return sorted;
}

/** Compares sections by what a pattern sorts by. */
class SectionOrder {
  private readonly model: LinkModel;
  private readonly sortFiles: boolean;
  private readonly reverseFiles: boolean;
  private readonly priorities = new Map<number, number>();

  constructor(model: LinkModel, sortFiles: boolean, reverseFiles: boolean) {
    this.model = model;
    this.sortFiles = sortFiles;
    this.reverseFiles = reverseFiles;
  }

  compare(spec: Spec, a: SectionId, b: SectionId): number {
    if (this.sortFiles) {
      const files = this.compareFiles(a, b);
      if (files !== 0) return this.reverseFiles ? -files : files;
    }
    const order = this.compareBy(spec.sort, a, b);
    return spec.reverse ? -order : order;
  }

  private compareBy(sort: SectionSort, a: SectionId, b: SectionId): number {
    const { alignPower } = this.model.sections;
    switch (sort) {
      case "none":
      case "by-none":
        return 0;
      case "name":
        return this.compareNames(a, b);
      case "alignment":
        return alignPower[b] - alignPower[a];
      case "alignment-name":
        return alignPower[b] - alignPower[a] || this.compareNames(a, b);
      case "name-alignment":
        return this.compareNames(a, b) || alignPower[b] - alignPower[a];
      case "init-priority": {
        const first = this.priority(a);
        const second = this.priority(b);
        if (first < 0 || second < 0) return this.compareNames(a, b);
        return first - second || this.compareNames(a, b);
      }
    }
  }

  /** LLD has priorities for all names: those without a number come last. */
  compareLld(key: SortKey, a: SectionId, b: SectionId): number {
    if (key !== "init-priority") return this.compareBy(key === "none" ? "none" : key, a, b);
    const { names, sections } = this.model;
    return lldPriority(names.text(sections.name[a])) - lldPriority(names.text(sections.name[b]));
  }

  private compareNames(a: SectionId, b: SectionId): number {
    const { names, sections } = this.model;
    if (sections.name[a] === sections.name[b]) return 0;
    return compareBytes(names.bytes(sections.name[a]), names.bytes(sections.name[b]));
  }

  /** By archive (or file), then by member. */
  private compareFiles(a: SectionId, b: SectionId): number {
    const { objects, sections } = this.model;
    const first = objects[Math.max(0, sections.object[a])]?.file;
    const second = objects[Math.max(0, sections.object[b])]?.file;
    if (!first || !second || first === second) return 0;
    const byPath = compareText(first.path, second.path);
    if (byPath !== 0) return byPath;
    return compareText(first.member ?? first.path, second.member ?? second.path);
  }

  /** The number that ends the name: `.init_array.00100` runs before 101; `.ctors.65435` is the same, counted down. */
  priority(section: SectionId): number {
    const { names, sections } = this.model;
    const name = sections.name[section];
    const known = this.priorities.get(name);
    if (known !== undefined) return known;
    const text = names.text(name);
    let priority = -1;
    const digits = /\.(\d+)$/.exec(text);
    if (digits) {
      priority = Number(digits[1]);
      if (digits.index === 6 && /^\.[cd]tors/.test(text)) priority = 65535 - priority;
      if (priority < 0 || priority > 0x7fffffff) priority = -1;
    }
    this.priorities.set(name, priority);
    return priority;
  }
}

/** The number at the end of a section's name, or one past the largest. */
export function lldPriority(name: string): number {
  const digits = /\.(-?\d+)$/.exec(name);
  return digits ? Number(digits[1]) : 65536;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As strcmp does: unsigned bytes, the shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
