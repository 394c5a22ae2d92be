import type { Hart } from "../hart.ts";
import type { CallTracker, CallWatcher, Frame } from "./calls.ts";
import type { StepObserver } from "./step.ts";
import type { ProgramSymbols } from "./symbols.ts";

/** Where a program spends its instructions: exact counts, not samples. */

/** A function as called from one chain of callers. */
export interface CallNode {
  readonly name: string;
  /** Instructions of its own, and with all it called. */
  readonly self: number;
  readonly total: number;
  readonly calls: number;
  readonly children: readonly CallNode[];
}

export interface FlatRow {
  readonly name: string;
  readonly self: number;
  readonly calls: number;
}

export interface LineRow {
  readonly file: string;
  readonly line: number;
  readonly count: number;
}

interface Node {
  readonly function: number;
  readonly parent: Node | undefined;
  readonly children: Map<number, Node>;
  self: number;
  calls: number;
}

const newNode = (index: number, parent: Node | undefined): Node => ({
  function: index,
  parent,
  children: new Map(),
  self: 0,
  calls: 0,
});

/** Counts the executions of each instruction. */
export class ExecutionCounts implements StepObserver {
  readonly counts = new Map<number, number>();
  total = 0;

  step(_hart: Hart, pc: number): void {
    this.counts.set(pc, (this.counts.get(pc) ?? 0) + 1);
    this.total++;
  }

  /** Instructions by source line, the most first. */
  lines(symbols: ProgramSymbols): LineRow[] {
    const rows = new Map<string, { file: string; line: number; count: number }>();
    for (const [pc, count] of this.counts) {
      const place = symbols.source(pc);
      if (!place) continue;
      const key = `${place.line} ${place.file}`;
      const row = rows.get(key) ?? { ...place, count: 0 };
      row.count += count;
      rows.set(key, row);
    }
    return [...rows.values()].sort((a, b) => b.count - a.count);
  }
}

export class Profile implements CallWatcher, StepObserver {
  readonly #symbols: ProgramSymbols;
  readonly #root = newNode(-2, undefined);
  readonly #current: Node[] = [];

  constructor(tracker: CallTracker) {
    this.#symbols = tracker.symbols;
    tracker.watchers.push(this);
  }

  #nodeOf(hart: Hart): Node {
    return this.#current[hart.index] ?? this.#root;
  }

  enter(hart: Hart, frame: Frame): void {
    const parent = this.#nodeOf(hart);
    let node = parent.children.get(frame.function);
    if (!node) {
      node = newNode(frame.function, parent);
      parent.children.set(frame.function, node);
    }
    node.calls++;
    this.#current[hart.index] = node;
  }

  leave(hart: Hart): void {
    this.#current[hart.index] = this.#nodeOf(hart).parent ?? this.#root;
  }

  /** Must come before the tracker among the observers: the jump itself belongs to the caller. */
  step(hart: Hart): void {
    this.#nodeOf(hart).self++;
  }

  #name(index: number): string {
    return index >= 0 ? this.#symbols.functions[index].name : index === -2 ? "(start)" : "(no symbol)";
  }

  /** The tree of calls, the most expensive first. */
  tree(): CallNode {
    const convert = (node: Node): CallNode => {
      const children = [...node.children.values()].map(convert).sort((a, b) => b.total - a.total);
      const total = children.reduce((sum, child) => sum + child.total, node.self);
      return { name: this.#name(node.function), self: node.self, total, calls: node.calls, children };
    };
    return convert(this.#root);
  }

  flat(): FlatRow[] {
    const rows = new Map<number, { name: string; self: number; calls: number }>();
    const visit = (node: Node) => {
      const row = rows.get(node.function) ?? { name: this.#name(node.function), self: 0, calls: 0 };
      row.self += node.self;
      row.calls += node.calls;
      rows.set(node.function, row);
      for (const child of node.children.values()) visit(child);
    };
    visit(this.#root);
    return [...rows.values()].filter(({ self }) => self > 0).sort((a, b) => b.self - a.self);
  }
}

const percent = (part: number, whole: number) =>
  `${((100 * part) / Math.max(whole, 1)).toFixed(2)}%`.padStart(7);

export function flatText(rows: readonly FlatRow[], lines: readonly LineRow[]): string {
  const total = rows.reduce((sum, { self }) => sum + self, 0);
  const text = [`${total} instructions`, "", "   self  instructions      calls  function"];
  for (const { name, self, calls } of rows)
    text.push(`${percent(self, total)} ${String(self).padStart(13)} ${String(calls).padStart(10)}  ${name}`);
  if (lines.length > 0) {
    text.push("", "   self  instructions  line");
    for (const { file, line, count } of lines.slice(0, 40))
      text.push(`${percent(count, total)} ${String(count).padStart(13)}  ${file}:${line}`);
  }
  return `${text.join("\n")}\n`;
}

export function treeText(root: CallNode): string {
  const text = ["  total          total           self      calls  function"];
  const visit = (node: CallNode, depth: number) => {
    const counts = [
      percent(node.total, root.total),
      String(node.total).padStart(14),
      String(node.self).padStart(14),
      String(node.calls).padStart(10),
    ];
    text.push(`${counts.join(" ")}  ${"  ".repeat(Math.min(depth, 60))}${node.name}`);
    for (const child of node.children) visit(child, depth + 1);
  };
  visit(root, 0);
  return `${text.join("\n")}\n`;
}

/** One line for each chain of calls, `a;b;c 12`: what flame graphs are drawn from. */
export function foldedText(root: CallNode): string {
  const text: string[] = [];
  const visit = (node: CallNode, path: string) => {
    const here = path === "" ? node.name : `${path};${node.name}`;
    if (node.self > 0) text.push(`${here} ${node.self}`);
    for (const child of node.children) visit(child, here);
  };
  for (const child of root.children) visit(child, "");
  return text.map((line) => `${line}\n`).join("");
}
