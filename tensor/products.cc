#include "tensor/products.h"

#include <array>
#include <string>

#include "tensor/contract.h"

namespace gradus {
namespace {

using Sizes = std::array<std::int64_t, 128>;

void check_vectors(std::string_view op, const Tensor& a, const Tensor& b) {
  for (const Tensor* x : {&a, &b}) {
    const std::string_view argument = x == &a ? "a" : "b";
    check_defined(op, argument, *x);
    if (x->rank() == 1) continue;
    throw ShapeError("[" + std::string(op) + "] " + std::string(argument) + ": shape " +
                     to_string(x->shape()) + "; expected one axis");
  }
}

}  // namespace

Tensor outer(const Tensor& a, const Tensor& b) {
  check_vectors("outer", a, b);
  Sizes size{};
  size['i'] = a.dim(0), size['j'] = b.dim(0);
  return contract("outer", {{a, "i"}, {b, "j"}}, "ij", size);
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_vectors("dot", a, b);
  if (a.dim(0) != b.dim(0)) {
    throw ShapeError("[dot] a is " + to_string(a.shape()) + " and b is " + to_string(b.shape()) +
                     ": sizes " + std::to_string(a.dim(0)) + " and " + std::to_string(b.dim(0)) +
                     " differ; expected equal sizes");
  }
  Sizes size{};
  size['i'] = a.dim(0);
  return contract("dot", {{a, "i"}, {b, "i"}}, "", size);
}

Tensor tensordot(const Tensor& a, const Tensor& b, int n) {
  check_defined("tensordot", "a", a);
  check_defined("tensordot", "b", b);
  if (n < 0 || n > a.rank() || n > b.rank()) {
    throw ConfigError("[tensordot] n: " + std::to_string(n) + "; expected 0.." +
                      std::to_string(std::min(a.rank(), b.rank())) + " for a of shape " +
                      to_string(a.shape()) + " and b of shape " + to_string(b.shape()));
  }
  Axes a_axes, b_axes;
  for (int i = 0; i < n; ++i) {
    a_axes.push_back(a.rank() - n + i);
    b_axes.push_back(i);
  }
  return tensordot(a, b, a_axes, b_axes);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Axes& a_axes, const Axes& b_axes) {
  check_defined("tensordot", "a", a);
  check_defined("tensordot", "b", b);
  const int n = a_axes.rank();
  if (n != b_axes.rank()) {
    throw ConfigError("[tensordot] a_axes: " + to_string(a_axes) +
                      " and b_axes: " + to_string(b_axes) + "; expected lists of equal length");
  }
  if (n > 0) {  // no axes would mean all of them
    axes_mask("tensordot", a_axes, a.shape());
    axes_mask("tensordot", b_axes, b.shape());
  }
  // Labels: the digits for axes of b alone, 'a'... for those of a.
  Labelled left{a, std::string("abcdefgh").substr(0, static_cast<std::size_t>(a.rank()))};
  Labelled right{b, std::string("01234567").substr(0, static_cast<std::size_t>(b.rank()))};
  Sizes size{};
  for (int axis = 0; axis < a.rank(); ++axis) size['a' + axis] = a.shape()[axis];
  for (int axis = 0; axis < b.rank(); ++axis) size['0' + axis] = b.shape()[axis];
  std::string output = left.labels + right.labels;
  for (int i = 0; i < n; ++i) {
    const int p = normalize_axis("tensordot", a_axes[i], a.shape());
    const int q = normalize_axis("tensordot", b_axes[i], b.shape());
    const std::int64_t in_a = a.shape()[p], in_b = b.shape()[q];
    if (in_a != in_b && in_a != 1 && in_b != 1) {
      throw ShapeError("[tensordot] a is " + to_string(a.shape()) + " and b is " +
                       to_string(b.shape()) + ": sizes " + std::to_string(in_a) + " of axis " +
                       std::to_string(p) + " and " + std::to_string(in_b) + " of axis " +
                       std::to_string(q) + " differ; expected equal sizes, or 1");
    }
    const char label = static_cast<char>('a' + p);
    if (in_a == 1) size['a' + p] = in_b;
    std::erase(output, label);
    std::erase(output, right.labels[static_cast<std::size_t>(q)]);
    right.labels[static_cast<std::size_t>(q)] = label;
  }
  if (output.size() > Dims::kMaxRank) {
    throw ShapeError("[tensordot] a is " + to_string(a.shape()) + " and b is " +
                     to_string(b.shape()) + ": " + std::to_string(output.size()) +
                     " axes are left; expected at most 8");
  }
  return contract("tensordot", {left, right}, output, size);
}

}  // namespace gradus
