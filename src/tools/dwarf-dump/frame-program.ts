import {
  DW_CFA_advance_loc,
  DW_CFA_advance_loc1,
  DW_CFA_advance_loc2,
  DW_CFA_advance_loc4,
  DW_CFA_def_cfa,
  DW_CFA_def_cfa_expression,
  DW_CFA_def_cfa_offset,
  DW_CFA_def_cfa_offset_sf,
  DW_CFA_def_cfa_register,
  DW_CFA_def_cfa_sf,
  DW_CFA_expression,
  DW_CFA_GNU_args_size,
  DW_CFA_GNU_negative_offset_extended,
  DW_CFA_GNU_window_save,
  DW_CFA_hi_user,
  DW_CFA_lo_user,
  DW_CFA_MIPS_advance_loc8,
  DW_CFA_nop,
  DW_CFA_offset,
  DW_CFA_offset_extended,
  DW_CFA_offset_extended_sf,
  DW_CFA_register,
  DW_CFA_remember_state,
  DW_CFA_restore,
  DW_CFA_restore_extended,
  DW_CFA_restore_state,
  DW_CFA_same_value,
  DW_CFA_set_loc,
  DW_CFA_undefined,
  DW_CFA_val_expression,
  DW_CFA_val_offset,
  DW_CFA_val_offset_sf,
  type Reader,
} from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, hexDigits, sharp } from "./context.ts";
import { expressionText } from "./expression.ts";
import type { Common, FrameTable, Row, Rule } from "./frame-row.ts";
import { type Registers, registerText } from "./registers.ts";

// The instructions of one entry (DWARF 5, section 6.4.2): each on a line, or,
// interpreted, the row that they make for each place.

const EM_AARCH64 = 183;

/** What the entries of a section have in common. */
export interface FrameContext {
  readonly dump: DwarfDump;
  readonly section: DebugSection;
  readonly registers: Registers;
  readonly table: FrameTable;
}

/** The size of an encoded pointer (DW_EH_PE_*). */
export function encodedSize(encoding: number, addressSize: number): number {
  switch (encoding & 7) {
    case 2:
      return 2;
    case 3:
      return 4;
    case 4:
      return 8;
    default:
      return addressSize;
  }
}

/** An encoded address. */
export function readEncoded(
  { dump, section }: FrameContext,
  reader: Reader,
  encoding: number,
  addressSize: number,
): bigint {
  const size = encodedSize(encoding, addressSize);
  const { at } = reader;
  if (reader.atEnd || size > reader.left) {
    dump.warn("Encoded value extends past end of section");
    reader.at = reader.end;
    return 0n;
  }
  let value = encoding & 8 ? reader.int(size) : reader.uint(size);
  if ((encoding & 0x70) === 0x10) value += section.address + BigInt(at);
  return BigInt.asUintN(64, value);
}

/** An instruction apart from an operand in its lower bits. */
const operationOf = (byte: number): number => (byte & 0xc0 ? byte & 0xc0 : byte);

const signed = (value: bigint): string => {
  const number = BigInt.asIntN(64, value);
  return number < 0n ? `${number}` : `+${number}`;
};

export class FrameProgram {
  private readonly context: FrameContext;
  private readonly dump: DwarfDump;
  private readonly interpret: boolean;
  private readonly common: Common;
  private readonly row: Row;
  private readonly remembered: Row[] = [];
  private begin: bigint;
  private needsHeading = true;

  /** `row` is what holds at `begin`, and is changed. */
  constructor(context: FrameContext, common: Common, row: Row, begin: bigint) {
    this.context = context;
    this.dump = context.dump;
    this.interpret = context.dump.options.interpretFrames;
    this.common = common;
    this.row = row;
    this.begin = begin;
  }

  run(reader: Reader): void {
    this.scan(reader.from(reader.at));
    let onlyNops = true;
    while (!reader.atEnd) {
      const byte = reader.u8();
      if (byte !== DW_CFA_nop) onlyNops = false;
      this.step(reader, operationOf(byte), byte & 0x3f);
    }
    if (this.interpret && !onlyNops) this.show();
  }

