import type { LinkModel } from "../../model/index.ts";
import type { AssignmentStatement, OutputStatement, Statement } from "../place/placement.ts";
import {
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_TLS,
  SHF_WRITE,
  SHT_FINI_ARRAY,
  SHT_INIT_ARRAY,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_PREINIT_ARRAY,
  SHT_PROGBITS,
} from "../place/section-flags.ts";

// LLD's order of output sections: each has a rank, a number whose higher bits
// stand for what matters more. Without SECTIONS all are sorted by rank. With
// SECTIONS only those that the script does not name are, and each of them goes
// behind the section of the script whose rank agrees in the most leading bits.

const NOT_ADDRESS_SET = 2 ** 18;
const NOT_ALLOC = 2 ** 17;
const NOT_INTERP = 2 ** 16;
const NOT_NOTE = 2 ** 15;
const WRITE = 2 ** 14;
const EXEC_WRITE = 2 ** 13;
const EXEC = 2 ** 12;
const RODATA = 2 ** 11;
const NOT_RELRO = 2 ** 10;
const NOT_TLS = 2 ** 9;
const BSS = 2 ** 8;

const RELRO_NAMES = new Set([
  ".dynamic",
  ".data.rel.ro",
  ".bss.rel.ro",
  ".ctors",
  ".dtors",
  ".jcr",
  ".eh_frame",
  ".openbsd.randomdata",
  ".toc",
]);

/** Whether a section is written to by the start-up code only, and read-only from then on. */
export function isRelroSection(model: LinkModel, output: OutputStatement): boolean {
  const { options } = model;
  const { elfFlags: flags, elfType: type, name } = output;
  if (!options.relro || (flags & SHF_ALLOC) === 0 || (flags & SHF_WRITE) === 0) return false;
  if ((flags & SHF_TLS) !== 0) return true;
  if (type === SHT_INIT_ARRAY || type === SHT_FINI_ARRAY || type === SHT_PREINIT_ARRAY) return true;
  if (name === ".got") return holdsMadeSection(model, output, ".got");
  if (name === ".got.plt") return options.now;
  return RELRO_NAMES.has(name);
}

/** Whether the linker's own section of a name is in it. */
function holdsMadeSection(model: LinkModel, output: OutputStatement, name: string): boolean {
  const { sections, objects, names } = model;
  const id = names.find(name);
  const last = objects[objects.length - 1];
  const firstMade = last ? last.sectionBase + last.sectionCount : 1;
  return output.children.some(
    (child) =>
      child.kind === "input" && child.sections.some((row) => row >= firstMade && sections.name[row] === id),
  );
}

/** The rank of an output section; lower ones come first. */
export function rankOf(model: LinkModel, output: OutputStatement): number {
  const { elfFlags: flags, elfType: type } = output;
  if (model.options.sectionStarts.has(output.name)) return 0;
  let rank = NOT_ADDRESS_SET;
  if ((flags & SHF_ALLOC) === 0) return rank | NOT_ALLOC;
  if (output.name === ".interp") return rank;
  rank |= NOT_INTERP;
  if (type === SHT_NOTE) return rank;
  rank |= NOT_NOTE;
  const isWritable = (flags & SHF_WRITE) !== 0;
  if ((flags & SHF_EXECINSTR) !== 0) rank |= isWritable ? EXEC_WRITE : EXEC;
  else if (isWritable) rank |= WRITE;
  else if (type === SHT_PROGBITS) rank |= RODATA;
  if (!isRelroSection(model, output)) rank |= NOT_RELRO;
  if ((flags & SHF_TLS) === 0) rank |= NOT_TLS;
  if (type === SHT_NOBITS) rank |= BSS;
  return rank;
}

type Ranks = ReadonlyMap<OutputStatement, number>;

const rank = (ranks: Ranks, output: OutputStatement) => ranks.get(output) ?? 0;

/** By rank, and sections with an address of the command line by that. */
function compare(model: LinkModel, ranks: Ranks, a: OutputStatement, b: OutputStatement): number {
  const byRank = rank(ranks, a) - rank(ranks, b);
  if (byRank !== 0) return byRank;
  const first = model.options.sectionStarts.get(a.name);
  const second = model.options.sectionStarts.get(b.name);
  if (first === undefined || second === undefined || first === second) return 0;
  return first < second ? -1 : 1;
}

/**
 * The statements with their output sections in LLD's order. `orphans`: those that the script does not name.
 * `holdsTable`: a table of the linker's, empty or not, counts for LLD as an input section does.
 */
export function sortStatements(
  model: LinkModel,
  statements: readonly Statement[],
  orphans: readonly OutputStatement[],
  hasSections: boolean,
  holdsTable: (output: OutputStatement) => boolean,
): Statement[] {
  const ranks = new Map<OutputStatement, number>();
  for (const statement of statements)
    if (statement.kind === "output") ranks.set(statement, rankOf(model, statement));
  for (const output of orphans) ranks.set(output, rankOf(model, output));
  const sorted = [...orphans].sort((a, b) => compare(model, ranks, a, b));
  if (!hasSections) return [...sorted, ...statements];
  const result = [...statements];
  // The first assignment to the location counter gives the start: everything goes behind it.
  let from = result.findIndex((statement) => !isPassedOver(statement));
  if (from < 0) from = result.length;
  else if (result[from].kind !== "output") from++;
  for (let i = 0; i < sorted.length; ) {
    const at = orphanPosition(ranks, result, from, sorted[i], holdsTable);
    let end = i + 1;
    while (end < sorted.length && rank(ranks, sorted[end]) === rank(ranks, sorted[i])) end++;
    result.splice(at, 0, ...sorted.slice(i, end));
    i = end;
  }
  return result;
}

/** An orphan goes behind assignments to symbols, so that `end = .;` stays with what it ends. */
function isPassedOver(statement: Statement): boolean {
  return statement.kind === "assignment" && !isDot(statement);
}

function isDot(statement: AssignmentStatement): boolean {
  return statement.node.target.text === ".";
}

function orphanPosition(
  ranks: Ranks,
  statements: readonly Statement[],
  from: number,
  orphan: OutputStatement,
  holdsTable: (output: OutputStatement) => boolean,
): number {
  const own = rank(ranks, orphan);
  const counts = (statement: Statement): statement is OutputStatement =>
    statement.kind === "output" && (statement.hasInput || holdsTable(statement));
  const proximity = (statement: Statement): number =>
    counts(statement) ? Math.clz32(own ^ rank(ranks, statement)) : -1;
  const end = statements.length;
  if (from >= end) return end;
  let best = from;
  for (let i = from + 1; i < end; i++) if (proximity(statements[i]) > proximity(statements[best])) best = i;
  const closest = proximity(statements[best]);
  let at = best;
  for (; at < end; at++) {
    const statement = statements[at];
    if (!counts(statement)) continue;
    if (proximity(statement) !== closest || own < rank(ranks, statement)) break;
  }
  // Right behind the last section before that place.
  while (at > from && !counts(statements[at - 1])) at--;
  // The last section of all goes behind whatever else the script says.
  if (!statements.slice(at).some(counts)) return end;
  while (at < end && isPassedOver(statements[at])) at++;
  return at;
}
