/* A table that the linker collects: sections with a C name, weak symbols, common symbols. */
#include <stdio.h>

struct command { const char *name; int (*run)(int); };
#define COMMAND(n) static const struct command n##_entry __attribute__((section("commands"), used)) = {#n, n}

extern const struct command __start_commands[], __stop_commands[];
extern int absent(void) __attribute__((weak));
__attribute__((weak)) int overridden(void) { return 1; }
__attribute__((common)) int common_buffer[4];

static int twice(int x) { return 2 * x; }
static int square(int x) { return x * x; }
COMMAND(twice);
COMMAND(square);

int main(void) {
  for (const struct command *c = __start_commands; c < __stop_commands; c++) printf("%s %d\n", c->name, c->run(7));
  printf("absent: %d, overridden: %d, common: %d\n", absent != 0, overridden(), common_buffer[2]);
  return 0;
}
