/**
 * C++ programs made up from a seed, for what C compilers never emit: section
 * groups, unwind tables with personality and handler data, type information,
 * virtual tables, guards. Freestanding, unless the standard library is asked for.
 */
import { Random } from "./random.ts";

const PARTS: readonly ((n: number) => string)[] = [
  (n) => `
struct Base${n} { virtual ~Base${n}(); virtual int value(int) const; int field; };
struct Left${n} : virtual Base${n} { int value(int x) const override { return x + field; } };
struct Right${n} : virtual Base${n} { virtual int more() { return 2; } };
struct Both${n} : Left${n}, Right${n} { int value(int x) const override; ~Both${n}() override { outside += field; } };
Base${n}::~Base${n}() { outside--; }
int Base${n}::value(int x) const { return x * field; }
int Both${n}::value(int x) const { return Left${n}::value(x) - ${n}; }
int use_both${n}(Base${n} *b) { Both${n} *c = dynamic_cast<Both${n} *>(b); return c ? c->more() : b->value(${n}); }`,
  (n) => `
struct Problem${n} { int code; explicit Problem${n}(int c) : code(c) {} };
struct Guard${n} { int *p; Guard${n}(int *q) : p(q) { ++*p; } ~Guard${n}() { --*p; release(p); } };
int risky${n}(int x) {
  Guard${n} one(&outside);
  try { Guard${n} two(&x); if (x > ${n * 10}) throw Problem${n}(x); external(x); }
  catch (const Problem${n} &p) { return p.code; }
  catch (int i) { external(i); throw; }
  catch (...) { return -1; }
  return x;
}
int never${n}(int x) noexcept { Guard${n} g(&outside); return external(x); }`,
  (n) => `
template <class T, int N> struct Box${n} { T items[N]; static int count; T sum() const { T s = T(); for (int i = 0; i < N; i++) s += items[i]; return s; } };
template <class T, int N> int Box${n}<T, N>::count = N;
template <class T> T twice${n}(T x) { static T kept = x; return kept += x; }
double boxes${n}(Box${n}<double, 3> *a, Box${n}<long, ${n + 2}> *b) { return a->sum() + b->sum() + Box${n}<int, 2>::count + twice${n}(1.5) + twice${n}(${n}); }`,
  (n) => `
struct Lazy${n} { int x; Lazy${n}(int y) : x(external(y)) {} ~Lazy${n}() { external(x); } };
Lazy${n} &lazy${n}() { static Lazy${n} l(${n}); return l; }
static Lazy${n} global${n}(${n + 1});
inline Lazy${n} inlined${n}(${n + 3});
thread_local Lazy${n} local${n}(${n + 2});
int use_lazy${n}() { return lazy${n}().x + local${n}.x + inlined${n}.x; }`,
  (n) => `
namespace space${n} { namespace { int hidden(int x) { return x * ${n + 3}; } struct Secret { virtual int f() { return hidden(1); } }; Secret secret; }
int open(int x) { auto add = [x](int y) { return hidden(x) + y; }; Secret *s = &secret; return add(${n}) + s->f(); } }`,
  (n) =>
    `
struct Op${n} { float re, im; Op${n} operator+(const Op${n} &o) const; bool operator<(const Op${n} &o) const { return re < o.re; } operator bool() const { return re != 0; } };
Op${n} Op${n}::operator+(const Op${n} &o) const { return Op${n}{ re + o.re, im + o.im }; }
extern template struct Unused${n}<int>;`.replace(
      "extern template",
      "template <class T> struct Unused" +
        n +
        " { T t; T get(); };\ntemplate <class T> T Unused" +
        n +
        "<T>::get() { return t; }\ntemplate",
    ),
  (n) => `
extern "C" int plain_c${n}(int (*f)(int), int x) { try { return f(x); } catch (char c) { return c; } }
int (*const pointer${n})(int (*)(int), int) = plain_c${n};
struct Member${n} { int a, b; int get(int) const; virtual void v(); };
int through${n}(const Member${n} &m, int (Member${n}::*f)(int) const, int Member${n}::*d) { return (m.*f)(1) + m.*d; }
void Member${n}::v() { delete this; }`,
];

const WITH_LIBRARY: readonly ((n: number) => string)[] = [
  (n) => `
int words${n}(const std::string &text) { std::map<std::string, int> counts; std::string word; for (char c : text) { if (c == ' ') { counts[word]++; word.clear(); } else word += c; } int best = 0; for (auto &[w, k] : counts) best = std::max(best, k + ${n}); return best; }`,
  (n) => `
std::vector<std::unique_ptr<int>> many${n}(int n) { std::vector<std::unique_ptr<int>> v; for (int i = 0; i < n; i++) v.push_back(std::make_unique<int>(i * ${n})); std::sort(v.begin(), v.end(), [](auto &a, auto &b) { return *a < *b; }); return v; }`,
  (n) => `
void tell${n}(std::ostream &o, double x) { try { o << "x = " << x << std::endl; if (x < ${n}) throw std::runtime_error("small"); } catch (const std::exception &e) { o << e.what(); } }`,
];

/** The text of the program of a seed; with the standard library it includes headers. */
export function generateCpp(seed: number, library: boolean): string {
  const random = new Random(seed + 77_000);
  const lines = [`// program ${seed}`];
  if (library)
    for (const header of ["algorithm", "iostream", "map", "memory", "stdexcept", "string", "vector"])
      lines.push(`#include <${header}>`);
  lines.push("extern int outside; int external(int); void release(int *) noexcept;");
  for (let i = random.between(2, 6); i > 0; i--) lines.push(random.pick(PARTS)(i));
  if (library) for (let i = random.between(1, 3); i > 0; i--) lines.push(random.pick(WITH_LIBRARY)(i + 10));
  return `${lines.join("\n")}\n`;
}
