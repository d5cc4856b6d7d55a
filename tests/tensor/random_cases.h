#pragma once
// What tests/tensor/random_cases_test.cc is made of: tensors of random shape, strides and dtype,
// each beside the plain list of its elements, and the comparison of a result with such a list. The
// references are loops over positions; nothing here uses what the library is made of.
#include <cmath>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "tests/support/compare.h"

namespace gradus::testing {

/// long double has every int64 and every double (64 bits of mantissa on x86).
using Real = long double;
static_assert(std::numeric_limits<Real>::digits >= 64);

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : words_(seed) {}
  std::uint64_t word() { return words_(); }
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(words_() % static_cast<std::uint64_t>(n));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool once_in(int n) { return below(n) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return *(std::begin(list) + below(std::size(list)));
  }

 private:
  std::mt19937_64 words_;
};

/// What a tensor should be; the elements in row-major order.
struct Plain {
  DType dtype;
  Shape shape;
  std::vector<Real> values;
};

/// f(index) for all positions of a shape in row-major order.
template <class F>
void for_each_index(const Shape& shape, F f) {
  Dims index = Dims::filled(shape.rank(), 0);
  for (std::int64_t left = numel(shape); left > 0; --left) {
    f(static_cast<const Dims&>(index));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

inline std::int64_t row_major(const Shape& shape, const Dims& index) {
  std::int64_t at = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) at = at * shape[axis] + index[axis];
  return at;
}

/// y[index] = x[from(index)].
template <class F>
Plain taken(const Plain& x, const Shape& shape, F from) {
  Plain y{x.dtype, shape, {}};
  for_each_index(shape, [&](const Dims& index) {
    y.values.push_back(x.values[row_major(x.shape, from(index))]);
  });
  return y;
}

/// The position in an operand of shape `shape` that is broadcast to the position `index`.
inline Dims broadcast_index(const Shape& shape, const Dims& index) {
  Dims at = Dims::filled(shape.rank(), 0);
  for (int i = 1; i <= shape.rank(); ++i) {
    const int axis = shape.rank() - i;
    if (shape[axis] != 1) at[axis] = index[index.rank() - i];
  }
  return at;
}

/// A floating number with `digits` bits of mantissa and no exponent below `lowest`.
inline Real nearest_short(float value, int digits, int lowest, float largest) {
  if (value == 0 || !std::isfinite(value)) return value;
  const int unit = std::max(std::ilogb(value), lowest) - (digits - 1);
  const double near = std::ldexp(std::nearbyint(std::ldexp(double{value}, -unit)), unit);
  return std::fabs(near) > largest ? std::copysign(INFINITY, value) : Real{near};
}

/// A number as a dtype holds it: the nearest one, or cut towards 0 and wrapped around.
inline Real held(Real value, DType dtype) {
  if (dtype == kBool) return value != 0;
  if (dtype == kFloat64) return static_cast<double>(value);
  if (dtype == kFloat32) return static_cast<float>(value);
  // As in PyTorch, by way of float32.
  if (dtype == kFloat16) return nearest_short(static_cast<float>(value), 11, -14, 65504.0f);
  if (dtype == kBFloat16) return nearest_short(static_cast<float>(value), 8, -126, 0x1.fep127f);
  const auto whole = static_cast<std::int64_t>(value);
  if (dtype == kUInt8) return static_cast<std::uint8_t>(whole);
  if (dtype == kInt32) return static_cast<std::int32_t>(whole);
  return whole;
}

inline std::vector<Real> elements(const Tensor& x) {
  std::vector<Real> values;
  if (x.numel() == 0) return values;
  values.reserve(x.numel());
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* first = x.data<T>();
    for_each_index(x.shape(), [&](const Dims& index) {
      std::int64_t offset = 0;
      for (int axis = 0; axis < index.rank(); ++axis) offset += index[axis] * x.strides()[axis];
      values.push_back(static_cast<Real>(first[offset]));
    });
  });
  return values;
}

inline Tensor filled(const Plain& plain) {
  Tensor x = Tensor::empty(plain.shape, plain.dtype);
  dispatch(plain.dtype, [&]<class T>(std::type_identity<T>) {
    if (plain.values.empty()) return;
    T* to = x.data<T>();
    for (const Real value : plain.values) {
      *to++ = static_cast<T>(static_cast<std::conditional_t<sizeof(T) == 2, float, T>>(value));
    }
  });
  return x;
}

/// At most `most` elements, so that the references are fast enough.
inline Shape draw_shape(Rng& rng, int least_rank = 0, std::int64_t most = 2000) {
  static constexpr std::int64_t kSizes[] = {1, 2, 3, 17, 33};
  // Some large ones, which threads share in pieces of 16384.
  if (rng.once_in(40)) most *= 40;
  Shape shape = Dims::filled(static_cast<int>(rng.between(least_rank, 8)), 1);
  std::vector<int> axes(shape.rank());
  std::iota(axes.begin(), axes.end(), 0);
  for (int n = shape.rank(); n > 0; --n) {
    std::swap(axes[n - 1], axes[rng.below(n)]);
    const std::int64_t size = rng.pick(kSizes);
    if (numel(shape) * size <= most) shape[axes[n - 1]] = size;
  }
  while (shape.rank() > 0 && rng.once_in(20)) shape[rng.below(shape.rank())] = 0;
  return shape;
}

using Values = std::function<Real(Rng&, DType)>;

