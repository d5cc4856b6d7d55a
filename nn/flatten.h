#pragma once
#include <string>

#include "autograd/ops/reshape.h"
#include "nn/module.h"

namespace gradus::nn {

/// Merges the axes start_dim .. end_dim into one; a batch of images into a batch of rows unless
/// told otherwise. Shapes: x [N, C, H, W]  ->  y [N, C H W]; x []  ->  [1].
/// Throws IndexError, ConfigError:
///   "[Flatten] start_dim: 2; expected at most end_dim, axis 1 of [4, 3, 2]"
struct Flatten : Module {
  explicit Flatten(int start_dim = 1, int end_dim = -1) : start_dim(start_dim), end_dim(end_dim) {}

  Variable forward(Operand x) const override {
    const Shape from = x.value().shape();
    if (from.rank() == 0) return flat_number(std::move(x), from);
    const int start = normalize_axis("Flatten", start_dim, from);
    const int end = normalize_axis("Flatten", end_dim, from);
    if (start > end) {
      throw ConfigError("[Flatten] start_dim: " + std::to_string(start_dim) +
                        "; expected at most end_dim, axis " + std::to_string(end) + " of " +
                        to_string(from));
    }
    Shape to;
    for (int i = 0; i <= start; ++i) to.push_back(from[i]);
    for (int i = start + 1; i <= end; ++i) to[start] *= from[i];
    for (int i = end + 1; i < from.rank(); ++i) to.push_back(from[i]);
    return reshape(std::move(x), to);
  }
  std::string extra_repr() const override {
    return "start_dim=" + std::to_string(start_dim) + ", end_dim=" + std::to_string(end_dim);
  }

  int start_dim, end_dim;

 private:
  // A number is a line of one element for axes, which may be 0 and -1.
  Variable flat_number(Operand x, const Shape& shape) const {
    normalize_line_axis("Flatten", start_dim, shape);
    normalize_line_axis("Flatten", end_dim, shape);
    return reshape(std::move(x), {1});
  }
};

}  // namespace gradus::nn
