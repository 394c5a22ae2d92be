/* The program's own functions, found by name: they must be in the table of dynamic symbols. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int exported_number = 41;

int exported_function(int number) {
  return number + exported_number;
}

static int hidden_function(void) {
  return 0;
}

int main(void) {
  void *self = dlopen(0, RTLD_NOW);
  int (*found)(int) = (int (*)(int))dlsym(self, "exported_function");
  int *number = (int *)dlsym(self, "exported_number");
  void *math = dlopen("libm.so.6", RTLD_LAZY);
  double (*root)(double) = math ? (double (*)(double))dlsym(math, "sqrt") : 0;
  printf("function %s\n", found == exported_function ? "found" : "not found");
  printf("number %s\n", number == &exported_number ? "found" : "not found");
  printf("hidden %s\n", dlsym(self, "hidden_function") ? "found" : "not found");
  printf("%d %.1f\n", found ? found(1) + hidden_function() : 0, root ? root(6.25) : 0);
  return 0;
}
