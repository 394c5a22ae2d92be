import type { Assembler } from "./assembler.ts";
import { attributesBytes } from "./attributes.ts";
import { convertSection } from "./convert.ts";
import { BIG, CONSTANT } from "./expression.ts";
import { applyFixups, use } from "./fixups.ts";
import { foldExpression } from "./fold.ts";
import { relaxAll } from "./relax.ts";
import { Resolver } from "./resolve.ts";
import { isCode } from "./section-kinds.ts";
import { ALIGN, ALIGN_CODE, COMMON, FILL, type Fixups, type Section, UNDEFINED } from "./sections.ts";
import { finishVersions, prepareVersions } from "./symbol-versions.ts";
import {
  GLOBAL,
  LISTED,
  REMOVED,
  type SymbolId,
  USED,
  USED_IN_RELOCATION,
  WEAK,
  WEAKREF_ALIAS,
  WEAKREF_TARGET,
} from "./symbols.ts";

const SHF_MERGE = 0x10;
const SHF_EXECINSTR = 4;
const SHT_PROGBITS = 1;
const SHF_TLS = 0x400;
const SHT_GROUP = 17;
const SHT_RISCV_ATTRIBUTES = 0x70000003;

/** The end of the input: what is pending is made, lengths and addresses are settled, symbols get their values. */
export function finishAssembly(assembler: Assembler): void {
  addStackNote(assembler);
  for (const each of assembler.onFinish) each();
  assembler.target.checkAbi();
  const { sections, symbols } = assembler;
  // Deferred expressions that say `.` and were never used mean the end.
  symbols.section[assembler.dotSymbol] = sections.current.id;
  symbols.fragment[assembler.dotSymbol] = sections.fragment;
  symbols.setValue(assembler.dotSymbol, sections.offset);
  for (const section of sections.list()) endChains(assembler, section);
  joinChains(assembler);
  const resolver = new Resolver(assembler);
  relaxAll(assembler, resolver);
  resolver.final = true;
  for (const section of sections.list()) convertSection(assembler, resolver, section);
  addAttributes(assembler);

  // From here on lengths are final. Symbols that are made while this loop runs are at the list's end.
  for (let i = 0; i < symbols.list.length; i++) resolver.value(symbols.list[i]);
  assembler.final = true;
  prepareVersions(assembler);
  dropUnusedWeak(assembler);
  for (const section of sections.list()) applyFixups(assembler, resolver, section);
  applyExplicitRelocations(assembler, resolver);
  finishSymbols(assembler, resolver);
  assembler.mapping.drop();
  addGroups(assembler);
}

/**
 * Every chain ends in an empty fragment. The last chain of code is padded to
 * the section's alignment, merged sections to the size of an entry.
 */
function endChains(assembler: Assembler, section: Section): void {
  const { sections } = assembler;
  for (const chain of section.chains) {
    sections.switchTo(section, chain.subsection);
    const last = chain === section.chains[section.chains.length - 1];
    let alignment =
      last && isCode(section) && !assembler.report.hasErrors && (assembler.options.padSections ?? true)
        ? section.alignment
        : 0;
    if ((section.flags & SHF_MERGE) !== 0 && section.entrySize > 0) {
      let exponent = 0;
      while (section.entrySize % 2 ** (exponent + 1) === 0) exponent++;
      alignment = Math.max(alignment, exponent);
    }
    const at = sections.variable(
      isCode(section) ? ALIGN_CODE : ALIGN,
      isCode(section) ? 7 : 1,
      1,
      0,
      -1,
      alignment,
    );
    sections.chain.bytes[at] = 0;
    const { fragments, fragment } = sections;
    fragments.kind[fragment] = FILL;
    fragments.amount[fragment] = 0;
    fragments.fixed[fragment] = 0;
  }
}

