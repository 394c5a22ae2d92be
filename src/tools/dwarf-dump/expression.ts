import { operationNames, type Reader } from "../../dwarf/index.ts";
import { type DwarfDump, hexDigits, sharp } from "./context.ts";
import { type Registers, registersOf, registerText } from "./registers.ts";

// Location expressions (DWARF 5, section 2.5), as text: `DW_OP_fbreg: -20`.

export interface ExpressionUnit {
  readonly addressSize: number;
  readonly offsetSize: number;
  /** -1 in call frame information, where references mean nothing. */
  readonly version: number;
  /** Offset of the unit: references count from it. */
  readonly unitOffset: number;
}

/** What follows an operation's code, and how it is shown. */
const operands: ReadonlyMap<number, string> = new Map([
  [0x03, "address"],
  [0x08, "u1"],
  [0x09, "s1"],
  [0x0a, "u2"],
  [0x0b, "s2"],
  [0x0c, "u4"],
  [0x0d, "s4"],
  [0x0e, "u8"],
  [0x0f, "s8"],
  [0x10, "uleb"],
  [0x11, "sleb"],
  [0x15, "u1"],
  [0x23, "uleb"],
  [0x28, "s2"],
  [0x2f, "s2"],
  [0x91, "frame"],
  [0x93, "uleb"],
  [0x94, "u1"],
  [0x95, "u1"],
]);

/** Operations without operands. */
const plain = new Set([
  0x06, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x24,
  0x25, 0x26, 0x27, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x96, 0x97, 0x9b, 0x9c, 0x9f, 0xf0, 0xf8, 0xe1, 0xe2,
  0xe3, 0xe4, 0xe5, 0xe6,
]);

/** The operations of Hewlett-Packard, whose numbers others use too. */
const hpNames: Readonly<Record<number, string>> = {
  225: "DW_OP_HP_is_value",
  226: "DW_OP_HP_fltconst4",
  227: "DW_OP_HP_fltconst8",
  228: "DW_OP_HP_mod_range",
  229: "DW_OP_HP_unmod_range",
  230: "DW_OP_HP_tls",
  248: "DW_OP_PGI_omp_thread_num",
};

/** `N byte block: ` and its bytes. */
export function blockText(reader: Reader, length: bigint, delimiter: string): string {
  let text = `${delimiter}${length} byte block: `;
  const count = length > BigInt(reader.left) ? reader.left : Number(length);
  for (let i = 0; i < count; i++) text += `${reader.u8().toString(16)} `;
  return text;
}

/** The text of the expression that a reader's range is; and whether it needs a frame base. */
export function expressionText(
  dump: DwarfDump,
  reader: Reader,
  unit: ExpressionUnit,
): { readonly text: string; readonly needsFrameBase: boolean } {
  const registers = registersOf(dump.image.header.machine);
  let text = "";
  let needsFrameBase = false;
  while (!reader.atEnd) {
    const code = reader.u8();
    const one = operation(dump, reader, unit, code, registers);
    text += one.text;
    needsFrameBase ||= one.needsFrameBase === true;
    if (one.stop) break;
    if (!reader.atEnd) text += "; ";
  }
  return { text, needsFrameBase };
}

interface OneOperation {
  readonly text: string;
  readonly needsFrameBase?: boolean;
  /** Where the next operation starts cannot be told. */
  readonly stop?: boolean;
}

