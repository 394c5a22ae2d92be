import type { Assembler } from "./assembler.ts";
import { ALIGN, ALIGN_CODE, FILL, FIRST_SECTION, type FragmentId, type Section } from "./sections.ts";
import { REMOVED, type SymbolId } from "./symbols.ts";

/**
 * Mapping symbols: in a section of code, `$d` begins data and `$x` begins
 * instructions; the first `$x` of a section, and each after the extensions have
 * changed, is followed by the architecture's name. Disassemblers read them.
 *
 * A symbol is made as soon as the contents change, and dropped again when
 * nothing lies between it and the next one. That is settled inside a fragment
 * here, and across fragments by `dropMapping` when all lengths are known.
 */
export class Mapping {
  /** The first and the last mapping symbol of a fragment. */
  private readonly first: Map<FragmentId, SymbolId> = new Map();
  private readonly last: Map<FragmentId, SymbolId> = new Map();
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /** Data follow at the current place. Hot: called for every datum, nearly always in a section without code. */
  data(): void {
    const { sections } = this.assembler;
    if (sections.current.mapping !== "data" && isCode(sections.current) && !sections.absolute)
      this.change("data", 0, false);
  }

  /** An instruction follows. */
  code(): void {
    const { sections } = this.assembler;
    const { current } = sections;
    if (current.mapping === "code" && current.architecture === this.assembler.target.architecture) return;
    if (isCode(current) && !sections.absolute) this.change("code", 0, false);
  }

  /** A padding that instructions may follow, or data. */
  padding(kind: number, reserved: number): void {
    const { sections } = this.assembler;
    if (!isCode(sections.current) || sections.absolute) return;
    if (kind === FILL || kind === ALIGN) this.change("data", reserved, false);
    else if (kind === ALIGN_CODE) this.change("code", reserved, true);
  }

  /** `back`: the bytes before the current place that belong to what follows already. */
  change(to: "data" | "code", back: number, alignment: boolean): void {
    const { sections, target } = this.assembler;
    const { current } = sections;
    let named = false;
    if (to === "code" && current.architectureSymbol < 0) named = true;
    else if (to === "code" && !alignment && current.architecture !== target.architecture) named = true;
    else if (current.mapping === to) return;
    current.mapping = to;
    const name = to === "data" ? "$d" : named ? `$x${target.architecture}` : "$x";
    if (named) current.architecture = target.architecture;
    const id = this.add(name, sections.offset - back, sections.fragment, current);
    if (named) current.architectureSymbol = id;
  }

  private add(name: string, value: number, fragment: FragmentId, section: Section): SymbolId {
    const { symbols, names } = this.assembler;
    const id = symbols.create(names.internText(name), section.id, fragment, value);
    symbols.enlist(id);
    const { first, last } = this;
    if (value === 0) {
      const replaced = first.get(fragment);
      if (replaced !== undefined) symbols.flags[replaced] |= REMOVED;
      first.set(fragment, id);
    } else {
      const before = last.get(fragment);
      if (before !== undefined && symbols.valueOf(before) === value) symbols.flags[before] |= REMOVED;
    }
    last.set(fragment, id);
    return id;
  }

  /** One byte of padding before instructions makes data, then instructions again. */
  oddPadding(fragment: FragmentId, section: Section): void {
    const { symbols, sections } = this.assembler;
    const at = sections.fragments.fixed[fragment];
    const before = this.last.get(fragment);
    this.add("$d", at, fragment, section);
    if (before === undefined || !symbols.has(before, REMOVED)) return;
    const name = symbols.text(before);
    this.add(name.startsWith("$xrv") ? name : "$x", at + 1, fragment, section);
  }

  /** Drops what turned out to lie at the same address as the next, or at the end. Addresses are known. */
  drop(): void {
    const { symbols, sections } = this.assembler;
    const { fragments } = sections;
    for (const section of sections.list()) {
      if (section.chains.length === 0 || section.mapping === "none") continue;
      for (let at = section.chains[0].first; at !== 0; at = fragments.next[at]) {
        const last = this.last.get(at);
        let next = fragments.next[at];
        if (last === undefined || next === 0) continue;
        if (Number(symbols.valueOf(last)) < fragments.address[next]) continue;
        for (; next !== 0; next = fragments.next[next]) {
          const following = this.first.get(next);
          if (following !== undefined) {
            const keepsName = symbols.text(last).startsWith("$xrv") && symbols.text(following) === "$x";
            symbols.flags[keepsName ? following : last] |= REMOVED;
            break;
          }
          if (fragments.next[next] === 0) {
            symbols.flags[last] |= REMOVED;
            break;
          }
          if (fragments.address[next] !== fragments.address[fragments.next[next]]) break;
        }
      }
    }
  }
}

const SHF_EXECINSTR = 4;

function isCode(section: Section): boolean {
  return section.id >= FIRST_SECTION && (section.flags & SHF_EXECINSTR) !== 0;
}
