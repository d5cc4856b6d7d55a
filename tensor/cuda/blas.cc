#include "tensor/cuda/blas.h"

#include <string>
#include <vector>

#include "tensor/cpu/gemm.h"
#include "tensor/error.h"

namespace gradus::gpu {
namespace {

void check_leading(const char* name, std::int64_t leading, std::int64_t rows, const char* matrix) {
  if (leading >= rows) return;
  throw DeviceError("[gemm] " + std::string(name) + ": " + std::to_string(leading) +
                    "; expected at least " + std::to_string(rows) + ", the rows of " + matrix);
}

// The memory of the emulated device is the CPU's. C in column-major order is its transpose in
// row-major order: C' = op(B)' op(A)'.
template <class T>
void emulated_gemm(const Gemm& g) {
  const auto view = [](const void* first, std::int64_t offset, std::int64_t leading,
                       bool transposed) {
    const T* at = static_cast<const T*>(first) + offset;
    return transposed ? cpu::MatrixView<T>{at, 1, leading} : cpu::MatrixView<T>{at, leading, 1};
  };
  std::vector<T> product(g.ldc == g.m ? 0 : g.m * g.n);
  for (std::int64_t p = 0; p < g.batch; ++p) {
    T* c = static_cast<T*>(g.c) + p * g.stride_c;
    T* to = g.ldc == g.m ? c : product.data();
    cpu::multiply(view(g.b, p * g.stride_b, g.ldb, g.transpose_b),
                  view(g.a, p * g.stride_a, g.lda, g.transpose_a), to, g.n, g.k, g.m);
    for (std::int64_t j = 0; to != c && j < g.n; ++j) {
      for (std::int64_t i = 0; i < g.m; ++i) c[j * g.ldc + i] = product[j * g.m + i];
    }
  }
}

}  // namespace

void gemm(Device device, const Gemm& g) {
  check_available("gemm", device);
  check_leading("lda", g.lda, g.transpose_a ? g.k : g.m, "A");
  check_leading("ldb", g.ldb, g.transpose_b ? g.n : g.k, "B");
  check_leading("ldc", g.ldc, g.m, "C");
  dispatch_floating(g.dtype, [&]<class T>(std::type_identity<T>) { emulated_gemm<T>(g); });
}

}  // namespace gradus::gpu
