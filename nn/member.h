#pragma once
// What a module is made of: handles that are shared when a module is copied, and duplicated, each
// thing once, when it is copied in depth.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "autograd/variable.h"
#include "tensor/random.h"

namespace gradus::nn {

class Module;

/// While it lives, copies of the members below are copies in depth on this thread: the first copy
/// of a thing duplicates it, the others find the duplicate.
class DeepCopy {
 public:
  DeepCopy();
  ~DeepCopy();
  DeepCopy(const DeepCopy&) = delete;
  DeepCopy& operator=(const DeepCopy&) = delete;
  /// The one at work on this thread, or null.
  static DeepCopy* current();

  Variable copy(const Variable& x);
  std::shared_ptr<Generator> copy(const std::shared_ptr<Generator>& x);
  /// Throws ConfigError for a module that cannot be copied.
  std::shared_ptr<Module> copy(const std::shared_ptr<Module>& x);

 private:
  std::map<const void*, Variable> variables_;
  std::map<const void*, std::shared_ptr<Generator>> generators_;
  std::map<const void*, std::shared_ptr<Module>> modules_;
  DeepCopy* before_;
};

/// A leaf that requires a gradient and has a dtype, but no shape and no elements yet.
Variable without_elements(DType dtype);

/// A Variable that belongs to a module. Undefined until it is registered.
class Member : public Variable {
 public:
  Member() = default;
  explicit Member(Variable x) : Variable(std::move(x)) {}
  Member(const Member& other) : Variable(shared_or_copied(other)) {}
  Member(Member&&) noexcept = default;
  Member& operator=(Member other) noexcept {
    Variable::operator=(std::move(other));
    return *this;
  }
  ~Member() = default;

 private:
  static Variable shared_or_copied(const Variable& x) {
    DeepCopy* copying = DeepCopy::current();
    return copying == nullptr || !x.defined() ? x : copying->copy(x);
  }
};

/// Learned: has a gradient, and is given to optimizers.
struct Parameter : Member {
  using Member::Member;
};
/// Kept, moved and saved with the module, but not learned: running statistics, masks, tables.
struct Buffer : Member {
  using Member::Member;
};

/// A stream of random numbers of a module's own: dropout with one always gives the same numbers
/// from the same seed, whatever else draws numbers. Checkpoints save its position.
class RandomStream {
 public:
  RandomStream() = default;
  explicit RandomStream(std::shared_ptr<Generator> generator) : generator_(std::move(generator)) {}
  RandomStream(const RandomStream& other) : generator_(shared_or_copied(other.generator_)) {}
  RandomStream(RandomStream&&) noexcept = default;
  RandomStream& operator=(RandomStream other) noexcept {
    generator_ = std::move(other.generator_);
    return *this;
  }
  ~RandomStream() = default;

  Generator& operator*() const { return *generator_; }
  Generator* operator->() const { return generator_.get(); }
  Generator* get() const { return generator_.get(); }

 private:
  static std::shared_ptr<Generator> shared_or_copied(const std::shared_ptr<Generator>& x) {
    DeepCopy* copying = DeepCopy::current();
    return copying == nullptr || x == nullptr ? x : copying->copy(x);
  }
  std::shared_ptr<Generator> generator_;
};

/// What registers a member gives back; it becomes a T and nothing else. So `Variable weight =
/// parameter(...)`, which a copy in depth would not find, does not compile: write `Parameter`.
template <class T>
class Registered {
 public:
  explicit Registered(T member) : member_(std::move(member)) {}
  operator T() && { return std::move(member_); }  // NOLINT: implicit by design
  operator Variable() && = delete;

 private:
  T member_;
};

}  // namespace gradus::nn
