#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/reshape.h"
#include "autograd/ops/sum.h"
#include "autograd/print_tape.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/random.h"

namespace gradus {
namespace {

// dy_j / dx_i by backward and by differences, for all elements j of the result and i of one input.
struct Jacobians {
  Shape input;
  std::size_t outputs = 0, inputs = 0;
  bool recorded = true;  // whether the result is on the tape at all
  std::vector<double> analytic, numeric;

  double a(std::size_t j, std::size_t i) const { return analytic[j * inputs + i]; }
  double n(std::size_t j, std::size_t i) const { return numeric[j * inputs + i]; }
};

// Differences are good to about eps^2 or 1e-16 / eps of the largest entry.
bool near(double a, double b, double scale) { return std::fabs(a - b) <= 1e-4 * scale; }

double largest(const std::vector<double>& values) {
  double most = 0;
  for (double v : values) most = std::max(most, std::fabs(v));
  return most;
}

bool multiplied(const Jacobians& jacobians, double factor) {
  const double scale = std::fabs(factor) * largest(jacobians.numeric);
  for (std::size_t e = 0; e < jacobians.numeric.size(); ++e) {
    if (!near(jacobians.analytic[e], factor * jacobians.numeric[e], scale)) return false;
  }
  return true;
}

// Whether the gradient is right once the last two axes of the input are read the other way round.
bool transposed(const Jacobians& jacobians) {
  const int rank = jacobians.input.rank();
  if (rank < 2) return false;
  const std::size_t rows = jacobians.input[rank - 2], columns = jacobians.input[rank - 1];
  const double scale = largest(jacobians.numeric);
  for (std::size_t j = 0; j < jacobians.outputs; ++j) {
    for (std::size_t i = 0; i < jacobians.inputs; ++i) {
      const std::size_t matrix = i / (rows * columns) * (rows * columns);
      const std::size_t r = (i - matrix) / columns, c = (i - matrix) % columns;
      if (!near(jacobians.analytic[j * jacobians.inputs + matrix + c * rows + r], jacobians.n(j, i),
                scale)) {
        return false;
      }
    }
  }
  return true;
}

// Whether what is wrong is missing, while the same input element is right for other results: only
// one of the copies that broadcasting made sends its gradient back.
bool partly_summed(const Jacobians& jacobians) {
  const double scale = largest(jacobians.numeric);
  bool some_right = false, some_missing = false;
  for (std::size_t j = 0; j < jacobians.outputs; ++j) {
    for (std::size_t i = 0; i < jacobians.inputs; ++i) {
      if (near(jacobians.n(j, i), 0, scale)) continue;
      const bool right = near(jacobians.a(j, i), jacobians.n(j, i), scale);
      if (!right && jacobians.a(j, i) != 0) return false;
      (right ? some_right : some_missing) = true;
    }
  }
  return some_right && some_missing && jacobians.inputs < jacobians.outputs;
}

std::string likely_cause(const Jacobians& jacobians, double analytic, double numeric) {
  if (!jacobians.recorded) return "nothing is recorded: detached, or under NoGradGuard";
  if (std::isnan(analytic)) return "NaN: 0 / 0 or inf - inf in backward";
  const bool all_zero = largest(jacobians.analytic) == 0;
  if (all_zero && jacobians.inputs * jacobians.outputs > 1) {
    return "zero for all of this input: detached, or its gradient is not set";
  }
  if (multiplied(jacobians, -1)) return "the sign is wrong";
  if (transposed(jacobians)) return "transposed: right with the last two axes of the input swapped";
  if (partly_summed(jacobians)) {
    return "right for some results and zero for others: a missing sum over a broadcast axis";
  }
  if (analytic == 0) return "zero: a term or a whole branch is missing";
  if (multiplied(jacobians, 2)) {
    return "twice the numeric one: a factor 2, or counted twice";
  }
  if (multiplied(jacobians, 0.5)) return "half the numeric one: a factor 2 is missing";
  const double ratio = numeric / analytic;
  const long whole = std::lround(ratio);
  if (whole > 1 && multiplied(jacobians, 1.0 / whole)) {
    return "numeric is " + std::to_string(whole) +
           " times larger: a missing sum over a broadcast axis?";
  }
  if (multiplied(jacobians, analytic / numeric)) {
    return "all are " + to_text(std::round(analytic / numeric * 1e4) / 1e4) +
           " times the numeric ones: a constant factor";
  }
  return "formula: a wrong or a missing term";
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
  const std::size_t outputs = y.numel();

  std::vector<Jacobians> of(leaves.size());
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    of[k].input = leaves[k].shape();
    of[k].outputs = outputs;
    of[k].inputs = leaves[k].numel();
    of[k].recorded = y.requires_grad();
    of[k].analytic.resize(outputs * of[k].inputs);
    of[k].numeric.resize(outputs * of[k].inputs);
  }
  for (std::size_t j = 0; j < outputs && y.requires_grad(); ++j) {
    const Tensor seed = zeros({y.numel()}, y.dtype());
    seed.select(0, static_cast<std::int64_t>(j)).fill(1);
    for (const Variable& leaf : leaves) leaf.zero_grad();
    y.backward(seed.reshape(y.shape()), {.retain_graph = true});
    for (std::size_t k = 0; k < leaves.size(); ++k) {
      if (!leaves[k].grad().defined()) continue;
      const std::vector<double> row = leaves[k].grad().value().to_vector();
      std::copy(row.begin(), row.end(), of[k].analytic.begin() + j * of[k].inputs);
    }
  }

  GradcheckReport report;
  double worst = 0;
  std::size_t worst_input = 0, worst_i = 0, worst_j = 0;
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    if (!leaves[k].requires_grad()) continue;
    double* x = leaves[k].value().data<double>();
    for (std::size_t i = 0; i < of[k].inputs; ++i) {
      const double before = x[i];
      x[i] = before + options.eps;
      const std::vector<double> high = values_without_tape(f, leaves);
      x[i] = before - options.eps;
      const std::vector<double> low = values_without_tape(f, leaves);
      x[i] = before;
      for (std::size_t j = 0; j < outputs; ++j) {
        of[k].numeric[j * of[k].inputs + i] = (high[j] - low[j]) / (2 * options.eps);
      }
    }
    for (std::size_t i = 0; i < of[k].inputs; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) {
        const double exact = of[k].a(j, i), numeric = of[k].n(j, i);
        const double excess =
            std::fabs(exact - numeric) - options.atol - options.rtol * std::fabs(numeric);
        ++report.checked;
        if (excess <= 0 || (!report.ok && excess <= worst)) continue;  // NaN counts as wrong
        worst = excess;
        report.ok = false;
        worst_input = k, worst_i = i, worst_j = j;
      }
    }
  }
  if (report.ok) return report;
  const Jacobians& wrong = of[worst_input];
  const double exact = wrong.a(worst_j, worst_i), numeric = wrong.n(worst_j, worst_i);
  report.text = "input " + std::to_string(worst_input) + " at " +
                position_text(static_cast<std::int64_t>(worst_i), wrong.input) + ", output at " +
                position_text(static_cast<std::int64_t>(worst_j), y.shape()) + ": analytic " +
                to_text(exact) + ", numeric " + to_text(numeric) + " (" +
                likely_cause(wrong, exact, numeric) + ")";
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
