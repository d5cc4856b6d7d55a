#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct ToDevice {
  static constexpr const char* kName = "to_device";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Device device;

  Tensor forward(const Tensor& x) const { return x.to(device); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// A copy on another device. Shapes: x [...]  ->  y [...]. The gradient is copied back. A parameter
/// is moved by making it there: parameter(w.to(kCuda)). Throws DeviceError.
inline Variable to_device(Operand x, Device device) { return record(ops::ToDevice{device}, x); }

inline void ops::ToDevice::backward(Gradients& d) const {
  d.set(0, to_device(d.dy(), d.device(0)));
}

}  // namespace gradus
