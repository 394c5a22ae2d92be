// What a translated function of RV64 makes of words: it follows which registers
// hold them, and writes the short forms of sequences (`extended.ts`, `idioms.ts`).
// On RV32 there is nothing to do.
import { type Body, COMPUTED, EXTENDED, UNKNOWN, type Wordness } from "./emit.ts";
import { extendedAfter, extendedRegisters } from "./extended.ts";
import { findIdioms, type Idiom } from "./idioms.ts";
import { operandValue } from "./operation.ts";
import type { Block, Placed, Region } from "./region.ts";
import type { RegisterLocals } from "./registers.ts";
import { I64, op } from "./wasm-code.ts";

export class Words {
  readonly #body: Body;
  readonly #locals: RegisterLocals;
  readonly #wide: boolean;
  /** Registers that hold extended words at the start of each block. */
  readonly #extendedIn: ReadonlyMap<Block, number>;
  /** Those that do so now, and those of them that were computed as words in this block. */
  #extended = 0;
  #computed = 0;
  #idioms: ReadonlyMap<Placed, Idiom> = new Map();
  /** Locals with what registers held before an instruction. */
  readonly #kept = new Map<Placed, number>();
  /** Whether the last instruction was compiled here, to a word. */
  #madeWord: boolean | undefined;

  constructor(region: Region, body: Body, locals: RegisterLocals, xlen: 32 | 64) {
    this.#body = body;
    this.#locals = locals;
    this.#wide = xlen === 64;
    this.#extendedIn = this.#wide ? extendedRegisters(region) : new Map();
  }

  start(block: Block): void {
    if (!this.#wide) return;
    this.#idioms = findIdioms(block);
    for (const { keep } of this.#idioms.values()) {
      if (keep && !this.#kept.has(keep)) this.#kept.set(keep, this.#body.temporary(I64));
    }
    this.#extended = this.#extendedIn.get(block) ?? 0;
    this.#computed = 0;
  }

  /** After the block's body. */
  end(): void {
    for (const local of this.#kept.values()) this.#body.release(I64, local);
    this.#kept.clear();
  }

  /** Pushes what rd gets, if the instruction is the last of a sequence that has a short form. */
  compile(placed: Placed): boolean {
    this.#madeWord = undefined;
    if (!this.#wide) return false;
    const { code } = this.#body;
    const keep = this.#kept.get(placed);
    if (keep !== undefined) {
      const source = placed.operation.operands.find(({ name }) => name === "rs1");
      code.get(this.#locals.x(source ? operandValue(source, placed.word) : 0));
      code.set(keep);
    }
    const idiom = this.#idioms.get(placed);
    if (!idiom) return false;
    const { kind, register, amount, width } = idiom;
    this.#madeWord = width === 32;
    code.get((idiom.keep && this.#kept.get(idiom.keep)) ?? this.#locals.x(register));
    if (kind === "zero") {
      code.byte(op.i32_wrap_i64);
      code.byte(op.i64_extend_i32_u);
      if (amount !== 0) {
        code.i64(Math.abs(amount));
        code.byte(amount > 0 ? op.i64_shl : op.i64_shr_u);
      }
    } else if (width === 64) {
      code.i64(amount);
      code.byte(op.i64_rotl);
    } else {
      code.byte(op.i32_wrap_i64);
      code.i32(amount);
      code.byte(op.i32_rotl);
      code.byte(op.i64_extend_i32_s);
    }
    return true;
  }

  /** After an instruction; `computed` says whether the compiler made a word of it. */
  follow(placed: Placed, computed: boolean): void {
    if (!this.#wide) return;
    const { operands, traits } = placed.operation;
    for (const source of operands) {
      if (!traits.writes.includes(source.name) || source.name.startsWith("f")) continue;
      const bit = 1 << operandValue(source, placed.word);
      this.#computed = (this.#madeWord ?? computed) ? this.#computed | bit : this.#computed & ~bit;
    }
    this.#extended = extendedAfter(placed, this.#extended);
  }

  wordness(register: number): Wordness {
    if (register === 0) return EXTENDED;
    const bit = 1 << register;
    if ((this.#computed & bit) !== 0) return COMPUTED;
    return (this.#extended & bit) !== 0 ? EXTENDED : UNKNOWN;
  }
}
