#pragma once
// Tensors as text. Included by tensor/tensor.h.
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "tensor/tensor.h"

namespace gradus {

// Printing, as PyTorch does it: at most 3 entries at each end of a long axis, 4 decimals.

struct PrintOptions {
  int precision = 4;              ///< digits after the point
  int edge_items = 3;             ///< entries shown at each end of a shortened axis
  std::int64_t threshold = 1000;  ///< more elements than this are shortened
  int linewidth = 80;             ///< characters, after which a row goes on in the next line
  std::optional<bool> sci_mode =
      std::nullopt;  ///< 1.0000e+03 or not; not given: as the numbers need it
};
std::string to_string(const Tensor& x, const PrintOptions& options = {});
std::ostream& operator<<(std::ostream& out, const Tensor& x);
/// What a tensor is, without its elements: "float32 [3, 4] strides [4, 1]".
std::string describe(const Tensor& x);

}  // namespace gradus
