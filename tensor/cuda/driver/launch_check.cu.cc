#include "tensor/cuda/launch_check.h"

#include <string>

#include "tensor/cuda/driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/error.h"

namespace gradus::cuda {

cudaStream_t stream_of(const simt::Launch& launch) {
  return static_cast<cudaStream_t>(launch.stream != nullptr ? launch.stream
                                                            : gpu::current_stream());
}

void prepare_launch(const void* kernel, const char* name, const simt::Launch& launch) {
  if (!launch.large_shared) return;
  const cudaError_t error = cudaFuncSetAttribute(
      kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(launch.shared_bytes));
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // else the next launch would be blamed
  throw DeviceError("[" + gpu::launch_name(name) + "] shared_bytes: " +
                    std::to_string(launch.shared_bytes) + ": " + cudaGetErrorString(error));
}

void check_launch(const char* name, const simt::Launch& launch) {
  cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess && gpu::launches_wait()) {
    error = cudaStreamSynchronize(stream_of(launch));
  }
  if (error == cudaSuccess) {
    gpu::note_launch(name);
    return;
  }
  throw DeviceError("[" + gpu::launch_name(name) + "] launch: " + cudaGetErrorString(error) +
                    gpu::launches_text());
}

}  // namespace gradus::cuda
