// The runtime of devices without one: the allocator over a memory of a few kilobytes, the ring of
// pinned buffers over a device whose copies come late, and both on the emulated device.
#include "tensor/cuda/runtime.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tensor/cuda/allocator.h"
#include "tensor/cuda/emulated_driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/cuda/pinned.h"
#include "tensor/cuda/staging.h"
#include "tensor/cuda/stream.h"
#include "tensor/elementwise/add.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

// Addresses without memory behind them, up to `total` bytes.
struct SmallMemory : gpu::DeviceMemory {
  explicit SmallMemory(std::size_t bytes) : total(bytes) {}
  void* allocate(std::size_t bytes) override {
    if (broken) throw DeviceError("[allocate] a kernel failed");
    if (bytes > room().free) return nullptr;
    next += 1 << 20;
    blocks[next] = bytes;
    return reinterpret_cast<void*>(next);
  }
  void release(void* memory) noexcept override {
    EXPECT_EQ(blocks.erase(reinterpret_cast<std::uintptr_t>(memory)), 1u);
  }
  Room room() noexcept override {
    std::size_t used = 0;
    for (const auto& [address, bytes] : blocks) used += bytes;
    return {total - used, total};
  }
  std::vector<void*> mark() override {
    if (!other_streams) return {};
    return {reinterpret_cast<void*>(++marks)};
  }
  void wait_behind(const std::vector<void*>& events) override {
    for (void* event : events) waited.insert(reinterpret_cast<std::uintptr_t>(event));
  }

  std::size_t total;
  std::map<std::uintptr_t, std::size_t> blocks;
  std::uintptr_t next = 0, marks = 0;
  std::set<std::uintptr_t> waited;
  bool broken = false, other_streams = false;
};

TEST(Allocator, RoundsUpByAnEighthAtMost) {
  EXPECT_EQ(gpu::block_size(1), 512u);
  EXPECT_EQ(gpu::block_size(512), 512u);
  EXPECT_EQ(gpu::block_size(513), 1024u);
  EXPECT_EQ(gpu::block_size(4097), 4608u);
  EXPECT_EQ(gpu::block_size(std::size_t{1} << 30), std::size_t{1} << 30);
  std::size_t last = 0;
  for (std::size_t bytes = 1; bytes < 100'000'000; bytes += 1 + bytes / 97) {
    const std::size_t size = gpu::block_size(bytes);
    ASSERT_GE(size, bytes);
    ASSERT_GE(size, last);
    ASSERT_EQ(gpu::block_size(size), size);
    ASSERT_TRUE(bytes <= 4096 || size - bytes <= bytes / 8) << bytes;
    last = size;
  }
  EXPECT_EQ(gpu::block_size(SIZE_MAX), SIZE_MAX);
}

TEST(Allocator, UsesABlockAgainForWhatIsAsLarge) {
  SmallMemory memory(1 << 20);
  gpu::CachingAllocator allocator(kCuda, memory, true);
  EXPECT_EQ(allocator.allocate(0), nullptr);
  void* first = allocator.allocate(5000);
  void* second = allocator.allocate(5000);
  EXPECT_NE(first, second);
  allocator.release(first);
  allocator.release(second);
  EXPECT_EQ(allocator.allocate(5100), second);  // the last that was used
  EXPECT_EQ(allocator.allocate(4700), first);
  allocator.release(first);
  EXPECT_NE(allocator.allocate(2000), first);  // too small for it
  const gpu::AllocatorStats stats = allocator.stats();
  EXPECT_EQ(stats.device_requests, 3u);
  EXPECT_EQ(stats.reuses, 2u);
  EXPECT_EQ(stats.live, 2u);
  EXPECT_EQ(stats.allocated, 7100u);
  EXPECT_EQ(stats.peak_allocated, 10000u);
  EXPECT_EQ(stats.reserved, 2 * 5120u + 2048u);
  EXPECT_EQ(stats.kept, 5120u);
  allocator.release_kept();
  EXPECT_EQ(allocator.stats().kept, 0u);
  EXPECT_EQ(allocator.stats().reserved, 5120u + 2048u);
  EXPECT_EQ(allocator.stats().peak_reserved, 2 * 5120u + 2048u);
  EXPECT_EQ(memory.blocks.size(), 2u);
}

