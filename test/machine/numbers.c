// Floating point through the C library: formatting, reading, math, rounding modes, flags.
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static volatile double one = 1, three = 3, huge = 1e308, tiny = 1e-308;
static volatile float fone = 1, fthree = 3;

int main(void) {
  const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    printf("%a %a %a %ld %d\n", one / three, -one / three, (double)(fone / fthree), lrint(2.5), (int)nearbyint(-3.5));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double r = huge * huge;
  printf("%g overflow %d inexact %d\n", r, !!fetestexcept(FE_OVERFLOW), !!fetestexcept(FE_INEXACT));
  feclearexcept(FE_ALL_EXCEPT);
  r = tiny * 1e-10;
  printf("%g underflow %d\n", r, !!fetestexcept(FE_UNDERFLOW));
  feclearexcept(FE_ALL_EXCEPT);
  r = (one - one) / (one - one);
  printf("%s invalid %d\n", isnan(r) ? "nan" : "?", !!fetestexcept(FE_INVALID));
  for (double x = 0.1; x < 1e6; x *= 37.7)
    printf("%.17g %.17g %.17g %.17g\n", sin(x), exp(-x), log(x), pow(x, 1.5));
  printf("%.10Lf %Lg\n", 1.0L / 3, 2.5e300L * 1e1000L);
  printf("%a %a\n", strtod("0.1", 0), strtod("4.9e-324", 0));
  printf("%.9g %.9g\n", fmaf(0.1f, 0.2f, 0.3f), fma(0.1, 0.2, 0.3));
  printf("%" PRId64 " %" PRIu64 " %d\n", (int64_t)-1e15, (uint64_t)1.8e19, (int)-7.9);
  return 0;
}
