import type { Report } from "../../diagnostics/index.ts";
import { type LoadOptions, type LoadPlan, planLoad } from "../load/plan.ts";
import { Machine, type Tier } from "../machine.ts";
import { Memory } from "../memory.ts";
import { LinuxProcess, type ProcessOptions } from "./process.ts";

/** Where a program's address space begins: below are no pages, so that null pointers fault. */
const LOWEST = 0x10000;
const DEFAULT_SIZE = 2 ** 30;
const GRANULE = 0x10000;

export interface LinuxOptions extends ProcessOptions {
  /** Bytes of address space: for program, heap, mappings and stacks together. */
  readonly memorySize?: number;
  readonly load?: LoadOptions;
  readonly tier?: Tier;
}

/** The one region that a program's address space is; undefined, with a diagnostic, if the program is too large for it. */
export function addressSpaceFor(plan: LoadPlan, size: number, report: Report) {
  const first = Math.min(...plan.steps.map((step) => step.runAddress));
  const base = plan.end <= LOWEST + size && first >= LOWEST ? LOWEST : Math.floor(first / GRANULE) * GRANULE;
  if (base < 4096 || plan.end > base + size) {
    const range = `0x${first.toString(16)}..0x${plan.end.toString(16)}`;
    report.error(
      "RUN0107",
      plan.name,
      `its segments at ${range} do not fit an address space of ${size} bytes`,
    );
    return undefined;
  }
  return { name: "user", base, size };
}

/** Loads a program into a new machine, ready to run; undefined, with diagnostics, if it cannot be. */
export function startLinux(
  bytes: Uint8Array,
  name: string,
  options: LinuxOptions,
  report: Report,
): LinuxProcess | undefined {
  const plan = planLoad(bytes, name, report, options.load);
  if (!plan) return undefined;
  const size = Math.ceil((options.memorySize ?? DEFAULT_SIZE) / GRANULE) * GRANULE;
  const region = addressSpaceFor(plan, size, report);
  if (!region) return undefined;
  const { tier } = options;
  const machine = new Machine({
    xlen: plan.xlen,
    memory: new Memory([region], true),
    privileged: false,
    tier,
  });
  return new LinuxProcess(machine, plan, options, report);
}
