// The functions that meanings call because they have no short formula.

/** What a function of the meaning language takes and gives, and what it does in words. */
export interface Intrinsic {
  /** x: XLEN bits; d: 64 bits; word: a bare name. */
  readonly parameters: readonly ("x" | "d" | "word")[];
  /** none: called for its effect only. */
  readonly result: "x" | "d" | "none";
  /** It does more than compute: it may trap, and it may not be left out or moved. */
  readonly effect: boolean;
  readonly words: string;
}

const x1 = ["x"] as const;
const x2 = ["x", "x"] as const;
const d1 = ["d"] as const;
const d2 = ["d", "d"] as const;

function pure(parameters: readonly ("x" | "d")[], result: "x" | "d", words: string): Intrinsic {
  return { parameters, result, effect: false, words };
}

function effect(
  parameters: readonly ("x" | "d" | "word")[],
  result: "x" | "d" | "none",
  words: string,
): Intrinsic {
  return { parameters, result, effect: true, words };
}

/** Operations of one floating-point format. They box and unbox, round by rm, and set fflags: effects. */
function float(bits: 16 | 32 | 64): Record<string, Intrinsic> {
  const name = { 16: "half", 32: "single", 64: "double" }[bits];
  const prefix = `f${bits}`;
  const rm2 = ["d", "d", "x"] as const;
  const rm3 = ["d", "d", "d", "x"] as const;
  const rm1 = ["d", "x"] as const;
  const fromInteger = ["x", "x"] as const;
  const all: Record<string, Intrinsic> = {
    add: effect(rm2, "d", `${name}-precision sum, rounded by rm`),
    sub: effect(rm2, "d", `${name}-precision difference, rounded by rm`),
    mul: effect(rm2, "d", `${name}-precision product, rounded by rm`),
    div: effect(rm2, "d", `${name}-precision quotient, rounded by rm`),
    sqrt: effect(rm1, "d", `${name}-precision square root, rounded by rm`),
    madd: effect(rm3, "d", "(a × b) + c with one rounding"),
    msub: effect(rm3, "d", "(a × b) - c with one rounding"),
    nmsub: effect(rm3, "d", "-(a × b) + c with one rounding"),
    nmadd: effect(rm3, "d", "-(a × b) - c with one rounding"),
    sgnj: pure(d2, "d", "a with the sign of b"),
    sgnjn: pure(d2, "d", "a with the opposite of b's sign"),
    sgnjx: pure(d2, "d", "a with the exclusive or of both signs"),
    min: effect(d2, "d", "the smaller; of a number and a NaN the number; -0 is below +0"),
    max: effect(d2, "d", "the larger; of a number and a NaN the number; -0 is below +0"),
    minm: effect(d2, "d", "the smaller; NaN if either is one"),
    maxm: effect(d2, "d", "the larger; NaN if either is one"),
    eq: effect(d2, "x", "1 if equal; only a signaling NaN is invalid"),
    lt: effect(d2, "x", "1 if less; a NaN is invalid"),
    le: effect(d2, "x", "1 if less or equal; a NaN is invalid"),
    ltq: effect(d2, "x", "1 if less; only a signaling NaN is invalid"),
    leq: effect(d2, "x", "1 if less or equal; only a signaling NaN is invalid"),
    class: pure(d1, "x", "one bit of ten that says what kind of number it is"),
    round: effect(rm1, "d", "rounded to an integer in the same format, never inexact"),
    roundnx: effect(rm1, "d", "rounded to an integer in the same format, inexact if it was not one"),
    to_i32: effect(rm1, "x", "as a signed 32-bit integer, rounded by rm, saturated, sign-extended"),
    to_u32: effect(rm1, "x", "as an unsigned 32-bit integer, rounded by rm, saturated, sign-extended"),
    to_i64: effect(rm1, "x", "as a signed 64-bit integer, rounded by rm, saturated"),
    to_u64: effect(rm1, "x", "as an unsigned 64-bit integer, rounded by rm, saturated"),
    from_i32: effect(fromInteger, "d", "from a signed 32-bit integer, rounded by rm"),
    from_u32: effect(fromInteger, "d", "from an unsigned 32-bit integer, rounded by rm"),
    from_i64: effect(fromInteger, "d", "from a signed 64-bit integer, rounded by rm"),
    from_u64: effect(fromInteger, "d", "from an unsigned 64-bit integer, rounded by rm"),
    constant: pure(x1, "d", "entry of Zfa's table of 32 constants, in this format"),
  };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [`${prefix}_${key}`, value]));
}

