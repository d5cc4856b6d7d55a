// Tensors on devices: where they are made and moved, what reads them, and what refuses to.
#include "tensor/device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "tensor/cuda/available.h"
#include "tensor/cuda/runtime.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/lerp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"

namespace gradus::testing {
namespace {

TEST(Device, IsReadAndPrintedAsInPyTorch) {
  EXPECT_EQ(Device(), kCpu);
  EXPECT_EQ(Device("cpu"), kCpu);
  EXPECT_EQ(Device("cuda"), kCuda);
  EXPECT_EQ(Device("cuda:0"), kCuda);
  EXPECT_EQ(Device("cuda:11"), Device(Device::kCudaKind, 11));
  EXPECT_NE(Device("cuda:1"), kCuda);
  EXPECT_EQ(Device("cuda_emulated"), kCudaEmulated);
  std::ostringstream out;
  out << kCpu << " " << Device("cuda:3") << " " << kCuda << " " << kCudaEmulated;
  EXPECT_EQ(out.str(), "cpu cuda:3 cuda:0 cuda_emulated");
  for (const std::string text : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:300", "cuda:1 "}) {
    expect_throws_text<ConfigError>(
        [&] { return Device(text); },
        "[device] text: '" + text + "'; expected cpu, cuda, cuda:NUMBER or cuda_emulated");
  }
}

TEST(Device, ThatIsMissingSaysWhy) {
  if (cuda::is_available()) GTEST_SKIP() << "SKIPPED: there is a GPU";
  const Tensor x = ones({2});
  expect_throws_text<DeviceError>([&] { return x.to("cuda"); },
                                  "[to] device: cuda:0; " + cuda::why_unavailable());
  expect_throws_text<DeviceError>([&] { return zeros({2}, kCuda); },
                                  "[empty] device: cuda:0; " + cuda::why_unavailable());
  const std::string hint = "; expected cpu or cuda_emulated, which runs the same kernels";
  const bool says_cuda = cuda::why_unavailable().starts_with("CUDA says: ");
  EXPECT_TRUE(says_cuda || cuda::why_unavailable() == "this build has no CUDA" + hint);
  EXPECT_TRUE(cuda::why_unavailable().ends_with(hint)) << cuda::why_unavailable();
  EXPECT_EQ(cuda::device_count(), 0);
}

using OnDevices = EveryDevice;

TEST_P(OnDevices, TensorsMoveThereAndBack) {
  Generator generator(1);
  for (const DType dtype : kAllDTypes) {
    const Tensor x = randint(0, 2, {3, 5, 4}, generator).to(dtype);
    const std::vector<Tensor> views = {x,
                                       x.transpose(),
                                       x.slice(1, {None, None, -2}),
                                       x.select(2, 1),
                                       x.slice(0, {1, 1}),
                                       x.select(0, 0).select(0, 0).select(0, 3)};
    for (const Tensor& view : views) {
      const Tensor there = on(view);
      EXPECT_EQ(there.device(), device());
      EXPECT_EQ(there.dtype(), dtype);
      EXPECT_EQ(there.shape(), view.shape());
      expect_same_bits(there.to(kCpu), view);
      expect_same_bits(moved_view(view, x, device()).to(kCpu), view, describe(view));
      expect_same_bits(moved_view(view, x, device()).clone().to(kCpu), view);
    }
  }
  const Tensor there = on(ones({2}));
  EXPECT_TRUE(there.to(device()).shares_storage_with(there));
}

TEST_P(OnDevices, TensorsAreMadeThere) {
  expect_same_bits(gradus::zeros({2, 3}, device()), gradus::zeros({2, 3}));
  expect_same_bits(gradus::ones({2, 3}, kInt64, device()), gradus::ones({2, 3}, kInt64));
  expect_same_bits(gradus::full({4}, 2.5, kFloat16, device()), gradus::full({4}, 2.5, kFloat16));
  expect_same_bits(gradus::full({0}, 2.5, device()), gradus::full({0}, 2.5));
  expect_same_bits(eye(3, 4, kFloat64, device()), eye(3, 4, kFloat64));
  const Tensor x = on(arange(6, kFloat32).reshape({2, 3}));
  for (const Tensor& y : {zeros_like(x), ones_like(x), full_like(x, 3), empty_like(x), x.clone()}) {
    EXPECT_EQ(y.device(), device());
    EXPECT_EQ(y.shape(), x.shape());
  }
  EXPECT_EQ(Tensor::empty({2}, kUInt8, device()).device(), device());
}

TEST_P(OnDevices, ElementsAreReadOnTheCPU) {
  const Tensor x = on(tensor({{1, 2, 3}, {4, 5, 6}}, kInt32));
  EXPECT_EQ(x.select(0, 1).select(0, 2).item(), 6);
  EXPECT_EQ(x.at({-1, 0}), 4);
  EXPECT_EQ(x.select(0, 0).select(0, 1).item<std::int64_t>(), 2);
  EXPECT_EQ(x.transpose().to_vector(), (std::vector<double>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(x.to_vector<float>().size(), 6u);
  EXPECT_TRUE(bitwise_equal(x, x.to(kCpu)));
  const bool cpu = device() == kCpu;
  EXPECT_EQ(to_string(on(tensor({1, 2}))),
            cpu ? "tensor([1., 2.])" : "tensor([1., 2.], device=" + to_string(device()) + ")");
  EXPECT_EQ(describe(on(ones({2, 3}))),
            "float32 [2, 3] strides [3, 1]" + (cpu ? "" : " on " + to_string(device())));
}

TEST_P(OnDevices, FillAndCopyChangeViewsAlone) {
  const Tensor base = on(zeros({4, 6})), view = base.slice(1, {None, None, 2}).transpose();
  view.fill(2);
  EXPECT_EQ(sum(base).item(), 24);
  view.copy_from(gradus::tensor({1, 2, 3, 4}));  // broadcast, from the CPU
  EXPECT_EQ(base.select(0, 3).to_vector(), (std::vector<double>{4, 0, 4, 0, 4, 0}));
  view.select(0, 0).copy_from(on(tensor({9, 8, 7, 6}, kInt64)));  // converted
  EXPECT_EQ(base.select(1, 0).to_vector(), (std::vector<double>{9, 8, 7, 6}));
  const Tensor here = gradus::zeros({6, 4});
  here.transpose().copy_from(base);  // to the CPU
  EXPECT_EQ(here.to_vector(), base.transpose().to_vector());
  base.slice(0, {1, None}).copy_from(base.slice(0, {None, -1}));  // overlapping
  EXPECT_EQ(base.select(1, 0).to_vector(), (std::vector<double>{9, 9, 8, 7}));
  const auto before = base.version();
  base.fill(0);
  EXPECT_EQ(base.version(), before + 1);
}

TEST_P(OnDevices, NumbersMixWithAnyDevice) {
  const Tensor x = on(tensor({1, 2, 3}));
  EXPECT_EQ((x * 2 + 1).to_vector(), (std::vector<double>{3, 5, 7}));
  EXPECT_EQ((x * 2).device(), device());
  EXPECT_EQ((gradus::tensor(4) - x).to_vector(),
            (std::vector<double>{3, 2, 1}));  // 0-d, of the CPU
  EXPECT_EQ(lerp(x, 0, gradus::tensor(0.5)).to_vector(), (std::vector<double>{0.5, 1, 1.5}));
  EXPECT_EQ(where(x > 1.5, x, 0).to_vector(), (std::vector<double>{0, 2, 3}));
  EXPECT_EQ((on(tensor({1, 2}, kInt64)) * 0.5).dtype(), kFloat32);
  EXPECT_EQ((on(tensor({200, 100}, kUInt8)) + on(tensor({100, 1}, kUInt8))).to_vector(),
            (std::vector<double>{44, 101}));
}

GRADUS_ON_EVERY_DEVICE(OnDevices);

TEST(DeviceErrors, MixedDevicesNameBothAndTheArgument) {
  const Tensor here = ones({2, 2}), there = ones({2, 2}, kCudaEmulated);
  expect_throws_text<DeviceError>(
      [&] { return matmul(here, there); },
      "[matmul] a is on cpu and b is on cuda_emulated; expected one device; use "
      "a.to(\"cuda_emulated\")");
  expect_throws_text<DeviceError>(
      [&] { return there + here; },
      "[add] a is on cuda_emulated and b is on cpu; expected one device; use "
      "b.to(\"cuda_emulated\")");
  expect_throws_text<DeviceError>(
      [&] { return here + there; },
      "[add] b is on cuda_emulated and a is on cpu; expected one device; use "
      "a.to(\"cuda_emulated\")");
  expect_throws_text<DeviceError>(
      [&] { return where(there > 0, here, there); },
      "[where] cond is on cuda_emulated and a is on cpu; expected one device; use "
      "a.to(\"cuda_emulated\")");
  expect_throws_text<DeviceError>(
      [&] { return index_select(there, 0, tensor({0}, kInt64)); },
      "[index_select] x is on cuda_emulated and index is on cpu; expected one device; use "
      "index.to(\"cuda_emulated\")");
}

TEST(DeviceErrors, AnAddressOfADeviceIsNotReadOnTheCPU) {
  const Tensor there = ones({2}, kCudaEmulated);
  expect_throws_text<DeviceError>([&] { return there.data<float>(); },
                                  "[data] x is on cuda_emulated; expected cpu; use x.to(kCpu)");
  expect_throws_text<DeviceError>([&] { return there.raw_data(); },
                                  "[data] x is on cuda_emulated; expected cpu; use x.to(kCpu)");
  expect_throws_text<DeviceError>([&] { return ones({2}).device_data<float>(); },
                                  "[device_data] x is on cpu; expected a device; use x.to(kCuda)");
  expect_throws_text<DTypeError>([&] { return there.device_data<double>(); },
                                 "[data] T: float64; expected float32, the dtype of the tensor; "
                                 "convert with to()");
}

TEST(DeviceErrors, WhatReadsElementsByItselfWantsTheCPU) {
  const Tensor there = ones({2, 2}, kCudaEmulated);
  expect_throws_text<DeviceError>([&] { check_on_cpu("an_op", "x", there); },
                                  "[an_op] x is on cuda_emulated; expected cpu; use x.to(kCpu)");
}

TEST(DeviceErrors, AConversionIsCheckedAsOnTheCPU) {
  const Tensor there = tensor({1, 300, NAN}).to(kCudaEmulated);
  const char* text = "[to] x: 300 at [1] has no uint8; expected 0..255; use clamp, or Cast::kWrap";
  expect_throws_text<DTypeError>([&] { return there.to(kUInt8); }, text);
  EXPECT_EQ(there.slice(0, {0, 2}).to(kUInt8, Cast::kWrap).to_vector(),
            (std::vector<double>{1, 44}));
  EXPECT_EQ(tensor({255.9, -0.9}).to(kCudaEmulated).to(kUInt8).to_vector(),
            (std::vector<double>{255, 0}));
}

TEST(DeviceMemory, IsGivenBack) {
  const gpu::MemoryInUse before = gpu::memory_in_use(kCudaEmulated);
  {
    const Tensor x = zeros({1000}, kCudaEmulated), view = x.slice(0, {10, 20});
    const Tensor y = x + 1;
    EXPECT_EQ(gpu::memory_in_use(kCudaEmulated).bytes, before.bytes + 8000);
    EXPECT_EQ(gpu::memory_in_use(kCudaEmulated).allocations, before.allocations + 2);
  }
  EXPECT_EQ(gpu::memory_in_use(kCudaEmulated).bytes, before.bytes);
  EXPECT_EQ(gpu::memory_in_use(kCudaEmulated).allocations, before.allocations);
}

}  // namespace
}  // namespace gradus::testing
