import { demangle } from "../demangle/index.ts";
import { asByteText } from "./text-out.ts";

/** The name of byte text as its language writes it, as byte text. */
export function demangleName(name: string): string {
  if (!name.startsWith("_") && !name.startsWith(".")) return name;
  const shown = demangle(name);
  // Bytes of UTF-8 pass through; only names without any can come back with characters to encode.
  return /[^\0-\x7f]/.test(name) ? shown : asByteText(shown);
}
