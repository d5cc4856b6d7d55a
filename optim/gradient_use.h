#pragma once
// How a gradient enters a rule: clipped, scaled, with another sign. The gradient itself stays as it
// is; nobody has to pay for a changed copy of all gradients.
#include <cstdint>
#include <limits>
#include <span>
#include <string>

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

/// out[i] = the gradient's element as the rule sees it, for n elements of `dtype` from g on; T is
/// float, or double for float64.
void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      float* out);
void prepare_gradient(DType dtype, const void* g, std::int64_t n, const GradientUse& use,
                      double* out);

/// The sum of squares in double, in an order that does not depend on threads; elements that are not
/// finite are left out with `zero`. Shapes: any, contiguous.
double sum_of_squares(const Tensor& g, bool zero = false);

/// The first element that is NaN or infinite, as "nan at [0, 2]"; empty if there is none.
std::string first_non_finite(const Tensor& g);

}  // namespace gradus::optim
