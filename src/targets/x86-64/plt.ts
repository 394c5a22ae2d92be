import type { PltForm } from "../target.ts";

// Procedure linkage tables (psABI, "Procedure Linkage Table"). An entry jumps
// through its word of .got.plt, which at first leads back to the entry's second
// half: that tells the loader which relocation to resolve, by way of the header.
// With Indirect Branch Tracking each half is an entry of its own, in .plt and
// .plt.sec, since both are reached by indirect jumps. An entry of .plt.got jumps
// through a word that the loader has set before the program runs.

function put(out: Uint8Array, at: number, value: bigint): void {
  new DataView(out.buffer, out.byteOffset).setInt32(at, Number(BigInt.asIntN(32, value)), true);
}

/** CIE: version 1, "zR", code factor 1, data factor -8, return address in rip; CFA = rsp + 8, rip at CFA - 8. */
const CIE = [20, 0, 0, 0, 0, 0, 0, 0, 1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0];

/**
 * The frame of a lazy entry grows by 8 where it pushes: CFA = rsp + 8 + (((rip & 15) >= `pushed`) << 3). In the header,
 * it is 16 and then 24.
 */
function lazyFrame(pushed: number): number[] {
  return [
    ...[36, 0, 0, 0, 28, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x0e, 16, 0x46, 0x0e, 24, 0x4a, 0x0f, 11],
    ...[0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x30 + pushed, 0x2a, 0x33, 0x24, 0x22],
    ...[0, 0, 0, 0],
  ];
}

/** Nothing changes in entries that only jump. */
const DIRECT_FRAME = [
  ...[20, 0, 0, 0, 28, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 0],
];

function unwindTable(frame: readonly number[], size: number): Uint8Array {
  const bytes = Uint8Array.from([...CIE, ...frame]);
  put(bytes, CIE.length + 12, BigInt(size));
  return bytes;
}

const lazy: PltForm = {
  headerSize: 16,
  entrySize: 16,
  directSize: 8,
  second: false,
  canonicalInPie: true,
  header(out, address, gotPlt) {
    // push 8(GOT); jmp *16(GOT); nopl 0(%rax)
    out.set([0xff, 0x35, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0, 0x0f, 0x1f, 0x40, 0]);
    put(out, 2, gotPlt + 8n - address - 6n);
    put(out, 8, gotPlt + 16n - address - 12n);
  },
  entry(out, at, address, slot, index, plt) {
    // jmp *slot(%rip); push $index; jmp header
    out.set([0xff, 0x25, 0, 0, 0, 0, 0x68, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0], at);
    put(out, at + 2, slot - address - 6n);
    put(out, at + 7, BigInt(index));
    if (plt !== undefined) put(out, at + 12, plt - address - 16n);
  },
  direct(out, at, address, slot) {
    // jmp *slot(%rip); xchg %ax, %ax
    out.set([0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90], at);
    put(out, at + 2, slot - address - 6n);
  },
  slotValue: (address) => address + 6n,
  unwind: (direct, size) => unwindTable(direct ? DIRECT_FRAME : lazyFrame(11), size),
};

const tracked: PltForm = {
  ...lazy,
  directSize: 16,
  second: true,
  entry(out, at, address, _slot, index, plt) {
    // endbr64; push $index; jmp header; xchg %ax, %ax
    out.set([0xf3, 0x0f, 0x1e, 0xfa, 0x68, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0x66, 0x90], at);
    put(out, at + 5, BigInt(index));
    if (plt !== undefined) put(out, at + 10, plt - address - 14n);
  },
  direct(out, at, address, slot) {
    // endbr64; jmp *slot(%rip); nopw 0(%rax,%rax,1)
    out.set([0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0], at);
    put(out, at + 6, slot - address - 10n);
  },
  slotValue: (address) => address,
  unwind: (direct, size) => unwindTable(direct ? DIRECT_FRAME : lazyFrame(9), size),
};

/** The form of the tables; `marked`: every input is for Indirect Branch Tracking. */
export function pltForm(marked: boolean): PltForm {
  return marked ? tracked : lazy;
}
