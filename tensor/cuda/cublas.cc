// cuBLAS is loaded when it is first used: linked, it would keep programs from starting where it is
// missing, and take half a second where it is not. Its header's names are macros for names with
// versions, which are the ones that the library has.
#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tensor/cuda/blas_table.h"
#include "tensor/error.h"

namespace gradus::gpu {
namespace {

struct Loaded {
  BlasTable table{};
  std::string why;
};

template <class F>
void find(void* library, const char* name, F*& function, std::string& why) {
  function = reinterpret_cast<F*>(dlsym(library, name));
  if (function == nullptr && why.empty()) why = std::string("it has no ") + name;
}

Loaded load() {
  std::vector<std::string> names = {"libcublas.so.13", "libcublas.so.12"};
  const char* const homes[] = {std::getenv("CUDA_HOME"), std::getenv("CUDA_PATH"),
                               "/usr/local/cuda"};
  for (const char* home : homes) {
    if (home == nullptr) continue;
    for (const char* folder : {"/lib64/", "/lib/", "/targets/x86_64-linux/lib/"}) {
      for (int k : {0, 1}) names.push_back(home + (folder + names[k]));
    }
  }
  Loaded loaded;
  void* library = nullptr;
  for (const std::string& name : names) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (loaded.why.empty()) loaded.why = dlerror();
  }
  if (library == nullptr) {
    loaded.why += "; expected it in the loader's path, LD_LIBRARY_PATH or under CUDA_HOME";
    return loaded;
  }
  loaded.why.clear();
  BlasTable& table = loaded.table;
  std::string& why = loaded.why;
  find(library, "cublasCreate_v2", table.create, why);
  find(library, "cublasDestroy_v2", table.destroy, why);
  find(library, "cublasSetStream_v2", table.set_stream, why);
  find(library, "cublasSetMathMode", table.set_math_mode, why);
  find(library, "cublasSgemm_v2", table.sgemm, why);
  find(library, "cublasDgemm_v2", table.dgemm, why);
  find(library, "cublasSgemmStridedBatched", table.sgemm_batched, why);
  find(library, "cublasDgemmStridedBatched", table.dgemm_batched, why);
  find(library, "cublasGemmEx", table.gemm_ex, why);
  find(library, "cublasGemmStridedBatchedEx", table.gemm_batched_ex, why);
  return loaded;
}

}  // namespace

const BlasTable& cublas() {
  static const Loaded& loaded = *new Loaded(load());
  if (!loaded.why.empty()) throw DeviceError("[gemm] cuBLAS: " + loaded.why);
  return loaded.table;
}

}  // namespace gradus::gpu
