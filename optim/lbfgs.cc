#include "optim/lbfgs.h"

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {

constexpr double kArmijo = 1e-4, kCurvature = 0.9;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
double largest(const std::vector<double>& x) {
  double found = 0;
  for (const double each : x) found = std::max(found, std::fabs(each));
  return found;
}
// x + t d
void add(std::vector<double>& x, double t, const std::vector<double>& d) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += t * d[i];
}

// Where the cubic through (a, b) with these values and slopes is smallest, within the limits; their
// middle if it has no smallest value (or the values are not finite).
template <class Trial>
double cubic_minimum(const Trial& p, const Trial& q, double low, double high) {
  const Trial &a = p.t <= q.t ? p : q, &b = p.t <= q.t ? q : p;
  const double d1 = p.slope + q.slope - 3 * (p.f - q.f) / (p.t - q.t);
  const double square = d1 * d1 - p.slope * q.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return std::min(std::max(t, low), high);
}

}  // namespace

LBFGS::LBFGS(NamedParameters parameters, LbfgsSettings settings)
    : parameters_(std::move(parameters)), settings_(settings) {
  const auto check = [](const char* name, auto value, Range range) {
    check_range("LBFGS", name, static_cast<double>(value), range);
  };
  check("lr", settings_.lr, Range::kPositive);
  check("max_iter", settings_.max_iter, Range::kCount);
  check("max_eval", settings_.max_eval, Range::kWhole);
  check("tolerance_grad", settings_.tolerance_grad, Range::kNonNegative);
  check("tolerance_change", settings_.tolerance_change, Range::kNonNegative);
  check("history_size", settings_.history_size, Range::kCount);
  if (settings_.max_eval == 0) settings_.max_eval = settings_.max_iter * 5 / 4;
  const auto fail = [](const std::string& text) { throw ConfigError("[LBFGS] " + text); };
  if (parameters_.empty()) fail("parameters: none; expected at least one");
  for (const auto& [name, x] : parameters_) {
    const std::string who = "parameter '" + name + "'";
    if (!x.defined()) fail(who + " is undefined; expected a variable with elements");
    if (x.dtype() != kFloat32 && x.dtype() != kFloat64) {
      fail(who + " is " + std::string(gradus::name(x.dtype())) + "; expected float32 or float64");
    }
    if (!x.value().is_contiguous()) fail(who + " is a strided view; expected its own memory");
  }
}

