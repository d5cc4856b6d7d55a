#include "optim/clip.h"

#include <cmath>

#include "optim/gradient_use.h"
#include "optim/rule.h"

namespace gradus::optim {
namespace {

double squares_of(const Variable& parameter) {
  const Variable grad = parameter.grad();
  if (!grad.defined()) return 0;
  const Tensor& g = grad.value();
  return sum_of_squares(g.is_contiguous() ? g : g.clone());
}

// A gradient of its own: the old one may be shared.
void replace(const Variable& parameter, const GradientUse& use) {
  const Variable grad = parameter.grad();
  if (!grad.defined()) return;
  const Tensor old = grad.value().is_contiguous() ? grad.value() : grad.value().clone();
  Tensor used = full(old.shape(), 0, old.dtype() == kFloat64 ? kFloat64 : kFloat32);
  if (used.dtype() == kFloat64) {
    prepare_gradient(old.dtype(), old.raw_data(), old.numel(), use, used.data<double>());
  } else {
    prepare_gradient(old.dtype(), old.raw_data(), old.numel(), use, used.data<float>());
  }
  parameter.set_grad(used.to(old.dtype()));
}

}  // namespace

double grad_norm(const std::vector<Variable>& parameters) {
  double sum = 0;
  for (const Variable& parameter : parameters) sum += squares_of(parameter);
  return std::sqrt(sum);
}

double clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                      bool allow_non_finite) {
  check_range("clip_grad_norm", "max_norm", max_norm, Range::kPositive);
  const double norm = grad_norm(parameters);
  if (!std::isfinite(norm) && !allow_non_finite) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Variable grad = parameters[i].grad();
      const std::string what = grad.defined() ? first_non_finite(grad.value()) : "";
      if (what.empty()) continue;
      throw AutogradError("[clip_grad_norm] gradient " + std::to_string(i) + ": " + what +
                          "; expected finite numbers; allow_non_finite takes them as they are");
    }
  }
  const double coefficient = max_norm / (norm + 1e-6);
  if (coefficient >= 1) return norm;
  for (const Variable& parameter : parameters) replace(parameter, {.scale = coefficient});
  return norm;
}

void clip_grad_value(const std::vector<Variable>& parameters, double limit) {
  check_range("clip_grad_value", "limit", limit, Range::kPositive);
  for (const Variable& parameter : parameters) replace(parameter, {.clip = limit});
}

}  // namespace gradus::optim
