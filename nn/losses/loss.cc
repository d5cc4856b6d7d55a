#include "nn/losses/loss.h"

#include <algorithm>

#include "autograd/ops/cast.h"
#include "autograd/ops/class_targets.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"

namespace gradus::nn {

LossStep::LossStep(const char* loss, std::initializer_list<Argument> arguments, int alike)
    : line_(arguments.begin()->operand.where), name_(loss) {
  const Argument& first = *arguments.begin();
  const Tensor& x = first.operand.value();
  for (const Argument& argument : arguments) {
    const Tensor& each = argument.operand.value();
    check_defined(loss, argument.name, each);
    if (&argument == &first) {
      if (!is_floating(x.dtype())) {
        throw DTypeError("[" + std::string(loss) + "] " + first.name + ": " +
                         std::string(name(x.dtype())) + "; expected a floating dtype");
      }
      result_ = x.dtype();
      continue;
    }
    if (!each.on_cpu() || each.rank() > 0) {  // a number serves any device
      check_same_device(loss, first.name, x, argument.name, each);
    }
    if (&argument - &first < alike && each.shape() != x.shape()) {
      throw ShapeError("[" + std::string(loss) + "] " + first.name + " is " + to_string(x.shape()) +
                       " and " + argument.name + " is " + to_string(each.shape()) +
                       "; expected equal shapes; use reshape");
    }
    if (is_floating(each.dtype())) result_ = promote(result_, result_type(x, each));
  }
  computed_ = compute_dtype(result_);
  for (const Argument& argument : arguments) {
    Variable& each = argument.operand.variable;
    if (each.dtype() != computed_) each = in_dtype(each, computed_);
  }
}

Tensor LossStep::weight(const char* argument, const Tensor& weight, const Shape& shape) const {
  if (!is_floating(weight.dtype())) {
    throw DTypeError("[" + std::string(name_) + "] " + argument + ": " +
                     std::string(name(weight.dtype())) + "; expected a floating dtype");
  }
  bool fits = weight.rank() <= shape.rank();
  for (int i = 1; fits && i <= weight.rank(); ++i) {
    const std::int64_t size = weight.shape().at(-i);
    fits = size == 1 || size == shape.at(-i);
  }
  if (!fits) {
    throw ShapeError("[" + std::string(name_) + "] " + argument + ": shape " +
                     to_string(weight.shape()) + "; expected one that broadcasts to " +
                     to_string(shape));
  }
  return weight.to(computed_);
}

void LossStep::expect(const char* argument, const Tensor& x, const Tensor& good,
                      const std::string& expected) const {
  if (all(good).item() != 0) return;
  const std::vector<double> fine = good.to_vector();
  const std::int64_t i = std::find(fine.begin(), fine.end(), 0) - fine.begin();
  throw ConfigError("[" + std::string(name_) + "] " + argument + ": " +
                    to_text(x.to_vector()[static_cast<std::size_t>(i)]) + " at " +
                    place_in(x.shape(), i) + "; expected " + expected);
}

void LossStep::expect_signs(const Tensor& target) const {
  expect("target", target, equal(abs(target), 1), "1 or -1");
}

Variable LossStep::reduce(const Variable& losses, Reduction reduction) const {
  if (reduction == Reduction::kNone) return in_result_dtype(losses);
  return in_result_dtype(reduction == Reduction::kSum ? sum(losses) : mean(losses));
}

Variable LossStep::reduce(const Variable& losses, const WeightedLossOptions& options) const {
  if (!options.weight.defined()) return reduce(losses, options.reduction);
  const Tensor w = weight("weight", options.weight, losses.shape());
  const Variable weighted = losses * w;
  if (options.reduction != Reduction::kMean) return reduce(weighted, options.reduction);
  return in_result_dtype(sum(weighted) / sum(w.expand(losses.shape())));
}

Variable LossStep::in_result_dtype(const Variable& loss) const { return in_dtype(loss, result_); }

}  // namespace gradus::nn
