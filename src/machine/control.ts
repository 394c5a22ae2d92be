// Control and status registers of a hart, and what follows from them: which
// interrupts are pending, whether floating point is on, what a trap saves.
//
// Registers that only hold a value are 64-bit slots of the hart's block, so a
// copy of the block has them; fields that other registers show (sstatus is part
// of mstatus, fcsr of frm and fflags) are computed.
import type { Hart } from "./hart.ts";
import { MACHINE, SUPERVISOR, USER } from "./hart.ts";
import * as at from "./layout.ts";

/** Slots of CSRS. */
export const slot = {
  mstatus: 0,
  misa: 1,
  medeleg: 2,
  mideleg: 3,
  mie: 4,
  mip: 5,
  mtvec: 6,
  mcounteren: 7,
  mscratch: 8,
  mepc: 9,
  mcause: 10,
  mtval: 11,
  menvcfg: 12,
  mcountinhibit: 13,
  stvec: 14,
  scounteren: 15,
  sscratch: 16,
  sepc: 17,
  scause: 18,
  stval: 19,
  satp: 20,
  senvcfg: 21,
  stimecmp: 22,
  /** What is added to the retired count to get mcycle and minstret. */
  cycleOffset: 23,
  instretOffset: 24,
  /** Instructions retired since reset. */
  retired: 25,
  privilege: 26,
  /** Waiting for an interrupt. */
  waiting: 27,
  pmpcfg0: 28,
  pmpcfg8: 29,
  pmpaddr: 30,
  jvt: 46,
} as const;

export const PMP_ENTRIES = 16;

// Bits of mstatus
const SIE = 1n << 1n;
const MIE = 1n << 3n;
const SPIE = 1n << 5n;
const MPIE = 1n << 7n;
const SPP = 1n << 8n;
const MPP = 3n << 11n;
const FS = 3n << 13n;
export const MPRV = 1n << 17n;
export const SUM = 1n << 18n;
export const MXR = 1n << 19n;
const TVM = 1n << 20n;
const TW = 1n << 21n;
const TSR = 1n << 22n;
const writableStatus = SIE | MIE | SPIE | MPIE | SPP | MPP | FS | MPRV | SUM | MXR | TVM | TW | TSR;
const supervisorStatus = SIE | SPIE | SPP | FS | SUM | MXR;

const supervisorInterrupts = 0x222n;
const machineInterrupts = 0x888n;
/** Exceptions that can be delegated: all but those of machine mode's own calls. */
const delegable = 0xb3ffn;

const ALL = -1n;

/** Registers that only keep what is written to them: by number, where they are and the bits that can be written. */
const kept: ReadonlyMap<number, readonly [slot: number, writable: bigint]> = new Map([
  [0x105, [slot.stvec, ~2n]],
  [0x106, [slot.scounteren, 7n]],
  [0x10a, [slot.senvcfg, 0xf1n]],
  [0x140, [slot.sscratch, ALL]],
  [0x141, [slot.sepc, ~1n]],
  [0x142, [slot.scause, ALL]],
  [0x143, [slot.stval, ALL]],
  [0x302, [slot.medeleg, delegable]],
  [0x303, [slot.mideleg, supervisorInterrupts]],
  [0x304, [slot.mie, supervisorInterrupts | machineInterrupts]],
  [0x305, [slot.mtvec, ~2n]],
  [0x306, [slot.mcounteren, 7n]],
  [0x30a, [slot.menvcfg, 0xf1n]],
  [0x340, [slot.mscratch, ALL]],
  [0x341, [slot.mepc, ~1n]],
  [0x342, [slot.mcause, ALL]],
  [0x343, [slot.mtval, ALL]],
]);

/** What a hart's control registers need of the machine around it. */
export interface ControlHost {
  /** False for user mode: only the registers that user mode sees exist. */
  readonly privileged: boolean;
  /** Letters of misa, from bit 0 on for A. */
  readonly misa: number;
  /** The wall clock's ticks, for `time`. */
  time(): bigint;
  /** Other addresses may be accessible now; `mapping`: the same address may be another place. */
  translationChanged(hart: Hart, mapping: boolean): void;
}

export class Control {
  readonly hart: Hart;
  readonly host: ControlHost;
  readonly #view: DataView<ArrayBuffer>;
  readonly #base: number;
  readonly #mask: bigint;

