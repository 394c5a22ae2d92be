import {
  R_RISCV_CALL_PLT,
  R_RISCV_GOT_HI20,
  R_RISCV_PCREL_HI20,
  R_RISCV_PCREL_LO12_I,
  R_RISCV_PCREL_LO12_S,
  R_RISCV_TLS_GD_HI20,
  R_RISCV_TLS_GOT_HI20,
} from "../elf/index.ts";
import { instructionsNamed, loadConstant, type Macro } from "../riscv/index.ts";
import type { Assembler } from "./assembler.ts";
import { BIG, CONSTANT, type Expression, SYMBOL, symbolExpression } from "./expression.ts";
import { assembleSlots, emitRelocated, usableNamed } from "./instructions.ts";
import { fitsSigned, type Integer } from "./integer.ts";
import { expressionOf } from "./match-form.ts";
import { SLOT_F, SLOT_NAME, SLOT_X, type Slots, setNumberSlot, setRegisterSlot } from "./operand-slots.ts";

/**
 * Pseudo-instructions of several instructions, by the lines of the instruction
 * table. Those that form an address are never compressed: the linker wants to
 * find them as they are. False if the operands do not fit.
 */
export function expandPseudo(assembler: Assembler, macro: Macro, slots: Slots): boolean {
  const { target } = assembler;
  if (macro.when !== undefined && (macro.when === "pic") !== target.pic) return false;
  if (slots.count !== macro.operands.length) return false;
  const registers = new Map<string, number>();
  let address: Expression | undefined;
  let constant: Integer | undefined;
  for (let i = 0; i < slots.count; i++) {
    const kind = macro.operands[i];
    if (slots.base[i] >= 0) return false;
    if (kind.class === "x" || kind.class === "f") {
      const wanted = kind.class === "f" && !assembler.floatsInX ? SLOT_F : SLOT_X;
      if (slots.kind[i] !== wanted) return false;
      registers.set(kind.key, slots.register[i]);
    } else if (kind.class === "wide") {
      const expression = expressionOf(assembler, slots, i);
      if (expression?.op === BIG) {
        assembler.error("AS0113", "unsupported large constant");
        return true;
      }
      if (expression?.op !== CONSTANT) return false;
      constant = expression.number;
    } else {
      const isCall = macro.lines[0].includes("%call");
      if (slots.kind[i] === SLOT_X || slots.kind[i] === SLOT_F) slots.kind[i] = SLOT_NAME;
      address = expressionOf(assembler, slots, i);
      if (!address) return false;
      // On a 32-bit machine 0xffffffff is -1.
      if (assembler.target.xlen === 32 && address.number > 0x7fffffff && address.number <= 0xffffffff)
        address.number = Number(address.number) - 0x100000000;
      if (!isCall && !fitsSigned(address.number, 32)) assembler.error("AS0114", "offset too large");
      // The address of a number is that number.
      if (macro.mnemonic === "la" || macro.mnemonic === "lla" || macro.mnemonic === "lga") {
        if (address.op === CONSTANT) constant = address.number;
        else if (address.op !== SYMBOL) return false;
      } else if (address.op !== SYMBOL && !isCall) return false;
    }
  }
  if (constant !== undefined) {
    loadNumber(assembler, registers.get("rd")!, constant);
    return true;
  }
  if (address) formAddress(assembler, macro, registers, address);
  else plainLines(assembler, macro, registers);
  return true;
}

/** li: the steps are instructions like any other, compressed where they can be. */
function loadNumber(assembler: Assembler, rd: number, value: Integer): void {
  const { xlen } = assembler.target;
  const steps = loadConstant(BigInt(value), xlen);
  // Of a number that 32 bits do not hold GNU as still loads the upper half, of which nothing is left.
  const [only] = steps;
  const rest = only.value === 0 ? [] : [{ mnemonic: "addi" as const, value: only.value, first: false }];
  if (xlen === 32 && steps.length === 1 && only.mnemonic !== "lui" && BigInt(value) !== BigInt(only.value))
    steps.splice(0, 1, { mnemonic: "lui", value: 0 }, ...rest);
  for (const [i, step] of steps.entries()) {
    const slots = assembler.spareSlots;
    setRegisterSlot(slots, 0, rd);
    if (step.mnemonic === "lui") {
      setNumberSlot(slots, 1, step.value);
      slots.count = 2;
    } else {
      setRegisterSlot(slots, 1, "first" in step && step.first ? 0 : rd);
      setNumberSlot(slots, 2, step.value);
      slots.count = 3;
    }
    // GNU as adds the low part with addiw even to zero.
    const alone = "first" in step && step.first && assembler.target.xlen === 64;
    put(assembler, alone ? "addiw" : step.mnemonic, slots);
    // It takes zero for a sign that no upper half was loaded, and adds the lower half.
    const next = steps[i + 1]?.mnemonic;
    if (rd !== 0 || step.mnemonic !== "lui" || (next !== undefined && next !== "slli")) continue;
    for (const slot of [0, 1]) setRegisterSlot(slots, slot, 0);
    setNumberSlot(slots, 2, 0);
    slots.count = 3;
    put(assembler, xlen === 64 ? "addiw" : "addi", slots);
  }
}

