import type { Span } from "../../diagnostics/index.ts";
import type { PlacementRule } from "../../model/index.ts";
import type {
  Assert,
  Assignment,
  BinaryOperator,
  Expression,
  Name,
  OutputSection,
  Overlay,
  OverlaySection,
  SectionStatement,
} from "../../script/index.ts";
import {
  type AssertStatement,
  type AssignmentStatement,
  type ChildStatement,
  type InputStatement,
  type OutputRef,
  type OutputStatement,
  SectionFlag,
  type Statement,
} from "../place/placement.ts";
import type { LayoutStatement } from "./commands.ts";

// From the syntax tree to the statement tree. OVERLAY becomes the sections and
// symbols that the manual says it stands for.

export const DISCARD = "/DISCARD/";

/** What the script says of an output section; all but the name may be missing. */
export interface OutputWords {
  readonly name: string;
  readonly span?: Span;
  readonly children?: readonly ChildStatement[];
  readonly phdrs?: readonly Name[];
  readonly address?: Expression;
  readonly loadBase?: Expression;
  readonly align?: Expression;
  readonly subalign?: Expression;
  readonly alignWithInput?: boolean;
  readonly type?: OutputSection["type"];
  readonly overlay?: OutputStatement["overlay"];
  readonly fill?: Expression;
  readonly region?: Name;
  readonly loadRegion?: Name;
  readonly updateDot?: Expression;
  readonly constraint?: OutputSection["constraint"];
}

/** A new output section statement, of which nothing is known but the script's words. */
export function newOutput(words: OutputWords): OutputStatement {
  const output: Omit<OutputStatement, "ref"> & { ref?: OutputRef } = {
    kind: "output",
    name: words.name,
    span: words.span,
    children: [...(words.children ?? [])],
    phdrs: words.phdrs ?? [],
    address: words.address,
    loadBase: words.loadBase,
    align: words.align,
    subalign: words.subalign,
    alignWithInput: words.alignWithInput ?? false,
    type: words.type,
    overlay: words.overlay ?? "none",
    fill: words.fill,
    region: words.region,
    loadRegion: words.loadRegion,
    inheritedLoadRegion: undefined,
    updateDot: words.updateDot,
    constraint: words.constraint,
    dropped: false,
    hint: words.type?.keyword === "NOLOAD" ? SectionFlag.neverLoad : 0,
    flags: 0,
    exists: false,
    alignPower: 0,
    elfType: 0,
    scriptType: 0,
    dataSetsType: false,
    elfFlags: 0,
    entsize: 0,
    firstInput: 0,
    hasInput: false,
    isOrphan: false,
    isDetached: false,
    groupMember: false,
    loadAddress: 0n,
    size: 0,
    excluded: false,
    ignored: false,
    keepsPlace: words.updateDot !== undefined,
    index: -1,
    regionName: undefined,
    loadRegionName: undefined,
    pads: [],
    fills: [],
    edges: [],
    before: 0n,
    after: 0n,
  };
  const whole = output as OutputStatement & { ref: OutputRef };
  whole.ref = { name: words.name, address: 0n, output: whole };
  return whole;
}

/** The statements that one statement of the script stands for (OVERLAY: many), in order. */
export function statementsOf(
  statement: LayoutStatement,
  rules: PlacementRule[],
  noCrossRefs: (readonly string[])[],
): Statement[] {
  switch (statement.kind) {
    case "assignment":
      return [assignment(statement)];
    case "assert":
      return [assertion(statement)];
    case "output-section":
      return [outputSection(statement, rules)];
    case "overlay":
      if (statement.noCrossRefs) noCrossRefs.push(statement.sections.map((s) => s.name.text));
      return overlay(statement, rules);
  }
}

export function assignment(node: Assignment): AssignmentStatement {
  const expression = assignedExpression(node);
  return {
    kind: "assignment",
    node,
    expression,
    value: undefined,
    provided: false,
    fromAddress: false,
    before: 0n,
    after: 0n,
  };
}

function assignedExpression(node: Assignment): Expression {
  if (node.operator === "=") return node.value;
  const { target, span } = node;
  const left: Expression =
    target.text === "." && !target.quoted
      ? { kind: "dot", span: target.span }
      : { kind: "symbol", name: target, span: target.span };
  const operator = node.operator.slice(0, -1) as BinaryOperator;
  return { kind: "binary", operator, left, right: node.value, span };
}

function assertion(node: Assert): AssertStatement {
  return { kind: "assert", node, before: 0n, after: 0n };
}

