import type { Report } from "../../diagnostics/index.ts";
import { type LinkModel, type PlacementRule, type SectionId, sectionName } from "../../model/index.ts";
import type { Expression } from "../../script/index.ts";
import { combinesRelocations } from "../options/z-keywords.ts";
import { DISCARD, inputStatement, newOutput } from "../statements/tree.ts";
import { type InputStatement, type OutputStatement, SectionFlag, type Statement } from "./placement.ts";
import {
  addInput,
  createOutput,
  type FlagReader,
  ownType,
  SHF_MASK_SPECIAL,
  SHT_NOTE,
  SHT_REL,
  SHT_RELA,
} from "./section-flags.ts";

// Sections that no statement of the script names.
//
// GNU ld first looks for an output section of the same name whose kind agrees.
// Otherwise the orphan becomes an output section of its own, put behind the
// output section it resembles most: behind .text for code, behind .rodata for
// constants and so on, and where there is no section of that name behind the
// last one with the same flags. Further orphans of a kind follow the first.
// (Places in the lists are looked for from the end, where orphans go: with
// thousands of orphans, looking from the start took most of the link.)
// Two lists have to be kept in order: the statements, which give the addresses,
// and the section headers, which are merely neater that way.

const { alloc, load, readonly, code, data, hasContents, threadLocal, debugging, smallData } = SectionFlag;

/** A kind of orphans, and where the last one of it went. */
interface Kind {
  readonly name: string | undefined;
  readonly flags: number;
  /** The section they go behind. */
  anchor: OutputStatement | undefined;
  /** The statement and the header that the next one follows; undefined before the first. */
  lastStatement: OutputStatement | undefined;
  afterHeader: OutputStatement | "start" | undefined;
  /** In the list of outputs. */
  afterOutput: OutputStatement | undefined;
}

function kind(name: string | undefined, flags: number): Kind {
  return {
    name,
    flags,
    anchor: undefined,
    lastStatement: undefined,
    afterHeader: undefined,
    afterOutput: undefined,
  };
}

/** The lists that orphans are put into. */
export interface OrphanLists {
  readonly statements: Statement[];
  readonly outputs: OutputStatement[];
  /** In the order in which the script was read. */
  readonly read: readonly OutputStatement[];
  readonly headerOrder: OutputStatement[];
}

const zero = (statement: OutputStatement | undefined): Expression => ({
  kind: "number",
  value: 0n,
  text: "0",
  span: statement?.span ?? { source: { name: "orphan", text: "0" }, start: 0, end: 1 },
});

/** Places sections that have no place, one after the other. */
export class OrphanPlacer {
  private readonly model: LinkModel;
  private readonly lists: OrphanLists;
  private readonly flags: FlagReader;
  private readonly report: Report;
  private readonly byName = new Map<string, OutputStatement[]>();
  private readonly kinds = {
    text: kind(".text", hasContents | alloc | load | readonly | code),
    rodata: kind(".rodata", hasContents | alloc | load | readonly | data),
    tdata: kind(".tdata", hasContents | alloc | load | data | threadLocal),
    data: kind(".data", hasContents | alloc | load | data),
    bss: kind(".bss", alloc),
    rel: kind(undefined, hasContents | alloc | load | readonly | data),
    interp: kind(".interp", hasContents | alloc | load | readonly | data),
    sdata: kind(".sdata", hasContents | alloc | load | data | smallData),
    nonalloc: kind(".comment", hasContents),
  };
  private hintsGiven = false;
  /** The last place that was found by flags is behind a /DISCARD/, if one follows. */
  private passesDiscard = false;
  private firstOrphanNote: OutputStatement | undefined;
  /** NameId to the orphans of that name, in order. */
  private readonly sameName: ReadonlyMap<number, readonly SectionId[]>;
  private readonly added: Map<InputStatement, SectionId[] | Int32Array>;
  /** By row: 1 for what some KEEP matches. */
  private readonly kept: Uint8Array;

  constructor(
    model: LinkModel,
    lists: OrphanLists,
    flags: FlagReader,
    sameName: ReadonlyMap<number, readonly SectionId[]>,
    added: Map<InputStatement, SectionId[] | Int32Array>,
    kept: Uint8Array,
    report: Report,
  ) {
    this.model = model;
    this.kept = kept;
    this.lists = lists;
    this.flags = flags;
    this.sameName = sameName;
    this.added = added;
    this.report = report;
    for (const output of lists.read) this.register(output);
  }

  /** Makes an output section known by its name. */
  register(output: OutputStatement): void {
    const known = this.byName.get(output.name);
    if (known) known.push(output);
    else this.byName.set(output.name, [output]);
  }

