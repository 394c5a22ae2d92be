/* Thread-local variables: initialised, zero, aligned, of another file. */
#include <stdio.h>

_Thread_local int counter = 5;
_Thread_local long zero;
static _Thread_local char text[16] = "local";
_Thread_local int aligned __attribute__((aligned(64))) = 9;
extern _Thread_local int elsewhere;
int *address_elsewhere(void);

int main(void) {
  counter += 2;
  zero += 3;
  text[0] = 'L';
  elsewhere *= 2;
  printf("%d %ld %s %d\n", counter, zero, text, aligned);
  printf("%d %d\n", elsewhere, *address_elsewhere());
  printf("aligned: %d, one address: %d\n", (int)((unsigned long)&aligned % 64), address_elsewhere() == &elsewhere);
  return 0;
}
