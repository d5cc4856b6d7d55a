#pragma once
#include <string>

#include "nn/module.h"

namespace gradus::nn {

/// Modules one after another: y = f_n(... f_2(f_1(x))). Their names are "0", "1", ...
/// `Sequential model(Linear(784, 128, rng), ReLU(), Linear(128, 10, rng));`
struct Sequential : Module {
  template <class... Modules>
  explicit Sequential(Modules... modules) {
    (add(std::move(modules)), ...);
  }

  Variable forward(Operand x) const override {
    const std::source_location line = x.where;
    Variable y = std::move(x.variable);
    for (const auto& layer : layers_) y = layer({std::move(y), line});
    return y;
  }

  /// One more layer at the end; returns *this.
  template <class M>
  Sequential& add(M module) {
    const Child<M> layer = child(std::to_string(layers_.size()), std::move(module));
    layers_.push_back(layer);
    return *this;
  }

  std::size_t size() const { return layers_.size(); }
  /// Throws IndexError.
  Module& at(std::size_t i) const {
    if (i < layers_.size()) return *layers_[i];
    throw IndexError("[Sequential] index: " + std::to_string(i) + "; expected less than " +
                     std::to_string(layers_.size()) + ", the number of layers");
  }

 private:
  std::vector<Child<Module>> layers_;
};

}  // namespace gradus::nn
