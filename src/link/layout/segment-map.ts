import type { Report } from "../../diagnostics/index.ts";
import type { LinkOptions } from "../../model/index.ts";
import { phdrTypeOf } from "../../script/index.ts";
import { type OutputStatement, type Placement, SectionFlag } from "../place/placement.ts";
import { isTbss, SHT_NOTE } from "../place/section-flags.ts";
import type { LayoutContext } from "./layout-context.ts";
import { plainValue } from "./layout-walk.ts";

// Which output sections make which segment: by PHDRS, or by GNU ld's rules.
//
// Without PHDRS, the allocated sections in the order of their load addresses
// are cut into PT_LOAD segments wherever one mapping cannot serve both sides:
// where address and load address drift apart, where a page would be skipped,
// where loaded bytes would follow room without bytes, where the first writable
// section comes, where code meets data under -z separate-code. The headers go
// into the first segment when there is room in front of its first section.

export const PT_NULL = 0;
export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_PHDR = 6;
export const PT_TLS = 7;
export const PT_GNU_EH_FRAME = 0x6474e550;
export const PT_GNU_STACK = 0x6474e551;
export const PT_GNU_RELRO = 0x6474e552;
export const PT_GNU_PROPERTY = 0x6474e553;
export const PT_RISCV_ATTRIBUTES = 0x70000003;

const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

/** A segment to be: its sections, and what is known of its header. */
export interface SegmentPlan {
  readonly type: number;
  sections: OutputStatement[];
  includesFileHeader: boolean;
  includesProgramHeaders: boolean;
  flags: number | undefined;
  loadAddress: bigint | undefined;
  align: bigint | undefined;
  size: bigint | undefined;
  /** Added to the address of the first section to get the segment's. */
  addressOffset: bigint;
}

function plan(type: number, sections: OutputStatement[] = []): SegmentPlan {
  return {
    type,
    sections,
    includesFileHeader: false,
    includesProgramHeaders: false,
    flags: undefined,
    loadAddress: undefined,
    align: undefined,
    size: undefined,
    addressOffset: 0n,
  };
}

/** What the mapping depends on besides the sections. */
export interface SegmentOptions {
  readonly options: LinkOptions;
  readonly is64: boolean;
  readonly separateCode: boolean;
  readonly execStack: boolean | undefined;
}

const SIZE = (is64: boolean) => ({ file: is64 ? 64n : 52n, program: is64 ? 56n : 32n });

/** Bytes of the ELF header. */
export function fileHeaderSize(is64: boolean): bigint {
  return SIZE(is64).file;
}

/** Bytes of one program header. */
export function programHeaderEntry(is64: boolean): bigint {
  return SIZE(is64).program;
}

/** Not -N or -n: segments are mapped by pages. */
export function isPaged(options: LinkOptions): boolean {
  return !options.omagic && !options.nmagic;
}

const isLoaded = (output: OutputStatement) => (output.flags & SectionFlag.load) !== 0;
const isNote = (output: OutputStatement) => isLoaded(output) && output.elfType === SHT_NOTE;
const live = (context: LayoutContext) =>
  context.placement.headerOrder.filter((output) => output.exists && !output.excluded);

/** How many bytes of program headers to expect before the sections are mapped. */
export function estimateProgramHeaders(context: LayoutContext, how: SegmentOptions): bigint {
  const sections = live(context);
  const named = (name: string) => sections.find((output) => output.name === name);
  let count = 2n;
  const interp = named(".interp");
  if (interp && isLoaded(interp) && interp.size !== 0) count += 2n;
  if (named(".dynamic")) count++;
  if (context.relro) count++;
  if (named(".eh_frame_hdr")) count++;
  if (how.execStack !== undefined) count++;
  if (named(".note.gnu.property")?.size) count++;
  for (let i = 0; i < sections.length; i++) {
    if (!isNote(sections[i])) continue;
    count++;
    const { alignPower } = sections[i];
    while (i + 1 < sections.length && isNote(sections[i + 1]) && sections[i + 1].alignPower === alignPower)
      i++;
  }
  if (sections.some((output) => (output.flags & SectionFlag.threadLocal) !== 0)) count++;
  if (named(".riscv.attributes")) count++;
  return count * programHeaderEntry(how.is64);
}

