#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/reshape.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/random.h"

namespace gradus {
namespace {

std::string likely_cause(double analytic, double numeric) {
  const auto near = [](double a, double b) { return std::fabs(a - b) <= 1e-4 * std::fabs(b); };
  if (analytic == 0) return "zero: a term or a whole branch is missing";
  if (near(analytic, -numeric)) return "the sign is wrong";
  if (near(analytic, 2 * numeric)) return "twice the numeric one: a factor 2, or counted twice";
  if (near(2 * analytic, numeric)) return "half the numeric one: a factor 2 is missing";
  const double ratio = numeric / analytic;
  if (std::fabs(ratio) > 1.5 && near(ratio, std::round(ratio))) {
    return "numeric is " + std::to_string(std::lround(ratio)) +
           " times larger: a missing sum over a broadcast axis?";
  }
  return "formula, or operands transposed";
}

// Leaves with copies of the values, so that a check changes nothing of the caller's.
std::vector<Variable> fresh_leaves(std::span<const Variable> inputs) {
  std::vector<Variable> leaves;
  bool any = false;
  for (const Variable& input : inputs) {
    Variable leaf(input.value().clone());
    if (input.requires_grad()) {
      any = true;
      if (input.dtype() != kFloat64) {
        throw DTypeError("[gradcheck] input: " + std::string(name(input.dtype())) +
                         "; expected float64, differences need its digits");
      }
      leaf.set_requires_grad(true);
    }
    leaves.push_back(leaf);
  }
  if (!any) throw AutogradError("[gradcheck] inputs: none requires a gradient; expected one");
  return leaves;
}

std::vector<double> values_without_tape(const GradcheckFunction& f,
                                        std::span<const Variable> inputs) {
  NoGradGuard no_grad;
  return f(inputs).value().to_vector();
}

}  // namespace

GradcheckReport gradcheck(const GradcheckFunction& f, std::span<const Variable> inputs,
                          const GradcheckOptions& options) {
  const std::vector<Variable> leaves = fresh_leaves(inputs);
  const Variable y = f(leaves);
  const std::int64_t outputs = y.numel();

  // analytic[j][k]: gradients of output element j for leaf k.
  std::vector<std::vector<std::vector<double>>> analytic(outputs);
  for (std::int64_t j = 0; j < outputs && y.requires_grad(); ++j) {
    const Tensor seed = zeros({outputs}, y.dtype());
    seed.slice(0, {j, j + 1}).fill(1);
    for (const Variable& leaf : leaves) leaf.zero_grad();
    y.backward(seed.reshape(y.shape()), {.retain_graph = true});
    for (const Variable& leaf : leaves) {
      analytic[j].push_back(leaf.grad().defined() ? leaf.grad().value().to_vector()
                                                  : std::vector<double>(leaf.numel()));
    }
  }

  GradcheckReport report;
  double worst = 0;
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    if (!leaves[k].requires_grad()) continue;
    double* x = leaves[k].value().data<double>();
    for (std::int64_t i = 0; i < leaves[k].numel(); ++i) {
      const double before = x[i];
      x[i] = before + options.eps;
      const std::vector<double> high = values_without_tape(f, leaves);
      x[i] = before - options.eps;
      const std::vector<double> low = values_without_tape(f, leaves);
      x[i] = before;
      for (std::int64_t j = 0; j < outputs; ++j) {
        const double numeric = (high[j] - low[j]) / (2 * options.eps);
        const double exact = analytic[j].empty() ? 0 : analytic[j][k][i];
        const double excess =
            std::fabs(exact - numeric) - options.atol - options.rtol * std::fabs(numeric);
        ++report.checked;
        if (excess <= 0 || (!report.ok && excess <= worst)) continue;  // NaN counts as wrong
        worst = excess;
        report.ok = false;
        report.text = "input " + std::to_string(k) + ", element " + std::to_string(i) +
                      "; output element " + std::to_string(j) + ": analytic " + to_text(exact) +
                      ", numeric " + to_text(numeric) + " (" + likely_cause(exact, numeric) + ")";
      }
    }
  }
  return report;
}

GradcheckReport gradgradcheck(const GradcheckFunction& f, std::span<const Variable> inputs,
                              const GradcheckOptions& options) {
  std::vector<Variable> all(inputs.begin(), inputs.end());
  Generator generator(7);
  const Variable y = f(inputs);
  all.push_back(parameter(normal(y.shape(), 0, 1, generator, kFloat64)));

  const GradcheckFunction gradient = [&](std::span<const Variable> now) -> Variable {
    EnableGradGuard enable;  // gradcheck evaluates without a tape, the inner gradient needs one
    std::vector<Variable> leaves(now.begin(), now.end() - 1), wanted;
    for (Variable& leaf : leaves) {
      if (!leaf.requires_grad()) continue;
      wanted.push_back(leaf);
    }
    const Variable out = f(leaves);
    if (!out.requires_grad()) return zeros({0}, kFloat64);
    const std::vector<Variable> dx =
        grad(std::span(&out, 1), wanted, std::span(&now.back(), 1), {.create_graph = true}, true);
    // One scalar with a different weight for every entry stands for the whole gradient.
    Variable total = 0.0;
    Generator weights(11);
    for (const Variable& d : dx) {
      total = total + sum(d * normal(d.shape(), 0, 1, weights, kFloat64));
    }
    return total;
  };
  return gradcheck(gradient, all, options);
}

}  // namespace gradus
