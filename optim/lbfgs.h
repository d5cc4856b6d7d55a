#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// How far LBFGS goes along a direction: always lr, or until the strong Wolfe conditions hold,
///   f(x + t d) <= f(x) + 1e-4 t g.d   and   |g(x + t d).d| <= 0.9 |g.d|
enum class LineSearch { kNone, kStrongWolfe };

/// As the arguments of torch.optim.LBFGS.
struct LbfgsSettings {
  double lr = 1;                   ///< first length tried, in units of the direction
  std::int64_t max_iter = 20;      ///< directions per step()
  std::int64_t max_eval = 0;       ///< calls of the closure per step(); 0: 5/4 max_iter
  double tolerance_grad = 1e-7;    ///< ends when no |g_i| is larger
  double tolerance_change = 1e-9;  ///< ends when no x_i, or the loss, changes by more
  std::int64_t history_size = 100;
  LineSearch line_search = LineSearch::kNone;
};

/// L-BFGS: Newton's method with an inverse Hessian guessed from the last changes s of x and y of
/// the gradient.
///   d = -H g by the two-loop recursion over the pairs (s, y),  H_0 = (s.y / y.y) I
///   x = x + t d,   t = lr (at the very first: min(1, 1 / sum |g_i|) lr), or by line search
///   a pair is kept if s.y > 1e-10
/// For smooth functions without noise: all data in each call of the closure.
/// Source: Nocedal & Wright 2006, Numerical Optimization, Algorithms 7.4, 7.5, 3.5 and 3.6;
/// conditions, defaults and interpolation of torch.optim.LBFGS.
/// Differs: directions are computed in double whatever the dtype, and a first loss that is NaN or
/// infinite is an error.
class LBFGS {
 public:
  /// Forgets gradients, computes the loss, calls backward() and returns the loss.
  using Closure = std::function<Variable()>;

  /// Throws ConfigError for a setting outside its range, for no parameters, and for one that is
  /// undefined, strided, or not float32 or float64.
  explicit LBFGS(NamedParameters parameters, LbfgsSettings settings = {});

  /// Up to max_iter directions. Returns the loss at the start. A parameter without a gradient
  /// counts as one with zeros, a frozen one is left as it is. Throws ConfigError: "[LBFGS] closure:
  /// the loss is nan; expected a finite number", then nothing has changed.
  double step(const Closure& closure);

  /// How often the closure was called, and how many directions were taken, so far.
  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t iterations() const { return iterations_; }

  /// Everything to go on later, in float64: the pairs as "s" and "y" [pairs, n], and so on.
  StateDict state_dict() const;
  /// Takes over what state_dict() gave. Throws ConfigError for another rule or something missing,
  /// ShapeError for other parameters; then nothing has changed.
  void load_state_dict(const StateDict& saved);

 private:
  using Vector = std::vector<double>;
  struct Trial {
    double t = 0, f = 0, slope = 0;  // slope: of f along d
    Vector g;
  };
  struct Pair {
    Vector s, y;
  };

  Vector position() const;
  Vector gradient() const;
  void move_to(const Vector& x, double t, const Vector& d) const;
  Vector direction(const Vector& g);
  Trial search(const Closure& closure, const Vector& x, const Vector& d, const Trial& start,
               double t, std::int64_t limit, std::int64_t& used) const;

  NamedParameters parameters_;
  LbfgsSettings settings_;
  std::deque<Pair> pairs_;
  Vector d_, previous_g_;
  double t_ = 0, scale_ = 1;  // scale_: of H_0
  std::int64_t iterations_ = 0, evaluations_ = 0;
};

}  // namespace gradus::optim