/** Maps sections to segments; addresses are those of the last walk. `headers`: bytes of program headers, if known. */
export function mapSegments(
  context: LayoutContext,
  how: SegmentOptions,
  headers: bigint | undefined,
  report: Report,
): SegmentPlan[] {
  const { phdrs } = context.placement.commands;
  const plans = phdrs
    ? scriptSegments(context, report)
    : defaultSegments(context, how, headers ?? estimateProgramHeaders(context, how), report);
  if (!phdrs) checkPhdrs(context.placement, new Set(), report);
  for (const each of plans)
    each.sections = each.sections.filter(
      (output) => !output.excluded && ((output.flags & SectionFlag.alloc) !== 0 || each.type !== PT_LOAD),
    );
  const kept = phdrs
    ? plans
    : plans.filter((p) => p.type !== PT_LOAD || p.sections.length > 0 || p.includesProgramHeaders);
  addAttributes(context, kept);
  return kept;
}

/** .riscv.attributes has a segment of its own, behind PT_PHDR and PT_INTERP. */
function addAttributes(context: LayoutContext, plans: SegmentPlan[]): void {
  const attributes = live(context).find((output) => output.name === ".riscv.attributes");
  if (!attributes || plans.some((p) => p.type === PT_RISCV_ATTRIBUTES)) return;
  let at = 0;
  while (at < plans.length && (plans[at].type === PT_PHDR || plans[at].type === PT_INTERP)) at++;
  plans.splice(at, 0, plan(PT_RISCV_ATTRIBUTES, [attributes]));
}

// PHDRS

function scriptSegments(context: LayoutContext, report: Report): SegmentPlan[] {
  const { placement } = context;
  const phdrs = placement.commands.phdrs ?? [];
  const plans: SegmentPlan[] = [];
  const used = new Set<string>();
  let last: OutputStatement["phdrs"] | undefined;
  let lacksHeaders = false;
  for (const node of phdrs) {
    const type = phdrTypeOf(node.type) ?? plainValue(context, node.type, "program header type") ?? 0n;
    const each = plan(Number(type));
    each.includesFileHeader = node.filehdr;
    each.includesProgramHeaders = node.phdrs;
    if (each.type === PT_LOAD) {
      if (!node.filehdr && !node.phdrs) lacksHeaders = true;
      else if (lacksHeaders)
        report.error(
          "LD0550",
          node.span,
          "PHDRS and FILEHDR are not supported when prior PT_LOAD headers lack them",
        );
    }
    const { outputs } = placement;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output.dropped) continue;
      let names: OutputStatement["phdrs"] | undefined = output.phdrs;
      if (names.length > 0) last = names;
      else {
        const unmapped =
          output.type?.keyword === "NOLOAD" || !output.exists || (output.flags & SectionFlag.alloc) === 0;
        if (unmapped || each.type === PT_INTERP) continue;
        last ??= outputs.slice(i).find((other) => other.phdrs.length > 0)?.phdrs;
        if (!last) {
          report.error("LD0551", node.span, "no sections assigned to phdrs", { unplaced: true });
          return plans;
        }
        names = last;
      }
      if (!output.exists) continue;
      for (let k = 0; k < names.length; k++) {
        if (names[k].text !== node.name.text) continue;
        each.sections.push(output);
        used.add(names[k].text);
      }
    }
    if (node.flags) each.flags = Number(plainValue(context, node.flags, "phdr flags") ?? 0n);
    if (node.at) each.loadAddress = plainValue(context, node.at, "phdr load address") ?? 0n;
    plans.push(each);
  }
  checkPhdrs(placement, used, report);
  return plans;
}

/** Whether all program headers that sections name are there. */
function checkPhdrs(placement: Placement, used: ReadonlySet<string>, report: Report): void {
  const { outputs } = placement;
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    if (output.dropped || !output.exists || output.phdrs.length === 0) continue;
    for (const name of output.phdrs)
      if (!used.has(name.text) && name.text !== "NONE")
        report.error(
          "LD0552",
          name.span,
          `section \`${output.name}' assigned to non-existent phdr \`${name.text}'`,
          { unplaced: true, lld: `program header '${name.text}' is not defined` },
        );
  }
}

// GNU ld's rules

/** By load address, then address; room without bytes last, empty ones first. */
export function compareByAddress(a: OutputStatement, b: OutputStatement): number {
  if (a.loadAddress !== b.loadAddress) return a.loadAddress < b.loadAddress ? -1 : 1;
  if (a.ref.address !== b.ref.address) return a.ref.address < b.ref.address ? -1 : 1;
  const toEnd = (output: OutputStatement) =>
    (output.flags & (SectionFlag.load | SectionFlag.threadLocal)) === 0 && output.size !== 0 ? 1 : 0;
  const ends = toEnd(a) - toEnd(b);
  if (ends !== 0) return ends;
  const size = (output: OutputStatement) => (isLoaded(output) ? output.size : 0);
  return size(a) - size(b);
}

