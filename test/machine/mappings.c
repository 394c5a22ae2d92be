// Mapping, unmapping, protecting and moving memory; the break; what faults tell about it.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };
static sigjmp_buf back;
static char *base;

static void fault(int number, siginfo_t *info, void *context) {
  printf("signal %d code %d at +%lx: ", number, info->si_code, (long)((char *)info->si_addr - base));
  siglongjmp(back, 1);
}

#define TRY(name, what) (sigsetjmp(back, 1) ? puts(name " faults") : ((what), puts(name " works")))

int main(void) {
  struct sigaction action = {0};
  action.sa_sigaction = fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, 0);
  static volatile char *at;
  at = base = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("zero %d\n", base[5 * PAGE]);
  memset(base, 'x', 8 * PAGE);
  munmap(base + 2 * PAGE, PAGE);
  TRY("a hole", at[2 * PAGE]);
  TRY("before it", at[2 * PAGE - 1]);
  TRY("after it", at[3 * PAGE] = 1);
  TRY("across", *(volatile uint64_t *)(at + 2 * PAGE - 4));
  mprotect(base + 4 * PAGE, 2 * PAGE, PROT_READ);
  TRY("reading", at[4 * PAGE]);
  TRY("writing", at[5 * PAGE] = 1);
  TRY("writing across", *(volatile uint32_t *)(at + 4 * PAGE - 2) = 1);
  mprotect(base + 4 * PAGE, PAGE, PROT_NONE);
  TRY("nothing", at[4 * PAGE]);
  TRY("running data", ((void (*)(void))(base + 6 * PAGE))());
  mprotect(base + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE);
  TRY("again", at[4 * PAGE + 1] = 2);
  printf("kept: %d %d\n", at[4 * PAGE], at[4 * PAGE + 1]);
  char *fixed = mmap(base + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("fixed %d, fresh %d\n", fixed == base + 2 * PAGE, fixed[0]);
  madvise(base + 3 * PAGE, PAGE, MADV_DONTNEED);
  printf("given back %d, not %d\n", at[3 * PAGE], at[6 * PAGE]);
  static char *moved;
  moved = mremap(base, 8 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("moved: %c %d, then %d\n", moved[0], moved[4 * PAGE + 1], moved[60 * PAGE]);
  moved = mremap(moved, 64 * PAGE, PAGE, 0);
  base = moved;
  at = moved;
  TRY("cut off", at[PAGE]);
  printf("errors: %d %d %d %d\n", mmap(0, 0, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0,
         munmap(base + 1, PAGE) ? errno : 0, mprotect(base + PAGE, PAGE, 1) ? errno : 0,
         mmap(0, PAGE, 1, MAP_PRIVATE, 99, 0) == MAP_FAILED ? errno : 0);
  static char *start;
  start = sbrk(0);
  sbrk(10 * PAGE);
  start[9 * PAGE] = 5;
  sbrk(-10 * PAGE);
  sbrk(10 * PAGE);
  printf("break moved, zero again %d\n", start[9 * PAGE]);
  // Code written by the program itself: li a0, N; ret
  static uint32_t *code;
  code = mmap(0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long sum = 0;
  for (int i = 0; i < 300; i++) {
    code[0] = 0x00000513 | (uint32_t)i << 20;
    code[1] = 0x00008067;
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    sum += ((long (*)(void))code)();
  }
  printf("written code: %ld\n", sum);
  base = (char *)code;
  mprotect(code, PAGE, PROT_READ);
  TRY("code without permission", ((long (*)(void))code)());
  return 3;
}
