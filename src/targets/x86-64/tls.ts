import { R_X86_64_GOTPCRELX, R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_PLTOFF64 } from "./types.ts";

// Thread-local accesses in an executable without shared objects need neither
// __tls_get_addr nor the GOT: each symbol's distance to the thread pointer is
// a constant. The psABI ("TLS Relaxations") fixes the instruction sequences of
// the general models so that a linker can write the local-exec one over them.
// A sequence that differs cannot be rewritten, and there is nothing else to
// do in a static link; so it is an error.
//
// `at` is the place of the relocated displacement in `out`, `start` and `end`
// the bounds of its section there.

const FS_TO_RAX = [0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0];

function write(out: Uint8Array, at: number, bytes: readonly number[]): void {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i];
}

/** movabs $__tls_get_addr@PLTOFF, %rax; add %rbx or %r15, %rax; call *%rax */
function isLargeCall(out: Uint8Array, at: number): boolean {
  if (out[at] !== 0x48 || out[at + 1] !== 0xb8 || out[at + 11] !== 0x01) return false;
  if (out[at + 13] !== 0xff || out[at + 14] !== 0xd0) return false;
  return (out[at + 10] === 0x48 && out[at + 12] === 0xd8) || (out[at + 10] === 0x4c && out[at + 12] === 0xf8);
}

/** Which relocation the call of a general- or local-dynamic sequence must have; 0: it is not such a sequence. */
const Call = { none: 0, direct: 1, indirect: 2, large: 3 } as const;

function generalDynamicCall(out: Uint8Array, at: number, start: number, end: number): number {
  if (at - start < 3 || at + 12 > end || out[at - 3] !== 0x48 || out[at - 2] !== 0x8d || out[at - 1] !== 0x3d)
    return Call.none;
  const call = at + 4;
  const padded = at - start >= 4 && out[at - 4] === 0x66 && out[call] === 0x66;
  if (padded && out[call + 1] === 0x48 && out[call + 2] === 0xff && out[call + 3] === 0x15)
    return Call.indirect;
  if (padded && out[call + 1] === 0x48 && out[call + 2] === 0x67 && out[call + 3] === 0xe8)
    return Call.direct;
  if (padded && out[call + 1] === 0x66 && out[call + 2] === 0x48 && out[call + 3] === 0xe8)
    return Call.direct;
  return at + 19 <= end && isLargeCall(out, call) ? Call.large : Call.none;
}

function localDynamicCall(out: Uint8Array, at: number, start: number, end: number): number {
  if (at - start < 3 || at + 9 > end || out[at - 3] !== 0x48 || out[at - 2] !== 0x8d || out[at - 1] !== 0x3d)
    return Call.none;
  const call = at + 4;
  if (out[call] === 0xe8) return Call.direct;
  if (out[call] === 0x67 && out[call + 1] === 0xe8) return Call.direct;
  if (out[call] === 0xff && out[call + 1] === 0x15) return Call.indirect;
  return at + 19 <= end && isLargeCall(out, call) ? Call.large : Call.none;
}

function fitsCall(call: number, next: number): boolean {
  if (call === Call.indirect) return next === R_X86_64_GOTPCRELX;
  if (call === Call.large) return next === R_X86_64_PLTOFF64;
  return next === R_X86_64_PC32 || next === R_X86_64_PLT32;
}

/**
 * lea foo@TLSGD(%rip), %rdi; call __tls_get_addr
 * → mov %fs:0, %rax; lea foo@TPOFF(%rax), %rax.
 * `next` is the type of the relocation that follows. Returns where the offset goes, or -1.
 */
export function relaxGeneralDynamic(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  next: number,
): number {
  const call = generalDynamicCall(out, at, start, end);
  if (call === Call.none || !fitsCall(call, next)) return -1;
  const from = call === Call.large ? at - 3 : at - 4;
  write(out, from, FS_TO_RAX);
  write(out, from + 9, [0x48, 0x8d, 0x80, 0, 0, 0, 0]);
  // nopw 0x0(%rax,%rax,1)
  if (call === Call.large) write(out, from + 16, [0x66, 0x0f, 0x1f, 0x44, 0, 0]);
  return from + 12;
}