  /** The first output section statement of a name that counts. */
  find(name: string): OutputStatement | undefined {
    return this.byName.get(name)?.find((output) => !output.dropped);
  }

  /** What was in the list when last looked: it only grows by `addHeader`, and others move what is in it. */
  private listed: Set<OutputStatement> | undefined;

  /** Gives an output section a header, behind all others, if it has none. */
  private addHeader(output: OutputStatement): void {
    const { headerOrder } = this.lists;
    if (this.listed?.size !== headerOrder.length) this.listed = new Set(headerOrder);
    if (this.listed.has(output)) return;
    this.listed.add(output);
    headerOrder.push(output);
  }

  /** Appends a section to an output section, as nobody's statement. */
  append(output: OutputStatement, section: SectionId, reason: string): void {
    addInput(this.model, output, section, this.flags.of(section));
    if (this.kept[section] === 1) output.flags |= SectionFlag.keep;
    this.addHeader(output);
    let last = output.children[output.children.length - 1];
    if (last?.kind !== "input" || last.node !== undefined) {
      const { rules } = this.model.trace;
      const text = this.model.names.text(this.model.sections.name[section]);
      const rule: PlacementRule = {
        text: `orphan ${text}`,
        outputSection: output.name,
        keep: false,
        reason,
      };
      last = inputStatement(rules.push(rule) - 1);
      output.children.push(last);
      this.added.set(last, []);
    }
    let sections = this.added.get(last);
    if (!Array.isArray(sections)) {
      sections = [...(sections ?? [])];
      this.added.set(last, sections);
    }
    sections.push(section);
    this.model.sections.rule[section] = last.rule;
  }

  /** Places one orphan: returns its output section. `unique`: never with others of the name. */
  place(section: SectionId, name: string, unique: boolean): OutputStatement {
    const relocatable = this.model.options.kind === "relocatable";
    const type = ownType(this.model, section);
    const own = this.flags.of(section);
    let outputName = name;
    let isDynamic = false;
    if (
      !relocatable &&
      combinesRelocations(this.model.options) &&
      (own & alloc) !== 0 &&
      (type === SHT_RELA || type === SHT_REL)
    ) {
      outputName = type === SHT_RELA ? ".rela.dyn" : ".rel.dyn";
      isDynamic = true;
    }
    let special = unique;
    if (!unique) {
      let unused: OutputStatement | undefined;
      for (const output of this.byName.get(outputName) ?? []) {
        if (output.dropped) continue;
        special = true;
        if (output.exists && this.isCompatible(section, own, output)) {
          this.append(output, section, `an output section of the name ${outputName} is there`);
          return output;
        }
        if (!output.exists) unused = output;
      }
      if (unused) {
        this.append(unused, section, `the script names ${outputName} without taking this section`);
        return unused;
      }
    }
    this.giveHints();
    const flags = relocatable ? own : this.flagsOfName(section, own);
    const chosen = this.kindFor(flags, type);
    this.passesDiscard = false;
    const matched = this.model.options.oformat === "binary" ? undefined : type;
    const after = chosen ? this.anchorFor(chosen, flags, isDynamic, type, matched) : undefined;
    return this.insert(section, own, outputName, special, after, chosen);
  }

  /** Before anything is placed, the sections that anchor the kinds are expected to be of their kind. */
  private giveHints(): void {
    if (this.hintsGiven) return;
    this.hintsGiven = true;
    for (const each of Object.values(this.kinds)) {
      if (each.name === undefined) continue;
      each.anchor = this.find(each.name);
      if (each.anchor && each.anchor.hint === 0) each.anchor.hint = each.flags;
    }
  }

  private isCompatible(section: SectionId, flags: number, output: OutputStatement): boolean {
    if (output.flags === 0) return true;
    if (((flags ^ output.flags) & (load | alloc)) !== 0) return false;
    const { sections, options } = this.model;
    if (options.oformat === "binary") return true;
    if (sections.info[section] !== 0) return false;
    if (options.kind === "relocatable") {
      if (sections.group[section] >= 0 || output.groupMember) return false;
      if (((sections.flags[section] ^ output.elfFlags) & SHF_MASK_SPECIAL) !== 0) return false;
    }
    return ownType(this.model, section) === output.elfType;
  }

