#pragma once
#include <string>

#include "autograd/ops/reshape.h"
#include "nn/module.h"

namespace gradus::nn {

/// Splits the axis dim into axes of the given sizes, of which one may be -1 and is then computed.
/// Shapes: x [..., a b, ...]  ->  y [..., a, b, ...]. Throws IndexError, ShapeError:
///   "[Unflatten] x is [4, 6]: axis 1; expected the product of unflattened_size, [4, 2]"
struct Unflatten : Module {
  Unflatten(int dim, const Shape& unflattened_size) : dim(dim), unflattened_size(unflattened_size) {
    int computed = 0;
    bool fits = unflattened_size.rank() > 0;
    for (const std::int64_t size : unflattened_size) {
      computed += size == -1;
      fits = fits && size >= -1;
    }
    if (fits && computed <= 1) return;
    throw ConfigError("[Unflatten] unflattened_size: " + to_string(unflattened_size) +
                      "; expected one size at least, all >= 0, or one of them -1");
  }

  Variable forward(Operand x) const override {
    const Shape from = x.value().shape();
    const int axis = normalize_axis("Unflatten", dim, from);
    std::int64_t known = 1;
    for (const std::int64_t size : unflattened_size) known *= size == -1 ? 1 : size;
    Shape to;
    for (int i = 0; i < axis; ++i) to.push_back(from[i]);
    bool computed = false;
    for (const std::int64_t size : unflattened_size) {
      computed = computed || size == -1;
      to.push_back(size != -1 ? size : known == 0 ? 0 : from[axis] / known);
    }
    for (int i = axis + 1; i < from.rank(); ++i) to.push_back(from[i]);
    const bool divides = known != 0 && from[axis] % known == 0;
    if (computed ? !divides : known != from[axis]) {
      throw ShapeError("[Unflatten] x is " + to_string(from) + ": axis " + std::to_string(axis) +
                       "; expected the product of unflattened_size, " +
                       to_string(unflattened_size));
    }
    return reshape(std::move(x), to);
  }
  std::string extra_repr() const override {
    std::string sizes = to_string(unflattened_size);
    sizes.front() = '(';
    sizes.back() = ')';
    if (unflattened_size.rank() == 1) sizes.insert(sizes.size() - 1, ",");
    return "dim=" + std::to_string(dim) + ", unflattened_size=" + sizes;
  }

  int dim;
  Shape unflattened_size;
};

}  // namespace gradus::nn