/** The chains of a section become one. */
function joinChains(assembler: Assembler): void {
  const { sections } = assembler;
  for (const section of sections.list()) {
    const { chains } = section;
    for (let i = 0; i < chains.length; i++) {
      if (i > 0) sections.fragments.next[chains[i - 1].last] = chains[i].first;
      if (i === 0) section.fixups = chains[0].fixups;
      else section.fixups.append(chains[i].fixups);
    }
  }
}

/** --execstack and --noexecstack: a section that only says whether the stack must be executable. */
function addStackNote(assembler: Assembler): void {
  const { execStack } = assembler.options;
  if (execStack === undefined) return;
  const { sections } = assembler;
  const { current, chain } = sections;
  const note = sections.byName(".note.GNU-stack") ?? sections.add(".note.GNU-stack", SHT_PROGBITS, 0);
  note.flags = execStack ? SHF_EXECINSTR : 0;
  sections.switchTo(note);
  sections.switchTo(current, chain.subsection);
}

function addAttributes(assembler: Assembler): void {
  const bytes = attributesBytes(assembler);
  if (!bytes) return;
  const { sections } = assembler;
  const section = sections.add(".riscv.attributes", SHT_RISCV_ATTRIBUTES, 0);
  sections.switchTo(section);
  const at = sections.more(bytes.length);
  sections.chain.bytes.set(bytes, at);
  sections.newFragment();
  section.size = bytes.length;
}

/** A section for each group, and a symbol of its name where there is none. */
function addGroups(assembler: Assembler): void {
  const { sections, symbols, names } = assembler;
  for (const group of assembler.groups.values()) {
    const section = sections.add(".group", SHT_GROUP, 0);
    section.alignment = 2;
    section.entrySize = 4;
    const name = names.internText(group.name);
    let signature = symbols.find(name);
    if (signature < 0 || !symbols.has(signature, LISTED) || symbols.has(signature, REMOVED)) {
      signature = symbols.create(name, section.id, 0, 0);
      symbols.enlist(signature);
      symbols.bind(name, signature);
    }
    section.describes = { group, signature };
  }
}

/** A weak symbol that nobody defined or used leaves no trace. */
function dropUnusedWeak(assembler: Assembler): void {
  const { symbols } = assembler;
  const versioned = new Set(assembler.versions.map((each) => each.symbol));
  for (const id of symbols.list) {
    if (symbols.section[id] !== UNDEFINED) continue;
    if (!symbols.has(id, WEAK) && !versioned.has(id)) continue;
    if (!symbols.has(id, USED | USED_IN_RELOCATION)) symbols.flags[id] |= REMOVED;
  }
}

/** .reloc: relocations that the source spells out, sorted in among the others. */
function applyExplicitRelocations(assembler: Assembler, resolver: Resolver): void {
  const { symbols } = assembler;
  for (const { offset, section, type, symbol, place } of assembler.explicitRelocations) {
    let at = offset.op === CONSTANT ? Number(offset.number) : -1;
    let home = section;
    if (offset.op !== CONSTANT && offset.symbol >= 0) {
      at = Number(resolver.value(offset.symbol)) + Number(offset.number);
      home = assembler.sections.all[symbols.section[offset.symbol]] ?? section;
    }
    if (at < 0 || at > home.size) {
      assembler.errorAt(place, "AS0840", "reloc not within (fixed part of) section");
      continue;
    }
    let target = -1;
    let addend = symbol.number;
    if (symbol.op !== CONSTANT && symbol.op !== BIG && symbol.symbol >= 0) {
      resolver.value(symbol.symbol);
      target = symbol.symbol;
      const own = symbols.section[target];
      const home = assembler.sections.all[own];
      const keep = home && ((home.flags & SHF_TLS) !== 0 || ((home.flags & SHF_MERGE) !== 0 && addend !== 0));
      if (home && !keep && isPrivate(assembler, target)) {
        addend = Number(addend) + Number(resolver.value(target));
        target = assembler.sectionSymbol(home);
      }
      use(assembler, target);
    }
    insertRelocation(assembler, home.fixups, home, at, type, target, addend);
  }
}

