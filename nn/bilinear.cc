#include "nn/bilinear.h"

#include <cmath>

#include "autograd/ops/products.h"
#include "autograd/ops/reshape.h"
#include "nn/repr.h"
#include "tensor/elementwise/add.h"

namespace gradus::nn {
namespace {

std::int64_t check(std::int64_t size, const char* name) {
  if (size >= 1) return size;
  throw ConfigError("[Bilinear] " + std::string(name) + ": " + std::to_string(size) +
                    "; expected >= 1");
}

}  // namespace

Bilinear::Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
                   Generator& rng, bool with_bias, DType dtype) {
  const Shape shape{check(out_features, "out_features"), check(in1_features, "in1_features"),
                    check(in2_features, "in2_features")};
  const double k = 1 / std::sqrt(static_cast<double>(in1_features));
  weight = parameter("weight", uniform(shape, -k, k, rng, dtype));
  if (with_bias) bias = parameter("bias", uniform({out_features}, -k, k, rng, dtype));
}

Variable Bilinear::forward(Operand x1, Operand x2) const {
  const Shape a = x1.value().shape(), b = x2.value().shape();
  bool fits = a.rank() >= 1 && a.rank() == b.rank() && a.at(-1) == weight.dim(1) &&
              b.at(-1) == weight.dim(2);
  for (int i = 0; fits && i < a.rank() - 1; ++i) fits = a[i] == b[i];
  if (!fits) {
    throw ShapeError("[Bilinear] x1 is " + to_string(a) + " and x2 is " + to_string(b) +
                     "; expected [..., " + std::to_string(weight.dim(1)) + "] and [..., " +
                     std::to_string(weight.dim(2)) + "], the rest equal");
  }
  const std::source_location line = x1.where;
  Shape batch = a;
  batch.erase(batch.rank() - 1);
  const std::int64_t rows = numel(batch);
  const Variable y = einsum("ni,kij,nj->nk",
                            {reshape(std::move(x1), {rows, weight.dim(1)}), Variable(weight),
                             reshape(std::move(x2), {rows, weight.dim(2)})},
                            line);
  Shape out = batch;
  out.push_back(weight.dim(0));
  const Variable z = bias.defined() ? add({y, line}, {bias, line}) : y;
  return z.shape() == out ? z : reshape({z, line}, out);
}

std::string Bilinear::extra_repr() const {
  return "in1_features=" + std::to_string(weight.dim(1)) +
         ", in2_features=" + std::to_string(weight.dim(2)) +
         ", out_features=" + std::to_string(weight.dim(0)) + ", bias=" + repr(bias.defined());
}

}  // namespace gradus::nn
