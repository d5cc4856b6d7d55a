#pragma once
// CUDA's atomic functions, relaxed as there: they order no other access. Each returns the value
// from before. Included by tensor/simt/builtins.h.
#include <type_traits>

namespace gradus::simt {

template <class T>
inline constexpr bool kIsAtomicWhole =
    std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, long long> ||
    std::is_same_v<T, unsigned long long>;
template <class T>
inline constexpr bool kIsAtomic =
    kIsAtomicWhole<T> || std::is_same_v<T, float> || std::is_same_v<T, double>;

/// *at = f(*at)
template <class T, class F>
T update(T* at, F f) {
  T old;
  __atomic_load(at, &old, __ATOMIC_RELAXED);
  while (true) {
    T next = f(old);
    if (__atomic_compare_exchange(at, &old, &next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      return old;
    }
  }
}

}  // namespace gradus::simt

template <class T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomic<T> && !std::is_same_v<T, long long>);
  if constexpr (std::is_floating_point_v<T>) {
    return ::gradus::simt::update(at, [value](T old) { return old + value; });
  } else {
    return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
  }
}
template <class T>
T atomicSub(T* at, std::type_identity_t<T> value) {
  static_assert(sizeof(T) == 4 && ::gradus::simt::kIsAtomicWhole<T>);
  return __atomic_fetch_sub(at, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicMin(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  return ::gradus::simt::update(at, [value](T old) { return value < old ? value : old; });
}
template <class T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  return ::gradus::simt::update(at, [value](T old) { return old < value ? value : old; });
}
template <class T>
T atomicAnd(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  return __atomic_fetch_and(at, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicOr(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  return __atomic_fetch_or(at, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicXor(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  return __atomic_fetch_xor(at, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicExch(T* at, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomic<T> && !std::is_same_v<T, double>);
  T old;
  __atomic_exchange(at, &value, &old, __ATOMIC_RELAXED);
  return old;
}
/// *at becomes `value` where it was `expected`, compared by bits.
template <class T>
T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  static_assert(::gradus::simt::kIsAtomicWhole<T>);
  __atomic_compare_exchange(at, &expected, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}
/// Counts up to `last`, then starts again at 0.
inline unsigned atomicInc(unsigned* at, unsigned last) {
  return ::gradus::simt::update(at, [last](unsigned old) { return old >= last ? 0 : old + 1; });
}
inline unsigned atomicDec(unsigned* at, unsigned last) {
  return ::gradus::simt::update(
      at, [last](unsigned old) { return old == 0 || old > last ? last : old - 1; });
}
