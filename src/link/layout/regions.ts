import type { Report, Span } from "../../diagnostics/index.ts";
import { evaluate, type MemoryRegion } from "../../script/index.ts";
import { type OutputStatement, SectionFlag } from "../place/placement.ts";
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE } from "../place/section-flags.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import type { LayoutContext } from "./layout-context.ts";

/** A memory region, and how far it has been filled in this pass. */
export interface Region {
  readonly name: string;
  readonly names: string[];
  readonly node: MemoryRegion | undefined;
  origin: bigint;
  length: bigint;
  current: bigint;
  /** Bits of `SectionFlag`: attributes that a section must have one of, and that it must have none of. */
  readonly flags: number;
  readonly notFlags: number;
  /** The same as LLD reads them, in ELF's flags: it knows `w`, `x` and `a`. */
  readonly elfFlags: number;
  readonly elfNotFlags: number;
  /** The last section whose load address others follow. */
  lastOutput: OutputStatement | undefined;
  readonly isDefault: boolean;
}

const WHOLE = 0xffffffffffffffffn;

/** The regions of MEMORY, and the one without bounds for all else. */
export class Regions {
  readonly list: Region[] = [];
  /** Before which of them the script first means the default one; undefined: it never does. */
  private readonly defaultAt: number | undefined;
  readonly defaultRegion: Region = newRegion("*default*", undefined);
  private readonly byName = new Map<string, Region>();
  private readonly report: Report;

  constructor(commands: ScriptCommands, report: Report, compat: "gnu" | "lld") {
    this.report = report;
    for (const node of commands.memory) {
      const name = node.name.text;
      if (this.byName.has(name)) {
        const message = `redeclaration of memory region \`${name}'`;
        const lld = `region '${name}' already defined`;
        if (compat === "lld") report.error("LD0510", node.span, message, { lld });
        else report.warning("LD0510", node.span, message, { lld });
        continue;
      }
      const text = node.attributes?.text ?? "";
      const region = newRegion(name, node, attributes(text, GNU_FLAGS), attributes(text, ELF_FLAGS));
      this.byName.set(name, region);
      this.list.push(region);
    }
    const { defaultRegionAt } = commands;
    this.defaultAt = defaultRegionAt === undefined ? undefined : this.list.length + defaultRegionAt;
    for (const name of commands.undeclaredRegions) this.declare(name);
    for (const node of commands.regionAliases) {
      const alias = node.alias.text;
      const region = this.byName.get(node.region.text);
      if (this.byName.has(alias)) {
        const message = `error: redefinition of memory region alias \`${alias}'`;
        report.error("LD0511", node.span, message, { lld: `redefinition of memory region '${alias}'` });
      } else if (!region) {
        const message = `error: memory region \`${node.region.text}' for alias \`${alias}' does not exist`;
        const lld = `memory region '${node.region.text}' is not defined`;
        report.error("LD0512", node.span, message, { lld });
      } else {
        region.names.push(alias);
        this.byName.set(alias, region);
      }
    }
  }

  /** All with the default one, in the order in which GNU ld came to know them. */
  get ordered(): readonly Region[] {
    const at = this.defaultAt ?? this.list.length;
    return [...this.list.slice(0, at), this.defaultRegion, ...this.list.slice(at)];
  }

  /** Whether MEMORY declares any. */
  get declared(): boolean {
    return this.list.length > 0;
  }

  find(name: string): Region | undefined {
    return this.byName.get(name);
  }

  /** A region that a section or an expression names. One that is not declared is as good as without bounds. */
  named(name: string, span: Span): Region {
    const known = this.byName.get(name);
    if (known) return known;
    if (name === "*default*") return this.defaultRegion;
    this.report.warning("LD0513", span, `memory region \`${name}' not declared`, {
      lld: `memory region '${name}' not declared`,
    });
    return this.declare(name);
  }

  private declare(name: string): Region {
    const region = newRegion(name, undefined);
    this.byName.set(name, region);
    this.list.push(region);
    return region;
  }

  /** The first region whose attributes want a section with these flags; the default one otherwise. */
  forFlags(sectionFlags: number): Region {
    let flags = sectionFlags;
    // `w` means a section that can be written, loaded or not.
    const { alloc, readonly, code, data } = SectionFlag;
    if ((flags & (alloc | readonly | code)) === alloc) flags |= data;
    for (const region of this.list)
      if ((region.flags & flags) !== 0 && (region.notFlags & flags) === 0) return region;
    return this.defaultRegion;
  }

  /** Evaluates origins and lengths. */
  evaluate(context: LayoutContext, report: Report): void {
    for (const region of this.list) {
      const { node } = region;
      if (!node) continue;
      const origin = evaluate(node.origin, context);
      if (origin.state === "known") region.origin = region.current = origin.value;
      else if (origin.state === "unknown") reportInvalid(node.origin.span, "origin", region.name, report);
      const length = evaluate(node.length, context);
      if (length.state === "known") region.length = length.value;
      else if (length.state === "unknown") reportInvalid(node.length.span, "length", region.name, report);
    }
  }

  /** Before each pass: empty again. */
  reset(): void {
    for (const region of [this.defaultRegion, ...this.list]) {
      region.current = region.origin;
      region.lastOutput = undefined;
    }
  }
}

interface Attributes {
  readonly flags: number;
  readonly notFlags: number;
}

const NONE: Attributes = { flags: 0, notFlags: 0 };

function newRegion(
  name: string,
  node: MemoryRegion | undefined,
  gnu: Attributes = NONE,
  elf: Attributes = NONE,
): Region {
  return {
    name,
    names: [name],
    node,
    origin: 0n,
    length: WHOLE,
    current: 0n,
    flags: gnu.flags,
    notFlags: gnu.notFlags,
    elfFlags: elf.flags,
    elfNotFlags: elf.notFlags,
    lastOutput: undefined,
    isDefault: node === undefined && name === "*default*",
  };
}

const GNU_FLAGS: Readonly<Record<string, number>> = {
  a: SectionFlag.alloc,
  r: SectionFlag.readonly,
  w: SectionFlag.data,
  x: SectionFlag.code,
  l: SectionFlag.load,
  i: SectionFlag.load,
};
const ELF_FLAGS: Readonly<Record<string, number>> = { a: SHF_ALLOC, w: SHF_WRITE, x: SHF_EXECINSTR };

function attributes(text: string, bits: Readonly<Record<string, number>>): Attributes {
  let flags = 0;
  let notFlags = 0;
  let inverted = false;
  for (const character of text.toLowerCase()) {
    if (character === "!") inverted = !inverted;
    else if (inverted) notFlags |= bits[character] ?? 0;
    else flags |= bits[character] ?? 0;
  }
  return { flags, notFlags };
}

/** Neither an error nor a warning to GNU ld. */
function reportInvalid(span: Span, what: string, region: string, report: Report): void {
  report.info("LD0514", span, `invalid ${what} for memory region ${region}`, { unplaced: true });
}
