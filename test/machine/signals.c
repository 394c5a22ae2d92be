// Handlers for faults and for signals sent, on an alternate stack; masks; then SIGABRT.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int got;

static void fault(int signal, siginfo_t *info, void *context) {
  printf("signal %d, code %d, address %p\n", signal, info->si_code, info->si_addr);
  siglongjmp(back, 1);
}

static void note(int signal) { got = signal; }

static int deep(int n) {
  volatile char frame[4096];
  frame[0] = n;
  return deep(n + 1) + frame[0];
}

static void overflow(int signal) {
  siglongjmp(back, 2);
}

int main(void) {
  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&stack, 0);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, 0);
  if (!sigsetjmp(back, 1)) *(volatile int *)16 = 1;
  char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("read-only page: %d\n", page[5]);
  if (!sigsetjmp(back, 1)) {
    action.sa_handler = overflow;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGSEGV, &action, 0);
    page[5] = 1;
  } else
    puts("writing to it faults");
  if (!sigsetjmp(back, 1))
    deep(0);
  else
    puts("stack overflow handled");

  signal(SIGUSR1, note);
  raise(SIGUSR1);
  printf("raised %d\n", got);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  got = 0;
  kill(getpid(), SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  printf("blocked: %d, pending %d\n", got, sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, 0);
  printf("unblocked: %d\n", got);
  fflush(stdout);
  abort();
}
