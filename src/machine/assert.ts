/** Throws when something that our own code guarantees does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`machine: ${message}`);
}