LBFGS::Vector LBFGS::position() const {
  Vector all;
  for (const auto& [name, x] : parameters_) {
    const Vector values = x.value().to_vector();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

LBFGS::Vector LBFGS::gradient() const {
  Vector all;
  for (const auto& [name, x] : parameters_) {
    if (x.requires_grad() && x.grad().defined()) {
      const Vector values = x.grad().value().to_vector();
      all.insert(all.end(), values.begin(), values.end());
    } else {
      all.insert(all.end(), static_cast<std::size_t>(x.numel()), 0.0);
    }
  }
  return all;
}

void LBFGS::move_to(const Vector& x, double t, const Vector& d) const {
  std::size_t next = 0;
  for (const auto& [name, parameter] : parameters_) {
    const auto n = static_cast<std::size_t>(parameter.numel());
    if (parameter.requires_grad()) {
      Vector values(x.begin() + static_cast<std::ptrdiff_t>(next),
                    x.begin() + static_cast<std::ptrdiff_t>(next + n));
      for (std::size_t i = 0; i < n; ++i) values[i] += t * d[next + i];
      parameter.value().copy_from(from_values(values, parameter.shape(), parameter.dtype()));
    }
    next += n;
  }
}

LBFGS::Vector LBFGS::direction(const Vector& g) {
  Vector d = g;
  for (double& each : d) each = -each;
  if (iterations_ == 1) return d;
  Pair pair{d_, g};
  for (double& each : pair.s) each *= t_;
  add(pair.y, -1, previous_g_);
  const double curvature = dot(pair.y, pair.s);
  if (curvature > 1e-10) {
    if (static_cast<std::int64_t>(pairs_.size()) == settings_.history_size) pairs_.pop_front();
    scale_ = curvature / dot(pair.y, pair.y);
    pairs_.push_back(std::move(pair));
  }
  // The two-loop recursion.
  Vector alpha(pairs_.size()), rho(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    rho[i] = 1 / dot(pairs_[i].y, pairs_[i].s);
    alpha[i] = dot(pairs_[i].s, d) * rho[i];
    add(d, -alpha[i], pairs_[i].y);
  }
  for (double& each : d) each *= scale_;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    add(d, alpha[i] - dot(pairs_[i].y, d) * rho[i], pairs_[i].s);
  }
  return d;
}

// A length between Wolfe's conditions: first a bracket that must hold one, then the bracket is made
// smaller (Algorithms 3.5 and 3.6).
LBFGS::Trial LBFGS::search(const Closure& closure, const Vector& x, const Vector& d,
                           const Trial& start, double t, std::int64_t limit,
                           std::int64_t& used) const {
  const auto evaluate = [&](double length) {
    move_to(x, length, d);
    Trial trial;
    trial.t = length;
    trial.f = closure().item();
    trial.g = gradient();
    trial.slope = dot(trial.g, d);
    ++used;
    return trial;
  };
  const auto too_high = [&](const Trial& trial) {
    return trial.f > start.f + kArmijo * trial.t * start.slope;
  };
  const auto flat = [&](const Trial& trial) {
    return std::fabs(trial.slope) <= -kCurvature * start.slope;
  };

  Trial now = evaluate(t), before = start, bracket[2];
  std::int64_t tries = 0;
  bool bracketed = false;
  while (tries < limit && !bracketed) {
    bracketed = too_high(now) || (tries > 1 && now.f >= before.f);
    if (!bracketed && flat(now)) return now;
    bracketed = bracketed || now.slope >= 0;
    if (bracketed) break;
    // Not far enough: on, by 1 % to 10 times.
    const double next = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = std::move(now);
    now = evaluate(next);
    ++tries;
  }
  bracket[0] = bracketed ? std::move(before) : start;
  bracket[1] = std::move(now);

  int low = bracket[0].f <= bracket[1].f ? 0 : 1;
  bool stuck = false;
  const double size = largest(d);
  while (tries < limit) {
    const auto [left, right] = std::minmax(bracket[0].t, bracket[1].t);
    if ((right - left) * size < settings_.tolerance_change) break;
    double length = cubic_minimum(bracket[0], bracket[1], left, right);
    // Twice near an end, or at it: away from it.
    const double margin = 0.1 * (right - left);
    const bool near = std::min(right - length, length - left) < margin;
    if (near && (stuck || length >= right || length <= left)) {
      length =
          std::fabs(length - right) < std::fabs(length - left) ? right - margin : left + margin;
      stuck = false;
    } else {
      stuck = near;
    }
    Trial trial = evaluate(length);
    ++tries;
    const int high = 1 - low;
    if (too_high(trial) || trial.f >= bracket[low].f) {
      bracket[high] = std::move(trial);
      low = bracket[0].f <= bracket[1].f ? 0 : 1;
      continue;
    }
    const bool done = flat(trial);
    if (!done && trial.slope * (bracket[high].t - bracket[low].t) >= 0) {
      bracket[high] = std::move(bracket[low]);
    }
    bracket[low] = std::move(trial);
    if (done) break;
  }
  return std::move(bracket[low]);
}

double LBFGS::step(const Closure& closure) {
  const double first = closure().item();
  if (!std::isfinite(first)) {
    throw ConfigError("[LBFGS] closure: the loss is " + to_text(first) +
                      "; expected a finite number");
  }
  ++evaluations_;
  std::int64_t used = 1;
  double loss = first;
  Vector g = gradient();
  if (largest(g) <= settings_.tolerance_grad) return first;
  for (std::int64_t i = 1; i <= settings_.max_iter; ++i) {
    ++iterations_;
    d_ = direction(g);
    previous_g_ = g;
    const double loss_before = loss;
    t_ = settings_.lr;
    if (iterations_ == 1) {
      double sum = 0;
      for (const double each : g) sum += std::fabs(each);
      t_ *= std::min(1.0, 1 / sum);
    }
    const double slope = dot(g, d_);
    if (slope > -settings_.tolerance_change) break;
    const Vector x = position();
    std::int64_t calls = 0;
    if (settings_.line_search == LineSearch::kStrongWolfe) {
      Trial found =
          search(closure, x, d_, {0, loss, slope, g}, t_, settings_.max_eval - used, calls);
      t_ = found.t;
      loss = found.f;
      g = std::move(found.g);
      move_to(x, t_, d_);
    } else {
      move_to(x, t_, d_);
      if (i != settings_.max_iter) {  // else nobody needs the new gradient
        loss = closure().item();
        g = gradient();
        calls = 1;
      }
    }
    used += calls;
    evaluations_ += calls;
    if (used >= settings_.max_eval || largest(g) <= settings_.tolerance_grad ||
        std::fabs(t_) * largest(d_) <= settings_.tolerance_change ||
        std::fabs(loss - loss_before) < settings_.tolerance_change) {
      break;
    }
  }
  return first;
}

StateDict LBFGS::state_dict() const {
  StateDict saved;
  saved.rule = "LBFGS";
  const auto n = static_cast<std::int64_t>(position().size());
  const auto pairs = static_cast<std::int64_t>(pairs_.size());
  const auto join = [&](auto member) {
    Vector all;
    for (const Pair& pair : pairs_) {
      all.insert(all.end(), (pair.*member).begin(), (pair.*member).end());
    }
    return from_values(all, {pairs, n}, kFloat64);
  };
  saved.tensors["s"] = join(&Pair::s);
  saved.tensors["y"] = join(&Pair::y);
  const auto flat = [](const Vector& x) {
    return from_values(x, {static_cast<std::int64_t>(x.size())}, kFloat64);
  };
  saved.tensors["d"] = flat(d_);
  saved.tensors["g"] = flat(previous_g_);
  saved.tensors["t"] = full({}, t_, kFloat64);
  saved.tensors["scale"] = full({}, scale_, kFloat64);
  saved.tensors["iterations"] = full({}, static_cast<double>(iterations_), kInt64);
  saved.tensors["evaluations"] = full({}, static_cast<double>(evaluations_), kInt64);
  return saved;
}

void LBFGS::load_state_dict(const StateDict& saved) {
  const auto fail = [](const std::string& text) {
    throw ConfigError("[LBFGS] state_dict: " + text);
  };
  if (saved.rule != "LBFGS") fail("made by " + saved.rule + "; expected LBFGS");
  for (const char* name : {"s", "y", "d", "g", "t", "scale", "iterations", "evaluations"}) {
    if (!saved.tensors.contains(name)) fail(std::string("no '") + name + "'; expected it");
  }
  const auto n = static_cast<std::int64_t>(position().size());
  const Tensor &s = saved.tensors.at("s"), &y = saved.tensors.at("y");
  const auto expect = [&](const char* name, const Shape& shape) {
    const Tensor& x = saved.tensors.at(name);
    if (x.shape() == shape) return;
    throw ShapeError("[LBFGS] state_dict: '" + std::string(name) + "' is " + to_string(x.shape()) +
                     "; expected " + to_string(shape));
  };
  const std::int64_t pairs = s.shape().rank() == 2 ? s.dim(0) : 0;
  const bool started = saved.tensors.at("iterations").item() > 0;
  expect("s", {pairs, n});
  expect("y", {pairs, n});
  expect("d", {started ? n : 0});
  expect("g", {started ? n : 0});
  std::deque<Pair> loaded;
  for (std::int64_t i = 0; i < pairs; ++i) {
    loaded.push_back({s.select(0, i).to_vector(), y.select(0, i).to_vector()});
  }
  pairs_ = std::move(loaded);
  d_ = saved.tensors.at("d").to_vector();
  previous_g_ = saved.tensors.at("g").to_vector();
  t_ = saved.tensors.at("t").item();
  scale_ = saved.tensors.at("scale").item();
  iterations_ = static_cast<std::int64_t>(saved.tensors.at("iterations").item());
  evaluations_ = static_cast<std::int64_t>(saved.tensors.at("evaluations").item());
}

}  // namespace gradus::optim
