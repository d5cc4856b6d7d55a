#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tensor/half.h"

namespace gradus {

/// Element types. The order is that of promotion, except that the two half types are side by side.
enum class DType : std::uint8_t {
  kBool,
  kUInt8,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64
};

inline constexpr DType kBool = DType::kBool;
inline constexpr DType kUInt8 = DType::kUInt8;
inline constexpr DType kInt32 = DType::kInt32;
inline constexpr DType kInt64 = DType::kInt64;
inline constexpr DType kFloat16 = DType::kFloat16;
inline constexpr DType kBFloat16 = DType::kBFloat16;
inline constexpr DType kFloat32 = DType::kFloat32;
inline constexpr DType kFloat64 = DType::kFloat64;

inline constexpr DType kAllDTypes[] = {kBool,    kUInt8,    kInt32,   kInt64,
                                       kFloat16, kBFloat16, kFloat32, kFloat64};

/// Calls f(std::type_identity<T>{}) with the C++ type of `d`. The one place that pairs the dtypes
/// with C++ types. For kernels that move elements; arithmetic goes through dispatch_compute.
template <class F>
constexpr decltype(auto) dispatch(DType d, F&& f) {
  switch (d) {
    case DType::kBool:
      return f(std::type_identity<bool>{});
    case DType::kUInt8:
      return f(std::type_identity<std::uint8_t>{});
    case DType::kInt32:
      return f(std::type_identity<std::int32_t>{});
    case DType::kInt64:
      return f(std::type_identity<std::int64_t>{});
    case DType::kFloat16:
      return f(std::type_identity<Float16>{});
    case DType::kBFloat16:
      return f(std::type_identity<BFloat16>{});
    case DType::kFloat32:
      return f(std::type_identity<float>{});
    default:
      return f(std::type_identity<double>{});
  }
}

/// The dtype that stores the C++ type T; a compile error for types that have none.
template <class T>
constexpr DType dtype_of() {
  constexpr int kCount = sizeof(kAllDTypes) / sizeof(DType);
  constexpr int kFound = [] {
    for (int i = 0; i < kCount; ++i) {
      const bool same = dispatch(
          kAllDTypes[i], []<class U>(std::type_identity<U>) { return std::is_same_v<T, U>; });
      if (same) return i;
    }
    return -1;
  }();
  static_assert(kFound >= 0,
                "Gradus stores bool, uint8_t, int32_t, int64_t, Float16, BFloat16, float, double");
  return kAllDTypes[kFound];
}

constexpr bool is_floating(DType d) { return d >= kFloat16; }
/// Whole numbers; bool is not one.
constexpr bool is_integral(DType d) { return d >= kUInt8 && d <= kInt64; }

/// "float32", "int64", ...
constexpr std::string_view name(DType d) {
  constexpr std::string_view kNames[] = {"bool",    "uint8",    "int32",   "int64",
                                         "float16", "bfloat16", "float32", "float64"};
  return kNames[static_cast<int>(d)];
}

/// Bytes of one element.
constexpr std::size_t size_of(DType d) {
  constexpr std::uint8_t kSizes[] = {1, 1, 4, 8, 2, 2, 4, 8};
  return kSizes[static_cast<int>(d)];
}

/// The dtype in which elements of `d` are computed: int64 for whole numbers and bool (results wrap
/// to the smaller type), float32 for the half types (results are rounded once). So each formula is
/// compiled for three types.
constexpr DType compute_dtype(DType d) {
  if (d == kFloat64) return kFloat64;
  return is_floating(d) ? kFloat32 : kInt64;
}

/// dispatch for a dtype to compute in: int64, float32 or float64.
template <class F>
decltype(auto) dispatch_compute(DType d, F&& f) {
  switch (d) {
    case DType::kInt64:
      return f(std::type_identity<std::int64_t>{});
    case DType::kFloat32:
      return f(std::type_identity<float>{});
    default:
      return f(std::type_identity<double>{});
  }
}

/// The same for float32 or float64.
template <class F>
decltype(auto) dispatch_floating(DType d, F&& f) {
  return d == kFloat32 ? f(std::type_identity<float>{}) : f(std::type_identity<double>{});
}

/// The smallest dtype that holds both, as in PyTorch: bool < uint8 < int32 < int64 < float16 and
/// bfloat16 (together: float32) < float32 < float64. (NumPy makes float64 of int64 and float32.)
constexpr DType promote(DType a, DType b) {
  const DType low = a < b ? a : b, high = a < b ? b : a;
  return low == kFloat16 && high == kBFloat16 ? kFloat32 : high;
}

/// A number of another type: whole numbers wrap, floating ones are rounded to the nearest, and to
/// whole numbers cut towards 0. What does not fit there (NaN, 1e30) gives the most negative int64,
/// wrapped; Tensor::to refuses such values. To bool: whether it is not 0.
template <class To, class From>
GRADUS_HALF_HOST_DEVICE constexpr To convert_to(From value) {
  constexpr bool kHalf = std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>;
  if constexpr (kHalf) {
    return convert_to<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr From kLimit = static_cast<From>(0x1p63);
    const bool fits = value >= -kLimit && value < kLimit;
    const std::int64_t whole = fits ? static_cast<std::int64_t>(fits ? value : From(0))
                                    : std::numeric_limits<std::int64_t>::min();
    return static_cast<To>(whole);
  } else if constexpr (std::is_same_v<To, Float16> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

/// Whether To has a number for `value`, where floating ones may lose their fraction. Floating types
/// and bool take everything.
template <class To, class From>
constexpr bool fits(From value) {
  constexpr bool kHalf = std::is_same_v<From, Float16> || std::is_same_v<From, BFloat16>;
  if constexpr (kHalf) {
    return fits<To>(static_cast<float>(value));
  } else if constexpr (!std::is_integral_v<To> || std::is_same_v<To, bool> ||
                       std::is_same_v<From, bool>) {
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    constexpr double kLowest = static_cast<double>(std::numeric_limits<To>::min());
    constexpr double kHighest = static_cast<double>(std::numeric_limits<To>::max());
    const double x = value;
    return sizeof(To) == 8 ? x >= -0x1p63 && x < 0x1p63 : x > kLowest - 1 && x < kHighest + 1;
  } else {
    return std::in_range<To>(value);
  }
}

}  // namespace gradus
