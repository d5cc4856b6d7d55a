#pragma once
#include <concepts>
#include <optional>
#include <utility>

#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"

namespace gradus {

// Reductions over some axes (none given: all). Shapes: x [d0, d1, ...]  ->  x without the named
// axes, or with size 1 there when keepdim. A 0-d tensor counts as a line of one element, axis 0 or
// -1. Half types are computed in float32 and rounded once. What a function gives for integers and
// bool is said there; where it says float32, float64 is float64 and half types stay themselves.
//
// Sums combine in a fixed tree over blocks of 1024 elements, each of 16 interleaved partial sums:
// the result depends neither on the number of threads nor on the strides, and its error grows with
// log n.
//
// All throw IndexError for a bad axis, ConfigError for one that is named twice. Those that need an
// element throw ShapeError where there is none:
//   "[max] x: shape [0, 3] has no elements along the reduced axes; expected at least one"

/// Sum; of no elements 0. Integers and bool give int64.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Product; of no elements 1. Integers and bool give int64, which wraps around.
Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Arithmetic mean; of no elements NaN. Integers and bool give float32.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Sum of the elements that are not NaN.
Tensor nansum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Mean of the elements that are not NaN; NaN where there is none.
Tensor nanmean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Largest element; NaN if there is one. Throws ShapeError for no elements.
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Smallest element; otherwise as max.
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// The element in the middle of the sorted ones, the lower of two; NaN if there is one.
/// Throws ShapeError for no elements.
/// Differs: NumPy takes the mean of the two in the middle; PyTorch gives NaN for no elements.
Tensor median(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Whether any element is not 0 (NaN is not); of no elements false. bool for every dtype.
Tensor any(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Whether no element is 0; of no elements true. bool for every dtype.
Tensor all(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Number of elements that are not 0, int64.
Tensor count_nonzero(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Sums x over the axes that `shape` lacks or has size 1 in: the transpose of expand.
/// Throws ShapeError unless `shape` broadcasts to the shape of x.
Tensor sum_to(const Tensor& x, const Shape& shape);

// Spread.

/// What var and std take off the number of elements: 1 (unbiased, the default) or 0, any number.
/// A bool does not convert, so that `var(x, 0, true)` with keepdim in its place does not compile.
struct Correction {
  template <Number T>
  requires(!std::same_as<T, bool>) Correction(T number)  // NOLINT: implicit by design
      : value(static_cast<double>(number)) {}
  double value;
};

/// y = sum_i (x_i - mean)^2 / max(0, n - correction). Integers and bool give float32.
/// Two passes, the mean first, both in the fixed tree and, for float32, in double, so that the
/// result is right to one rounding for |mean| / std up to 1e7. For float64 the relative error is
/// near eps log2(n) + (eps log2(n) |mean| / std)^2. NaN for one element (0 / 0) and for none.
Tensor var(const Tensor& x, const Axes& axes = {}, Correction correction = 1, bool keepdim = false);

/// Square root of var. Where `using namespace gradus` is in force it must be called gradus::std.
Tensor std(const Tensor& x, const Axes& axes = {}, Correction correction = 1, bool keepdim = false);

/// Both in the two passes that the first needs anyway: {var, mean}.
std::pair<Tensor, Tensor> var_mean(const Tensor& x, const Axes& axes = {},
                                   Correction correction = 1, bool keepdim = false);
/// {std, mean}.
std::pair<Tensor, Tensor> std_mean(const Tensor& x, const Axes& axes = {},
                                   Correction correction = 1, bool keepdim = false);

/// y = log sum_i exp(x_i), computed as m + log sum_i exp(x_i - m) with the largest element m, so
/// that nothing overflows. -inf when all elements are -inf or there are none, inf when one is inf
/// and none NaN. Integers and bool give float32.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// y = (sum_i |x_i|^p)^(1/p); p = 0: the number of elements that are not 0; p = inf, -inf: the
/// largest and smallest |x_i|. Integers and bool give float32. Summed in double; where the sum of
/// powers leaves the range of double it is taken again of |x_i| / s, s the largest |x_i| (smallest
/// for p < 0). So the result overflows or vanishes only where the norm itself does: four float32
/// 1e30 have the norm 2e30. Of no elements 0; for p < 0 and p = inf a ShapeError.
/// Throws ConfigError: "[norm] p: nan; expected a number"
Tensor norm(const Tensor& x, double p = 2, const Axes& axes = {}, bool keepdim = false);

// Positions. They are int64; without an axis they count the elements in row-major order.

/// Position of the largest element: the first of equal ones, the first NaN if there is one.
/// Throws ShapeError for no elements.
Tensor argmax(const Tensor& x, std::optional<int> axis = {}, bool keepdim = false);

/// Position of the smallest element; otherwise as argmax.
Tensor argmin(const Tensor& x, std::optional<int> axis = {}, bool keepdim = false);

/// Largest elements along an axis and their positions, those of argmax: PyTorch's max(x, dim).
ValuesAndIndices max_with_indices(const Tensor& x, int axis, bool keepdim = false);

/// Smallest elements along an axis and their positions: PyTorch's min(x, dim).
ValuesAndIndices min_with_indices(const Tensor& x, int axis, bool keepdim = false);

}  // namespace gradus
