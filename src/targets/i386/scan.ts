import type { Report } from "../../diagnostics/index.ts";
import { REL32_SIZE, SHT_REL, STT_FUNC, STT_GNU_IFUNC } from "../../elf/index.ts";
import { type LinkModel, type SectionId, type SymbolId, SymbolSection } from "../../model/index.ts";
import { isReadOnly } from "../common.ts";
import {
  objectName,
  reportBadSymbol,
  reportNeedsPic,
  reportNotPreemptible,
  reportTextRelocation,
  reportUnknown,
  symbolName,
} from "../common-errors.ts";
import {
  NO_MORE,
  noteAddress,
  noteDistance,
  noteIfuncAddress,
  noteIfuncGot,
  scanTable,
} from "../common-scan.ts";
import { chooseGotLoad, GotLoad, isBaseless } from "./got-load.ts";
import {
  R_386_8,
  R_386_16,
  R_386_32,
  R_386_GNU_VTENTRY,
  R_386_GNU_VTINHERIT,
  R_386_GOT32,
  R_386_GOT32X,
  R_386_GOTOFF,
  R_386_GOTPC,
  R_386_NONE,
  R_386_PC8,
  R_386_PC16,
  R_386_PC32,
  R_386_PLT32,
  R_386_SIZE32,
  R_386_TLS_DESC_CALL,
  R_386_TLS_GD,
  R_386_TLS_GOTDESC,
  R_386_TLS_GOTIE,
  R_386_TLS_IE,
  R_386_TLS_IE_32,
  R_386_TLS_LDM,
  R_386_TLS_LDO_32,
  R_386_TLS_LE,
  R_386_TLS_LE_32,
} from "./types.ts";

/** Types that ask for nothing. */
const quiet = [
  R_386_TLS_IE,
  R_386_TLS_IE_32,
  R_386_TLS_LE,
  R_386_TLS_LE_32,
  R_386_TLS_LDO_32,
  R_386_TLS_GOTDESC,
  R_386_TLS_DESC_CALL,
  R_386_GNU_VTINHERIT,
  R_386_GNU_VTENTRY,
];
/** Types that ask for something with LLD only. */
const quietForGnu = [R_386_TLS_GD, R_386_TLS_LDM, R_386_NONE, R_386_SIZE32, R_386_TLS_GOTIE];
const distances = [R_386_PC32, R_386_PLT32, R_386_PC16, R_386_PC8, R_386_16, R_386_8];

/** See `Target.scanKinds`. */
export function scanKinds({ needs, options }: LinkModel): Uint8Array {
  const nothing = options.compat === "lld" ? quiet : [...quiet, ...quietForGnu];
  // A static PIE has to note addresses.
  const plain = options.kind === "executable" ? [...distances, R_386_32] : distances;
  return needs.hasIfunc ? scanTable(nothing, plain) : scanTable([...nothing, ...plain], []);
}

/** See `Target.scan`. */
export function scan(model: LinkModel, section: SectionId, entry: number, report: Report): number {
  const { sections, symbols, needs } = model;
  const relocations = sections.relocations[section];
  const object = model.objects[sections.object[section]];
  const { view, symbolIds } = object;
  if (sections.type[relocations] !== SHT_REL) {
    report.error("LD0608", object.name, "SHT_RELA relocations are not supported for i386");
    return NO_MORE;
  }
  const at = sections.fileOffset[relocations] + entry * REL32_SIZE;
  const lld = model.options.compat === "lld";
  const info = view.getUint32(at + 4, true);
  const type = info & 0xff;
  const index = info >>> 8;
  if (index >= symbolIds.length && (index !== 0 || type !== R_386_NONE)) {
    reportBadSymbol(model, report, section, index);
    return NO_MORE;
  }
  switch (type) {
    case R_386_PC32:
    case R_386_PLT32:
      noteDistance(model, section, symbolIds[index]);
      break;
    case R_386_32:
      if (noteAddress(model, section, entry, symbolIds[index]))
        reportTextRelocation(model, report, section, view.getUint32(at, true), "R_386_32", symbolIds[index]);
      break;
    case R_386_GOT32:
    case R_386_GOT32X:
      scanGot(model, section, entry, at, type, symbolIds[index], report);
      break;
    case R_386_GOTOFF:
      // For GNU ld this alone is no reason to have a GOT, but to tell an undefined symbol from 0.
      if (lld || symbols.section[symbolIds[index]] === SymbolSection.undefined) needs.gotBase = true;
      if ((symbols.info[symbolIds[index]] & 15) === STT_GNU_IFUNC) noteIfuncAddress(model, symbolIds[index]);
      break;
    case R_386_GOTPC:
      needs.gotBase = true;
      break;
    case R_386_TLS_GD:
    case R_386_TLS_LDM:
      // The call of ___tls_get_addr goes with it; GNU ld makes its word in the GOT all the same.
      if (type === R_386_TLS_GD) needs.gotBase = true;
      return entry + 2;
    case R_386_16:
    case R_386_PC16:
    case R_386_8:
    case R_386_PC8:
      if ((symbols.info[symbolIds[index]] & 15) === STT_GNU_IFUNC) noteIfuncAddress(model, symbolIds[index]);
      break;
    case R_386_NONE:
    case R_386_SIZE32:
    case R_386_TLS_GOTIE:
      if (lld) needs.gotBase = true;
      break;
    default:
      reportUnknown(model, report, section, view.getUint32(at, true), type, symbolIds[index]);
  }
  return entry + 1;
}

function scanGot(
  model: LinkModel,
  section: SectionId,
  entry: number,
  at: number,
  type: number,
  symbol: SymbolId,
  report: Report,
): void {
  const { sections, symbols, needs } = model;
  const { view, bytes } = model.objects[sections.object[section]];
  const offset = view.getUint32(at, true);
  const stored = sections.contents.get(section);
  const code = stored ?? bytes;
  const start = stored ? 0 : sections.fileOffset[section];
  if (offset > sections.size[section]) return;
  const pic = model.options.kind !== "executable";
  if (pic && offset >= 2 && isBaseless(code[start + offset - 1]) && code[start + offset - 2] !== 0x8d) {
    const name = type === R_386_GOT32X ? "R_386_GOT32X" : "R_386_GOT32";
    if (model.options.compat === "lld") {
      if (isReadOnly(model, section) && (symbols.info[symbol] & 15) === STT_FUNC)
        reportNotPreemptible(model, report, section, offset, symbol);
      else if (isReadOnly(model, section))
        reportNeedsPic(
          model,
          report,
          section,
          offset,
          type === R_386_GOT32X ? "R_386_GOT32X" : "R_386_GOT32",
          symbol,
        );
      needs.relative.add(section, entry);
      needs.got.add(symbol);
      return;
    }
    report.error(
      "LD0610",
      objectName(model, section),
      `direct GOT relocation ${name} against \`${symbolName(model, symbol)}' without base register can not be used when making a shared object`,
    );
    return;
  }
  const load =
    type === R_386_GOT32X ? chooseGotLoad(model, symbol, code, start + offset, offset) : GotLoad.keep;
  if (load !== GotLoad.keep) return;
  if (model.options.compat === "lld" && (offset === 0 || !isBaseless(code[start + offset - 1])))
    needs.gotBase = true;
  if ((symbols.info[symbol] & 15) === STT_GNU_IFUNC) noteIfuncGot(model, symbol);
  else needs.got.add(symbol);
}
