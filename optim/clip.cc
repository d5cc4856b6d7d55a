#include "optim/clip.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/gradient_use.h"
#include "optim/rule.h"
#include "tensor/elementwise/nan_to_num.h"
#include "tensor/reduce.h"

namespace gradus::optim {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double squares_of(const Variable& parameter, bool zero = false) {
  const Variable grad = parameter.grad();
  if (!grad.defined()) return 0;
  const Tensor& g = grad.value();
  return sum_of_squares(g.is_contiguous() ? g : g.clone(), zero);
}

// A gradient of its own: the old one may be shared.
void replace(const Variable& parameter, const GradientUse& use) {
  const Variable grad = parameter.grad();
  if (!grad.defined()) return;
  const Tensor old = grad.value().is_contiguous() ? grad.value() : grad.value().clone();
  parameter.set_grad(prepared_gradient(old, address_of(old), use).to(old.dtype()));
}

NamedParameters numbered(const std::vector<Variable>& parameters) {
  NamedParameters named;
  named.reserve(parameters.size());
  for (const Variable& parameter : parameters) {
    named.emplace_back("gradient " + std::to_string(named.size()), parameter);
  }
  return named;
}

// Norms, the worst gradient, and what to do where numbers are not finite.
ClipReport look(const char* what, const NamedParameters& parameters, NonFinite non_finite) {
  ClipReport report;
  double sum = 0;
  bool found = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, parameter] = parameters[i];
    if (!parameter.grad().defined()) continue;
    const double squares = squares_of(parameter, non_finite == NonFinite::kZero);
    sum += squares;
    found = found || !std::isfinite(squares);
    const bool worse = std::isfinite(report.worst_norm) &&
                       (!std::isfinite(squares) || std::sqrt(squares) > report.worst_norm);
    if (!worse && !report.worst_name.empty()) continue;
    report.worst = i;
    report.worst_name = name;
    report.worst_norm = std::sqrt(squares);
  }
  report.norm = std::sqrt(sum);
  if (!found || non_finite == NonFinite::kPropagate) return report;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, parameter] = parameters[i];
    const Variable gradient = parameter.grad();
    const std::string first = gradient.defined() ? first_non_finite(gradient.value()) : "";
    if (first.empty()) continue;  // or the squares alone have overflown
    if (non_finite == NonFinite::kError) {
      throw AutogradError("[" + std::string(what) + "] " + name + ": " + first +
                          "; expected finite numbers; allow_non_finite takes them as they are");
    }
    for (const auto& entry : parameters) entry.second.zero_grad();
    report.skipped = true;
    report.worst = i;
    report.worst_name = name;
    return report;
  }
  return report;
}

}  // namespace

double grad_norm(const std::vector<Variable>& parameters) {
  double sum = 0;
  for (const Variable& parameter : parameters) sum += squares_of(parameter);
  return std::sqrt(sum);
}

ClipReport clip_grad_norm(const NamedParameters& parameters, double max_norm,
                          NonFinite non_finite) {
  check_range("clip_grad_norm", "max_norm", max_norm, Range::kPositive);
  ClipReport report = look("clip_grad_norm", parameters, non_finite);
  if (report.skipped) return report;
  const bool zero = non_finite == NonFinite::kZero;
  const double coefficient = max_norm / (report.norm + 1e-6);
  report.coefficient = coefficient >= 1 ? 1 : coefficient;
  if (coefficient >= 1 && !zero) return report;
  for (const auto& [name, parameter] : parameters) {
    replace(parameter, {.scale = report.coefficient, .zero = zero});
  }
  return report;
}

ClipReport clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                          NonFinite non_finite) {
  return clip_grad_norm(numbered(parameters), max_norm, non_finite);
}

ClipReport clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                          bool allow_non_finite) {
  return clip_grad_norm(parameters, max_norm,
                        allow_non_finite ? NonFinite::kPropagate : NonFinite::kError);
}

ClipReport clip_grad_value(const NamedParameters& parameters, double limit, NonFinite non_finite) {
  check_range("clip_grad_value", "limit", limit, Range::kPositive);
  ClipReport report = look("clip_grad_value", parameters, non_finite);
  if (report.skipped) return report;
  for (const auto& [name, parameter] : parameters) {
    const Variable before = parameter.grad();
    if (!before.defined() || before.numel() == 0) continue;
    replace(parameter, {.clip = limit, .zero = non_finite == NonFinite::kZero});
    // Infinities that were zeroed are not cut.
    const Tensor g = before.value().to(kCpu);
    const double largest = non_finite == NonFinite::kZero
                               ? norm(nan_to_num(g, {.posinf = 0, .neginf = 0}), kInf).item()
                               : norm(g, kInf).item();
    if (largest > limit) report.coefficient = std::min(report.coefficient, limit / largest);
  }
  return report;
}

ClipReport clip_grad_value(const std::vector<Variable>& parameters, double limit,
                           NonFinite non_finite) {
  return clip_grad_value(numbered(parameters), limit, non_finite);
}

}  // namespace gradus::optim
