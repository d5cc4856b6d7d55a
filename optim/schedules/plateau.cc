#include "optim/schedules/plateau.h"

#include <algorithm>

namespace gradus::optim::schedules {

Plateau::Plateau(const PlateauSettings& settings)
    : s_(settings),
      value_(settings.base),
      best_(settings.better == Better::kSmaller ? std::numeric_limits<double>::infinity()
                                                : -std::numeric_limits<double>::infinity()) {
  check_range("Plateau", "base", s_.base, Range::kNonNegative);
  check_range("Plateau", "factor", s_.factor, Range::kFraction);
  check_range("Plateau", "patience", s_.patience, Range::kNonNegative);
  check_range("Plateau", "threshold", s_.threshold, Range::kNonNegative);
  check_range("Plateau", "cooldown", s_.cooldown, Range::kNonNegative);
  check_range("Plateau", "min", s_.min, Range::kNonNegative);
  check_range("Plateau", "eps", s_.eps, Range::kNonNegative);
}

bool Plateau::is_better(double metric) const {
  const bool relative = s_.threshold_mode == Threshold::kRelative;
  if (s_.better == Better::kSmaller) {
    return metric < (relative ? best_ * (1 - s_.threshold) : best_ - s_.threshold);
  }
  return metric > (relative ? best_ * (1 + s_.threshold) : best_ + s_.threshold);
}

double Plateau::step(double metric) {
  if (is_better(metric)) {
    best_ = metric;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    bad_ = 0;
  }
  if (bad_ > s_.patience) {
    const double reduced = std::max(value_ * s_.factor, s_.min);
    if (value_ - reduced > s_.eps) value_ = reduced;
    cooldown_ = s_.cooldown;
    bad_ = 0;
  }
  return value_;
}

std::map<std::string, double> Plateau::state_dict() const {
  return {{"value", value_}, {"best", best_}, {"bad", bad_}, {"cooldown", cooldown_}};
}

void Plateau::load_state_dict(const std::map<std::string, double>& saved) {
  for (const auto& [name, value] : state_dict()) {
    if (saved.contains(name)) continue;
    throw ConfigError("[Plateau] state_dict: no '" + name +
                      "'; expected value, best, bad and cooldown");
  }
  value_ = saved.at("value");
  best_ = saved.at("best");
  bad_ = saved.at("bad");
  cooldown_ = saved.at("cooldown");
}

}  // namespace gradus::optim::schedules
