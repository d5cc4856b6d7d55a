#include "autograd/variable.h"

#include <ostream>

#include "autograd/hooks.h"
#include "autograd/node.h"
#include "autograd/watch.h"

namespace gradus {
namespace {

constinit thread_local bool recording = true;

// The node of x, to which `what` shall belong. Throws AutogradError where that makes no sense.
Node& hooked(const char* what, const Variable& x, bool leaf, bool result) {
  check_defined(what, "x", x.value());
  if (!x.requires_grad()) {
    throw AutogradError("[" + std::string(what) +
                        "] x: requires no gradient; expected a parameter or a result of one");
  }
  if (!leaf && x.is_leaf()) {
    throw AutogradError("[" + std::string(what) +
                        "] x: a leaf; expected the result of an operation; use register_hook");
  }
  if (!result && !x.is_leaf()) {
    throw AutogradError("[" + std::string(what) + "] x: the result of " +
                        std::string(x.node()->op()) + "; expected a leaf; use register_hook");
  }
  return *x.node();
}

}  // namespace

Variable::Variable(Tensor value) : node_(value.defined() ? new Node(std::move(value)) : nullptr) {}

Variable::Variable(const Variable& other) : node_(other.node_) {
  if (node_ != nullptr) node_->retain(Node::kHandle);
}

Variable::~Variable() {
  if (node_ != nullptr) node_->release(Node::kHandle);
}

Variable Variable::from_node(Node* adopted) {
  Variable x;
  x.node_ = adopted;
  if (TapeWatch::current() != nullptr) [[unlikely]]
    TapeWatch::tell_handled(*adopted);
  return x;
}

const Tensor& Variable::value() const& {
  static const Tensor undefined{};
  return node_ == nullptr ? undefined : node_->value();
}

bool Variable::requires_grad() const { return node_ != nullptr && node_->requires_grad(); }
bool Variable::is_leaf() const { return node_ != nullptr && node_->op() == nullptr; }

Variable& Variable::set_requires_grad(bool on) {
  check_defined("requires_grad", "x", value());
  if (!is_leaf()) {
    throw AutogradError("[requires_grad] x: the result of " + std::string(node_->op()) +
                        "; expected a leaf; use detach() first");
  }
  if (on && !is_floating(dtype())) {
    throw DTypeError("[requires_grad] x: " + std::string(name(dtype())) +
                     "; expected a floating dtype, only these have gradients");
  }
  node_->set_requires_grad(on);
  return *this;
}

void Variable::set_value(Tensor value, std::source_location where) const {
  check_defined("set_value", "x", this->value());
  check_defined("set_value", "value", value);
  if (!is_leaf()) {
    throw AutogradError("[set_value] x: the result of " + std::string(node_->op()) +
                        "; expected a leaf; use detach() first");
  }
  if (requires_grad() && !is_floating(value.dtype())) {
    throw DTypeError("[set_value] value: " + std::string(name(value.dtype())) +
                     "; expected a floating dtype, only these have gradients");
  }
  const Tensor gradient = grad().value();
  if (gradient.defined() &&
      (gradient.shape() != value.shape() || gradient.dtype() != value.dtype())) {
    zero_grad();
  }
  // A tape knows what it has saved by this number, which must not come again.
  while (value.version() <= this->value().version()) value.mark_changed(where);
  node_->set_value(std::move(value));
}

Variable Variable::grad() const { return node_ == nullptr ? Variable() : node_->grad; }

void Variable::set_grad(Variable grad) const {
  check_defined("set_grad", "x", value());
  if (grad.defined() && grad.shape() != shape()) {
    throw ShapeError("[set_grad] grad: shape " + to_string(grad.shape()) + "; expected " +
                     to_string(shape()) + ", that of the variable");
  }
  if (grad.defined() && grad.dtype() != dtype()) {
    throw DTypeError("[set_grad] grad: " + std::string(name(grad.dtype())) + "; expected " +
                     std::string(name(dtype())) + ", that of the variable");
  }
  node_->grad = std::move(grad);
}

void Variable::zero_grad() const {
  if (node_ != nullptr) node_->grad = Variable();
}

const Variable& Variable::retain_grad() const {
  hooked("retain_grad", *this, true, true).set_retains_grad(true);
  return *this;
}

void HookHandle::remove() {
  const std::shared_ptr<HookEntry> entry = entry_.lock();
  entry_.reset();
  if (entry == nullptr) return;
  entry->removed = true;
  if (entry->running == 0) entry->forget();
}

HookHandle Variable::add_hook(std::function<Variable(const Variable&)> f) const {
  return hooked("register_hook", *this, true, true).make_hooks().on_gradient.add(std::move(f));
}

HookHandle Variable::register_post_accumulate_grad_hook(
    std::function<void(const Variable&)> f) const {
  Node& node = hooked("register_post_accumulate_grad_hook", *this, true, false);
  return node.make_hooks().after_accumulation.add(std::move(f));
}

HookHandle Variable::register_backward_pre_hook(std::function<void(const Variable&)> f) const {
  Node& node = hooked("register_backward_pre_hook", *this, false, true);
  return node.make_hooks().before_backward.add(std::move(f));
}

HookHandle Variable::register_backward_hook(
    std::function<void(std::span<Variable>, const Variable&)> f) const {
  Node& node = hooked("register_backward_hook", *this, false, true);
  return node.make_hooks().after_backward.add(std::move(f));
}

Variable parameter(Tensor value) {
  Variable x(std::move(value));
  x.set_requires_grad(true);
  return x;
}

bool grad_enabled() { return recording; }

NoGradGuard::NoGradGuard(bool enabled) : before_(recording) { recording = enabled; }
NoGradGuard::~NoGradGuard() { recording = before_; }

std::ostream& operator<<(std::ostream& out, const Variable& x) { return out << x.value(); }

}  // namespace gradus