/** Every intrinsic by its name. */
export const intrinsics: Readonly<Record<string, Intrinsic>> = {
  // Widths
  sext8: pure(d1, "x", "the low 8 bits, sign-extended"),
  sext16: pure(d1, "x", "the low 16 bits, sign-extended"),
  sext32: pure(d1, "x", "the low 32 bits, sign-extended"),
  zext8: pure(d1, "x", "the low 8 bits, zero-extended"),
  zext16: pure(d1, "x", "the low 16 bits, zero-extended"),
  zext32: pure(d1, "x", "the low 32 bits, zero-extended"),
  high32: pure(d1, "x", "bits 63 to 32, sign-extended"),
  join32: pure(x2, "d", "64 bits of two words, the low one first"),
  box16: pure(d1, "d", "the low 16 bits in an f register: all bits above are ones"),
  box32: pure(d1, "d", "the low 32 bits in an f register: all bits above are ones"),
  // Integer arithmetic
  mulh: pure(x2, "x", "the upper half of the product, both signed"),
  mulhsu: pure(x2, "x", "the upper half of the product, signed by unsigned"),
  mulhu: pure(x2, "x", "the upper half of the product, both unsigned"),
  clz: pure(x1, "x", "the number of zeros before the first one from the top; XLEN for 0"),
  ctz: pure(x1, "x", "the number of zeros before the first one from the bottom; XLEN for 0"),
  cpop: pure(x1, "x", "the number of ones"),
  clz32: pure(x1, "x", "clz of the low 32 bits; 32 for 0"),
  ctz32: pure(x1, "x", "ctz of the low 32 bits; 32 for 0"),
  clmul: pure(x2, "x", "the lower half of the carry-less product"),
  clmulh: pure(x2, "x", "the upper half of the carry-less product"),
  clmulr: pure(x2, "x", "bits 2·XLEN-2 to XLEN-1 of the carry-less product"),
  orc_b: pure(x1, "x", "each byte all ones if it is not zero"),
  rev8: pure(x1, "x", "the bytes in opposite order"),
  brev8: pure(x1, "x", "the bits of each byte in opposite order"),
  zip: pure(x1, "x", "bits of the low half at the even places, of the high half at the odd"),
  unzip: pure(x1, "x", "even bits into the low half, odd bits into the high half"),
  xperm4: pure(x2, "x", "each 4 bits of b choose 4 bits of a; out of range gives 0"),
  xperm8: pure(x2, "x", "each byte of b chooses a byte of a; out of range gives 0"),
  // Cryptography
  aes_sbox: pure(x1, "x", "the low byte after AES's S-box"),
  aes_inverse_sbox: pure(x1, "x", "the low byte after AES's inverse S-box"),
  gf_mul: pure(x2, "x", "the product of two bytes in AES's field"),
  sm4_sbox: pure(x1, "x", "the low byte after SM4's S-box"),
  aes64_encrypt_last: pure(x2, "x", "ShiftRows and SubBytes of the state b, a; the lower half"),
  aes64_encrypt_middle: pure(x2, "x", "ShiftRows, SubBytes and MixColumns of the state b, a; the lower half"),
  aes64_decrypt_last: pure(x2, "x", "inverse ShiftRows and SubBytes of the state b, a; the lower half"),
  aes64_decrypt_middle: pure(
    x2,
    "x",
    "inverse ShiftRows, SubBytes and MixColumns of the state b, a; the lower half",
  ),
  aes64_inverse_mix: pure(x1, "x", "inverse MixColumns of both words"),
  aes64_key_schedule: pure(
    x2,
    "x",
    "the upper word of a, rotated by a byte unless b is 10, after the S-box, with round constant b, twice",
  ),
  // Floating point
  ...float(16),
  ...float(32),
  ...float(64),
  f16_to_f32: effect(["d", "x"], "d", "half to single precision"),
  f16_to_f64: effect(["d", "x"], "d", "half to double precision"),
  f32_to_f16: effect(["d", "x"], "d", "single to half precision, rounded by rm"),
  f32_to_f64: effect(["d", "x"], "d", "single to double precision"),
  f64_to_f16: effect(["d", "x"], "d", "double to half precision, rounded by rm"),
  f64_to_f32: effect(["d", "x"], "d", "double to single precision, rounded by rm"),
  f64_mod_i32: effect(d1, "x", "truncated towards zero, then modulo 2^32 as a signed number, sign-extended"),
  // Control and status registers: the register is left alone, its side effects included, where Zicsr says so:
  // not read when rd is x0 (swap), not written when rs1 is x0 or the immediate 0 (set, clear)
  csr_swap: effect(x2, "x", "the register's old value; the register becomes b"),
  csr_set: effect(x2, "x", "the register's old value; the register's bits that are ones in b become 1"),
  csr_clear: effect(x2, "x", "the register's old value; the register's bits that are ones in b become 0"),
  // Atomics
  load_reserved32: effect(x1, "x", "32 bits of memory, zero-extended, with a reservation on them"),
  load_reserved64: effect(x1, "d", "64 bits of memory, with a reservation on them"),
  store_conditional32: effect(
    ["x", "d"],
    "x",
    "0 after storing the low 32 bits; 1, storing nothing, if the reservation is lost",
  ),
  store_conditional64: effect(
    ["x", "d"],
    "x",
    "0 after storing 64 bits; 1, storing nothing, if the reservation is lost",
  ),
  amocas64_pair: effect(
    x1,
    "none",
    "compares 64 bits at the address with the pair rd+1, rd; stores the pair rs2+1, rs2 if equal; the old value goes to the pair rd+1, rd (a pair that starts at x0 is 0, and is not written)",
  ),
  amocas128_pair: effect(
    x1,
    "none",
    "compares 128 bits at the address with the pair rd+1, rd; stores the pair rs2+1, rs2 if equal; the old value goes to the pair rd+1, rd (a pair that starts at x0 is 0, and is not written)",
  ),
  // Ordering, caches, waiting
  fence: effect(x2, "none", "accesses in the first set come before those in the second"),
  fence_tso: effect([], "none", "loads before all accesses, stores before stores"),
  fence_i: effect([], "none", "instructions fetched from here on see all earlier stores"),
  pause: effect([], "none", "a hint that the hart is spinning"),
  prefetch: effect(["word", "x"], "none", "a hint that the memory will be fetched, read or written"),
  cache_block: effect(
    ["word", "x"],
    "none",
    "cleans, flushes, invalidates or zeroes the cache block of the address",
  ),
  wait_reservation: effect(["word"], "none", "waits until the reservation is lost, or for a while"),
  wait_for_interrupt: effect([], "none", "waits until an interrupt may be pending"),
  // Traps and privilege
  trap: effect(["word"], "none", "raises the exception: ecall, breakpoint or illegal"),
  return_from: effect(
    ["word"],
    "none",
    "returns from a trap to the privilege level and address it came from",
  ),
  sfence_vma: effect(
    ["word", "x", "x"],
    "none",
    "address translation from here on sees earlier stores to page tables, for the address and the address space (x0: all)",
  ),
  hypervisor_load: effect(["word", "x"], "d", "memory as the guest's translation sees it"),
  hypervisor_store: effect(["word", "x", "x"], "none", "stores to memory as the guest's translation sees it"),
  // Zcmp and Zcmt
  push_registers: effect(
    x2,
    "none",
    "stores ra and the s registers of the list below sp, then moves sp down by the list's size and spimm",
  ),
  pop_registers: effect(
    x2,
    "none",
    "loads ra and the s registers of the list, and moves sp up by the list's size and spimm",
  ),
  jump_table: effect(x1, "x", "the entry of the jump table that the jvt register points at"),
};
