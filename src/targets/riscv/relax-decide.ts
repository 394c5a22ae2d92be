import {
  EF_RISCV_RVC,
  SHF_EXECINSTR,
  SHF_MERGE,
  STB_LOCAL,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_SECTION,
} from "../../elf/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../../model/index.ts";
import { SymbolFlag, SymbolSection } from "../../model/index.ts";
import type { ScriptValues, WalkedOutput } from "../target.ts";
import { fitsSigned, highPart } from "./immediates.ts";
import { BLOCKED, type Candidates, Decision, Kind, NEVER } from "./relax-candidates.ts";

// Which instructions may be shortened under the addresses of the moment.
//
// A decision is never taken back, so it must still hold when later passes have
// moved everything closer together. Distances only shrink, but for one thing:
// where sections start is rounded up to their alignment, and that rounding can
// grow. So a distance counts as larger by the greatest alignment that may lie
// between its ends: that of the output section if both ends are in it, else the
// greatest of the whole image. An access relative to gp reserves, beyond that,
// the rest of the object it is a part of, as the compiler may use the same high
// part for all of it. These margins, and the order in which they are looked
// at, are GNU ld's to the letter, since the size of every section follows from
// them. LLD decides by the distance alone, as it can take decisions back, and
// leaves absolute addresses alone.

/** GNU ld's ELF_MAXPAGESIZE of RISC-V. */
const PAGE = 0x1000;

/** What a walk knows of the image. */
export interface View {
  readonly model: LinkModel;
  /** By the numbers that `sections.output` has during the walk. */
  readonly outputs: readonly WalkedOutput[];
  /** Where each starts: in this walk if it was met, else in the last one. Signed 64-bit numbers, exact up to 2^53. */
  readonly outputAddress: Float64Array;
  /** In bytes. */
  readonly outputAlign: Float64Array;
  readonly values: ScriptValues;
  readonly exact: boolean;
  readonly pic: boolean;
  readonly maxAlignment: number;
  /** The global pointer's symbol; 0 without one. */
  readonly gpSymbol: SymbolId;
  gp: number;
  /** The number of its output section; -1: absolute; -2: no global pointer. */
  gpOutput: number;
  /** `Candidates.deleted` when the walk started. */
  readonly deletedBefore: number;
  /** The number of the first output section with thread-local data, which tp points to; -1 without one. */
  readonly tlsOutput: number;
}

/** The symbol that gp points to, when it is defined. */
export function globalPointerSymbol(model: LinkModel): SymbolId {
  const name = model.names.find("__global_pointer$");
  const symbol = name < 0 ? 0 : model.symbols.global(name);
  return symbol !== 0 && model.symbols.section[symbol] !== SymbolSection.undefined ? symbol : 0;
}

export function viewWalk(
  model: LinkModel,
  outputs: readonly WalkedOutput[],
  values: ScriptValues,
  maxAlignment: number,
  deletedBefore: number,
): View {
  const exact = model.options.compat === "lld";
  const view: View = {
    model,
    outputs,
    outputAddress: Float64Array.from(outputs, (output) => Number(BigInt.asIntN(64, output.address))),
    outputAlign: Float64Array.from(outputs, (output) => 2 ** output.alignPower),
    values,
    exact,
    pic: model.options.kind === "pie",
    maxAlignment,
    gpSymbol: exact ? 0 : globalPointerSymbol(model),
    gp: 0,
    gpOutput: -2,
    deletedBefore,
    tlsOutput: outputs.findIndex((output) => output.threadLocal),
  };
  findGlobalPointer(view);
  return view;
}

/** Sets `gp` of the view from what its symbol is worth now. */
export function findGlobalPointer(view: View): void {
  if (view.gpSymbol === 0 || !locate(view, view.gpSymbol, 0, here)) return;
  view.gp = here.address;
  view.gpOutput = here.output;
}

/** Where a symbol and addend point; one of it is used for all. */
class Place {
  /** As a signed 64-bit number; exact up to 2^53. */
  address = 0;
  /** The index of the output section; -1: absolute, or nowhere. */
  output = -1;
  /** The input section, 0 for none. */
  section: SectionId = 0;
}

/** Merged, or code: it may move in ways that distances from gp do not allow for. */
function isUnsteady(view: View, place: Place): boolean {
  if (place.section > 0)
    return (view.model.sections.flags[place.section] & (SHF_MERGE | SHF_EXECINSTR)) !== 0;
  return place.output >= 0 && view.outputs[place.output].code;
}

