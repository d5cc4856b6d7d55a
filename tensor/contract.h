#pragma once
// Sums of products over named axes: what outer, dot, tensordot and einsum are made of.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace gradus {

/// A tensor and one label, a character below 128, per axis.
struct Labelled {
  Tensor x;
  std::string labels;
};

/// y[output] = sum over all other labels of the product of the terms, broadcasting sizes of 1.
/// The caller vouches that sizes of a label are equal or 1, equal where a term repeats a label, and
/// that `output` has each label once and only labels of the terms; `size` holds theirs.
/// Two terms at a time, those first whose product takes the fewest elements more than the two did.
/// Throws ShapeError when a product needs more than eight axes.
Tensor contract(std::string_view op, std::vector<Labelled> terms, std::string_view output,
                const std::array<std::int64_t, 128>& size);

}  // namespace gradus
