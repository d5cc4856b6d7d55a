#pragma once
// Around each launch on a GPU. Only nvcc sees this header.
#include <string>

#include "tensor/cuda/driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/error.h"
#include "tensor/simt/shape.h"

namespace gradus::cuda {

inline dim3 to_dim3(const simt::Dim3& d) { return dim3(d.x, d.y, d.z); }

/// Launches that name no stream go into the thread's current one.
inline cudaStream_t stream_of(const simt::Launch& launch) {
  return static_cast<cudaStream_t>(launch.stream != nullptr ? launch.stream
                                                            : gpu::current_stream());
}

/// Asks for more than 48 KiB of dynamic shared memory where the launch needs it.
template <class Kernel>
void prepare_launch(Kernel* kernel, const char* name, const simt::Launch& launch) {
  if (!launch.large_shared) return;
  const cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                 cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                 static_cast<int>(launch.shared_bytes));
  if (error == cudaSuccess) return;
  throw DeviceError("[" + gpu::launch_name(name) + "] shared_bytes: " +
                    std::to_string(launch.shared_bytes) + ": " + cudaGetErrorString(error));
}

/// Throws DeviceError for a launch that did not start; in debug mode, where it waits, also for a
/// kernel that failed. Else what waits for the kernel reports that.
inline void check_launch(const char* name, const simt::Launch& launch) {
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
