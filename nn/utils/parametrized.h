#pragma once
#include <string>
#include <utility>

#include "nn/module.h"

namespace gradus::nn {

/// A layer whose weight is computed from other parameters in each call: what WeightNorm and
/// SpectralNorm share. M has a Parameter `weight`, no children and no buffers. Its other parameters
/// keep their names and come first. Throws ConfigError:
///   "[WeightNorm] layer: Sequential has children or buffers; expected parameters alone"
template <class M>
struct Parametrized : Module {
  Parametrized(const char* what, M layer) : layer_(std::move(layer)) {
    if (!layer_.named_children().empty() || !layer_.named_buffers().empty()) {
      throw ConfigError("[" + std::string(what) + "] layer: " + layer_.type_name() +
                        " has children or buffers; expected parameters alone");
    }
    for (const auto& [name, value] : layer_.named_parameters()) {
      if (name != "weight") parameter(name, Parameter(value));
    }
  }

  Variable forward(Operand x) const override {
    M with_weight = layer_;
    with_weight.weight = Parameter(weight(x.where));
    with_weight.train(training());
    return with_weight.forward(std::move(x));
  }

  /// The weight that a call computes with.
  virtual Variable weight(std::source_location where = std::source_location::current()) const = 0;

  /// A plain layer with the weight as it is now, torch's remove_parametrizations; its other
  /// parameters are shared with this one.
  M remove() const {
    M plain = layer_;
    plain.weight.set_value(weight().value());
    return plain;
  }

  std::string extra_repr() const override {
    return layer_.type_name() + "(" + layer_.extra_repr() + ")";
  }

  bool holds_by_value() const override { return true; }

 protected:
  M layer_;  ///< its weight is not used
};

}  // namespace gradus::nn
