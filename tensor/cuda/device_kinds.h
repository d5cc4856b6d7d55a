#pragma once
// The devices that run kernels, as types: launchers are templates over them, so that the code that
// nvcc and g++ make from one file has different names.

namespace gradus::gpu {

struct Cuda;
struct Emulated;

}  // namespace gradus::gpu
