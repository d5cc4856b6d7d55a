#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "nn/call_watch.h"
#include "nn/child.h"
#include "nn/copied_modules.h"
#include "nn/member.h"

namespace gradus::nn {

/// A part of a model: parameters, buffers and further modules, each with a name. A layer is a
/// struct with a forward; it registers what it owns where it declares it:
///
///   struct Mlp : Module {
///     explicit Mlp(Generator& rng) : hidden(child("hidden", Linear(784, 256, rng))), ... {}
///     Variable forward(Operand x) const override { return out(relu(hidden(std::move(x)))); }
///     Child<Linear> hidden, out;
///   };
///
/// A copy of a module shares parameters, buffers and children with it, as handles do; deep_copy()
/// shares nothing. Neither needs a line in a layer, nor do names, files, dtypes and printing.
class Module : public CopyNoted {
 public:
  template <class T>
  using Named = std::vector<std::pair<std::string, T>>;

  virtual ~Module() = default;

  /// One batch through the module. Shapes are those of the layer. A layer that takes several things
  /// has a forward of its own instead; this one throws ConfigError:
  ///   "[Bilinear] forward: 1 tensor; expected the arguments of Bilinear::forward"
  virtual Variable forward(Operand x) const;
  Variable operator()(Operand x) const {
    return call("", [&] { return forward(std::move(x)); });
  }

  /// All parameters below this module as `child.weight`, in the order of their declaration, those
  /// of a module before those of its children; one that is shared is listed once, under its first
  /// name. Buffers likewise. Throws ConfigError for a lazy one that has no shape yet.
  Named<Variable> named_parameters() const;
  std::vector<Variable> parameters() const;
  Named<Variable> named_buffers() const;
  /// This module as "" and all below it, each once.
  Named<const Module*> named_modules() const;
  Named<Module*> named_modules();
  /// Those directly below this one.
  Named<const Module*> named_children() const;
  /// The streams of random numbers below this module, for checkpoints.
  Named<Generator*> named_generators() const;

  /// What lies at a path such as "encoder.0.linear1". Throws ConfigError, which lists the names
  /// that there are at the first one that does not exist.
  const Module& get_submodule(std::string_view path) const;
  Module& get_submodule(std::string_view path);
  /// Likewise for parameters and buffers: "encoder.0.linear1.weight".
  Variable get_parameter(std::string_view path) const;
  Variable get_buffer(std::string_view path) const;

  /// What PyTorch's state_dict() has: parameters and persistent buffers by path, each module's own
  /// before its children's; what is shared comes under every name it has. The tensors are those of
  /// the module, not copies.
  Named<Tensor> state_dict() const;
  /// The variables themselves, under the same names.
  Named<Variable> state_variables() const;

  /// Calls f for every module below this one, in their order, then for this one.
  void apply(const std::function<void(Module&)>& f);
  /// Switches layers that behave differently while training (dropout, batch norm), all below too.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }
  /// Turns the gradients of all parameters on or off: off freezes them.
  void set_requires_grad(bool on) const;
  /// Converts all floating parameters, gradients and buffers, in place for everyone who has them.
  /// Throws DTypeError unless dtype is floating:
  ///   "[Module::to] dtype: int64; expected a floating dtype"
  void to(DType dtype) const;
  /// Moves all parameters, gradients and buffers to a device, in place for everyone who has them.
  /// Throws DeviceError for a device that is not there; then nothing was moved.
  void to(Device device) const;
  /// Forgets the gradients of all parameters.
  void zero_grad() const;

  /// The name of the struct, "Linear", and what stands in its parentheses when it is printed:
  /// "in_features=784, out_features=256, bias=True".
  std::string type_name() const;
  virtual std::string extra_repr() const { return ""; }
  /// Whether it has parts by value that child() shall not ask about: those whose parameters it has
  /// replaced by its own.
  virtual bool holds_by_value() const { return false; }
  /// Whether children that print alike, one after another, are printed once: "(0-2): 3 x ReLU()".
  virtual bool prints_repeats_once() const { return false; }

  /// Runs f, a call of this module as the part `name` of another one: errors learn that name, and a
  /// CallWatch sees it.
  template <class F>
  std::invoke_result_t<F&> call(const std::string& name, F&& f) const {
    CallWatch* watch = CallWatch::current();
    if (watch != nullptr) [[unlikely]] {
      watch->enter(*this, in_list() ? *list_around_ + "." + name : name);
    }
    try {
      auto result = f();
      if (watch != nullptr) [[unlikely]] {
        watch->leave(*this, first_of(result));
      }
      return result;
    } catch (Error& error) {
      if (!name.empty()) error.add_outer_part(name);
      if (in_list()) error.add_outer_part(*list_around_);
      throw;
    }
  }

 protected:
  Module() = default;
  Module(const Module&) = default;
  Module(Module&&) = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) = default;