  /** All orphans of one name share a fate, so one writable among them makes all writable. */
  private flagsOfName(section: SectionId, own: number): number {
    const { sections } = this.model;
    let flags = own;
    const others = this.sameName.get(sections.name[section]) ?? [];
    for (const other of others) {
      if (other === section || sections.rule[other] >= 0) continue;
      const theirs = this.flags.of(other);
      if (((theirs ^ flags) & (load | alloc)) !== 0) continue;
      if (sections.type[other] !== sections.type[section]) continue;
      flags = ((flags ^ readonly) | (theirs ^ readonly)) ^ readonly;
    }
    return flags;
  }

  private kindFor(flags: number, type: number): Kind | undefined {
    const { kinds } = this;
    if ((flags & (alloc | debugging)) === 0) return kinds.nonalloc;
    if ((flags & alloc) === 0) return undefined;
    if ((flags & load) !== 0 && type === SHT_NOTE) return kinds.interp;
    if ((flags & (load | hasContents | threadLocal)) === 0) return kinds.bss;
    if ((flags & smallData) !== 0) return kinds.sdata;
    if ((flags & threadLocal) !== 0) return kinds.tdata;
    if ((flags & readonly) === 0) return kinds.data;
    if ((flags & load) !== 0 && (type === SHT_RELA || type === SHT_REL)) return kinds.rel;
    return (flags & code) === 0 ? kinds.rodata : kinds.text;
  }

  /** The output section to go behind; "start" for before all. */
  private anchorFor(
    chosen: Kind,
    flags: number,
    isDynamic: boolean,
    type: number,
    matched: number | undefined,
  ): OutputStatement | "start" {
    if (!chosen.anchor) {
      chosen.anchor =
        chosen.name !== undefined
          ? this.find(chosen.name)
          : this.findRelocations(isDynamic, type === SHT_RELA);
    }
    if (chosen.anchor) return chosen.anchor;
    if (chosen.name === undefined) return "start";
    this.passesDiscard = false;
    const { exact, found } = this.findByFlags(flags, matched);
    if (exact) chosen.anchor = exact;
    return found ?? "start";
  }

  private findRelocations(isDynamic: boolean, rela: boolean): OutputStatement | undefined {
    let last: OutputStatement | undefined;
    let lastAlloc: OutputStatement | undefined;
    let lastReadonly: OutputStatement | undefined;
    let lastRel: OutputStatement | undefined;
    let lastRelAlloc: OutputStatement | undefined;
    for (const output of this.lists.outputs) {
      const isAlloc = output.exists && (output.flags & alloc) !== 0;
      if (!output.dropped && output.name.startsWith(".rel")) {
        const itsRela = output.name[4] === "a";
        if (isDynamic || output.name.slice(itsRela ? 5 : 4) === ".plt") break;
        if (rela === itsRela || !lastRel) lastRel = output;
        if ((rela === itsRela || !lastRelAlloc) && isAlloc) lastRelAlloc = output;
      }
      last = output;
      if (isAlloc) {
        lastAlloc = output;
        if ((output.flags & readonly) !== 0) lastReadonly = output;
      }
    }
    return lastRelAlloc ?? lastRel ?? lastReadonly ?? lastAlloc ?? last;
  }

  /** The last output section with the same flags, or failing that with similar ones. */
  private findByFlags(
    flags: number,
    type: number | undefined,
  ): { readonly exact?: OutputStatement; readonly found?: OutputStatement } {
    const similar = (mask: number, more?: (look: number, differ: number) => boolean) =>
      this.lastWhere(type, (look) => {
        const differ = look ^ flags;
        return (differ & mask) === 0 || (more?.(look, differ) ?? false);
      });
    const basic = hasContents | alloc | load;
    const exact = similar(basic | readonly | code | smallData | threadLocal);
    if (exact) return { exact, found: exact };
    let found: OutputStatement | undefined;
    if ((flags & code) !== 0 && (flags & alloc) !== 0) {
      found = similar(basic | code | smallData | threadLocal);
    } else if ((flags & readonly) !== 0 && (flags & alloc) !== 0) {
      found = similar(
        basic | readonly | smallData,
        (look, differ) => (differ & (basic | readonly)) === 0 && (look & smallData) === 0,
      );
    } else if ((flags & threadLocal) !== 0 && (flags & alloc) !== 0) {
      found = this.findForTls(flags);
      if (found) return { found };
      return type === undefined ? {} : this.findByFlags(flags, undefined);
    } else if ((flags & smallData) !== 0 && (flags & alloc) !== 0) {
      found = similar(basic | threadLocal, (look) => (look & smallData) !== 0 && (flags & hasContents) === 0);
    } else if ((flags & hasContents) !== 0 && (flags & alloc) !== 0) {
      found = similar(basic | smallData | threadLocal);
    } else if ((flags & alloc) !== 0) {
      found = similar(alloc);
    } else {
      // Not loaded: behind all others, /DISCARD/ included. The type does not matter.
      this.passesDiscard = true;
      return { found: this.lastWhere(undefined, (look) => ((look ^ flags) & debugging) === 0) };
    }
    if (found || type === undefined) return { found };
    return this.findByFlags(flags, undefined);
  }

