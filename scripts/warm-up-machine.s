# What scripts/build.mjs runs while it makes the start-up snapshot of `premain
# run`: what a C library does before `main` and at the end, and a little hot code
# with calls, a table of functions, memory and floating point, so that the
# decoder, the interpreter's instructions, system calls and the translator are
# in the snapshot. Made for RV64 (--defsym WIDE=1) and RV32; nothing is printed.

.macro load rd, place
  .ifdef WIDE
    ld \rd, \place
  .else
    lw \rd, \place
  .endif
.endm
.macro store rs, place
  .ifdef WIDE
    sd \rs, \place
  .else
    sw \rs, \place
  .endif
.endm
.macro call_linux number
  li a7, \number
  ecall
.endm

.globl _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  load s0, 0(sp)
  la tp, block
  li a0, 0
  call_linux 214              # brk
  mv s1, a0
  li t0, 0x21000
  add a0, a0, t0
  call_linux 214
  la a0, block
  call_linux 96               # set_tid_address
  la a0, block
  li a1, 24
  call_linux 99               # set_robust_list
  li a0, 0
  li a1, 3
  li a2, 0
  la a3, block
  call_linux 261              # prlimit64
  li a0, -100
  la a1, self
  la a2, buffer
  li a3, 256
  call_linux 78               # readlinkat
  la a0, block
  li a1, 8
  li a2, 1
  call_linux 278              # getrandom
  la a0, read_only
  li a1, 4096
  li a2, 1
  call_linux 226              # mprotect
  li a0, 0
  li a1, 0x10000
  li a2, 3
  li a3, 0x22
  li a4, -1
  li a5, 0
  call_linux 222              # mmap
  mv s2, a0
  sb a0, 1(s2)
  sh a0, 2(s2)
  sw a0, 0x100(s2)
  mv a0, s2
  li a1, 0x10000
  call_linux 215              # munmap
  la a0, buffer
  call_linux 160              # uname
  li a0, 1
  la a1, empty
  la a2, buffer
  li a3, 0x1000
  call_linux 79               # newfstatat
  li a0, -100
  la a1, missing
  li a2, 0
  li a3, 0
  call_linux 56               # openat
  li a0, 1
  la a1, buffer
  call_linux 113              # clock_gettime
  la a0, block
  li a1, 0x81
  li a2, 1
  call_linux 98               # futex: wake
  li a0, 0
  li a1, 0
  la a2, buffer
  li a3, 8
  call_linux 135              # rt_sigprocmask
  la a0, strings
  call length

  # Hot: calls, recursion, indirect calls, tables of code, memory
  li s3, 3500
1: la t0, table
  andi t1, s3, 3
  .ifdef WIDE
    slli t1, t1, 3
  .else
    slli t1, t1, 2
  .endif
  add t0, t0, t1
  load t0, 0(t0)
  mv a0, s3
  jalr t0
  la t2, buffer
  andi t3, a0, 0xfc
  add t2, t2, t3
  lw t4, 0(t2)
  add t4, t4, a0
  sw t4, 0(t2)
  lbu t5, 1(t2)
  lb t5, 2(t2)
  lhu t6, 2(t2)
  lh t6, 2(t2)
  sb t5, 5(t2)
  sh t6, 6(t2)
  mul t4, t4, t5
  divu t4, t4, s3
  remu t5, t5, s3
  div t4, t4, s3
  rem t5, t5, s3
  sltu t6, t4, t5
  slt t6, t5, t4
  sll t4, t4, t6
  srl t4, t4, t6
  sra t4, t4, t6
  xor t4, t4, t6
  or t4, t4, t6
  and t4, t4, t6
  sub t4, t4, t6
  neg t4, t4
  not t4, t4
  sltiu t4, t4, 5
  slti t4, t4, 5
  .ifdef WIDE
    addw t4, t4, t5
    subw t4, t4, t5
    addiw t4, t4, 3
    slliw t4, t4, 3
    srliw t4, t4, 1
    sraiw t4, t4, 1
    mulw t4, t4, t5
    lwu t5, 0(t2)
    sd t5, 0(t2)
  .endif
  amoadd.w t4, t5, (t2)
2: lr.w.aq t4, (t2)
  sc.w.rl t5, t4, (t2)
  bnez t5, 2b
  fence rw, rw
  addi s3, s3, -1
  bnez s3, 1b
  li a0, 17
  call fib

  # Floating point
  li s3, 3500
  fcvt.d.w fa0, s3
  fcvt.d.w fa1, zero
  fcvt.s.w fa4, s3
3: fadd.d fa1, fa1, fa0
  fmul.d fa2, fa1, fa0
  fdiv.d fa2, fa2, fa1
  fmadd.d fa3, fa1, fa0, fa2
  fsub.d fa3, fa3, fa2
  fadd.s fa4, fa4, fa4
  fcvt.d.s fa5, fa4
  fsd fa3, 0(t2)
  fld fa3, 0(t2)
  flt.d t4, fa0, fa3
  fle.d t4, fa3, fa0
  feq.d t4, fa0, fa0
  fsgnj.d fa3, fa3, fa0
  fcvt.w.d t4, fa0, rtz
  fmv.x.w t5, fa4
  addi s3, s3, -1
  bnez s3, 3b
  frflags t0
  fsflags zero

  li a0, 1
  la a1, empty
  li a2, 0
  call_linux 64               # write
  li a0, 0
  call_linux 94               # exit_group

length:
  mv a1, a0
1: lbu a2, 0(a1)
  addi a1, a1, 1
  bnez a2, 1b
  sub a0, a1, a0
  ret

fib:
  li t0, 2
  blt a0, t0, 1f
  addi sp, sp, -32
  store ra, 0(sp)
  store s0, 8(sp)
  store s1, 16(sp)
  mv s0, a0
  addi a0, a0, -1
  call fib
  mv s1, a0
  addi a0, s0, -2
  call fib
  add a0, a0, s1
  load ra, 0(sp)
  load s0, 8(sp)
  load s1, 16(sp)
  addi sp, sp, 32
1: ret

twice:
  slli a0, a0, 1
  ret
next:
  addi a0, a0, 1
  bgeu a0, a0, 1f
  lui a0, 1
1: ret
mixed:
  bge a0, zero, 1f
  neg a0, a0
1: bltu a0, zero, 2f
  xori a0, a0, 0x55
  ori a0, a0, 1
2: srai a0, a0, 1
  srli a0, a0, 1
  ret

.section .rodata
self: .asciz "/proc/self/exe"
missing: .asciz "/missing"
empty: .asciz ""
strings: .asciz "some characters, to be counted"
.data
.balign 4096
read_only: .space 4096
table:
  .ifdef WIDE
    .dword twice, next, mixed, twice
  .else
    .word twice, next, mixed, twice
  .endif
block: .space 64
buffer: .space 512
