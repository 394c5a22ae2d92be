/* Functions before and after main, in the order their priorities ask for. */
#include <stdio.h>
#include <stdlib.h>

static int step;
static void say(const char *what) { printf("%d %s\n", ++step, what); }

__attribute__((constructor(102))) static void second(void) { say("constructor 102"); }
__attribute__((constructor(101))) static void first(void) { say("constructor 101"); }
__attribute__((constructor)) static void plain(void) { say("constructor"); }
__attribute__((destructor(101))) static void last(void) { say("destructor 101"); }
__attribute__((destructor)) static void before_last(void) { say("destructor"); }
static void at_exit(void) { say("atexit"); }

extern int from_other_file;
void note_constructor(const char *what) { say(what); }

int main(void) {
  atexit(at_exit);
  say("main");
  printf("other file: %d\n", from_other_file);
  return 0;
}
