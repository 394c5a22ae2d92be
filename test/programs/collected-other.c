struct command { const char *name; int (*run)(int); };
int common_buffer[4] = {1, 2, 3, 4};
int overridden(void) { return 2; }
static int negate(int x) { return -x; }
static const struct command entry __attribute__((section("commands"), used)) = {"negate", negate};
