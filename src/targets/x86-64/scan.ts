import type { Report } from "../../diagnostics/index.ts";
import { RELA64_SIZE, SHT_RELA, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, type SectionId, type SymbolId, SymbolSection } from "../../model/index.ts";
import { isRelocatable } from "../common.ts";
import {
  reportAbsoluteTarget,
  reportBadSymbol,
  reportNeedsPic,
  reportTextRelocation,
  reportUnknown,
} from "../common-errors.ts";
import {
  Asks,
  NO_MORE,
  noteAddress,
  noteDistance,
  noteIfuncAddress,
  noteIfuncGot,
  scanTable,
} from "../common-scan.ts";
import { chooseGotLoad, GotLoad } from "./got-load.ts";
import {
  R_X86_64_8,
  R_X86_64_16,
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_CODE_4_GOTPC32_TLSDESC,
  R_X86_64_CODE_4_GOTPCRELX,
  R_X86_64_CODE_4_GOTTPOFF,
  R_X86_64_DTPOFF32,
  R_X86_64_DTPOFF64,
  R_X86_64_GNU_VTENTRY,
  R_X86_64_GNU_VTINHERIT,
  R_X86_64_GOT32,
  R_X86_64_GOT64,
  R_X86_64_GOTOFF64,
  R_X86_64_GOTPC32,
  R_X86_64_GOTPC32_TLSDESC,
  R_X86_64_GOTPC64,
  R_X86_64_GOTPCREL,
  R_X86_64_GOTPCREL64,
  R_X86_64_GOTPCRELX,
  R_X86_64_GOTPLT64,
  R_X86_64_GOTTPOFF,
  R_X86_64_NONE,
  R_X86_64_PC8,
  R_X86_64_PC16,
  R_X86_64_PC32,
  R_X86_64_PC32_BND,
  R_X86_64_PC64,
  R_X86_64_PLT32,
  R_X86_64_PLT32_BND,
  R_X86_64_PLTOFF64,
  R_X86_64_REX_GOTPCRELX,
  R_X86_64_SIZE32,
  R_X86_64_SIZE64,
  R_X86_64_TLSDESC_CALL,
  R_X86_64_TLSGD,
  R_X86_64_TLSLD,
  R_X86_64_TPOFF32,
  R_X86_64_TPOFF64,
  relocationName,
} from "./types.ts";

/** Types that ask for nothing. */
const quiet = [
  R_X86_64_NONE,
  R_X86_64_SIZE32,
  R_X86_64_SIZE64,
  R_X86_64_GOTTPOFF,
  R_X86_64_CODE_4_GOTTPOFF,
  R_X86_64_GOTPC32_TLSDESC,
  R_X86_64_CODE_4_GOTPC32_TLSDESC,
  R_X86_64_TLSDESC_CALL,
  R_X86_64_TPOFF32,
  R_X86_64_TPOFF64,
  R_X86_64_DTPOFF32,
  R_X86_64_DTPOFF64,
  R_X86_64_GNU_VTINHERIT,
  R_X86_64_GNU_VTENTRY,
];
const distances = [R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_PC32_BND, R_X86_64_PLT32_BND];
const otherDistances = [R_X86_64_PC64, R_X86_64_PC16, R_X86_64_PC8];
const addresses = [R_X86_64_64, R_X86_64_32, R_X86_64_32S, R_X86_64_16, R_X86_64_8];

/** See `Target.scanKinds`. */
export function scanKinds({ needs, options }: LinkModel): Uint8Array {
  const pic = options.kind !== "executable";
  const lld = options.compat === "lld";
  const plain = [...otherDistances];
  // What a static PIE does not allow, or has to note, is to be looked at.
  if (!pic) plain.push(...addresses);
  if (!pic || !lld) plain.push(...distances);
  const nothing = lld ? quiet : [...quiet, R_X86_64_TLSGD, R_X86_64_TLSLD];
  const kinds = needs.hasIfunc ? scanTable(nothing, plain) : scanTable([...nothing, ...plain], []);
  if (needs.hasIfunc && !lld) for (const type of distances) kinds[type] = Asks.distance;
  // Whatever the instruction is, it can be done without the GOT (chooseGotLoad).
  if (!pic && !lld && options.relax)
    for (const type of [R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX]) kinds[type] = Asks.relaxedLoad;
  return kinds;
}