/// Few bits: sums and products of them are exact in float32. Sometimes NaN, infinities and -0.
inline Real small(Rng& rng, DType dtype) {
  if (dtype == kBool) return rng.below(2);
  if (dtype == kUInt8) return rng.below(10);
  if (is_integral(dtype)) return rng.between(-9, 9);
  return static_cast<Real>(rng.between(-64, 64)) / 16;
}
inline Real special(Rng& rng, DType dtype) {
  static constexpr double kSpecial[] = {NAN, INFINITY, -INFINITY, -0.0};
  return is_floating(dtype) && rng.once_in(30) ? rng.pick(kSpecial) : small(rng, dtype);
}
/// Whole numbers whose products fit in 63 bits but not in their own dtype.
inline Real wide(Rng& rng, DType dtype) {
  if (!is_integral(dtype)) return small(rng, dtype);
  return held(rng.between(-(std::int64_t{1} << 31), (std::int64_t{1} << 31) - 1), dtype);
}
/// All bits, for functions that move or convert.
inline Real any_bits(Rng& rng, DType dtype) {
  if (!is_floating(dtype)) return held(static_cast<std::int64_t>(rng.word()), dtype);
  const Real value = special(rng, dtype);
  if (!std::isfinite(value) || value == 0) return value;
  const double mantissa = static_cast<double>(static_cast<std::int64_t>(rng.word()));
  return held(std::ldexp(mantissa, static_cast<int>(rng.between(-93, -53))), dtype);
}

/// A random tensor and the same as a list.
struct Drawn {
  Tensor base, tensor;
  Plain base_plain, plain;
  std::vector<std::int64_t> at;  // where in the base each element of the tensor is
  std::vector<std::byte> bits;   // of the base

  bool unchanged() const {
    return bits.empty() || std::memcmp(bits.data(), base.raw_data(), bits.size()) == 0;
  }
};

/// A tensor of the given shape that looks at a larger one: axes in another order, with steps,
/// backwards, repeated (unless not `expanded`), and one of several places of a further axis.
inline Drawn draw(Rng& rng, const Shape& shape, DType dtype, const Values& values,
                  bool expanded = true) {
  const int rank = shape.rank();
  const bool plain = rng.once_in(3);
  Dims axis_of = Dims::filled(rank, 0), order = axis_of;  // base axis i is axis axis_of[i]
  for (int i = 0; i < rank; ++i) axis_of[i] = i;
  for (int i = rank; i > 1 && !plain && !rng.once_in(3); --i) {
    std::swap(axis_of[i - 1], axis_of[rng.below(i)]);
  }
  struct Cut {
    std::int64_t start = 0, step = 1;
  };
  std::vector<Cut> cuts(rank);
  Shape base = Dims::filled(rank, 1);
  std::int64_t room = 4 * numel(shape) + 64;
  for (int i = 0; i < rank; ++i) {
    const std::int64_t size = shape[axis_of[i]];
    base[i] = size;
    order[axis_of[i]] = i;
    if (plain || size == 0) continue;
    if (expanded && rng.once_in(10)) base[i] = 1;
    if (base[i] != size || !rng.once_in(3)) continue;
    const std::int64_t step = rng.between(1, 3), before = rng.below(2);
    const std::int64_t needed = before + (size - 1) * step + 1 + rng.below(2);
    if (needed * size > room) continue;
    room /= needed;
    base[i] = needed;
    cuts[i] = rng.once_in(2) ? Cut{before, step} : Cut{before + (size - 1) * step, -step};
  }
  const int further =
      !plain && rank < 8 && rng.once_in(5) ? static_cast<int>(rng.below(rank + 1)) : -1;
  const std::int64_t place = rng.below(3);
  if (further >= 0) base.insert(further, 3);

  Drawn x;
  x.base_plain = {dtype, base, {}};
  for (std::int64_t i = numel(base); i > 0; --i) x.base_plain.values.push_back(values(rng, dtype));
  x.base = x.tensor = filled(x.base_plain);
  if (further >= 0) x.tensor = x.tensor.select(further, place);
  for (int i = 0; i < rank; ++i) {
    const std::int64_t size = shape[axis_of[i]], end = cuts[i].start + cuts[i].step * size;
    if (x.tensor.shape()[i] == size && cuts[i].step == 1) continue;
    if (x.tensor.shape()[i] == 1) continue;  // repeated below
    x.tensor = x.tensor.slice(
        i, {cuts[i].start, end < 0 ? Slice::Bound() : Slice::Bound(end), cuts[i].step});
  }
  Shape whole = Dims::filled(rank, 0);
  for (int i = 0; i < rank; ++i) whole[i] = shape[axis_of[i]];
  if (!(x.tensor.shape() == whole)) x.tensor = x.tensor.expand(whole);
  if (!plain) x.tensor = x.tensor.permute(order);

  x.plain = {dtype, shape, {}};
  for_each_index(shape, [&](const Dims& index) {
    Dims from;
    for (int i = 0; i < rank; ++i) {
      const bool repeated = base[i + (further >= 0 && i >= further)] == 1;
      from.push_back(repeated ? 0 : cuts[i].start + cuts[i].step * index[axis_of[i]]);
    }
    if (further >= 0) from.insert(further, place);
    x.at.push_back(row_major(base, from));
    x.plain.values.push_back(x.base_plain.values[x.at.back()]);
  });
  if (x.base.numel() > 0) {
    const auto* first = static_cast<const std::byte*>(x.base.raw_data());
    x.bits.assign(first, first + x.base.numel() * size_of(dtype));
  }
  return x;
}

}  // namespace gradus::testing
