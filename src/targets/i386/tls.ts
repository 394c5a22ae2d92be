import { R_386_GOT32X, R_386_PC32, R_386_PLT32 } from "./types.ts";

// As in x86-64/tls.ts. i386 has two ways to give a symbol's distance from the
// thread pointer: to be added (negative, NTPOFF) and to be subtracted
// (positive, TPOFF). `at` is the place of the relocated displacement in `out`,
// `start` and `end` the bounds of its section there.

const GS_TO_EAX = [0x65, 0xa1, 0, 0, 0, 0];

function write(out: Uint8Array, at: number, bytes: readonly number[]): void {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i];
}

/** Checks `call ___tls_get_addr@PLT`, `call *___tls_get_addr@GOT(%reg)` and `addr32 call`, with the type of its relocation. */
function isTlsCall(
  out: Uint8Array,
  call: number,
  register: number,
  directEnds: boolean,
  next: number,
): boolean {
  if (out[call] === 0xff && (out[call + 1] & 0xf8) === 0x90 && (out[call + 1] & 7) === register)
    return next === R_386_GOT32X;
  const direct =
    (register === 3 && out[call] === 0xe8 && directEnds) || (out[call] === 0x67 && out[call + 1] === 0xe8);
  return direct && (next === R_386_PC32 || next === R_386_PLT32);
}

/** The GOT's register; %eax carries the argument, %esp would need another encoding. */
function baseRegister(modrm: number): number {
  const register = modrm & 7;
  return (modrm & 0xf8) !== 0x80 || register === 4 || register === 0 ? -1 : register;
}

/**
 * leal foo@TLSGD(,%ebx,1), %eax; call ___tls_get_addr@PLT, or one of the forms
 * with a plain base register → movl %gs:0, %eax; subl $foo@TPOFF, %eax.
 * `next` is the type of the relocation that follows. Returns where the offset goes, or -1.
 */
export function relaxGeneralDynamic(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  next: number,
): number {
  if (at - start < 2 || at + 10 > end) return -1;
  const call = at + 4;
  let from = at - 2;
  if (out[at - 2] === 0x04) {
    from = at - 3;
    if (from < start || out[from] !== 0x8d || out[at - 1] !== 0x1d || out[call] !== 0xe8) return -1;
    if (next !== R_386_PC32 && next !== R_386_PLT32) return -1;
  } else {
    const register = baseRegister(out[at - 1]);
    if (out[at - 2] !== 0x8d || register < 0) return -1;
    if (!isTlsCall(out, call, register, out[call + 5] === 0x90, next)) return -1;
  }
  write(out, from, GS_TO_EAX);
  write(out, from + 6, [0x81, 0xe8]);
  return from + 8;
}

/** leal foo@TLSLDM(%reg), %eax; call ___tls_get_addr → movl %gs:0, %eax, padded. False if it is not this sequence. */
export function relaxLocalDynamic(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  next: number,
): boolean {
  if (at - start < 2 || at + 9 > end) return false;
  const register = baseRegister(out[at - 1]);
  if (out[at - 2] !== 0x8d || register < 0 || !isTlsCall(out, at + 4, register, true, next)) return false;
  const direct = out[at + 4] === 0xe8;
  if (!direct && at + 10 > end) return false;
  write(out, at - 2, GS_TO_EAX);
  // nop; leal 0(%esi,1), %esi, or leal 0(%esi), %esi
  write(out, at + 4, direct ? [0x90, 0x8d, 0x74, 0x26, 0] : [0x8d, 0xb6, 0, 0, 0, 0]);
  return true;
}

/** movl foo@INDNTPOFF, %reg and addl → the same with $foo@NTPOFF */
export function relaxInitialExecAbsolute(out: Uint8Array, at: number, start: number, end: number): boolean {
  if (at - start < 1 || at + 4 > end) return false;
  const modrm = out[at - 1];
  if (modrm === 0xa1) {
    out[at - 1] = 0xb8;
    return true;
  }
  const opcode = out[at - 2];
  if (at - start < 2 || (modrm & 0xc7) !== 5 || (opcode !== 0x8b && opcode !== 0x03)) return false;
  out[at - 2] = opcode === 0x8b ? 0xc7 : 0x81;
  out[at - 1] = 0xc0 | ((modrm >> 3) & 7);
  return true;
}

/** movl, subl or addl foo@GOTNTPOFF(%reg1), %reg2 (and @GOTTPOFF) → the same with an immediate; LLD adds with leal */
export function relaxInitialExecGot(
  out: Uint8Array,
  at: number,
  start: number,
  end: number,
  addsByLea: boolean,
): boolean {
  if (at - start < 2 || at + 4 > end) return false;
  const modrm = out[at - 1];
  const opcode = out[at - 2];
  if ((modrm & 0xc0) !== 0x80 || (modrm & 7) === 4) return false;
  const register = (modrm >> 3) & 7;
  if (opcode === 0x8b) {
    out[at - 2] = 0xc7;
    out[at - 1] = 0xc0 | register;
  } else if (opcode === 0x2b) {
    out[at - 2] = 0x81;
    out[at - 1] = 0xe8 | register;
  } else if (opcode === 0x03 && addsByLea) {
    out[at - 2] = 0x8d;
    out[at - 1] = 0x80 | (register << 3) | register;
  } else if (opcode === 0x03) {
    out[at - 2] = 0x81;
    out[at - 1] = 0xc0 | register;
  } else return false;
  return true;
}

/** leal foo@TLSDESC(%ebx), %reg → leal foo@NTPOFF, %reg */
export function relaxDescriptor(out: Uint8Array, at: number, start: number, end: number): boolean {
  if (at - start < 2 || at + 4 > end || out[at - 2] !== 0x8d || (out[at - 1] & 0xc7) !== 0x83) return false;
  out[at - 1] ^= 0x86;
  return true;
}

/** call *foo@TLSCALL(%eax) → xchg %ax, %ax */
export function relaxDescriptorCall(out: Uint8Array, at: number, end: number): boolean {
  if (at + 2 > end || out[at] !== 0xff || out[at + 1] !== 0x10) return false;
  out[at] = 0x66;
  out[at + 1] = 0x90;
  return true;
}
