import {
  DW_CFA_advance_loc,
  DW_CFA_advance_loc1,
  DW_CFA_advance_loc2,
  DW_CFA_advance_loc4,
  DW_CFA_def_cfa,
  DW_CFA_def_cfa_offset,
  DW_CFA_def_cfa_offset_sf,
  DW_CFA_def_cfa_register,
  DW_CFA_def_cfa_sf,
  DW_CFA_offset,
  DW_CFA_offset_extended,
  DW_CFA_offset_extended_sf,
  DW_CFA_register,
  DW_CFA_restore,
  DW_CFA_restore_extended,
  DW_CFA_same_value,
  DW_CFA_undefined,
  DW_CFA_val_expression,
  DW_CFA_val_offset,
  DW_CFA_val_offset_sf,
} from "../dwarf/index.ts";
import {
  R_RISCV_SET6,
  R_RISCV_SET8,
  R_RISCV_SET16,
  R_RISCV_SET32,
  R_RISCV_SUB6,
  R_RISCV_SUB8,
  R_RISCV_SUB16,
  R_RISCV_SUB32,
} from "../elf/index.ts";
import type { Assembler } from "./assembler.ts";
import {
  DEBUG_FRAME,
  DW_EH_PE_omit,
  DW_EH_PE_pcrel,
  EH_FRAME,
  type Frame,
  type FrameRule,
  RULE_ENCODED_ADDRESS,
  RULE_ESCAPE,
  RULE_LABEL,
} from "./cfi.ts";
import { emitExpression, leb128Bytes } from "./emit-data.ts";
import { difference, type Expression, symbolExpression } from "./expression.ts";
import { type Distance, LabelDistances } from "./label-distances.ts";
import { isCode } from "./section-kinds.ts";
import { ALIGN, CFA, type FragmentId } from "./sections.ts";
import type { SymbolId } from "./symbols.ts";

/**
 * Writes .eh_frame and .debug_frame. Functions whose rules begin alike share a
 * CIE that holds this beginning; each has an FDE with the rest.
 *
 * The linker may shorten code, so no distance in it is final: lengths are pairs
 * of ADD and SUB relocations, and an advance is a SET6, SET8, SET16 or SET32
 * with its SUB. How wide it is has to be decided here, by the distance before
 * the linker; a shorter distance fits as well.
 */

interface Cie {
  readonly start: SymbolId;
  readonly frame: Frame;
  /** How many of its rules stand in the CIE. */
  readonly count: number;
}

const SHT_PROGBITS = 1;
const SHF_ALLOC = 2;
const DW_OP_addr = 0x03;
const DW_OP_GNU_encoded_addr = 0xf1;
/** Relative to its place, signed, 4 bytes. */
const FDE_ENCODING = 0x1b;
const DATA_ALIGNMENT = -4;

export function finishFrames(assembler: Assembler): void {
  const { callFrames } = assembler;
  if (!callFrames.frames.length) return;
  if (!(assembler.variable.get(CFA) instanceof Advances))
    assembler.variable.set(CFA, new Advances(assembler));
  const { xlen } = assembler.target;
  for (const frame of callFrames.frames)
    if (frame.end === undefined) {
      assembler.error("AS0910", "open CFI at the end of file; missing .cfi_endproc directive");
      frame.end = frame.start;
    }
  if ((callFrames.allSections & EH_FRAME) !== 0) {
    openSection(assembler, ".eh_frame", SHF_ALLOC, xlen === 64 ? 3 : 2);
    new FrameWriter(assembler, true).write(callFrames.frames, EH_FRAME);
  }
  if ((callFrames.allSections & DEBUG_FRAME) !== 0) {
    openSection(assembler, ".debug_frame", 0, xlen === 64 ? 3 : 2);
    for (const frame of callFrames.frames) frame.personalityEncoding = frame.handlerEncoding = DW_EH_PE_omit;
    new FrameWriter(assembler, false).write(callFrames.frames, DEBUG_FRAME);
  }
}

function openSection({ sections }: Assembler, name: string, flags: number, alignment: number): void {
  const section = sections.byName(name) ?? sections.add(name, SHT_PROGBITS, flags);
  section.flags = flags;
  sections.switchTo(section);
  section.alignment = Math.max(section.alignment, alignment);
}

