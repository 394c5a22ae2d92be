import type { Reader } from "../../dwarf/index.ts";
import { type DebugSection, type DwarfDump, sharp } from "./context.ts";

// What both views of .debug_line share: the header of a program and the
// registers of the machine that it runs on (DWARF 5, section 6.2).

export interface LineHeader {
  readonly start: number;
  readonly length: number;
  readonly offsetSize: 4 | 8;
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly segmentSize: number;
  readonly prologueLength: number;
  readonly minimumLength: number;
  readonly operations: number;
  readonly isStatement: number;
  readonly lineBase: number;
  lineRange: number;
  readonly opcodeBase: number;
}

export interface State {
  address: bigint;
  view: number;
  index: number;
  file: number;
  line: number;
  isStatement: boolean;
  lastFile: number;
}

export const newState = (isStatement: boolean): State => ({
  address: 0n,
  view: 0,
  index: 0,
  file: 1,
  line: 1,
  isStatement,
  lastFile: 0,
});

export const isFragment = (name: string) => name.startsWith(".debug_line.") && name !== ".debug_line.dwo";

export function readHeader(dump: DwarfDump, section: DebugSection, reader: Reader): LineHeader | undefined {
  const start = reader.at;
  const { length: stated, offsetSize } = reader.unitLength();
  let length = stated;
  if (length > reader.left) {
    if (section.relocated.has(reader.at - offsetSize)) length = reader.left;
    else {
      dump.warn(
        `The length field (${sharp(length)}) in the debug_line header is wrong - the section is too small`,
      );
      return undefined;
    }
  }
  const end = reader.at + length;
  const version = reader.u16();
  if (version < 2 || version > 5) {
    dump.warn("Only DWARF version 2, 3, 4 and 5 line info is currently supported.");
    return undefined;
  }
  const addressSize = version >= 5 ? reader.u8() : 0;
  const segmentSize = version >= 5 ? reader.u8() : 0;
  if (segmentSize !== 0) {
    dump.warn(`The ${section.name} section contains unsupported segment selector size: ${segmentSize}.`);
    return undefined;
  }
  const prologueLength = reader.offset(offsetSize);
  const minimumLength = reader.u8();
  const operations = version >= 4 ? reader.u8() : 1;
  if (operations === 0) {
    dump.warn("Invalid maximum operations per insn.");
    return undefined;
  }
  const isStatement = reader.u8();
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  return {
    start,
    length,
    offsetSize,
    end,
    version,
    addressSize,
    segmentSize,
    prologueLength,
    minimumLength,
    operations,
    isStatement,
    lineBase,
    lineRange,
    opcodeBase,
  };
}

export function fixRange(dump: DwarfDump, header: LineHeader): void {
  if (header.lineRange !== 0) return;
  dump.warn("Line range of 0 is invalid, using 1 instead");
  header.lineRange = 1;
}

/** Moves the address on by operations; how far it went. */
export function advance(state: State, header: LineHeader, operations: bigint): bigint {
  let delta: bigint;
  if (header.operations === 1) delta = operations * BigInt(header.minimumLength);
  else {
    const sum = BigInt(state.index) + operations;
    delta = (sum / BigInt(header.operations)) * BigInt(header.minimumLength);
    state.index = Number(sum % BigInt(header.operations));
  }
  state.address = BigInt.asUintN(64, state.address + delta);
  if (delta !== 0n) state.view = 0;
  return delta;
}

export function readFormats(reader: Reader): (readonly [number, number])[] {
  const formats: (readonly [number, number])[] = [];
  for (let count = reader.u8(); count > 0 && !reader.atEnd; count--)
    formats.push([reader.ulebNumber(), reader.ulebNumber()]);
  return formats;
}
