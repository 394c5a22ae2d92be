// What handlers are told and may change: siginfo, the registers of a fault, masks, nesting; sent and waited for signals.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void set(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {0};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(number, &action, 0);
}

/** Goes on behind the instruction, with another value in a0. */
static void skip(int number, siginfo_t *info, void *context) {
  mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
  uint16_t *pc = (uint16_t *)machine->__gregs[REG_PC];
  printf("signal %d code %d, address %s, a0 %lx\n", number, info->si_code,
         info->si_addr == (void *)pc ? "of the instruction" : info->si_addr == (void *)0x1238 ? "of the access" : "?",
         (long)machine->__gregs[REG_A0]);
  machine->__gregs[REG_A0] = 0x77;
  machine->__gregs[REG_PC] += (*pc & 3) == 3 ? 4 : 2;
}

static void tell(int number, siginfo_t *info, void *context) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  printf("signal %d code %d from us %d value %d, itself blocked %d\n", number, info->si_code, info->si_pid == getpid(),
         info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, sigismember(&now, number));
}

static void nested(int number, siginfo_t *info, void *context) {
  static int depth;
  char here;
  stack_t stack;
  sigaltstack(0, &stack);
  printf("depth %d, on the alternate stack %d, its state %d\n", ++depth,
         &here >= (char *)stack.ss_sp && &here < (char *)stack.ss_sp + stack.ss_size, stack.ss_flags & SS_ONSTACK);
  if (depth < 3) raise(number);
  depth--;
}

int main(void) {
  set(SIGSEGV, skip, 0);
  set(SIGILL, skip, 0);
  set(SIGTRAP, skip, 0);
  register long a0 asm("a0") = 0x55;
  asm volatile("li t0, 0x1238\n ld a0, 0(t0)" : "+r"(a0) : : "t0", "memory");
  printf("then %lx\n", a0);
  a0 = 0x56;
  asm volatile(".word 0xffffffff" : "+r"(a0));
  printf("then %lx\n", a0);
  a0 = 0x57;
  asm volatile("ebreak" : "+r"(a0));
  printf("then %lx\n", a0);

  set(SIGUSR1, tell, 0);
  set(SIGUSR2, tell, SA_NODEFER);
  raise(SIGUSR1);
  raise(SIGUSR2);
  kill(getpid(), SIGUSR1);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 42});
  set(SIGUSR1, tell, SA_RESETHAND);
  raise(SIGUSR1);
  struct sigaction old;
  sigaction(SIGUSR1, 0, &old);
  printf("reset: %d\n", old.sa_handler == SIG_DFL);

  sigset_t wanted, none;
  sigemptyset(&wanted);
  sigemptyset(&none);
  sigaddset(&wanted, SIGUSR2);
  sigprocmask(SIG_BLOCK, &wanted, 0);
  raise(SIGUSR2);
  siginfo_t info;
  printf("waited for %d\n", sigwaitinfo(&wanted, &info) == SIGUSR2);
  struct timespec little = {0, 1000000};
  printf("timed out %d\n", sigtimedwait(&wanted, &info, &little) < 0 && errno == EAGAIN);
  raise(SIGUSR2);
  printf("suspended %d\n", sigsuspend(&none) < 0 && errno == EINTR);

  stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
  sigaltstack(&stack, 0);
  set(SIGURG, nested, SA_ONSTACK | SA_NODEFER);
  raise(SIGURG);
  stack.ss_flags = SS_DISABLE;
  sigaltstack(&stack, 0);
  raise(SIGCHLD);
  signal(SIGTERM, SIG_IGN);
  raise(SIGTERM);
  printf("bad signal %d, bad size %d\n", kill(getpid(), 100) < 0 ? errno : 0, sigaction(SIGKILL, &old, 0) < 0 ? errno : 0);
  fflush(stdout);
  signal(SIGTERM, SIG_DFL);
  kill(getpid(), SIGTERM);
  return 1;
}
