#pragma once
// Turns rules into kernels: what the GRADUS_EMIT_GPU_ macros in the generated kernel files expand
// to. There is one kernel, a loop over elements; the rule is its argument.
// clang-format off
#include "tensor/cuda/kernel.h"  // first: it keeps tensors out of the headers of rules
// clang-format on

#include <cstring>
#include <type_traits>
#include <utility>

#include "tensor/cuda/elementwise.h"
#include "tensor/cuda/launch_label.h"
#include "tensor/cuda/map.h"
#include "tensor/rule_types.h"

namespace gradus::GRADUS_GPU {

template <class Rule>
struct Forward {
  Rule rule;
  template <class... T>
  __device__ auto operator()(T... x) const {
    return rule.forward(x...);
  }
};

// Of a rule with one operand, else of one of several.
template <class Rule, int kOperand>
struct Backward {
  Rule rule;
  template <class... T>
  __device__ auto operator()(T... x) const {
    if constexpr (sizeof...(T) == 3) {
      return rule.backward(x...);
    } else if constexpr (kOperand == 0) {
      return rule.backward_a(x...);
    } else if constexpr (kOperand == 1) {
      return rule.backward_b(x...);
    } else {
      return rule.backward_c(x...);
    }
  }
};

// A null pointer stands for a number that is the same everywhere.
template <class T, int N>
struct Operands {
  const T* x[N];
  T scalar[N];

  template <class F>
  void visit_pointers(F f) const {
    for (const T* pointer : x) f(pointer);
  }
  __device__ T read(int k, std::int64_t at) const { return x[k] != nullptr ? x[k][at] : scalar[k]; }
};

// How many elements a thread reads before it writes one, so that enough is on its way from memory:
// y might be x for all the compiler knows, which then waits for each. 8 bytes or more are enough.
template <class T, int N>
inline constexpr int kTogether = sizeof(T) > 4 || N > 2 ? 1 : 4 / N;

template <class F, class Out, class T, int N, std::size_t... k>
__device__ inline void map_all(std::int64_t n, const F& f, const gpu::ElementWalk& walk,
                               const Operands<T, N>& in, Out* y, std::index_sequence<k...>) {
  const std::int64_t all = all_threads();
  std::int64_t i = first_position();
  if (walk.rank == 0) {
    constexpr int kEach = kTogether<T, N>;
    for (; i + (kEach - 1) * all < n; i += kEach * all) {
      T x[kEach][N];
      GRADUS_UNROLL
      for (int e = 0; e < kEach; ++e) ((x[e][k] = in.read(k, i + e * all)), ...);
      GRADUS_UNROLL
      for (int e = 0; e < kEach; ++e) y[i + e * all] = f(x[e][k]...);
    }
    for (; i < n; i += all) y[i] = f(in.read(k, i)...);
    return;
  }
  for (; i < n; i += all) {
    const Places<N> place = places<N>(walk, i);
    y[i] = f(in.read(k, place.at[k])...);
  }
}
template <class F, class Out, class T, int N>
__global__ void map(std::int64_t n, F f, gpu::ElementWalk walk, Operands<T, N> in, Out* y) {
  map_all(n, f, walk, in, y, std::make_index_sequence<N>{});
}

template <class Out, class T, int N, class F>
void launch_map(const F& f, const gpu::ElementCall& call) {
  if (call.n == 0) return;
  Operands<T, N> in{};
  for (int k = 0; k < N; ++k) {
    in.x[k] = static_cast<const T*>(call.operand[k]);
    std::memcpy(&in.scalar[k], &call.scalar[k], sizeof(T));
  }
  const simt::Launch launch = launch_for(call.n, call.stream);
  GRADUS_LAUNCH_AS(gpu::kLaunchLabel<F>.data(), (map<F, Out, T, N>), launch, call.n, f, call.walk,
                   in, static_cast<Out*>(call.result));
}

// How many operands forward() has.
template <class Rule>
consteval int operand_count() {
  using T = std::conditional_t<Rule::kDomain == Domain::kIntegral, std::int64_t, float>;
  if constexpr (requires(const Rule& rule, T x) { rule.forward(x); }) {
    return 1;
  } else if constexpr (requires(const Rule& rule, T x) { rule.forward(x, x); }) {
    return 2;
  } else {
    return 3;
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

template <class Device, class Rule>
void forward(const Rule& rule, const ElementCall& call) {
  dispatch_for<Rule>(call.dtype, [&]<class T>(std::type_identity<T>) {
    using Out = std::conditional_t<Rule::kDomain == Domain::kComparison, bool, T>;
    GRADUS_GPU::launch_map<Out, T, GRADUS_GPU::operand_count<Rule>()>(
        GRADUS_GPU::Forward<Rule>{rule}, call);
  });
}

template <class Device, class Rule, int kOperand>
void backward(const Rule& rule, const ElementCall& call) {
  dispatch_floating(call.dtype, [&]<class T>(std::type_identity<T>) {
    GRADUS_GPU::launch_map<T, T, GRADUS_GPU::operand_count<Rule>() + 2>(
        GRADUS_GPU::Backward<Rule, kOperand>{rule}, call);
  });
}

}  // namespace gradus::gpu

#define GRADUS_GPU_FORWARD(Rule)                                                         \
  template void gradus::gpu::forward<gradus::GRADUS_GPU::ThisDevice, gradus::ops::Rule>( \
      const gradus::ops::Rule&, const gradus::gpu::ElementCall&)
#define GRADUS_GPU_BACKWARD(Rule, operand)                                                         \
  template void gradus::gpu::backward<gradus::GRADUS_GPU::ThisDevice, gradus::ops::Rule, operand>( \
      const gradus::ops::Rule&, const gradus::gpu::ElementCall&)
#define GRADUS_EMIT_GPU_UNARY(Rule, function) \
  GRADUS_GPU_FORWARD(Rule);                   \
  GRADUS_GPU_BACKWARD(Rule, 0)
#define GRADUS_EMIT_GPU_BINARY(Rule, function) \
  GRADUS_GPU_FORWARD(Rule);                    \
  GRADUS_GPU_BACKWARD(Rule, 0);                \
  GRADUS_GPU_BACKWARD(Rule, 1)
#define GRADUS_EMIT_GPU_TERNARY(Rule, function) \
  GRADUS_EMIT_GPU_BINARY(Rule, function);       \
  GRADUS_GPU_BACKWARD(Rule, 2)
#define GRADUS_EMIT_GPU_UNARY_WITH(Rule, function) GRADUS_EMIT_GPU_UNARY(Rule, function)
#define GRADUS_EMIT_GPU_PREDICATE(Rule, function) GRADUS_GPU_FORWARD(Rule)
#define GRADUS_EMIT_GPU_INTEGRAL_UNARY(Rule, function) GRADUS_GPU_FORWARD(Rule)
#define GRADUS_EMIT_GPU_COMPARISON(Rule, function) GRADUS_GPU_FORWARD(Rule)
#define GRADUS_EMIT_GPU_COMPARISON_WITH(Rule, function) GRADUS_GPU_FORWARD(Rule)
#define GRADUS_EMIT_GPU_INTEGRAL(Rule, function) GRADUS_GPU_FORWARD(Rule)
#define GRADUS_EMIT_GPU_UNARY_OPERATOR(function, op) static_assert(true)
#define GRADUS_EMIT_GPU_BINARY_OPERATOR(function, op) static_assert(true)
