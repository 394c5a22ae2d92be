// From the addresses that a hart uses to physical ones: page tables (Sv32,
// Sv39) and physical memory protection. This is the slow, complete way; the
// engines keep the results in the hart's TLB.
import { cause } from "./causes.ts";
import { type Control, MPRV, MXR, PMP_ENTRIES, SUM, slot } from "./control.ts";
import { MACHINE, SUPERVISOR, USER } from "./hart.ts";

export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;
export type Access = typeof READ | typeof WRITE | typeof EXECUTE;

const accessFault = { [READ]: cause.loadAccess, [WRITE]: cause.storeAccess, [EXECUTE]: cause.fetchAccess };
const pageFault = { [READ]: cause.loadPage, [WRITE]: cause.storePage, [EXECUTE]: cause.fetchPage };

/** The cause of the fault that an access to nothing is. */
export function accessFaultOf(access: Access): number {
  return accessFault[access];
}

// Bits of a page table entry
const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const A = 64n;
const D = 128n;

export class Translation {
  readonly control: Control;
  /** Why the last `physical` gave -1. */
  fault = 0;

  constructor(control: Control) {
    this.control = control;
  }

  /** The privilege level that loads and stores have: MPRV lends machine mode another's. */
  #level(access: Access): number {
    const { control } = this;
    const level = control.privilege;
    if (access === EXECUTE || level !== MACHINE) return level;
    const status = control.get(slot.mstatus);
    return (status & MPRV) !== 0n ? Number((status >> 11n) & 3n) : level;
  }

  /** The physical address of a virtual one (unsigned), or -1 and `fault`. `size` bytes must be within a page. */
  physical(address: bigint, size: number, access: Access): number {
    const { control } = this;
    if (!control.host.privileged) {
      if (address < 0x20000000000000n && control.hart.memory.permits(Number(address), access))
        return Number(address);
      this.fault = accessFault[access];
      return -1;
    }
    const level = this.#level(access);
    const satp = control.get(slot.satp);
    let physical: bigint;
    if (level === MACHINE || satp >> (control.hart.xlen === 64 ? 60n : 31n) === 0n) physical = address;
    else {
      const walked = this.#walk(address, access, level, satp);
      if (walked < 0n) return -1;
      physical = walked;
    }
    if (physical >= 1n << 56n || !this.allowed(physical, size, access, level)) {
      this.fault = accessFault[access];
      return -1;
    }
    return Number(physical);
  }

  #walk(address: bigint, access: Access, level: number, satp: bigint): bigint {
    const { control } = this;
    const { memory } = control.hart;
    const wide = control.hart.xlen === 64;
    const failed = (fault: number): bigint => {
      this.fault = fault;
      return -1n;
    };
    const fault = pageFault[access];
    if (wide && BigInt.asUintN(64, BigInt.asIntN(39, address)) !== address) return failed(fault);
    const levels = wide ? 3 : 2;
    const indexBits = wide ? 9n : 10n;
    const entrySize = wide ? 8 : 4;
    const status = control.get(slot.mstatus);
    let table = (satp & (wide ? 0xfffffffffffn : 0x3fffffn)) << 12n;
    for (let depth = levels - 1; depth >= 0; depth--) {
      const shift = 12n + BigInt(depth) * indexBits;
      const index = (address >> shift) & ((1n << indexBits) - 1n);
      const place = table + index * BigInt(entrySize);
      if (!this.allowed(place, entrySize, READ, SUPERVISOR)) return failed(accessFault[access]);
      const entry = wide ? memory.read64(Number(place)) : memory.read32(Number(place));
      if (entry === undefined) return failed(accessFault[access]);
      const pte = BigInt(entry);
      if ((pte & V) === 0n || (pte & (R | W)) === W) return failed(fault);
      // Bits 63 to 54 belong to extensions that this machine does not have.
      if (wide && pte >> 54n !== 0n) return failed(fault);
      const page = wide ? (pte >> 10n) & 0xfffffffffffn : pte >> 10n;
      if ((pte & (R | X)) === 0n) {
        // A pointer to the next table has A, D and U clear.
        if ((pte & (A | D | U)) !== 0n) return failed(fault);
        table = page << 12n;
        continue;
      }
      if ((pte & U) !== 0n) {
        if (level === SUPERVISOR && ((status & SUM) === 0n || access === EXECUTE)) return failed(fault);
      } else if (level === USER) return failed(fault);
      const permission = access === EXECUTE ? X : access === WRITE ? W : (status & MXR) !== 0n ? R | X : R;
      if ((pte & permission) === 0n) return failed(fault);
      const offsetMask = (1n << shift) - 1n;
      if (((page << 12n) & offsetMask) !== 0n) return failed(fault);
      // Software sets A and D here (Svade): without them the access faults.
      if ((pte & A) === 0n || (access === WRITE && (pte & D) === 0n)) return failed(fault);
      return ((page << 12n) & ~offsetMask) | (address & offsetMask);
    }
    return failed(fault);
  }

  /** Whether physical memory protection lets an access through. */
  allowed(address: bigint, size: number, access: Access, level: number): boolean {
    const { control } = this;
    const end = address + BigInt(size);
    let previous = 0n;
    for (let entry = 0; entry < PMP_ENTRIES; entry++) {
      const config = control.protection(entry);
      const field = control.get(slot.pmpaddr + entry);
      const [low, high] = protectedRange(config, field, previous);
      previous = field;
      if (low >= high || end <= low || address >= high) continue;
      // An access that only partly matches the first entry that it touches fails.
      if (address < low || end > high) return false;
      if (level === MACHINE && (config & 0x80) === 0) return true;
      return (config & access) !== 0;
    }
    return level === MACHINE;
  }

  /** Whether protection is the same for all of a page, so that one answer can be kept for it. */
  uniform(page: bigint): boolean {
    const { control } = this;
    if (!control.host.privileged) return true;
    let previous = 0n;
    for (let entry = 0; entry < PMP_ENTRIES; entry++) {
      const field = control.get(slot.pmpaddr + entry);
      const [low, high] = protectedRange(control.protection(entry), field, previous);
      previous = field;
      if (low >= high) continue;
      for (const edge of [low, high]) if (edge > page && edge < page + 4096n) return false;
    }
    return true;
  }
}

/** First address and end of what an entry of PMP matches. */
function protectedRange(config: number, field: bigint, previous: bigint): [bigint, bigint] {
  switch ((config >> 3) & 3) {
    case 0:
      return [0n, 0n];
    case 1:
      return [previous << 2n, field << 2n];
    case 2:
      return [field << 2n, (field << 2n) + 4n];
    default: {
      const ones = field ^ (field + 1n);
      return [(field & ~ones) << 2n, ((field | ones) + 1n) << 2n];
    }
  }
}
