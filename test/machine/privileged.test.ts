import { describe, expect, test } from "vitest";
import { assemble, parseCommandLine } from "../../src/asm/index.ts";
import { Report } from "../../src/diagnostics/index.ts";
import { readElf } from "../../src/elf/index.ts";
import { MemoryFileSystem } from "../../src/files/index.ts";
import { link, parseArguments } from "../../src/link/index.ts";
import { Machine, Memory, type Tier } from "../../src/machine/index.ts";

// What only programs in machine and supervisor mode meet, in each tier: protected
// memory, page tables, waiting for interrupts, reservations of several harts, and
// the instructions of the newer extensions.

const BASE = 0x80000000;
const TIERS: readonly Tier[] = ["precise", "interpreter", "translator", "mixed"];

/** A machine with a program at BASE, which ends in `j end`. */
function machineWith(source: string, tier: Tier, harts = 1, march = "rv64gc"): Machine {
  const command = parseCommandLine([`-march=${march}`]);
  if ("message" in command) throw new Error(command.message);
  const files = new MemoryFileSystem();
  const report = new Report();
  const text = `.globl _start\n_start:\n${source}\nend: j end\n.balign 4\n`;
  const made = assemble(
    [{ name: "a.s", bytes: new TextEncoder().encode(text) }],
    command.options,
    files,
    report,
  );
  if (made) files.set("a.o", made.bytes);
  const line = ["-m", "elf64lriscv", `-Ttext=0x${BASE.toString(16)}`, "-N", "--no-relax", "-o", "out", "a.o"];
  link(parseArguments(line, "ld", "gnu", files, report).options, { files }, report);
  expect(report.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const elf = readElf(files.files.get("out")!, report, "out")!;
  const memory = new Memory([{ name: "ram", base: BASE, size: 0x100000 }]);
  for (const { address, offset, fileSize } of elf.segments)
    memory.write(Number(address), elf.bytes.subarray(offset, offset + fileSize));
  const machine = new Machine({ xlen: 64, memory, privileged: true, tier, harts });
  for (const hart of machine.harts) {
    hart.pcNumber = BASE;
    hart.setNumber(10, hart.index);
  }
  return machine;
}

/** Notes cause, value and place of each trap at 0x80040000 on, and goes on in machine mode behind the instruction. */
const HANDLER = `
  la t0, handler
  csrw mtvec, t0
  li s0, 0x80040000
  j start
.balign 4
handler:
  csrr t0, mcause
  sd t0, 0(s0)
  csrr t0, mtval
  sd t0, 8(s0)
  addi s0, s0, 16
  csrr t0, mepc
  addi t0, t0, 4
  csrw mepc, t0
  mret
start:
`;

/** The causes and values of the traps that were noted. */
function traps(machine: Machine): [number, number][] {
  const noted: [number, number][] = [];
  for (let at = 0x80040000; at < machine.harts[0].number(8); at += 16)
    noted.push([Number(machine.memory.read64(at)), Number(machine.memory.read64(at + 8))]);
  return noted;
}

/** Goes to the label with a privilege level: its number in mstatus.MPP. */
const goTo = (level: number, label: string) => `
  li t0, 0x1800
  csrc mstatus, t0
  li t0, ${level << 11}
  csrs mstatus, t0
  la t0, ${label}
  csrw mepc, t0
  mret
${label}:
`;

describe.each(TIERS)("%s", (tier) => {
  test("physical memory protection", () => {
    const machine = machineWith(
      `${HANDLER}
  # 0: 0x80080000..0x80081000 read only (NAPOT); 1 and 2: the rest up to 0x80090000 (TOR); nothing else
  li t0, (0x80080000 >> 2) | 0x1ff
  csrw pmpaddr0, t0
  csrw pmpaddr1, zero
  li t0, 0x80090000 >> 2
  csrw pmpaddr2, t0
  li t0, 0x0f0019
  csrw pmpcfg0, t0
  li s1, 0x80080000
  li s2, 0x80090000
  sd zero, 0(s1)          # machine mode may: the entry is not locked
  ${goTo(0, "user")}
  .option norvc
  ld a1, 0(s1)
  li a1, -1
  sd a1, 0(s1)
  sd a1, -4(s1)           # partly in the entry
  sd a1, -8(s2)
  ld a1, 0(s2)
  ecall`,
      tier,
    );
    machine.run(2000);
    expect(traps(machine)).toEqual([
      [7, 0x80080000],
      // The part that faulted, as the manual has it; the other part was not written.
      [7, 0x80080000],
      [5, 0x80090000],
      [8, 0],
    ]);
    expect(machine.memory.read32(0x8007fffc)).toBe(0);
  });

  test("page tables of three levels", () => {
    const machine = machineWith(
      `${HANDLER}
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  # The table at 0x80050000: a page of 1 GiB onto itself, and at 0x40000000 a way to a page of the user's
  li t1, 0x80050000
  li t0, (0x80000000 >> 2) | 0xcf
  sd t0, 16(t1)
  li t0, (0x80051000 >> 2) | 0x01
  sd t0, 8(t1)
  li t0, (0x80080000 >> 2) | 0xcf          # 2 MiB, but not aligned: a fault
  li t2, 0x80051000
  sd t0, 8(t2)
  li t0, (0x80052000 >> 2) | 0x01
  sd t0, 0(t2)
  li t2, 0x80052000
  li t0, (0x80060000 >> 2) | 0xdf          # the user's, everything
  sd t0, 0(t2)
  li t0, (0x80061000 >> 2) | 0x43          # read only, not dirty
  sd t0, 8(t2)
  li t0, (0x80062000 >> 2) | 0x47          # writable, not dirty
  sd t0, 16(t2)
  li t0, (0x80063000 >> 2) | 0xc9          # execute only
  sd t0, 24(t2)
  li t0, (8 << 60) | (0x80050000 >> 12)
  csrw satp, t0
  sfence.vma
  li s1, 0x40000000
  li s2, 0x40001000
  li s3, 0x40200000
  ${goTo(1, "supervisor")}
  .option norvc
  ld a1, 0(s1)            # the user's page, without SUM
  ld a1, 0(s2)
  sd a1, 0(s2)
  li s4, 0x40002000
  sd a1, 0(s4)            # would have to set D
  li s4, 0x40003000
  ld a1, 0(s4)            # only to be run
  ld a1, 0(s3)            # not aligned
  ld a1, -8(s3)           # not valid
  li s4, 0x4000000000
  ld a1, 0(s4)            # no address of 39 bits
  li a7, 77
  ecall`,
      tier,
    );
    machine.run(3000);
    expect(traps(machine)).toEqual([
      [13, 0x40000000],
      [15, 0x40001000],
      [15, 0x40002000],
      [13, 0x40003000],
      [13, 0x40200000],
      [13, 0x401ffff8],
      [13, 0x4000000000],
      [9, 0],
    ]);
    expect(machine.harts[0].number(17)).toBe(77);
  });

  test("wfi waits for an interrupt, and is idle where none can come", () => {
    const machine = machineWith(
      `${HANDLER}
  li t0, 0x80
  csrw mie, t0
  wfi
  li a1, 5
  csrw mie, zero
  wfi`,
      tier,
    );
    const [hart] = machine.harts;
    machine.schedule(5000, () => machine.setInterrupt(hart, 7, true));
    expect(machine.run(100_000)).toEqual({ kind: "idle" });
    expect(machine.retired).toBeGreaterThanOrEqual(5000);
    expect(machine.instructions).toBeLessThan(50);
    expect(hart.number(11)).toBe(5);
  });

  test("mcountinhibit stops counters, and they go on from there", () => {
    const machine = machineWith(
      `
  csrwi mcountinhibit, 5
  csrr a1, minstret
  nop
  csrr a2, minstret
  csrr a3, mcycle
  csrwi minstret, 20
  csrr a4, minstret
  csrwi mcountinhibit, 0
  nop
  csrr a5, minstret`,
      tier,
    );
    machine.run(200);
    const x = (register: number) => machine.harts[0].number(register);
    expect([x(12) - x(11), x(13), x(14), x(15)]).toEqual([0, x(11), 20, 22]);
  });

  test("a reservation ends with another hart's turn", () => {
    const machine = machineWith(
      `
  li s1, 0x80040000
  bnez a0, other
  lr.d a1, (s1)
1: ld a2, 8(s1)
  beqz a2, 1b
  sc.d a3, a2, (s1)
  j end
other:
  li a2, 1
  sd a2, 8(s1)`,
      tier,
      2,
    );
    machine.run(100_000);
    expect(machine.harts[0].number(13)).toBe(1);
    expect(machine.memory.read64(0x80040000)).toBe(0n);
  });

  test("Zacas, Zabha, Zawrs, Zcb, Zicond and Zfh", () => {
    const machine = machineWith(
      `
  li t0, 0x2000
  csrs mstatus, t0
  li s1, 0x80040000
  li a0, 0
  li a1, 7
  amocas.d a0, a1, (s1)
  li a2, 1
  li a3, 9
  amocas.w a2, a3, (s1)
  li a4, 200
  amoadd.b a5, a4, (s1)
  lbu s2, 0(s1)
  wrs.nto
  wrs.sto
  c.mul a4, a4
  li s3, -1
  mv a5, s3
  c.zext.b a5
  czero.eqz s4, a4, zero
  li t0, 0x3e00
  fmv.h.x fa0, t0
  fadd.h fa0, fa0, fa0
  fmv.x.h s5, fa0`,
      tier,
      1,
      "rv64gc_zacas_zabha_zawrs_zcb_zicond_zfh",
    );
    machine.run(200);
    const [hart] = machine.harts;
    const x = (register: number) => hart.number(register);
    expect([x(10), x(12), x(18), x(14), x(15), x(20), x(21)]).toEqual([0, 7, 207, 40000, 255, 0, 0x4200]);
    expect(machine.memory.read64(0x80040000)).toBe(207n);
  });
});
