#pragma once
#include <string>
#include <string_view>

#include "nn/container.h"

namespace gradus::nn {

/// Modules by name, in the order in which they were added; it has no forward of its own.
///   ModuleDict<> heads({{"age", Linear(64, 1, rng)}, {"name", Linear(64, 26, rng)}});
///   heads["age"](x)
template <class M = Module>
struct ModuleDict : Container<M> {
  ModuleDict() = default;
  ModuleDict(std::initializer_list<NamedModule<M>> modules) {
    for (const auto& module : modules) module.add_to(*this);
  }

  bool contains(std::string_view name) const {
    for (const Child<M>& module : *this) {
      if (module.name() == name) return true;
    }
    return false;
  }
  /// Throws ConfigError: "[ModuleDict] name: 'agee'; expected one of 'age', 'name'".
  const Child<M>& operator[](std::string_view name) const {
    std::string names;
    for (const Child<M>& module : *this) {
      if (module.name() == name) return module;
      names += (names.empty() ? "'" : ", '") + module.name() + "'";
    }
    throw ConfigError("[ModuleDict] name: '" + std::string(name) + "'; expected " +
                      (names.empty() ? "none, it is empty" : "one of " + names));
  }
};

}  // namespace gradus::nn
