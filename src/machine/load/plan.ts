import type { Report } from "../../diagnostics/index.ts";
import {
  type ElfFile,
  EM_RISCV,
  ET_DYN,
  ET_EXEC,
  PT_DYNAMIC,
  PT_INTERP,
  PT_LOAD,
  PT_PHDR,
  PT_TLS,
  readElf,
  SHF_ALLOC,
  SHF_TLS,
  SHT_NOBITS,
} from "../../elf/index.ts";
import type { Memory } from "../memory.ts";

/**
 * The loader, in two halves. `planLoad` says what is to happen: which bytes of
 * the file go where and what is filled with zeros, as plain data that can be
 * printed and asked. `carryOut` does exactly that and nothing else. So the
 * explanation of a load cannot differ from the load.
 */

/** One stretch of memory that a segment fills. */
export interface LoadStep {
  /** Index in the program header table. */
  readonly segment: number;
  /** `left`: zeros that the program's start-up code has to make, because it moves the segment. */
  readonly kind: "bytes" | "zero" | "left";
  /** Where in memory: the load address, which is not the run-time one when a ROM image is loaded. */
  readonly address: number;
  /** Where the program expects it when it runs (VMA). */
  readonly runAddress: number;
  readonly size: number;
  /** Offset in the file, of `bytes`. */
  readonly fileOffset: number;
  /** PF_R, PF_W, PF_X. */
  readonly flags: number;
  /** Sections whose bytes these are. */
  readonly sections: readonly string[];
}

export interface LoadPlan {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly elf: ElfFile | undefined;
  readonly xlen: 32 | 64;
  /** `physical`: at the load addresses (LMA), and start-up code copies what must move. */
  readonly placement: "virtual" | "physical";
  /** What was added to every address: not 0 for a position-independent executable. */
  readonly bias: number;
  readonly steps: readonly LoadStep[];
  readonly entry: number;
  /** Where the program headers are in memory, 0 if no segment has them; how many, and the size of one. */
  readonly headers: number;
  readonly headerCount: number;
  readonly headerSize: number;
  /** End of the highest segment: where `brk` begins. */
  readonly end: number;
  /** The thread-local image, for those who explain it. */
  readonly tls:
    | { readonly address: number; readonly fileSize: number; readonly memorySize: number }
    | undefined;
}

export interface LoadOptions {
  readonly placement?: "virtual" | "physical";
  /** Where a position-independent executable goes. */
  readonly pieBase?: number;
  /** For a file that is not ELF: where it goes, and which registers its code expects. */
  readonly flat?: { readonly address: number; readonly xlen: 32 | 64; readonly entry?: number };
}

const PIE_BASE = 0x10000;
/** Addresses are numbers: exact below this. */
const HIGHEST = 2 ** 53;

/** Says how an executable is to be loaded; undefined, with diagnostics, if it cannot be. */
export function planLoad(
  bytes: Uint8Array,
  name: string,
  report: Report,
  options: LoadOptions = {},
): LoadPlan | undefined {
  if (options.flat) return planFlat(bytes, name, options.flat);
  const elf = readElf(bytes, report, name);
  if (!elf) return undefined;
  if (elf.machine !== EM_RISCV || !elf.littleEndian) {
    report.error(
      "RUN0101",
      name,
      `it is for another machine (e_machine ${elf.machine}): only RISC-V runs here`,
    );
    return undefined;
  }
  if (elf.type !== ET_EXEC && elf.type !== ET_DYN) {
    report.error("RUN0102", name, "it is not an executable: an object file must be linked first");
    return undefined;
  }
  const interpreter = elf.segments.find((segment) => segment.type === PT_INTERP);
  if (interpreter) {
    const path = bytes.subarray(interpreter.offset, interpreter.offset + interpreter.fileSize);
    const text = String.fromCharCode(...path.subarray(0, 200)).replace(/\0.*/s, "");
    report.error(
      "RUN0103",
      name,
      `it is dynamically linked and wants ${text}: not supported, link with -static`,
    );
    return undefined;
  }
  const placement = options.placement ?? "virtual";
  const bias = elf.type === ET_DYN ? (options.pieBase ?? PIE_BASE) : 0;
  const steps: LoadStep[] = [];
  let headers = 0;
  let end = 0;
  let bad = false;
  for (const [index, segment] of elf.segments.entries()) {
    if (segment.type === PT_PHDR) headers = Number(segment.address) + bias;
    if (segment.type !== PT_LOAD || segment.memorySize === 0) continue;
    const runAddress = Number(segment.address) + bias;
    const address = placement === "physical" ? Number(segment.loadAddress) + bias : runAddress;
    const { offset, fileSize, memorySize } = segment;
    const problem =
      offset + fileSize > bytes.length
        ? `its bytes ${offset}..${offset + fileSize} are beyond the end of the file (${bytes.length} bytes)`
        : fileSize > memorySize
          ? `its size in the file, ${fileSize}, is larger than in memory, ${memorySize}`
          : Math.max(address, runAddress) + memorySize > HIGHEST
            ? `its address 0x${address.toString(16)} is beyond what a program can have here`
            : undefined;
    if (problem) {
      report.error("RUN0104", name, `segment ${index} cannot be loaded: ${problem}`);
      bad = true;
      continue;
    }
    const inside = sectionsWithin(elf, segment.address, BigInt(memorySize));
    const common = { segment: index, flags: segment.flags };
    if (fileSize > 0)
      steps.push({
        ...common,
        kind: "bytes",
        address,
        runAddress,
        size: fileSize,
        fileOffset: offset,
        sections: inside.filled,
      });
    const moved = address !== runAddress;
    if (memorySize > fileSize)
      steps.push({
        ...common,
        kind: moved ? "left" : "zero",
        address: moved ? runAddress + fileSize : address + fileSize,
        runAddress: runAddress + fileSize,
        size: memorySize - fileSize,
        fileOffset: 0,
        sections: inside.empty,
      });
    end = Math.max(end, runAddress + memorySize);
    const table = elf.programHeaderOffset;
    if (headers === 0 && table >= offset && table < offset + fileSize) headers = runAddress + table - offset;
  }
  if (steps.length === 0 && !bad) {
    report.error("RUN0105", name, "it has no segment to load");
    bad = true;
  }
  if (bad) return undefined;
  const tls = elf.segments.find((segment) => segment.type === PT_TLS);
  return {
    name,
    bytes,
    elf,
    xlen: elf.is64 ? 64 : 32,
    placement,
    bias,
    steps,
    entry: Number(elf.entry) + bias,
    headers,
    headerCount: elf.segments.length,
    headerSize: elf.is64 ? 56 : 32,
    end,
    tls: tls && {
      address: Number(tls.address) + bias,
      fileSize: tls.fileSize,
      memorySize: tls.memorySize,
    },
  };
}

