/**
 * Runs hostile guests: damaged executables, random instructions, random system
 * calls with random arguments. Whatever they do, the machine must come back
 * within its limit, without an exception of ours, and do the same in every tier,
 * and twice in the fastest (code that writes over itself without `fence.i` may
 * be seen old or new, so there only the same tier must do the same):
 *
 *     node scripts/run.mjs conformance/machine/fuzz.ts [--seconds N] [--seed N]
 */
import { Report } from "../../src/diagnostics/index.ts";
import {
  type LinuxProcess,
  MemoryTree,
  type Stream,
  startBare,
  startLinux,
  type Tier,
} from "../../src/machine/index.ts";
import { inCi, Tally } from "../gnu-ld/process.ts";

function parse(args: readonly string[]) {
  const options = { seconds: inCi ? 60 : 20, seed: 1 };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--seconds") options.seconds = Number(args[++i]);
    else if (args[i] === "--seed") options.seed = Number(args[++i]);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const LIMIT = 200_000;
/** A guest that takes longer than this has escaped its limit. */
const MOST_SECONDS = 5;

/** xorshift32 */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) | 1) >>> 0;
  }
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
  below(limit: number): number {
    return this.next() % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const put = (view: DataView, at: number, value: number, wide: boolean) =>
  wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);

/** An executable with one segment at 0x10000 that holds everything, writable and executable. */
function executable(code: Uint8Array, xlen: 32 | 64): Uint8Array {
  const wide = xlen === 64;
  const header = wide ? 64 : 52;
  const entry = wide ? 56 : 32;
  const start = header + entry;
  const bytes = new Uint8Array(start + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  put(view, 24, 0x10000 + start, wide);
  put(view, wide ? 32 : 28, header, wide);
  view.setUint16(wide ? 52 : 40, header, true);
  view.setUint16(wide ? 54 : 42, entry, true);
  view.setUint16(wide ? 56 : 44, 1, true);
  const p = header;
  view.setUint32(p, 1, true);
  view.setUint32(p + (wide ? 4 : 24), 7, true);
  put(view, p + (wide ? 16 : 8), 0x10000, wide);
  put(view, p + (wide ? 24 : 12), 0x10000, wide);
  put(view, p + (wide ? 32 : 16), bytes.length, wide);
  put(view, p + (wide ? 40 : 20), bytes.length + 0x10000, wide);
  put(view, p + (wide ? 48 : 28), 0x1000, wide);
  bytes.set(code, start);
  return bytes;
}

const ECALL = 0x00000073;
const li = (register: number, value: number) => ((value & 0xfff) << 20) | (register << 7) | 0x13;
const lui = (register: number, value: number) => ((value & 0xfffff) << 12) | (register << 7) | 0x37;

/** Values that find edges: null, unmapped, just inside, huge, negative. */
function loadEdge(random: Random, register: number): number[] {
  switch (random.below(6)) {
    case 0:
      return [li(register, random.below(64))];
    case 1:
      return [li(register, -1 - random.below(200))];
    case 2:
      return [lui(register, 0x10), (random.below(2000) << 20) | (register << 15) | (register << 7) | 0x13];
    case 3:
      return [lui(register, random.next())];
    case 4:
      // slli: a large number on RV64
      return [
        lui(register, random.next()),
        (random.below(31) << 20) | (register << 15) | 0x1013 | (register << 7),
      ];
    default:
      return [(0x13 | (register << 7) | (2 << 15)) >>> 0];
  }
}

/** A program of random system calls, jumps among them, and random instructions. */
function program(random: Random): Uint8Array {
  const words: number[] = [];
  const count = 20 + random.below(200);
  // Calls alone, both, or instructions alone: what faults ends a program early.
  const calls = random.pick([2, 2, 1, 0]);
  while (words.length < count) {
    if (random.below(2) < calls) {
      for (let register = 10; register < 16; register++)
        if (random.below(3) > 0) words.push(...loadEdge(random, register));
      const number = random.below(10) === 0 ? random.below(2048) : random.below(300);
      // Ending is no fun, unless it is a thread's end.
      words.push(li(17, number === 94 || number === 129 ? 64 : number), ECALL);
    } else if (random.below(4) === 0) words.push(random.next());
    else {
      const opcode = random.pick([
        0x13, 0x33, 0x03, 0x23, 0x1b, 0x3b, 0x37, 0x17, 0x63, 0x53, 0x07, 0x27, 0x2f, 0x73,
      ]);
      words.push(((random.next() & ~0x7f) | opcode) >>> 0);
    }
  }
  words.push(0x8000006f | (random.below(0x7ff) << 20));
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function stream(sink: { text: number }): Stream {
  return {
    kind: "pipe",
    read: (into) => into.fill(0x61).length,
    write(bytes) {
      for (const byte of bytes.subarray(0, 4096)) sink.text = (Math.imul(sink.text, 31) + byte) | 0;
      return bytes.length;
    },
  };
}

interface Outcome {
  readonly text: string;
  readonly seconds: number;
  /** The program's bytes are others now. */
  readonly changed?: boolean;
}

/** Of the processor: others may keep it busy. */
function busySeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const TIERS: readonly Tier[] = ["mixed", "interpreter", "translator", "precise"];

const hasChanged = (before: Uint8Array | undefined, after: Uint8Array | undefined) =>
  before?.some((byte, i) => byte !== after?.[i]) ?? false;

/** Runs an image; everything that two runs must have in common, as text. */
function runLinux(image: Uint8Array, tier: Tier): Outcome {
  const report = new Report();
  const sink = { text: 0 };
  const io = stream(sink);
  const files = new MemoryTree({ "/a": "some text", "/d/b": "other" });
  const started = busySeconds();
  const guest: LinuxProcess | undefined = startLinux(
    image,
    "fuzz",
    {
      path: "/fuzz",
      arguments: ["fuzz"],
      input: io,
      output: io,
      errors: io,
      files,
      memorySize: 64 << 20,
      tier,
    },
    report,
  );
  if (!guest) return { text: report.diagnostics.map(({ code }) => code).join(), seconds: 0 };
  const code = () => guest.memory.slice(guest.plan.entry & ~0xffff, 0x10000)?.slice();
  const before = code();
  const end = guest.run(LIMIT);
  const seconds = busySeconds() - started;
  const registers = guest.machine.harts.map((hart) => [hart.pc, hart.x(10), hart.x(2)].join());
  const text = [end.kind, guest.machine.instructions, sink.text, ...registers].join(" ");
  return { text, seconds, changed: hasChanged(before, code()) };
}

function runBare(image: Uint8Array, tier: Tier): Outcome {
  const sink = { text: 0 };
  const started = busySeconds();
  const system = startBare(
    image,
    "fuzz",
    {
      board: {
        regions: [{ name: "ram", base: 0x10000, size: 1 << 20 }],
        uart: 0x10000000,
        finisher: 0x100000,
      },
      console: {
        read: () => 0,
        write: (bytes) => {
          sink.text += bytes.length;
        },
        isTerminal: false,
      },
      commandLine: "fuzz",
      load: { flat: { address: 0x10000, xlen: 64 } },
      tier,
    },
    new Report(),
  );
  if (!system) return { text: "not loaded", seconds: 0 };
  const code = () => system.memory.slice(0x10000, image.length)?.slice();
  const before = code();
  const end = system.run(LIMIT);
  const seconds = busySeconds() - started;
  const [hart] = system.machine.harts;
  const text = [end.kind, system.machine.instructions, sink.text, hart.pc, hart.x(10)].join(" ");
  return { text, seconds, changed: hasChanged(before, code()) };
}

/** Changes a few bytes of the headers, or cuts the file. */
function damage(image: Uint8Array, random: Random): Uint8Array {
  const bytes = image.slice(0, random.below(8) === 0 ? random.below(image.length) : image.length);
  for (let i = random.below(6); i >= 0 && bytes.length > 0; i--)
    bytes[random.below(Math.min(bytes.length, 128))] = random.pick([
      0,
      1,
      0x7f,
      0x80,
      0xff,
      random.below(256),
    ]);
  return bytes;
}

const tally = new Tally();
const end = performance.now() + options.seconds * 1000;
const ends = new Map<string, number>();
for (let seed = options.seed; performance.now() < end && tally.failed < 5; seed++) {
  const random = new Random(seed);
  const code = program(random);
  const kind = random.below(4);
  const image = executable(code, kind === 1 ? 32 : 64);
  const name = `seed ${seed}`;
  try {
    const run = (tier: Tier) =>
      kind === 3
        ? runBare(code, tier)
        : runLinux(kind === 2 ? damage(image, new Random(seed + 7)) : image, tier);
    const runs = TIERS.map(run);
    const [first] = runs;
    const second = run(TIERS[0]);
    const last = first.text.split(" ")[0];
    ends.set(last, (ends.get(last) ?? 0) + 1);
    const other = runs.findIndex(({ text }) => text !== first.text);
    const slow = runs.find(({ seconds }) => seconds > MOST_SECONDS);
    if (first.text !== second.text) tally.fail(name, [`two runs differ: ${first.text} | ${second.text}`]);
    else if (other > 0 && !runs.some(({ changed }) => changed))
      tally.fail(name, [`${TIERS[other]} differs: ${first.text} | ${runs[other].text}`]);
    else if (slow) tally.fail(name, [`took ${slow.seconds} seconds`]);
    else tally.pass();
  } catch (error) {
    tally.fail(name, [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
}
console.log([...ends].map(([kind, count]) => `${kind || "none"}: ${count}`).join(", "));
process.exitCode = tally.finish();