  /** .tdata goes behind .data, .tbss behind .tdata; nothing comes between them. */
  private findForTls(flags: number): OutputStatement | undefined {
    let found: OutputStatement | undefined;
    let seen = false;
    for (const output of this.lists.outputs) {
      const look = output.exists ? output.flags : output.hint;
      const differ = look ^ (flags | load | hasContents);
      if ((differ & (threadLocal | alloc)) === 0) {
        if ((look & load) === 0 && (flags & load) !== 0) break;
        found = output;
        seen = true;
      } else if (seen) break;
      else if ((differ & (hasContents | alloc | load)) === 0) found = output;
    }
    return found;
  }

  private lastWhere(
    type: number | undefined,
    holds: (flags: number) => boolean,
  ): OutputStatement | undefined {
    let found: OutputStatement | undefined;
    for (const output of this.lists.outputs) {
      if (output.exists && type !== undefined && output.elfType !== type) continue;
      if (holds(output.exists ? output.flags : output.hint)) found = output;
    }
    return found;
  }

  /** Makes the new output section and puts it into the lists. */
  private insert(
    section: SectionId,
    own: number,
    name: string,
    special: boolean,
    after: OutputStatement | "start" | undefined,
    chosen: Kind | undefined,
  ): OutputStatement {
    const { lists } = this;
    const anchor = after === "start" ? undefined : after;
    const loaded = (own & (load | alloc)) !== 0;
    const address = this.model.options.kind === "relocatable" || !loaded ? zero(undefined) : undefined;
    const inherits = anchor !== undefined && loaded;
    const output = newOutput({
      name,
      address,
      constraint: special ? "SPECIAL" : undefined,
      phdrs: inherits ? anchor.phdrs : [],
      // As for the script's sections: where only the load region is said, it is both.
      region: inherits ? (anchor.region ?? (address ? undefined : anchor.loadRegion)) : undefined,
      loadRegion: inherits ? anchor.loadRegion : undefined,
    });
    output.isOrphan = true;
    const reason = after === undefined ? "nothing is loaded after it" : this.reasonFor(anchor, chosen);
    createOutput(output, own);
    this.append(output, section, reason);
    this.register(output);
    if (after === undefined || !chosen) {
      lists.statements.push(output);
      lists.outputs.push(output);
      return output;
    }
    const spot = this.arrangeHeader(section, output, own, after, chosen);
    chosen.afterHeader = output;
    if (spot.placeAfter) {
      const discard = this.passesDiscard ? this.discardBehind(spot.after) : undefined;
      const at = this.statementIndexAfter(discard ?? spot.after);
      lists.statements.splice(at, 0, output);
      chosen.afterOutput = spot.after === "start" ? undefined : spot.after;
    } else {
      const at = lists.statements.lastIndexOf(chosen.lastStatement as OutputStatement) + 1;
      lists.statements.splice(at, 0, output);
    }
    const at = chosen.afterOutput ? lists.outputs.lastIndexOf(chosen.afterOutput) + 1 : 0;
    lists.outputs.splice(at, 0, output);
    chosen.lastStatement = output;
    chosen.afterOutput = output;
    return output;
  }

  private discardBehind(after: OutputStatement | "start"): OutputStatement | undefined {
    const { statements } = this.lists;
    const from = after === "start" ? 0 : statements.lastIndexOf(after) + 1;
    const last = statements.findLast((s, i) => i >= from && s.kind === "output" && s.name === DISCARD);
    return last?.kind === "output" ? last : undefined;
  }

  private reasonFor(anchor: OutputStatement | undefined, chosen: Kind | undefined): string {
    if (!anchor) return "no output section resembles it: it goes first";
    const previous = chosen?.lastStatement;
    if (previous) return `after the orphan ${previous.name}, which is of its kind`;
    return anchor.name === chosen?.name
      ? `after ${anchor.name}, the section of its kind`
      : `after ${anchor.name}, the last section with flags like its own`;
  }

