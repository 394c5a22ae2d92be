// What is used of Capstone's WebAssembly build: the functions of its C
// interface, and ways into its memory. The package has no types of its own.
declare module "@alexaltea/capstone-js" {
  interface CapstoneHandle {
    readonly handle_ptr: number;
    option(option: number, value: number): void;
    close(): void;
  }

  export interface CapstoneModule {
    readonly ARCH_X86: number;
    readonly ARCH_ARM: number;
    readonly ARCH_ARM64: number;
    readonly MODE_16: number;
    readonly MODE_32: number;
    readonly MODE_64: number;
    readonly MODE_ARM: number;
    readonly MODE_THUMB: number;
    readonly MODE_V8: number;
    readonly OPT_SYNTAX: number;
    readonly OPT_SYNTAX_ATT: number;
    readonly OPT_SYNTAX_INTEL: number;
    readonly Capstone: new (architecture: number, mode: number) => CapstoneHandle;
    _malloc(size: number): number;
    _cs_malloc(handle: number): number;
    _cs_disasm_iter(handle: number, code: number, size: number, address: number, instruction: number): number;
    getValue(pointer: number, type: "i8" | "i16" | "i32" | "*"): number;
    setValue(pointer: number, value: number | bigint, type: "i32" | "i64"): void;
    writeArrayToMemory(bytes: Uint8Array, pointer: number): void;
    UTF8ToString(pointer: number): string;
  }

  const load: () => Promise<CapstoneModule>;
  export default load;
}
