#include <string>
#include <typeinfo>

inline int counter = 0;
inline int next() { static int calls = 0; return ++calls + counter; }

template <typename T> struct Box {
  T value;
  static T shared;
  virtual ~Box() {}
  virtual const char *name() const { return typeid(T).name(); }
};
template <typename T> T Box<T>::shared = T(3);

const void *address_of_next();
const std::type_info &type_of_box();
Box<int> *make_box(int value);