  /** Marks the registers that the instructions name, so that each has a column. */
  private scan(reader: Reader): void {
    const { row, common } = this;
    const initial = [...common.rules];
    const { encoding } = common;
    const pointerSize = encoding === 0 ? this.dump.addressSize : encodedSize(encoding, this.dump.addressSize);
    while (!reader.atEnd) {
      const register = this.namedRegister(reader, pointerSize);
      if (register < 0 || register > 0xffffffff || !this.context.table.reserve(row, register)) continue;
      const known = initial[register];
      row.rules[register] = known === undefined || known === "unreferenced" ? "undefined" : known;
    }
  }

  /** Passes one instruction; the register whose rule it changes, or -1. */
  private namedRegister(reader: Reader, pointerSize: number): number {
    const byte = reader.u8();
    let register = -1;
    switch (operationOf(byte)) {
      case DW_CFA_offset:
        register = byte & 0x3f;
        reader.uleb();
        break;
      case DW_CFA_restore:
        register = byte & 0x3f;
        break;
      case DW_CFA_set_loc:
        reader.skip(pointerSize);
        break;
      case DW_CFA_advance_loc1:
        reader.skip(1);
        break;
      case DW_CFA_advance_loc2:
        reader.skip(2);
        break;
      case DW_CFA_advance_loc4:
        reader.skip(4);
        break;
      case DW_CFA_MIPS_advance_loc8:
        reader.skip(8);
        break;
      case DW_CFA_offset_extended:
      case DW_CFA_register:
      case DW_CFA_val_offset:
      case DW_CFA_offset_extended_sf:
      case DW_CFA_val_offset_sf:
      case DW_CFA_GNU_negative_offset_extended:
        register = reader.ulebNumber();
        reader.uleb();
        break;
      case DW_CFA_restore_extended:
      case DW_CFA_undefined:
      case DW_CFA_same_value:
        register = reader.ulebNumber();
        break;
      case DW_CFA_def_cfa:
      case DW_CFA_def_cfa_sf:
        reader.uleb();
        reader.uleb();
        break;
      case DW_CFA_def_cfa_register:
      case DW_CFA_def_cfa_offset:
      case DW_CFA_def_cfa_offset_sf:
      case DW_CFA_GNU_args_size:
        reader.uleb();
        break;
      case DW_CFA_def_cfa_expression:
        reader.skip(reader.ulebNumber());
        break;
      case DW_CFA_expression:
      case DW_CFA_val_expression:
        register = reader.ulebNumber();
        reader.skip(reader.ulebNumber());
        break;
    }
    return register;
  }

