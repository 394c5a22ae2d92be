import { absoluteSection, checkAssert, evaluate, type SectionRef, stringBytes } from "../../script/index.ts";
import {
  type AssignmentStatement,
  type DataStatement,
  type OutputStatement,
  SectionFlag,
  type Statement,
} from "../place/placement.ts";
import { isTbss } from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";
import { addressOf, assign, extentOf, nowhere } from "./layout-walk.ts";
import { linkerVersion } from "./linker-version.ts";

// One walk over the statements that gives symbols their values, under the
// addresses of the last sizing walk. The last one of all reports what is wrong
// with assertions and expressions, computes data, and decides which section a
// symbol belongs to that was assigned from `.` outside of sections.

export class AssignPass {
  private readonly context: LayoutContext;
  private readonly statements: readonly Statement[];
  private readonly is64: boolean;
  private dot = 0n;
  /** For symbols outside of sections: the last allocated section, unless `.` was assigned since. */
  private current: OutputStatement | undefined;
  private prefersNext = false;
  constructor(context: LayoutContext, statements: readonly Statement[], is64: boolean) {
    this.context = context;
    this.statements = statements;
    this.is64 = is64;
  }

  run(): void {
    const { context } = this;
    context.iteration++;
    for (let i = 0; i < this.statements.length; i++) {
      const statement = this.statements[i];
      switch (statement.kind) {
        case "assignment":
          this.assignOutside(statement, i);
          break;
        case "assert":
          checkAssert(statement.node, context.at(this.dot));
          break;
        case "output":
          if (statement.name !== "/DISCARD/") this.walkOutput(statement);
          break;
      }
    }
  }

  private assignOutside(statement: AssignmentStatement, at: number): void {
    const { text } = statement.node.target;
    if (text === ".") this.prefersNext = true;
    this.dot = assign(this.context, statement, undefined, this.dot);
    if (this.context.phase !== "final" || !statement.fromAddress) return;
    const symbol = this.context.symbols.get(text);
    if (symbol) symbol.home = this.sectionForDot(at)?.ref;
  }

  private walkOutput(output: OutputStatement): void {
    const { context } = this;
    if (output.exists && !output.ignored && (output.flags & SectionFlag.alloc) !== 0) {
      this.current = output;
      this.prefersNext = false;
    }
    const outer = this.dot;
    const section: SectionRef = output.dropped ? nowhere : output.ref;
    const { children } = output;
    for (let i = 0; i < children.length; i++) {
      const child = children[i];
      if (child.kind === "input") continue;
      const dot = output.exists ? child.before : outer;
      switch (child.kind) {
        case "assignment":
          assign(context, child, output, dot);
          break;
        case "assert":
          checkAssert(child.node, context.at(dot, section));
          break;
        case "data":
          this.computeData(child, dot);
          break;
        default:
          break;
      }
    }
    if (output.ignored || output.dropped) return;
    if (output.exists) {
      this.dot = output.ref.address;
      const takesNone = isTbss(output) && context.model.options.kind !== "relocatable";
      if (!takesNone) this.dot = BigInt.asUintN(64, this.dot + BigInt(extentOf(context, output)));
      if (output.updateDot) {
        const result = evaluate(output.updateDot, context.at(this.dot));
        if (result.state === "known") this.dot = addressOf(result);
      }
    }
  }

  private computeData(child: DataStatement, dot: bigint): void {
    const { node } = child;
    const { context } = this;
    if (node.kind === "linker-version") {
      child.bytes = linkerVersion(context.model.options);
      return;
    }
    if (node.kind === "ascii") {
      const bytes = new Uint8Array(child.size);
      bytes.set(stringBytes(node.text.text).slice(0, child.size));
      child.bytes = bytes;
      return;
    }
    const result = evaluate(node.value, context.at(dot, absoluteSection));
    if (result.state !== "known") {
      if (result.state === "unknown" && context.phase === "final")
        context.report.error("LD0540", node.span, "invalid data statement");
      return;
    }
    let value = addressOf(result);
    if (!this.is64 && node.directive === "SQUAD") value = BigInt.asUintN(64, BigInt.asIntN(32, value));
    const bytes = new Uint8Array(child.size);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = Number(value & 0xffn);
      value >>= 8n;
    }
    child.bytes = bytes;
  }

  // Which section does `end = .;` between sections belong to? The one before
  // it; or, when `.` was assigned since, the one after it, for which `.` is
  // meant. Past a symbol named `end`, always the one before.

  private sectionForDot(at: number): OutputStatement | undefined {
    const order = this.context.placement.headerOrder;
    const isHome = (output: OutputStatement) =>
      !output.excluded &&
      (output.flags & SectionFlag.alloc) !== 0 &&
      (output.flags & SectionFlag.threadLocal) === 0;
    if (!this.current || this.prefersNext) {
      this.context.afterEnd ??= sectionsAfterEnd(this.statements);
      const next = this.nextSection(at, this.context.afterEnd);
      if (!this.current || !next || !this.context.afterEnd.has(next)) {
        const before = next ? order.indexOf(next) : order.length - 1;
        for (let i = before; i >= 0; i--) if (isHome(order[i])) return order[i];
        return undefined;
      }
    }
    const from = order.indexOf(this.current);
    for (let i = from; i >= 0; i--) if (isHome(order[i])) return order[i];
    return order.find(isHome);
  }

  /** The next section statement that is in the output, or that stands past `end`. */
  private nextSection(at: number, afterEnd: ReadonlySet<OutputStatement>): OutputStatement | undefined {
    for (let i = at + 1; i < this.statements.length; i++) {
      const statement = this.statements[i];
      if (statement.kind !== "output") continue;
      if (afterEnd.has(statement) || (statement.exists && !statement.excluded)) return statement;
    }
    return undefined;
  }
}

function isCalledEnd(name: string): boolean {
  return name.endsWith("end") && /^_*end$/.test(name);
}

function sectionsAfterEnd(statements: readonly Statement[]): Set<OutputStatement> {
  const after = new Set<OutputStatement>();
  const isEnd = (statement: { readonly kind: string } | AssignmentStatement) =>
    statement.kind === "assignment" && isCalledEnd((statement as AssignmentStatement).node.target.text);
  let seen = false;
  for (const statement of statements) {
    if (isEnd(statement)) seen = true;
    if (statement.kind !== "output") continue;
    if (seen) after.add(statement);
    if (statement.children.some(isEnd)) seen = true;
  }
  return after;
}
