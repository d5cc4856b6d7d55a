#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace gradus::nn {

/// A part of a model: parameters and further modules, each with a name. A layer is a struct with a
/// forward; it registers what it owns where it declares it:
///
///   struct Linear : Module {
///     Variable weight = parameter("weight", uniform({out, in}, -k, k, rng));
///     Variable forward(Operand x) const override { ... }
///   };
///
/// A module that holds others keeps them as `std::shared_ptr<Linear> hidden = child("hidden",
/// ...)`.
class Module {
 public:
  virtual ~Module() = default;

  /// One batch through the module. Shapes are those of the layer.
  virtual Variable forward(Operand x) const = 0;
  Variable operator()(Operand x) const { return forward(std::move(x)); }

  /// All parameters below this module as `child.weight`, in the order of their declaration; one
  /// that is shared is listed once, under its first name.
  std::vector<std::pair<std::string, Variable>> named_parameters() const;
  std::vector<Variable> parameters() const;

  /// Switches layers that behave differently while training (dropout, batch norm), all below too.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  /// Forgets the gradients of all parameters.
  void zero_grad() const;

 protected:
  /// Registers a leaf that requires a gradient and returns it. Throws ConfigError for a name that
  /// is empty, taken, or contains a dot.
  Variable parameter(const std::string& name, Tensor value);

  /// Registers a module and returns it; likewise.
  template <class M>
  std::shared_ptr<M> child(const std::string& name, M module) {
    auto shared = std::make_shared<M>(std::move(module));
    adopt(name, shared);
    return shared;
  }

 private:
  void adopt(const std::string& name, std::shared_ptr<Module> module);
  void check_name(const std::string& name) const;
  void collect(const std::string& prefix,
               std::vector<std::pair<std::string, Variable>>& into) const;

  std::vector<std::pair<std::string, Variable>> parameters_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  bool training_ = true;
};

}  // namespace gradus::nn