  private step(reader: Reader, operation: number, low: number): void {
    const { common } = this;
    switch (operation) {
      case DW_CFA_nop:
        this.say("DW_CFA_nop");
        break;
      case DW_CFA_advance_loc:
        this.advance("DW_CFA_advance_loc", BigInt(low) * common.codeFactor);
        break;
      case DW_CFA_advance_loc1:
        this.advance("DW_CFA_advance_loc1", reader.uint(1) * common.codeFactor);
        break;
      case DW_CFA_advance_loc2:
        this.advance("DW_CFA_advance_loc2", reader.uint(2) * common.codeFactor);
        break;
      case DW_CFA_advance_loc4:
        this.advance("DW_CFA_advance_loc4", reader.uint(4) * common.codeFactor);
        break;
      case DW_CFA_MIPS_advance_loc8:
        this.advance("DW_CFA_MIPS_advance_loc8", reader.uint(8) * common.codeFactor);
        break;
      case DW_CFA_set_loc:
        this.setLocation(reader);
        break;
      case DW_CFA_offset:
        this.place("DW_CFA_offset", low, reader.uleb() * common.dataFactor, "offset");
        break;
      case DW_CFA_offset_extended:
        this.placeUnsigned("DW_CFA_offset_extended", reader, "offset");
        break;
      case DW_CFA_offset_extended_sf:
        this.placeSigned("DW_CFA_offset_extended_sf", reader, "offset", 1n);
        break;
      case DW_CFA_GNU_negative_offset_extended:
        this.placeSigned("DW_CFA_GNU_negative_offset_extended", reader, "offset", -1n);
        break;
      case DW_CFA_val_offset:
        this.placeUnsigned("DW_CFA_val_offset", reader, "val_offset");
        break;
      case DW_CFA_val_offset_sf:
        this.placeSigned("DW_CFA_val_offset_sf", reader, "val_offset", 1n);
        break;
      case DW_CFA_restore:
        this.restore("DW_CFA_restore", low);
        break;
      case DW_CFA_restore_extended:
        this.restore("DW_CFA_restore_extended", reader.ulebNumber());
        break;
      case DW_CFA_undefined:
        this.plain("DW_CFA_undefined", reader.ulebNumber(), "undefined");
        break;
      case DW_CFA_same_value:
        this.plain("DW_CFA_same_value", reader.ulebNumber(), "same");
        break;
      case DW_CFA_register:
        this.inRegister(reader.ulebNumber(), reader.uleb());
        break;
      case DW_CFA_remember_state:
        this.remember();
        break;
      case DW_CFA_restore_state:
        this.recall();
        break;
      case DW_CFA_def_cfa:
        this.defineFrame("DW_CFA_def_cfa", reader.ulebNumber(), reader.uleb());
        break;
      case DW_CFA_def_cfa_sf:
        this.defineFrame("DW_CFA_def_cfa_sf", reader.ulebNumber(), reader.sleb() * common.dataFactor);
        break;
      case DW_CFA_def_cfa_register:
        this.row.cfaRegister = reader.ulebNumber();
        this.row.cfaExpression = false;
        this.say(`DW_CFA_def_cfa_register: ${this.name(this.row.cfaRegister)}`);
        break;
      case DW_CFA_def_cfa_offset:
        this.row.cfaOffset = reader.uleb();
        this.say(`DW_CFA_def_cfa_offset: ${BigInt.asIntN(32, this.row.cfaOffset)}`);
        break;
      case DW_CFA_def_cfa_offset_sf:
        this.row.cfaOffset = reader.sleb() * common.dataFactor;
        this.say(`DW_CFA_def_cfa_offset_sf: ${this.row.cfaOffset}`);
        break;
      case DW_CFA_def_cfa_expression:
        this.frameExpression(reader);
        break;
      case DW_CFA_expression:
        this.expression("DW_CFA_expression", reader, "expression");
        break;
      case DW_CFA_val_expression:
        this.expression("DW_CFA_val_expression", reader, "val_expression");
        break;
      case DW_CFA_GNU_window_save: {
        const isArm = this.dump.image.header.machine === EM_AARCH64;
        this.say(isArm ? "DW_CFA_AARCH64_negate_ra_state" : "DW_CFA_GNU_window_save");
        break;
      }
      case DW_CFA_GNU_args_size:
        this.say(`DW_CFA_GNU_args_size: ${reader.uleb()}`);
        break;
      default:
        this.unknown(operation);
        reader.at = reader.end;
    }
  }

  private unknown(operation: number): void {
    if (operation >= DW_CFA_lo_user && operation <= DW_CFA_hi_user)
      this.dump.out.text(`  DW_CFA_??? (User defined call frame op: ${sharp(operation)})\n`);
    else this.dump.warn(`Unsupported or unknown Dwarf Call Frame Instruction number: ${sharp(operation)}`);
  }

  private name(register: number): string {
    return registerText(this.context.registers, register, false);
  }

  private say(text: string): void {
    if (!this.interpret) this.dump.out.text(`  ${text}\n`);
  }

  private show(): void {
    this.context.table.show(this.row, this.common, this.begin, this.needsHeading);
    this.needsHeading = false;
  }

  private advance(label: string, delta: bigint): void {
    const { addressSize } = this.common;
    if (this.interpret) this.show();
    else this.say(`${label}: ${BigInt.asIntN(64, delta)} to ${hexDigits(this.begin + delta, addressSize)}`);
    this.begin = BigInt.asUintN(64, this.begin + delta);
  }

  private setLocation(reader: Reader): void {
    const { encoding, addressSize } = this.common;
    const value = readEncoded(this.context, reader, encoding, addressSize);
    if (this.interpret) this.show();
    else this.say(`DW_CFA_set_loc: ${hexDigits(value, addressSize)}`);
    this.begin = value;
  }

