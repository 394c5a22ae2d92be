import { type Kernels, MODULE } from "./module.ts";

// The part of the host's WebAssembly interface that the arena uses, and the
// module of the kernels. Node and browsers have WebAssembly; the language's own
// library does not describe it.

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: unknown };
}

/** Asked for each time: while a start-up snapshot is made, something else stands in for it (scripts/build.mjs). */
export const webAssembly = (): WebAssemblyInterface =>
  (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;

/** Shared memory may grow without its views' being lost, is not counted by the garbage collector, and serves workers. */
export const canShare = (): boolean => typeof SharedArrayBuffer !== "undefined";

/** The bytes of the module; they are kept in a start-up snapshot. */
let bytes: Uint8Array<ArrayBuffer> | undefined;
let compiled: object | undefined;

/** The kernels, working on one memory. */
export function instantiate(memory: WasmMemory, shared: boolean): Kernels {
  const { Module, Instance } = webAssembly();
  compiled ??= new Module(shared ? moduleBytes() : unshared(moduleBytes()));
  return new Instance(compiled, { env: { memory } }).exports as Kernels;
}

/** Before a start-up snapshot is taken: what was compiled does not fit into it. */
export function forgetCompiled(): void {
  compiled = undefined;
}

/** For a host that has the module in a file. */
export function giveModule(given: Uint8Array<ArrayBuffer>): void {
  bytes = given;
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  bytes ??= fromBase64(MODULE);
  return bytes;
}

/** The module for a memory that is not shared, which its import has to say. */
function unshared(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = module.slice();
  // "env", "memory", the kind 2 (a memory), and its limits' flags: 3 for shared with a maximum.
  const sought = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3];
  const at = copy.findIndex((_, i) => sought.every((byte, k) => copy[i + k] === byte));
  copy[at + sought.length - 1] = 1;
  return copy;
}

/** Not every host has a decoder of its own. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const values = new Uint8Array(128);
  for (let i = 0; i < 64; i++) values[digits.charCodeAt(i)] = i;
  const length = text.length - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
  const decoded = new Uint8Array((length * 3) >> 2);
  for (let i = 0, at = 0; i < length; i += 4) {
    let group = 0;
    for (let k = 0; k < 4; k++) group = (group << 6) | values[text.charCodeAt(i + k)];
    for (let shift = 16; shift >= 0 && at < decoded.length; shift -= 8) decoded[at++] = group >> shift;
  }
  return decoded;
}
