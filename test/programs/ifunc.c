/* Indirect functions: called, their address taken in code and in data, static and global. */
#include <stdio.h>

static int one(void) { return 1; }
static int two(void) { return 2; }
static int (*choose_global(void))(void) { return one; }
static int (*choose_local(void))(void) { return two; }

int chosen(void) __attribute__((ifunc("choose_global")));
static int chosen_local(void) __attribute__((ifunc("choose_local")));

int (*in_data)(void) = chosen;
extern int (*const from_other_file)(void);
int call_from_other_file(void);

int main(void) {
  int (*volatile pointer)(void) = chosen;
  printf("%d %d %d %d\n", chosen(), chosen_local(), in_data(), pointer());
  printf("%d %d\n", from_other_file(), call_from_other_file());
  return 0;
}
