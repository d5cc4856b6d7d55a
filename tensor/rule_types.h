#pragma once
// In which C++ types a rule computes, for the kernels of every device.
#include <type_traits>

#include "tensor/elementwise.h"

namespace gradus {

/// Calls f with the C++ type in which a rule computes elements of `dtype`.
template <class Rule, class F>
decltype(auto) dispatch_for(DType dtype, F&& f) {
  if constexpr (Rule::kDomain == Domain::kFloating) {
    return dispatch_floating(compute_dtype(dtype), f);
  } else if constexpr (Rule::kDomain == Domain::kIntegral) {
    if constexpr (requires { Rule::kTellsBools; }) {
      if (dtype == kBool) return f(std::type_identity<bool>{});
    }
    return f(std::type_identity<std::int64_t>{});
  } else {
    return dispatch_compute(compute_dtype(dtype), f);
  }
}

}  // namespace gradus
