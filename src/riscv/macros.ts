// Pseudo-instructions of more than one instruction, as data: what they expand
// to. (Those that are one instruction are in `aliases.ts`.)
//
// In the lines of an expansion the operands' keys stand for what was written,
// `XLEN` for the width of registers, `l[wd]` for lw or ld by that width, and
// `%pcrel_lo(.)` for the low part of the address whose high part the first line
// has: an assembler puts a label on that line and names it here.
import { parseSyntax, type SyntaxToken } from "./instruction.ts";
import type { Isa } from "./isa.ts";
import { supports } from "./isa.ts";
import type { OperandKind } from "./operands.ts";

/** A pseudo-instruction of several instructions. */
export interface Macro {
  readonly mnemonic: string;
  readonly syntax: string;
  readonly tokens: readonly SyntaxToken[];
  readonly operands: readonly OperandKind[];
  /** What it expands to; empty for li, whose expansion `loadConstant` computes. */
  readonly lines: readonly string[];
  /** pic: with `.option pic` only; nopic: without. */
  readonly when: "pic" | "nopic" | undefined;
  readonly needs: string;
  readonly xlen: 0 | 64;
  readonly words: string;
}

type MacroRow = readonly [
  mnemonic: string,
  syntax: string,
  lines: readonly string[],
  words: string,
  more?: { readonly when?: "pic" | "nopic"; readonly needs?: string; readonly xlen?: 64 },
];

const pcrel = ["auipc rd, %pcrel_hi(symbol)", "addi rd, rd, %pcrel_lo(.)"];
const got = ["auipc rd, %got_pcrel_hi(symbol)", "l[wd] rd, %pcrel_lo(.)(rd)"];

function load(mnemonic: string): readonly string[] {
  return ["auipc rd, %pcrel_hi(symbol)", `${mnemonic} rd, %pcrel_lo(.)(rd)`];
}

function floatLoad(mnemonic: string): readonly string[] {
  return ["auipc rs1, %pcrel_hi(symbol)", `${mnemonic} fd, %pcrel_lo(.)(rs1)`];
}

function store(mnemonic: string, register: string): readonly string[] {
  return ["auipc rs1, %pcrel_hi(symbol)", `${mnemonic} ${register}, %pcrel_lo(.)(rs1)`];
}

function extend(shift: string, bits: number): readonly string[] {
  return [`slli rd, rs1, XLEN-${bits}`, `${shift} rd, rd, XLEN-${bits}`];
}

// biome-ignore format: a row is a line
const rows: readonly MacroRow[] = [
  ["call", "rd, symbol", ["auipc t1, %call(symbol)", "jalr rd, 0(t1)"], "Calls a function anywhere, with rd as return address."],
  ["call", "symbol", ["auipc ra, %call(symbol)", "jalr ra, 0(ra)"], "Calls a function anywhere."],
  ["tail", "symbol", ["auipc t1, %call(symbol)", "jalr zero, 0(t1)"], "Jumps to a function anywhere, as the last thing a function does."],
  ["jump", "symbol, rs1", ["auipc rs1, %call(symbol)", "jalr zero, 0(rs1)"], "Jumps anywhere, with rs1 as scratch register."],
  ["li", "rd, wide", [], "Loads a constant."],
  ["la", "rd, symbol", pcrel, "Loads an address.", { when: "nopic" }],
  ["la", "rd, symbol", got, "Loads an address from the global offset table.", { when: "pic" }],
  ["lla", "rd, symbol", pcrel, "Loads an address of this module."],
  ["lga", "rd, symbol", got, "Loads an address from the global offset table."],
  ["la.tls.gd", "rd, symbol", ["auipc rd, %tls_gd_pcrel_hi(symbol)", "addi rd, rd, %pcrel_lo(.)"], "Loads the address of the pair that __tls_get_addr takes."],
  ["la.tls.ie", "rd, symbol", ["auipc rd, %tls_ie_pcrel_hi(symbol)", "l[wd] rd, %pcrel_lo(.)(rd)"], "Loads a thread-local variable's distance from tp."],
  ["lb", "rd, symbol", load("lb"), "Loads a byte from an address and sign-extends it."],
  ["lbu", "rd, symbol", load("lbu"), "Loads a byte from an address and zero-extends it."],
  ["lh", "rd, symbol", load("lh"), "Loads two bytes from an address and sign-extends them."],
  ["lhu", "rd, symbol", load("lhu"), "Loads two bytes from an address and zero-extends them."],
  ["lw", "rd, symbol", load("lw"), "Loads four bytes from an address and sign-extends them."],
  ["lwu", "rd, symbol", load("lwu"), "Loads four bytes from an address and zero-extends them.", { xlen: 64 }],
  ["ld", "rd, symbol", load("ld"), "Loads eight bytes from an address.", { xlen: 64 }],
  ["flh", "fd, symbol, rs1", floatLoad("flh"), "Loads a half-precision number from an address.", { needs: "Zfhmin" }],
  ["flw", "fd, symbol, rs1", floatLoad("flw"), "Loads a single-precision number from an address.", { needs: "F" }],
  ["fld", "fd, symbol, rs1", floatLoad("fld"), "Loads a double-precision number from an address.", { needs: "D" }],
  ["sb", "rs2, symbol, rs1", store("sb", "rs2"), "Stores a byte to an address."],
  ["sh", "rs2, symbol, rs1", store("sh", "rs2"), "Stores two bytes to an address."],
  ["sw", "rs2, symbol, rs1", store("sw", "rs2"), "Stores four bytes to an address."],
  ["sd", "rs2, symbol, rs1", store("sd", "rs2"), "Stores eight bytes to an address.", { xlen: 64 }],
  ["fsh", "fs2, symbol, rs1", store("fsh", "fs2"), "Stores a half-precision number to an address.", { needs: "Zfhmin" }],
  ["fsw", "fs2, symbol, rs1", store("fsw", "fs2"), "Stores a single-precision number to an address.", { needs: "F" }],
  ["fsd", "fs2, symbol, rs1", store("fsd", "fs2"), "Stores a double-precision number to an address.", { needs: "D" }],
  // Where Zbb or Zba is there, these are instructions, which come before macros
  ["sext.b", "rd, rs1", extend("srai", 8), "Sign-extends the low byte."],
  ["sext.h", "rd, rs1", extend("srai", 16), "Sign-extends the low two bytes."],
  ["zext.h", "rd, rs1", extend("srli", 16), "Zero-extends the low two bytes."],
  ["zext.w", "rd, rs1", extend("srli", 32), "Zero-extends the low four bytes.", { xlen: 64 }],
];

