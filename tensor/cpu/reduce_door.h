#pragma once
// What the doors of reductions share: dtypes of results, counts, and the error of no elements.
#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus::cpu {

/// dtype of a reduction whose result is not whole: float32 for integers and bool.
inline DType floating_result_dtype(const Tensor& x) {
  return is_floating(x.dtype()) ? x.dtype() : kFloat32;
}

/// The dtype in which it is computed.
inline DType floating_compute_dtype(const Tensor& x) {
  return compute_dtype(floating_result_dtype(x));
}

/// Elements of x for each result.
inline std::int64_t reduced_count(const Shape& shape, unsigned mask) {
  std::int64_t count = 1;
  for (int i = 0; i < shape.rank(); ++i) count *= mask >> i & 1 ? shape[i] : 1;
  return count;
}

[[noreturn]] inline void throw_no_elements(std::string_view op, const Tensor& x) {
  throw ShapeError("[" + std::string(op) + "] x: shape " + to_string(x.shape()) +
                   " has no elements along the reduced axes; expected at least one");
}

}  // namespace gradus::cpu
