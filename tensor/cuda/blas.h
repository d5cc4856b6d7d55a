#pragma once
// Matrix products of a device, in cuBLAS's terms.
#include <cstdint>

#include "tensor/device.h"
#include "tensor/dtype.h"

namespace gradus::gpu {

/// C = alpha op(A) op(B) + beta C for each matrix of a batch, all in column-major order: element
/// [i, j] of A stands at a[i + j * lda], matrix number p at a + p * stride_a. op(A) is A or its
/// transpose. With beta 0 C is not read. Shapes: op(A) [m, k], op(B) [k, n], C [m, n], all sizes at
/// least 1.
struct Gemm {
  DType dtype = kFloat32;  ///< of all three, a floating one; half types are computed in float32
  bool transpose_a = false, transpose_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  const void* a = nullptr;
  std::int64_t lda = 0, stride_a = 0;
  const void* b = nullptr;
  std::int64_t ldb = 0, stride_b = 0;
  void* c = nullptr;
  std::int64_t ldc = 0, stride_c = 0;
  std::int64_t batch = 1;
  double alpha = 1, beta = 0;
};

/// On a GPU by cuBLAS, float32 without TF32; on the emulated device by the CPU's product. Throws
/// DeviceError for leading dimensions shorter than a column, as cuBLAS refuses them:
///   "[gemm] lda: 2; expected at least 3, the rows of A",
/// when cuBLAS is not there:
///   "[gemm] cuBLAS: libcublas.so.13: cannot open shared object file; ...; expected it in the
///   loader's path, LD_LIBRARY_PATH or under CUDA_HOME",
/// and for what else it reports: "[gemm] cuBLAS: status 13 (execution failed)".
void gemm(Device device, const Gemm& call);

}  // namespace gradus::gpu
