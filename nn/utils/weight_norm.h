#pragma once
#include <optional>
#include <utility>

#include "nn/utils/parametrized.h"

namespace gradus::nn {

/// w = g v / |v|, with a norm for each position of `axis`, or one for all of v without an axis; the
/// gradient flows to g and v. Shapes: v [...], g with size 1 in all other axes, or []  ->  like v.
/// Throws IndexError.
Variable normalized_weight(Operand v, Operand g, std::optional<int> axis);
/// |v| in the shape of g.
Tensor weight_lengths(const Tensor& v, std::optional<int> axis);

/// The two parameters, under PyTorch's names.
struct LengthAndDirection : Module {
  LengthAndDirection(Tensor g, Tensor v)
      : original0(parameter("original0", std::move(g))),
        original1(parameter("original1", std::move(v))) {}
  Parameter original0, original1;
};
struct WeightNormParametrizations : Module {
  WeightNormParametrizations(Tensor g, Tensor v)
      : weight(child("weight", LengthAndDirection(std::move(g), std::move(v)))) {}
  Child<LengthAndDirection> weight;
};

/// A layer whose weight is w = g v / |v|, from two parameters, the length g and the direction v:
///   WeightNorm hidden(Linear(784, 256, rng));
/// They begin with those of the layer's weight. Axis: that of the outputs, 0 for Linear and Conv2d;
/// none for one length alone. Names are those of torch.nn.utils.parametrizations.weight_norm:
/// `parametrizations.weight.original0` (g) and `...original1` (v). A direction of zeros gives NaN.
/// Throws IndexError (axis), ConfigError as Parametrized.
/// Source: Salimans & Kingma 2016, arXiv:1602.07868, equation 2.
/// Differs: PyTorch takes axis -1 for none; its second derivative (2.15) is another one.
template <class M>
struct WeightNorm : Parametrized<M> {
  explicit WeightNorm(M layer, std::optional<int> axis = 0)
      : Parametrized<M>("WeightNorm", std::move(layer)), axis_(axis) {
    const Tensor v = this->layer_.weight.value().clone();
    parametrizations_ =
        this->child("parametrizations", WeightNormParametrizations(weight_lengths(v, axis), v));
  }

  Variable weight(std::source_location where = std::source_location::current()) const override {
    return normalized_weight({direction(), where}, {length(), where}, axis_);
  }
  const Parameter& length() const { return parametrizations_->weight->original0; }
  const Parameter& direction() const { return parametrizations_->weight->original1; }

 private:
  std::optional<int> axis_;
  Child<WeightNormParametrizations> parametrizations_;
};

}  // namespace gradus::nn
