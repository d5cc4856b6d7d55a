#pragma once
#include <cmath>

#include "optim/gradient_use.h"
#include "optim/optimizer.h"
#include "optim/symbol.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"

namespace gradus::optim {

/// How lr depends on the shape [n, m] of a matrix.
///   kOriginal    sqrt(max(1, n / m)): the published program, PyTorch's default
///   kMatchRms    0.2 sqrt(max(n, m)): steps of the size of AdamW's, so that its lr and
///                weight_decay can be taken over (Moonlight; recommended)
enum class MuonScale { kOriginal, kMatchRms };

/// A matrix near the orthogonal one U V^T of X = U S V^T, by Newton-Schulz: each round makes
/// a s + b s^3 + c s^5 of every singular value s, after the first with all s <= 1.
/// Shapes: X [n, m].
inline Tensor orthogonalized(const Tensor& X0, std::int64_t rounds, double eps) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const bool tall = X0.dim(0) > X0.dim(1);  // the smaller Gram matrix
  Tensor X = tall ? X0.transpose() : X0;
  X = X * (1 / std::max(std::sqrt(sum_of_squares(X0.contiguous())), eps));
  for (std::int64_t i = 0; i < rounds; ++i) {
    const Tensor A = matmul(X, X.transpose());
    X = X * a + matmul(A * b + matmul(A, A) * c, X);
  }
  return tall ? X.transpose() : X;
}

/// Muon: momentum whose step is made orthogonal, so that all directions of a matrix move alike.
///   B = momentum B + (1 - momentum) g
///   u = momentum B + (1 - momentum) g                    (nesterov; else u = B)
///   theta = theta (1 - lr weight_decay) - lr scale orthogonalized(u)
/// For the matrices inside a net; embeddings, the last layer and vectors are better left to AdamW.
/// More than two axes are one matrix [n, rest]; a vector is one row, whose direction is taken.
/// Source: Jordan et al. 2024, kellerjordan.github.io/posts/muon; defaults of torch.optim.Muon;
/// MuonScale::kMatchRms: Liu et al. 2025, arXiv:2502.16982.
/// Differs: computed in the dtype of theta, not in bfloat16. PyTorch takes matrices only; the
/// published program takes the shape for scale from the kernel of a convolution.
struct Muon {
  static constexpr const char* kName = "Muon";
  static constexpr std::array kState = {"B"};

  double lr = 1e-3;  ///< per step
  double momentum = 0.95;
  bool nesterov = true;
  std::int64_t rounds = 5;
  double eps = 1e-7;
  MuonScale scale = MuonScale::kOriginal;
  double weight_decay = 0.1;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("momentum", s.momentum, Range::kFraction);
    f("nesterov", s.nesterov);
    f("rounds", s.rounds, Range::kCount);
    f("eps", s.eps, Range::kPositive);
    f("scale", s.scale, MuonScale::kMatchRms);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  void begin_step(std::int64_t /*t*/) {}

  std::string written() const {
    using symbolic::Symbol, symbolic::number_text;
    const Symbol B = Symbol::letter("B"), g = Symbol::letter("g"), B_new = Symbol::letter("B'");
    const Symbol u = nesterov ? momentum * B_new + (1 - momentum) * g : B_new;
    const Symbol theta = Symbol::letter("theta"), O = Symbol::letter("O");
    const Symbol factor = Symbol::letter(
        scale == MuonScale::kOriginal ? "sqrt(max(1, rows/columns))" : "sqrt(max(rows, columns))");
    const double size = scale == MuonScale::kOriginal ? lr : 0.2 * lr;
    return "B' = " + (momentum * B + (1 - momentum) * g).text() +
           "\nO = " + std::to_string(rounds) + " rounds of Newton-Schulz on " + u.text() +
           " over its norm, at least " + number_text(eps) +
           "\ntheta' = " + (theta - lr * weight_decay * theta - size * factor * O).text() + "\n";
  }

  void update(const Tensor& theta, const Tensor& g, std::span<Tensor> state) const {
    const Tensor& B = state[0];
    B.copy_from(B * momentum + g * (1 - momentum));
    const Tensor u = nesterov ? B * momentum + g * (1 - momentum) : B;
    const std::int64_t n = theta.shape().rank() < 2 ? 1 : theta.dim(0), m = theta.numel() / n;
    const double rows = static_cast<double>(n), columns = static_cast<double>(m);
    const double factor = scale == MuonScale::kOriginal ? std::sqrt(std::max(1.0, rows / columns))
                                                        : 0.2 * std::sqrt(std::max(rows, columns));
    const Tensor O = orthogonalized(u.reshape({n, m}), rounds, eps).reshape(theta.shape());
    theta.copy_from(theta * (1 - lr * weight_decay) - O * (lr * factor));
  }
};
GRADUS_UPDATE_RULE(Muon);

}  // namespace gradus::optim
