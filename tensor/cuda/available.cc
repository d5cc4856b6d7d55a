// In builds without CUDA; driver/available.cu.cc else.
#include "tensor/cuda/available.h"

#include "tensor/device.h"

#if !defined(GRADUS_WITH_CUDA)
namespace gradus::cuda {

const std::string& why_unavailable() {
  static const std::string& why = *new std::string(
      "this build has no CUDA; expected cpu or cuda_emulated, which runs the same kernels");
  return why;
}

int device_count() { return 0; }

std::string description(int index) {
  check_available("description", Device(Device::kCudaKind, index));
  return {};
}

}  // namespace gradus::cuda
#endif