function defaultSegments(
  context: LayoutContext,
  how: SegmentOptions,
  programHeaders: bigint,
  report: Report,
): SegmentPlan[] {
  const { options, is64 } = how;
  const plans: SegmentPlan[] = [];
  const all = live(context);
  if (all.length === 0) return [];
  const named = (name: string) => all.find((output) => output.name === name);
  const sections = all.filter((output) => (output.flags & SectionFlag.alloc) !== 0).sort(compareByAddress);
  const headersSize = programHeaders + fileHeaderSize(is64);
  let holdsHeaders = headersFit(context, sections, headersSize);

  const interp = named(".interp");
  if (interp && isLoaded(interp) && interp.size !== 0) {
    const header = plan(PT_PHDR);
    header.flags = PF_R;
    header.includesProgramHeaders = true;
    holdsHeaders = true;
    plans.push(header, plan(PT_INTERP, [interp]));
  }
  if (!isPaged(options)) holdsHeaders = false;
  if (holdsHeaders && sections.length > 0) {
    const placed = placeHeaders(context, how, sections, headersSize, all);
    if (placed.own) plans.push(placed.own);
    holdsHeaders = placed.inFirst;
  }
  plans.push(...loadSegments(context, how, sections, holdsHeaders));

  const dynamic = named(".dynamic");
  if (dynamic && isLoaded(dynamic)) plans.push(plan(PT_DYNAMIC, [dynamic]));
  plans.push(...noteSegments(all));
  const tls = tlsSegment(all, options.output, report);
  if (tls) plans.push(tls);
  const property = named(".note.gnu.property");
  if (property && property.size !== 0) {
    const each = plan(PT_GNU_PROPERTY, [property]);
    each.flags = PF_R;
    plans.push(each);
  }
  const unwind = named(".eh_frame_hdr");
  if (unwind && isLoaded(unwind) && options.ehFrameHdr) plans.push(plan(PT_GNU_EH_FRAME, [unwind]));
  if (how.execStack !== undefined) {
    const stack = plan(PT_GNU_STACK);
    stack.flags = PF_R | PF_W | (how.execStack ? PF_X : 0);
    stack.align = 16n;
    stack.size = options.stackSize;
    plans.push(stack);
  }
  if (context.relro && hasRelro(context, plans)) plans.push(plan(PT_GNU_RELRO));
  return plans;
}

/** Headers are loaded when the script asked for their size, or when there seems to be room in front. */
function headersFit(
  context: LayoutContext,
  sections: readonly OutputStatement[],
  headersSize: bigint,
): boolean {
  if (context.usesHeaders) return true;
  if (sections.length === 0) return false;
  const page = context.maxPageSize - 1n;
  return (sections[0].loadAddress & page) >= (headersSize & page);
}

function placeHeaders(
  context: LayoutContext,
  how: SegmentOptions,
  sections: readonly OutputStatement[],
  headersSize: bigint,
  all: readonly OutputStatement[],
): { readonly inFirst: boolean; readonly own?: SegmentPlan } {
  const bits = how.is64 ? 64 : 32;
  const mask = (value: bigint) => BigInt.asUintN(bits, value);
  const page = context.maxPageSize;
  const first = sections[0];
  const load = mask(first.loadAddress);
  let at = mask(first.loadAddress - headersSize) & mask(-page);
  let separate = false;
  if (how.separateCode && (first.flags & SectionFlag.code) !== 0) {
    separate = true;
    if ((mask(at + headersSize - 1n) & mask(-page)) === (load & mask(-page))) {
      if (at >= page) at -= page;
      else separate = false;
    }
  }
  let wrapTo = 0n;
  for (const output of all) {
    if ((output.flags & SectionFlag.alloc) === 0) continue;
    const end = mask(output.loadAddress + BigInt(output.size));
    if (end < mask(output.loadAddress)) wrapTo = end;
  }
  if (load < at || load < headersSize || at < wrapTo) return { inFirst: false };
  if (!separate) return { inFirst: true };
  const own = plan(PT_LOAD);
  own.includesFileHeader = true;
  own.includesProgramHeaders = true;
  own.loadAddress = at;
  own.addressOffset = mask(first.ref.address - headersSize) & mask(-page);
  return { inFirst: false, own };
}

function loadSegments(
  context: LayoutContext,
  how: SegmentOptions,
  sections: readonly OutputStatement[],
  holdsHeaders: boolean,
): SegmentPlan[] {
  const plans: SegmentPlan[] = [];
  let current: OutputStatement[] = [];
  let writable = false;
  let executable = false;
  let last: OutputStatement | undefined;
  const close = (): void => {
    const each = plan(PT_LOAD, current);
    if (plans.length === 0 && holdsHeaders) {
      each.includesFileHeader = true;
      each.includesProgramHeaders = true;
    }
    plans.push(each);
  };
  for (const output of sections) {
    const isWritable = (output.flags & SectionFlag.readonly) === 0;
    const isCode = (output.flags & SectionFlag.code) !== 0;
    if (last && startsSegment(context, how, last, output, writable, executable)) {
      close();
      current = [];
      writable = false;
      executable = false;
    }
    writable ||= isWritable;
    executable ||= isCode;
    current.push(output);
    last = output;
  }
  if (last && (current.length !== 1 || !isTbss(last))) close();
  return plans;
}

