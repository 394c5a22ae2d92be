// The part of the host's WebAssembly interface that the machine uses. Node and
// browsers have it; the language's own library does not describe it.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmModule {
  readonly brand?: "module";
}

/** What compiled code exports; every one is a function of this project's making. */
export type WasmFunction = (...values: number[]) => number;

export interface WasmInstance {
  readonly exports: Readonly<Record<string, WasmFunction>>;
}

interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => WasmInstance;
}

/** Asked for each time: while Node makes a start-up snapshot, there is none yet. */
export const webAssembly = (): WebAssemblyInterface =>
  (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;

/** What a module of ours holds: the interpreter, or translated code. */
export type ModuleKind = "interpreter" | "translation";

/** Whether memories are of the kind that threads can share; modules say which kind they import. */
export let sharesMemory = false;

/**
 * From now on memories are shared ones. V8 counts the size of any other as memory in use, and collects garbage
 * because of it, though nearly all of it is never touched. A page may have shared memory only if it is isolated
 * from others, and its `TextDecoder` and the like do not take it: so this is for Node, before the first machine.
 */
export function shareMemory(): void {
  sharesMemory = true;
}

let beforeCompiling: (kind: ModuleKind) => void = () => {};

/** Sets what is called before each module is compiled: hosts whose compiler can be advised do it there. */
export function adviseCompiler(advice: (kind: ModuleKind) => void): void {
  beforeCompiling = advice;
}

/** Compiles a module; the result is what it exports. */
export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  kind: ModuleKind,
  imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Readonly<Record<string, WasmFunction>> {
  const { Module, Instance } = webAssembly();
  beforeCompiling(kind);
  return new Instance(new Module(bytes), imports).exports;
}
