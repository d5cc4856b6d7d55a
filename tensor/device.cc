#include "tensor/device.h"

#include <charconv>
#include <ostream>

#include "tensor/cuda/available.h"
#include "tensor/error.h"

namespace gradus {

Device::Device(std::string_view text) {
  if (text == "cpu") return;
  if (text == "cuda_emulated") {
    kind_ = kCudaEmulatedKind;
    return;
  }
  constexpr std::string_view kPrefix = "cuda:";
  if (text == "cuda") {
    kind_ = kCudaKind;
    return;
  }
  if (text.starts_with(kPrefix)) {
    const char *first = text.data() + kPrefix.size(), *last = text.data() + text.size();
    const auto [end, error] = std::from_chars(first, last, index_);
    if (error == std::errc() && end == last) {
      kind_ = kCudaKind;
      return;
    }
  }
  throw ConfigError("[device] text: '" + std::string(text) +
                    "'; expected cpu, cuda, cuda:NUMBER or cuda_emulated");
}

std::string to_string(Device device) {
  switch (device.kind()) {
    case Device::kCpuKind:
      return "cpu";
    case Device::kCudaEmulatedKind:
      return "cuda_emulated";
    default:
      return "cuda:" + std::to_string(device.index());
  }
}

std::ostream& operator<<(std::ostream& out, Device device) { return out << to_string(device); }

void check_available(std::string_view op, Device device) {
  if (device.kind() != Device::kCudaKind) return;
  const std::string& why = cuda::why_unavailable();
  if (why.empty() && device.index() < cuda::device_count()) return;
  throw DeviceError("[" + std::string(op) + "] device: " + to_string(device) + "; " +
                    (!why.empty() ? why
                                  : "this computer has " + std::to_string(cuda::device_count()) +
                                        "; expected a number below that"));
}

}  // namespace gradus
