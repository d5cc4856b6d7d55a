#pragma once
#include <string>

#include "nn/container.h"

namespace gradus::nn {

/// Modules one after another: y = f_n(... f_2(f_1(x))). Their names are "0", "1", ... or given.
///   Sequential net(Linear(784, 128, rng), ReLU(), Linear(128, 10, rng));
///   Sequential same({{"hidden", Linear(784, 128, rng)}, {"act", ReLU()}});
///   net[0], net[-1]
struct Sequential : Container<Module> {
  template <class... Modules>
  explicit Sequential(Modules... modules) {
    (append(std::move(modules)), ...);
  }
  Sequential(std::initializer_list<NamedModule<>> modules) {
    for (const auto& module : modules) module.add_to(*this);
  }

  Variable forward(Operand x) const override {
    const std::source_location line = x.where;
    Variable y = std::move(x.variable);
    for (const Child<Module>& layer : *this) y = layer({std::move(y), line});
    return y;
  }

  /// One more layer at the end, a module or a Child that is shared; returns *this.
  template <class Part>
  Sequential& append(Part module) {
    add_module(std::to_string(size()), std::move(module));
    return *this;
  }
};

}  // namespace gradus::nn
