#pragma once
// Turns a rule into its CPU functions: what the GRADUS_EMIT_TENSOR_ macros in the generated
// sources expand to (one source per header of tensor/elementwise).
#include <string>

#include "tensor/cpu/loops.h"
#include "tensor/elementwise.h"

namespace gradus::cpu {

/// The dtype a rule computes in when its operands have the common dtype `common`.
inline DType compute_dtype(Domain domain, std::string_view op, std::string_view arguments,
                           DType common) {
  if (domain == Domain::kFloating && !is_floating(common)) return kFloat32;
  if (domain == Domain::kNumeric && common == kBool) {
    throw DTypeError("[" + std::string(op) + "] " + std::string(arguments) +
                     ": bool; expected int64, float32 or float64; convert with to(kInt64)");
  }
  return common;
}

/// x in another dtype, or x itself without touching its reference count.
class As {
 public:
  As(const Tensor& x, DType dtype)
      : converted_(x.dtype() == dtype ? Tensor() : x.to(dtype)),
        x_(converted_.defined() ? converted_ : x) {}
  As(const As&) = delete;
  operator const Tensor&() const { return x_; }  // NOLINT: implicit by design

 private:
  Tensor converted_;
  const Tensor& x_;
};

template <class Rule, class F>
decltype(auto) dispatch_for(DType dtype, F&& f) {
  if constexpr (Rule::kDomain == Domain::kFloating) {
    return dispatch_floating(dtype, f);
  } else if constexpr (Rule::kDomain == Domain::kNumeric) {
    return dispatch_numeric(dtype, f);
  } else {
    return dispatch(dtype, f);
  }
}

template <class Rule>
Tensor unary(std::string_view op, const Tensor& input) {
  check_defined(op, "x", input);
  const DType dtype = compute_dtype(Rule::kDomain, op, "x", input.dtype());
  const As converted(input, dtype);
  const Tensor& x = converted;
  return dispatch_for<Rule>(dtype, [&]<class T>(std::type_identity<T>) {
    return map_elements<T, T>(
        x.shape(), dtype, [](T v) { return Rule::forward(v); }, x);
  });
}

template <class Rule>
Tensor binary(std::string_view op, const Tensor& left, const Tensor& right) {
  check_defined(op, "a", left);
  check_defined(op, "b", right);
  const Shape shape = broadcast_shapes(op, left.shape(), right.shape());
  const DType dtype = compute_dtype(Rule::kDomain, op, "a, b", result_type(left, right));
  const As converted_a(left, dtype), converted_b(right, dtype);
  const Tensor &a = converted_a, &b = converted_b;
  return dispatch_for<Rule>(dtype, [&]<class T>(std::type_identity<T>) {
    constexpr bool kCompares = Rule::kDomain == Domain::kComparison;
    using Out = std::conditional_t<kCompares, bool, T>;
    return map_elements<T, Out>(
        shape, dtype_of<Out>(), [](T x, T y) -> Out { return Rule::forward(x, y); }, a, b);
  });
}

}  // namespace gradus::cpu

namespace gradus {

// A value that backward does not read may be gone from the tape; dy stands in for it.
template <class Rule>
Tensor unary_backward(const Tensor& x, const Tensor& y, const Tensor& dy) {
  const DType dtype = dy.dtype();
  return dispatch_floating(dtype, [&]<class T>(std::type_identity<T>) {
    const auto f = [](T a, T b, T c) { return Rule::backward(a, b, c); };
    const cpu::As converted(Rule::kUsesX ? x : dy, dtype);
    const Tensor &a = converted, &b = Rule::kUsesY ? y : dy;
    return cpu::map_elements<T, T>(dy.shape(), dtype, f, a, b, dy);
  });
}

template <class Rule, int kOperand>
Tensor binary_backward(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy) {
  const DType dtype = dy.dtype();
  return dispatch_floating(dtype, [&]<class T>(std::type_identity<T>) {
    const auto f = [](T u, T v, T w, T g) {
      if constexpr (kOperand == 0) {
        return Rule::backward_a(u, v, w, g);
      } else {
        return Rule::backward_b(u, v, w, g);
      }
    };
    const cpu::As converted_a(Rule::kUsesX ? a : dy, dtype);
    const cpu::As converted_b(Rule::kUsesX ? b : dy, dtype);
    const Tensor &u = converted_a, &v = converted_b, &w = Rule::kUsesY ? y : dy;
    return cpu::map_elements<T, T>(dy.shape(), dtype, f, u, v, w, dy);
  });
}

}  // namespace gradus

#define GRADUS_EMIT_TENSOR_UNARY(Rule, function)                                          \
  namespace gradus {                                                                      \
  Tensor function(const Tensor& x) { return cpu::unary<ops::Rule>(#function, x); }        \
  template Tensor unary_backward<ops::Rule>(const Tensor&, const Tensor&, const Tensor&); \
  }
#define GRADUS_EMIT_TENSOR_COMPARISON(Rule, function) \
  namespace gradus {                                  \
  Tensor function(const Tensor& a, const Tensor& b) { \
    return cpu::binary<ops::Rule>(#function, a, b);   \
  }                                                   \
  }
#define GRADUS_EMIT_TENSOR_BINARY(Rule, function)                                            \
  GRADUS_EMIT_TENSOR_COMPARISON(Rule, function)                                              \
  namespace gradus {                                                                         \
  template Tensor binary_backward<ops::Rule, 0>(const Tensor&, const Tensor&, const Tensor&, \
                                                const Tensor&);                              \
  template Tensor binary_backward<ops::Rule, 1>(const Tensor&, const Tensor&, const Tensor&, \
                                                const Tensor&);                              \
  }
#define GRADUS_EMIT_TENSOR_UNARY_OPERATOR(function, op)       \
  namespace gradus {                                          \
  Tensor operator op(const Tensor& x) { return function(x); } \
  }
#define GRADUS_EMIT_TENSOR_BINARY_OPERATOR(function, op)                          \
  namespace gradus {                                                              \
  Tensor operator op(const Tensor& a, const Tensor& b) { return function(a, b); } \
  }
