#pragma once
// Functions that <cmath> does not have, for the rules lgamma, digamma and polygamma. They are
// computed in double, float results are rounded once.
#include "tensor/math.h"

// nvcc compiles one copy of a long function, not one for each call.
#if defined(__CUDACC__)
#define GRADUS_DEVICE_CALL __noinline__
#else
#define GRADUS_DEVICE_CALL
#endif

namespace gradus {

template <std::floating_point T>
GRADUS_HOST_DEVICE inline T lgamma(T x) {
#if defined(__GLIBC__) && !defined(__CUDACC__)
  int sign;  // ::lgamma writes it to a global variable, which is a race
  return static_cast<T>(::lgamma_r(static_cast<double>(x), &sign));
#else
  return static_cast<T>(::lgamma(static_cast<double>(x)));
#endif
}

inline constexpr double kPi = 3.14159265358979323846;

/// Sum over k >= 0 of (x + k)^-s for x > 0, s >= 2: the first terms, then the Euler-Maclaurin
/// formula for the others. Source: https://dlmf.nist.gov/25.11.5
GRADUS_HOST_DEVICE GRADUS_DEVICE_CALL inline double hurwitz_zeta(int s, double x) {
  // Bernoulli numbers B_2k / (2k)!.
  constexpr double kBernoulli[] = {1.0 / 12,          -1.0 / 720,
                                   1.0 / 30240,       -1.0 / 1209600,
                                   1.0 / 47900160,    -691.0 / 1307674368000,
                                   1.0 / 74724249600, -3617.0 / 10670622842880000};
  if (x == static_cast<double>(INFINITY)) return 0;
  double sum = 0;
  for (; x < 10 + s; x += 1) sum += ::pow(x, -s);
  sum += ::pow(x, 1 - s) / (s - 1) + ::pow(x, -s) / 2;
  double term = s * ::pow(x, -s - 1);
  for (int k = 0; k < 8; ++k) {
    sum += kBernoulli[k] * term;
    term *= (s + 2 * k + 1) * ((s + 2 * k + 2) / (x * x));
  }
  return sum;
}

template <std::floating_point T>
GRADUS_HOST_DEVICE inline T digamma(T number) {
  double x = static_cast<double>(number);
  if (x == 0) return static_cast<T>(std::copysign(static_cast<double>(INFINITY), -x));
  double y = 0;
  if (x < 0) {  // digamma(1 - x) - pi / tan(pi x)
    const double rest = x - ::trunc(x);
    if (!(rest != 0)) return static_cast<T>(NAN);
    y = -kPi / ::tan(kPi * rest);
    x = 1 - x;
  }
  for (; x < 10; x += 1) y -= 1 / x;
  const double z = 1 / (x * x);
  const double series =
      z * (1.0 / 12 -
           z * (1.0 / 120 -
                z * (1.0 / 252 -
                     z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z * (1.0 / 12)))))));
  return static_cast<T>(y + ::log(x) - 0.5 / x - series);
}

/// order.n is the order of the derivative of digamma.
template <std::floating_point T, class Order>
GRADUS_HOST_DEVICE inline T polygamma(T number, const Order& order) {
  const int s = order.n + 1;
  if (s == 1) return digamma(number);
  const double x = static_cast<double>(number), odd = s % 2 == 0 ? 1 : -1;
  double zeta = 0;
  if (x > 0) {
    zeta = hurwitz_zeta(s, x);
  } else {
    const double above = x - ::floor(x), below = ::ceil(x) - x;
    if (above == 0) {
      zeta = static_cast<double>(INFINITY);
    } else {  // the terms of x < 0, mirrored; NaN comes here too
      zeta = hurwitz_zeta(s, above) + odd * (hurwitz_zeta(s, below) - hurwitz_zeta(s, 1 - x));
    }
  }
  return static_cast<T>(odd * ::tgamma(static_cast<double>(s)) * zeta);
}

}  // namespace gradus
