#pragma once
// Random cases of the element-wise rules, which the build lists, against the functions of <cmath>.
#include <map>

#include "tests/support/rules.h"
#include "tests/tensor/random_operations.h"

namespace gradus::testing {

using Formula = Real (*)(const std::vector<Real>& x);

inline Real largest(Real a, Real b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b);
}
inline Real smallest(Real a, Real b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmin(a, b);
}
inline std::int64_t whole(Real x) { return static_cast<std::int64_t>(x); }

inline constexpr Real kPiReal = 3.14159265358979323846264L;

/// The rest and the quotient of a division, as % and // in Python.
inline Real modulo(Real a, Real b) {
  const Real rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline Real floored(Real a, Real b) {
  if (b == 0) return a / b;
  if (std::isinf(a)) return NAN;
  if (std::isinf(b)) return std::isnan(a) ? a : Real(a != 0 && (a < 0) != (b < 0) ? -1 : 0);
  return std::floor(a / b);
}

/// polygamma(n, x) for n = 0 and 1: up to 1000 by the recurrence, then by the asymptotic series.
inline Real polygamma_of(int n, Real x) {
  if (std::isnan(x) || x == -INFINITY) return NAN;
  if (std::isinf(x)) return n == 0 ? x : 0;
  if (x <= 0 && x == std::floor(x)) {
    if (n == 1) return INFINITY;
    return x < 0 ? NAN : std::copysign(INFINITY, -x);
  }
  Real y = 0;
  for (; x < 1000; x += 1) y += n == 0 ? -1 / x : 1 / (x * x);
  if (n == 0) return y + std::log(x) - 1 / (2 * x) - 1 / (12 * x * x) + 1 / (120 * x * x * x * x);
  return y + 1 / x + 1 / (2 * x * x) + 1 / (6 * x * x * x) - 1 / (30 * x * x * x * x * x);
}

inline Real largest_of(DType dtype) {
  if (dtype == kFloat16) return 65504;
  if (dtype == kBFloat16) return 0x1.fep127L;
  return dtype == kFloat32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
}

/// What is granted: glibc's vector functions promise 4 ulp, and a rule calls one or two of them.
inline int ulps_of(const std::string& rule) {
  // Near their roots these are differences of numbers up to 4.
  if (rule == "digamma" || rule == "logaddexp") return 4000;
  // Likewise for targets that are no probabilities.
  if (rule == "log_loss" || rule == "logistic_loss") return 4000;
  // The rounding of an argument up to 9^2 is enlarged by exp.
  return rule == "gelu" || rule == "gelu_tanh" ? 64 : 8;
}

/// One line for each rule, in the order of their names.
inline const std::map<std::string, Formula>& formulas() {
  using X = const std::vector<Real>&;
  static const std::map<std::string, Formula> kFormulas = {
      {"abs", [](X x) { return std::fabs(x[0]); }},
      {"acos", [](X x) { return std::acos(x[0]); }},
      {"acosh", [](X x) { return std::acosh(x[0]); }},
      {"add", [](X x) { return x[0] + x[1]; }},
      {"asin", [](X x) { return std::asin(x[0]); }},
      {"asinh", [](X x) { return std::asinh(x[0]); }},
      {"atan", [](X x) { return std::atan(x[0]); }},
      {"atan2", [](X x) { return std::atan2(x[0], x[1]); }},
      {"atanh", [](X x) { return std::atanh(x[0]); }},
      {"bitwise_and", [](X x) { return Real(whole(x[0]) & whole(x[1])); }},
      {"bitwise_left_shift", [](X x) { return x[1] < 0 ? 0 : x[0] * std::exp2(x[1]); }},
      {"bitwise_not", [](X x) { return -x[0] - 1; }},
      {"bitwise_or", [](X x) { return Real(whole(x[0]) | whole(x[1])); }},
      {"bitwise_right_shift",
       [](X x) { return x[1] < 0 ? -Real(x[0] < 0) : std::floor(x[0] / std::exp2(x[1])); }},
      {"bitwise_xor", [](X x) { return Real(whole(x[0]) ^ whole(x[1])); }},
      {"ceil", [](X x) { return std::ceil(x[0]); }},
      {"celu", [](X x) { return x[0] > 0 ? x[0] : std::expm1(x[0]); }},
      {"clamp", [](X x) { return smallest(largest(x[0], x[1]), x[2]); }},
      {"clamp_max", [](X x) { return smallest(x[0], x[1]); }},
      {"clamp_min", [](X x) { return largest(x[0], x[1]); }},
      {"cos", [](X x) { return std::cos(x[0]); }},
      {"cosh", [](X x) { return std::cosh(x[0]); }},
      {"digamma", [](X x) { return polygamma_of(0, x[0]); }},
      {"div", [](X x) { return x[0] / x[1]; }},
      {"elu", [](X x) { return x[0] > 0 ? x[0] : std::expm1(x[0]); }},
      {"equal", [](X x) { return Real(x[0] == x[1]); }},
      {"erf", [](X x) { return std::erf(x[0]); }},
      {"erfc", [](X x) { return std::erfc(x[0]); }},
      {"exp", [](X x) { return std::exp(x[0]); }},
      {"exp2", [](X x) { return std::exp2(x[0]); }},
      {"expm1", [](X x) { return std::expm1(x[0]); }},
      {"floor", [](X x) { return std::floor(x[0]); }},
      {"floor_divide", [](X x) { return floored(x[0], x[1]); }},
      {"fmod", [](X x) { return std::fmod(x[0], x[1]); }},
      {"gelu", [](X x) { return x[0] * std::erfc(-x[0] * std::sqrt(0.5L)) / 2; }},
      {"gelu_tanh",
       [](X x) {
         const Real u = std::sqrt(2 / kPiReal) * (x[0] + 0.044715L * x[0] * x[0] * x[0]);
         return x[0] / (1 + std::exp(-2 * u));
       }},
      {"greater", [](X x) { return Real(x[0] > x[1]); }},
      {"greater_equal", [](X x) { return Real(x[0] >= x[1]); }},
      {"hardshrink", [](X x) { return std::fabs(x[0]) <= 0.5L ? 0 : x[0]; }},
      {"hardsigmoid", [](X x) { return smallest(largest(x[0] + 3, 0), 6) / 6; }},
      {"hardswish", [](X x) { return x[0] * smallest(largest(x[0] + 3, 0), 6) / 6; }},
      {"hardtanh", [](X x) { return smallest(largest(x[0], -1), 1); }},
      {"huber",
       [](X x) {
         const Real c = smallest(largest(x[0], -1), 1);
         return c * (x[0] - c / 2);
       }},
      {"hypot", [](X x) { return std::hypot(x[0], x[1]); }},
      {"isclose",
       [](X x) {
         const Real apart = std::fabs(x[0] - x[1]);
         return Real(x[0] == x[1] ||
                     (std::isfinite(apart) && apart <= 1e-8L + 1e-5L * std::fabs(x[1])));
       }},
      {"isfinite", [](X x) { return Real(std::isfinite(x[0])); }},
      {"isinf", [](X x) { return Real(std::isinf(x[0])); }},
      {"isnan", [](X x) { return Real(std::isnan(x[0])); }},
      {"leaky_relu", [](X x) { return x[0] > 0 ? x[0] : x[0] / 100; }},
      // From the nearer end, as PyTorch: it shows where an end is infinite.
      {"lerp",
       [](X x) {
         const Real span = x[1] - x[0];
         return x[2] < 0.5L ? x[0] + x[2] * span : x[1] - (1 - x[2]) * span;
       }},
      {"less", [](X x) { return Real(x[0] < x[1]); }},
      {"less_equal", [](X x) { return Real(x[0] <= x[1]); }},
      {"lgamma", [](X x) { return std::lgamma(x[0]); }},
      {"log", [](X x) { return std::log(x[0]); }},
      {"log_loss",
       [](X x) {
         return (x[1] - 1) * largest(std::log1p(-x[0]), -100) -
                x[1] * largest(std::log(x[0]), -100);
       }},
      {"log10", [](X x) { return std::log10(x[0]); }},
      {"log1p", [](X x) { return std::log1p(x[0]); }},
      {"log2", [](X x) { return std::log2(x[0]); }},
      {"logaddexp",
       [](X x) {
         return x[0] == x[1] ? x[0] + std::log(2.0L)
                             : largest(x[0], x[1]) + std::log1p(std::exp(-std::fabs(x[0] - x[1])));
       }},
      {"logical_and", [](X x) { return Real(x[0] != 0 && x[1] != 0); }},
      {"logical_not", [](X x) { return Real(x[0] == 0); }},
      {"logical_or", [](X x) { return Real(x[0] != 0 || x[1] != 0); }},
      {"logical_xor", [](X x) { return Real((x[0] != 0) != (x[1] != 0)); }},
      {"logistic_loss",
       [](X x) { return largest(x[0], 0) - x[0] * x[1] + std::log1p(std::exp(-std::fabs(x[0]))); }},
      {"logsigmoid",
       [](X x) { return smallest(x[0], 0) - std::log1p(std::exp(-std::fabs(x[0]))); }},
      {"maximum", [](X x) { return largest(x[0], x[1]); }},
      {"minimum", [](X x) { return smallest(x[0], x[1]); }},
      {"mish", [](X x) { return x[0] * std::tanh(std::log1p(std::exp(x[0]))); }},
      {"mul", [](X x) { return x[0] * x[1]; }},
      {"nan_to_num", [](X x) { return std::isnan(x[0]) ? 0 : x[0]; }},
      {"neg", [](X x) { return -x[0]; }},
      {"not_equal", [](X x) { return Real(x[0] != x[1]); }},
      {"polygamma", [](X x) { return polygamma_of(1, x[0]); }},
      {"pow", [](X x) { return std::pow(x[0], x[1]); }},
      {"prelu", [](X x) { return x[0] > 0 ? x[0] : x[0] * x[1]; }},
      {"reciprocal", [](X x) { return 1 / x[0]; }},
      {"relu", [](X x) { return largest(x[0], 0); }},
      {"relu6", [](X x) { return smallest(largest(x[0], 0), 6); }},
      {"remainder", [](X x) { return modulo(x[0], x[1]); }},
      {"round", [](X x) { return std::nearbyint(x[0]); }},
      {"rsqrt", [](X x) { return 1 / std::sqrt(x[0]); }},
      {"selu",
       [](X x) {
         return 1.0507009873554805L * (x[0] > 0 ? x[0] : 1.6732632423543772L * std::expm1(x[0]));
       }},
      {"sigmoid", [](X x) { return 1 / (1 + std::exp(-x[0])); }},
      {"sign", [](X x) { return std::isnan(x[0]) ? x[0] : Real((x[0] > 0) - (x[0] < 0)); }},
      {"silu", [](X x) { return x[0] / (1 + std::exp(-x[0])); }},
      {"sin", [](X x) { return std::sin(x[0]); }},
      {"sinh", [](X x) { return std::sinh(x[0]); }},
      {"softplus", [](X x) { return std::log1p(std::exp(x[0])); }},
      {"softshrink",
       [](X x) { return std::fabs(x[0]) <= 0.5L ? 0
                        : x[0] > 0              ? x[0] - 0.5L
                                                : x[0] + 0.5L; }},
      {"softsign", [](X x) { return x[0] / (1 + std::fabs(x[0])); }},
      {"sqrt", [](X x) { return std::sqrt(x[0]); }},
      {"square", [](X x) { return x[0] * x[0]; }},
      {"sub", [](X x) { return x[0] - x[1]; }},
      {"tan", [](X x) { return std::tan(x[0]); }},
      {"tanh", [](X x) { return std::tanh(x[0]); }},
      {"threshold", [](X x) { return x[0] <= 0 ? 0 : x[0]; }},
      {"trunc", [](X x) { return std::trunc(x[0]); }},
      {"xlogy", [](X x) { return x[0] == 0 && !std::isnan(x[1]) ? 0 : x[0] * std::log(x[1]); }},
  };
  return kFormulas;
}

/// A rule of `count` operands as an operation.
template <class Call>
Operation rule_operation(const std::string& name, Domain domain, int count, Call call) {
  // Reported as a failure of the case.
  const auto found = formulas().find(name);
  const Formula formula = found == formulas().end() ? nullptr : found->second;
  return {
      name, 1, [=](Rng& rng, Trial& trial) {
        if (formula == nullptr) {
          throw std::runtime_error("there is no formula in tests/tensor/random_elementwise.h");
        }
        const auto fits = [&](DType d) {
          if (domain == Domain::kNumeric) return d != kBool;
          return domain != Domain::kIntegral || !is_floating(d);
        };
        const Shape shape = draw_shape(rng);
        const DType first = draw_dtype(rng, fits);
        const bool mixed = rng.once_in(2);
        // Wide ones only of one dtype and where they are not rounded.
        Values values = small_or_special(rng);
        const bool powers = name == "pow" || name.ends_with("shift");
        if (!mixed && domain != Domain::kFloating && !powers && rng.once_in(2)) values = wide;
        const Values whole_from_1 = [](Rng& random, DType d) {
          return is_floating(d) ? special(random, d) : Real(d == kBool ? 1 : random.between(1, 9));
        };
        for (int k = 0; k < count; ++k) {
          const Values& drawn = k == 1 && restricts_whole_numbers(name) ? whole_from_1 : values;
          trial.add(draw(rng, draw_part(rng, shape), mixed ? draw_dtype(rng, fits) : first, drawn));
        }
        DType dtype = common_dtype(trial.in);
        if (domain == Domain::kFloating && !is_floating(dtype)) dtype = kFloat32;
        if (domain == Domain::kComparison) dtype = kBool;
        trial.expected = mapped(trial.in, dtype, formula);
        for (Real& value : trial.expected.values) {
          if (name == "nan_to_num" && std::isinf(value)) {
            value = std::copysign(largest_of(dtype), value);
          }
          if (name == "bitwise_not" && dtype == kBool) value += 2;  // -x - 1, but 1 - x of bools
        }
        trial.ulps = ulps_of(name);
        trial.zero_signs = false;
        trial.got = call(trial.in);
      }};
}

inline void add_elementwise(std::vector<Operation>& operations) {
  using In = const std::vector<Drawn>&;
  const auto one = [](auto rule) { return [=](In x) { return rule.tensor(x[0].tensor); }; };
  const auto two = [](auto rule) {
    return [=](In x) { return rule.tensor(x[0].tensor, x[1].tensor); };
  };
  for (const UnaryRule& rule : rules().unary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 1, one(rule)));
  }
  for (const PredicateRule& rule : rules().predicate) {
    operations.push_back(rule_operation(rule.name, rule.domain, 1, one(rule)));
  }
  for (const BinaryRule& rule : rules().binary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 2, two(rule)));
  }
  for (const ComparisonRule& rule : rules().comparison) {
    operations.push_back(rule_operation(rule.name, Domain::kComparison, 2, two(rule)));
  }
  for (const IntegralRule& rule : rules().integral) {
    operations.push_back(rule_operation(rule.name, Domain::kIntegral, 2, two(rule)));
  }
  for (const TernaryRule& rule : rules().ternary) {
    operations.push_back(rule_operation(rule.name, rule.domain, 3, [=](In x) {
      return rule.tensor(x[0].tensor, x[1].tensor, x[2].tensor);
    }));
  }
}

}  // namespace gradus::testing