  /** Where in the list of headers the new section goes; loadable notes stay together, ordered by alignment. */
  private arrangeHeader(
    section: SectionId,
    output: OutputStatement,
    own: number,
    after: OutputStatement | "start",
    chosen: Kind,
  ): { readonly placeAfter: boolean; readonly after: OutputStatement | "start" } {
    const { headerOrder, outputs } = this.lists;
    const plain = { placeAfter: chosen.lastStatement === undefined, after };
    if (chosen.afterHeader === undefined && after !== "start") {
      let before: OutputStatement | undefined = after.exists ? after : undefined;
      for (let i = outputs.lastIndexOf(after) - 1; !before && i >= 0; i--)
        if (!outputs[i].dropped && outputs[i].exists) before = outputs[i];
      if (before && before !== output) chosen.afterHeader = before;
    }
    if (chosen.afterHeader === undefined) chosen.afterHeader = "start";
    const from = chosen.afterHeader === "start" ? 0 : headerOrder.lastIndexOf(chosen.afterHeader) + 1;
    const next: OutputStatement | undefined = headerOrder[from];
    if (next === undefined || next === output) return plain;

    const isNote = (other: OutputStatement) => other.elfType === SHT_NOTE && (other.flags & load) !== 0;
    const ownNote = this.model.sections.type[section] === SHT_NOTE && (own & load) !== 0;
    if (!ownNote && !isNote(next)) {
      this.moveHeader(output, next, "before");
      return plain;
    }
    let target: OutputStatement | undefined;
    let side: "before" | "after" = "after";
    let keepsNotes = false;
    if (ownNote) {
      this.firstOrphanNote = undefined;
      const align = this.model.sections.alignPower[section];
      for (const other of headerOrder) {
        if (other === output) {
          if (this.firstOrphanNote) break;
          continue;
        }
        if (isNote(other)) {
          this.firstOrphanNote ??= other;
          if (other.alignPower >= align) target = other;
        } else if (this.firstOrphanNote) break;
      }
      keepsNotes = this.firstOrphanNote !== undefined;
      if (!target && keepsNotes) {
        target = this.firstOrphanNote;
        side = "before";
      }
    } else if (this.firstOrphanNote) {
      keepsNotes = true;
      target = next;
      for (let i = headerOrder.lastIndexOf(next) + 1; i < headerOrder.length; i++)
        if (isNote(headerOrder[i])) target = headerOrder[i];
    }
    if (!keepsNotes || !target) {
      this.moveHeader(output, next, "before");
      return plain;
    }
    this.moveHeader(output, target, side);
    const at = outputs.lastIndexOf(target);
    if (side === "after") return { placeAfter: true, after: target };
    return { placeAfter: true, after: at > 0 ? outputs[at - 1] : "start" };
  }

  private moveHeader(output: OutputStatement, other: OutputStatement, side: "before" | "after"): void {
    const { headerOrder } = this.lists;
    headerOrder.splice(headerOrder.lastIndexOf(output), 1);
    const at = headerOrder.lastIndexOf(other);
    headerOrder.splice(side === "before" ? at : at + 1, 0, output);
  }

  /**
   * The index for a new statement behind a section: before the next section,
   * and before an assignment to the location counter that leads up to it, but
   * not before the first such assignment of all.
   */
  private statementIndexAfter(after: OutputStatement | "start"): number {
    return statementIndexAfter(this.lists.statements, after);
  }

  /** Says what the orphan policy asks to be said. */
  reportPlaced(section: SectionId, output: OutputStatement): void {
    const { sections, objects, options } = this.model;
    if (options.orphanHandling !== "warn") return;
    // What the linker makes belongs to the first object.
    const object = objects[Math.max(0, sections.object[section])];
    const name = sectionName(this.model, section);
    this.report.warning(
      "LD0502",
      undefined,
      `orphan section \`${name}' from \`${object?.name}' being placed in section \`${output.name}'`,
      { lld: `${object?.name ?? "<internal>"}:(${name}) is being placed in '${output.name}'` },
    );
  }
}

/** See `OrphanPlacer`: where a statement is inserted behind an output section. */
export function statementIndexAfter(
  statements: readonly Statement[],
  after: OutputStatement | "start",
): number {
  let ignoreFirst = after === "start";
  let assign = -1;
  let at = after === "start" ? 0 : statements.lastIndexOf(after) + 1;
  for (; at < statements.length; at++) {
    const statement = statements[at];
    if (statement.kind === "assignment" && assign < 0 && statement.node.target.text === ".") {
      if (!ignoreFirst) assign = at;
      ignoreFirst = false;
    } else if (statement.kind === "output") {
      const leads = !statement.exists || !statement.hasInput || (statement.flags & alloc) !== 0;
      return assign >= 0 && leads ? assign : at;
    }
  }
  return at;
}