/** Rules that a CIE can hold: those that do not depend on an address. */
function isInitial({ kind }: FrameRule): boolean {
  switch (kind) {
    case DW_CFA_offset:
    case DW_CFA_def_cfa:
    case DW_CFA_val_offset:
    case DW_CFA_register:
    case DW_CFA_def_cfa_register:
    case DW_CFA_restore:
    case DW_CFA_undefined:
    case DW_CFA_same_value:
    case DW_CFA_def_cfa_offset:
      return true;
    default:
      return false;
  }
}

function sameRule(a: FrameRule, b: FrameRule): boolean {
  return a.kind === b.kind && a.register === b.register && a.offset === b.offset && isInitial(a);
}

function samePersonality(a: Frame, b: Frame): boolean {
  if (a.personalityEncoding !== b.personalityEncoding) return false;
  const [x, y] = [a.personality, b.personality];
  if (!x || !y) return x === y;
  return x.op === y.op && x.number === y.number && x.symbol === y.symbol;
}

class FrameWriter {
  private readonly assembler: Assembler;
  private readonly eh: boolean;
  private readonly addressSize: number;
  /** The newest first. */
  private readonly cies: Cie[] = [];

  constructor(assembler: Assembler, eh: boolean) {
    this.assembler = assembler;
    this.eh = eh;
    this.addressSize = assembler.target.xlen / 8;
  }

  write(frames: readonly Frame[], which: number): void {
    const alignment = this.addressSize === 8 ? 3 : 2;
    for (const [i, frame] of frames.entries()) {
      if ((frame.sections & which) === 0) continue;
      const cie = this.cieFor(frame, this.eh ? 2 : alignment);
      // Only the last entry of .eh_frame is filled up to an address's alignment.
      if (this.eh) this.assembler.temporaryLabel();
      this.fde(frame, cie, !this.eh || i === frames.length - 1 ? alignment : 2);
    }
  }

  private cieFor(frame: Frame, alignment: number): Cie {
    for (const cie of this.cies) {
      const other = cie.frame;
      if (other.returnColumn !== frame.returnColumn || other.signal !== frame.signal) continue;
      if (other.handlerEncoding !== frame.handlerEncoding || !samePersonality(other, frame)) continue;
      let i = 0;
      while (i < cie.count && i < frame.rules.length && sameRule(other.rules[i], frame.rules[i])) i++;
      if (i === cie.count) return cie;
    }
    let count = 0;
    while (count < frame.rules.length && isInitial(frame.rules[count])) count++;
    const cie: Cie = { start: this.assembler.temporaryLabel(), frame, count };
    this.cies.unshift(cie);
    this.writeCie(cie, alignment);
    return cie;
  }

  private writeCie({ frame, count }: Cie, alignment: number): void {
    const { assembler, eh } = this;
    const { sections } = assembler;
    const version = assembler.options.cieVersion ?? 3;
    const end = this.length();
    sections.emit32(eh ? 0 : -1);
    sections.emitByte(version);
    let augmentation = "";
    if (eh) {
      augmentation = "z";
      if (frame.personalityEncoding !== DW_EH_PE_omit) augmentation += "P";
      if (frame.handlerEncoding !== DW_EH_PE_omit) augmentation += "L";
      augmentation += "R";
    }
    if (frame.signal) augmentation += "S";
    for (const letter of augmentation) sections.emitByte(letter.charCodeAt(0));
    sections.emitByte(0);
    if (version >= 4) {
      // GNU as says 8 for both sizes of addresses.
      sections.emitByte(8);
      sections.emitByte(0);
    }
    this.unsigned(1);
    this.signed(DATA_ALIGNMENT);
    if (version === 1) {
      if (frame.returnColumn > 0xff)
        assembler.error("AS0912", `return column number ${frame.returnColumn} overflows in CIE version 1`);
      sections.emitByte(frame.returnColumn);
    } else this.unsigned(frame.returnColumn);
    if (eh) {
      const handler = frame.handlerEncoding !== DW_EH_PE_omit;
      const personality = frame.personalityEncoding !== DW_EH_PE_omit;
      this.unsigned(1 + (handler ? 1 : 0) + (personality ? 1 + this.sizeOf(frame.personalityEncoding) : 0));
      if (personality) {
        sections.emitByte(frame.personalityEncoding);
        this.pointer(frame.personality, frame.personalityEncoding);
      }
      if (handler) sections.emitByte(frame.handlerEncoding);
      sections.emitByte(FDE_ENCODING);
    }
    for (let i = 0; i < count; i++) this.rule(frame.rules[i]);
    this.align(alignment, end);
  }

