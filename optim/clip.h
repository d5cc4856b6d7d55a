#pragma once
#include <vector>

#include "autograd/variable.h"

namespace gradus::optim {

// Clipping as a step of its own, which changes the gradients. EngineOptions::clip_norm and
// clip_value do the same on the way into the rule and leave the gradients as they are.

/// The 2-norm of all gradients together, in double; parameters without one count nothing. Does not
/// depend on the number of threads.
double grad_norm(const std::vector<Variable>& parameters);

/// g = g min(1, max_norm / (norm + 1e-6)) for all gradients; returns the norm before.
/// Throws ConfigError: "[clip_grad_norm] max_norm: 0; expected max_norm > 0 and finite";
/// AutogradError for a NaN or an infinity, then nothing has changed:
///   "[clip_grad_norm] gradient 1: nan at [0, 2]; expected finite numbers; allow_non_finite takes
///   them as they are"
/// Source: Pascanu, Mikolov & Bengio 2013, ICML, arXiv:1211.5063; torch.nn.utils.clip_grad_norm_.
/// Differs: PyTorch takes numbers that are not finite, which makes all gradients NaN or 0.
double clip_grad_norm(const std::vector<Variable>& parameters, double max_norm,
                      bool allow_non_finite = false);

/// g = min(max(g, -limit), limit) for each element; NaN stays.
/// Throws ConfigError: "[clip_grad_value] limit: 0; expected limit > 0 and finite".
/// Source: torch.nn.utils.clip_grad_value_.
void clip_grad_value(const std::vector<Variable>& parameters, double limit);

}  // namespace gradus::optim