let byMnemonic: Map<string, Macro[]> | undefined;

function index(): Map<string, Macro[]> {
  if (byMnemonic) return byMnemonic;
  byMnemonic = new Map();
  for (const [mnemonic, syntax, lines, words, more] of rows) {
    const { tokens, operands } = parseSyntax(syntax);
    const macro: Macro = {
      mnemonic,
      syntax,
      tokens,
      operands,
      lines,
      when: more?.when,
      needs: more?.needs ?? "I",
      xlen: more?.xlen ?? 0,
      words,
    };
    const list = byMnemonic.get(mnemonic);
    if (list) list.push(macro);
    else byMnemonic.set(mnemonic, [macro]);
  }
  return byMnemonic;
}

/** The macros of a mnemonic; an assembler tries them after its forms (`lookup`). */
export function macrosNamed(mnemonic: string): readonly Macro[] {
  return index().get(mnemonic) ?? [];
}

/** The names of all macros. */
export function macroNames(): string[] {
  return [...index().keys()];
}

/** Whether a machine has what a macro needs. */
export function macroSupported(macro: Macro, machine: Isa): boolean {
  return (macro.xlen === 0 || macro.xlen === machine.xlen) && supports(machine, macro.needs);
}

/** An instruction of li's expansion: rd is always the register that is loaded. */
export type LoadConstantStep =
  | { readonly mnemonic: "lui"; readonly value: number }
  /** Adds to the register, or to zero where it is the first step. */
  | { readonly mnemonic: "addi" | "addiw"; readonly value: number; readonly first: boolean }
  | { readonly mnemonic: "slli"; readonly value: number };

/**
 * The instructions that GNU as 2.40 makes of li. The value is taken modulo
 * 2^xlen. A constant of 32 bits is lui and addi; a longer one is loaded without
 * its low 12 bits and the zeros above them, shifted into place, and completed.
 */
export function loadConstant(value: bigint, xlen: 32 | 64): LoadConstantStep[] {
  const steps: LoadConstantStep[] = [];
  load64(BigInt.asIntN(xlen, value), xlen, steps);
  return steps;
}

function load64(value: bigint, xlen: 32 | 64, steps: LoadConstantStep[]): void {
  const low = Number(BigInt.asIntN(12, value));
  if (BigInt.asIntN(32, value) !== value) {
    let upper = BigInt.asIntN(64, value - BigInt(low)) >> 12n;
    let shift = 12;
    while ((upper & 1n) === 0n) {
      upper >>= 1n;
      shift++;
    }
    load64(upper, xlen, steps);
    steps.push({ mnemonic: "slli", value: shift });
    if (low !== 0) steps.push({ mnemonic: "addi", value: low, first: false });
    return;
  }
  const upper = Number((value - BigInt(low)) >> 12n) & 0xfffff;
  if (upper !== 0) steps.push({ mnemonic: "lui", value: upper });
  if (low !== 0 || upper === 0) {
    const first = upper === 0;
    steps.push({ mnemonic: xlen === 64 && !first ? "addiw" : "addi", value: low, first });
  }
}
