#include "nn/local_response_norm.h"

#include "autograd/ops/pad.h"
#include "autograd/ops/pooling.h"
#include "autograd/ops/reshape.h"
#include "nn/repr_axes.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/pow.h"
#include "tensor/elementwise/square.h"

namespace gradus::nn {

LocalResponseNorm::LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options)
    : size_(size), options_(options) {
  if (size >= 1) return;
  throw ConfigError("[LocalResponseNorm] size: " + std::to_string(size) + "; expected >= 1");
}

Variable LocalResponseNorm::forward(Operand x) const {
  check_defined("LocalResponseNorm", "x", x.variable.value());
  const Shape shape = x.variable.shape();
  if (shape.rank() < 3) {
    throw ShapeError("[LocalResponseNorm] x is " + to_string(shape) +
                     "; expected [N, C, L], or more axes");
  }
  if (x.variable.numel() == 0) return x.variable;
  const std::source_location line = x.where;
  // [N, C, ...] as images of C rows, which the windows slide down.
  const std::int64_t rest = x.variable.numel() / (shape[0] * shape[1]);
  Variable a = reshape({square(x), line}, {shape[0], 1, shape[1], rest});
  a = pad({std::move(a), line}, {0, 0, size_ / 2, (size_ - 1) / 2});
  a = avg_pool2d({std::move(a), line}, {size_, 1}, {.stride = 1});
  a = reshape({std::move(a), line}, shape);
  a = add({mul({std::move(a), line}, options_.alpha), line}, options_.k);
  return div(std::move(x), {pow({std::move(a), line}, options_.beta), line});
}

std::string LocalResponseNorm::extra_repr() const {
  return std::to_string(size_) + ", alpha=" + repr(options_.alpha) +
         ", beta=" + repr(options_.beta) + ", k=" + repr(options_.k);
}

}  // namespace gradus::nn
