#pragma once
// What kernels of products are made of: registers full of numbers, the fused multiply-add, and
// memory of the pool for packed operands.
#include <cmath>
#include <cstdint>

#include "tensor/pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gradus::cpu {

#if defined(__AVX512F__)
inline constexpr int kRegisterBytes = 64;
#elif defined(__AVX__)
inline constexpr int kRegisterBytes = 32;
#else
inline constexpr int kRegisterBytes = 16;
#endif

template <class T>
using Vector [[gnu::vector_size(kRegisterBytes)]] = T;
template <class T>
inline constexpr int kWidth = kRegisterBytes / static_cast<int>(sizeof(T));

/// a * b + c, rounded once.
inline Vector<float> multiply_add(Vector<float> a, Vector<float> b, Vector<float> c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX__) && defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  for (int i = 0; i < kWidth<float>; ++i) c[i] = std::fma(a[i], b[i], c[i]);
  return c;
#endif
}

inline Vector<double> multiply_add(Vector<double> a, Vector<double> b, Vector<double> c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_pd(a, b, c);
#elif defined(__AVX__) && defined(__FMA__)
  return _mm256_fmadd_pd(a, b, c);
#else
  for (int i = 0; i < kWidth<double>; ++i) c[i] = std::fma(a[i], b[i], c[i]);
  return c;
#endif
}

/// Memory of the pool for n elements.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::int64_t n)
      : bytes_(n * sizeof(T)), first_(n == 0 ? nullptr : static_cast<T*>(pool_allocate(bytes_))) {}
  ~Buffer() {
    if (first_ != nullptr) pool_free(first_, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* data() const { return first_; }

 private:
  std::size_t bytes_;
  T* first_;
};

}  // namespace gradus::cpu