/** False when the symbol has no place: undefined, or in a section that is not in the output. */
function locate(view: View, symbol: SymbolId, addend: number, place: Place): boolean {
  const { model } = view;
  const { symbols, sections } = model;
  let section: SectionId = symbols.section[symbol];
  if (section > 0) {
    let offset = symbols.valueLow[symbol] + addend;
    if (
      (symbols.info[symbol] & 15) === STT_SECTION &&
      model.merge !== undefined &&
      model.merge.merged[section] === 1
    ) {
      offset = model.merge.locate(section, offset);
      section = model.merge.holder;
    }
    const output = sections.output[section];
    if (output < 0) return false;
    place.address = view.outputAddress[output] + sections.outputOffset[section] + offset;
    place.output = output;
    place.section = section;
    return true;
  }
  if (section === SymbolSection.absolute) {
    place.address = symbols.valueHigh[symbol] * 4294967296 + (symbols.valueLow[symbol] >>> 0) + addend;
    place.output = -1;
    place.section = 0;
    return true;
  }
  if (section !== SymbolSection.script) return false;
  const value = view.values.scriptValue(symbol);
  if (value === undefined) return false;
  place.address = Number(BigInt.asIntN(64, value.address)) + addend;
  place.output = value.output;
  place.section = 0;
  return true;
}

/**
 * Looks at the candidates of the section with number `index`; true when
 * something is to be deleted that was not before. `removedBy` says how many
 * bytes a decided candidate removes.
 */
export function decideSection(
  view: View,
  candidates: Candidates,
  index: number,
  removedBy: (candidates: Candidates, id: number) => number,
): boolean {
  if (candidates.wakes[index] > candidates.deleted) return false;
  const { model } = view;
  const { symbols, sections, objects } = model;
  const { kind, decision, symbol, addend, pair, offset, waits } = candidates;
  const section = candidates.sections[index];
  const end = candidates.first[index + 1];
  const object = objects[sections.object[section]];
  const compressed = (object.flags & EF_RISCV_RVC) !== 0;
  const code = sections.fileOffset[section];
  const start = view.outputAddress[sections.output[section]] + sections.outputOffset[section];
  let removed = 0;
  let shrank = false;
  let wakes = NEVER;
  // What the rest of an object is counted from. GNU ld keeps that of the relocation before where the symbol is a
  // global function. Computed when it is wanted, which for calls is never; -1: nothing to reserve.
  let reservedBy = -1;
  for (let id = candidates.first[index]; id < end; id++) {
    const what = kind[id];
    if (decision[id] !== Decision.none) {
      removed += removedBy(candidates, id);
      if (decision[id] === Decision.zeroBase) reservedBy = -1;
      continue;
    }
    if (what === Kind.align) continue;
    if (waits[id] > candidates.deleted) {
      if (waits[id] < wakes) wakes = waits[id];
      continue;
    }
    const target = symbol[id];
    const info = symbols.info[target];
    const type = info & 15;
    if (type === STT_GNU_IFUNC) continue;
    const local = info >> 4 === STB_LOCAL;
    if (local) reservedBy = id;
    if (what === Kind.pcrelLo12) {
      // It goes with its high part, which comes first, or not at all.
      const high = pair[id];
      if (high < 0 || decision[high] === Decision.none) continue;
      decision[id] = isWeakUndefined(model, symbol[high]) ? Decision.zeroBase : Decision.globalPointer;
      continue;
    }
    let weakUndefined = false;
    if (target === 0) {
      // Assemblers leave the symbol out where they know the address. GNU ld takes that for one relative to here.
      if (view.exact || what !== Kind.call) continue;
      here.address = start + offset[id] - removed + addend[id];
      here.output = sections.output[section];
    } else if (!locate(view, target, addend[id], here)) {
      if (!mayBeWeak(what) || !isWeakUndefined(model, target)) {
        // The script may give it a value yet.
        wakes = 0;
        continue;
      }
      weakUndefined = true;
    }
    if (type !== STT_FUNC) reservedBy = id;
    switch (what) {
      case Kind.call: {
        let chosen: number = decideCall(view, start + offset[id] - removed, sections.output[section]);
        if (chosen === Decision.none) {
          const excess = Math.abs(here.address - (start + offset[id] - removed)) - JUMP_REACH;
          waits[id] = waitFor(view, Math.min(excess, Math.abs(here.address)));
          break;
        }
        if (chosen === Decision.compressedJump) {
          const rd = (readWord(object.view, code + offset[id] + 4) >> 7) & 31;
          // There is no c.jal in RV64, where it would be c.addiw.
          if (!compressed || (rd !== 0 && (rd !== 1 || object.is64))) chosen = Decision.jal;
        }
        if (target === 0 && !reaches(chosen, addend[id] - (start + offset[id] - removed), addend[id])) break;
        decision[id] = chosen;
        shrank = true;
        break;
      }
      case Kind.hi20:
        if (view.exact) break;
        if (weakUndefined || reachesAbsolute(view, reserveOf(model, candidates, reservedBy))) {
          decision[id] = Decision.deleted;
          shrank = true;
        } else if (compressed && reachesCompressedLui(view, readWord(object.view, code + offset[id]))) {
          decision[id] = Decision.compressedLui;
          shrank = true;
        } else waits[id] = waitForAbsolute(view);
        break;
      case Kind.lo12:
        if (view.exact) break;
        if (weakUndefined) decision[id] = Decision.zeroBase;
        else if (reachesAbsolute(view, reserveOf(model, candidates, reservedBy)))
          decision[id] = Decision.globalPointer;
        else waits[id] = waitForAbsolute(view);
        break;
      case Kind.tprelDelete:
      case Kind.tprelLo12:
        if (view.tlsOutput < 0 || !fitsSigned(here.address - view.outputAddress[view.tlsOutput], 12)) break;
        decision[id] = what === Kind.tprelLo12 ? Decision.threadPointer : Decision.deleted;
        if (what === Kind.tprelDelete) shrank = true;
        break;
      case Kind.pcrelHi20:
        if (view.exact || view.pic || pair[id] === BLOCKED) break;
        // What is merged or code may move out of reach.
        if (!weakUndefined && isUnsteady(view, here)) break;
        if (!weakUndefined && !reachesAbsolute(view, reserveOf(model, candidates, reservedBy))) {
          waits[id] = waitForAbsolute(view);
          break;
        }
        decision[id] = Decision.deleted;
        shrank = true;
        break;
    }
    if (decision[id] === Decision.none && waits[id] < wakes) wakes = waits[id];
  }
  candidates.wakes[index] = wakes;
  return shrank;
}