/** See `Target.scan`. */
export function scan(model: LinkModel, section: SectionId, entry: number, report: Report): number {
  const { sections, symbols, needs } = model;
  const relocations = sections.relocations[section];
  const object = model.objects[sections.object[section]];
  const { view, symbolIds } = object;
  if (sections.type[relocations] !== SHT_RELA) {
    report.error("LD0608", object.name, "SHT_REL relocations are not supported for x86-64");
    return NO_MORE;
  }
  const pic = model.options.kind !== "executable";
  const lld = model.options.compat === "lld";
  const at = sections.fileOffset[relocations] + entry * RELA64_SIZE;
  const type = view.getInt32(at + 8, true);
  const index = view.getUint32(at + 12, true);
  if (index >= symbolIds.length && (index !== 0 || type !== R_X86_64_NONE)) {
    reportBadSymbol(model, report, section, index);
    return NO_MORE;
  }
  switch (type) {
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
    case R_X86_64_PC32_BND:
    case R_X86_64_PLT32_BND:
      if (pic && lld && symbols.section[symbolIds[index]] === SymbolSection.absolute) {
        const name = relocationName(type);
        reportAbsoluteTarget(model, report, section, view.getUint32(at, true), name, symbolIds[index]);
      }
      noteDistance(model, section, symbolIds[index]);
      break;
    case R_X86_64_64:
      if (noteAddress(model, section, entry, symbolIds[index]))
        reportTextRelocation(
          model,
          report,
          section,
          view.getUint32(at, true),
          "R_X86_64_64",
          symbolIds[index],
        );
      break;
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_16:
    case R_X86_64_8: {
      const symbol = symbolIds[index];
      if ((symbols.info[symbol] & 15) === STT_GNU_IFUNC) noteIfuncAddress(model, symbol);
      if (pic && isRelocatable(model, symbol))
        reportNeedsPic(model, report, section, view.getUint32(at, true), relocationName(type), symbol);
      break;
    }
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
    case R_X86_64_CODE_4_GOTPCRELX:
      scanGotLoad(model, section, at, type, symbolIds[index]);
      break;
    case R_X86_64_GOT32:
    case R_X86_64_GOT64:
    case R_X86_64_GOTPCREL64:
    case R_X86_64_GOTPLT64:
      if (lld) needs.gotBase = true;
      noteGot(model, symbolIds[index]);
      break;
    case R_X86_64_GOTOFF64:
    case R_X86_64_PLTOFF64:
      // For GNU ld these alone are no reason to have a GOT.
      if (lld && type === R_X86_64_GOTOFF64) needs.gotBase = true;
      if ((symbols.info[symbolIds[index]] & 15) === STT_GNU_IFUNC) noteIfuncAddress(model, symbolIds[index]);
      break;
    case R_X86_64_GOTPC32:
    case R_X86_64_GOTPC64:
      needs.gotBase = true;
      break;
    case R_X86_64_TLSGD:
    case R_X86_64_TLSLD:
      // The call of __tls_get_addr goes with it; GNU ld makes its word in the GOT all the same.
      return entry + 2;
    case R_X86_64_PC64:
    case R_X86_64_PC16:
    case R_X86_64_PC8:
      if ((symbols.info[symbolIds[index]] & 15) === STT_GNU_IFUNC) noteIfuncAddress(model, symbolIds[index]);
      break;
    case R_X86_64_NONE:
      break;
    default:
      reportUnknown(model, report, section, view.getUint32(at, true), type, symbolIds[index]);
  }
  return entry + 1;
}

function noteGot(model: LinkModel, symbol: SymbolId): void {
  if ((model.symbols.info[symbol] & 15) === STT_GNU_IFUNC) noteIfuncGot(model, symbol);
  else model.needs.got.add(symbol);
}

function scanGotLoad(model: LinkModel, section: SectionId, at: number, type: number, symbol: SymbolId): void {
  const { sections } = model;
  const { view, bytes } = model.objects[sections.object[section]];
  const offset = view.getUint32(at, true);
  const stored = sections.contents.get(section);
  const code = stored ?? bytes;
  const start = stored ? 0 : sections.fileOffset[section];
  const plainLoad = view.getInt32(at + 16, true) === -4 && type !== R_X86_64_CODE_4_GOTPCRELX;
  if (offset > sections.size[section]) return;
  const load = chooseGotLoad(model, symbol, type, plainLoad, code, start + offset, offset);
  if (load === GotLoad.keep) noteGot(model, symbol);
}
