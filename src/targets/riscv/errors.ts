import { riscvRelocationName } from "../../elf/index.ts";
import { type LinkModel, type SectionId, type SymbolId, sectionName } from "../../model/index.ts";
import { objectName, relocationPlace, reportRange, symbolName } from "../common-errors.ts";
import type { RelocateContext } from "../target.ts";

// What RISC-V relocations can be wrong about, in the words of GNU ld's back end and of LLD.

/** Where a relocation is; `offset` is in bytes of the output's section. */
export interface Site {
  context: RelocateContext;
  section: SectionId;
  offset: number;
  type: number;
  symbol: SymbolId;
}

/** A value that does not fit `bits` signed bits. */
export function reportOverflow(site: Site, type: number, value: number, bits: number): void {
  const most = 2n ** BigInt(bits - 1) - 1n;
  report(site, type, BigInt(Math.trunc(value)), -most - 1n, most);
}

/** A value that lui or auipc does not reach. LLD counts in units of the field. */
export function reportHighOverflow(site: Site, type: number, value: number): void {
  const exact = BigInt(Math.trunc(value));
  if (site.context.model.options.compat === "lld") {
    report(site, type, (exact + 0x800n) >> 12n, -0x80000n, 0x7ffffn);
  } else {
    report(site, type, exact, -0x80000800n, 0x7ffff7ffn);
  }
}

/** A distance that does not fit the `bits` signed bits of a jump, or that is odd. LLD counts in units of the field. */
export function reportJump(site: Site, type: number, value: number, bits: number): void {
  const isLld = site.context.model.options.compat === "lld";
  if (isLld && value % 2 !== 0 && Math.abs(value) < 2 ** (bits - 1)) reportMisaligned(site, type, value);
  else if (isLld) reportOverflow(site, type, Math.floor(value / 2), bits - 1);
  else reportOverflow(site, type, value, bits);
}

function report(site: Site, type: number, value: bigint, least: bigint, most: bigint): void {
  reportRange(site.context, site.section, site.offset, type, site.symbol, value, least, most);
}

function reportMisaligned(site: Site, type: number, value: number): void {
  const { context, section, offset } = site;
  const shown = BigInt.asUintN(64, BigInt(value)).toString(16);
  context.report.error(
    "LD0641",
    relocationPlace(context.model, section, offset, context.report),
    `improper alignment for relocation ${riscvRelocationName(type)}: 0x${shown} is not aligned to 2 bytes`,
  );
}

/** What GNU ld calls dangerous: the operands do not make sense. */
export function complain(site: Site, message: string, lld?: string): void {
  const { context, section, offset } = site;
  const place = relocationPlace(context.model, section, offset, context.report);
  context.report.error("LD0642", place, `dangerous relocation: ${message}`, { lld });
}

/** A %pcrel_lo without its %pcrel_hi. */
export function reportLoneLow(site: Site): void {
  const name = symbolName(site.context.model, site.symbol);
  complain(
    site,
    "%pcrel_lo missing matching %pcrel_hi",
    `R_RISCV_PCREL_LO12 relocation points to ${name} without an associated R_RISCV_PCREL_HI20 relocation`,
  );
}

export function reportIfuncAddend(site: Site, addend: number): void {
  const { model, report } = site.context;
  report.error(
    "LD0643",
    objectName(model, site.section),
    `relocation ${riscvRelocationName(site.type)} against STT_GNU_IFUNC symbol \`${symbolName(model, site.symbol)}' has non-zero addend: ${addend}`,
  );
}

/** A ULEB128 number that got longer than the assembler thought. */
export function reportUlebSpace(site: Site, value: bigint): void {
  const { model, report } = site.context;
  const section = sectionName(model, site.section);
  report.error(
    "LD0645",
    undefined,
    `final size of uleb128 value at offset 0x${site.offset.toString(16)} in ${section} from ${objectName(model, site.section)} exceeds available space`,
    {
      lld: `ULEB128 value ${value} exceeds available space; references '${symbolName(model, site.symbol)}'`,
    },
  );
}

/** A relocation that needs a position-dependent output. */
export function reportNotPic(
  model: LinkModel,
  section: SectionId,
  type: number,
  symbol: SymbolId,
  report: RelocateContext["report"],
): void {
  const global = (model.symbols.info[symbol] & 0xf0) !== 0;
  const name = global ? symbolName(model, symbol) : "a local symbol";
  const lldName = global ? `symbol '${name}'` : "local symbol";
  report.error(
    "LD0644",
    objectName(model, section),
    `relocation ${riscvRelocationName(type)} against \`${name}' can not be used when making a shared object; recompile with -fPIC`,
    {
      lld: `relocation ${riscvRelocationName(type)} cannot be used against ${lldName}; recompile with -fPIC`,
    },
  );
}