  private fde(frame: Frame, cie: Cie, alignment: number): void {
    const { assembler, eh } = this;
    const end = this.length();
    const here = this.afterLength;
    if (eh) emitExpression(assembler, difference(here, cie.start), 4);
    else emitExpression(assembler, symbolExpression(cie.start), 4);
    const size = eh ? 4 : this.addressSize;
    if (eh) emitExpression(assembler, difference(frame.start, assembler.temporaryLabel()), size);
    else emitExpression(assembler, symbolExpression(frame.start), size);
    emitExpression(assembler, difference(frame.end ?? frame.start, frame.start), size);
    if (eh) this.unsigned(this.sizeOf(frame.handlerEncoding));
    if (cie.frame.handlerEncoding !== DW_EH_PE_omit) this.pointer(frame.handler, cie.frame.handlerEncoding);
    for (let i = cie.count; i < frame.rules.length; i++) this.rule(frame.rules[i]);
    this.align(alignment, end);
  }

  private afterLength: SymbolId = -1;

  /** The length field; the result is the label of the entry's end. */
  private length(): SymbolId {
    const { assembler } = this;
    this.afterLength = assembler.futureLabel();
    const end = assembler.futureLabel();
    emitExpression(assembler, difference(end, this.afterLength), 4);
    assembler.placeLabel(this.afterLength);
    return end;
  }

  private align(alignment: number, end: SymbolId): void {
    const { sections } = this.assembler;
    const at = sections.variable(ALIGN, 1, 1, 0, -1, alignment);
    sections.chain.bytes[at] = 0;
    this.assembler.placeLabel(end);
  }

  private sizeOf(encoding: number): number {
    if (encoding === DW_EH_PE_omit) return 0;
    switch (encoding & 7) {
      case 2:
        return 2;
      case 3:
        return 4;
      case 4:
        return 8;
      default:
        return this.addressSize;
    }
  }

  private pointer(address: Expression | undefined, encoding: number): void {
    if (!address || encoding === DW_EH_PE_omit) return;
    const { assembler } = this;
    const size = this.sizeOf(encoding);
    if ((encoding & 0x70) === DW_EH_PE_pcrel)
      emitExpression(assembler, difference(address.symbol, assembler.temporaryLabel(), address.number), size);
    else emitExpression(assembler, { ...address }, size);
  }

  private unsigned(value: number): void {
    // A negative number is taken for one of 64 bits, as GNU as does.
    for (const byte of leb128Bytes(BigInt.asUintN(64, BigInt(value)), false))
      this.assembler.sections.emitByte(byte);
  }

  private signed(value: number): void {
    for (const byte of leb128Bytes(BigInt(value), true)) this.assembler.sections.emitByte(byte);
  }

  private rule(rule: FrameRule): void {
    const { assembler } = this;
    const { sections } = assembler;
    const { kind, register, offset } = rule;
    const byte = (value: number) => sections.emitByte(value);
    const scaled = Math.trunc(offset / DATA_ALIGNMENT);
    switch (kind) {
      case DW_CFA_advance_loc:
        this.advance(rule);
        return;
      case DW_CFA_def_cfa:
        byte(offset < 0 ? DW_CFA_def_cfa_sf : kind);
        this.unsigned(register);
        if (offset < 0) this.signed(scaled);
        else this.unsigned(offset);
        return;
      case DW_CFA_def_cfa_register:
      case DW_CFA_undefined:
      case DW_CFA_same_value:
        byte(kind);
        this.unsigned(register);
        return;
      case DW_CFA_def_cfa_offset:
        byte(offset < 0 ? DW_CFA_def_cfa_offset_sf : kind);
        if (offset < 0) this.signed(scaled);
        else this.unsigned(offset);
        return;
      case DW_CFA_restore:
        if (register <= 0x3f) byte(kind + register);
        else {
          byte(DW_CFA_restore_extended);
          this.unsigned(register);
        }
        return;
      case DW_CFA_offset:
        if (scaled < 0) {
          byte(DW_CFA_offset_extended_sf);
          this.unsigned(register);
          this.signed(scaled);
        } else {
          byte(register <= 0x3f ? kind + register : DW_CFA_offset_extended);
          if (register > 0x3f) this.unsigned(register);
          this.unsigned(scaled);
        }
        return;
      case DW_CFA_val_offset:
        byte(scaled < 0 ? DW_CFA_val_offset_sf : kind);
        this.unsigned(register);
        if (scaled < 0) this.signed(scaled);
        else this.unsigned(scaled);
        return;
      case DW_CFA_register:
        byte(kind);
        this.unsigned(register);
        this.unsigned(offset);
        return;
      case RULE_ESCAPE:
        for (const expression of rule.bytes ?? []) emitExpression(assembler, { ...expression }, 1);
        return;
      case RULE_ENCODED_ADDRESS:
        this.encodedAddress(rule);
        return;
      case RULE_LABEL:
        assembler.defineLabel(assembler.names.internText(rule.label ?? ""));
        return;
      default:
        byte(kind);
    }
  }

