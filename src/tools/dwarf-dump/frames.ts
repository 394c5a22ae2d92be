import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, hexDigits, sharp } from "./context.ts";
import { encodedSize, type FrameContext, FrameProgram, readEncoded } from "./frame-program.ts";
import { type Common, FrameTable, type Row } from "./frame-row.ts";
import { registersOf } from "./registers.ts";

// .eh_frame and .debug_frame (DWARF 5, section 6.4): how to undo a function's
// prologue at each of its instructions, as the records say it or, interpreted,
// as a table with a row for each place where something changes.

export function showFrames(dump: DwarfDump, section: DebugSection): void {
  new FrameDump(dump, section).run();
}

class FrameDump {
  private readonly dump: DwarfDump;
  private readonly section: DebugSection;
  private readonly isEh: boolean;
  private readonly interpret: boolean;
  private readonly table: FrameTable;
  private readonly context: FrameContext;
  private readonly commons = new Map<number, Common>();

  constructor(dump: DwarfDump, section: DebugSection) {
    this.dump = dump;
    this.section = section;
    this.isEh = section.name === ".eh_frame";
    const registers = registersOf(dump.image.header.machine);
    this.table = new FrameTable(dump, registers);
    this.context = { dump, section, registers, table: this.table };
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
        this.table.widen(common, common.returnRegister);
        out.text(`\n${hex8(start)} ${dump.hex(length, common.addressSize)}${dump.hex(id, offsetSize)}`);
        this.printCommon(common);
        reader.at = common.instructions;
        new FrameProgram(this.context, common, common, 0n).run(reader);
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
    this.table.widen(row);
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
    const begin = readEncoded(this.context, reader, facts.encoding, facts.addressSize);
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
    new FrameProgram(this.context, facts, row, begin).run(reader);
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
    this.table.widen(common, common.returnRegister);
    return common;
  }
}