TEST(Allocator, GivesWhatItKeepsBackBeforeItFails) {
  SmallMemory memory(10 * 1024);
  gpu::CachingAllocator allocator(kCuda, memory, true);
  void* a = allocator.allocate(4096);
  void* b = allocator.allocate(4096);
  allocator.describe(b, {32, 32}, kFloat32);
  allocator.release(a);
  void* c = allocator.allocate(6000);  // fits without a's block
  EXPECT_EQ(memory.blocks.size(), 2u);
  const std::string text =
      "[allocate] cuda:0: out of memory for 2.9 KiB (3000 bytes); 0 bytes of 10.0 KiB are free, "
      "9.9 KiB are in use by 2 tensors; the largest: 5.9 KiB, 4.0 KiB float32 [32, 32]; free "
      "tensors or use smaller ones";
  expect_throws_text<DeviceError>([&] { return allocator.allocate(3000); }, text);
  EXPECT_EQ(allocator.stats().live, 2u);
  allocator.release(c);
  EXPECT_NE(allocator.allocate(3000), nullptr);  // and goes on
  memory.broken = true;
  expect_throws_text<DeviceError>([&] { return allocator.allocate(100'000); },
                                  "[allocate] a kernel failed");
}

TEST(Allocator, KeepsNothingWhereItIsTurnedOff) {
  SmallMemory memory(1 << 20);
  gpu::CachingAllocator allocator(kCuda, memory, false);
  void* x = allocator.allocate(100);
  EXPECT_EQ(memory.room().free, (1u << 20) - 100u);  // to the byte, for sanitizers
  allocator.release(x);
  EXPECT_TRUE(memory.blocks.empty());
  EXPECT_EQ(allocator.stats().reserved, 0u);
}

TEST(Allocator, WaitsForTheWorkOfOtherStreamsOnly) {
  SmallMemory memory(1 << 20);
  gpu::CachingAllocator allocator(kCuda, memory, true);
  allocator.release(allocator.allocate(600));
  allocator.release(allocator.allocate(600));
  EXPECT_EQ(memory.marks, 0u);
  memory.other_streams = true;
  allocator.release(allocator.allocate(600));
  EXPECT_EQ(memory.marks, 1u);
  EXPECT_TRUE(memory.waited.empty());
  allocator.allocate(600);
  EXPECT_EQ(memory.waited, (std::set<std::uintptr_t>{1}));
}

// Copies are made when somebody waits for them, from what is in memory then.
struct LateDriver : gpu::EmulatedDriver {
  bool copies_later() const override { return true; }
  void copy(gpu::Way, void* to, const void* from, std::size_t bytes, void*) override {
    late.push_back([=] { std::memcpy(to, from, bytes); });
  }
  void synchronize_event(void*) override { finish(); }
  void finish() {
    for (const auto& copy : late) copy();
    late.clear();
  }
  std::vector<std::function<void()>> late;
};

TEST(Staging, LetsTheProgramChangeItsArrayAtOnce) {
  LateDriver driver;
  gpu::Staging staging(driver, 2);
  std::vector<int> there(5);
  for (int i = 0; i < 5; ++i) {  // more than there are buffers: those that are free again
    const int value = 10 + i;
    staging.copy_to_device(&there[i], &value, sizeof value, nullptr);
  }
  driver.finish();
  EXPECT_EQ(there, (std::vector<int>{10, 11, 12, 13, 14}));
}

TEST(EmulatedDevice, RunsOutOfMemoryWithATextAndGoesOn) {
  const Tensor x = ones({64, 64}, kFloat32, kCudaEmulated);
  const std::size_t used = gpu::memory_in_use(kCudaEmulated).bytes;
  gpu::set_emulated_memory(used + 10'000);
  std::string text;
  try {
    x + 1;
  } catch (const DeviceError& error) {
    text = error.what();
  }
  const Tensor small = x.slice(0, {0, 2}) + 1;
  gpu::set_emulated_memory(0);
  EXPECT_EQ(text.find("[allocate] cuda_emulated: out of memory for 16.0 KiB (16384 bytes); 9.8 KiB "
                      "of "),
            0u)
      << text;
  EXPECT_NE(text.find("the largest: 16.0 KiB float32 [64, 64]; free tensors"), text.npos) << text;
  EXPECT_EQ(sum(small).item(), 256);
  EXPECT_EQ(sum(x + 1).item(), 2 * 64 * 64);
}

TEST(EmulatedDevice, HasStreamsEventsAndPinnedMemory) {
  const Stream stream(kCudaEmulated);
  Event before(kCudaEmulated), after(kCudaEmulated);
  before.record();
  const Tensor x = pinned(arange(6).reshape({2, 3}), kCudaEmulated);
  EXPECT_TRUE(is_pinned(x));
  EXPECT_TRUE(is_pinned(x.slice(0, {1, 2})));
  EXPECT_FALSE(is_pinned(x.clone()));
  Tensor y;
  {
    const UseStream use(stream);
    y = to_later(x, kCudaEmulated) + 1;
  }
  after.record();
  stream.synchronize();
  synchronize(kCudaEmulated);
  EXPECT_TRUE(after.happened());
  EXPECT_GE(after.seconds_since(before), 0);
  EXPECT_EQ(y.to(kCpu).to_vector(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  expect_throws_text<DeviceError>([&] { return Stream(kCpu); },
                                  "[Stream] device: cpu; expected cuda or cuda_emulated");
}

TEST(LaunchLog, NamesTheKernelsThatNobodyChecked) {
  gpu::launches_are_done();
  EXPECT_EQ(gpu::launches_text(), "");
  for (int i = 0; i < 9; ++i) gpu::note_launch("early");
  gpu::launches_are_done();
  gpu::note_launch("(map<A, B>)");
  gpu::note_launch("Tanh (backward)");
  EXPECT_EQ(gpu::launches_text(),
            "; launched since the last check, the latest first: Tanh (backward), map<A, B>; with "
            "GRADUS_CUDA_SYNC=1 each launch waits, and the error names the one");
  gpu::launches_are_done();
}

}  // namespace
}  // namespace gradus::testing
