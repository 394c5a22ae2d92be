// Inline functions, their statics, templates and type information are one in
// the program, however many files have a copy.
#include "comdat.h"
#include <cstdio>

int main() {
  counter = 10;
  Box<int> *box = make_box(4);
  Box<int> mine{};
  int a = next(), b = next();
  std::printf("%d %d\n", a, b);
  std::printf("one function: %d\n", address_of_next() == reinterpret_cast<const void *>(&next));
  std::printf("one type: %d %d\n", type_of_box() == typeid(Box<int>), typeid(*box) == typeid(mine));
  std::printf("%d %d %s %s\n", Box<int>::shared, box->value, box->name(), mine.name());
  delete box;
}
