#pragma once
#include "optim/factored.h"
#include "optim/optimizer.h"
#include "optim/symbol.h"

namespace gradus::optim {

/// Where Adafactor's eps1 stands, and what decays.
///   kPaper   added to g^2; the decay is alpha weight_decay, after the momentum (paper, Hugging
///            Face)
///   kTorch   eps1^2 the least V, eps1 the least mean(R); the decay is lr weight_decay, at first
enum class AdafactorForm { kPaper, kTorch };

/// Adafactor: Adam without momentum whose v is kept by its rows and columns.
///   beta = 1 - t^-beta2_decay
///   R = beta R + (1 - beta) row means of (g^2 + eps1),  C the same of columns
///   V = R C / mean(R)                     (a vector: V = beta V + (1 - beta) (g^2 + eps1))
///   u = g / sqrt(V),  u = u / max(1, RMS(u) / clip)
///   alpha = rho max(eps2, RMS(theta)),  rho = min(lr, 1 / sqrt(t))
///   theta = theta - alpha u - alpha weight_decay theta
/// Settings: relative_step = false makes rho = lr; warmup_init takes min(1e-6 t, 1 / sqrt(t));
/// scale_parameter = false makes alpha = rho; beta1 > 0 keeps m = beta1 m + (1 - beta1) alpha u and
/// steps by m, 4 bytes more. V is taken over the last two axes. State: row and column, or v.
/// Source: Shazeer & Stern 2018, ICML, arXiv:1804.04235, Algorithms 4 and 5; the program of Hugging
/// Face's transformers (form kPaper), torch.optim.Adafactor (kTorch).
/// Differs: lr is the limit of rho, as in PyTorch; in the paper it is 1e-2, our default. Momentum
/// is of alpha u, as in the published programs. PyTorch's eps1 is the epsilon of the dtype.
struct Adafactor {
  static constexpr const char* kName = "Adafactor";
  static constexpr std::array kState = {"row", "column", "v", "m"};

  double lr = 1e-2;
  double beta1 = 0;
  double beta2_decay = 0.8;
  double eps1 = 1e-30;
  double eps2 = 1e-3;
  double clip = 1;
  bool relative_step = true;
  bool warmup_init = false;
  bool scale_parameter = true;
  double weight_decay = 0;
  AdafactorForm form = AdafactorForm::kPaper;

  double beta = 0, rho = 0;  // set by begin_step

  template <class Self, class F>
  static void hyper_parameters(Self& s, F&& f) {
    f("lr", s.lr, Range::kNonNegative);
    f("beta1", s.beta1, Range::kFraction);
    f("beta2_decay", s.beta2_decay, Range::kNonNegative);
    f("eps1", s.eps1, Range::kPositive);
    f("eps2", s.eps2, Range::kNonNegative);
    f("clip", s.clip, Range::kPositive);
    f("relative_step", s.relative_step);
    f("warmup_init", s.warmup_init);
    f("scale_parameter", s.scale_parameter);
    f("weight_decay", s.weight_decay, Range::kNonNegative);
    f("form", s.form, AdafactorForm::kTorch);
  }

  std::optional<Shape> state_shape(std::size_t k, const Shape& shape) const {
    if (k == 3) return beta1 > 0 ? std::optional<Shape>(shape) : std::nullopt;
    if (k == 2) return is_factored(shape) ? std::nullopt : std::optional<Shape>(shape);
    return factor_shape(shape, k == 0 ? -1 : -2);
  }

  void begin_step(std::int64_t t) {
    const double n = static_cast<double>(t);
    beta = 1 - std::pow(n, -beta2_decay);
    const double limit = warmup_init ? 1e-6 * n : lr;
    rho = relative_step ? std::min(limit, 1 / std::sqrt(n)) : lr;
  }

  std::string written() const {
    using symbolic::Symbol, symbolic::number_text;
    const auto mean_of = [this](const char* name, const std::string& of) {
      const Symbol old = Symbol::letter(name), added = Symbol::letter(of);
      return std::string(name) + "' = " + (beta * old + (1 - beta) * added).text() + "\n";
    };
    const bool torch = form == AdafactorForm::kTorch;
    const std::string squares = torch ? "g*g" : "(g*g + " + number_text(eps1) + ")";
    const std::string least = number_text(eps1 * eps1), mean = "mean(row')";
    const std::string V =
        "row'*column'/" + (torch ? "max(" + mean + ", " + number_text(eps1) + ")" : mean);
    std::string text = mean_of("row", "row means of " + squares) +
                       mean_of("column", "column means of " + squares) +
                       "V = " + (torch ? "max(" + V + ", " + least + ")" : V) + "; of a vector " +
                       mean_of("v", squares) + "u = g/sqrt(V), divided by max(1, RMS(u)/" +
                       number_text(clip) + ")\nalpha = " + number_text(rho) +
                       (scale_parameter ? "*max(" + number_text(eps2) + ", RMS(theta))" : "") +
                       "\n";
    if (beta1 > 0) {
      text += "m' = " + number_text(beta1) + "*m + " + number_text(1 - beta1) + "*alpha*u\n";
    }
    const Symbol theta = Symbol::letter("theta"), alpha = Symbol::letter("alpha");
    const Symbol step = beta1 > 0 ? Symbol::letter("m'") : alpha * Symbol::letter("u");
    const Symbol decayed = torch ? lr * weight_decay * theta : weight_decay * alpha * theta;
    return text + "theta' = " + (theta - decayed - step).text() + "\n";
  }

  void update(const Tensor& theta, const Tensor& g, std::span<Tensor> state) const {
    const Tensor &row = state[0], &column = state[1], &v = state[2], &m = state[3];
    const bool torch = form == AdafactorForm::kTorch;
    const double alpha = scale_parameter ? rho * std::max(eps2, root_mean_square(theta)) : rho;
    const Tensor squares = torch ? square(g) : square(g) + eps1;
    Tensor u;
    if (v.defined()) {
      average_into(v, squares, beta);
      u = g * rsqrt(torch ? maximum(v, eps1 * eps1) : v);
    } else {
      average_factors(row, column, squares, beta);
      if (torch) {
        const Tensor V = row * column / maximum(mean(row, -2, true), eps1);
        u = g * rsqrt(maximum(V, eps1 * eps1));
      } else {
        u = g * factored_rsqrt(row, column);
      }
    }
    u = limited(u, clip) * alpha;
    if (m.defined()) {
      average_into(m, u, beta1);
      u = m;
    }
    theta.copy_from(theta * (1 - (torch ? lr : alpha) * weight_decay) - u);
  }
};
GRADUS_UPDATE_RULE(Adafactor);

}  // namespace gradus::optim