const here = new Place();

const JUMP_REACH = 0x100000;
/** What c.lui reaches, and more than gp does. */
const LUI_REACH = 0x20000;

/**
 * Nothing comes closer by more than what is deleted, but for what the padding
 * before sections and segments may shrink. What is `excess` bytes too far need
 * not be looked at until then: of a million calls in a large program most never
 * come into reach, and most walks delete little.
 */
function waitFor(view: View, excess: number): number {
  const slop = 0x10000 + 4 * view.maxAlignment;
  return excess > slop ? Math.min(view.deletedBefore + excess - slop, NEVER - 1) : 0;
}

function waitForAbsolute(view: View): number {
  return waitFor(view, Math.min(Math.abs(here.address - view.gp), Math.abs(here.address)) - LUI_REACH);
}

/** How much of the object that a candidate refers to lies behind what it refers to. */
function reserveOf({ symbols }: LinkModel, { symbol, addend: addends }: Candidates, id: number): number {
  if (id < 0) return 0;
  const size = symbols.size[symbol[id]];
  const addend = addends[id];
  return addend >= 0 && addend <= size ? size - addend : 0;
}

/** High and low parts of an undefined weak symbol, which is at 0, are changed; calls and TLS are not. */
function mayBeWeak(kind: number): boolean {
  return kind === Kind.hi20 || kind === Kind.lo12 || kind === Kind.pcrelHi20;
}

function readWord(view: DataView, at: number): number {
  return view.getInt32(at, true);
}

export function isWeakUndefined(model: LinkModel, symbol: SymbolId): boolean {
  const { symbols } = model;
  return (
    symbol !== 0 &&
    symbols.section[symbol] === SymbolSection.undefined &&
    (symbols.flags[symbol] & SymbolFlag.global) !== 0 &&
    (symbols.flags[symbol] & SymbolFlag.strongReference) === 0
  );
}

/** What the call at `address` in output section `output` to `here` can become, if its instructions allow c.j. */
function decideCall(view: View, address: number, output: number): number {
  let distance = here.address - address;
  if (fitsJump(distance) && !view.exact) {
    const same = here.output >= 0 && here.output === output;
    const margin = same ? view.outputAlign[output] : view.maxAlignment;
    distance += distance < 0 ? -margin : margin;
  }
  if (fitsJump(distance)) return fitsSigned(distance, 12) ? Decision.compressedJump : Decision.jal;
  const nearZero = !view.exact && !view.pic && fitsSigned(here.address, 12);
  return nearZero ? Decision.zeroJump : Decision.none;
}

/** Whether what was chosen for a call can do it. */
function reaches(chosen: number, distance: number, address: number): boolean {
  if (chosen === Decision.zeroJump) return fitsSigned(address, 12);
  return chosen === Decision.jal ? fitsJump(distance) : fitsSigned(distance, 12);
}

function fitsJump(distance: number): boolean {
  return distance % 2 === 0 && fitsSigned(distance, 21);
}

/** Whether `here` can be had by one instruction from x0 or from gp, now and later. */
function reachesAbsolute(view: View, reserve: number): boolean {
  const { address } = here;
  if (fitsSigned(address, 12)) return true;
  const { gp } = view;
  const margin =
    here.output >= 0 && here.output === view.gpOutput ? view.outputAlign[here.output] : view.maxAlignment;
  const slack = margin + reserve;
  const above = address < 0 === gp < 0 ? address >= gp : address < 0;
  return fitsSigned(above ? address - gp + slack : address - gp - slack, 12);
}

/** c.lui takes 6 signed bits but not 0; the address may yet move by a page, or by two where RELRO ends at one. */
function reachesCompressedLui(view: View, lui: number): boolean {
  const rd = (lui >> 7) & 31;
  if (rd === 0 || rd === 2) return false;
  const high = highPart(here.address);
  const moved = high + (view.model.options.relro ? 2 * PAGE : PAGE);
  return high !== 0 && fitsSigned(high, 18) && moved !== 0 && fitsSigned(moved, 18);
}
