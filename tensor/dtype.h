#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gradus {

/// Element types. The order is the order of promotion: bool < int64 < float32 < float64.
enum class DType : std::uint8_t { kBool, kInt64, kFloat32, kFloat64 };

inline constexpr DType kBool = DType::kBool;
inline constexpr DType kInt64 = DType::kInt64;
inline constexpr DType kFloat32 = DType::kFloat32;
inline constexpr DType kFloat64 = DType::kFloat64;

/// The dtype that stores the C++ type T; a compile error for types that have none.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return kBool;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return kInt64;
  } else if constexpr (std::is_same_v<T, float>) {
    return kFloat32;
  } else {
    static_assert(std::is_same_v<T, double>, "Gradus stores bool, int64_t, float and double");
    return kFloat64;
  }
}

constexpr bool is_floating(DType d) { return d == kFloat32 || d == kFloat64; }

/// "float32", "int64", ...
constexpr std::string_view name(DType d) {
  constexpr std::string_view kNames[] = {"bool", "int64", "float32", "float64"};
  return kNames[static_cast<int>(d)];
}

/// Calls f(std::type_identity<T>{}) with the C++ type of `d`. The one place that lists the dtypes.
template <class F>
decltype(auto) dispatch(DType d, F&& f) {
  switch (d) {
    case DType::kBool:
      return f(std::type_identity<bool>{});
    case DType::kInt64:
      return f(std::type_identity<std::int64_t>{});
    case DType::kFloat32:
      return f(std::type_identity<float>{});
    default:
      return f(std::type_identity<double>{});
  }
}

/// The same for a dtype that is known to be floating.
template <class F>
decltype(auto) dispatch_floating(DType d, F&& f) {
  return d == kFloat32 ? f(std::type_identity<float>{}) : f(std::type_identity<double>{});
}

/// The same for a dtype that is known not to be bool.
template <class F>
decltype(auto) dispatch_numeric(DType d, F&& f) {
  return d == kInt64 ? f(std::type_identity<std::int64_t>{})
                     : dispatch_floating(d, std::forward<F>(f));
}

/// Bytes of one element.
inline std::size_t size_of(DType d) {
  return dispatch(d, []<class T>(std::type_identity<T>) { return sizeof(T); });
}

/// The smallest dtype that holds both, as in PyTorch (int64 with float32: float32; NumPy: float64).
constexpr DType promote(DType a, DType b) { return a < b ? b : a; }

}  // namespace gradus
