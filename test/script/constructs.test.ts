import { describe, expect, test } from "vitest";
import { Report, renderDiagnostic } from "../../src/diagnostics/index.ts";
import { formatScript, parseScript } from "../../src/script/index.ts";
import { constructs } from "./constructs.ts";
import { bare } from "./trees.ts";

const show = (report: Report) =>
  report.diagnostics
    .map((one) => renderDiagnostic(one, { program: "ld", dialect: "gnu", color: false }))
    .join("");

describe("each construct is read, printed in the house style, and read again", () => {
  test.each(constructs.map((construct) => [construct.name, construct] as const))("%s", (_, construct) => {
    const report = new Report();
    const script = parseScript({ name: "x.ld", text: construct.text }, report);
    expect(show(report)).toBe("");
    const formatted = formatScript(script);
    expect(formatted).toBe(construct.formatted ?? construct.text);
    const again = parseScript({ name: "x.ld", text: formatted }, report);
    expect(show(report)).toBe("");
    expect(bare(again)).toEqual(bare(script));
    expect(formatScript(again)).toBe(formatted);
  });
});
