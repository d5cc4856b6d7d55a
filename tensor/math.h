#pragma once
// The functions that rules are written with, for T = float and double, all in namespace gradus so
// that one formula serves numbers, tensors and variables alike.
#include <cmath>
#include <concepts>

#if defined(__CUDACC__)
#define GRADUS_HOST_DEVICE __host__ __device__
#else
#define GRADUS_HOST_DEVICE
#endif

// glibc has vector forms of these functions (libmvec, within 4 ulp). Declaring them lets g++ use
// them in the kernels without -ffast-math, which would also break NaN and infinity.
#if defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define GRADUS_SIMD __attribute__((simd("notinbranch")))
#define GRADUS_VECTOR(function)                  \
  GRADUS_SIMD float function##f(float) noexcept; \
  GRADUS_SIMD double function(double) noexcept;
#define GRADUS_VECTOR_2(function)                       \
  GRADUS_SIMD float function##f(float, float) noexcept; \
  GRADUS_SIMD double function(double, double) noexcept;
extern "C" {
GRADUS_VECTOR(exp)
GRADUS_VECTOR(log)
GRADUS_VECTOR(sin)
GRADUS_VECTOR(cos)
GRADUS_VECTOR_2(pow)
#if __GLIBC_PREREQ(2, 35)
GRADUS_VECTOR(sinh)
GRADUS_VECTOR(cosh)
GRADUS_VECTOR(tanh)
GRADUS_VECTOR(tan)
GRADUS_VECTOR(asin)
GRADUS_VECTOR(acos)
GRADUS_VECTOR(atan)
GRADUS_VECTOR(asinh)
GRADUS_VECTOR(acosh)
GRADUS_VECTOR(atanh)
GRADUS_VECTOR(exp2)
GRADUS_VECTOR(expm1)
GRADUS_VECTOR(log2)
GRADUS_VECTOR(log10)
GRADUS_VECTOR(log1p)
GRADUS_VECTOR(erf)
GRADUS_VECTOR(erfc)
GRADUS_VECTOR_2(atan2)
GRADUS_VECTOR_2(hypot)
#endif
}
#undef GRADUS_VECTOR
#undef GRADUS_VECTOR_2
#undef GRADUS_SIMD
#endif

namespace gradus {

// Templates, so that a program with `using namespace gradus` still finds ::exp(double) and the
// like without ambiguity.
#define GRADUS_MATH(function)                   \
  template <std::floating_point T>              \
  GRADUS_HOST_DEVICE inline T function(T x) {   \
    if constexpr (sizeof(T) == sizeof(float)) { \
      return ::function##f(x);                  \
    } else {                                    \
      return ::function(x);                     \
    }                                           \
  }
#define GRADUS_MATH_2(function)                    \
  template <std::floating_point T>                 \
  GRADUS_HOST_DEVICE inline T function(T x, T y) { \
    if constexpr (sizeof(T) == sizeof(float)) {    \
      return ::function##f(x, y);                  \
    } else {                                       \
      return ::function(x, y);                     \
    }                                              \
  }
GRADUS_MATH(exp)
GRADUS_MATH(exp2)
GRADUS_MATH(expm1)
GRADUS_MATH(log)
GRADUS_MATH(log2)
GRADUS_MATH(log10)
GRADUS_MATH(log1p)
GRADUS_MATH(sqrt)
GRADUS_MATH(sin)
GRADUS_MATH(cos)
GRADUS_MATH(tan)
GRADUS_MATH(asin)
GRADUS_MATH(acos)
GRADUS_MATH(atan)
GRADUS_MATH(sinh)
GRADUS_MATH(cosh)
GRADUS_MATH(tanh)
GRADUS_MATH(asinh)
GRADUS_MATH(acosh)
GRADUS_MATH(atanh)
GRADUS_MATH(erf)
GRADUS_MATH(erfc)
GRADUS_MATH(floor)
GRADUS_MATH(trunc)
GRADUS_MATH_2(pow)
GRADUS_MATH_2(atan2)
GRADUS_MATH_2(hypot)
GRADUS_MATH_2(fmod)
#undef GRADUS_MATH
#undef GRADUS_MATH_2

/// c ? a : b. In a rule this is the only form of condition, since for T = Variable the condition
/// is a tensor.
template <class T>
GRADUS_HOST_DEVICE inline T select(bool c, T a, T b) {
  return c ? a : b;
}

/// -1, 0 or 1; NaN stays NaN.
template <class T>
GRADUS_HOST_DEVICE inline T sign_of(T x) {
  return select(x > T(0), T(1), select(x < T(0), T(-1), select(x == T(0), T(0), x)));
}

/// The larger one; NaN if either is.
template <class T>
GRADUS_HOST_DEVICE inline T larger(T a, T b) {
  return select(a > b, a, select(a != a, a, b));
}

/// The smaller one; NaN if either is.
template <class T>
GRADUS_HOST_DEVICE inline T smaller(T a, T b) {
  return select(a < b, a, select(a != a, a, b));
}

// Used by more than one rule; for Variables the rules of these names stand for them.

template <std::floating_point T>
GRADUS_HOST_DEVICE inline T abs(T x) {
  return select(x < T(0), -x, x + T(0));  // + 0 makes 0 of -0
}

template <std::floating_point T>
GRADUS_HOST_DEVICE inline T sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}

/// log(1 + e^x) without overflow.
template <std::floating_point T>
GRADUS_HOST_DEVICE inline T softplus(T x) {
  return larger(x, T(0)) + log1p(exp(-abs(x)));
}

}  // namespace gradus