  /// Registers a leaf that requires a gradient and returns it. Throws ConfigError for a name that
  /// is empty, taken, or contains a dot; DTypeError unless floating.
  Registered<Parameter> parameter(const std::string& name, Tensor value);
  /// The same leaf under one more name, here or in another module: tied weights. Throws ConfigError
  /// for one that is not registered yet.
  Registered<Parameter> parameter(const std::string& name, const Parameter& shared);
  /// Registers a parameter whose shape the first input decides: give it its elements then by
  /// fill_lazy. Until that has happened, asking this module or one around it for parameters or
  /// state is a ConfigError:
  ///   "[parameters] 0.weight: has no shape yet; expected one; run one batch through the module
  ///   first, its input decides"
  Registered<Parameter> lazy_parameter(const std::string& name, DType dtype);
  static bool has_elements(const Parameter& x) { return x.value().defined(); }
  /// For all handles; once. Throws DTypeError unless floating.
  static void fill_lazy(const Parameter& x, Tensor value);
  /// Registers a tensor that is no parameter; what is not persistent is not saved.
  Registered<Buffer> buffer(const std::string& name, Tensor value, bool persistent = true);
  /// Registers a stream of random numbers that starts from the next numbers of rng.
  RandomStream random_stream(const std::string& name, Generator& rng);

  /// Makes this a list of modules that its owner calls one by one: errors of those that are told to
  /// be in it shall name it too, by the name that it has then.
  void become_list() { own_list_ = std::make_shared<std::string>(); }
  void put_into_list(Module& part) const { part.list_around_ = own_list_; }

  /// Registers a module and returns its handle. Throws ConfigError for a name as above, and for a
  /// module with parts that it holds by value, so that nobody finds their parameters.
  template <class M>
  requires std::is_base_of_v<Module, M> Registered<Child<M>> child(const std::string& name,
                                                                   M module) {
    const CopiedModules copied;
    std::shared_ptr<M> shared;
    if constexpr (std::is_copy_constructible_v<M>) {
      shared = std::make_shared<M>(static_cast<const M&>(module));  // with the parts of a vector
    } else {
      shared = std::make_shared<M>(std::move(module));
    }
    copied.check(name, *shared);
    if constexpr (std::is_copy_constructible_v<M>) {
      static_cast<Module&>(*shared).duplicate_ = [](const Module& m) -> std::shared_ptr<Module> {
        return std::make_shared<M>(static_cast<const M&>(m));
      };
    }
    return child(name, Child<M>(name, std::move(shared)));
  }
  /// A module that there is already, shared from now on. Throws ConfigError when there is none, and
  /// when this module is part of it.
  template <class M>
  Registered<Child<M>> child(const std::string& name, const Child<M>& module) {
    adopt(name, Child<Module>(name, module.shared()));
    return Registered<Child<M>>(Child<M>(name, module.shared()));
  }

 private:
  friend class DeepCopy;
  friend std::set<const void*> owned_by(const Module&);
  template <class T>
  struct Entry {
    std::string name;
    T member;
    bool persistent = true;
  };
  template <class T>
  static Variable first_of(const T& result) {
    if constexpr (std::is_convertible_v<const T&, Variable>) {
      return result;
    } else if constexpr (requires { Variable(result.output); }) {
      return result.output;
    } else {
      return {};
    }
  }

  bool in_list() const { return list_around_ != nullptr && !list_around_->empty(); }
  void check_complete(const char* asked) const;
  // Gives each parameter, buffer and gradient that `concerns` chooses the value that f makes of it.
  void replace_values(const std::function<bool(const Tensor&)>& concerns,
                      const std::function<Tensor(const Tensor&)>& f) const;
  void adopt(const std::string& name, Child<Module> module);
  void check_name(const std::string& name) const;

  std::vector<Entry<Parameter>> parameters_;
  std::vector<Entry<Buffer>> buffers_;
  std::vector<Entry<RandomStream>> streams_;
  std::vector<Child<Module>> children_;
  std::shared_ptr<Module> (*duplicate_)(const Module&) = nullptr;
  // The name of the list that this is, and of the one that it is in.
  std::shared_ptr<std::string> own_list_, list_around_;
  bool training_ = true;
};

/// A module with copies of all parameters, buffers, streams and children; what is shared inside it
/// is shared inside the copy. Gradients are not copied.
template <class M>
requires std::is_base_of_v<Module, M> M deep_copy(const M& module) {
  const DeepCopy copying;
  return M(module);
}
/// Likewise for a child. Throws ConfigError for a module whose struct cannot be copied:
///   "[deep_copy] Camera: cannot be copied; expected a module that can"
template <class M>
Child<M> deep_copy(const Child<M>& module) {
  const DeepCopy copying;
  return module;
}

/// The module and what is in it, as PyTorch prints it:
///   Sequential(
///     (0): Linear(in_features=784, out_features=256, bias=True)
///     (1): ReLU()
///   )
std::string to_string(const Module& module);
std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace gradus::nn
