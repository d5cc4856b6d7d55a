#pragma once
// An operation of tests/tensor/random_cases_test.cc, and how one case of it is run.
#include <algorithm>

#include "tests/tensor/random_cases.h"

namespace gradus::testing {

/// One call: its operands, what it gave and what it should give.
struct Trial {
  std::vector<Drawn> in;
  std::string args;
  Tensor got;
  Plain expected;
  // Of the function itself, in units of its computing type (float32 for the half types). A half
  // result is rounded once more. 0: every bit counts, the sign of 0 too.
  int ulps = 0;
  bool zero_signs = true;
  bool changes_operand = false;

  const Drawn& add(Drawn x) {
    in.push_back(std::move(x));
    return in.back();
  }
};

struct Operation {
  std::string name;
  int weight;  // how often it is drawn
  std::function<void(Rng&, Trial&)> run;
};

struct Tolerance {
  Real relative, absolute;
};
inline Tolerance tolerance(DType dtype, int ulps) {
  if (ulps == 0 || !is_floating(dtype)) return {0, 0};
  if (dtype == kFloat64) return {ulps * 0x1p-52L, 0};
  const Real computed = ulps * 0x1p-23L;
  // Rounded to 11 and 8 digits; below the normal numbers of float16 to multiples of 2^-24.
  if (dtype == kFloat16) return {computed + 0x1p-11L, 0x1p-25L};
  if (dtype == kBFloat16) return {computed + 0x1p-8L, 0};
  return {computed, 0};
}

/// What differs, or an empty text.
inline std::string difference(const Trial& trial) {
  const Plain& expected = trial.expected;
  if (!trial.got.defined()) return "the result is undefined";
  if (trial.got.dtype() != expected.dtype) {
    return "dtype: got " + std::string(name(trial.got.dtype())) + ", expected " +
           std::string(name(expected.dtype));
  }
  if (!(trial.got.shape() == expected.shape)) {
    return "shape: got " + to_string(trial.got.shape()) + ", expected " + to_string(expected.shape);
  }
  const std::vector<Real> got = elements(trial.got);
  if (got.size() != expected.values.size()) return "the reference has another number of elements";
  const auto [relative, absolute] = tolerance(expected.dtype, trial.ulps);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Real wanted = held(expected.values[i], expected.dtype);
    const bool signs = trial.zero_signs && trial.ulps == 0;
    if (got[i] == wanted && (!signs || std::signbit(got[i]) == std::signbit(wanted))) continue;
    if (std::isnan(got[i]) && std::isnan(wanted)) continue;
    if (std::isfinite(wanted) &&
        std::fabs(got[i] - expected.values[i]) <=
            absolute + relative * std::fabs(expected.values[i]) &&
        trial.ulps > 0) {
      continue;
    }
    return "element " + position(static_cast<std::int64_t>(i), expected.shape) + ": got " +
           to_text(static_cast<double>(got[i])) + ", expected " +
           to_text(static_cast<double>(wanted));
  }
  return "";
}

/// What is wrong with a case after operation.run, or an empty text.
inline std::string verdict(const Trial& trial) {
  for (const Drawn& x : trial.in) {
    if (!trial.changes_operand && !x.unchanged()) return "an operand was changed";
  }
  return difference(trial);
}

/// Runs one case into `trial`. What is wrong with it, or an empty text.
inline std::string run(const Operation& operation, std::uint64_t seed, Trial& trial) {
  Rng rng(seed);
  std::string wrong;
  try {
    operation.run(rng, trial);
    wrong = verdict(trial);
  } catch (const std::exception& error) {
    wrong = std::string("threw ") + error.what();
  }
  if (wrong.empty()) return "";
  std::string text = operation.name + ", seed " + std::to_string(seed) + ": (";
  for (const Drawn& x : trial.in) {
    text += (text.back() == '(' ? "" : ", ") + describe(x.tensor) + " of base " +
            to_string(x.base.shape());
  }
  return text + "), " + trial.args + ": " + wrong;
}

/// One of many: the operation that a seed stands for.
inline const Operation& choose(const std::vector<Operation>& operations, std::uint64_t seed) {
  int all = 0;
  for (const Operation& operation : operations) all += operation.weight;
  std::int64_t place = Rng(~seed).below(all);
  for (const Operation& operation : operations) {
    if ((place -= operation.weight) < 0) return operation;
  }
  return operations.back();
}

// Shared by operations.

inline DType draw_dtype(Rng& rng, const std::function<bool(DType)>& fits) {
  DType dtype;
  do dtype = rng.pick(kAllDTypes);
  while (!fits(dtype));
  return dtype;
}
inline DType draw_dtype(Rng& rng) { return rng.pick(kAllDTypes); }

inline DType higher(DType a, DType b) {
  if ((a == kFloat16 && b == kBFloat16) || (a == kBFloat16 && b == kFloat16)) return kFloat32;
  return std::max(a, b);
}

/// The dtype of an operation on several operands: tensors with axes count more than 0-d ones,
/// unless these are of a higher kind.
inline DType common_dtype(const std::vector<Drawn>& operands) {
  const auto kind = [](DType d) { return is_floating(d) ? 2 : d == kBool ? 0 : 1; };
  std::optional<DType> axes, points;
  for (const Drawn& x : operands) {
    std::optional<DType>& group = x.plain.shape.rank() > 0 ? axes : points;
    group = group ? higher(*group, x.plain.dtype) : x.plain.dtype;
  }
  if (!axes || !points) return axes ? *axes : *points;
  return kind(*points) > kind(*axes) ? higher(*axes, *points) : *axes;
}

/// A shape that is broadcast to `shape`.
inline Shape draw_part(Rng& rng, const Shape& shape) {
  Shape part = shape;
  if (rng.once_in(2)) return part;
  for (int drop = static_cast<int>(rng.below(shape.rank() + 1)); drop > 0 && rng.once_in(2);
       --drop) {
    part.erase(0);
  }
  for (auto& size : part) size = rng.once_in(3) ? 1 : size;
  return part;
}

inline Shape common_shape(const std::vector<Drawn>& operands) {
  Shape shape;
  for (const Drawn& x : operands) {
    const Shape& other = x.plain.shape;
    while (shape.rank() < other.rank()) shape.insert(0, 1);
    for (int i = 1; i <= other.rank(); ++i) {
      auto& size = shape[shape.rank() - i];
      if (size == 1) size = other[other.rank() - i];
    }
  }
  return shape;
}

/// y[index] = f(the elements of all operands there), broadcast.
template <class F>
Plain mapped(const std::vector<Drawn>& operands, DType dtype, F f) {
  Plain y{dtype, common_shape(operands), {}};
  std::vector<Real> arguments(operands.size());
  for_each_index(y.shape, [&](const Dims& index) {
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const Plain& x = operands[k].plain;
      arguments[k] = x.values[row_major(x.shape, broadcast_index(x.shape, index))];
    }
    y.values.push_back(f(arguments));
  });
  return y;
}

inline Values small_or_special(Rng& rng) { return rng.once_in(3) ? special : small; }

}  // namespace gradus::testing
