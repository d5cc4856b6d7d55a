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
extern "C" {
GRADUS_SIMD float expf(float) noexcept;
GRADUS_SIMD double exp(double) noexcept;
GRADUS_SIMD float logf(float) noexcept;
GRADUS_SIMD double log(double) noexcept;
GRADUS_SIMD float sinf(float) noexcept;
GRADUS_SIMD double sin(double) noexcept;
GRADUS_SIMD float cosf(float) noexcept;
GRADUS_SIMD double cos(double) noexcept;
GRADUS_SIMD float sinhf(float) noexcept;
GRADUS_SIMD double sinh(double) noexcept;
GRADUS_SIMD float coshf(float) noexcept;
GRADUS_SIMD double cosh(double) noexcept;
GRADUS_SIMD float tanhf(float) noexcept;
GRADUS_SIMD double tanh(double) noexcept;
GRADUS_SIMD float powf(float, float) noexcept;
GRADUS_SIMD double pow(double, double) noexcept;
}
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
GRADUS_MATH(exp)
GRADUS_MATH(log)
GRADUS_MATH(sqrt)
GRADUS_MATH(sin)
GRADUS_MATH(cos)
GRADUS_MATH(sinh)
GRADUS_MATH(cosh)
GRADUS_MATH(tanh)
#undef GRADUS_MATH

template <std::floating_point T>
GRADUS_HOST_DEVICE inline T pow(T x, T y) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return ::powf(x, y);
  } else {
    return ::pow(x, y);
  }
}

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

}  // namespace gradus
