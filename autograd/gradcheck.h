#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace gradus {

/// A function of some variables with one result of any shape.
using GradcheckFunction = std::function<Variable(std::span<const Variable>)>;

/// Step and tolerances, by default those of PyTorch.
struct GradcheckOptions {
  double eps = 1e-6;
  double atol = 1e-5;
  double rtol = 1e-3;
};

/// What a check found. `ok` when |analytic - numeric| <= atol + rtol |numeric| everywhere.
struct GradcheckReport {
  bool ok = true;
  /// The worst coordinate, both values, and a guess at the cause from all that was compared for
  /// this input; empty when ok:
  ///   "input 1 at [0, 2], output at []: analytic 2, numeric 1 (twice the numeric one: ...)"
  /// Causes: the sign, a factor, a missing sum over a broadcast axis, axes transposed, a term
  /// missing, detached, NaN; else the formula.
  std::string text;
  std::int64_t checked = 0;  ///< entries of the Jacobian that were compared
};

/// Compares every entry of the Jacobian that backward gives with a central difference.
/// The inputs that require a gradient are checked; they must be float64. Other constants and
/// buffers may have any dtype. Throws DTypeError, AutogradError (nothing to check).
GradcheckReport gradcheck(const GradcheckFunction& f, std::span<const Variable> inputs,
                          const GradcheckOptions& options = {});

/// The same for the gradient itself: f's vector-Jacobian product, as a function of the inputs and
/// of the incoming gradient, recorded with create_graph.
GradcheckReport gradgradcheck(const GradcheckFunction& f, std::span<const Variable> inputs,
                              const GradcheckOptions& options = {});

}  // namespace gradus