  /** Shows an instruction about a register, also interpreted if there is no such register; then false. */
  private about(register: number, text: (shown: string) => string): boolean {
    const bad = register >= this.row.rules.length;
    const line = text(`${bad ? "bad register: " : ""}${this.name(register)}`);
    if (!this.interpret || bad) this.dump.out.text(`  ${line}\n`);
    return !bad;
  }

  private set(register: number, rule: Rule, offset: bigint): void {
    this.row.rules[register] = rule;
    this.row.offsets[register] = offset;
  }

  private plain(label: string, register: number, rule: Rule): void {
    if (this.about(register, (shown) => `${label}: ${shown}`)) this.set(register, rule, 0n);
  }

  private restore(label: string, register: number): void {
    if (!this.about(register, (shown) => `${label}: ${shown}`)) return;
    const rule = this.common.rules[register];
    if (rule === undefined || rule === "unreferenced") this.set(register, "undefined", 0n);
    else this.set(register, rule, this.common.offsets[register]);
  }

  private place(label: string, register: number, offset: bigint, rule: "offset" | "val_offset"): void {
    const word = rule === "val_offset" ? "is" : "at";
    if (this.about(register, (shown) => `${label}: ${shown} ${word} cfa${signed(offset)}`))
      this.set(register, rule, offset);
  }

  private placeUnsigned(label: string, reader: Reader, rule: "offset" | "val_offset"): void {
    const register = reader.ulebNumber();
    this.place(label, register, reader.uleb() * this.common.dataFactor, rule);
  }

  private placeSigned(label: string, reader: Reader, rule: "offset" | "val_offset", sign: bigint): void {
    const register = reader.ulebNumber();
    this.place(label, register, sign * reader.sleb() * this.common.dataFactor, rule);
  }

  private inRegister(register: number, other: bigint): void {
    if (this.about(register, (shown) => `DW_CFA_register: ${shown} in ${this.name(Number(other))}`))
      this.set(register, "register", other);
  }

  private remember(): void {
    const { row } = this;
    this.say("DW_CFA_remember_state");
    this.remembered.push({ ...row, rules: [...row.rules], offsets: [...row.offsets] });
  }

  private recall(): void {
    const { row } = this;
    this.say("DW_CFA_restore_state");
    const saved = this.remembered.pop();
    if (saved) {
      row.cfaRegister = saved.cfaRegister;
      row.cfaOffset = saved.cfaOffset;
      row.cfaExpression = saved.cfaExpression;
      for (const [i, rule] of saved.rules.entries()) this.set(i, rule, saved.offsets[i]);
    } else if (this.interpret) this.dump.out.text("Mismatched DW_CFA_restore_state\n");
  }

  private defineFrame(label: string, register: number, offset: bigint): void {
    const { row } = this;
    row.cfaRegister = register;
    row.cfaOffset = offset;
    row.cfaExpression = false;
    const shown = label === "DW_CFA_def_cfa" ? BigInt.asIntN(32, offset) : offset;
    this.say(`${label}: ${this.name(register)} ofs ${shown}`);
  }

  private frameExpression(reader: Reader): void {
    const text = this.block("DW_CFA_def_cfa_expression", reader);
    if (text === undefined) return;
    this.say(`DW_CFA_def_cfa_expression (${text})`);
    this.row.cfaExpression = true;
  }

  private expression(label: string, reader: Reader, rule: Rule): void {
    const register = reader.ulebNumber();
    const text = this.block(label, reader);
    if (text !== undefined && this.about(register, (shown) => `${label}: ${shown} (${text})`))
      this.row.rules[register] = rule;
  }

  /** Passes an expression; its text, empty where rows are shown; undefined if it is longer than the entry. */
  private block(label: string, reader: Reader): string | undefined {
    const { dump } = this;
    const length = reader.ulebNumber();
    if (length > reader.left) {
      dump.out.text(`  ${label}: <corrupt len ${length}>\n`);
      return undefined;
    }
    const inner = reader.from(reader.at, reader.at + length);
    reader.skip(length);
    if (this.interpret) return "";
    const unit = { addressSize: dump.addressSize, offsetSize: 0, version: -1, unitOffset: 0 };
    return expressionText(dump, inner, unit).text;
  }
}
