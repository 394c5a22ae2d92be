// Exceptions through frames of several files, with destructors on the way,
// thrown on, and caught by base class.
#include <cstdio>
#include <stdexcept>
#include <string>

struct Trace {
  const char *name;
  explicit Trace(const char *n) : name(n) { std::printf("enter %s\n", name); }
  ~Trace() { std::printf("leave %s\n", name); }
};

struct Base { virtual ~Base() {} virtual int code() const { return 1; } };
struct Derived : Base { int code() const override { return 2; } };

void through_other_file(void (*callback)(int), int argument);

static void thrower(int kind) {
  Trace trace("thrower");
  if (kind == 0) throw 42;
  if (kind == 1) throw Derived();
  if (kind == 2) throw std::runtime_error("a message " + std::to_string(kind));
}

static int attempt(int kind) {
  Trace trace("attempt");
  try {
    through_other_file(thrower, kind);
    return 0;
  } catch (int value) {
    return value;
  } catch (const Base &base) {
    return base.code();
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    throw;
  }
}

int main() {
  for (int kind = 0; kind < 4; kind++) try {
      std::printf("kind %d: %d\n", kind, attempt(kind));
    } catch (...) {
      std::printf("kind %d: passed on\n", kind);
    }
}
