#pragma once
#include <cstdint>
#include <optional>

#include "autograd/record.h"

namespace gradus::ops {

struct Embedding {
  static constexpr const char* kName = "embedding";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor rows, padding;  // whole numbers [n]; bool [n, 1...], true where no gradient flows

  Tensor forward(const Tensor& weight) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Rows of a table: y[i...] = weight[indices[i...]];  dweight[k] = sum of dy where indices is k, in
/// row-major order of the indices, whatever the number of threads.
/// Shapes: weight [V, D...], indices [...]  ->  y [..., D...].
/// indices: int64 or int32 in 0..V-1. padding_idx: a row of weight (from the end, if negative)
/// whose gradient is 0. Throws ShapeError, DTypeError, IndexError:
///   "[embedding] indices: 10 at [0, 1]; expected 0..9, the rows of weight [10, 4]"
/// Differs: PyTorch takes rows of one axis only.
Variable embedding(Operand weight, const Tensor& indices,
                   std::optional<std::int64_t> padding_idx = {});

}  // namespace gradus
