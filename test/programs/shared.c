/* What an executable shares with its libraries: functions, variables, and their addresses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;
extern long timezone;
__attribute__((weak)) void not_there(void);
extern int also_not_there __attribute__((weak));
int same_function(int (*function)(const char *));
int (*const constant)(const char *) = puts;
int (*variable)(const char *) = puts;

static int compare(const void *a, const void *b) {
  return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv) {
  int numbers[] = {3, 1, 2};
  (void)argv;
  qsort(numbers, 3, sizeof *numbers, compare);
  printf("sorted %d %d %d\n", numbers[0], numbers[1], numbers[2]);
  fprintf(stdout, "environment %s, timezone %ld\n", environ ? "there" : "missing", timezone);
  printf("pointers %s\n", constant == variable && same_function(puts) ? "equal" : "different");
  variable("called through a pointer");
  printf("cos %.3f, fmod %.2f\n", cos(argc - 1), fmod(argc + 4.5, 2));
  printf("weak %s %s\n", not_there ? "function" : "nothing", &also_not_there ? "variable" : "nothing");
  return strcmp("a", "a");
}
