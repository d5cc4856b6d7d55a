#pragma once
#include <cmath>

#include "optim/optimizer.h"
#include "optim/symbol.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sqrt.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"
#include "tensor/indexing.h"
#include "tensor/linalg.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"

namespace gradus::optim {

/// SOAP: Adam in the basis in which Shampoo's statistics of a matrix are diagonal.
///   g' = Q_L^T g Q_R
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g'^2
///   u = Q_L [Q_L^T m Q_R / (sqrt(v) + eps)] Q_R^T
///   theta = theta - lr sqrt(1 - beta2^k) / (1 - beta1^k) u,  k = t - 1
///   theta = theta (1 - lr weight_decay)
///   L = beta L + (1 - beta) g g^T,  R = beta R + (1 - beta) g^T g
/// Q_L and Q_R are the eigenvectors of L and R after the first step, which does nothing else; then,
/// every `frequency` steps, one power iteration and a QR, after a sort by estimated eigenvalues.
/// A side longer than max_size keeps its basis; a vector is updated as by Adam. More than two axes
/// are one matrix [n, rest].
/// Source: Vyas et al. 2024, arXiv:2409.11321, Algorithm 3, and its published program (defaults).
/// Differs: the program can keep one basis per axis of a tensor.
struct SOAP {
  static constexpr const char* kName = "SOAP";
  static constexpr std::array kState = {"m", "v", "L", "R", "Q_L", "Q_R"};
  static constexpr bool kNeedsFinite = true;   // eigenvectors of NaN are none
  static constexpr bool kSquaresTwice = true;  // L of g, and QR the columns of L Q_L

  double lr = 3e-3;  ///< per step
  double beta1 = 0.95;
  double beta2 = 0.95;
  double beta = 0.95;  ///< of L and R
  double eps = 1e-8;
  std::int64_t frequency = 10;
  std::int64_t max_size = 10000;
  double weight_decay = 0.01;

  std::int64_t k = 0;  // set by begin_step, as is the next
  double step_size = 0;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("beta", s.beta, Range::kFraction);
    f("eps", s.eps, Range::kPositive);
    f("frequency", s.frequency, Range::kCount);
    f("max_size", s.max_size, Range::kWhole);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  std::optional<Shape> state_shape(std::size_t array, const Shape& shape) const {
    if (array < 2) return shape;
    if (shape.rank() < 2 || numel(shape) == 0) return std::nullopt;
    const std::int64_t n = array % 2 == 0 ? shape[0] : numel(shape) / shape[0];
    return n > max_size ? std::nullopt : std::optional<Shape>(Shape{n, n});
  }

  void begin_step(std::int64_t t) {
    k = t - 1;
    const double n = static_cast<double>(k);
    if (k > 0) step_size = lr * std::sqrt(1 - std::pow(beta2, n)) / (1 - std::pow(beta1, n));
  }

  std::string written() const {
    using symbolic::Symbol;
    const auto mean_of = [](const char* name, double b, const char* of) {
      const Symbol old = Symbol::letter(name), added = Symbol::letter(of);
      return std::string(name) + "' = " + (b * old + (1 - b) * added).text() + "\n";
    };
    const std::string statistics = mean_of("L", beta, "g*g^T") + mean_of("R", beta, "g^T*g");
    if (k == 0) return statistics + "Q_L', Q_R' = eigenvectors of L', R'\ntheta' = theta\n";
    const Symbol theta = Symbol::letter("theta"), u = Symbol::letter("u");
    const Symbol moved = theta - step_size * u;
    return mean_of("m", beta1, "g") + mean_of("v", beta2, "(Q_L^T*g*Q_R)^2") +
           "u = Q_L*[Q_L^T*m'*Q_R/(sqrt(v') + " + symbolic::number_text(eps) +
           ")]*Q_R^T\ntheta' = " +
           (moved - lr * weight_decay * Symbol("(" + moved.text() + ")", Symbol::kAtom)).text() +
           "\n" + statistics +
           (k % frequency == 0 ? "Q_L', Q_R' = QR of L'*Q_L, R'*Q_R, sorted, as is v'\n" : "");
  }

  void update(const Tensor& theta, const Tensor& gradient, std::span<Tensor> state) const {
    const std::int64_t rows = theta.shape().rank() < 2 ? 1 : theta.dim(0);
    const Shape matrix = {rows, theta.numel() / rows};
    const Tensor g = gradient.reshape(matrix);
    // New arrays until nothing can fail any more: a step that fails changes nothing.
    Tensor m = state[0].reshape(matrix), v = state[1].reshape(matrix), moved = theta;
    Tensor L = state[2], R = state[3], Q_L = state[4], Q_R = state[5];
    if (k > 0) {
      m = m * beta1 + g * (1 - beta1);
      v = v * beta2 + square(into(g, Q_L, Q_R)) * (1 - beta2);
      const Tensor u = into(m, Q_L, Q_R) / (sqrt(v) + eps);
      moved = theta - out_of(u, Q_L, Q_R).reshape(theta.shape()) * step_size;
      moved = moved * (1 - lr * weight_decay);
    }
    if (L.defined()) L = L * beta + matmul(g, g.transpose()) * (1 - beta);
    if (R.defined()) R = R * beta + matmul(g.transpose(), g) * (1 - beta);
    if (k % frequency == 0) {
      if (L.defined()) turn(L, Q_L, v, 0);
      if (R.defined()) turn(R, Q_R, v, 1);
    }
    put(theta, moved);
    for (std::size_t i = 0; const Tensor& x : {m, v, L, R, Q_L, Q_R}) put(state[i++], x);
  }

 private:
  static Tensor into(const Tensor& x, const Tensor& Q_L, const Tensor& Q_R) {
    const Tensor left = Q_L.defined() ? matmul(Q_L.transpose(), x) : x;
    return Q_R.defined() ? matmul(left, Q_R) : left;
  }
  static Tensor out_of(const Tensor& x, const Tensor& Q_L, const Tensor& Q_R) {
    const Tensor left = Q_L.defined() ? matmul(Q_L, x) : x;
    return Q_R.defined() ? matmul(left, Q_R.transpose()) : left;
  }
  static void put(const Tensor& to, const Tensor& x) {
    if (to.defined() && !x.shares_storage_with(to)) to.copy_from(x.reshape(to.shape()));
  }
  // A new basis Q for the statistics S; v follows its order along the axis.
  void turn(const Tensor& S, Tensor& Q, Tensor& v, int axis) const {
    if (k == 0) {
      Q = linalg::eigh(S).eigenvectors.slice(1, {None, None, -1});
      return;
    }
    const Tensor estimates = sum(Q * matmul(S, Q), 0);
    const Tensor order = argsort(estimates, 0, true);
    v = index_select(v, axis, order);
    Q = linalg::qr(matmul(S, index_select(Q, 1, order))).Q;
  }
};
GRADUS_UPDATE_RULE(SOAP);

}  // namespace gradus::optim
