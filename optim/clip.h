#pragma once
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "optim/gradient_use.h"

namespace gradus::optim {

// Clipping as a step of its own, which changes the gradients. EngineOptions::clip_norm and
// clip_value do the same on the way into the rule and leave the gradients as they are.

/// Parameters by name, such as Module::named_parameters() gives; a name stands for the parameter in
/// errors and reports.
using NamedParameters = std::vector<std::pair<std::string, Variable>>;

/// What clipping found and did. Converts to the norm.
struct ClipReport {
  double norm = 0;         ///< 2-norm of all gradients together, before
  double coefficient = 1;  ///< what gradients were multiplied by; the smallest one for values
  /// The parameter with the largest norm, or the first one that is not finite: its place in the
  /// list, "gradient 3" or its name, the 2-norm of its gradient. Empty where there is no gradient.
  std::size_t worst = 0;
  std::string worst_name;
  double worst_norm = 0;
  bool skipped = false;  ///< all gradients were forgotten, since one was not finite
  operator double() const { return norm; }  // NOLINT: implicit, as PyTorch returns the norm
};

/// The 2-norm of all gradients together, in double; parameters without one count nothing. Does not
/// depend on the number of threads.
double grad_norm(const std::vector<Variable>& parameters);

/// g = g min(1, max_norm / (norm + 1e-6)) for all gradients; the norm is that before.
/// non_finite: of a NaN or an infinity kError makes an AutogradError, and nothing has changed;
/// kSkip forgets all gradients, so that the optimizer's step leaves the parameters alone; kZero
/// makes such elements 0; kPropagate takes them as they are, which makes all gradients NaN or 0.
/// Throws ConfigError: "[clip_grad_norm] max_norm: 0; expected max_norm > 0 and finite";
/// AutogradError:
///   "[clip_grad_norm] gradient 1: nan at [0, 2]; expected finite numbers; allow_non_finite takes
///   them as they are"
/// Source: Pascanu, Mikolov & Bengio 2013, ICML, arXiv:1211.5063; torch.nn.utils.clip_grad_norm_.
/// Differs: PyTorch's default is kPropagate.
ClipReport clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                          NonFinite non_finite = NonFinite::kError);
ClipReport clip_grad_norm(const NamedParameters& parameters, double max_norm,
                          NonFinite non_finite = NonFinite::kError);
/// allow_non_finite: kPropagate.
ClipReport clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                          bool allow_non_finite);

/// g = min(max(g, -limit), limit) for each element; as kPropagate stands NaN stays, and an infinity
/// becomes the limit. The coefficient is limit / |g| of the largest element that was cut, else 1.
/// Throws ConfigError: "[clip_grad_value] limit: 0; expected limit > 0 and finite"; AutogradError
/// as clip_grad_norm. Source: torch.nn.utils.clip_grad_value_.
ClipReport clip_grad_value(const std::vector<Variable>& parameters, double limit,
                           NonFinite non_finite = NonFinite::kPropagate);
ClipReport clip_grad_value(const NamedParameters& parameters, double limit,
                           NonFinite non_finite = NonFinite::kPropagate);

}  // namespace gradus::optim
