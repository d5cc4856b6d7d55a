#pragma once
// Around each launch on a GPU; driver/launch_check.cu.cc. Only nvcc sees this header.
#include "tensor/simt/shape.h"

namespace gradus::cuda {

inline dim3 to_dim3(const simt::Dim3& d) { return dim3(d.x, d.y, d.z); }

/// Launches that name no stream go into the thread's current one.
cudaStream_t stream_of(const simt::Launch& launch);

/// Asks for more than 48 KiB of dynamic shared memory where the launch needs it. Throws
/// DeviceError.
void prepare_launch(const void* kernel, const char* name, const simt::Launch& launch);

/// Throws DeviceError for a launch that did not start; in debug mode, where it waits, also for a
/// kernel that failed. Else what waits for the kernel reports that.
void check_launch(const char* name, const simt::Launch& launch);

}  // namespace gradus::cuda
