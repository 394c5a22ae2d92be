import type { Row } from "./calls.ts";
import { EFAULT, EINVAL } from "./errors.ts";
import type { LinuxProcess } from "./process.ts";
import { StructureWriter, USER_ID, utsnameBytes } from "./structures.ts";

/** System calls that ask about the system: time, names, limits, hardware. */

const BILLION = 1_000_000_000n;

function timeOf(process: LinuxProcess, clock: number): bigint | undefined {
  switch (clock) {
    case 0: // REALTIME, REALTIME_COARSE, TAI
    case 5:
    case 11:
      return process.clock.realTime();
    case 2: // PROCESS_CPUTIME_ID, THREAD_CPUTIME_ID
    case 3:
      return BigInt(process.machine.retired);
    case 1: // MONOTONIC, its RAW and COARSE forms, BOOTTIME
    case 4:
    case 6:
    case 7:
      return process.clock.monotonic();
    default:
      return undefined;
  }
}

const timespec = (time: bigint) => new StructureWriter(16).u64(time / BILLION).u64(time % BILLION).bytes;

const RLIM_INFINITY = 0xffffffffffffffffn;

/** Soft and hard limit of a resource: those that programs look at. */
function limitOf(process: LinuxProcess, resource: number): bigint {
  switch (resource) {
    case 3: // RLIMIT_STACK
      return BigInt(process.options.stackSize ?? 8 * 1024 * 1024);
    case 7: // RLIMIT_NOFILE
      return 1024n;
    case 4: // RLIMIT_CORE
      return 0n;
    default:
      return RLIM_INFINITY;
  }
}

/** Keys of riscv_hwprobe that we answer; the others get key -1. */
function probeHardware(process: LinuxProcess, at: number, count: number): number {
  const bytes = count >= 0 && count <= 64 ? process.writable(at, count * 16) : undefined;
  if (!bytes) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // FD, C, and the bit-manipulation extensions Zba, Zbb, Zbs.
  const extensions = 1n | 2n | 8n | 16n | 32n;
  const values: Readonly<Record<number, bigint>> = { 0: 0n, 1: 0n, 2: 0n, 3: 1n, 4: extensions, 5: 3n };
  for (let i = 0; i < count; i++) {
    const key = Number(view.getBigInt64(i * 16, true));
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined) view.setBigInt64(i * 16, -1n, true);
    view.setBigUint64(i * 16 + 8, value ?? 0n, true);
  }
  process.memory.wrote(at, count * 16);
  return 0;
}

function random(process: LinuxProcess, address: number, size: number): number {
  const into = process.writable(address, Math.min(size, 1 << 20));
  if (!into) return -EFAULT;
  process.random.fill(into);
  process.memory.wrote(address, into.length);
  return into.length;
}

