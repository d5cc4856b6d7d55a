#pragma once
#include "optim/factored.h"
#include "optim/optimizer.h"
#include "optim/symbol.h"

namespace gradus::optim {

/// CAME: Adafactor with momentum, whose steps are smaller where they were not as expected.
///   R, C: running means, by beta2, of g^2 + eps1 over rows and columns,  V = R C / mean(R)
///   u = g / sqrt(V),  u = u / max(1, RMS(u) / clip)
///   m = beta1 m + (1 - beta1) u
///   S: kept as V is, by beta3, of (u - m)^2 + eps2
///   theta = theta - lr weight_decay theta - lr m / sqrt(S)       (a vector: theta -= lr m, V
///   whole)
/// Source: Luo et al. 2023, ACL, arXiv:2307.02047, Algorithm 2, and its published program.
struct CAME {
  static constexpr const char* kName = "CAME";
  static constexpr std::array kState = {"m", "row", "column", "v", "s_row", "s_column"};

  double lr = 2e-4;  ///< per step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double beta3 = 0.9999;
  double eps1 = 1e-30;
  double eps2 = 1e-16;
  double clip = 1;
  double weight_decay = 0;

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2", s.beta2, Range::kFraction);
    f("beta3", s.beta3, Range::kFraction);
    f("eps1", s.eps1, Range::kPositive);
    f("eps2", s.eps2, Range::kPositive);
    f("clip", s.clip, Range::kPositive);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
  }

  std::optional<Shape> state_shape(std::size_t k, const Shape& shape) const {
    if (k == 0) return shape;
    if (k == 3) return is_factored(shape) ? std::nullopt : std::optional<Shape>(shape);
    return factor_shape(shape, k == 1 || k == 4 ? -1 : -2);
  }

  void begin_step(std::int64_t /*t*/) {}

  std::string written() const {
    using symbolic::Symbol, symbolic::number_text;
    const auto mean_of = [](const char* name, double beta, const std::string& of) {
      const Symbol old = Symbol::letter(name), added = Symbol::letter(of);
      return std::string(name) + "' = " + (beta * old + (1 - beta) * added).text() + "\n";
    };
    const std::string squares = "(g*g + " + number_text(eps1) + ")";
    const std::string rest = "((u - m')*(u - m') + " + number_text(eps2) + ")";
    const Symbol theta = Symbol::letter("theta"), m = Symbol::letter("m'");
    return mean_of("row", beta2, "row means of " + squares) +
           mean_of("column", beta2, "column means of " + squares) +
           "V = row'*column'/mean(row'); of a vector " + mean_of("v", beta2, squares) +
           "u = g/sqrt(V), divided by max(1, RMS(u)/" + number_text(clip) + ")\n" +
           mean_of("m", beta1, "u") + mean_of("s_row", beta3, "row means of " + rest) +
           mean_of("s_column", beta3, "column means of " + rest) +
           "S = s_row'*s_column'/mean(s_row'); of a vector S = 1\ntheta' = " +
           (theta - lr * weight_decay * theta - lr * m / Symbol::letter("sqrt(S)")).text() + "\n";
  }

  void update(const Tensor& theta, const Tensor& g, std::span<Tensor> state) const {
    const Tensor &m = state[0], &row = state[1], &column = state[2], &v = state[3];
    const Tensor squares = square(g) + eps1;
    Tensor step = m;
    if (v.defined()) {
      average_into(v, squares, beta2);
      average_into(m, limited(g * rsqrt(v), clip), beta1);
    } else {
      average_factors(row, column, squares, beta2);
      const Tensor u = limited(g * factored_rsqrt(row, column), clip);
      average_into(m, u, beta1);
      average_factors(state[4], state[5], square(u - m) + eps2, beta3);
      step = m * factored_rsqrt(state[4], state[5]);
    }
    theta.copy_from(theta * (1 - lr * weight_decay) - step * lr);
  }
};
GRADUS_UPDATE_RULE(CAME);

}  // namespace gradus::optim
