#pragma once
#include <cmath>
#include <concepts>
#include <functional>
#include <memory>
#include <numbers>
#include <utility>

#include "optim/rule.h"

namespace gradus::optim {

/// A hyper-parameter as a function of the number of steps done: schedule(0) holds in the first
/// step. Whatever is called like one is a schedule: a struct of schedules/, a lambda, a number.
///   const Schedule lr = schedules::Warmup{.steps = 100, .then = schedules::Constant{.base = 0.1}};
///   optimizer.set_hyper_parameter("lr", lr(step));
/// It is pure: it can be asked for any step in any order, at any time again, and has no state to
/// save. Steps may be fractions, such as parts of an epoch. Its struct is checked when it becomes a
/// Schedule (ConfigError, as for a rule: "[Step] every: 0; expected every > 0 and finite").
class Schedule {
 public:
  Schedule(double value = 0);  // NOLINT: implicit by design

  template <class S>
  requires(!std::same_as<std::remove_cvref_t<S>, Schedule> && !std::is_arithmetic_v<S> &&
           std::is_invocable_r_v<double, const S&, double>)
      Schedule(S schedule) {  // NOLINT: implicit by design
    if constexpr (requires { schedule.check(); }) schedule.check();
    value_ = std::make_shared<const std::function<double(double)>>(std::move(schedule));
  }

  /// Throws ConfigError: "[schedule] step: -1; expected step >= 0 and finite".
  double operator()(double step) const;

 private:
  std::shared_ptr<const std::function<double(double)>> value_;
};

namespace schedules {

/// The path from one value to another.
enum class Anneal { kCosine, kLinear };

/// From `start` at fraction 0 to `end` at fraction 1.
inline double anneal(double start, double end, double fraction, Anneal shape) {
  if (shape == Anneal::kLinear) return start + (end - start) * fraction;
  return end + (start - end) * (1 + std::cos(std::numbers::pi * fraction)) / 2;
}

// What schedules check. Throw ConfigError:
//   "[Linear] base: nan; expected a finite number"
//   "[OneCycle] pct_start: 2; expected 0 <= pct_start <= 1"
//   "[Cyclic] up: 0; expected up >= 1 and finite"
void check_finite(const char* schedule, const char* field, double value);
void check_unit(const char* schedule, const char* field, double value);
void check_at_least_one(const char* schedule, const char* field, double value);

}  // namespace schedules
}  // namespace gradus::optim