/** Arguments of prctl that only set or ask a thread's name. */
function control(process: LinuxProcess, option: number, argument: number): number {
  switch (option) {
    case 15: // PR_SET_NAME
      return 0;
    case 16: // PR_GET_NAME
      return process.write(
        argument,
        new StructureWriter(16).text(process.options.path.replace(/.*\//, ""), 16).bytes,
      )
        ? 0
        : -EFAULT;
    case 3: // PR_GET_DUMPABLE
      return 1;
    default:
      return -EINVAL;
  }
}

const zeros = (process: LinuxProcess, address: number, size: number) =>
  process.write(address, new Uint8Array(size)) ? 0 : -EFAULT;

export const systemCalls: readonly Row[] = [
  [
    113,
    403,
    "clock_gettime",
    "dp",
    (p, _, a) => {
      const time = timeOf(p, a[0] | 0);
      if (time === undefined) return -EINVAL;
      return p.write(a[1], timespec(time)) ? 0 : -EFAULT;
    },
  ],
  [
    114,
    406,
    "clock_getres",
    "dp",
    (p, _, a) => {
      if (timeOf(p, a[0] | 0) === undefined) return -EINVAL;
      return a[1] === 0 || p.write(a[1], timespec(1n)) ? 0 : -EFAULT;
    },
  ],
  [140, 140, "setpriority", "ddd", () => 0],
  [141, 141, "getpriority", "dd", () => 20],
  [
    153,
    153,
    "times",
    "p",
    (p, _, a) => {
      // In hundredths of a second; an instruction is a nanosecond.
      const ticks = Math.floor(p.machine.retired / 1e7);
      const w = new StructureWriter(p.xlen / 2, p.xlen).long(ticks).long(0).long(0).long(0);
      return a[0] === 0 || p.write(a[0], w.bytes) ? ticks : -EFAULT;
    },
  ],
  [154, 154, "setpgid", "dd", () => 0],
  [155, 155, "getpgid", "d", (p) => p.id],
  [156, 156, "getsid", "d", (p) => p.id],
  [157, 157, "setsid", "", (p) => p.id],
  [158, 158, "getgroups", "dp", () => 0],
  [160, 160, "uname", "p", (p, _, a) => (p.write(a[0], utsnameBytes(p.xlen)) ? 0 : -EFAULT)],
  [
    163,
    0,
    "getrlimit",
    "dp",
    (p, _, a) => {
      const limit = limitOf(p, a[0] | 0);
      return p.write(a[1], new StructureWriter(16).u64(limit).u64(limit).bytes) ? 0 : -EFAULT;
    },
  ],
  [164, 0, "setrlimit", "dp", () => 0],
  [
    165,
    165,
    "getrusage",
    "dp",
    (p, _, a) => {
      const micros = Math.floor(p.machine.retired / 1000);
      const w = new StructureWriter(p.xlen * 2.25, p.xlen);
      w.long(Math.floor(micros / 1e6)).long(micros % 1e6);
      return p.write(a[1], w.bytes) ? 0 : -EFAULT;
    },
  ],
  [
    166,
    166,
    "umask",
    "o",
    (p, _, a) => {
      const before = p.descriptors.umask;
      p.descriptors.umask = a[0] & 0o777;
      return before;
    },
  ],
  [167, 167, "prctl", "dxxxx", (p, _, a) => control(p, a[0] | 0, a[1])],
  [
    169,
    0,
    "gettimeofday",
    "pp",
    (p, _, a) => {
      const time = p.clock.realTime();
      const w = new StructureWriter(16).u64(time / BILLION).u64((time % BILLION) / 1000n);
      return a[0] === 0 || p.write(a[0], w.bytes) ? 0 : -EFAULT;
    },
  ],
  [172, 172, "getpid", "", (p) => p.id],
  [173, 173, "getppid", "", () => 1],
  [174, 174, "getuid", "", () => USER_ID],
  [175, 175, "geteuid", "", () => USER_ID],
  [176, 176, "getgid", "", () => USER_ID],
  [177, 177, "getegid", "", () => USER_ID],
  [
    179,
    179,
    "sysinfo",
    "p",
    (p, _, a) => {
      const w = new StructureWriter(p.xlen === 64 ? 112 : 64, p.xlen);
      const total = p.space.limit - p.space.base;
      w.long(Number(p.clock.monotonic() / BILLION))
        .long(0)
        .long(0)
        .long(0);
      w.long(total).long(total).long(0).long(0).long(0).long(0).u16(1).u16(0);
      if (p.xlen === 64) w.u32(0);
      w.long(0).long(0).u32(1);
      return p.write(a[0], w.bytes) ? 0 : -EFAULT;
    },
  ],
  [258, 258, "riscv_hwprobe", "pupxx", (p, _, a) => probeHardware(p, a[0], a[1])],
  [
    259,
    259,
    "riscv_flush_icache",
    "ppx",
    (p) => {
      p.machine.instructionsChanged();
      return 0;
    },
  ],
  [
    261,
    261,
    "prlimit64",
    "ddpp",
    (p, _, a) => {
      const limit = limitOf(p, a[1] | 0);
      if (a[3] === 0) return 0;
      return p.write(a[3], new StructureWriter(16).u64(limit).u64(limit).bytes) ? 0 : -EFAULT;
    },
  ],
  [278, 278, "getrandom", "pux", (p, _, a) => random(p, a[0], a[1])],
  // Timers that send signals do not exist; asking for one is answered as if it never fired.
  [102, 102, "getitimer", "dp", (p, _, a) => zeros(p, a[1], p.xlen / 2)],
  [90, 90, "capget", "pp", () => -EINVAL],
];
