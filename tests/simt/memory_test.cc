#include "tensor/simt/memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/on_device.h"

namespace gradus::simt {
namespace {

using gradus::testing::device_error;
using gradus::testing::DeviceArray;

TEST(DeviceMemory, StartsAsNaNAndIsAlignedAsCudas) {
  for (const std::size_t bytes : {4, 8, 1000, 100000}) {
    void* memory = allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0u);
    const std::vector<unsigned char> ones(bytes, 0xff);
    EXPECT_EQ(std::memcmp(memory, ones.data(), bytes), 0);
    release(memory);
  }
}

TEST(DeviceMemory, OfNoBytesIsNull) {
  EXPECT_EQ(allocate(0), nullptr);
  release(nullptr);
  copy_to_device(nullptr, nullptr, 0);
  copy_to_host(nullptr, nullptr, 0);
  copy_on_device(nullptr, nullptr, 0);
  fill_bytes(nullptr, 0, 0);
}

TEST(DeviceMemory, IsKnownFromItsFirstToItsLastByte) {
  auto* memory = static_cast<std::byte*>(allocate(100));
  auto* other = static_cast<std::byte*>(allocate(50));
  EXPECT_EQ(device_bytes_from(memory), 100u);
  EXPECT_EQ(device_bytes_from(memory + 99), 1u);
  EXPECT_EQ(device_bytes_from(memory + 100), 0u);
  EXPECT_EQ(device_bytes_from(memory - 1), 0u);
  EXPECT_EQ(device_bytes_from(other + 10), 40u);
  const int on_host = 0;
  EXPECT_EQ(device_bytes_from(&on_host), 0u);
  release(memory);
  EXPECT_EQ(device_bytes_from(memory), 0u);
  EXPECT_EQ(device_bytes_from(other), 50u);
  release(other);
}

TEST(DeviceMemory, CountsWhatIsAllocated) {
  const DeviceMemoryUse before = device_memory_use();
  {
    const DeviceArray<float> a(10), b(20);
    EXPECT_EQ(device_memory_use().bytes - before.bytes, 120u);
    EXPECT_EQ(device_memory_use().allocations - before.allocations, 2u);
  }
  EXPECT_EQ(device_memory_use().bytes, before.bytes);
}

TEST(DeviceMemory, IsCopiedAndFilled) {
  const DeviceArray<int> a(std::vector<int>{1, 2, 3}), b(3);
  copy_on_device(b.data(), a.data(), 12);
  EXPECT_EQ(b.values(), (std::vector<int>{1, 2, 3}));
  copy_on_device(b.data() + 1, b.data(), 8);
  EXPECT_EQ(b.values(), (std::vector<int>{1, 1, 2}));
  fill_bytes(b.data(), 0, 8);
  EXPECT_EQ(b.values(), (std::vector<int>{0, 0, 2}));
}

TEST(DeviceMemory, ErrorsNameTheArgument) {
  const DeviceArray<int> a(3);
  int on_host[3] = {};
  const auto text_of = [](auto f) {
    return std::regex_replace(device_error(f), std::regex("0x[0-9a-f]+"), "ADDRESS");
  };
  EXPECT_EQ(text_of([&] { copy_to_device(on_host, on_host, 12); }),
            "[copy_to_device] to: ADDRESS is no device memory; expected 12 bytes from "
            "simt::allocate()");
  EXPECT_EQ(text_of([&] { copy_to_host(on_host, a.data() + 1, 12); }),
            "[copy_to_host] from: ADDRESS has 8 bytes up to its end; expected 12 bytes from "
            "simt::allocate()");
  EXPECT_EQ(text_of([&] { copy_on_device(a.data(), on_host, 12); }),
            "[copy_on_device] from: ADDRESS is no device memory; expected 12 bytes from "
            "simt::allocate()");
  EXPECT_EQ(text_of([&] { fill_bytes(a.data(), 0, 13); }),
            "[fill_bytes] to: ADDRESS has 12 bytes up to its end; expected 13 bytes from "
            "simt::allocate()");
  EXPECT_EQ(text_of([&] { release(a.data() + 1); }),
            "[release] memory: ADDRESS; expected an address from simt::allocate() that is not yet "
            "released");
  EXPECT_EQ(text_of([&] { release(on_host); }),
            "[release] memory: ADDRESS; expected an address from simt::allocate() that is not yet "
            "released");
  EXPECT_EQ(text_of([] { allocate(std::numeric_limits<std::size_t>::max()); }),
            "[allocate] bytes: 18446744073709551615; expected no more than the emulated device "
            "has, which is this computer's memory");
}

}  // namespace
}  // namespace gradus::simt
