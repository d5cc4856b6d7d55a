#pragma once
// Whether there is a GPU, and which. Names no CUDA type: any part of Gradus may ask.
#include <string>

namespace gradus::cuda {

/// Empty when a GPU can be used, else the reason: "this build has no CUDA; ...", or what CUDA's
/// runtime says: "CUDA driver version is insufficient for CUDA runtime version". Never throws, and
/// is the same for the whole program.
const std::string& why_unavailable();

inline bool is_available() { return why_unavailable().empty(); }

/// How many GPUs there are: cuda:0 ... cuda:COUNT-1.
int device_count();

/// A line for people: "NVIDIA H100, 132 multiprocessors, compute capability 9.0, 79.1 GiB; CUDA
/// 13.0, driver 13.0". Throws DeviceError when there is no such GPU.
std::string description(int index);

}  // namespace gradus::cuda
