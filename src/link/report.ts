import type { LinkResult } from "./link.ts";

/** What --report writes as JSON; docs/report.md describes it. */
export interface LinkReport {
  readonly format: "premain-link-report";
  readonly version: 1;
}

export declare function linkReport(result: LinkResult): LinkReport;

/** What is wrong with a report: bytes without an owner or with two, totals that do not add up. Empty when it is sound. */
export declare function auditReport(report: LinkReport): string[];
