#pragma once
#include <optional>
#include <string>
#include <utility>

#include "nn/module.h"

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
struct Parametrizations : Module {
  Parametrizations(Tensor g, Tensor v)
      : weight(child("weight", LengthAndDirection(std::move(g), std::move(v)))) {}
  Child<LengthAndDirection> weight;
};

/// A layer whose weight is w = g v / |v|, from two parameters, the length g and the direction v:
///   WeightNorm hidden(Linear(784, 256, rng));
/// They begin with those of the layer's weight. M has a Parameter `weight`, no children and no
/// buffers. Axis: that of the outputs, 0 for Linear and Conv2d; none for one length alone. Names
/// are those of torch.nn.utils.parametrizations.weight_norm: `parametrizations.weight.original0`
/// (g) and `...original1` (v), behind what else M has. Throws IndexError (axis), ConfigError:
///   "[WeightNorm] layer: Sequential has children or buffers; expected parameters alone"
/// Source: Salimans & Kingma 2016, arXiv:1602.07868, equation 2.
template <class M>
struct WeightNorm : Module {
  explicit WeightNorm(M layer, std::optional<int> axis = 0)
      : layer_(std::move(layer)), axis_(axis) {
    if (!layer_.named_children().empty() || !layer_.named_buffers().empty()) {
      throw ConfigError("[WeightNorm] layer: " + layer_.type_name() +
                        " has children or buffers; expected parameters alone");
    }
    for (const auto& [name, value] : layer_.named_parameters()) {
      if (name != "weight") parameter(name, Parameter(value));
    }
    const Tensor v = layer_.weight.value().clone();
    parametrizations_ = child("parametrizations", Parametrizations(weight_lengths(v, axis), v));
  }

  Variable forward(Operand x) const override {
    M with_weight = layer_;
    with_weight.weight = Parameter(weight(x.where));
    with_weight.train(training());
    return with_weight.forward(std::move(x));
  }
  /// g v / |v|.
  Variable weight(std::source_location where = std::source_location::current()) const {
    return normalized_weight({length(), where}, {direction(), where}, axis_);
  }
  const Parameter& length() const { return parametrizations_->weight->original0; }
  const Parameter& direction() const { return parametrizations_->weight->original1; }
  /// A plain layer with the weight as it is now, torch's remove_parametrizations; its other
  /// parameters are shared with this one.
  M remove() const {
    M plain = layer_;
    plain.weight.set_value(weight().value());
    return plain;
  }
  std::string extra_repr() const override {
    return layer_.type_name() + ": " + layer_.extra_repr();
  }

 private:
  M layer_;  // its weight is not used
  std::optional<int> axis_;
  Child<Parametrizations> parametrizations_;
};

}  // namespace gradus::nn
