import type { DwarfDump } from "./context.ts";
import { type Registers, registerText } from "./registers.ts";

// What is known at one place of a function: where its caller's frame begins, and
// where each register of the caller's is. Columns are added as registers are
// met, and stay for the tables that follow, as GNU readelf has it.

/** Where a register's value is. */
export type Rule =
  | "unreferenced"
  | "undefined"
  | "same"
  | "offset"
  | "val_offset"
  | "register"
  | "expression"
  | "val_expression";

export interface Row {
  rules: Rule[];
  offsets: bigint[];
  cfaRegister: number;
  cfaOffset: bigint;
  cfaExpression: boolean;
}

/** A common information entry; its row is what its own instructions make of it. */
export interface Common extends Row {
  readonly start: number;
  readonly version: number;
  readonly augmentation: string;
  readonly addressSize: number;
  readonly segmentSize: number;
  readonly codeFactor: bigint;
  readonly dataFactor: bigint;
  readonly returnRegister: number;
  /** Of addresses: DW_EH_PE_*. */
  readonly encoding: number;
  /** Where its instructions begin. */
  readonly instructions: number;
  readonly data: Uint8Array;
}

const MAX_COLUMNS = 1024;

export class FrameTable {
  private readonly dump: DwarfDump;
  private readonly registers: Registers;
  /** The columns of the row shown last. */
  private columns = 0;

  constructor(dump: DwarfDump, registers: Registers) {
    this.dump = dump;
    this.registers = registers;
  }

  /** Makes room for a register; false for one that cannot be. */
  reserve(row: Row, register: number): boolean {
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

  /** Makes room for the columns of the table before, and for `register`. */
  widen(row: Row, register = 0): void {
    this.reserve(row, Math.max(this.columns - 1, register));
  }

  /** Shows what holds from `begin` on. */
  show(row: Row, common: Common, begin: bigint, heading: boolean): void {
    const { dump } = this;
    const { out } = dump;
    const width = common.addressSize;
    this.columns = row.rules.length;
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
    for (const [register, rule] of row.rules.entries())
      if (rule !== "unreferenced")
        out.text(`${this.ruleText(rule, BigInt.asIntN(64, row.offsets[register])).padEnd(5)} `);
    out.byte(10);
  }

  private ruleText(rule: Rule, value: bigint): string {
    const sign = value < 0n ? "" : "+";
    switch (rule) {
      case "unreferenced":
        return "";
      case "undefined":
        return "u";
      case "same":
        return "s";
      case "offset":
        return `c${sign}${value}`;
      case "val_offset":
        return `v${sign}${value}`;
      case "register":
        return registerText(this.registers, Number(value), false);
      case "expression":
        return "exp";
      case "val_expression":
        return "vexp";
    }
  }
}
