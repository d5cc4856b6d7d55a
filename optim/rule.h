#pragma once
// What an element-wise update rule is.
//
// A rule is a struct with
//   kName, kState            its name and the names of its state arrays,
//   hyper-parameters         public doubles, int64, bools and enums with defaults, lr among them,
//                            which may be 0: such a step moves the state and leaves theta,
//   hyper_parameters(s, f)   calls f(name, member, range) for each of them; for an enum the range
//   is
//                            its last value, a bool has none,
//   begin_step(t)            computes, in double, what is the same for all elements of step
//                            t = 1, 2, ...,
//   operator()(theta, g, state...)   the update of one element in the paper's letters, a template
//                            over T = float and double,
//   initial_state(i)         optional: the value state array i starts from, else 0,
//   kSymbolic = false        optional: operator() cannot be run with letters (see symbol.h).
// optim/tiers.h says what else there may be, and has the rules that need more than one element.
// It knows no tensor, device or thread. Weight decay is the engine's: a rule only names the mode.
// So are low precision, clipping and maximising: theta, g and state are float or double numbers.
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "tensor/error.h"
#include "tensor/math.h"

namespace gradus::optim {

/// How weight_decay acts, applied by the engine before the rule sees theta and g:
///   kL2               g = g + weight_decay theta           (part of the loss, as in torch's Adam)
///   kDecoupled        theta = theta (1 - lr weight_decay)  (as in torch's AdamW)
///   kFullyDecoupled   theta = theta (1 - (lr / max_lr) weight_decay), where max_lr is the lr that
///                     the group began with; weight_decay is then what a step takes at full lr.
///                     Source: Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2.
/// Every rule that names the first two takes the third. With lr = 0 only the first does anything.
enum class DecayMode { kL2, kDecoupled, kFullyDecoupled };

/// Where eps stands: sqrt(v) + eps (PyTorch), or sqrt(v + eps) (the book's AdaGrad and RMSProp).
enum class EpsPlacement { kOutside, kInside };

/// The two places of eps, one of them 0, so that sqrt(v + inside) + outside is either form exactly.
struct Eps {
  double inside = 0, outside = 0;
  Eps() = default;
  Eps(double eps, EpsPlacement placement)
      : inside(placement == EpsPlacement::kInside ? eps : 0),
        outside(placement == EpsPlacement::kOutside ? eps : 0) {}
};

/// The values a hyper-parameter may have.
enum class Range {
  kPositive,      ///< > 0 and finite
  kNonNegative,   ///< >= 0 and finite
  kFraction,      ///< 0 <= x < 1
  kOpenFraction,  ///< 0 < x < 1
  kUnit,          ///< 0 <= x <= 1
  kCount,         ///< a whole number >= 1
  kWhole,         ///< a whole number >= 0
};

/// Whether a value is in the range; NaN never is.
inline bool in_range(double value, Range range) {
  switch (range) {
    case Range::kPositive:
      return value > 0 && value <= std::numeric_limits<double>::max();
    case Range::kNonNegative:
      return value >= 0 && value <= std::numeric_limits<double>::max();
    case Range::kFraction:
      return value >= 0 && value < 1;
    case Range::kOpenFraction:
      return value > 0 && value < 1;
    case Range::kUnit:
      return value >= 0 && value <= 1;
    case Range::kCount:
    case Range::kWhole:  // up to 2^53, where double still has them all
      return value >= (range == Range::kCount ? 1 : 0) && value <= 9007199254740992.0 &&
             value == static_cast<double>(static_cast<std::int64_t>(value));
  }
  return false;
}

[[noreturn]] void throw_out_of_range(const char* rule, const char* parameter, double value,
                                     Range range);

/// Throws ConfigError: "[Adam] beta1: 1; expected 0 <= beta1 < 1".
inline void check_range(const char* rule, const char* parameter, double value, Range range) {
  if (!in_range(value, range)) throw_out_of_range(rule, parameter, value, range);
}

/// The same for the number of an enum's value: a whole number from 0 to `last`.
inline void check_choice(const char* rule, const char* parameter, double value, int last) {
  if (value >= 0 && value <= last && value == static_cast<int>(value)) return;
  throw ConfigError("[" + std::string(rule) + "] " + parameter + ": " + to_text(value) +
                    "; expected a whole number from 0 to " + std::to_string(last));
}

/// Checks a number before it becomes the value of a hyper-parameter of type T. Throws ConfigError.
template <class T, class... R>
void check_value(const char* rule, const char* parameter, double value, R... range) {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>) {
    check_range(rule, parameter, value, range...);
  } else if constexpr (std::is_same_v<T, DecayMode>) {
    check_choice(rule, parameter, value, static_cast<int>(DecayMode::kFullyDecoupled));
  } else if constexpr (std::is_enum_v<T>) {
    check_choice(rule, parameter, value, static_cast<int>(range)...);
  } else {
    check_choice(rule, parameter, value, 1);
  }
}

/// Checks every hyper-parameter of a rule. Throws ConfigError.
template <class Rule>
void check(const Rule& rule) {
  Rule::hyper_parameters(rule, []<class T>(const char* name, const T& value, auto... range) {
    check_value<T>(Rule::kName, name, static_cast<double>(value), range...);
  });
}

}  // namespace gradus::optim
