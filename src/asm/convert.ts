import { R_RISCV_BRANCH, R_RISCV_JAL, R_RISCV_RVC_BRANCH, R_RISCV_RVC_JUMP } from "../elf/index.ts";
import type { Assembler } from "./assembler.ts";
import { leb128Bytes } from "./emit-data.ts";
import { makeNops } from "./nops.ts";
import type { Resolver } from "./resolve.ts";
import {
  ALIGN,
  ALIGN_CODE,
  BRANCH,
  BRANCH_COMPRESSED,
  BRANCH_UNCONDITIONAL,
  CFA,
  FILL,
  type FragmentId,
  LEB128,
  LINE,
  ORG,
  type Section,
  SPACE_FILL,
  UNDEFINED,
} from "./sections.ts";

// When addresses are settled: variable parts become bytes, or a pattern that is
// repeated (kind FILL). Branches get their fixups here, so these come behind
// all others of the section.

export function convertSection(assembler: Assembler, resolver: Resolver, section: Section): void {
  const { fragments } = assembler.sections;
  const first = section.chains[0]?.first;
  if (first === undefined) return;
  let end = 0;
  for (let id = first; id !== 0; id = fragments.next[id]) {
    convertFragment(assembler, resolver, section, id);
    end = fragments.address[id] + fragments.fixed[id];
    if (fragments.kind[id] === FILL) end += fragments.amount[id] * fragments.width[id];
  }
  section.size = end;
}

function convertFragment(assembler: Assembler, resolver: Resolver, section: Section, id: FragmentId): void {
  const { fragments } = assembler.sections;
  const { kind, address, fixed, width, amount, next } = fragments;
  switch (kind[id]) {
    case FILL:
      return;
    case BRANCH:
      convertBranch(assembler, section, id);
      break;
    case ALIGN_CODE:
      if (!assembler.target.relax) alignInstructions(assembler, section, id);
      fillGap(id);
      return;
    case ALIGN:
    case ORG:
    case SPACE_FILL:
      fillGap(id);
      return;
    case LEB128: {
      const symbol = fragments.symbol[id];
      const signed = fragments.limit[id] === 1;
      const value = BigInt(resolver.value(symbol));
      if (assembler.symbols.section[symbol] === UNDEFINED)
        assembler.errorAt(
          fragments.place[id],
          "AS0820",
          `leb128 operand is an undefined symbol: ${assembler.symbols.text(symbol)}`,
        );
      const { bytes } = fragments.chainOf(id);
      const at = fragments.start[id] + fixed[id];
      const encoded = leb128Bytes(signed ? value : BigInt.asUintN(64, value), signed).slice(0, 10);
      encoded.forEach((byte, i) => {
        bytes[at + i] = byte;
      });
      fixed[id] += encoded.length;
      break;
    }
    case CFA:
    case LINE:
      assembler.variable.get(kind[id])!.convert(id);
      break;
    default:
      throw new Error(`fragment of kind ${kind[id]}`);
  }
  kind[id] = FILL;
  width[id] = 0;
  amount[id] = 0;

  function fillGap(fragment: FragmentId): void {
    const gap = address[next[fragment]] - address[fragment] - fixed[fragment];
    kind[fragment] = FILL;
    amount[fragment] = width[fragment] === 0 ? 0 : Math.floor(gap / width[fragment]);
    if (gap < 0) {
      assembler.errorAt(
        fragments.place[fragment],
        "AS0821",
        `attempt to .org/.space/.nops backwards? (${gap})`,
      );
      amount[fragment] = 0;
    }
  }
}

/** Padding in code without the linker's help: short instructions first, then whole ones. */
function alignInstructions(assembler: Assembler, section: Section, id: FragmentId): void {
  const { fragments } = assembler.sections;
  const { bytes } = fragments.chainOf(id);
  const gap = fragments.address[fragments.next[id]] - fragments.address[id] - fragments.fixed[id];
  if (gap <= 0) return;
  const excess = gap % 4;
  let at = fragments.start[id] + fragments.fixed[id];
  if (excess !== 0) {
    if (excess % 2 === 1) assembler.mapping.oddPadding(id, section);
    makeNops(bytes, at, excess);
    fragments.fixed[id] += excess;
    at += excess;
  }
  makeNops(bytes, at, 4);
  fragments.width[id] = 4;
}

const JAL = 0x6f;
/** c.beqz and c.bnez, and beq and bne, differ in one bit. */
const INVERT_COMPRESSED = 0x2000;
const INVERT = 0x1000;

/** Writes a branch in the length that relaxation found. */
function convertBranch(assembler: Assembler, section: Section, id: FragmentId): void {
  const { fragments } = assembler.sections;
  const { bytes } = fragments.chainOf(id);
  const jump = (fragments.limit[id] & BRANCH_UNCONDITIONAL) !== 0;
  const compressed = (fragments.limit[id] & BRANCH_COMPRESSED) !== 0;
  const length = fragments.width[id];
  const offset = fragments.fixed[id];
  const at = fragments.start[id] + offset;
  const fixup = (where: number, size: number, type: number) => {
    const i = section.fixups.add(id, where, size, type, fragments.symbol[id], -1);
    section.fixups.addend[i] = fragments.amount[id];
    section.fixups.place[i] = fragments.place[id];
  };
  if (compressed && length === 2) fixup(offset, 2, jump ? R_RISCV_RVC_JUMP : R_RISCV_RVC_BRANCH);
  else if (compressed && length === 6) {
    const word = (bytes[at] | (bytes[at + 1] << 8)) ^ INVERT_COMPRESSED;
    // Over the jump: an offset of 6 in c.beqz's immediate.
    put(bytes, at, word | (3 << 3), 2);
    put(bytes, at + 2, JAL, 4);
    fixup(offset + 2, 4, R_RISCV_JAL);
  } else {
    if (compressed) put(bytes, at, wide(bytes[at] | (bytes[at + 1] << 8)), 4);
    if (length === 8) {
      const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      // Over the jump: an offset of 8 in the branch's immediate.
      put(bytes, at, (word ^ INVERT) | (4 << 8), 4);
      put(bytes, at + 4, JAL, 4);
      fixup(offset + 4, 4, R_RISCV_JAL);
    } else fixup(offset, 4, jump ? R_RISCV_JAL : R_RISCV_BRANCH);
  }
  fragments.fixed[id] += length;
}

/** The 32-bit instruction of c.j, c.jal, c.beqz or c.bnez, without a target. */
function wide(word: number): number {
  const register = 8 + ((word >> 7) & 7);
  switch (word & 0xe003) {
    case 0xa001:
      return JAL;
    case 0x2001:
      return JAL | (1 << 7);
    case 0xc001:
      return 0x63 | (register << 15);
    default:
      return 0x1063 | (register << 15);
  }
}

function put(bytes: Uint8Array, at: number, word: number, size: number): void {
  for (let i = 0; i < size; i++) bytes[at + i] = word >> (i * 8);
}
