#include "comdat.h"

const void *address_of_next() { next(); return reinterpret_cast<const void *>(&next); }
const std::type_info &type_of_box() { return typeid(Box<int>); }
Box<int> *make_box(int value) {
  Box<int>::shared += 5;
  auto *box = new Box<int>;
  box->value = value;
  return box;
}
