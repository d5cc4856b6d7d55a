#pragma once
// What the host computes for tensors of a device, as hybrid libraries do with decompositions of
// small matrices: one after another decides how to go on, which is no work for thousands of
// threads. The operands are copied to the host, which waits for the device's work on them, and the
// results back.
#include <string_view>

#include "tensor/tensor.h"

namespace gradus::gpu {

/// The result of a function, a tensor or a structure of up to four, on a device.
template <class R>
R on_device_again(const R& result, Device device) {
  if constexpr (requires { result.to(device); }) {
    return result.to(device);
  } else if constexpr (requires(const Tensor& t) { R{t, t, t, t}; }) {
    const auto& [a, b, c, d] = result;
    return {a.to(device), b.to(device), c.to(device), d.to(device)};
  } else if constexpr (requires(const Tensor& t) { R{t, t, t}; }) {
    const auto& [a, b, c] = result;
    return {a.to(device), b.to(device), c.to(device)};
  } else {
    const auto& [a, b] = result;
    return {a.to(device), b.to(device)};
  }
}

/// Whether an operand is on a device; operands on different ones are a DeviceError.
inline bool off_cpu(const Tensor& A) { return A.defined() && !A.on_cpu(); }
inline bool off_cpu(std::string_view op, const Tensor& A, const Tensor& B) {
  if (!A.defined() || !B.defined()) return false;
  check_same_device(op, "A", A, "B", B);
  return !A.on_cpu();
}

/// f(operands on the CPU), its result on the device of the first one.
template <class F, class... More>
auto by_host(F f, const Tensor& first, const More&... more) {
  return on_device_again(f(first.to(kCpu), more.to(kCpu)...), first.device());
}

}  // namespace gradus::gpu
