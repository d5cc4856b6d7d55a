#include "tensor/cuda/available.h"

namespace gradus::cuda {

const std::string& why_unavailable() {
  static const std::string& why = *new std::string(
      "this build has no CUDA; expected cpu or cuda_emulated, which runs the same kernels");
  return why;
}

}  // namespace gradus::cuda