function outputSection(node: OutputSection, rules: PlacementRule[]): OutputStatement {
  const { name, span, phdrs, address, at, align, subalign, alignWithInput, type, fill } = node;
  return newOutput({
    name: name.text,
    span,
    children: childrenOf(node.contents, name.text, rules),
    phdrs,
    address,
    loadBase: at,
    align,
    subalign,
    alignWithInput,
    type,
    fill,
    ...regions(node),
    constraint: node.constraint,
  });
}

/** A load region alone is the region as well, where no address is given. */
function regions(node: { readonly region?: Name; readonly atRegion?: Name; readonly address?: Expression }): {
  region?: Name;
  loadRegion?: Name;
} {
  const { region, atRegion, address } = node;
  if (atRegion && !region && !address) return { region: atRegion, loadRegion: atRegion };
  return { region, loadRegion: atRegion };
}

function childrenOf(
  contents: readonly SectionStatement[],
  output: string,
  rules: PlacementRule[],
): ChildStatement[] {
  const children: ChildStatement[] = [];
  const step = { before: 0n, after: 0n };
  for (const node of contents) {
    switch (node.kind) {
      case "include":
        children.push(...childrenOf(node.items, output, rules));
        break;
      case "assignment":
        children.push(assignment(node));
        break;
      case "assert":
        children.push(assertion(node));
        break;
      case "input-sections": {
        const { source, start, end } = node.span;
        const text = source.text.slice(start, end);
        const rule = rules.push({ text, span: node.span, outputSection: output, keep: node.keep }) - 1;
        children.push(inputStatement(rule, node));
        break;
      }
      case "data":
      case "ascii":
      case "linker-version":
        children.push({ ...step, kind: "data", node, size: 0, offset: 0, bytes: new Uint8Array(0) });
        break;
      case "fill":
        children.push({ ...step, kind: "fill", node });
        break;
      case "create-object-symbols":
        children.push({ ...step, kind: "object-symbols" });
        break;
      case "constructors":
        // The sets of a.out's constructors; ELF has none, so nothing is put here.
        break;
    }
  }
  return children;
}

/** Input sections taken by a statement of the script, or orphans (no node). */
export function inputStatement(rule: number, node?: InputStatement["node"]): InputStatement {
  return { kind: "input", node, rule, sections: new Int32Array(0), sized: undefined, before: 0n, after: 0n };
}

function overlay(node: Overlay, rules: PlacementRule[]): Statement[] {
  const { span } = node;
  const statements: Statement[] = [];
  const first = node.sections[0];
  if (!first) return statements;
  const query = (name: Name, what: "ADDR" | "LOADADDR" | "SIZEOF"): Expression => ({
    kind: "section-query",
    query: what,
    section: name,
    span,
  });
  const sum = (left: Expression, right: Expression): Expression => ({
    kind: "binary",
    operator: "+",
    left,
    right,
    span,
  });
  let largest: Expression | undefined;
  const place = regions({ region: node.region, atRegion: node.atRegion });
  node.sections.forEach((section: OverlaySection, i) => {
    const { name } = section;
    const size = query(name, "SIZEOF");
    largest = largest ? { kind: "call", callee: "MAX", arguments: [largest, size], span } : size;
    const isLast = i === node.sections.length - 1;
    statements.push(
      newOutput({
        name: name.text,
        span: section.span,
        children: childrenOf(section.contents, name.text, rules),
        phdrs: section.phdrs.length > 0 ? section.phdrs : node.phdrs,
        address: i === 0 ? node.address : query(first.name, "ADDR"),
        loadBase: i === 0 ? node.at : undefined,
        subalign: node.subalign,
        type: section.type,
        overlay: i === 0 ? "first" : "next",
        fill: section.fill ?? node.fill,
        ...place,
        updateDot: isLast ? sum(query(first.name, "ADDR"), largest) : undefined,
      }),
    );
    const clean = name.text.replace(/[^A-Za-z0-9_]/g, "");
    const provide = (prefix: string, value: Expression): void => {
      const target: Name = { text: prefix + clean, quoted: false, span: name.span };
      const node: Assignment = {
        kind: "assignment",
        target,
        operator: "=",
        value,
        provide: true,
        hidden: false,
        span: section.span,
      };
      statements.push(assignment(node));
    };
    provide("__load_start_", query(name, "LOADADDR"));
    provide("__load_stop_", sum(query(name, "LOADADDR"), size));
  });
  return statements;
}