function insertRelocation(
  assembler: Assembler,
  fixups: Fixups,
  section: Section,
  at: number,
  type: number,
  target: SymbolId,
  addend: number | bigint,
): void {
  const { fragments } = assembler.sections;
  let fragment = section.chains[0].first;
  for (let next = fragment; next !== 0; next = fragments.next[next]) {
    if (fragments.address[next] > at) break;
    fragment = next;
  }
  const row = fixups.add(fragment, at - fragments.address[fragment], 0, type, target, -1);
  fixups.setAddend(row, addend);
}

/** Which symbols are in the file, and their sizes. */
function finishSymbols(assembler: Assembler, resolver: Resolver): void {
  const { symbols } = assembler;
  const { list } = symbols;
  for (let i = 0; i < list.length; i++) {
    const id = list[i];
    resolver.value(id);
    if (symbols.has(id, WEAKREF_ALIAS) || resolver.standsFor(id) >= 0) {
      symbols.flags[id] |= REMOVED;
      continue;
    }
    finishSize(assembler, resolver, id);
    finishVersions(assembler, id);
    if (symbols.has(id, WEAK) && symbols.section[id] === COMMON)
      assembler.report.error(
        "AS0843",
        assembler.lastFile(),
        `symbol \`${symbols.text(id)}' can not be both weak and common`,
      );
    const global = symbols.has(id, GLOBAL | WEAK);
    const unusedTarget = symbols.has(id, WEAKREF_TARGET) && !symbols.has(id, USED);
    if (!symbols.has(id, USED_IN_RELOCATION) && ((!global && isPrivate(assembler, id)) || unusedTarget))
      symbols.flags[id] |= REMOVED;
    if (symbols.names.byteAt(symbols.name[id], 0) === 46) checkLocalLabel(assembler, id);
  }
}

function checkLocalLabel(assembler: Assembler, id: SymbolId): void {
  const { symbols } = assembler;
  if (symbols.section[id] !== UNDEFINED) return;
  const match = /^\.L(\d+)\x02\d+$/.exec(symbols.text(id));
  if (match)
    assembler.report.error(
      "AS0841",
      assembler.lastFile(),
      `local label \`"${match[1]}" (instance number ${symbols.text(id).split("\x02")[1]} of a fb label)' is not defined`,
    );
}

function finishSize(assembler: Assembler, resolver: Resolver, id: SymbolId): void {
  const { symbols } = assembler;
  const size = symbols.sizes.get(id);
  if (size === undefined || typeof size !== "object") return;
  const copy = { ...size };
  // Compilers' labels are in no list, so they may not have been looked at.
  for (const part of [copy.symbol, copy.opSymbol]) if (part >= 0) resolver.value(part);
  if (foldExpression(assembler, copy) && copy.op === CONSTANT) {
    symbols.sizes.set(id, copy.number);
    return;
  }
  symbols.sizes.set(id, 0);
  const message = `.size expression for ${symbols.text(id)} does not evaluate to a constant`;
  if (assembler.options.sizeCheckWarns) assembler.report.warning("AS0842", assembler.lastFile(), message);
  else assembler.report.error("AS0842", assembler.lastFile(), message);
}

/** Names that are left out of the file unless a relocation needs them. */
function isPrivate(assembler: Assembler, id: SymbolId): boolean {
  const { symbols } = assembler;
  if (symbols.has(id, FILE_OR_SECTION)) return false;
  const name = symbols.name[id];
  if (name === assembler.fakeName) return true;
  if (assembler.options.stripLocalAbsolute && symbols.section[id] === 1) return true;
  if (!symbols.keepLocals && symbols.isLocalName(name)) return true;
  const text = symbols.text(id);
  return text.includes("\x01") || text.includes("\x02") || text.includes(" ");
}

const FILE_OR_SECTION = 0x300;
