import {
  DW_CFA_advance_loc,
  DW_CFA_advance_loc1,
  DW_CFA_advance_loc2,
  DW_CFA_advance_loc4,
} from "../dwarf/index.ts";
import type { Assembler } from "./assembler.ts";
import { Advances } from "./cfi-output.ts";
import { CONSTANT, type Expression, SUBTRACT, SYMBOL } from "./expression.ts";
import { CFA, type FragmentId, type Section, UNDEFINED } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * Call frames that a compiler wrote as data. It does not know how far apart its
 * labels are, so each advance has four bytes; we know, and shorten them, as GNU
 * as does. For that the data are followed from the length of an entry to its
 * instructions, where the byte 4 in front of a difference is an advance.
 *
 * Only tables whose first entry is a CIE of version 1 are shortened.
 */

type State =
  | "between"
  | "length"
  | "cie"
  | "start"
  | "augmentation size"
  | "augmentation"
  | "instructions"
  | "advance"
  | "given up";

export class FrameData {
  private state: State = "between";
  private first: { unit: number; augmented: boolean } | undefined;
  /** The label of the entry's end. */
  private end: SymbolId = -1;
  private fragment: FragmentId = 0;
  private where = 0;
  private size = 0;
  private shift = 0;
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  /**
   * A datum of `size` bytes (0 for a LEB128) is about to be put. The result is
   * the size that it is to have instead; 0 if it has been dealt with.
   */
  follow(expression: Expression, size: number): number {
    const { symbols, sections } = this.assembler;
    const inEntry = this.state !== "between";
    if (inEntry && this.end >= 0 && symbols.section[this.end] !== UNDEFINED) this.state = "between";
    const { op, number } = expression;
    switch (this.state) {
      case "between":
        if (
          size === 4 &&
          (op === SYMBOL || op === SUBTRACT) &&
          symbols.section[expression.symbol] === UNDEFINED
        ) {
          this.state = "length";
          this.end = expression.symbol;
        }
        break;
      case "length":
        this.state = "cie";
        break;
      case "cie":
        this.state = "start";
        break;
      case "start":
        this.first ??= readFirst(this.assembler, sections.current);
        this.size = this.shift = 0;
        this.state = !this.first ? "given up" : this.first.augmented ? "augmentation size" : "instructions";
        break;
      case "augmentation size":
        if (op !== CONSTANT || size > 1) this.state = "given up";
        else {
          this.size |= size === 0 ? Number(number) : (Number(number) & 0x7f) << this.shift;
          this.shift += 7;
          if (size === 0 || (Number(number) & 0x80) === 0) this.state = "augmentation";
        }
        if (this.state === "augmentation" && this.size === 0) this.state = "instructions";
        break;
      case "augmentation":
        this.size -= size;
        if (size === 0 || this.size < 0) this.state = "given up";
        else if (this.size === 0) this.state = "instructions";
        break;
      case "instructions":
        if (size === 1 && op === CONSTANT && number === DW_CFA_advance_loc4) {
          sections.reserve(5);
          this.state = "advance";
          this.fragment = sections.fragment;
          this.where = sections.offset;
        }
        break;
      case "advance":
        this.state = "instructions";
        if (size === 4) return this.shorten(expression);
        break;
      default:
        break;
    }
    return size;
  }

  private shorten(expression: Expression): number {
    const { sections, variable } = this.assembler;
    const { bytes } = sections.chain;
    const at = sections.fragments.start[this.fragment] + this.where;
    const { op } = expression;
    if (op === CONSTANT) {
      const distance = Number(expression.number);
      if (distance < 0x40) bytes[at] = DW_CFA_advance_loc | distance;
      else if (distance < 0x100) bytes[at] = DW_CFA_advance_loc1;
      else if (distance < 0x10000) bytes[at] = DW_CFA_advance_loc2;
      return distance < 0x40 ? 0 : distance < 0x100 ? 1 : distance < 0x10000 ? 2 : 4;
    }
    if (op !== SUBTRACT || this.first?.unit !== 1 || this.fragment !== sections.fragment) return 4;
    let owner = variable.get(CFA);
    if (!(owner instanceof Advances)) {
      owner = new Advances(this.assembler);
      variable.set(CFA, owner);
    }
    const { fragment } = sections;
    sections.variable(CFA, 4, 0, 0, -1, 0);
    if (owner instanceof Advances) owner.add(fragment, this.where, expression.opSymbol, expression.symbol);
    return 0;
  }
}

/** What the first CIE of a section says: undefined unless it is one of version 1. */
function readFirst(assembler: Assembler, section: Section): { unit: number; augmented: boolean } | undefined {
  const { fragments } = assembler.sections;
  const [chain] = section.chains;
  const bytes: number[] = [];
  for (let id: FragmentId = chain.first; id !== 0 && bytes.length < 64; id = fragments.next[id]) {
    const start = fragments.start[id];
    const length = id === chain.last ? chain.used - start : fragments.fixed[id];
    for (let i = 0; i < length && bytes.length < 64; i++) bytes.push(chain.bytes[start + i]);
  }
  const mark = section.name.startsWith(".debug_frame") ? 0xff : 0;
  if (bytes.length < 10 || bytes.slice(4, 8).some((byte) => byte !== mark) || bytes[8] !== 1)
    return undefined;
  const end = bytes.indexOf(0, 9);
  if (end < 0) return undefined;
  const augmentation = String.fromCharCode(...bytes.slice(9, end));
  let at = end + 1;
  // The old augmentation "eh" has a pointer of its own.
  if (augmentation === "eh") at += assembler.target.xlen / 8;
  else if (augmentation !== "" && augmentation[0] !== "z") return undefined;
  if (at >= bytes.length) return undefined;
  const unit = bytes[at];
  return { unit: unit & 0x80 ? 0 : unit, augmented: augmentation[0] === "z" };
}
