import type { NameId } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { SHN_COMMON } from "../../elf/index.ts";
import { type InputObject, type LinkModel, SymbolSection } from "../../model/index.ts";

/** `--trace-symbol`: whether an object that was just read defines or refers to one of the symbols. */
export function traceObject(
  model: LinkModel,
  object: InputObject,
  traced: ReadonlySet<NameId>,
  report: Report,
): void {
  const { symbols, names } = model;
  for (let i = Math.max(1, object.firstGlobal); i < object.symbolIds.length; i++) {
    const symbol = object.symbolIds[i];
    if (!traced.has(symbols.name[symbol])) continue;
    const at = object.symtabOffset + i * (object.is64 ? 24 : 16) + (object.is64 ? 6 : 14);
    // What --wrap redirected is mentioned under neither name.
    const nameAt = object.view.getUint32(object.symtabOffset + i * (object.is64 ? 24 : 16), true);
    if (names.addTerminated(object.bytes, object.strtabOffset + nameAt) !== symbols.name[symbol]) continue;
    const shndx = object.view.getUint16(at, true);
    const name = names.text(symbols.name[symbol]);
    const gnu = shndx === 0 ? "reference to" : "definition of";
    const lld = shndx === SHN_COMMON ? "common definition of" : gnu;
    report.info("LD0402", object.name, `${gnu} ${name}`, { lld: `${lld} ${name}` });
  }
}

/** `--trace-symbol`, once the scripts are known: which of the symbols they define. */
export function traceScripts(model: LinkModel, traced: ReadonlySet<NameId>, report: Report): void {
  const { symbols, names } = model;
  for (const name of traced) {
    const symbol = symbols.global(name);
    if (symbol === 0 || symbols.section[symbol] !== SymbolSection.script) continue;
    report.info("LD0402", undefined, `the linker script defines ${names.text(name)}`);
  }
}
