import type { LoadPlan } from "../load/plan.ts";
import { StructureWriter, USER_ID } from "./structures.ts";

/**
 * What a program finds on its stack: from the stack pointer up, argc, the
 * pointers of argv and of envp, each list ended by 0, the auxiliary vector, and
 * above them the bytes that these point to. The order is the kernel's.
 */

/** Types of the auxiliary vector, and their names. */
export const AUXILIARY: Readonly<Record<number, string>> = {
  0: "AT_NULL",
  3: "AT_PHDR",
  4: "AT_PHENT",
  5: "AT_PHNUM",
  6: "AT_PAGESZ",
  7: "AT_BASE",
  8: "AT_FLAGS",
  9: "AT_ENTRY",
  11: "AT_UID",
  12: "AT_EUID",
  13: "AT_GID",
  14: "AT_EGID",
  16: "AT_HWCAP",
  17: "AT_CLKTCK",
  23: "AT_SECURE",
  25: "AT_RANDOM",
  31: "AT_EXECFN",
};

export interface StackContents {
  /** Where `bytes` go: the stack pointer at start. */
  readonly pointer: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Type and value of each entry, AT_NULL included. */
  readonly auxiliary: readonly (readonly [number, number])[];
}

/** AT_HWCAP: a bit for each extension of one letter. */
export function hardwareCapabilities(letters: string): number {
  let bits = 0;
  for (const letter of letters.toLowerCase()) bits |= 1 << (letter.charCodeAt(0) - 97);
  return bits;
}

/** Lays out the stack below `top`, a multiple of 16. */
export function layOutStack(
  plan: LoadPlan,
  top: number,
  path: string,
  argv: readonly Uint8Array[],
  envp: readonly Uint8Array[],
  random: Uint8Array,
): StackContents {
  const { xlen } = plan;
  const word = xlen / 8;
  // The strings, from the top down: a word of zeros, the path, the environment, the arguments.
  let at = top - word;
  const strings: { at: number; bytes: Uint8Array }[] = [];
  const push = (bytes: Uint8Array): number => {
    at -= bytes.length + 1;
    strings.push({ at, bytes });
    return at;
  };
  const pathAt = push(new TextEncoder().encode(path));
  const pushAll = (list: readonly Uint8Array[]) => [...list].reverse().map(push).reverse();
  const envpAt = pushAll(envp);
  const argvAt = pushAll(argv);
  at = Math.floor(at / 16) * 16 - 16;
  const randomAt = at;
  const auxiliary: [number, number][] = [
    [16, hardwareCapabilities("IMAFDC")],
    [6, 4096],
    [17, 100],
    [3, plan.headers],
    [4, plan.headerSize],
    [5, plan.headerCount],
    [7, 0],
    [8, 0],
    [9, plan.entry],
    [11, USER_ID],
    [12, USER_ID],
    [13, USER_ID],
    [14, USER_ID],
    [23, 0],
    [25, randomAt],
    [31, pathAt],
    [0, 0],
  ];
  const words = 1 + argvAt.length + 1 + envpAt.length + 1 + auxiliary.length * 2;
  const pointer = Math.floor((at - words * word) / 16) * 16;
  const w = new StructureWriter(top - pointer, xlen);
  w.long(argvAt.length);
  for (const place of argvAt) w.long(place);
  w.long(0);
  for (const place of envpAt) w.long(place);
  w.long(0);
  for (const [type, value] of auxiliary) w.long(type).long(value);
  w.bytes.set(random.subarray(0, 16), randomAt - pointer);
  for (const { at: place, bytes } of strings) w.bytes.set(bytes, place - pointer);
  return { pointer, bytes: w.bytes, auxiliary };
}
