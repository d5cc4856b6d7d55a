// cuBLAS's functions by the CPU's product. C in column-major order is its transpose in row-major
// order: C' = op(B)' op(A)'.
#include <cstdint>
#include <type_traits>
#include <vector>

#include "tensor/cpu/gemm.h"
#include "tensor/cuda/blas_table.h"
#include "tensor/half.h"

namespace gradus::gpu {
namespace {

/// One product; C holds T, the sums are of type Sum.
template <class T, class Sum>
void multiply_one(int transpose_a, int transpose_b, int m, int n, int k, Sum alpha, const T* a,
                  int lda, const T* b, int ldb, Sum beta, T* c, int ldc) {
  // A matrix of `rows` and `columns` in numbers to compute with.
  const auto numbers = [](const T* from, int leading, int rows, int columns,
                          std::vector<Sum>& copy) -> const Sum* {
    if constexpr (std::is_same_v<T, Sum>) {
      return from;
    } else {
      copy.resize(static_cast<std::size_t>(leading) * columns);
      for (int j = 0; j < columns; ++j) {
        for (int i = 0; i < rows; ++i) {
          const std::size_t at = static_cast<std::size_t>(j) * leading + i;
          copy[at] = static_cast<Sum>(from[at]);
        }
      }
      return copy.data();
    }
  };
  const auto view = [](const Sum* first, std::int64_t leading, bool transposed) {
    return transposed ? cpu::MatrixView<Sum>{first, 1, leading}
                      : cpu::MatrixView<Sum>{first, leading, 1};
  };
  std::vector<Sum> copy_a, copy_b;
  const Sum* x = transpose_a ? numbers(a, lda, k, m, copy_a) : numbers(a, lda, m, k, copy_a);
  const Sum* y = transpose_b ? numbers(b, ldb, n, k, copy_b) : numbers(b, ldb, k, n, copy_b);
  if constexpr (std::is_same_v<T, Sum>) {
    if (ldc == m && alpha == 1 && beta == 0) {
      return cpu::multiply(view(y, ldb, transpose_b), view(x, lda, transpose_a), c, n, k, m);
    }
  }
  std::vector<Sum> product(static_cast<std::size_t>(m) * n);
  cpu::multiply(view(y, ldb, transpose_b), view(x, lda, transpose_a), product.data(), n, k, m);
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < m; ++i) {
      Sum sum = product[j * m + i];
      if (alpha != 1) sum *= alpha;
      T& to = c[j * ldc + i];
      if (beta != 0) sum += beta * static_cast<Sum>(to);
      to = static_cast<T>(sum);
    }
  }
}

template <class T, class Sum = T>
int batched(int transpose_a, int transpose_b, int m, int n, int k, const Sum* alpha, const T* a,
            int lda, long long stride_a, const T* b, int ldb, long long stride_b, const Sum* beta,
            T* c, int ldc, long long stride_c, int batch) {
  const auto known = [](int operation) {
    return operation == kBlasNormal || operation == kBlasTranspose;
  };
  const auto enough = [](int leading, int rows) { return leading >= (rows > 1 ? rows : 1); };
  if (!known(transpose_a) || !known(transpose_b) || m < 0 || n < 0 || k < 0 || batch < 0 ||
      !enough(lda, transpose_a ? k : m) || !enough(ldb, transpose_b ? n : k) || !enough(ldc, m)) {
    return kBlasInvalidValue;
  }
  if (m == 0 || n == 0) return kBlasSuccess;
  if (k == 0) return kBlasNotSupported;  // nobody here asks for a product of nothing
  for (long long p = 0; p < batch; ++p) {
    multiply_one<T, Sum>(transpose_a, transpose_b, m, n, k, *alpha, a + p * stride_a, lda,
                         b + p * stride_b, ldb, *beta, c + p * stride_c, ldc);
  }
  return kBlasSuccess;
}

template <class T>
int gemm_of(void*, int transpose_a, int transpose_b, int m, int n, int k, const T* alpha,
            const T* a, int lda, const T* b, int ldb, const T* beta, T* c, int ldc) {
  return batched<T>(transpose_a, transpose_b, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0,
                    1);
}
template <class T>
int gemm_batched_of(void*, int transpose_a, int transpose_b, int m, int n, int k, const T* alpha,
                    const T* a, int lda, long long stride_a, const T* b, int ldb,
                    long long stride_b, const T* beta, T* c, int ldc, long long stride_c,
                    int batch) {
  return batched<T>(transpose_a, transpose_b, m, n, k, alpha, a, lda, stride_a, b, ldb, stride_b,
                    beta, c, ldc, stride_c, batch);
}

int gemm_batched_ex(void*, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                    const void* a, int type_a, int lda, long long stride_a, const void* b,
                    int type_b, int ldb, long long stride_b, const void* beta, void* c, int type_c,
                    int ldc, long long stride_c, int batch, int compute_type, int) {
  if (type_a != type_b || type_a != type_c || compute_type != kBlasComputeFloat32) {
    return kBlasNotSupported;
  }
  const auto run = [&]<class T>(std::type_identity<T>) {
    return batched<T, float>(transpose_a, transpose_b, m, n, k, static_cast<const float*>(alpha),
                             static_cast<const T*>(a), lda, stride_a, static_cast<const T*>(b), ldb,
                             stride_b, static_cast<const float*>(beta), static_cast<T*>(c), ldc,
                             stride_c, batch);
  };
  switch (type_a) {
    case kBlasFloat16:
      return run(std::type_identity<Float16>{});
    case kBlasBFloat16:
      return run(std::type_identity<BFloat16>{});
    case kBlasFloat32:
      return run(std::type_identity<float>{});
    default:
      return kBlasNotSupported;
  }
}
int gemm_ex(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
            const void* a, int type_a, int lda, const void* b, int type_b, int ldb,
            const void* beta, void* c, int type_c, int ldc, int compute_type, int algorithm) {
  return gemm_batched_ex(handle, transpose_a, transpose_b, m, n, k, alpha, a, type_a, lda, 0, b,
                         type_b, ldb, 0, beta, c, type_c, ldc, 0, 1, compute_type, algorithm);
}

int create(void** handle) {
  static char only = 0;
  *handle = &only;
  return kBlasSuccess;
}
int do_nothing(void*) { return kBlasSuccess; }
int set_stream(void*, void*) { return kBlasSuccess; }
int set_math_mode(void*, int) { return kBlasSuccess; }

}  // namespace

const BlasTable& emulated_blas() {
  static constexpr BlasTable kTable = {create,
                                       do_nothing,
                                       set_stream,
                                       set_math_mode,
                                       gemm_of<float>,
                                       gemm_of<double>,
                                       gemm_batched_of<float>,
                                       gemm_batched_of<double>,
                                       gemm_ex,
                                       gemm_batched_ex};
  return kTable;
}

}  // namespace gradus::gpu
