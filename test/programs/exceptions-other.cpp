#include <cstdio>

struct Guard {
  ~Guard() { std::printf("guard of the other file\n"); }
};

void through_other_file(void (*callback)(int), int argument) {
  Guard guard;
  callback(argument);
}
