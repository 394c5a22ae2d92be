// System calls without a C library, for RV32 and RV64: those that differ, and their errors.
#if __riscv_xlen == 32
enum { CLOCK_GETTIME = 403, FUTEX = 422 };
#else
enum { CLOCK_GETTIME = 113, FUTEX = 98 };
#endif

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long a7 asm("a7") = number, a0 asm("a0") = a, a1 asm("a1") = b, a2 asm("a2") = c;
  register long a3 asm("a3") = d, a4 asm("a4") = e, a5 asm("a5") = f;
  asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
}

static void print(const char *text, long value) {
  char buffer[64];
  int length = 0;
  while (text[length]) buffer[length] = text[length], length++;
  buffer[length++] = ' ';
  if (value < 0) buffer[length++] = '-', value = -value;
  int digits = 1;
  for (long rest = value / 10; rest; rest /= 10) digits++;
  for (int i = digits - 1; i >= 0; i--) buffer[length + i] = '0' + value % 10, value /= 10;
  length += digits;
  buffer[length++] = '\n';
  call(64, 1, (long)buffer, length, 0, 0, 0);
}

static char statx[256];
static long long time[2], offset;
static int ends[2];
static char bytes[8];

void start(long *stack) {
  print("argc", stack[0]);
  long page = call(222, 0, 8192, 3, 0x22, -1, 0);
  print("mmap", page > 0 || page < -4096);
  *(int *)page = 77;
  print("mprotect", call(226, page, 4096, 1, 0, 0, 0));
  print("value", *(int *)page);
  print("mremap", call(216, page, 8192, 4096, 0, 0, 0) == page);
  print("clock", call(CLOCK_GETTIME, 0, (long)time, 0, 0, 0, 0));
  print("nanoseconds", time[0] > 1000000000 && time[1] < 1000000000);
  print("no such clock", call(CLOCK_GETTIME, 99, (long)time, 0, 0, 0, 0));
  print("openat", call(56, -100, (long)"/none/such", 0, 0, 0, 0));
  print("pipe2", call(59, (long)ends, 0, 0, 0, 0, 0));
  print("write", call(64, ends[1], (long)"hello", 5, 0, 0, 0));
  print("read", call(63, ends[0], (long)bytes, 8, 0, 0, 0));
  print("lseek", call(62, ends[0], 0, 0, (long)&offset, 0, 0));
  print("statx", call(291, 1, (long)"", 0x1000, 0x7ff, (long)statx, 0));
  print("futex", call(FUTEX, (long)ends, 0, -1, 0, 0, 0));
  print("bad pointer", call(64, 1, 8, 5, 0, 0, 0));
  print("bad descriptor", call(63, 99, (long)bytes, 8, 0, 0, 0));
  print("no such call", call(4000, 0, 0, 0, 0, 0, 0));
  call(94, 9, 0, 0, 0, 0, 0);
}

asm(".globl _start\n"
    "_start: .option push; .option norelax; la gp, __global_pointer$; .option pop\n"
    "mv a0, sp; andi sp, sp, -16; call start");
