#pragma once
// The functions of cuBLAS that Gradus calls, as a table: filled from the library when it is first
// used (cublas.cc), or with the CPU's products (emulated_blas.cc). Only their types are written
// here, with CUDA's own replaced by int and void*, so that no header of CUDA is needed. Names and
// numbers: cublas_api.h and library_types.h.
#include <string>

namespace gradus::gpu {

enum BlasStatus : int {
  kBlasSuccess = 0,
  kBlasNoMemory = 3,
  kBlasInvalidValue = 7,
  kBlasNotSupported = 15,
};
enum BlasOperation : int { kBlasNormal = 0, kBlasTranspose = 1 };
enum BlasType : int { kBlasFloat32 = 0, kBlasFloat64 = 1, kBlasFloat16 = 2, kBlasBFloat16 = 14 };
inline constexpr int kBlasComputeFloat32 = 68, kBlasDefaultAlgorithm = -1;
// Sums of half types stay in float32 also where a product is split over k.
inline constexpr int kBlasNoReducedReduction = 16;

/// C = alpha op(A) op(B) + beta C in column-major order.
template <class T>
using BlasGemm = int(void* handle, int transpose_a, int transpose_b, int m, int n, int k,
                     const T* alpha, const T* a, int lda, const T* b, int ldb, const T* beta, T* c,
                     int ldc);
template <class T>
using BlasGemmBatched = int(void* handle, int transpose_a, int transpose_b, int m, int n, int k,
                            const T* alpha, const T* a, int lda, long long stride_a, const T* b,
                            int ldb, long long stride_b, const T* beta, T* c, int ldc,
                            long long stride_c, int batch);
using BlasGemmEx = int(void* handle, int transpose_a, int transpose_b, int m, int n, int k,
                       const void* alpha, const void* a, int type_a, int lda, const void* b,
                       int type_b, int ldb, const void* beta, void* c, int type_c, int ldc,
                       int compute_type, int algorithm);
using BlasGemmBatchedEx = int(void* handle, int transpose_a, int transpose_b, int m, int n, int k,
                              const void* alpha, const void* a, int type_a, int lda,
                              long long stride_a, const void* b, int type_b, int ldb,
                              long long stride_b, const void* beta, void* c, int type_c, int ldc,
                              long long stride_c, int batch, int compute_type, int algorithm);

struct BlasTable {
  int (*create)(void** handle);
  int (*destroy)(void* handle);
  int (*set_stream)(void* handle, void* stream);
  int (*set_math_mode)(void* handle, int mode);
  BlasGemm<float>* sgemm;
  BlasGemm<double>* dgemm;
  BlasGemmBatched<float>* sgemm_batched;
  BlasGemmBatched<double>* dgemm_batched;
  BlasGemmEx* gemm_ex;
  BlasGemmBatchedEx* gemm_batched_ex;
};

/// The CPU's products, behind cuBLAS's rules: C is not read where beta is 0, leading dimensions
/// must be long enough (kBlasInvalidValue), gemm_ex takes three equal types of float16, bfloat16
/// and float32 and computes in float32 (else kBlasNotSupported).
const BlasTable& emulated_blas();

/// cuBLAS, loaded by the first call: libcublas.so.13, then .12, then those under CUDA_HOME. Throws
/// DeviceError when there is none.
const BlasTable& cublas();

}  // namespace gradus::gpu