  constructor(hart: Hart, host: ControlHost) {
    this.hart = hart;
    this.host = host;
    this.#view = hart.memory.view;
    this.#base = hart.base + at.CSRS;
    this.#mask = hart.xlen === 64 ? 0xffffffffffffffffn : 0xffffffffn;
    this.reset();
  }

  reset(): void {
    for (let i = 0; i < 64; i++) this.put(i, 0n);
    this.put(
      slot.misa,
      BigInt(this.host.misa) | ((this.hart.xlen === 64 ? 2n : 1n) << BigInt(this.hart.xlen - 2)),
    );
    this.put(slot.privilege, this.host.privileged ? BigInt(MACHINE) : BigInt(USER));
    if (!this.host.privileged) this.put(slot.mstatus, FS);
    this.#floatChanged();
  }

  get(index: number): bigint {
    return this.#view.getBigUint64(this.#base + 8 * index, true);
  }

  put(index: number, value: bigint): void {
    this.#view.setBigUint64(this.#base + 8 * index, value & 0xffffffffffffffffn, true);
  }

  get privilege(): number {
    return this.#view.getUint32(this.#base + 8 * slot.privilege, true);
  }

  set privilege(level: number) {
    this.put(slot.privilege, BigInt(level));
  }

  /** Instructions retired since reset; exact below 2^53. */
  get retired(): number {
    const place = this.#base + 8 * slot.retired;
    return this.#view.getUint32(place + 4, true) * 2 ** 32 + this.#view.getUint32(place, true);
  }

  set retired(count: number) {
    const place = this.#base + 8 * slot.retired;
    this.#view.setUint32(place, count % 2 ** 32, true);
    this.#view.setUint32(place + 4, Math.floor(count / 2 ** 32), true);
  }

  /** Whether loads and stores of this hart go through page tables or protection right now, or instructions do. */
  get flat(): boolean {
    if (!this.host.privileged) return true;
    const status = this.get(slot.mstatus);
    if (this.privilege !== MACHINE || (status & MPRV) !== 0n) return false;
    // Of the protection entries only locked ones bind machine mode.
    return ((this.get(slot.pmpcfg0) | this.get(slot.pmpcfg8)) & 0x8080808080808080n) === 0n;
  }