/**
 * The same, where the loader knows the offset:
 * → mov %fs:0, %rax; add foo@GOTTPOFF(%rip), %rax.
 */
export function loadDynamicOffset(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  next: number,
): number {
  const call = generalDynamicCall(out, at, start, end);
  if (call === Call.none || !fitsCall(call, next)) return -1;
  const from = call === Call.large ? at - 3 : at - 4;
  write(out, from, FS_TO_RAX);
  write(out, from + 9, [0x48, 0x03, 0x05, 0, 0, 0, 0]);
  if (call === Call.large) write(out, from + 16, [0x66, 0x0f, 0x1f, 0x44, 0, 0]);
  return from + 12;
}

/** lea foo@TLSDESC(%rip), %reg → mov foo@GOTTPOFF(%rip), %reg */
export function loadDescriptorOffset(out: Uint8Array, at: number, start: number, end: number): boolean {
  if (at - start < 3 || at + 4 > end || out[at - 2] !== 0x8d || (out[at - 1] & 0xc7) !== 5) return false;
  out[at - 2] = 0x8b;
  return true;
}

/** lea foo@TLSLD(%rip), %rdi; call __tls_get_addr → mov %fs:0, %rax, padded in front. False if it is not this sequence. */
export function relaxLocalDynamic(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  next: number,
): boolean {
  const call = localDynamicCall(out, at, start, end);
  if (call === Call.none || !fitsCall(call, next)) return false;
  const from = at - 3;
  if (call === Call.large) {
    write(out, from, [0x66, 0x66, 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0]);
    write(out, from + 13, FS_TO_RAX);
    return true;
  }
  const prefixes = out[at + 4] === 0xe8 ? 3 : 4;
  if (from + prefixes + FS_TO_RAX.length > end) return false;
  for (let i = 0; i < prefixes; i++) out[from + i] = 0x66;
  write(out, from + prefixes, FS_TO_RAX);
  return true;
}

/**
 * mov foo@GOTTPOFF(%rip), %reg → mov $foo, %reg
 * add foo@GOTTPOFF(%rip), %reg → lea foo(%reg), %reg (add $foo, %reg for %rsp and %r12)
 */
export function relaxInitialExec(out: Uint8Array, at: number, start: number, end: number): boolean {
  if (at - start < 3 || at + 4 > end) return false;
  const rex = out[at - 3];
  const opcode = out[at - 2];
  const modrm = out[at - 1];
  if ((rex !== 0x48 && rex !== 0x4c) || (opcode !== 0x8b && opcode !== 0x03) || (modrm & 0xc7) !== 5)
    return false;
  const register = modrm >> 3;
  const extended = rex === 0x4c;
  if (opcode === 0x8b) {
    if (extended) out[at - 3] = 0x49;
    out[at - 2] = 0xc7;
    out[at - 1] = 0xc0 | register;
  } else if (register === 4) {
    // As a base register, 4 would mean that a SIB byte follows.
    if (extended) out[at - 3] = 0x49;
    out[at - 2] = 0x81;
    out[at - 1] = 0xc0 | register;
  } else {
    if (extended) out[at - 3] = 0x4d;
    out[at - 2] = 0x8d;
    out[at - 1] = 0x80 | register | (register << 3);
  }
  return true;
}

/** lea foo@TLSDESC(%rip), %reg → mov $foo@TPOFF, %reg */
export function relaxDescriptor(out: Uint8Array, at: number, start: number, end: number): boolean {
  if (at - start < 3 || at + 4 > end) return false;
  const rex = out[at - 3];
  const modrm = out[at - 1];
  if ((rex & 0xfb) !== 0x48 || out[at - 2] !== 0x8d || (modrm & 0xc7) !== 5) return false;
  out[at - 3] = (rex & 0x48) | ((rex >> 2) & 1);
  out[at - 2] = 0xc7;
  out[at - 1] = 0xc0 | ((modrm >> 3) & 7);
  return true;
}

/** call *foo@TLSCALL(%rax) → xchg %ax, %ax */
export function relaxDescriptorCall(out: Uint8Array, at: number, end: number): boolean {
  if (at + 2 > end || out[at] !== 0xff || out[at + 1] !== 0x10) return false;
  out[at] = 0x66;
  out[at + 1] = 0x90;
  return true;
}
