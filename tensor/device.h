#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace gradus {

/// Where the elements of a tensor are and its operations run:
///   cpu            this computer's processor
///   cuda, cuda:1   an NVIDIA GPU, the first one unless a number is given
///   cuda_emulated  the kernels of the GPU, run by the processor (tensor/simt): for tests, and to
///                  learn without a GPU
/// Texts convert: x.to("cuda:1").
class Device {
 public:
  enum Kind : std::uint8_t { kCpuKind, kCudaKind, kCudaEmulatedKind };

  constexpr Device() = default;
  constexpr explicit Device(Kind kind, int index = 0)
      : kind_(kind), index_(static_cast<std::uint8_t>(index)) {}
  /// Throws ConfigError: "[device] text: 'gpu'; expected cpu, cuda, cuda:NUMBER or cuda_emulated".
  Device(std::string_view text);                                // NOLINT: implicit by design
  Device(const char* text) : Device(std::string_view(text)) {}  // NOLINT

  constexpr Kind kind() const { return kind_; }
  /// Which of the GPUs, from 0.
  constexpr int index() const { return index_; }
  constexpr bool is_cpu() const { return kind_ == kCpuKind; }
  friend constexpr bool operator==(Device a, Device b) {
    return a.kind_ == b.kind_ && a.index_ == b.index_;
  }

 private:
  Kind kind_ = kCpuKind;
  std::uint8_t index_ = 0;
};

inline constexpr Device kCpu{Device::kCpuKind};
inline constexpr Device kCuda{Device::kCudaKind};
inline constexpr Device kCudaEmulated{Device::kCudaEmulatedKind};

/// "cpu", "cuda:0", "cuda_emulated".
std::string to_string(Device device);
std::ostream& operator<<(std::ostream& out, Device device);

/// Throws DeviceError when the device cannot be used:
///   "[op] device: cuda:0; CUDA is not there: this build has no CUDA; ..."
void check_available(std::string_view op, Device device);

}  // namespace gradus