function operation(
  dump: DwarfDump,
  reader: Reader,
  unit: ExpressionUnit,
  code: number,
  registers: Registers,
): OneOperation {
  const name = hpNames[code] ?? operationNames.get(code) ?? "";
  const register = (number: number) => registerText(registers, number, true);
  const base = BigInt(unit.unitOffset);
  if (plain.has(code)) return { text: name };
  if (code >= 0x30 && code <= 0x4f) return { text: `DW_OP_lit${code - 0x30}` };
  if (code >= 0x50 && code <= 0x6f) return { text: `DW_OP_reg${code - 0x50} (${register(code - 0x50)})` };
  if (code >= 0x70 && code <= 0x8f)
    return { text: `DW_OP_breg${code - 0x70} (${register(code - 0x70)}): ${reader.sleb()}` };
  const kind = operands.get(code);
  if (kind === "address") return { text: `${name}: ${reader.uint(unit.addressSize).toString(16)}` };
  if (kind === "frame") return { text: `${name}: ${reader.sleb()}`, needsFrameBase: true };
  if (kind === "uleb") return { text: `${name}: ${reader.uleb()}` };
  if (kind === "sleb") return { text: `${name}: ${reader.sleb()}` };
  if (kind) {
    const size = Number(kind.slice(1));
    return { text: `${name}: ${kind.startsWith("u") ? reader.uint(size) : reader.int(size)}` };
  }
  const reference = () => reader.uint(unit.version === 2 ? unit.addressSize : unit.offsetSize);
  switch (code) {
    case 0x90: {
      const number = reader.ulebNumber();
      return { text: `${name}: ${number} (${register(number)})` };
    }
    case 0x92: {
      const number = reader.ulebNumber();
      return { text: `${name}: ${number} (${register(number)}) ${reader.sleb()}` };
    }
    case 0x98:
      return { text: `${name}: <${sharp(reader.int(2) + base)}>` };
    case 0x99:
      return { text: `${name}: <${sharp(reader.int(4) + base)}>` };
    case 0x9a:
      if (unit.version === -1) return { text: "(DW_OP_call_ref in frame info)", stop: true };
      return { text: `${name}: <${sharp(reference())}>` };
    case 0x9d:
      return { text: `${name}: size: ${reader.uleb()} offset: ${reader.uleb()} ` };
    case 0x9e:
      return { text: `${name}${blockText(reader, reader.uleb(), " ")}` };
    case 0xe0:
      return { text: "DW_OP_GNU_push_tls_address or DW_OP_HP_unknown" };
    case 0xf1: {
      const encoding = reader.u8();
      const size = [unit.addressSize, 0, 2, 4, 8][encoding & 7] ?? 0;
      const value = reader.uint(size);
      return {
        text: `${name}: fmt:${encoding.toString(16).padStart(2, "0")} addr:${hexDigits(value, unit.addressSize)}`,
      };
    }
    case 0xa0:
    case 0xf2: {
      if (unit.version === -1) return { text: `(${name} in frame info)`, stop: true };
      const value = reference();
      return { text: `${name}: <${sharp(value)}> ${reader.sleb()}` };
    }
    case 0xa3:
    case 0xf3: {
      const length = Math.min(reader.ulebNumber(), reader.left);
      const inner = expressionText(dump, reader.from(reader.at, reader.at + length), unit);
      reader.skip(length);
      return { text: `${name}: (${inner.text})`, needsFrameBase: inner.needsFrameBase };
    }
    case 0xa4:
    case 0xf4: {
      const type = reader.uleb() + base;
      const size = BigInt(reader.u8());
      return { text: `${name}: <${sharp(type)}> ${blockText(reader, size, " ")}` };
    }
    case 0xa5:
    case 0xf5: {
      const number = reader.ulebNumber();
      return { text: `${name}: ${number} (${register(number)}) <${sharp(base + reader.uleb())}>` };
    }
    case 0xa6:
    case 0xf6: {
      const size = reader.u8();
      return { text: `${name}: ${size} <${sharp(base + reader.uleb())}>` };
    }
    case 0xa8:
    case 0xf7:
    case 0xa9:
    case 0xf9: {
      const type = reader.uleb();
      return { text: `${name} <${sharp(type === 0n ? 0n : base + type)}>` };
    }
    case 0xfa:
      return { text: `${name}: <${sharp(base + reader.uint(4))}>` };
    case 0xa1:
    case 0xfb:
    case 0xfc:
      return { text: `${name} <${sharp(reader.uleb())}>` };
    case 0xfd:
      if (unit.version === -1) return { text: "(DW_OP_GNU_variable_value in frame info)", stop: true };
      return { text: `${name}: <${sharp(reference())}>` };
    default:
      return {
        text: `(${code >= 0xe0 ? "User defined" : "Unknown"} location op ${sharp(code)})`,
        stop: true,
      };
  }
}