function planFlat(bytes: Uint8Array, name: string, flat: NonNullable<LoadOptions["flat"]>): LoadPlan {
  const { address, xlen } = flat;
  return {
    name,
    bytes,
    elf: undefined,
    xlen,
    placement: "physical",
    bias: 0,
    steps: [
      {
        segment: 0,
        kind: "bytes",
        address,
        runAddress: address,
        size: bytes.length,
        fileOffset: 0,
        flags: 7,
        sections: [],
      },
    ],
    entry: flat.entry ?? address,
    headers: 0,
    headerCount: 0,
    headerSize: 0,
    end: address + bytes.length,
    tls: undefined,
  };
}

/** The sections that a segment's addresses cover: those with bytes, and those that are zeros. */
function sectionsWithin(elf: ElfFile, address: bigint, size: bigint) {
  const filled: string[] = [];
  const empty: string[] = [];
  for (const section of elf.sections) {
    if ((section.flags & SHF_ALLOC) === 0 || section.size === 0) continue;
    if (section.address < address || section.address >= address + size) continue;
    if (section.type !== SHT_NOBITS) filled.push(section.name);
    else if ((section.flags & SHF_TLS) === 0) empty.push(section.name);
  }
  return { filled, empty };
}

/** True if the file says that it is relocated by itself at start (static PIE) rather than by a linker before. */
export function isSelfRelocating(plan: LoadPlan): boolean {
  return plan.bias !== 0 && plan.elf !== undefined && plan.elf.segments.some((s) => s.type === PT_DYNAMIC);
}

/** Does what the plan says; reports what has no place in memory. */
export function carryOut(plan: LoadPlan, memory: Memory, report: Report): boolean {
  let done = true;
  for (const step of plan.steps) {
    if (step.kind === "left") continue;
    const wrote =
      step.kind === "zero"
        ? memory.fill(step.address, 0, step.size)
        : memory.write(step.address, plan.bytes.subarray(step.fileOffset, step.fileOffset + step.size));
    if (wrote) continue;
    // Behind a ROM image there may be nothing to clear: start-up code clears .bss where it runs.
    if (step.kind === "zero" && plan.placement === "physical") continue;
    const range = `0x${step.address.toString(16)}..0x${(step.address + step.size).toString(16)}`;
    // GNU ld puts the file's headers before the code, a page below the address that was asked for.
    const headers = step.fileOffset === 0 && plan.elf !== undefined;
    const why = headers ? "; it begins with the file's headers, which ld leaves out with -N or a script" : "";
    report.error("RUN0106", plan.name, `segment ${step.segment} has no memory at ${range}${why}`);
    done = false;
  }
  return done;
}

/** The plan in words, one line for each step. */
export function describeLoad(plan: LoadPlan): string {
  const width = plan.xlen / 4;
  const hex = (value: number) => `0x${value.toString(16).padStart(width, "0")}`;
  const lines = [
    `${plan.name}: RV${plan.xlen}, entry ${hex(plan.entry)}` +
      (plan.bias !== 0 ? `, position-independent, loaded ${hex(plan.bias)} higher` : ""),
  ];
  for (const step of plan.steps) {
    const flags = `${step.flags & 4 ? "r" : "-"}${step.flags & 2 ? "w" : "-"}${step.flags & 1 ? "x" : "-"}`;
    const what =
      step.kind !== "bytes"
        ? `${step.size} zero bytes${step.kind === "left" ? ", left to the program" : ""}`
        : `${step.size} bytes of the file from 0x${step.fileOffset.toString(16)}`;
    const moved = step.address !== step.runAddress ? `, to be copied to ${hex(step.runAddress)}` : "";
    const sections = step.sections.length > 0 ? `  ${step.sections.join(" ")}` : "";
    lines.push(`  ${hex(step.address)} ${flags} segment ${step.segment}: ${what}${moved}${sections}`);
  }
  if (plan.tls)
    lines.push(
      `  thread-local image at ${hex(plan.tls.address)}: ${plan.tls.fileSize} bytes of ${plan.tls.memorySize}`,
    );
  return `${lines.join("\n")}\n`;
}