  /** mstatus with its computed fields. */
  #status(): bigint {
    if (this.#view.getUint32(this.hart.base + at.FP_DIRTY, true) !== 0) {
      this.put(slot.mstatus, this.get(slot.mstatus) | FS);
      this.#view.setUint32(this.hart.base + at.FP_DIRTY, 0, true);
    }
    let value = this.get(slot.mstatus);
    if (this.hart.xlen === 64) value |= (2n << 32n) | (2n << 34n);
    if ((value & FS) === FS) value |= 1n << BigInt(this.hart.xlen - 1);
    return value;
  }

  #setStatus(value: bigint, mask: bigint): void {
    const before = this.#status();
    let next = (before & ~mask) | (value & mask);
    if (((next >> 11n) & 3n) === 2n) next = (next & ~MPP) | (before & MPP);
    this.put(slot.mstatus, next & writableStatus);
    this.#floatChanged();
    if (((before ^ next) & (MPRV | SUM | MXR | MPP)) !== 0n) this.host.translationChanged(this.hart, false);
  }

  /** Engines ask one word whether floating-point instructions need a closer look. */
  #floatChanged(): void {
    const off = (this.get(slot.mstatus) & FS) === 0n || this.hart.frm > 4;
    this.#view.setUint32(this.hart.base + at.FP_OFF, off ? 1 : 0, true);
  }

  get floatOff(): boolean {
    return (this.get(slot.mstatus) & FS) === 0n;
  }

  /** A bit of mip from a device, or from the clock. */
  setPending(bit: number, on: boolean): void {
    const pending = this.get(slot.mip);
    this.put(slot.mip, on ? pending | (1n << BigInt(bit)) : pending & ~(1n << BigInt(bit)));
  }

  /** Cheap and often false: whether an interrupt is both pending and enabled, apart from the global enables. */
  get interruptsPossible(): boolean {
    const mip = this.#view.getUint32(this.#base + 8 * slot.mip, true);
    return (mip & this.#view.getUint32(this.#base + 8 * slot.mie, true)) !== 0;
  }

  /** The interrupt to take now, as a cause without its top bit, or -1. */
  pendingInterrupt(): number {
    if (!this.host.privileged) return -1;
    const pending = this.get(slot.mip) & this.get(slot.mie);
    if (pending === 0n) return -1;
    const status = this.get(slot.mstatus);
    const level = this.privilege;
    const delegated = this.get(slot.mideleg);
    const forMachine = level < MACHINE || (status & MIE) !== 0n ? pending & ~delegated : 0n;
    const forSupervisor =
      level < SUPERVISOR || (level === SUPERVISOR && (status & SIE) !== 0n) ? pending & delegated : 0n;
    const chosen = forMachine !== 0n ? forMachine : forSupervisor;
    for (const bit of [11, 3, 7, 9, 1, 5]) if ((chosen >> BigInt(bit)) & 1n) return bit;
    return -1;
  }

  /** Whether wfi has nothing more to wait for: an enabled interrupt is pending, globally enabled or not. */
  get mayWake(): boolean {
    return (this.get(slot.mip) & this.get(slot.mie)) !== 0n;
  }

  /** Takes a trap: saves where it was, and goes to the handler. */
  trap(code: number, value: bigint, interrupt: boolean): void {
    const { hart } = this;
    const pc = hart.pc;
    const level = this.privilege;
    const delegation = this.get(interrupt ? slot.mideleg : slot.medeleg);
    const toSupervisor = level <= SUPERVISOR && ((delegation >> BigInt(code)) & 1n) !== 0n;
    const status = this.#status();
    const number = BigInt(code) | (interrupt ? 1n << BigInt(hart.xlen - 1) : 0n);
    let next = status;
    let vector: bigint;
    if (toSupervisor) {
      this.put(slot.sepc, pc);
      this.put(slot.scause, number);
      this.put(slot.stval, value & this.#mask);
      next &= ~(SPIE | SIE | SPP);
      if ((status & SIE) !== 0n) next |= SPIE;
      if (level === SUPERVISOR) next |= SPP;
      this.privilege = SUPERVISOR;
      vector = this.get(slot.stvec);
    } else {
      this.put(slot.mepc, pc);
      this.put(slot.mcause, number);
      this.put(slot.mtval, value & this.#mask);
      next &= ~(MPIE | MIE | MPP);
      if ((status & MIE) !== 0n) next |= MPIE;
      next |= BigInt(level) << 11n;
      this.privilege = MACHINE;
      vector = this.get(slot.mtvec);
    }
    this.put(slot.mstatus, next & writableStatus);
    hart.pc = (vector & ~3n) + (interrupt && (vector & 1n) !== 0n ? 4n * BigInt(code) : 0n);
    this.host.translationChanged(hart, false);
  }

  /** mret and sret: where to go on, or undefined where the instruction is illegal. */
  returnFrom(machine: boolean): bigint | undefined {
    const level = this.privilege;
    const status = this.#status();
    let next = status;
    let target: bigint;
    if (machine) {
      if (level < MACHINE) return undefined;
      const previous = Number((status >> 11n) & 3n);
      next &= ~(MIE | MPP);
      if ((status & MPIE) !== 0n) next |= MIE;
      next |= MPIE;
      if (previous !== MACHINE) next &= ~MPRV;
      this.privilege = previous;
      target = this.get(slot.mepc);
    } else {
      if (level < SUPERVISOR || (level === SUPERVISOR && (status & TSR) !== 0n)) return undefined;
      next &= ~(SIE | SPP | MPRV);
      if ((status & SPIE) !== 0n) next |= SIE;
      next |= SPIE;
      this.privilege = (status & SPP) !== 0n ? SUPERVISOR : USER;
      target = this.get(slot.sepc);
    }
    this.put(slot.mstatus, next & writableStatus);
    this.host.translationChanged(this.hart, false);
    return target & ~1n;
  }

  /** Whether wfi is allowed here. */
  get mayWait(): boolean {
    const level = this.privilege;
    return level === MACHINE || (level === SUPERVISOR && (this.get(slot.mstatus) & TW) === 0n);
  }

  /** Whether sfence.vma is allowed here. */
  get mayFence(): boolean {
    const level = this.privilege;
    return level === MACHINE || (level === SUPERVISOR && (this.get(slot.mstatus) & TVM) === 0n);
  }

  #counterAllowed(number: number): boolean {
    const bit = 1n << BigInt(number & 31);
    const level = this.privilege;
    if (!this.host.privileged || level === MACHINE) return true;
    if ((this.get(slot.mcounteren) & bit) === 0n) return false;
    return level === SUPERVISOR || (this.get(slot.scounteren) & bit) !== 0n;
  }

  /** A register's value, or undefined where reading it is illegal here. */
  read(number: number): bigint | undefined {
    if (this.host.privileged ? ((number >> 8) & 3) > this.privilege : number >= 0x100 && number < 0xc00) {
      return undefined;
    }
    const value = this.#read(number);
    return value === undefined ? undefined : value & this.#mask;
  }

  #read(number: number): bigint | undefined {
    const { hart } = this;
    const wide = hart.xlen === 64;
    switch (number) {
      case 0x001:
      case 0x002:
      case 0x003:
        if (this.floatOff) return undefined;
        if (number === 1) return BigInt(hart.fflags);
        return BigInt(number === 2 ? hart.frm : (hart.frm << 5) | hart.fflags);
      case 0x017:
        return this.get(slot.jvt);
      case 0xc00:
      case 0xb00:
        return this.#counterAllowed(0) ? this.#counter(slot.cycleOffset) : undefined;
      case 0xc01:
        return this.#counterAllowed(1) ? this.host.time() : undefined;
      case 0xc02:
      case 0xb02:
        return this.#counterAllowed(2) ? this.#counter(slot.instretOffset) : undefined;
      case 0xc80:
      case 0xb80:
        return !wide && this.#counterAllowed(0) ? this.#counter(slot.cycleOffset) >> 32n : undefined;
      case 0xc81:
        return !wide && this.#counterAllowed(1) ? this.host.time() >> 32n : undefined;
      case 0xc82:
      case 0xb82:
        return !wide && this.#counterAllowed(2) ? this.#counter(slot.instretOffset) >> 32n : undefined;
    }
    if (!this.host.privileged) return undefined;
    const own = kept.get(number);
    if (own) return this.get(own[0]);
    switch (number) {
      case 0x100:
        return this.#status() & (supervisorStatus | (3n << 32n) | (1n << BigInt(hart.xlen - 1)));
      case 0x104:
        return this.get(slot.mie) & this.get(slot.mideleg);
      case 0x144:
        return this.get(slot.mip) & this.get(slot.mideleg);
      case 0x180:
        if (this.privilege === SUPERVISOR && (this.get(slot.mstatus) & TVM) !== 0n) return undefined;
        return this.get(slot.satp);
      case 0x300:
        return this.#status();
      case 0x301:
        return this.get(slot.misa);
      case 0x310:
      case 0x31a:
        return wide ? undefined : 0n;
      case 0x320:
        return this.get(slot.mcountinhibit);
      case 0x344:
        return this.get(slot.mip);
      case 0xf11:
      case 0xf12:
      case 0xf13:
      case 0xf15:
        return 0n;
      case 0xf14:
        return BigInt(hart.index);
    }
    if (number >= 0x3a0 && number <= 0x3af) {
      if (wide && (number & 1) !== 0) return undefined;
      const first = (number - 0x3a0) * 4;
      if (first >= PMP_ENTRIES) return 0n;
      return this.get(slot.pmpcfg0 + (first >> 3)) >> (wide ? 0n : BigInt((first & 4) * 8));
    }
    if (number >= 0x3b0 && number <= 0x3ef) {
      return number - 0x3b0 < PMP_ENTRIES ? this.get(slot.pmpaddr + number - 0x3b0) : 0n;
    }
    // Triggers: none at any index.
    if (number >= 0x7a0 && number <= 0x7a5) return 0n;
    // Counters of events that never happen, and their selectors.
    if ((number >= 0xb03 && number <= 0xb1f) || (number >= 0x323 && number <= 0x33f)) return 0n;
    if (number >= 0xb83 && number <= 0xb9f) return wide ? undefined : 0n;
    if (number >= 0xc03 && number <= 0xc1f) return this.#counterAllowed(number) ? 0n : undefined;
    return undefined;
  }

  /** Whether a counter counts: mcountinhibit stops it. */
  #runs(offset: number): boolean {
    return (this.get(slot.mcountinhibit) & (offset === slot.cycleOffset ? 1n : 4n)) === 0n;
  }

  #counter(offset: number): bigint {
    const retired = this.#runs(offset) ? BigInt(this.retired) : 0n;
    return (retired + this.get(offset)) & 0xffffffffffffffffn;
  }

  #setCounter(offset: number, value: bigint): void {
    this.put(offset, value - (this.#runs(offset) ? BigInt(this.retired) : 0n));
  }

  /** Writes a register; false where that is illegal here. The value has XLEN bits. */
  write(number: number, value: bigint): boolean {
    if (number >> 10 === 3 || this.read(number) === undefined) return false;
    const { hart } = this;
    const wide = hart.xlen === 64;
    const own = kept.get(number);
    if (own) {
      this.put(own[0], value & own[1]);
      return true;
    }
    switch (number) {
      case 0x001:
      case 0x002:
      case 0x003:
        if (number === 1) hart.fflags = Number(value & 31n);
        else if (number === 2) hart.frm = Number(value & 7n);
        else {
          hart.fflags = Number(value & 31n);
          hart.frm = Number((value >> 5n) & 7n);
        }
        this.put(slot.mstatus, this.get(slot.mstatus) | FS);
        this.#floatChanged();
        return true;
      case 0x017:
        this.put(slot.jvt, value & ~63n);
        return true;
      case 0x100:
        this.#setStatus(value, supervisorStatus);
        return true;
      case 0x104: {
        const mask = this.get(slot.mideleg);
        this.put(slot.mie, (this.get(slot.mie) & ~mask) | (value & mask));
        return true;
      }
      case 0x144: {
        const mask = this.get(slot.mideleg) & 2n;
        this.put(slot.mip, (this.get(slot.mip) & ~mask) | (value & mask));
        return true;
      }
      case 0x180: {
        const mode = wide ? value >> 60n : value >> 31n;
        if (wide && mode !== 0n && mode !== 8n) return true;
        this.put(slot.satp, value);
        this.host.translationChanged(hart, true);
        return true;
      }
      case 0x300:
        this.#setStatus(value, writableStatus);
        return true;
      case 0x320: {
        const [cycle, instret] = [this.#counter(slot.cycleOffset), this.#counter(slot.instretOffset)];
        this.put(slot.mcountinhibit, value & 5n);
        this.#setCounter(slot.cycleOffset, cycle);
        this.#setCounter(slot.instretOffset, instret);
        return true;
      }
      case 0x344:
        this.put(slot.mip, (this.get(slot.mip) & ~supervisorInterrupts) | (value & supervisorInterrupts));
        return true;
      case 0xb00:
      case 0xb02:
      case 0xb80:
      case 0xb82: {
        const offset = (number & 2) === 0 ? slot.cycleOffset : slot.instretOffset;
        const before = this.#counter(offset);
        const next = wide
          ? value
          : number >= 0xb80
            ? (before & 0xffffffffn) | (value << 32n)
            : ((before >> 32n) << 32n) | value;
        // The writing instruction itself is not counted: it retires after this.
        this.#setCounter(offset, next - (this.#runs(offset) ? 1n : 0n));
        return true;
      }
    }
    if (number >= 0x3a0 && number <= 0x3af) {
      this.#writeProtection((number - 0x3a0) * 4, value);
      return true;
    }
    if (number >= 0x3b0 && number <= 0x3ef) {
      const entry = number - 0x3b0;
      if (entry < PMP_ENTRIES && !this.#locked(entry)) {
        this.put(slot.pmpaddr + entry, wide ? value & 0x3fffffffffffffn : value);
        this.host.translationChanged(hart, true);
      }
      return true;
    }
    return true;
  }

  /** A PMP entry's configuration byte. */
  protection(entry: number): number {
    return this.#view.getUint8(this.#base + 8 * slot.pmpcfg0 + entry);
  }

  /** The address field also of an entry below a locked one that uses it as its start cannot be written. */
  #locked(entry: number): boolean {
    if ((this.protection(entry) & 0x80) !== 0) return true;
    return entry + 1 < PMP_ENTRIES && (this.protection(entry + 1) & 0x98) === 0x88;
  }

  #writeProtection(first: number, value: bigint): void {
    if (first >= PMP_ENTRIES) return;
    for (let i = 0; i < this.hart.xlen / 8; i++) {
      const entry = first + i;
      if ((this.protection(entry) & 0x80) !== 0) continue;
      let config = Number((value >> BigInt(8 * i)) & 0x9fn);
      // Writing without reading is reserved.
      if ((config & 3) === 2) config &= ~3;
      this.#view.setUint8(this.#base + 8 * slot.pmpcfg0 + entry, config);
    }
    this.host.translationChanged(this.hart, true);
  }
}
