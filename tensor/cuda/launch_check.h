#pragma once
// Around each launch on a GPU. Only nvcc sees this header.
#include <string>

#include "tensor/error.h"
#include "tensor/simt/shape.h"

namespace gradus::cuda {

inline dim3 to_dim3(const simt::Dim3& d) { return dim3(d.x, d.y, d.z); }

/// Asks for more than 48 KiB of dynamic shared memory where the launch needs it.
template <class Kernel>
void prepare_launch(Kernel* kernel, const char* name, const simt::Launch& launch) {
  if (!launch.large_shared) return;
  const cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                 cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                 static_cast<int>(launch.shared_bytes));
  if (error == cudaSuccess) return;
  throw DeviceError("[" + std::string(name) + "] shared_bytes: " +
                    std::to_string(launch.shared_bytes) + ": " + cudaGetErrorString(error));
}

/// Throws DeviceError for a launch that did not start.
inline void check_launch(const char* name) {
  const cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return;
  throw DeviceError("[" + std::string(name) + "] launch: " + cudaGetErrorString(error));
}

}  // namespace gradus::cuda
