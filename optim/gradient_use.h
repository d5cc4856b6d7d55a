#pragma once
// How a gradient enters a rule: clipped, scaled, with another sign. The gradient itself stays as it
// is; nobody has to pay for a changed copy of all gradients.
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "tensor/math.h"
#include "tensor/tensor.h"

namespace gradus::optim {

/// What to do when a gradient holds a NaN or an infinity.
///   kPropagate  the formula as it stands, which spreads them to the parameter; nothing is looked
///   at kError      AutogradError that names the parameter; nothing has changed kSkip       the
///   step does nothing, and is not counted kZero       such elements count as 0
enum class NonFinite { kPropagate, kError, kSkip, kZero };

struct GradientUse {
  double scale = 1;  ///< of every element, after the others: the clip coefficient, -1 to maximise
  double clip = std::numeric_limits<double>::infinity();  ///< limit for |element|
  bool zero = false;  ///< elements that are not finite count as 0

  bool plain() const {
    return scale == 1 && clip == std::numeric_limits<double>::infinity() && !zero;
  }
};

/// The steps from an element of the gradient to what the rule sees: zero, clip, scale.
template <class T>
GRADUS_HOST_DEVICE inline T zero_if_not_finite(T x) {
  return x - x == T(0) ? x : T(0);  // 0 for all numbers but NaN and infinities
}
template <class T>
GRADUS_HOST_DEVICE inline T cut(T x, T limit) {  // NaN stays NaN
  x = x > limit ? limit : x;
  return x < -limit ? -limit : x;
}
template <class T>
GRADUS_HOST_DEVICE inline T used_element(T x, const GradientUse& use) {
  if (use.zero) x = zero_if_not_finite(x);
  if (use.clip < std::numeric_limits<double>::infinity()) x = cut(x, T(use.clip));
  return use.scale != 1 ? x * T(use.scale) : x;
}

/// The elements of a tensor, wherever they are.
inline void* address_of(const Tensor& x) { return x.on_cpu() ? x.raw_data() : x.raw_device_data(); }

/// out[i] = the gradient's element as the rule sees it, for n elements of `dtype` from g on; T is
/// float, or double for float64.
void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      float* out);
void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      double* out);

/// All elements as the rule sees them, in a tensor of float32, or float64 for float64, on the
/// device of `like`, whose shape and dtype g has: the address of contiguous elements there.
Tensor prepared_gradient(const Tensor& like, const void* g, const GradientUse& use);

/// The sum of squares in double, in an order that depends on neither threads nor device; elements
/// that are not finite are left out with `zero`. Shapes: any, contiguous.
double sum_of_squares(const Tensor& g, bool zero = false);

/// The first element that is NaN or infinite, as "nan at [0, 2]"; empty if there is none.
std::string first_non_finite(const Tensor& g);

}  // namespace gradus::optim
