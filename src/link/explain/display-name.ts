import type { NameId } from "../../binary/index.ts";
import { demangle } from "../../demangle/index.ts";
import type { LinkModel, SymbolId } from "../../model/index.ts";

/** A name as it is shown to people: with --demangle, as its language writes it. */
export function displayName({ names, options }: LinkModel, name: NameId): string {
  const text = names.text(name);
  return options.demangle ? demangle(text, options.compat === "lld" ? "llvm" : "gnu") : text;
}

export function symbolDisplayName(model: LinkModel, symbol: SymbolId): string {
  return displayName(model, model.symbols.name[symbol]);
}
