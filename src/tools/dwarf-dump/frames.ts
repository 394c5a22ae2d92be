import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, hexDigits, sharp } from "./context.ts";
import { expressionText } from "./expression.ts";
import { type Registers, registersOf, registerText } from "./registers.ts";

// .eh_frame and .debug_frame (DWARF 5, section 6.4): how to undo a function's
// prologue at each of its instructions, as the records say it or, interpreted,
// as a table with a row for each place where something changes.

/** Where a register's value is, as a rule of a row. */
type Rule =
  | "unreferenced"
  | "undefined"
  | "same"
  | "offset"
  | "val_offset"
  | "register"
  | "expression"
  | "val_expression";

interface Row {
  rules: Rule[];
  offsets: bigint[];
  cfaRegister: number;
  cfaOffset: bigint;
  cfaExpression: boolean;
}

interface Common extends Row {
  readonly start: number;
  readonly version: number;
  readonly augmentation: string;
  readonly addressSize: number;
  readonly segmentSize: number;
  readonly codeFactor: bigint;
  readonly dataFactor: bigint;
  readonly returnRegister: number;
  readonly encoding: number;
  /** What follows the header: instructions. */
  readonly instructions: number;
  readonly data: Uint8Array;
}

const MAX_COLUMNS = 1024;

/** The size of an encoded pointer (DW_EH_PE_*). */
function encodedSize(encoding: number, addressSize: number): number {
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

export function showFrames(dump: DwarfDump, section: DebugSection): void {
  new FrameDump(dump, section).run();
}

class FrameDump {
  private readonly dump: DwarfDump;
  private readonly section: DebugSection;
  private readonly isEh: boolean;
  private readonly registers: Registers;
  private readonly interpret: boolean;
  private readonly commons = new Map<number, Common>();
  private maxColumns = 0;

  constructor(dump: DwarfDump, section: DebugSection) {
    this.dump = dump;
    this.section = section;
    this.isEh = section.name === ".eh_frame";
    this.registers = registersOf(dump.image.header.machine);
    this.interpret = dump.options.interpretFrames;
  }

  run(): void {
    const { dump, section } = this;
    const { out } = dump;
    dump.introduce(section);
    const whole = dump.reader(section);
    const hex8 = (value: number) => value.toString(16).padStart(8, "0");
    while (!whole.atEnd) {
      const start = whole.at;
      const first = whole.u32();
      if (first === 0) {
        out.text(`\n${hex8(start)} ZERO terminator\n\n`);
        while (!whole.atEnd && section.bytes[whole.at] === 0) whole.at++;
        continue;
      }
      const offsetSize = first === 0xffffffff ? 8 : 4;
      const length = offsetSize === 8 ? Number(whole.uint(8)) : first;
      let end = whole.at + length;
      if (length > whole.left) {
        dump.warn(`Invalid length ${sharp(length)} in FDE at ${sharp(start)}`);
        end = whole.end;
      }
      const reader = whole.from(whole.at, end);
      const idAt = reader.at;
      const id = reader.uint(offsetSize);
      if (this.isCommon(id, offsetSize)) {
        const common = this.readCommon(reader, start);
        if (!common) break;
        this.commons.set(start, common);
        this.reserve(common, Math.max(this.maxColumns > 0 ? this.maxColumns - 1 : 0, common.returnRegister));
        out.text(`\n${hex8(start)} ${dump.hex(length, common.addressSize)}${dump.hex(id, offsetSize)}`);
        this.printCommon(common);
        reader.at = common.instructions;
        this.instructions(reader, common, common, { begin: 0n });
      } else if (!this.description(reader, { start, idAt, id, offsetSize, length })) break;
      whole.at = end;
    }
    out.byte(10);
  }

  private isCommon(id: bigint, offsetSize: number): boolean {
    if (this.isEh) return id === 0n;
    return offsetSize === 4 ? id === 0xffffffffn : id === 0xffffffffffffffffn;
  }

  private readCommon(reader: Reader, start: number): Common | undefined {
    const { dump, section } = this;
    const version = reader.u8();
    const terminator = section.bytes.indexOf(0, reader.at);
    if (terminator < 0 || terminator >= reader.end - 1) {
      dump.warn("No terminator for augmentation name");
      return undefined;
    }
    const augmentation = reader.string();
    if (augmentation === "eh") reader.skip(dump.addressSize);
    let { addressSize } = dump;
    let segmentSize = 0;
    if (version >= 4) {
      addressSize = reader.u8();
      if (addressSize < 1 || addressSize > 8) {
        dump.warn(`Invalid pointer size (${addressSize}) in CIE data`);
        return undefined;
      }
      segmentSize = reader.u8();
      if (segmentSize + addressSize > 8) {
        dump.warn(`Invalid segment size (${segmentSize}) in CIE data`);
        return undefined;
      }
    }
    const codeFactor = reader.uleb();
    const dataFactor = reader.sleb();
    if (reader.atEnd) return undefined;
    const returnRegister = version === 1 ? reader.u8() : reader.ulebNumber();
    let data = new Uint8Array(0);
    let encoding = 0;
    if (augmentation.startsWith("z")) {
      if (reader.atEnd) return undefined;
      const size = reader.ulebNumber();
      if (size > reader.left) {
        dump.warn(`Augmentation data too long: ${sharp(size)}, expected at most ${sharp(reader.left)}`);
        return undefined;
      }
      data = section.bytes.slice(reader.at, reader.at + size);
      let at = 0;
      for (const letter of augmentation.slice(1)) {
        if (at >= data.length) break;
        if (letter === "L") at++;
        else if (letter === "P") at += 1 + encodedSize(data[at], dump.addressSize);
        else if (letter === "R") encoding = data[at++];
        else if (letter !== "S" && letter !== "B") break;
      }
      reader.skip(size);
    }
    return {
      rules: [],
      offsets: [],
      cfaRegister: 0,
      cfaOffset: 0n,
      cfaExpression: false,
      start,
      version,
      augmentation,
      addressSize,
      segmentSize,
      codeFactor: codeFactor & 0xffffffffn,
      dataFactor: BigInt.asIntN(32, dataFactor),
      returnRegister,
      encoding,
      instructions: reader.at,
      data,
    };
  }

  /** Makes room for a register; false for one that cannot be. */
  private reserve(row: Row, register: number): boolean {
    if (register < row.rules.length) return true;
    const { count } = this.registers;
    if (count > 0 && register > count) return false;
    if (register >= MAX_COLUMNS && (count === 0 || register > 1 << 16)) {
      this.dump.error(`Unfeasibly large register number: ${register}`);
      return false;
    }
    while (row.rules.length <= register) {
      row.rules.push("unreferenced");
      row.offsets.push(0n);
    }
    return true;
  }

  private printCommon(common: Common): void {
    const { out } = this.dump;
    if (this.interpret) {
      out.text(
        `CIE "${common.augmentation}" cf=${common.codeFactor} df=${common.dataFactor} ra=${common.returnRegister}\n`,
      );
      return;
    }
    out.text(`CIE\n  Version:               ${common.version}\n`);
    out.text(`  Augmentation:          "${common.augmentation}"\n`);
    if (common.version >= 4) {
      out.text(`  Pointer Size:          ${common.addressSize}\n`);
      out.text(`  Segment Size:          ${common.segmentSize}\n`);
    }
    out.text(`  Code alignment factor: ${common.codeFactor}\n`);
    out.text(`  Data alignment factor: ${common.dataFactor}\n`);
    out.text(`  Return address column: ${common.returnRegister}\n`);
    if (common.data.length > 0) this.printData(common.data);
    out.byte(10);
  }

  private printData(data: Uint8Array): void {
    const { out, options } = this.dump;
    const label = "  Augmentation data:    ";
    out.text(label);
    const oneLine = options.wide || data.length < Math.floor((80 - label.length) / 3);
    for (const [i, byte] of data.entries()) {
      if (!oneLine && i % 26 === 0) out.byte(10);
      out.text(` ${byte.toString(16).padStart(2, "0")}`);
    }
  }

  /** A frame description entry; false where the section cannot be read on. */
  private description(
    reader: Reader,
    head: { start: number; idAt: number; id: bigint; offsetSize: number; length: number },
  ): boolean {
    const { dump, section } = this;
    const { out } = dump;
    let place = Number(head.id);
    if (this.isEh)
      place = head.idAt + head.offsetSize - 4 - Number(BigInt.asIntN(head.offsetSize * 8, head.id));
    let common = this.commons.get(place);
    if (!common && place > head.start && place < section.bytes.length) common = this.laterCommon(place);
    const row: Row = common
      ? {
          rules: [...common.rules],
          offsets: [...common.offsets],
          cfaRegister: common.cfaRegister,
          cfaOffset: common.cfaOffset,
          cfaExpression: false,
        }
      : { rules: [], offsets: [], cfaRegister: 0, cfaOffset: 0n, cfaExpression: false };
    this.reserve(row, this.maxColumns > 0 ? this.maxColumns - 1 : 0);
    const facts: Common = common ?? {
      ...row,
      start: -1,
      version: 1,
      augmentation: "",
      addressSize: dump.addressSize,
      segmentSize: 0,
      codeFactor: 0n,
      dataFactor: 0n,
      returnRegister: 0,
      encoding: 0,
      instructions: 0,
      data: new Uint8Array(0),
    };
    const size = facts.encoding === 0 ? dump.addressSize : encodedSize(facts.encoding, dump.addressSize);
    let selector = 0n;
    if (facts.segmentSize > 0) selector = reader.uint(facts.segmentSize);
    const begin = this.encodedValue(reader, facts.encoding, facts.addressSize);
    const range = reader.uint(size);
    let data = new Uint8Array(0);
    if (facts.augmentation.startsWith("z")) {
      const length = reader.ulebNumber();
      if (length > reader.left) {
        dump.warn(`Augmentation data too long: ${sharp(length)}, expected at most ${sharp(reader.left)}`);
        reader.at = reader.end;
      } else {
        data = section.bytes.slice(reader.at, reader.at + length);
        reader.skip(length);
      }
    }
    out.text(`\n${head.start.toString(16).padStart(8, "0")} ${dump.hex(head.length, facts.addressSize)}`);
    out.text(`${dump.hex(head.id, head.offsetSize)}FDE `);
    out.text(common ? `cie=${common.start.toString(16).padStart(8, "0")}` : "cie=invalid ");
    out.text(" pc=");
    if (facts.segmentSize > 0) out.text(`${selector.toString(16).padStart(4, "0")}:`);
    out.text(`${hexDigits(begin, facts.addressSize)}..${hexDigits(begin + range, facts.addressSize)}\n`);
    if (!this.interpret && data.length > 0) {
      this.printData(data);
      out.byte(10);
    }
    this.instructions(reader, row, facts, { begin });
    return true;
  }

  /** A common entry that comes after the one that names it. */
  private laterCommon(place: number): Common | undefined {
    const { dump, section } = this;
    const reader = dump.reader(section, place);
    const { length, offsetSize } = reader.unitLength();
    if (length === 0 || length > reader.left) return undefined;
    const inner = reader.from(reader.at, reader.at + length);
    if (!this.isCommon(inner.uint(offsetSize), offsetSize)) return undefined;
    const common = this.readCommon(inner, place);
    if (!common) {
      dump.warn("Failed to read CIE information");
      return undefined;
    }
    this.reserve(common, Math.max(this.maxColumns > 0 ? this.maxColumns - 1 : 0, common.returnRegister));
    return common;
  }

  private encodedValue(reader: Reader, encoding: number, addressSize: number): bigint {
    const { dump, section } = this;
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

  /** Marks the registers that an entry's instructions name, so that each has a column. */
  private scan(reader: Reader, row: Row, common: Row, pointerSize: number): void {
    while (!reader.atEnd) {
      const byte = reader.u8();
      const operation = byte & 0xc0 ? byte & 0xc0 : byte;
      let register = -1;
      switch (operation) {
        case 0x80:
          register = byte & 0x3f;
          reader.uleb();
          break;
        case 0xc0:
          register = byte & 0x3f;
          break;
        case 0x01:
          reader.skip(pointerSize);
          break;
        case 0x02:
          reader.skip(1);
          break;
        case 0x03:
          reader.skip(2);
          break;
        case 0x04:
          reader.skip(4);
          break;
        case 0x05:
        case 0x09:
        case 0x14:
        case 0x11:
        case 0x15:
        case 0x2f:
          register = reader.ulebNumber();
          reader.uleb();
          break;
        case 0x06:
        case 0x07:
        case 0x08:
          register = reader.ulebNumber();
          break;
        case 0x0c:
        case 0x12:
          reader.uleb();
          reader.uleb();
          break;
        case 0x0d:
        case 0x0e:
        case 0x13:
        case 0x2e:
          reader.uleb();
          break;
        case 0x0f:
          reader.skip(reader.ulebNumber());
          break;
        case 0x10:
        case 0x16:
          register = reader.ulebNumber();
          reader.skip(reader.ulebNumber());
          break;
        case 0x1d:
          reader.skip(8);
          break;
      }
      if (register < 0 || register > 0xffffffff || !this.reserve(row, register)) continue;
      const known = common.rules[register];
      row.rules[register] = known === undefined || known === "unreferenced" ? "undefined" : known;
    }
  }

  private instructions(reader: Reader, row: Row, common: Common, at: { begin: bigint }): void {
    const { dump, interpret } = this;
    const { out } = dump;
    const size = common.encoding === 0 ? dump.addressSize : encodedSize(common.encoding, dump.addressSize);
    this.scan(reader.from(reader.at), row, common === row ? { ...row, rules: [...row.rules] } : common, size);
    const remembered: Row[] = [];
    let needsHeading = true;
    let onlyNops = true;
    const name = (register: number) => registerText(this.registers, register, false);
    const say = (text: string) => {
      if (!interpret) out.text(`  ${text}\n`);
    };
    const display = () => {
      this.displayRow(row, common, at.begin, needsHeading);
      needsHeading = false;
    };
    const advance = (label: string, delta: bigint) => {
      if (interpret) display();
      else say(`${label}: ${BigInt.asIntN(64, delta)} to ${hexDigits(at.begin + delta, common.addressSize)}`);
      at.begin = BigInt.asUintN(64, at.begin + delta);
    };
    /** Shows an instruction about a register; false where there is no such register. */
    const about = (register: number, text: (shown: string) => string): boolean => {
      const bad = register >= row.rules.length;
      const line = text(`${bad ? "bad register: " : ""}${name(register)}`);
      if (!interpret || bad) out.text(`  ${line}\n`);
      return !bad;
    };
    const signed = (value: bigint) => {
      const number = BigInt.asIntN(64, value);
      return number < 0n ? `${number}` : `+${number}`;
    };
    const set = (register: number, rule: Rule, offset: bigint) => {
      row.rules[register] = rule;
      row.offsets[register] = offset;
    };
    const restore = (label: string, register: number) => {
      if (!about(register, (shown) => `${label}: ${shown}`)) return;
      const rule = common.rules[register];
      if (rule === undefined || rule === "unreferenced") set(register, "undefined", 0n);
      else set(register, rule, common.offsets[register]);
    };
    const place = (label: string, register: number, offset: bigint, rule: Rule) => {
      const word = rule === "val_offset" ? "is" : "at";
      if (about(register, (shown) => `${label}: ${shown} ${word} cfa${signed(offset)}`))
        set(register, rule, offset);
    };
    while (!reader.atEnd) {
      const byte = reader.u8();
      const low = byte & 0x3f;
      const operation = byte & 0xc0 ? byte & 0xc0 : byte;
      if (operation !== 0) onlyNops = false;
      switch (operation) {
        case 0x40:
          advance("DW_CFA_advance_loc", BigInt(low) * common.codeFactor);
          break;
        case 0x80:
          place("DW_CFA_offset", low, reader.uleb() * common.dataFactor, "offset");
          break;
        case 0xc0:
          restore("DW_CFA_restore", low);
          break;
        case 0x00:
          say("DW_CFA_nop");
          break;
        case 0x01: {
          const value = this.encodedValue(reader, common.encoding, common.addressSize);
          if (interpret) display();
          else say(`DW_CFA_set_loc: ${hexDigits(value, common.addressSize)}`);
          at.begin = value;
          break;
        }
        case 0x02:
          advance("DW_CFA_advance_loc1", reader.uint(1) * common.codeFactor);
          break;
        case 0x03:
          advance("DW_CFA_advance_loc2", reader.uint(2) * common.codeFactor);
          break;
        case 0x04:
          advance("DW_CFA_advance_loc4", reader.uint(4) * common.codeFactor);
          break;
        case 0x05: {
          const register = reader.ulebNumber();
          place("DW_CFA_offset_extended", register, reader.uleb() * common.dataFactor, "offset");
          break;
        }
        case 0x06:
          restore("DW_CFA_restore_extended", reader.ulebNumber());
          break;
        case 0x07:
        case 0x08: {
          const register = reader.ulebNumber();
          const label = operation === 7 ? "DW_CFA_undefined" : "DW_CFA_same_value";
          if (about(register, (shown) => `${label}: ${shown}`))
            set(register, operation === 7 ? "undefined" : "same", 0n);
          break;
        }
        case 0x09: {
          const register = reader.ulebNumber();
          const other = reader.uleb();
          if (about(register, (shown) => `DW_CFA_register: ${shown} in ${name(Number(other))}`))
            set(register, "register", other);
          break;
        }
        case 0x0a:
          say("DW_CFA_remember_state");
          remembered.push({ ...row, rules: [...row.rules], offsets: [...row.offsets] });
          break;
        case 0x0b: {
          say("DW_CFA_restore_state");
          const saved = remembered.pop();
          if (saved) {
            row.cfaRegister = saved.cfaRegister;
            row.cfaOffset = saved.cfaOffset;
            row.cfaExpression = saved.cfaExpression;
            for (const [i, rule] of saved.rules.entries()) set(i, rule, saved.offsets[i]);
          } else if (interpret) out.text("Mismatched DW_CFA_restore_state\n");
          break;
        }
        case 0x0c:
          row.cfaRegister = reader.ulebNumber();
          row.cfaOffset = reader.uleb();
          row.cfaExpression = false;
          say(`DW_CFA_def_cfa: ${name(row.cfaRegister)} ofs ${BigInt.asIntN(32, row.cfaOffset)}`);
          break;
        case 0x0d:
          row.cfaRegister = reader.ulebNumber();
          row.cfaExpression = false;
          say(`DW_CFA_def_cfa_register: ${name(row.cfaRegister)}`);
          break;
        case 0x0e:
          row.cfaOffset = reader.uleb();
          say(`DW_CFA_def_cfa_offset: ${BigInt.asIntN(32, row.cfaOffset)}`);
          break;
        case 0x0f:
        case 0x10:
        case 0x16: {
          const label = {
            15: "DW_CFA_def_cfa_expression",
            16: "DW_CFA_expression",
            22: "DW_CFA_val_expression",
          }[operation] as string;
          const register = operation === 0x0f ? -1 : reader.ulebNumber();
          const length = reader.ulebNumber();
          if (length > reader.left) {
            out.text(`  ${label}: <corrupt len ${length}>\n`);
            break;
          }
          const inner = reader.from(reader.at, reader.at + length);
          const unit = { addressSize: dump.addressSize, offsetSize: 0, version: -1, unitOffset: 0 };
          const text = interpret ? "" : expressionText(dump, inner, unit).text;
          if (register < 0) {
            say(`${label} (${text})`);
            row.cfaExpression = true;
          } else if (about(register, (shown) => `${label}: ${shown} (${text})`))
            row.rules[register] = operation === 0x10 ? "expression" : "val_expression";
          reader.skip(length);
          break;
        }
        case 0x11: {
          const register = reader.ulebNumber();
          place("DW_CFA_offset_extended_sf", register, reader.sleb() * common.dataFactor, "offset");
          break;
        }
        case 0x12:
          row.cfaRegister = reader.ulebNumber();
          row.cfaOffset = reader.sleb() * common.dataFactor;
          row.cfaExpression = false;
          say(`DW_CFA_def_cfa_sf: ${name(row.cfaRegister)} ofs ${row.cfaOffset}`);
          break;
        case 0x13:
          row.cfaOffset = reader.sleb() * common.dataFactor;
          say(`DW_CFA_def_cfa_offset_sf: ${row.cfaOffset}`);
          break;
        case 0x14: {
          const register = reader.ulebNumber();
          place("DW_CFA_val_offset", register, reader.uleb() * common.dataFactor, "val_offset");
          break;
        }
        case 0x15: {
          const register = reader.ulebNumber();
          place("DW_CFA_val_offset_sf", register, reader.sleb() * common.dataFactor, "val_offset");
          break;
        }
        case 0x1d:
          advance("DW_CFA_MIPS_advance_loc8", reader.uint(8) * common.codeFactor);
          break;
        case 0x2d:
          say(
            dump.image.header.machine === 183 ? "DW_CFA_AARCH64_negate_ra_state" : "DW_CFA_GNU_window_save",
          );
          break;
        case 0x2e:
          say(`DW_CFA_GNU_args_size: ${reader.uleb()}`);
          break;
        case 0x2f: {
          const register = reader.ulebNumber();
          place(
            "DW_CFA_GNU_negative_offset_extended",
            register,
            -reader.sleb() * common.dataFactor,
            "offset",
          );
          break;
        }
        default:
          if (operation >= 0x1c && operation <= 0x3f)
            out.text(`  DW_CFA_??? (User defined call frame op: ${sharp(operation)})\n`);
          else dump.warn(`Unsupported or unknown Dwarf Call Frame Instruction number: ${sharp(operation)}`);
          reader.at = reader.end;
      }
    }
    if (interpret && !onlyNops) display();
  }

  private displayRow(row: Row, common: Common, begin: bigint, heading: boolean): void {
    const { dump } = this;
    const { out } = dump;
    const width = common.addressSize;
    this.maxColumns = row.rules.length;
    const name = (register: number) => registerText(this.registers, register, true);
    if (heading) {
      out.text(`${"   LOC".padEnd(width * 2)} CFA      `);
      for (const [register, rule] of row.rules.entries())
        if (rule !== "unreferenced")
          out.text(register === common.returnRegister ? "ra    " : `${name(register).padEnd(5)} `);
      out.byte(10);
    }
    out.text(dump.hex(begin, width));
    const offset = BigInt.asIntN(32, row.cfaOffset);
    const cfa = row.cfaExpression ? "exp" : `${name(row.cfaRegister)}${offset < 0n ? "" : "+"}${offset}`;
    out.text(`${cfa.padEnd(8)} `);
    for (const [register, rule] of row.rules.entries()) {
      if (rule === "unreferenced") continue;
      const value = BigInt.asIntN(64, row.offsets[register]);
      const sign = value < 0n ? "" : "+";
      const texts: Readonly<Record<Rule, string>> = {
        unreferenced: "",
        undefined: "u",
        same: "s",
        offset: `c${sign}${value}`,
        val_offset: `v${sign}${value}`,
        register: registerText(this.registers, Number(value), false),
        expression: "exp",
        val_expression: "vexp",
      };
      out.text(`${texts[rule].padEnd(5)} `);
    }
    out.byte(10);
  }
}
