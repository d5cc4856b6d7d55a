#pragma once
// What reductions combine two elements with. Only kernel files see this header.
#include "tensor/cuda/kernel.h"

namespace gradus::GRADUS_GPU {

struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Times {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a * b;
  }
};
struct Larger {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return larger(a, b);
  }
};
struct Smaller {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return smaller(a, b);
  }
};

}  // namespace gradus::GRADUS_GPU
