import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import { Machine } from "../machine.ts";
import { Memory } from "../memory.ts";
import { AddressSpace, PROT_EXEC, PROT_READ, PROT_WRITE } from "./address-space.ts";
import { callsFor } from "./calls.ts";
import { makePipe, type Stream } from "./descriptors.ts";
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, ESPIPE } from "./errors.ts";
import { MemoryTree, MountedTrees, normalise } from "./file-tree.ts";
import { LinuxProcess, WAIT } from "./process.ts";
import { ReplayedStream } from "./replay.ts";

const RW = PROT_READ | PROT_WRITE;

/** A process without a program: a page of code for its only thread, and what its calls need. */
function processWith(files = new MemoryTree(), xlen: 32 | 64 = 64, replayed = false) {
  const memory = new Memory([{ name: "user", base: 0x10000, size: 0x1000000 }]);
  const machine = new Machine({ xlen, memory, privileged: false });
  let printed = "";
  const output: Stream = {
    kind: "pipe",
    read: () => -EBADF,
    write(bytes) {
      printed += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
  const input: Stream = { kind: "pipe", read: () => -EAGAIN, write: () => -EBADF };
  const step = { segment: 0, fileOffset: 0, flags: 7, sections: [] };
  const plan = {
    name: "test",
    bytes: new Uint8Array(8),
    elf: undefined,
    xlen,
    placement: "virtual" as const,
    bias: 0,
    steps: [{ ...step, kind: "bytes" as const, address: 0x20000, runAddress: 0x20000, size: 8 }],
    entry: 0x20000,
    headers: 0,
    headerCount: 0,
    headerSize: 56,
    end: 0x20008,
    tls: undefined,
  };
  const shown = replayed ? new ReplayedStream(output) : output;
  const streams = { input, output: shown, errors: shown };
  const options = { path: "/test", arguments: ["test"], ...streams, files, stackSize: 0x10000 };
  const process = new LinuxProcess(machine, plan, options, new Report());
  const [thread] = process.threads;
  const calls = callsFor(xlen);
  const data = 0x30000;
  process.space.map(data, 0x10000, RW, "data");
  return {
    process,
    thread,
    data,
    printed: () => printed,
    text(address: number, value: string) {
      process.write(address, new TextEncoder().encode(`${value}\0`));
      return address;
    },
    call(name: string, ...args: number[]): number {
      const call = calls.find((candidate) => candidate?.name === name);
      if (!call) throw new Error(`no call ${name}`);
      const all = new Float64Array(6);
      all.set(args);
      return call.run(process, thread, all);
    },
  };
}

describe("AddressSpace", () => {
  const make = () => new AddressSpace(new Memory([{ name: "user", base: 0x10000, size: 0x100000 }]));

  test("splits and joins areas", () => {
    const space = make();
    space.map(0x20000, 0x4000, RW, "");
    expect(space.protect(0x21000, 0x1000, PROT_READ)).toBe(0);
    expect(space.areas.map(({ start, end, protection }) => [start, end, protection])).toEqual([
      [0x20000, 0x21000, RW],
      [0x21000, 0x22000, PROT_READ],
      [0x22000, 0x24000, RW],
    ]);
    expect(space.allows(0x20ff0, 0x20, PROT_WRITE)).toBe(false);
    expect(space.allows(0x20ff0, 0x20, PROT_READ)).toBe(true);
    space.protect(0x21000, 0x1000, RW);
    expect(space.areas.length).toBe(1);
  });

  test("a hole cannot be protected, and its bytes are zero when it is mapped again", () => {
    const space = make();
    space.map(0x20000, 0x3000, RW, "");
    space.memory.write(0x21000, Uint8Array.of(1, 2, 3));
    space.unmap(0x21000, 0x1000);
    expect(space.protect(0x20000, 0x3000, RW)).toBe(-ENOMEM);
    expect(space.allows(0x21000, 1, PROT_READ)).toBe(false);
    space.map(0x21000, 0x1000, RW, "");
    expect(space.memory.read32(0x21000)).toBe(0);
  });

  test("mappings go as high as they fit", () => {
    const space = make();
    const first = space.findFree(0x1000)!;
    expect(first).toBe(0x10f000);
    space.map(first, 0x1000, RW, "a");
    expect(space.findFree(0x2000)).toBe(0x10d000);
    expect(space.findFree(0x200000)).toBeUndefined();
  });

  test("brk grows, shrinks, and stays where it meets a mapping", () => {
    const space = make();
    space.startBrk(0x20123);
    expect(space.brk(0)).toBe(0x21000);
    expect(space.brk(0x23000)).toBe(0x23000);
    expect(space.allows(0x22fff, 1, PROT_WRITE)).toBe(true);
    space.map(0x25000, 0x1000, RW, "wall");
    expect(space.brk(0x26000)).toBe(0x23000);
    expect(space.brk(0x21500)).toBe(0x21500);
    expect(space.allows(0x22000, 1, PROT_READ)).toBe(false);
  });

  test("there are no more areas than Linux allows, and many cost little", () => {
    const space = new AddressSpace(new Memory([{ name: "user", base: 0x10000, size: 0x12000000 }]));
    let count = 0;
    for (; count < 70_000; count++) {
      const start = space.findFree(0x1000);
      if (start === undefined || !space.map(start, 0x1000, count % 2 ? RW : PROT_READ, "")) break;
    }
    expect(count).toBe(65_530);
    expect(space.unmap(space.limit - 0x3000, 0x1000)).toBe(0);
    expect(space.findFree(0x1000)).toBe(space.limit - 0x3000);
    expect(space.findFree(0x2000)).toBe(space.limit - (count + 2) * 0x1000);
    expect(space.isFree(space.limit - 0x3000, 0x1000)).toBe(true);
    expect(space.isFree(space.limit - 0x3000, 0x1001)).toBe(false);
  });

  test("nothing outside is allowed", () => {
    const space = make();
    for (const address of [-8, 0, 0x110000, 2 ** 40, Number.NaN])
      expect(space.allows(address, 8, PROT_READ)).toBe(false);
    expect(space.map(0xffff000, 0x1000, PROT_EXEC, "")).toBe(false);
  });
});

describe("files", () => {
  test("are read, written, appended to and listed", () => {
    const tree = new MemoryTree({ "/dir/a.txt": "hello" });
    const { call, text, data, process } = processWith(tree);
    const fd = call("openat", -100, text(data, "/dir/a.txt"), 2, 0);
    expect(fd).toBe(3);
    expect(call("read", fd, data + 0x100, 100)).toBe(5);
    expect(process.text(data + 0x100)).toBe("hello");
    expect(call("write", fd, data + 0x100, 5)).toBe(5);
    expect(call("lseek", fd, -3, 2)).toBe(7);
    expect(call("close", fd)).toBe(0);
    expect(call("close", fd)).toBe(-EBADF);
    expect(new TextDecoder().decode(tree.bytes("/dir/a.txt"))).toBe("hellohello");
    const folder = call("openat", -100, text(data, "/dir"), 0o200000, 0);
    expect(call("getdents64", folder, data + 0x1000, 4096)).toBe(24 + 24 + 32);
    expect(call("getdents64", folder, data + 0x1000, 4096)).toBe(0);
    expect(call("openat", folder, text(data, "none"), 0, 0)).toBe(-ENOENT);
    expect(call("openat", folder, text(data, "a.txt"), 0, 0)).toBe(5 - 1);
  });

  test("what is not granted does not exist", () => {
    const tree = new MountedTrees({ "/work/in": new MemoryTree({ "/x": "1" }) });
    const { call, text, data } = processWith(tree as unknown as MemoryTree);
    expect(call("openat", -100, text(data, "/etc/passwd"), 0, 0)).toBe(-ENOENT);
    expect(call("openat", -100, text(data, "/work/in/../../etc/passwd"), 0, 0)).toBe(-ENOENT);
    expect(call("openat", -100, text(data, "/work/in/x"), 0, 0)).toBe(3);
    expect(call("newfstatat", -100, text(data, "/work"), data + 64, 0)).toBe(0);
  });

  test("paths are normalised before they are looked up", () => {
    expect(normalise("../../x/./y//z/..", "/a")).toBe("/x/y");
    expect(normalise("/..", "/")).toBe("/");
  });

  test("bad pointers are EFAULT, not a crash", () => {
    const { call, data } = processWith();
    for (const bad of [0, -1, 2 ** 52, 0xfff0]) {
      expect(call("write", 1, bad, 10)).toBe(-EFAULT);
      expect(call("openat", -100, bad, 0, 0)).toBe(-EFAULT);
      expect(call("uname", bad)).toBe(-EFAULT);
      expect(call("getrandom", bad, 16, 0)).toBe(-EFAULT);
    }
    expect(call("write", 1, data, 2 ** 40)).toBe(-EFAULT);
    expect(call("writev", 1, data, -1)).toBe(-EINVAL);
  });

  test("a pipe gives what was put in, and waits when it is empty", () => {
    const { input, output } = makePipe();
    expect(input.read(new Uint8Array(1))).toBe(-EAGAIN);
    output.write(Uint8Array.of(1, 2, 3));
    const two = new Uint8Array(2);
    expect([input.read(two), ...two]).toEqual([2, 1, 2]);
    output.close?.();
    expect([input.read(two), input.read(two)]).toEqual([1, 0]);
  });

  test("a full pipe takes no more, and who writes waits until there is room", () => {
    const { process, thread, call, data } = processWith();
    call("pipe2", data, 0);
    const ends = [process.memory.read32(data), process.memory.read32(data + 4)] as [number, number];
    for (let i = 0; i < 16; i++) expect(call("write", ends[1], data, 4096)).toBe(4096);
    expect(call("write", ends[1], data, 1)).toBe(WAIT);
    expect(thread.waiting).toEqual({ kind: "input" });
  });

  test("poll and select tell what a pipe is ready for, and wait as long as they shall", () => {
    const { process, thread, call, data } = processWith();
    call("pipe2", data, 0);
    const reader = process.memory.read32(data) ?? 0;
    const set = data + 0x100;
    process.memory.write32(data + 8, reader);
    process.memory.write32(data + 12, 1);
    process.memory.write64(set, 1n << BigInt(reader));
    const time = data + 0x200;
    process.memory.write64(time, 0n);
    process.memory.write64(time + 8, 0n);
    expect(call("ppoll", data + 8, 1, time, 0)).toBe(0);
    expect(call("pselect6", reader + 1, set, 0, 0, time, 0)).toBe(0);
    expect(process.memory.read64(set)).toBe(0n);
    process.memory.write64(time + 8, 5000n);
    expect(call("ppoll", data + 8, 1, time, 0)).toBe(WAIT);
    expect(thread.waiting).toMatchObject({ kind: "poll" });
    expect(call("ppoll", data + 8, 1, 0, 0)).toBe(WAIT);
    expect(call("write", process.memory.read32(data + 4) ?? 0, data, 3)).toBe(3);
    expect(call("ppoll", data + 8, 1, 0, 0)).toBe(1);
    process.memory.write64(set, 1n << BigInt(reader));
    expect(call("pselect6", reader + 1, set, 0, 0, 0, 0)).toBe(1);
    expect(process.memory.read64(set)).toBe(1n << BigInt(reader));
    expect(call("pselect6", 99, data + 0x300, 0, 0, 0, 0)).toBe(WAIT);
  });

  test("a pipe has no position", () => {
    expect(processWith().call("lseek", 1, 0, 1)).toBe(-ESPIPE);
  });

  test("input that is not there parks the thread", () => {
    const { call, data, thread } = processWith();
    expect(call("read", 0, data, 10)).toBe(WAIT);
    expect(thread.waiting).toEqual({ kind: "input" });
  });
});

describe("memory calls", () => {
  test("mmap, mprotect and munmap", () => {
    const { call, process } = processWith();
    const at = call("mmap", 0, 0x3000, RW, 0x22, -1, 0);
    expect(at % 4096).toBe(0);
    expect(process.space.allows(at, 0x3000, PROT_WRITE)).toBe(true);
    expect(call("mprotect", at, 0x1000, 0)).toBe(0);
    expect(process.space.allows(at, 1, PROT_READ)).toBe(false);
    expect(call("munmap", at, 0x3000)).toBe(0);
    expect(call("mprotect", at, 0x1000, RW)).toBe(-ENOMEM);
    expect(call("mmap", 0, 2 ** 45, RW, 0x22, -1, 0)).toBe(-ENOMEM);
    expect(call("mmap", 0, 0, RW, 0x22, -1, 0)).toBe(-EINVAL);
  });

  test("mremap moves what it cannot grow", () => {
    const { call, process } = processWith();
    const at = call("mmap", 0, 0x1000, RW, 0x22, -1, 0);
    process.memory.write32(at, 77);
    const moved = call("mremap", at, 0x1000, 0x4000, 1);
    expect(process.memory.read32(moved)).toBe(77);
    expect(process.space.allows(moved, 0x4000, PROT_WRITE)).toBe(true);
  });
});

test("the stack has argc, argv, envp and an auxiliary vector", () => {
  const { process } = processWith();
  const { memory, stack } = process;
  expect(stack.pointer % 16).toBe(0);
  expect(memory.read64(stack.pointer)).toBe(1n);
  expect(process.text(process.readLong(stack.pointer + 8)!)).toBe("test");
  expect(memory.read64(stack.pointer + 24)).toBe(0n);
  expect(stack.auxiliary.find(([type]) => type === 6)).toEqual([6, 4096]);
  expect(stack.auxiliary.at(-1)).toEqual([0, 0]);
});

test("the same seed gives the same random bytes", () => {
  const [a, b] = [processWith(), processWith()].map(({ call, process, data }) => {
    call("getrandom", data, 32, 0);
    return process.read(data, 32);
  });
  expect(a).toEqual(b);
  expect(new Set(a).size).toBeGreaterThan(16);
});

test("a futex whose value has changed does not wait; a timeout ends a wait", () => {
  const { call, process, data, thread } = processWith();
  process.memory.write32(data, 5);
  expect(call("futex", data, 0, 4, 0)).toBe(-EAGAIN);
  process.memory.write64(data + 16, 0n);
  process.memory.write64(data + 24, 5000n);
  expect(call("futex", data, 0, 5, data + 16)).toBe(WAIT);
  // j . : the thread runs on when it is woken.
  process.memory.write32(0x20000, 0x0000006f);
  process.run(10);
  expect(thread.waiting).toBeUndefined();
  expect(thread.hart.signed(10)).toBe(-110);
});

test("who sleeps until the end of time is dead", () => {
  const { call, process, data } = processWith();
  process.memory.write64(data, 2n ** 62n);
  expect(call("clock_nanosleep", 1, 0, data)).toBe(WAIT);
  expect(process.run(1000)).toEqual({ kind: "deadlock" });
});

test("a fault without a handler ends the process with SIGSEGV", () => {
  const { process } = processWith();
  // lw a0, 0(zero)
  process.memory.write32(0x20000, 0x00002503);
  expect(process.run(10)).toMatchObject({ kind: "signal", signal: 11 });
});

test("a process goes back to a snapshot, and does the same again", () => {
  const { process, thread, data, printed } = processWith(new MemoryTree({ "/f": "0123456789" }), 64, true);
  const { memory } = process;
  memory.write(data, new TextEncoder().encode("/f\0"));
  // openat(AT_FDCWD, data, 0): fd in s0; then for ever: read 1 byte to data + 16, write it to stdout.
  const code = [
    0xf9c00513, 0x000305b7, 0x00000613, 0x03800893, 0x00000073, 0x00050413, 0x00040513, 0x000305b7,
    0x01058593, 0x00100613, 0x03f00893, 0x00000073, 0x00050613, 0x00100513, 0x04000893, 0x00000073,
    0xfd9ff06f,
  ];
  for (const [i, word] of code.entries()) memory.write32(0x20000 + 4 * i, word);
  process.run(30);
  const saved = process.snapshot();
  const before = printed();
  expect(before).not.toBe("");
  call(process, 222, [0, 8192, 3, 0x22, -1, 0]);
  process.run(60);
  const after = { printed: printed(), pc: thread.hart.pc, instructions: process.machine.instructions };
  expect(after.printed.length).toBeGreaterThan(before.length);
  process.restore(saved);
  process.run(60);
  const [again] = process.threads;
  expect({ printed: printed(), pc: again.hart.pc, instructions: process.machine.instructions }).toEqual(
    after,
  );
});

/** Makes a call from outside, as if the first thread had. */
function call(process: LinuxProcess, number: number, args: readonly number[]): void {
  const all = new Float64Array(6);
  all.set(args);
  callsFor(process.xlen)[number]?.run(process, process.threads[0], all);
}

test("a signal that is blocked waits once, however often it is sent", () => {
  const { process, thread, call } = processWith();
  thread.mask = (1n << 9n) | (1n << 39n);
  for (let i = 0; i < 3000; i++) {
    expect(call("kill", process.id, 10)).toBe(0);
    expect(call("kill", process.id, 40)).toBe(0);
  }
  expect(thread.pending.filter(({ signal }) => signal === 10)).toHaveLength(1);
  expect(thread.pending.filter(({ signal }) => signal === 40)).toHaveLength(1024);
});

test("an unknown call is ENOSYS, and said once", () => {
  const { process, thread } = processWith();
  // ecall; ecall; j .
  for (const [i, word] of [0x73, 0x73, 0x6f].entries()) process.memory.write32(0x20000 + 4 * i, word);
  const notes: string[] = [];
  process.watcher = { unsupported: (what) => notes.push(what) };
  thread.hart.setNumber(17, 4000);
  process.run(5);
  expect(thread.hart.signed(10)).toBe(-38);
  expect(notes).toEqual(["system call 4000"]);
  thread.hart.pcNumber = 0x20000;
  thread.hart.setNumber(17, 198);
  process.run(1);
  expect(notes).toEqual(["system call 4000", "socket (system call 198)"]);
});
