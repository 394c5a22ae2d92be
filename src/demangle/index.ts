import { type DemangleStyle, demangleItanium } from "./itanium.ts";
import { demangleRustLegacy } from "./rust.ts";

export type { DemangleStyle } from "./itanium.ts";

/** A symbol's name as its language writes it; the name itself where it is not mangled. */
export function demangle(name: string, style: DemangleStyle = "gnu"): string {
  if (!name.startsWith("_Z") && !name.startsWith("___Z")) return name;
  const rust = style === "gnu" ? demangleRustLegacy(name) : undefined;
  return rust ?? demangleItanium(name, style) ?? name;
}
