#pragma once
// Runs one test body on every device that this build has.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tensor/cuda/available.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradus::testing {

/// A device Gradus knows of; `missing` says why this build or machine lacks it, else it is empty.
struct KnownDevice {
  std::string name;
  std::string missing;
};

inline std::vector<KnownDevice> known_devices() {
  return {{"cpu", ""}, {"cuda_emulated", ""}, {"cuda", cuda::why_unavailable()}};
}

/// Those that can run. The others are shown as SKIPPED by one test, tests/tensor/devices_test.cc,
/// which fails instead where GRADUS_REQUIRE_CUDA=1 is set.
inline std::vector<std::string> devices() {
  std::vector<std::string> here;
  for (const KnownDevice& device : known_devices()) {
    if (device.missing.empty()) here.push_back(device.name);
  }
  return here;
}

/// Whether a GPU that is missing fails the tests that ask for one: GRADUS_REQUIRE_CUDA=1.
inline bool cuda_is_required() {
  const char* required = std::getenv("GRADUS_REQUIRE_CUDA");
  return required != nullptr && std::string(required) == "1";
}

/// Where tests that compare one device with the CPU work: on cuda_emulated, or on what
/// GRADUS_TEST_DEVICE says, as the program that is carried to a GPU has it (bench/gpu/run.sh).
inline Device tested_device() {
  static const char* given = std::getenv("GRADUS_TEST_DEVICE");
  static const Device device = given == nullptr ? kCudaEmulated : Device(given);
  return device;
}

/// For tables, which run on the CPU and then on all other devices there are. A GPU that is missing
/// is named in the output, and fails the test where it is required.
inline std::vector<Device> other_devices(const std::string& table) {
  if (cuda::is_available()) return {kCudaEmulated, kCuda};
  if (cuda_is_required()) {
    ADD_FAILURE() << "cuda: " << cuda::why_unavailable() << " (GRADUS_REQUIRE_CUDA=1)";
  }
  static const bool told = [&] {
    std::printf("cuda: %s and the tables below SKIPPED: %s\n", table.c_str(),
                cuda::why_unavailable().c_str());
    return true;
  }();
  static_cast<void>(told);
  return {kCudaEmulated};
}

/// Write TEST_P(YourName, Sentence), with `using YourName = EveryDevice;`, and below all of them
/// GRADUS_ON_EVERY_DEVICE(YourName). In the bodies tensor(), zeros() and so on are those of the
/// fixture, which make the operands on its device; on(x) moves others there.
class EveryDevice : public ::testing::TestWithParam<std::string> {
 public:
  Device device() const { return Device(GetParam()); }
  /// The emulated device, on which big tensors would take seconds.
  bool emulated() const { return device() == kCudaEmulated; }
  Tensor on(const Tensor& x) const { return x.to(device()); }

  Tensor tensor(const Nested& values, DType dtype = kFloat32) const {
    return on(gradus::tensor(values, dtype));
  }
  Tensor zeros(const Shape& shape, DType dtype = kFloat32) const {
    return gradus::zeros(shape, dtype, device());
  }
  Tensor ones(const Shape& shape, DType dtype = kFloat32) const {
    return gradus::ones(shape, dtype, device());
  }
  Tensor full(const Shape& shape, const Tensor& value, DType dtype = kFloat32) const {
    return gradus::full(shape, value, dtype, device());
  }
  template <class... T>
  Tensor arange(T... arguments) const {
    return on(gradus::arange(arguments...));
  }
  Tensor normal(const Shape& shape, double mean, double std, Generator& generator,
                DType dtype = kFloat32) const {
    return gradus::normal(shape, mean, std, generator, dtype, device());
  }
  Tensor uniform(const Shape& shape, double low, double high, Generator& generator,
                 DType dtype = kFloat32) const {
    return gradus::uniform(shape, low, high, generator, dtype, device());
  }
};

/// The view with its strides over a copy of all that it is a view of, on another device.
inline Tensor moved_view(const Tensor& view, const Tensor& base, Device device) {
  const std::int64_t first =
      view.numel() == 0 || base.numel() == 0
          ? 0
          : (static_cast<std::byte*>(view.raw_data()) - static_cast<std::byte*>(base.raw_data())) /
                static_cast<std::int64_t>(size_of(base.dtype()));
  return as_strided_unchecked(base.to(device), view.shape(), view.strides(), first);
}

}  // namespace gradus::testing

#define GRADUS_ON_EVERY_DEVICE(Fixture)                                                \
  INSTANTIATE_TEST_SUITE_P(, Fixture, ::testing::ValuesIn(gradus::testing::devices()), \
                           [](const auto& test) { return test.param; })
