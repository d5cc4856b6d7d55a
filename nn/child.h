#pragma once
#include <memory>
#include <string>
#include <utility>

#include "nn/member.h"

namespace gradus::nn {

/// A module inside another one, under a name. A handle: copies are the same module.
///   Child<Linear> hidden = child("hidden", Linear(784, 256, rng));
///   ... hidden(x), hidden->weight
template <class M>
class Child {
 public:
  Child() = default;
  Child(std::string name, std::shared_ptr<M> module)
      : name_(std::move(name)), module_(std::move(module)) {}
  template <class Other>
  requires std::is_convertible_v<Other*, M*> Child(
      const Child<Other>& other)  // NOLINT: as pointers are converted
      : name_(other.name()), module_(other.shared()) {}
  Child(const Child& other) : name_(other.name_), module_(shared_or_copied(other.module_)) {}
  Child(Child&&) noexcept = default;
  Child& operator=(Child other) noexcept {
    name_ = std::move(other.name_);
    module_ = std::move(other.module_);
    return *this;
  }
  ~Child() = default;

  /// The module's forward. An error on its way out learns the name of this part. Where forward
  /// takes options, name their type: `attention(q, k, v, AttentionOptions{.is_causal = true})`.
  template <class... Rest>
  auto operator()(Operand x, Rest&&... rest) const {
    return module_->call(
        name_, [&] { return module_->forward(std::move(x), std::forward<Rest>(rest)...); });
  }

  M& operator*() const { return *module_; }
  M* operator->() const { return module_.get(); }
  explicit operator bool() const { return module_ != nullptr; }
  const std::string& name() const { return name_; }
  const std::shared_ptr<M>& shared() const { return module_; }

 private:
  static std::shared_ptr<M> shared_or_copied(const std::shared_ptr<M>& x) {
    DeepCopy* copying = DeepCopy::current();
    if (copying == nullptr || x == nullptr) return x;
    return std::static_pointer_cast<M>(copying->copy(x));
  }

  std::string name_;
  std::shared_ptr<M> module_;
};

}  // namespace gradus::nn
