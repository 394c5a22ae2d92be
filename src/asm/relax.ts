import type { Assembler } from "./assembler.ts";
import { leb128Bytes } from "./emit-data.ts";
import type { Resolver } from "./resolve.ts";
import {
  ABSOLUTE,
  ALIGN,
  ALIGN_CODE,
  BRANCH,
  BRANCH_COMPRESSED,
  BRANCH_UNCONDITIONAL,
  CFA,
  FILL,
  type FragmentId,
  LEB128,
  LINE,
  ORG,
  type Section,
  SPACE_FILL,
  UNDEFINED,
} from "./sections.ts";
import { WEAK } from "./symbols.ts";

/**
 * Gives every fragment its address.
 *
 * Lengths depend on addresses and addresses on lengths, so this goes round:
 * each round walks the fragments in order with the addresses of the round
 * before for what lies ahead, until nothing changes. There may be several
 * solutions; ours is GNU as's, because we start from its first guesses and take
 * its steps. Sections are done one after another, all of them again while any
 * address changes, since a fragment may depend on labels of another section.
 */
export function relaxAll(assembler: Assembler, resolver: Resolver): void {
  const { fragments } = assembler.sections;
  let settled = new Float64Array(fragments.count);
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    let changed = false;
    for (const section of assembler.sections.list()) {
      const first = section.chains[0]?.first;
      if (first === undefined) continue;
      if (relaxSection(assembler, resolver, section, first, pass)) changed = true;
      for (let at = first; at !== 0; at = fragments.next[at]) {
        if (settled[at] === fragments.address[at]) continue;
        settled[at] = fragments.address[at];
        changed = true;
      }
    }
    if (!changed) return;
    if (settled.length < fragments.count) settled = new Float64Array(fragments.count);
  }
}

const MOST_PASSES = 100;

function padding(address: number, exponent: number): number {
  const unit = 2 ** exponent;
  return Math.ceil(address / unit) * unit - address;
}

/** Whether another pass over all sections is wanted. */
function relaxSection(
  assembler: Assembler,
  resolver: Resolver,
  section: Section,
  first: FragmentId,
  pass: number,
): boolean {
  const { fragments } = assembler.sections;
  const { address, fixed, kind, width, limit, amount, next, symbol } = fragments;
  let count = 0;
  let at = 0;
  for (let id = first; id !== 0; id = next[id]) {
    count++;
    address[id] = at;
    at += fixed[id];
    switch (kind[id]) {
      case FILL:
        at += amount[id] * width[id];
        break;
      case ALIGN:
      case ALIGN_CODE: {
        let gap = padding(at, amount[id]);
        if (limit[id] !== 0 && gap > limit[id]) gap = 0;
        if (gap % width[id] !== 0) {
          assembler.errorAt(
            fragments.place[id],
            "AS0810",
            `alignment padding (${gap} byte${gap === 1 ? "" : "s"}) not a multiple of ${width[id]}`,
          );
          gap -= gap % width[id];
        }
        at += gap;
        break;
      }
      case BRANCH:
        if (symbol[id] >= 0) resolver.value(symbol[id]);
        width[id] = branchLength(assembler, resolver, section, id);
        at += width[id];
        break;
      case LEB128:
        amount[id] = 1;
        at += 1;
        break;
      case CFA:
      case LINE:
        at += assembler.variable.get(kind[id])!.estimate(id);
        break;
      default:
        break;
    }
  }
  let again = false;
  for (let round = Math.min(count * count, MOST_ROUNDS); round > 0; round--) {
    let stretch = 0;
    let stretched = false;
    for (let id = first; id !== 0; id = next[id]) {
      const was = address[id];
      address[id] = was + stretch;
      let growth = 0;
      switch (kind[id]) {
        case FILL:
          break;
        case BRANCH: {
          const length = branchLength(assembler, resolver, section, id);
          growth = length - width[id];
          width[id] = length;
          break;
        }
        case ALIGN:
        case ALIGN_CODE: {
          let before = padding(was + fixed[id], amount[id]);
          let after = padding(address[id] + fixed[id], amount[id]);
          if (limit[id] !== 0) {
            if (before > limit[id]) before = 0;
            if (after > limit[id]) after = 0;
          }
          growth = after - before;
          break;
        }
        case LEB128: {
          const length = leb128Length(resolver, symbol[id], limit[id] === 1);
          growth = length - amount[id];
          amount[id] = length;
          break;
        }
        case ORG: {
          const target = amount[id] + (symbol[id] >= 0 ? Number(resolver.value(symbol[id])) : 0);
          growth = target - (address[next[id]] + stretch);
          if (address[id] + fixed[id] > target) {
            growth = 0;
            if (pass < 2) again = true;
            else if (round === MOST_ROUNDS || stretched === false) {
              assembler.errorAt(fragments.place[id], "AS0811", "attempt to move .org backwards");
              kind[id] = FILL;
              width[id] = 0;
              amount[id] = 0;
            }
          }
          break;
        }
        case SPACE_FILL: {
          const target = symbol[id];
          if (target < 0) break;
          const value = Number(resolver.value(target));
          if (assembler.symbols.section[target] !== ABSOLUTE) {
            assembler.errorAt(
              fragments.place[id],
              "AS0812",
              ".space, .nops or .fill specifies non-absolute value",
            );
            symbol[id] = -1;
          } else if (value < 0) {
            if (pass < 2) again = true;
            else {
              assembler.warningAt(
                fragments.place[id],
                "AS0813",
                ".space, .nops or .fill with negative value, ignored",
              );
              symbol[id] = -1;
            }
          } else growth = was + fixed[id] + value - address[next[id]];
          break;
        }
        default:
          growth = assembler.variable.get(kind[id])!.relax(id);
      }
      if (growth !== 0) {
        stretch += growth;
        stretched = true;
      }
    }
    if (!stretched) break;
  }
  return again;
}

const MOST_ROUNDS = 10_000;

const BRANCH_REACH = 0x2000;
const COMPRESSED_BRANCH_REACH = 0x200;
const COMPRESSED_JUMP_REACH = 0x1000;

/** The bytes that a branch takes: a jump is assumed to reach, a far branch becomes one over a jump. */
function branchLength(assembler: Assembler, resolver: Resolver, section: Section, id: FragmentId): number {
  const { fragments } = assembler.sections;
  const { symbols } = assembler;
  const jump = (fragments.limit[id] & BRANCH_UNCONDITIONAL) !== 0;
  const compressed = (fragments.limit[id] & BRANCH_COMPRESSED) !== 0;
  const length = jump ? 4 : 8;
  const symbol = fragments.symbol[id];
  if (symbol < 0) return length;
  const home = symbols.section[symbol];
  if (home === UNDEFINED || home !== section.id || (symbols.flags[symbol] & WEAK) !== 0) return length;
  const distance =
    Number(resolver.value(symbol)) + fragments.amount[id] - (fragments.address[id] + fragments.fixed[id]);
  const reach = jump ? COMPRESSED_JUMP_REACH : COMPRESSED_BRANCH_REACH;
  if (compressed && distance >= -reach / 2 && distance < reach / 2) return 2;
  if (distance >= -BRANCH_REACH / 2 && distance < BRANCH_REACH / 2) return 4;
  return !jump && compressed ? 6 : length;
}

function leb128Length(resolver: Resolver, symbol: number, signed: boolean): number {
  const value = BigInt(resolver.value(symbol));
  return leb128Bytes(signed ? value : BigInt.asUintN(64, value), signed).length;
}