  private encodedAddress({ register, encoding = 0, address }: FrameRule): void {
    const { sections } = this.assembler;
    const size = this.sizeOf(encoding);
    sections.emitByte(DW_CFA_val_expression);
    this.unsigned(register);
    // A plain address has an operation of its own.
    if (encoding === 0) {
      this.unsigned(1 + size);
      sections.emitByte(DW_OP_addr);
    } else {
      this.unsigned(2 + size);
      sections.emitByte(DW_OP_GNU_encoded_addr);
      sections.emitByte(encoding);
    }
    this.pointer(address, encoding);
  }

  private advance({ from = -1, to = -1 }: FrameRule): void {
    const { assembler } = this;
    const { sections, symbols } = assembler;
    if (symbols.fragment[from] === symbols.fragment[to]) {
      const distance = Number(symbols.valueOf(to)) - Number(symbols.valueOf(from));
      if (distance === 0) return;
      if (distance <= 0x3f) sections.emitByte(DW_CFA_advance_loc + distance);
      else if (distance <= 0xff) {
        sections.emitByte(DW_CFA_advance_loc1);
        sections.emitByte(distance);
      } else if (distance <= 0xffff) {
        sections.emitByte(DW_CFA_advance_loc2);
        sections.emit16(distance);
      } else {
        sections.emitByte(DW_CFA_advance_loc4);
        sections.emit32(distance);
      }
      return;
    }
    // The operation and its operand belong to one fragment.
    sections.reserve(5);
    sections.emitByte(DW_CFA_advance_loc4);
    const { fragment } = sections;
    const where = sections.offset - 1;
    sections.variable(CFA, 4, 0, 0, -1, 0);
    const owner = assembler.variable.get(CFA);
    if (owner instanceof Advances) owner.add(fragment, where, from, to);
  }
}

interface Advance extends Distance {
  /** Offset of the instruction in its fragment; the operand begins behind the fixed bytes. */
  readonly where: number;
  distance: number;
}

/** Advances whose distance is not known until the code is laid out. */
export class Advances extends LabelDistances<Advance> {
  add(fragment: FragmentId, where: number, from: SymbolId, to: SymbolId): void {
    this.parts.set(fragment, { from, to, where, length: 0, distance: 0 });
  }

  protected measure(advance: Advance, distance: number): number {
    advance.distance = distance;
    // An advance of nothing is taken out, its operation too.
    if (distance === 0) return -1;
    return distance < 0x40 ? 0 : distance < 0x100 ? 1 : distance < 0x10000 ? 2 : 4;
  }

  convert(fragment: FragmentId): void {
    const advance = this.parts.get(fragment);
    if (!advance) return;
    const { fragments, all } = this.assembler.sections;
    const chain = fragments.chainOf(fragment);
    const { bytes, section } = chain;
    const { distance, length, from, to, where } = advance;
    const operation = fragments.start[fragment] + where;
    const operand = fragments.start[fragment] + fragments.fixed[fragment];
    if (length === 0) bytes[operation] = DW_CFA_advance_loc | distance;
    else if (length === 1) bytes[operation] = DW_CFA_advance_loc1;
    else if (length === 2) bytes[operation] = DW_CFA_advance_loc2;
    for (let i = 0; i < length; i++) bytes[operand + i] = distance >>> (i * 8);
    const code = all[this.assembler.symbols.section[from]];
    if (length >= 0 && code && isCode(code)) {
      const set = [R_RISCV_SET6, R_RISCV_SET8, R_RISCV_SET16, 0, R_RISCV_SET32][length];
      const sub = [R_RISCV_SUB6, R_RISCV_SUB8, R_RISCV_SUB16, 0, R_RISCV_SUB32][length];
      const place = length === 0 ? where : fragments.fixed[fragment];
      section.fixups.add(fragment, place, Math.max(1, length), set, to, -1);
      section.fixups.add(fragment, place, Math.max(1, length), sub, from, -1);
    }
    fragments.fixed[fragment] += length;
  }
}
