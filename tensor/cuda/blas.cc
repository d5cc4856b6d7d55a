#include "tensor/cuda/blas.h"

#include <climits>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/cuda/blas_table.h"
#include "tensor/cuda/driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace gradus::gpu {
namespace {

void check_leading(const char* name, std::int64_t leading, std::int64_t rows, const char* matrix) {
  if (leading >= rows) return;
  throw DeviceError("[gemm] " + std::string(name) + ": " + std::to_string(leading) +
                    "; expected at least " + std::to_string(rows) + ", the rows of " + matrix);
}

// cuBLAS counts in int.
int small(const char* name, std::int64_t size) {
  if (size <= INT_MAX) return static_cast<int>(size);
  throw DeviceError("[gemm] " + std::string(name) + ": " + std::to_string(size) +
                    "; expected at most 2147483647");
}

void check_status(const char* what, int status) {
  if (status == kBlasSuccess) return;
  static const std::map<int, const char*> kMeaning = {
      {1, "not initialised"},   {3, "no memory"},       {7, "invalid value"}, {8, "no such card"},
      {13, "execution failed"}, {14, "internal error"}, {15, "not supported"}};
  const auto meaning = kMeaning.find(status);
  throw DeviceError("[gemm] cuBLAS: " + std::string(what) + ": status " + std::to_string(status) +
                    (meaning == kMeaning.end() ? "" : " (" + std::string(meaning->second) + ")") +
                    launches_text());
}

// A handle keeps the stream it works in, so no two threads use one at a time.
class Handle {
 public:
  Handle(Device device, const BlasTable& table) : device_(device) {
    {
      const std::lock_guard lock(free_handles().mutex);
      std::vector<void*>& own = free_handles().of[device.index()];
      if (!own.empty()) {
        handle_ = own.back();
        own.pop_back();
      }
    }
    if (handle_ == nullptr) {
      int status = table.create(&handle_);
      if (status == kBlasNoMemory) {  // which the allocator may have kept
        release_kept(device);
        status = table.create(&handle_);
      }
      check_status("create", status);
      check_status("math mode", table.set_math_mode(handle_, kBlasNoReducedReduction));
    }
    check_status("stream", table.set_stream(handle_, current_stream()));
  }
  ~Handle() {
    const std::lock_guard lock(free_handles().mutex);
    free_handles().of[device_.index()].push_back(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void* get() const { return handle_; }

 private:
  struct Free {
    std::mutex mutex;
    std::map<int, std::vector<void*>> of;
  };
  // Never destroyed: at the end of a program CUDA is gone before static objects are.
  static Free& free_handles() {
    static Free& all = *new Free;
    return all;
  }

  Device device_;
  void* handle_ = nullptr;
};

template <class T>
int call_typed(void* handle, const Gemm& g, BlasGemm<T>* one, BlasGemmBatched<T>* many) {
  const T alpha = static_cast<T>(g.alpha), beta = static_cast<T>(g.beta);
  const int ta = g.transpose_a ? kBlasTranspose : kBlasNormal;
  const int tb = g.transpose_b ? kBlasTranspose : kBlasNormal;
  const int m = small("m", g.m), n = small("n", g.n), k = small("k", g.k);
  const int lda = small("lda", g.lda), ldb = small("ldb", g.ldb), ldc = small("ldc", g.ldc);
  const auto* a = static_cast<const T*>(g.a);
  const auto* b = static_cast<const T*>(g.b);
  auto* c = static_cast<T*>(g.c);
  if (g.batch == 1) {
    return one(handle, ta, tb, m, n, k, &alpha, a, lda, b, ldb, &beta, c, ldc);
  }
  return many(handle, ta, tb, m, n, k, &alpha, a, lda, g.stride_a, b, ldb, g.stride_b, &beta, c,
              ldc, g.stride_c, small("batch", g.batch));
}

int call_half(const BlasTable& table, void* handle, const Gemm& g) {
  const float alpha = static_cast<float>(g.alpha), beta = static_cast<float>(g.beta);
  const int ta = g.transpose_a ? kBlasTranspose : kBlasNormal;
  const int tb = g.transpose_b ? kBlasTranspose : kBlasNormal;
  const int m = small("m", g.m), n = small("n", g.n), k = small("k", g.k);
  const int lda = small("lda", g.lda), ldb = small("ldb", g.ldb), ldc = small("ldc", g.ldc);
  const int type = g.dtype == kFloat16 ? kBlasFloat16 : kBlasBFloat16;
  if (g.batch == 1) {
    return table.gemm_ex(handle, ta, tb, m, n, k, &alpha, g.a, type, lda, g.b, type, ldb, &beta,
                         g.c, type, ldc, kBlasComputeFloat32, kBlasDefaultAlgorithm);
  }
  return table.gemm_batched_ex(handle, ta, tb, m, n, k, &alpha, g.a, type, lda, g.stride_a, g.b,
                               type, ldb, g.stride_b, &beta, g.c, type, ldc, g.stride_c,
                               small("batch", g.batch), kBlasComputeFloat32, kBlasDefaultAlgorithm);
}

}  // namespace

void gemm(Device device, const Gemm& g) {
  check_available("gemm", device);
  check_leading("lda", g.lda, g.transpose_a ? g.k : g.m, "A");
  check_leading("ldb", g.ldb, g.transpose_b ? g.n : g.k, "B");
  check_leading("ldc", g.ldc, g.m, "C");
  if (!is_floating(g.dtype)) {
    throw DTypeError("[gemm] dtype: " + std::string(name(g.dtype)) + "; expected a floating one");
  }
  use_device(device);
  const bool emulated = device.kind() != Device::kCudaKind;
  const BlasTable& table = emulated ? emulated_blas() : cublas();
  void* handle = nullptr;
  const auto call = [&] {
    switch (g.dtype) {
      case kFloat32:
        return call_typed<float>(handle, g, table.sgemm, table.sgemm_batched);
      case kFloat64:
        return call_typed<double>(handle, g, table.dgemm, table.dgemm_batched);
      default:
        return call_half(table, handle, g);
    }
  };
  if (emulated) return check_status("gemm", call());
  const Handle own(device, table);
  handle = own.get();
  note_launch("gemm");
  check_status("gemm", call());
  if (launches_wait()) driver_of(device).synchronize(current_stream());
}

}  // namespace gradus::gpu