/** Whether a section cannot share the segment of the one before it. */
function startsSegment(
  context: LayoutContext,
  how: SegmentOptions,
  last: OutputStatement,
  next: OutputStatement,
  writable: boolean,
  executable: boolean,
): boolean {
  const bySections = startsByAddress(context, how, last, next, writable, executable);
  if (bySections) return true;
  // Sections of different memory regions never share one.
  const current = context.find(next.name);
  const previous = context.find(last.name);
  if (!current || !previous) return false;
  // Of a section that never came into being, what the script says of it counts.
  const regionOf = (output: OutputStatement) =>
    output.exists ? output.regionName : output.region && context.regions.find(output.region.text)?.name;
  return regionOf(current) !== regionOf(previous);
}

function startsByAddress(
  context: LayoutContext,
  how: SegmentOptions,
  last: OutputStatement,
  next: OutputStatement,
  writable: boolean,
  executable: boolean,
): boolean {
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  if (wrap(last.loadAddress - last.ref.address) !== wrap(next.loadAddress - next.ref.address)) return true;
  const lastSize = isTbss(last) ? 0n : BigInt(last.size);
  const lastEnd = wrap(last.loadAddress + lastSize);
  if (next.loadAddress < lastEnd || lastEnd < last.loadAddress) return true;
  const paged = isPaged(how.options);
  const page = context.maxPageSize;
  const down = (value: bigint) => wrap(value) & wrap(-page);
  if (paged && down(lastEnd - 1n) === down(next.loadAddress)) return false;
  const afterNext = wrap(down(lastEnd + page - 1n) + page);
  if (afterNext > last.loadAddress && afterNext <= next.loadAddress) return true;
  const bytes = SectionFlag.load | SectionFlag.threadLocal;
  if ((last.flags & bytes) === 0 && (next.flags & bytes) !== 0) return true;
  if (!paged) return false;
  if (how.separateCode && executable !== ((next.flags & SectionFlag.code) !== 0)) return true;
  return !writable && (next.flags & SectionFlag.readonly) === 0;
}

/** Loaded notes that follow each other with the same alignment share a segment. */
function noteSegments(all: readonly OutputStatement[]): SegmentPlan[] {
  const plans: SegmentPlan[] = [];
  for (let i = 0; i < all.length; i++) {
    if (!isNote(all[i])) continue;
    const { alignPower } = all[i];
    const group = [all[i]];
    while (i + 1 < all.length) {
      const last = all[i];
      const next = all[i + 1];
      const align = 1n << BigInt(alignPower);
      const end = (last.loadAddress + BigInt(last.size) + align - 1n) & -align;
      if (!isNote(next) || next.alignPower !== alignPower || end !== next.loadAddress) break;
      group.push(next);
      i++;
    }
    plans.push(plan(PT_NOTE, group));
  }
  return plans;
}

function tlsSegment(all: readonly OutputStatement[], path: string, report: Report): SegmentPlan | undefined {
  const isTls = (output: OutputStatement) => (output.flags & SectionFlag.threadLocal) !== 0;
  const first = all.findIndex(isTls);
  if (first < 0) return undefined;
  const tls = all.filter(isTls);
  const adjacent = all.slice(first, first + tls.length);
  if (adjacent.some((output) => !isTls(output))) {
    const last = all.findLastIndex(isTls);
    const lines = all
      .slice(first, last + 1)
      .map((output) => `${isTls(output) ? "    TLS" : "non-TLS"}: ${output.name}`);
    report.error("LD0553", undefined, `${path}: TLS sections are not adjacent:`);
    for (const line of lines) report.info("LD0553", undefined, `\t${line}`);
    report.error("LD0553", undefined, "map sections to segments failed: bad value");
  }
  const each = plan(PT_TLS, tls);
  each.flags = PF_R;
  return each;
}

function hasRelro(context: LayoutContext, plans: readonly SegmentPlan[]): boolean {
  return plans.some(
    (each) =>
      each.type === PT_LOAD &&
      each.sections.length > 0 &&
      each.sections[0].ref.address >= context.relroStart &&
      each.sections[0].ref.address < context.relroEnd &&
      each.sections.some(
        (output) => output.size > 0 && isLoaded(output) && (output.flags & SectionFlag.hasContents) !== 0,
      ),
  );
}
