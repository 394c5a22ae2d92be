import { mnemonicPieces, type Piece } from "./mnemonics.ts";
import type { Operand } from "./operand-text.ts";
import { operands } from "./operands.ts";

// How opcode maps are written and looked up. An entry is the text of an
// instruction, "add{v} Ev,Gv", or it chooses among others by a field. Texts are
// taken apart when they are met first.
//
// A mark in front of the name says what prefixes have to do with the opcode:
// `!`: a repeat or operand-size prefix must have a use; `@`: the operand-size
// prefix is part of the opcode; `~`: all of these are shown, used or not.

export interface Choice {
  /** By ModRM's middle field, or its low one. */
  readonly reg?: Entries;
  readonly rm?: Entries;
  /** Memory or register. */
  readonly mod?: readonly [Entry, Entry];
  /** By the last prefix: none, F3, 66, F2. `null`: the prefix is as if it were not there. */
  readonly pp?: Entries;
  /** In 16- and 32-bit mode, in 64-bit mode. */
  readonly bits?: readonly [Entry, Entry];
  readonly w?: readonly [Entry, Entry];
  /** By vector length. */
  readonly l?: Entries;
  /** What else the opcode begins. */
  readonly escape?: "38" | "3a" | "float" | "vex2" | "vex3" | "evex" | "xop";
}

export type Entry = string | Choice | null | undefined;
export type Entries = readonly Entry[];

export interface Row {
  readonly requirement: "" | "!" | "@" | "~";
  readonly pieces: readonly Piece[];
  readonly operands: readonly Operand[];
  readonly names: readonly string[];
}

export const badRow: Row = { requirement: "", pieces: ["(bad)"], operands: [], names: [] };

const rows = new Map<string, Row>();

export function rowOf(text: string): Row {
  const known = rows.get(text);
  if (known) return known;
  const mark = text[0];
  const requirement = mark === "!" || mark === "@" || mark === "~" ? mark : "";
  const blank = text.indexOf(" ");
  const name = text.slice(requirement.length, blank < 0 ? undefined : blank);
  const names = blank < 0 ? [] : text.slice(blank + 1).split(",");
  const row: Row = {
    requirement,
    pieces: mnemonicPieces(name),
    operands: names.map((code) => {
      const operand = operands[code];
      if (!operand) throw new Error(`no operand ${code} in ${text}`);
      return operand;
    }),
    names,
  };
  rows.set(text, row);
  return row;
}

/** A map from lists that begin at an opcode. */
export function opcodeMap(parts: Readonly<Record<number, Entries>>): Entry[] {
  const map: Entry[] = new Array(256).fill(undefined);
  for (const [from, list] of Object.entries(parts))
    for (const [i, entry] of list.entries()) map[Number(from) + i] = entry;
  return map;
}

/** The conditions of branches, in their order. */
export const conditions = "o no b ae e ne be a s ns p np l ge le g".split(" ");
