// Asks CUDA's runtime, once, which GPUs there are. With the static runtime a program starts without
// a driver too, and is told so here.
#include "tensor/cuda/available.h"

#include "tensor/device.h"
#include "tensor/error.h"
#include "tensor/memory.h"

namespace gradus::cuda {
namespace {

__global__ void do_nothing() {}

struct Found {
  int count = 0;
  std::string why;
};

Found look() {
  Found found;  // the count stays as it is when there is an error
  cudaError_t error = cudaGetDeviceCount(&found.count);
  if (error == cudaSuccess && found.count == 0) error = cudaErrorNoDevice;
  if (error == cudaSuccess) {
    // Whether this program has code for the first of them.
    cudaFuncAttributes attributes;
    error = cudaFuncGetAttributes(&attributes, do_nothing);
  }
  if (error == cudaSuccess) return found;
  static_cast<void>(cudaGetLastError());  // else the next check would find it
  return {0, std::string("CUDA says: ") + cudaGetErrorString(error) + " (" +
                 cudaGetErrorName(error) +
                 "); expected cpu or cuda_emulated, which runs the same "
                 "kernels"};
}

const Found& found() {
  static const Found& result = *new Found(look());
  return result;
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

const std::string& why_unavailable() { return found().why; }

int device_count() { return found().count; }

std::string description(int index) {
  check_available("description", Device(Device::kCudaKind, index));
  cudaDeviceProp card;
  int runtime = 0, driver = 0;
  cudaError_t error = cudaGetDeviceProperties(&card, index);
  if (error == cudaSuccess) error = cudaRuntimeGetVersion(&runtime);
  if (error == cudaSuccess) error = cudaDriverGetVersion(&driver);
  if (error != cudaSuccess) {
    throw DeviceError(std::string("[description] cuda: ") + cudaGetErrorString(error));
  }
  return std::string(card.name) + ", " + std::to_string(card.multiProcessorCount) +
         " multiprocessors, compute capability " + std::to_string(card.major) + "." +
         std::to_string(card.minor) + ", " +
         bytes_text(static_cast<std::int64_t>(card.totalGlobalMem)) + "; CUDA " +
         version_text(runtime) + ", driver " + version_text(driver);
}

}  // namespace gradus::cuda
