#pragma once
// Matrix products of a device, as cuBLAS has them: the emulated device's come from the CPU's.
#include <cstdint>

#include "tensor/device.h"
#include "tensor/dtype.h"

namespace gradus::gpu {

/// C = op(A) op(B) for each matrix of a batch, all in column-major order: element [i, j] of A
/// stands at a[i + j * lda], matrix number p at a + p * stride_a. op(A) is A or its transpose.
/// Shapes: op(A) [m, k], op(B) [k, n], C [m, n], all at least 1.
struct Gemm {
  DType dtype = kFloat32;  ///< float32 or float64, of all three
  bool transpose_a = false, transpose_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  const void* a = nullptr;
  std::int64_t lda = 0, stride_a = 0;
  const void* b = nullptr;
  std::int64_t ldb = 0, stride_b = 0;
  void* c = nullptr;
  std::int64_t ldc = 0, stride_c = 0;
  std::int64_t batch = 1;
};

/// Throws DeviceError for leading dimensions shorter than a column, as cuBLAS refuses them:
///   "[gemm] lda: 2; expected at least 3, the rows of A".
void gemm(Device device, const Gemm& call);

}  // namespace gradus::gpu
