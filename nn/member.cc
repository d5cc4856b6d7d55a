#include "nn/member.h"

#include <typeinfo>

#include "autograd/node.h"
#include "nn/call_watch.h"
#include "nn/module.h"

namespace gradus::nn {
namespace {

constinit thread_local DeepCopy* copying = nullptr;
constinit thread_local CallWatch* watching = nullptr;

}  // namespace

Variable without_elements(DType dtype) {
  Variable x = parameter(Tensor::empty({0}, dtype));
  Tensor none = x.value();
  none.release_storage();
  x.node()->set_value(std::move(none));
  return x;
}

DeepCopy::DeepCopy() : before_(std::exchange(copying, this)) {}
DeepCopy::~DeepCopy() { copying = before_; }
DeepCopy* DeepCopy::current() { return copying; }

Variable DeepCopy::copy(const Variable& x) {
  Variable& found = variables_[x.node()];
  if (!found.defined()) {
    found = x.value().defined() ? Variable(x.value().clone()) : without_elements(x.value().dtype());
    if (x.value().defined() && x.requires_grad()) found.set_requires_grad(true);
  }
  return found;
}

std::shared_ptr<Generator> DeepCopy::copy(const std::shared_ptr<Generator>& x) {
  std::shared_ptr<Generator>& found = generators_[x.get()];
  if (found == nullptr) found = std::make_shared<Generator>(*x);
  return found;
}

std::shared_ptr<Module> DeepCopy::copy(const std::shared_ptr<Module>& x) {
  std::shared_ptr<Module>& found = modules_[x.get()];
  if (found != nullptr) return found;
  std::shared_ptr<Module> copied = x->duplicate_ == nullptr ? nullptr : x->duplicate_(*x);
  // A struct made from a child's struct has taken over the way to copy that one.
  if (copied == nullptr || typeid(*copied) != typeid(*x)) {
    throw ConfigError("[deep_copy] " + x->type_name() +
                      ": cannot be copied; expected a module that can");
  }
  return found = std::move(copied);
}

CallWatch::CallWatch() : before_(std::exchange(watching, this)) {}
CallWatch::~CallWatch() { watching = before_; }
CallWatch* CallWatch::current() { return watching; }

}  // namespace gradus::nn