function put(assembler: Assembler, mnemonic: string, slots: Slots): void {
  assembler.mapping.code();
  if (!assembleSlots(assembler, usableNamed(assembler, mnemonic), slots))
    throw new Error(`${mnemonic} does not take what a pseudo-instruction makes of it`);
}

/** Lines without an address: `slli rd, rs1, XLEN-8`. */
function plainLines(assembler: Assembler, macro: Macro, registers: ReadonlyMap<string, number>): void {
  for (const line of macro.lines) {
    const [mnemonic, ...rest] = line.split(" ");
    const slots = assembler.spareSlots;
    rest
      .join("")
      .split(",")
      .forEach((text, i) => {
        const shift = /^XLEN-(\d+)$/.exec(text);
        if (shift) setNumberSlot(slots, i, assembler.target.xlen - Number(shift[1]));
        else setRegisterSlot(slots, i, registers.get(text)!);
        slots.count = i + 1;
      });
    put(assembler, mnemonic, slots);
  }
}

const highTypes: Readonly<Record<string, number>> = {
  call: R_RISCV_CALL_PLT,
  pcrel_hi: R_RISCV_PCREL_HI20,
  got_pcrel_hi: R_RISCV_GOT_HI20,
  tls_gd_pcrel_hi: R_RISCV_TLS_GD_HI20,
  tls_ie_pcrel_hi: R_RISCV_TLS_GOT_HI20,
};

/** Registers that lines name. */
const fixed: Readonly<Record<string, number>> = { zero: 0, ra: 1, t1: 6 };

/** What a line of a macro is, worked out once. */
interface AddressLine {
  readonly match: number;
  readonly rd: string;
  readonly rs1: string;
  readonly rs2: string;
  /** The relocation of its first line; 0 for one that takes the low part; -1 for none. */
  readonly high: number;
  readonly store: boolean;
}

const lineCache = new Map<string, AddressLine>();

function addressLine(line: string, wide: boolean): AddressLine {
  const key = `${wide}${line}`;
  const known = lineCache.get(key);
  if (known) return known;
  const [word, ...rest] = line.split(" ");
  const mnemonic = word === "l[wd]" ? (wide ? "ld" : "lw") : word;
  const instruction = instructionsNamed(mnemonic).find((each) => each.size === 4)!;
  const parts = rest.join("").split(/[,()]/);
  const high = /%(\w+)\(symbol\)/.exec(line);
  const store = instruction.format === "S";
  const low = line.includes("%pcrel_lo");
  const base = /\((\w+)\)$/.exec(line)?.[1] ?? parts[1];
  const made: AddressLine = {
    match: instruction.match,
    rd: store ? "" : parts[0],
    rs1: high ? "" : base,
    rs2: store ? parts[0] : "",
    high: high ? highTypes[high[1]] : low ? 0 : -1,
    store,
  };
  lineCache.set(key, made);
  return made;
}

/** auipc with the high part of an address, and what uses the low part; or a call. */
function formAddress(
  assembler: Assembler,
  macro: Macro,
  registers: ReadonlyMap<string, number>,
  address: Expression,
): void {
  const { sections, target } = assembler;
  const number = (name: string) => (name === "" ? 0 : (registers.get(name) ?? fixed[name]));
  const wide = target.pointerWidth === 64;
  let isCall = false;
  let label = -1;
  // Both instructions of a call belong to one fragment.
  if (macro.lines[0].includes("%call")) sections.reserve(8);
  for (const text of macro.lines) {
    const line = addressLine(text, wide);
    const word = line.match | (number(line.rd) << 7) | (number(line.rs1) << 15) | (number(line.rs2) << 20);
    if (line.high > 0) {
      isCall = line.high === R_RISCV_CALL_PLT;
      if (!isCall) label = assembler.internalLabel();
      assembler.onInstruction?.();
      emitRelocated(assembler, word, line.high, address);
    } else if (line.high === 0) {
      assembler.onInstruction?.();
      const type = line.store ? R_RISCV_PCREL_LO12_S : R_RISCV_PCREL_LO12_I;
      emitRelocated(assembler, word, type, symbolExpression(label));
    } else {
      assembler.onInstruction?.();
      sections.emit32(word);
    }
  }
  if (isCall) sections.newFragment();
}
