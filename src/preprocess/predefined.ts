/**
 * The macros that exist before the first line: those of a RISC-V target as a
 * GNU C compiler defines them for assembly. The floating-point limits are left
 * out, which no assembly source can use.
 */

/** An extension with its version, as the expanded -march says. */
export interface ExtensionVersion {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
}

export interface TargetDescription {
  readonly xlen: 32 | 64;
  readonly extensions: readonly ExtensionVersion[];
  /** Of -mabi: ilp32, ilp32f, ilp32d, ilp32e, lp64, lp64f, lp64d. */
  readonly abi: string;
  readonly codeModel?: "medlow" | "medany";
}

/** Definitions, one a line, as they would stand behind `#define`. */
export function predefinedMacros(target: TargetDescription): string[] {
  const lines = ["__ASSEMBLER__ 1", "__STDC__ 1", "__STDC_HOSTED__ 1", "__ELF__ 1"];
  // Sources ask which compiler runs them; they are written for this one.
  lines.push("__GNUC__ 12", "__GNUC_MINOR__ 2", "__GNUC_PATCHLEVEL__ 0", '__VERSION__ "12.2.0"');
  lines.push("__USER_LABEL_PREFIX__", "__REGISTER_PREFIX__", "__CHAR_BIT__ 8", "__CHAR_UNSIGNED__ 1");
  lines.push("__ORDER_LITTLE_ENDIAN__ 1234", "__ORDER_BIG_ENDIAN__ 4321", "__ORDER_PDP_ENDIAN__ 3412");
  lines.push("__BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__", "__FLOAT_WORD_ORDER__ __ORDER_LITTLE_ENDIAN__");
  lines.push(...integerMacros(target.xlen), ...riscvMacros(target));
  return lines;
}

function integerMacros(xlen: 32 | 64): string[] {
  const wide = xlen === 64;
  const lines: string[] = [];
  const bytes = xlen / 8;
  const sizes = { SHORT: 2, INT: 4, LONG: bytes, LONG_LONG: 8, FLOAT: 4, DOUBLE: 8, LONG_DOUBLE: 16 };
  const typeSizes = { POINTER: bytes, SIZE_T: bytes, PTRDIFF_T: bytes, WCHAR_T: 4, WINT_T: 4 };
  for (const [name, size] of Object.entries({ ...sizes, ...typeSizes }))
    lines.push(`__SIZEOF_${name}__ ${size}`);
  if (wide) lines.push("_LP64 1", "__LP64__ 1", "__SIZEOF_INT128__ 16");

  // Name, width, type, suffix of the signed and of the unsigned constants.
  const long = wide ? 64 : 32;
  const int64: [string, string] = wide ? ["long", "L"] : ["long long", "LL"];
  const int32: [string, string] = wide ? ["", ""] : ["long", "L"];
  const pointer: [string, string] = wide ? ["long", "L"] : ["", ""];
  const max = (width: number) => `0x7${"f".repeat(width / 4 - 1)}`;
  const all = (width: number) => `0x${"f".repeat(width / 4)}`;
  const type = (base: string) => (base ? `${base} int` : "int");
  const unsigned = (base: string) => (base ? `${base} unsigned int` : "unsigned int");
  lines.push(`__SCHAR_MAX__ ${max(8)}`, `__SHRT_MAX__ ${max(16)}`, `__INT_MAX__ ${max(32)}`);
  lines.push(`__LONG_MAX__ ${max(long)}L`, `__LONG_LONG_MAX__ ${max(64)}LL`, `__WCHAR_MAX__ ${max(32)}`);
  lines.push("__SCHAR_WIDTH__ 8", "__SHRT_WIDTH__ 16", "__INT_WIDTH__ 32", `__LONG_WIDTH__ ${long}`);
  lines.push(
    "__LONG_LONG_WIDTH__ 64",
    "__WCHAR_WIDTH__ 32",
    "__WCHAR_TYPE__ int",
    "__WINT_TYPE__ unsigned int",
  );
  const exact: [number, [string, string], string, string][] = [
    [8, ["", ""], "signed char", "unsigned char"],
    [16, ["", ""], "short int", "short unsigned int"],
    [32, int32, type(int32[0]), unsigned(int32[0])],
    [64, int64, type(int64[0]), unsigned(int64[0])],
  ];
  for (const [width, [, suffix], signedType, unsignedType] of exact) {
    const un = width < 32 ? "" : `U${suffix}`;
    for (const [prefix, end] of [
      ["INT", ""],
      ["INT_LEAST", "LEAST"],
    ]) {
      lines.push(
        `__${prefix}${width}_MAX__ ${max(width)}${suffix}`,
        `__${prefix}${width}_TYPE__ ${signedType}`,
      );
      lines.push(
        `__U${prefix}${width}_MAX__ ${all(width)}${un}`,
        `__U${prefix}${width}_TYPE__ ${unsignedType}`,
      );
      if (end) lines.push(`__INT_LEAST${width}_WIDTH__ ${width}`);
    }
    lines.push(`__INT${width}_C(c) c${suffix ? ` ## ${suffix}` : ""}`);
    lines.push(`__UINT${width}_C(c) c${un ? ` ## ${un}` : ""}`);
  }
  lines.push(`__INTMAX_MAX__ ${max(64)}${int64[1]}`, `__UINTMAX_MAX__ ${all(64)}U${int64[1]}`);
  lines.push(`__INTMAX_C(c) c ## ${int64[1]}`, `__UINTMAX_C(c) c ## U${int64[1]}`);
  lines.push(`__INTPTR_MAX__ ${max(xlen)}${pointer[1]}`, `__UINTPTR_MAX__ ${all(xlen)}U${pointer[1]}`);
  lines.push(`__SIZE_MAX__ ${all(xlen)}U${pointer[1]}`, `__PTRDIFF_MAX__ ${max(xlen)}${pointer[1]}`);
  lines.push(`__SIZE_TYPE__ ${unsigned(pointer[0])}`, `__PTRDIFF_TYPE__ ${type(pointer[0])}`);
  lines.push(`__INTPTR_TYPE__ ${type(pointer[0])}`, `__UINTPTR_TYPE__ ${unsigned(pointer[0])}`);
  for (const name of ["SIZE", "PTRDIFF", "INTPTR"]) lines.push(`__${name}_WIDTH__ ${xlen}`);
  return lines;
}

function riscvMacros({ xlen, extensions, abi, codeModel }: TargetDescription): string[] {
  const has = (name: string) => extensions.some((extension) => extension.name === name);
  const lines = [
    "__riscv 1",
    `__riscv_xlen ${xlen}`,
    "__riscv_arch_test 1",
    `__riscv_cmodel_${codeModel ?? "medlow"} 1`,
  ];
  for (const { name, major, minor } of extensions)
    lines.push(`__riscv_${name} ${major * 1_000_000 + minor * 1000}`);
  if (has("e")) lines.push("__riscv_32e 1");
  if (abi.endsWith("e")) lines.push("__riscv_abi_rve 1");
  if (has("c")) lines.push("__riscv_compressed 1");
  if (has("a")) lines.push("__riscv_atomic 1");
  if (has("m")) lines.push("__riscv_mul 1", "__riscv_muldiv 1", "__riscv_div 1");
  if (has("f")) lines.push(`__riscv_flen ${has("d") ? 64 : 32}`, "__riscv_fdiv 1", "__riscv_fsqrt 1");
  const float = abi.endsWith("d") ? "double" : abi.endsWith("f") ? "single" : "soft";
  lines.push(`__riscv_float_abi_${float} 1`);
  return lines;
}
