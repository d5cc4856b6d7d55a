#pragma once
#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace gradus::nn {

/// Modules of the struct M, or made from it, in order and by name: what Sequential, ModuleList and
/// ModuleDict share.
template <class M>
class Container : public Module {
 public:
  std::size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  /// By place, from the end if negative: `net[0](x)`, `net[-1]->weight`. Throws IndexError:
  ///   "[Sequential] index: 3; expected -3..2 for 3 modules"
  const Child<M>& operator[](std::int64_t i) const {
    const auto n = static_cast<std::int64_t>(all_.size());
    if (i >= -n && i < n) return all_[static_cast<std::size_t>(i < 0 ? i + n : i)];
    throw IndexError("[" + type_name() + "] index: " + std::to_string(i) + "; expected " +
                     (n == 0 ? "none" : std::to_string(-n) + ".." + std::to_string(n - 1)) +
                     " for " + std::to_string(n) + " modules");
  }
  M& at(std::int64_t i) const { return *(*this)[i]; }
  /// `for (const auto& layer : list) x = layer(x);`
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

  /// One more at the end, under a name. Throws ConfigError for a name that is taken or has dots.
  template <std::derived_from<M> Part>
  void add_module(const std::string& name, Part module) {
    const Child<Part> added = child(name, std::move(module));
    all_.push_back(added);
  }
  /// One that there is already, shared from now on.
  template <std::derived_from<M> Part>
  void add_module(const std::string& name, const Child<Part>& module) {
    const Child<Part> added = child(name, module);
    all_.push_back(added);
  }

 private:
  std::vector<Child<M>> all_;
};

/// A module with its name, as in `Sequential net({{"hidden", Linear(2, 3, rng)}, {"act",
/// ReLU()}})`.
template <class M = Module>
class NamedModule {
 public:
  template <std::derived_from<M> Part>
  NamedModule(const std::string& name, Part module)
      : add_([name, shared = std::make_shared<Part>(std::move(module))](Container<M>& to) {
          to.add_module(name, std::move(*shared));
        }) {}
  template <std::derived_from<M> Part>
  NamedModule(const std::string& name, const Child<Part>& module)
      : add_([name, module](Container<M>& to) { to.add_module(name, module); }) {}
  void add_to(Container<M>& container) const { add_(container); }

 private:
  std::function<void(Container<M>&)> add_;
};

}  // namespace gradus::nn
