import { readFileSync } from "node:fs";
import { type Difference, showDifference } from "./compare-images.ts";

/** Differences that are accepted, by reason: differences.json. */
export interface Reason {
  /** Why the difference is right, or does no harm. */
  readonly why: string;
  /** A difference matches when its category is this and the patterns (regular expressions, anchored) match. */
  readonly match: readonly {
    readonly category: string;
    readonly subject: string;
    /** Only in these jobs or cases. */
    readonly job?: string;
  }[];
}

export type Reasons = Readonly<Record<string, Reason>>;

export function readReasons(file: string): Reasons {
  return JSON.parse(readFileSync(file, "utf8")).reasons;
}

/** The name of the reason that accepts a difference. */
export function reasonFor(reasons: Reasons, job: string, difference: Difference): string | undefined {
  for (const [name, { match }] of Object.entries(reasons))
    for (const { category, subject, job: jobs } of match) {
      if (category !== difference.category) continue;
      if (!new RegExp(`^(?:${subject})$`).test(difference.subject)) continue;
      if (jobs === undefined || new RegExp(`^(?:${jobs})$`).test(job)) return name;
    }
  return undefined;
}

/** What is not accepted, and how often each reason was needed. */
export function judge(reasons: Reasons, job: string, differences: readonly Difference[]) {
  const accepted: Record<string, number> = {};
  const rest: Difference[] = [];
  for (const difference of differences) {
    const reason = reasonFor(reasons, job, difference);
    if (reason) accepted[reason] = (accepted[reason] ?? 0) + 1;
    else rest.push(difference);
  }
  return { rest, accepted };
}

/** The first of a list of differences, for a terminal. */
export function showDifferences(differences: readonly Difference[], limit: number): string {
  const lines = differences.slice(0, limit).map((d) => `    ${showDifference(d)}`);
  if (differences.length > limit) lines.push(`    … and ${differences.length - limit} more`);
  return lines.join("\n");
}
