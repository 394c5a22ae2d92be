import { type DemangleStyle, demangleItanium, demangleItaniumType } from "./itanium.ts";
import { demangleRustLegacy } from "./rust.ts";
import { demangleRustV0 } from "./rust-v0.ts";

export type { DemangleStyle } from "./itanium.ts";

/** What beside the style decides how a name is shown. */
export interface DemangleDetails {
  /** Hashes of Rust, standard types of C++ in full; as `c++filt` without -i. */
  readonly verbose?: boolean;
  /** False: no parameters of functions, as `c++filt -p`. */
  readonly parameters?: boolean;
}

/** A symbol's name as its language writes it; the name itself where it is not mangled. */
export function demangle(name: string, style: DemangleStyle = "gnu", details: DemangleDetails = {}): string {
  if (!name.startsWith("_R") && !name.startsWith("_Z") && !name.startsWith("___Z")) return name;
  const { verbose = false } = details;
  if (name.startsWith("_R")) return demangleRustV0(name, verbose) ?? name;
  const rust = style === "gnu" ? demangleRustLegacy(name, verbose) : undefined;
  return rust ?? demangleItanium(name, style, details) ?? name;
}

/** A mangled type such as `PKc`; undefined where it is none. */
export function demangleType(name: string, details: DemangleDetails = {}): string | undefined {
  return demangleItaniumType(name, details);
}

/** A name in either of Rust's manglings; undefined for others. */
export function demangleRust(name: string, verbose = false): string | undefined {
  return demangleRustV0(name, verbose) ?? demangleRustLegacy(name, verbose);
}

/** A C++ name, never taken for one of Rust's first mangling; undefined for others. */
export function demangleCxx(name: string, details: DemangleDetails = {}): string | undefined {
  return demangleItanium(name, "gnu", details);
}
